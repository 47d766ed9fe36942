"""Parts: all of a text once and in its order, none above its cap, cut where a reader would pause."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karpwiki.extract import extract
from karpwiki.parts import Part, cuts, parts
from karpwiki.plain import frontmatter_lines
from longtext import book

BLOCKS = ["# Head {n}", "Words of paragraph {n}. " * 6, "- item {n} " * 3, "```\ncode {n}\n\n# no head\n\nmore\n```",
          "| a | b |\n|---|---|\n" + "| {n} | y |\n" * 6, "> quoted {n}\n> more", "1. a {n}\n\n   b\n\n2. c",
          "软件" * 60,
          "<!-- {n} -->", "Words " * 200]  # fmt: skip
LONG = ["Sentence {n} of many words. " * 60, "句子{n}有许多字。" * 80, "QUJD" * 500, "wrapped words {n}\n" * 90,
        "| a | b |\n|---|---|\n" + "| {n} | some words in a cell |\n" * 60, "```py\n" + "code = {n}\n" * 150 + "```",
        "- " + "one item {n} " * 120, "<div>\n" + "<p>words {n}</p>\n" * 60 + "</div>"]  # fmt: skip


def check(markdown: str, size: int) -> tuple[Part, ...]:
    """What holds for the parts of any text."""
    text = extract("a.md", markdown.encode())
    made, places = parts(text, size), cuts(text, size)
    if not text.plain.passages:
        assert made == () and places == []
        return made
    head = markdown[: places[0]]
    assert head.count("\n") >= frontmatter_lines(markdown) and not head.split("\n", head.count("\n"))[-1]
    assert not "".join(head.split("\n")[frontmatter_lines(markdown) :]).strip()
    assert places == sorted(set(places)) and places[-1] == len(markdown)
    assert len(made) == len(places) - 1
    lines = markdown.split("\n")
    for part, (first, last) in zip(made, pairwise(places), strict=True):
        words = markdown[first:last].strip("\n")
        assert words in part.text
        assert len(part.text.encode()) <= max(len(words.encode()) + size // 8 + 2, 1)  # what it repeats is short
        assert len(part.text.encode()) <= 1.25 * size
        assert markdown.count("\n", 0, first) + 1 == part.span.first
        assert words in "\n".join(lines[part.span.first - 1 : part.span.last])
    assert made[-1].span.last == len(lines)
    return made


@given(st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=25), st.integers(1_300, 3_000), st.booleans())
def test_what_fits_is_never_cut(blocks: list[str], size: int, head: bool) -> None:
    markdown = ("---\nk: v\n---\n" if head else "") + "\n\n".join(b.format(n=n) for n, b in enumerate(blocks)) + "\n"
    made = check(markdown, size)
    for passage in extract("a.md", markdown.encode()).plain.passages:
        assert any(p.span.first <= passage.span.first and passage.span.last <= p.span.last for p in made)
    for part in made:
        assert part.text.count("```") % 2 == 0
        assert not part.text.startswith(("| 1", "|--", "code", "# no head", "more"))


@given(st.lists(st.sampled_from(BLOCKS + LONG), max_size=12), st.integers(200, 1_500), st.booleans())
def test_whatever_stands_there_is_cut_below_the_cap(blocks: list[str], size: int, head: bool) -> None:
    check(("---\nk: v\n---\n" if head else "") + "\n\n".join(b.format(n=n) for n, b in enumerate(blocks)), size)


@given(st.text(alphabet="a。. \n#-|`é软\U0001f600", max_size=400), st.integers(8, 60))
def test_so_is_any_text(markdown: str, size: int) -> None:
    check(markdown, size)


@pytest.mark.parametrize("language", ["en", "zh", "mixed"])
def test_a_book_is_cut_at_its_headings_and_paragraphs(language: str) -> None:
    markdown = book(30_000, language)
    made = check(markdown, 12_000)
    assert len(made) > 5
    starts = set(markdown.split("\n\n"))
    assert all(part.text.split("\n\n")[0] in starts for part in made)
    assert sum(part.text.startswith("#") for part in made[1:]) > len(made) / 2


def test_headings_go_before_paragraphs_these_before_items_and_these_before_sentences() -> None:
    prose, items = "Words of it. " * 8 + "\n\n", "- an item of words\n" * 12 + "\n"

    def begins(markdown: str, size: int = 1_000) -> list[str]:
        return [part.text[:9] for part in check(markdown, size)[1:]]

    assert begins(prose * 6 + "# Second\n\n" + prose * 6)[0] == "# Second\n"
    assert begins(prose * 5 + items + prose + items + prose * 9)[0] == "Words of "
    assert set(begins("- an item of some words\n" * 400)) == {"- an item"}
    assert set(begins("One long sentence. " * 400)) == {"One long "}
    assert set(begins("One long sentence. " * 20 + "\n\n" + "One long sentence. " * 400)) == {"One long "}
    assert set(begins("一个很长的句子。" * 400)) == {"一个很长的句子。一"}
    assert set(begins("many words without an end " * 400)) <= {
        "many word", "words wit", "without a", "an end ma", "end many "
    }  # fmt: skip
    assert len(begins("x" * 3_999)) == 3


def test_a_heading_stays_with_the_long_paragraph_below_it() -> None:
    made = check("# Title\n\n" + "One long sentence. " * 300, 1_000)
    assert made[0].text.startswith("# Title\n\nOne long")
    assert [part.span.last for part in made] == [3] * len(made)


def test_parts_of_tables_and_code_repeat_their_head() -> None:
    table = "# Table\n\n| Name | Note |\n|---|---|\n" + "| one | some words |\n" * 300 + "\nAfter.\n"
    for part in check(table, 1_000)[1:-1]:
        assert part.text.startswith("| Name | Note |\n|---|---|\n| one | some words |")
    code = "~~~python\n" + "value = 1\n\n# not a heading\n" * 200 + "~~~\n\nAfter.\n"
    made = check(code, 1_000)
    assert all(part.text.startswith("~~~python\n") for part in made[:-1])
    assert all(part.text.count("~~~") % 2 == 0 for part in made)
    assert all(
        p.kind in ("code", "paragraph") for part in made for p in extract("a", part.text.encode()).plain.passages
    )


def test_nothing_to_read() -> None:
    assert parts(extract("a.md", b"---\na: b\n---\n"), 100) == () == parts(extract("a.md", b"\n\n"), 100)
