"""Plain text: what a reader sees of Markdown, on the line where it stands, in time that hostile text cannot stretch."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karpwiki.extract import extract
from karpwiki.plain import fold, frontmatter_lines, plain, visible
from karpwiki.tags import strip_html

SEEN = [
    ("*a* _b_ **c** ***d*** ~~e~~", "a b c d e"),
    ("a\\*b \\[x\\] \\\\ &amp; &lt;b&gt; &copy; a&#10;b", "a*b [x] \\ & <b> © a b"),
    ('see [the *text*](http://x.y "title") and <http://a.b>', "see the text and http://a.b"),
    ("[ref][r] and [r] and [none]\n\n[r]: http://x.y", "ref and r and [none]"),
    ("a ![alt](u.png) b ![[pic.png]]", "a b pic.png"),
    ("[[page]] [[page|Label]] [[page#head]] [[#head]] [[a_b|c_d]]", "page Label page head c_d"),
    ("[[x|*y* z]] and **[[a|b]]** and [[R&amp;D|q]]", "y z and b and q"),
    ("\\[[x]] `[[q]]` `` a ` b ``", "[[x]] [[q]] a ` b"),
    ("Words.[^1] More[^long-label].", "Words. More."),
    ("a<br>b <b>c</b> <!-- gone --> d", "a b c d"),
    ("a  \nb\\\nc", "a b c"),
    ("# Head #", "Head"),
    ("Setext\nhead\n===", "Setext head"),
    ("> > nested *quote*\n> > more", "nested quote more"),
    ("1. one\n   - two\n\n     three", "one\ntwo\nthree"),
    ("| a | b\\|c |\n|---|:-:|\n| `d\\|e` | [[f\\|g]] |", "a b|c\nd|e g"),
    ("```py\na[0]\n\n  b\n```", "a[0] b"),
    ("    indented *code*", "indented *code*"),
    ("<div>\n<p>one</p><p>two</p>\n<script>no</script>\n</div>", "one two"),
    ("<!-- a\n\nb -->\n\nc", "c"),
    ("---\ntitle: x\n---\nbody", "body"),
    ("---\n\nA line.\n\n---\n\nB.", "A line.\nB."),
    ("a\u200bb\u00adc\u202ed\ufeff \U000e0041e e\u0301", "abcd e é"),
    ("Hello[^1].\n\n[^1]: Word", "Hello.\nWord"),
    ("软件**3.0**是“程序”。", "软件3.0是“程序”。"),
]  # fmt: skip


@pytest.mark.parametrize(("markdown", "text"), SEEN)
def test_what_a_reader_sees(markdown: str, text: str) -> None:
    assert plain(markdown).text == text


LINES = [
    ('a [x](\nhttp://u\n"t\nt") b\nlast', "last", 5),
    ("`a\nmid` c\nlast", "mid", 2),
    ("`a\nb` c\nlast", "last", 3),
    ("\\`` a\nb ` c\nlast", "last", 3),
    ("a <b\n c='x'>d</b> e\nlast", "last", 3),
    ("x<!-- a\nb -->y\nlast", "y", 2),
    ("![alt\nx](u) e\nlast", "last", 3),
    ("[a]: x\nlast", "last", 2),
    ("Ti\nlast\n===", "last", 2),
    ("- a\n\n  > b\n  last", "last", 4),
    ("---\nk: v\n---\n\n# H\n\nlast", "last", 7),
    ("<p>\n<!--\n\n-->\nlast</p>", "last", 5),
    ("```\na\n\nlast\n```", "last", 4),
    ("> ```\n> a\n> last\n> ```", "last", 3),
    ("| a |\n|---|\n| b |\n| last |", "last", 4),
    ("a&#10;b\nlast", "last", 2),
]


@pytest.mark.parametrize(("markdown", "word", "line"), LINES)
def test_every_word_is_on_its_line(markdown: str, word: str, line: int) -> None:
    assert plain(markdown).lines_of(word) == {line}
    crlf = extract("a.md", markdown.replace("\n", "\r\n").encode())
    assert crlf.plain.lines_of(word) == {line}


MARKED = ["{}", "*{}*", "**{}**", "`{}`", "[{}](http://x.y)", '[{}](\nu\n"t")', "[[p|{}]]", "[[{}]]", "{}[^1]",
          "<b>{}</b>",
          "~~{}~~", "{}<!-- no\nno -->", "{}&amp;", "\\*{}", "![no](u\n't')"]  # fmt: skip
BLOCKS = ["{}", "> {}", "- {}", "1. {}", "# {}", "{}\n===", "| {} |\n|---|"]


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[str, int]]:
    """Markdown in which every word is unique, and the line of each."""
    text, lines, count = "", {}, 0
    for _ in range(draw(st.integers(1, 5))):
        block = draw(st.sampled_from(BLOCKS))
        rows = []
        for _ in range(1 if "|" in block or block[0] == "#" else draw(st.integers(1, 4))):
            row = []
            for _ in range(draw(st.integers(1, 4))):
                word, count = f"w{count}w", count + 1
                mark = draw(st.sampled_from([m for m in MARKED if block == "{}" or ("\n" not in m and "|" not in m)]))
                row.append(mark.format(word))
            rows.append(" ".join(row))
        joint = {"> {}": "\n> ", "- {}": "\n  ", "1. {}": "\n   "}.get(block, "\n")
        text += block.format(joint.join(rows)) + "\n\n"
    for n in range(count):
        if f"w{n}w" in text:
            lines[f"w{n}w"] = text[: text.index(f"w{n}w")].count("\n") + 1
    return text, lines


@given(documents())
def test_any_words_of_a_paragraph_are_found_on_their_line(made: tuple[str, dict[str, int]]) -> None:
    text, lines = made
    read = plain(text)
    for word, line in lines.items():
        assert read.lines_of(word) == {line}, text
    for passage, start in zip(read.passages, read.starts, strict=True):
        assert read.text[start : start + len(passage.text)] == passage.text == fold(passage.text)
        assert passage.span.first <= passage.line_at(0) <= passage.line_at(len(passage.text) - 1) <= passage.span.last
        words = passage.text.split()
        for n in range(len(words)):
            assert read.find(" ".join(words[n : n + 3])) >= 0


def test_a_quote_stays_within_its_passage() -> None:
    read = plain("one two\n\nthree four")
    assert read.find("two three") == read.find("two\nthree") == read.find("") == -1
    assert read.find("t", 5) == 8 and read.find("one", 5) == 0
    assert read.passage_at(read.find("four")).text == "three four"
    assert read.lines_of("absent") == set()


def test_where_a_passage_stands() -> None:
    text = "# A\n\n## B\n\nHere:\n\n- x\n\n# C\n\n- y\n\n| h | i |\n|---|---|\n| 1 | 2 |\n\n|  |\n|---|\n| 3 |\n"
    found = {p.text: p for p in plain(text).passages}
    assert found["x"].heading == ("A", "B") and found["x"].lead_in == "Here:" and found["x"].kind == "item"
    assert found["y"].heading == ("C",) and found["y"].lead_in == ""
    assert found["1 2"].lead_in == "h i" and found["3"].lead_in == ""
    assert found["B"].heading == ("A",) and found["B"].level == 2


def test_terms_are_what_the_author_marked() -> None:
    text = "**LLM *OS*** and *x* `code` [a link](u) [[page|Label]] [[*p*]] **[[q]]**"
    assert set(plain(text).passages[0].terms) == {
        ("em", "OS"), ("strong", "LLM OS"), ("em", "x"), ("code", "code"), ("link", "a link"), ("link", "Label"),
        ("em", "p"), ("link", "p"), ("strong", "q"), ("link", "q"),
    }  # fmt: skip


@given(st.text())
def test_fold_is_idempotent_and_shows_no_hidden_character(text: str) -> None:
    once = fold(text)
    assert fold(once) == once == unicodedata.normalize("NFC", once)
    hidden = {c for c in once if unicodedata.category(c) in ("Cc", "Cf")}
    assert not hidden & set(map(chr, [*range(0x20), 0x7F, 0x61C, *range(0x2028, 0x202F), *range(0x2060, 0x2070)]))
    assert visible(text).count("\n") == text.count("\n")


PIECES = [
    *"[]()!*_`<>|~#-=\\&;: \n\t",
    "a",
    "b1",
    "[^",
    "[[",
    "<!--",
    "-->",
    "---\n",
    "```",
    "\n\n",
    "- ",
    "|-|\n",
    "\r",
]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_anything_parses_and_its_lines_exist(text: str) -> None:
    read = plain(text)
    for passage in read.passages:
        assert 1 <= passage.span.first <= passage.span.last <= text.count("\n") + 1
        assert all(passage.span.first <= line <= passage.span.last for _, line in passage.lines)


@pytest.mark.parametrize("text", ["---\na: b\n---\n", "---\n# c\n\nk: v\n...\nx", "---\n---\n"])
def test_frontmatter_is_counted(text: str) -> None:
    assert frontmatter_lines(text) == text.count("\n") - text.endswith("x\n")  # all of it
    assert frontmatter_lines("---\nno colon\n---\n") == frontmatter_lines("---\na: b\n") == frontmatter_lines("x") == 0


def test_html_keeps_its_line_feeds() -> None:
    assert strip_html("İ<!-- a\nb -->c<SCRIPT>x\n</script >d&NewLine;e") == "İ\nc\nd e"


HOSTILE = ["[", "![", "[[", "[^", "](", "[a][", "*", "_", "`", "``a`", "<", "<a ", "<!--", "> ", "- ", "|", "\\",
           "&#", "*a ",
           "**a", "a**b", "~~a", "\n> ", "\n[", "[](", "(", "]]", "[[a|", "$", "#"]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_lines_take_no_long_time(piece: str) -> None:
    start = time.process_time()
    plain(piece * (30_000 // len(piece)) + " end")
    assert time.process_time() - start < 3


def test_nested_marks_and_brackets_take_no_long_time() -> None:
    start = time.process_time()
    plain("*a " * 5_000 + "b* " * 5_000)
    plain("[" * 20_000 + "](a)" * 20_000)
    plain("|a" * 5_000 + "\n" + "|-" * 5_000 + "\n" + "|b" * 5_000)
    assert time.process_time() - start < 8


def test_brackets_do_not_hide_the_links_of_ordinary_text() -> None:
    text = "interval [0, 1) " * 30 + "and [[1, 2], [3, 4]] with [a [b] ![c](d) e](f) end."
    assert plain(text).text.endswith("and [[1, 2], [3, 4]] with a [b] e end.")


def test_a_placeholder_is_no_tag() -> None:
    assert (
        plain("If <repository> is given, a <b>bold</b> tag, <x-name>").text
        == "If <repository> is given, a bold tag, <x-name>"
    )
    assert strip_html("<div>give <repo> here</div>") == "give <repo> here"
