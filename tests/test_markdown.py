"""Pages: parsed as they stand, whatever stands there; the state and a person's words come back as they were."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karpwiki.markdown import (
    block_hash,
    find_links,
    join,
    parse,
    statements,
    unlink,
    value_hash,
)
from karpwiki.state import parse_state, render_state
from karpwiki.wiki import State

PAGE = """---
title: A page
type: concept
---

# A page

First words.[^aaaaaaa1] Second [[x|label]].[^bbbbbbb2][^ccccccc3]

- one
  still one
  - nested
- two

> [!note] Reading
> said[^ddddddd4]

| a | b |
|---|---|
| c | [[y\\|d]][^eeeeeee5] |

```
[[code]] [^fffffff6]
```

<div>
[[html]]
</div>

---

[^aaaaaaa1]: [[src]] “quote” `a.md:1`
[^bbbbbbb2]: word
  continued

"""
STATE = State(
    "aaaa",
    "excerpt/1",
    {"11112222": ("aaaaaaa1",), "33334444": ()},
    {"title": "55556666"},
    ("q",),
    ("r",),
    "wiki/a b.md",
)


def test_a_page_is_read_block_by_block() -> None:
    notes = "\n## Notes\n\nMine [[z]].\n"
    page = parse("wiki/concepts/a.md", PAGE + render_state(STATE) + notes)
    assert page.meta == {"title": "A page", "type": "concept"} and page.problem == ""
    assert [(b.kind, b.line, b.level) for b in page.blocks] == [
        ("heading", 6, 1), ("paragraph", 8, 0), ("item", 10, 0), ("item", 13, 0), ("quote", 15, 0), ("table", 18, 0),
        ("fence", 22, 0), ("html", 26, 0), ("rule", 30, 0),
    ]  # fmt: skip
    assert page.blocks[2].text == "- one\n  still one\n  - nested"
    assert [b.cites for b in page.blocks][1:7] == [
        ("aaaaaaa1", "bbbbbbb2", "ccccccc3"), (), (), ("ddddddd4",), ("eeeeeee5",), (),
    ]  # fmt: skip
    assert [(n.label, n.text, n.line) for n in page.footnotes] == [
        ("aaaaaaa1", "[[src]] “quote” `a.md:1`", 32), ("bbbbbbb2", "word continued", 33),
    ]  # fmt: skip
    assert page.state == STATE and page.notes == notes
    assert [(link.target, link.label, link.line) for link in page.links] == [
        ("x", "label", 8), ("y", "d", 20), ("src", "src", 32), ("z", "z",
        page.text.split("\n").index("Mine [[z]].") + 1),
    ]  # fmt: skip


def test_line_ends_and_byte_order_marks_change_nothing() -> None:
    text = PAGE + render_state(STATE) + "\n## Notes\n\nMine.  \n\n\tTab\n"
    for other in (text.replace("\n", "\r\n"), text.replace("\n", "\r"), "\ufeff" + text):
        assert parse("a.md", other) == parse("a.md", text)
    assert parse("a.md", text).notes == "\n## Notes\n\nMine.  \n\n\tTab\n"


@given(st.text(alphabet=[*"ab \n\t#-*>`|[]<!"], max_size=60).filter(str.strip))
def test_notes_are_kept_as_they_are(own: str) -> None:
    notes = f"## Notes\n\n{own}"
    assert parse("a.md", PAGE + render_state(STATE) + notes).notes == notes
    assert parse("a.md", "# A\n\nx\n\n" + notes).notes == notes  # on a page without a state


def test_a_problem_is_told_by_the_page() -> None:
    page = parse("a.md", "---\na: 1\na: 2\n---\n\nx\n")
    assert "twice" in page.problem and page.problem_line == 3 and page.blocks[0].text == "x"
    newer = parse("a.md", "x\n\n<!-- karpwiki 99\nfrom x\n-->\n")
    assert "newer" in newer.problem and newer.state is None
    assert parse("a.md", "x\n\n<!-- karpwiki " + "9" * 5_000 + "\n-->\n").problem == ""


words = st.text(alphabet="abcdef0123456789/-.", min_size=1, max_size=12)
states = st.builds(
    State, words | st.just(""), words, st.dictionaries(words, st.lists(words, max_size=3).map(tuple), max_size=3),
    st.dictionaries(words, words, max_size=3), st.lists(words, max_size=3).map(tuple),
    st.lists(words, max_size=3).map(tuple), st.just("wiki/LLM OS = x.md") | st.just(""),
    st.sampled_from(["", "yes", "refused claude-x"]),
)  # fmt: skip


@given(states)
def test_the_state_reads_back(state: State) -> None:
    text = render_state(state)
    page = parse("a.md", f"# A\n\nwords\n\n{text}")
    assert page.state == state and render_state(page.state) == text
    assert len(page.blocks) == 2 and page.notes == ""
    assert parse_state("words nobody knows\n\n") == State()


def test_of_two_states_the_last_counts_and_conflict_marks_do_not_hide_it() -> None:
    text = f"```\n{render_state(State('old'))}```\n\n{render_state(State('new'))}"
    state = parse("a.md", text).state
    assert state is not None and state.origin == "new"
    marked = render_state(STATE).replace("by ", "<<<<<<< HEAD\nby ")
    assert parse("a.md", "x\n\n" + marked).state == STATE


LINKS = [
    ("`[[x]]` ``[[x]] ` [[x]]`` [[y]]", ["y"]),
    ("`` ` [[x]] ` [[y]]", ["y"]),
    ("\\`[[y]]\\`", ["y"]),
    ("\\[[x]] \\[x](u) [[a|b|c]]", ["a"]),
    ("![[p.png]] ![alt](q.png)", ["p.png", "q.png"]),
    ("[a](<x y.md>) [b](z_(1).md#h) [c](w 'title') [d]( e )", ["x y.md", "z_(1).md", "w"]),
    ("[[]] [[#h]]", ["", ""]),
    ("[a [b](c)", ["c"]),
]


@pytest.mark.parametrize(("text", "targets"), LINKS)
def test_links_are_found_where_they_are_links(text: str, targets: list[str]) -> None:
    found = list(find_links(text, set()))
    assert sorted(link.target for link in found) == sorted(targets)
    assert list(find_links(text, {0})) == [] and all(link.line == 3 for link in find_links(text, set(), 2))


def test_links_in_code_and_html_blocks_are_none() -> None:
    text = "```\n[[a]]\n```\n\n    [[b]]\n\n- x\n\n  ~~~\n  [[c]]\n  ~~~\n\n<!--\n[[d]]\n-->\n\n[[e]]\n"
    assert [link.target for link in parse("a.md", text).links] == ["e"]


def test_links_become_their_labels() -> None:
    assert unlink("[[a]] [[a|b]] | [[a\\|b]] | [c](d) ![e](f) [[a#h]]") == "a b | b | c e a"


def test_a_hash_is_of_the_words() -> None:
    same = ["- a  [[x|b]]\n", "* a b", "+ a\n  [b](u)"]
    assert len({block_hash(t) for t in same}) == 1
    assert block_hash("| a |\n|---|\n| b |") == block_hash(
        "|  a  |\n| ------ |\n| b |".replace("|  a  |", "| a |").replace("| ------ |", "|-----|")
    )
    assert block_hash("> T\n>\n> Status: open") == block_hash("> T\n>\n> Status: settled")
    assert len({block_hash(t) for t in ("a", "b", "a[^x]", "# a", "a b")}) == 5
    assert value_hash(["a", "b"]) == value_hash(("a", "b")) != value_hash("ab") and value_hash(1) == value_hash("1")


def test_statements_are_words_with_their_footnotes() -> None:
    made = statements("One [[x|two]].[^a1][^b2] Three.[^c3] Loose.")
    assert [(s.words, s.claims) for s in made] == [
        (("One two.",), ("a1", "b2")),
        (("Three.",), ("c3",)),
        (("Loose.",), ()),
    ]
    assert statements("| a | b[^a1] |")[0].claims == ("a1",) and len(statements("| a | b[^a1] |")) == 1
    assert statements("no \\[^a1] cite") == statements("no \\[^a1] cite") and statements("") == ()


def test_blocks_are_joined_as_lists_and_paragraphs() -> None:
    assert join(["# A", "- a", "- b", "1. c", "2. d", "e"]) == "# A\n\n- a\n- b\n\n1. c\n2. d\n\ne\n"


PIECES = ["---\n", "a: b\n", "# h\n", "\n", "\n\n", "- ", "> ", "```\n", "[[x|y]]", "[^a]: ", "[^a]",
          "<!-- karpwiki 1\n", "-->\n", "blocks a:b,c\n",
          "## Notes\n", "| a |\n|---|\n", "<div>", "\ufeff", "\r\n", "\r", "\0", "\u2028", "\t", "`", "<!--",
          "&x: *x\n", "[", "](", "é"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_anything_parses(text: str) -> None:
    page = parse("wiki/a.md", text)
    count = page.text.count("\n") + 1
    assert all(1 <= b.line <= count for b in page.blocks) and all(1 <= link.line <= count for link in page.links)
    assert page.notes == "" or page.text.endswith(page.notes)
    lines = page.text.split("\n")
    for block in page.blocks:
        assert "\n".join(lines[block.line - 1 :]).startswith(block.text)


@pytest.mark.parametrize("piece", ["[", "![", "[[", "](", "*", "`", "``a`", "<", "> ", "|", "[^a]",
"\n<!-- karpwiki 1\n", "\n## Notes\n",
                                   "[a](", "[[a|", "\\", "[](", "- a\n", "<a ", "[^a]: x\n"])  # fmt: skip
def test_hostile_pages_take_no_long_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.process_time()
    parse("a.md", text)
    block_hash(text)
    statements(text)
    assert time.process_time() - start < 5


def test_deep_and_long_pages_take_no_long_time() -> None:
    start = time.process_time()
    parse("a.md", "".join("  " * n + "- a\n" for n in range(300)))
    parse("a.md", ("> " * 500 + "a\n") * 50)
    parse("a.md", "[^a]: x\n" + "t\n" * 100_000)
    parse("a.md", " ".join("`" * n for n in range(1, 500)) + "[[x]]" * 10_000)
    assert time.process_time() - start < 8
