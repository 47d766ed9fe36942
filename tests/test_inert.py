"""Untrusted words stay words: in CommonMark, in Obsidian and its plugins, on GitHub, in a terminal."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from karpwiki.inert import code_span, escape, unescape, value
from karpwiki.markdown import find_links
from karpwiki.plain import fold
from karpwiki.printable import terminal

PIECES = [*list("ab1 中é“”\"'`*_[]<>|~$=%^#&{}\\!()-+.:;,/@·？"),
          "[[x]]", "[^a]", "![[", "**", "__", "==", "%%", "$$", "http://x.y", "www.a.b", "<b>", "&amp;", "&#92;",
          "#tag",
          " ^id", "\\[", "`` ` ``", "- ", "1. ", "> ", "# ", "---", "===", "~~", "a_b", "<% x %>", "{{x}}", "{% x %}",
          "k:: v", "(hedged)", " · ", "\\|", "<!-- x", "-->", "`= x`", "- [ ] ", "[!note]", "mailto:a@b.c", "::", "|-",
          "obsidian://x", "见http://x", "#🚀", "]("]  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map("".join)
words = (hostile | st.text(max_size=40)).map(fold).filter(bool)
COMMONMARK = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def shown(markdown: str) -> list[str]:
    """The text of each paragraph, heading and cell; whatever is more than text shows as its token's name."""
    out = []
    for token in COMMONMARK.parse(markdown):
        if token.type == "inline":
            out.append("".join(c.content if c.type == "text" else f"<{c.type}>" for c in token.children or ()))
        elif token.type in ("fence", "code_block", "html_block", "hr"):
            out.append(f"<{token.type}>")
    return out


@settings(max_examples=300)
@given(words)
def test_words_are_shown_as_text_wherever_they_stand(text: str) -> None:
    assert unescape(escape(text)) == unescape(escape(text, start=True, cell=True)) == text
    first, later, cell = escape(text, start=True), escape(text), escape(text, cell=True)
    assert shown(first) == [text]
    assert shown(f"Words. {later}") == [f"Words. {text}"]
    assert shown(f"- {first}") == shown(f"> {first}") == shown(f"1. {first}") == [text]
    assert shown(f"# {later}") == [text]
    assert shown(f"| a | b |\n|---|---|\n| {cell} | {cell}[^a] |") == ["a", "b", text, f"{text}[^a]"]
    assert shown(f"**Term** — {later}")[0].endswith(f" — {text}")
    assert shown(f"{first}[^k3f9a1cq] {later}[^m77ab03d]") == [f"{text}[^k3f9a1cq] {text}[^m77ab03d]"]
    assert shown(f"> [!note] Reading\n> {first}") == [f"[!note] Reading<softbreak>{text}"]
    assert shown(f"(**{later}**)")[0].removeprefix("(").removesuffix(")") in (
        f"<strong_open>{text}<strong_close>",
        f"**{text}**",
    )


# What a tool looks for in the raw text of a page. None of it may be there unescaped.
ACTIVE = [
    r"\[\[", r"(?<!\\)\[", r"(?<!\\)`", r"(?<!\\)\$", r"(?<!\\)<", r"<%", r"%%", r"\{\{", r"\{%", r"%\}", r"==", r"::",
    r"(?:^|\s)\^[\w-]", r"(?<![\\\w])#(?=[^\W\d])", r"~~", r"\*\*", r"(?i)\bhttps?:/", r"(?i)://",
    r"(?i)(?<![a-z0-9])www\.",
    r"(?i)(?<![a-z0-9])mailto:\S", r"&#(?!92;|183;)\w", r"\]\(",
]  # fmt: skip


@settings(max_examples=300)
@given(words)
def test_nothing_that_a_tool_acts_on_is_left(text: str) -> None:
    made = escape(text, start=True)
    for pattern in ACTIVE:
        found = re.search(pattern, made)
        assert found is None or made[found.start() - 1 : found.start()] == "\\", pattern
    assert not list(find_links(made, set())) and "\n" not in made
    assert not re.match(r"(?:>|[-+*] |#{1,6} |\d+[.)] |\||---|===|:::|\^)", made)


@pytest.mark.parametrize("text", [
    "LLM = CPU, Agent = OS Kernel; the #1 problem (see p. 3), R&D at 10%: 5 of 7 - not 12/30.",
    "The data: 5 files. Note: it's a_b_c, C# and C++; e.g. 3.14 {x} -5 +3 50%. What? Yes! @home; x = y.",
    "软件 3.0 是“用自然语言编程”：程序员写提示词，模型执行；成本下降 90%（2025 年）。《人月神话》——没有银弹！",
    "“Quoted,” she said — ‘fine’… 2025-06-17 12:30, a/b, a+b, 1.5x, file: x.md; key: value.",
])  # fmt: skip
def test_ordinary_prose_comes_out_unchanged(text: str) -> None:
    assert escape(text, start=True) == escape(text) == text


@pytest.mark.parametrize(("text", "written"), [
    ("- x", "\\- x"), ("-5", "-5"), ("12. x", "12\\. x"), ("2025. x", "2025\\. x"), ("1.5x", "1.5x"), ("# x", "\\# x"),
    ("#1", "#1"), ("#a1", "\\#a1"), ("C#x", "C#x"), ("a_b _c_", "a_b \\_c\\_"), ("x://y", "x\\://y"), ("a:b", "a:b"),
    ("见http://x", "见http\\://x"), ("(hedged)", "\\(hedged)"), ("a · b", "a &#183; b"), ("a·b", "a·b"), ("\\",
    "&#92;"),
    ("- [ ] x", "\\- \\[ \\] x"), ("-", "\\-"), ("", ""), ("--- x", "\\--- x"),
])  # fmt: skip
def test_how_marks_are_written(text: str, written: str) -> None:
    assert escape(text, start=True) == written


def test_code_spans_run_nothing() -> None:
    assert code_span("2025/yc-talk.md:120") == "`2025/yc-talk.md:120`"
    for path in ("= this.x", "$= dv.x()", "<% tp.x %>", "{{x}}", "{% x %}", "a`b`c", "a\nb"):
        made = code_span(path)
        assert not re.search(r"^`\$?=|<%|\{\{|\{%|.`.|\n", made), made
    assert code_span("a=b$c{x}.md") == "`a=b$c{x}.md`"


@given(st.text())
def test_the_terminal_gets_no_control_and_no_bidi(text: str) -> None:
    made = terminal(text)
    assert all(c == "\n" or (unicodedata.category(c)[0] != "C" and c not in "\u2028\u2029") for c in made)
    assert made.count("\n") == text.count("\n")


def test_the_terminal_shows_what_is_readable() -> None:
    assert terminal("é 软件\u3000x\u00a0y 🚀\n\tz") == "é 软件\u3000x\u00a0y 🚀\n z"
    assert terminal("\x1b[2J\u202ea\r\x9b\ud800") == "\\x1b[2J\\x202ea\\x0d\\x9b\\xd800"


@pytest.mark.parametrize(
    "piece", ["`", "[", "\\", "_", "&", "&a", "#", "#1", "%", "{", ":", "(1", "www", "a.", "1", "=", " · "]
)
def test_a_hostile_megabyte_takes_no_long_time(piece: str) -> None:
    start = time.process_time()
    made = escape(piece * (1_000_000 // len(piece)), start=True, cell=True)
    unescape(made)
    terminal(made)
    code_span(made)
    assert time.process_time() - start < 6


@given(
    st.text()
    | st.lists(st.sampled_from(["<%", "%>", "{{", "[[", "`= 1`", "<script>", "<int>", "a < b", "<", ">", "x"])).map(
        "".join
    )
)
def test_a_value_of_frontmatter_runs_nothing_and_stays_as_it_is(text: str) -> None:
    made = value(text)
    assert value(made) == made
    assert not re.search(r"<[%!?]|\{[{%]|\[\[|`", made) and "<script" not in made
    assert value("vector<int> of <name>, a < b") == "vector<int> of <name>, a < b"
