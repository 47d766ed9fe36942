"""Links: resolved as Obsidian does, and written by code where the words allow it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from karpwiki.inert import escape, unescape
from karpwiki.links import Linker, anchor_of, resolver
from karpwiki.markdown import find_links, unlink
from karpwiki.names import key
from karpwiki.nouns import Subject
from karpwiki.plain import fold
from karpwiki.wiki import Link

FILES = ["wiki/index.md", "wiki/concepts/llm-os.md", "wiki/concepts/Twin.md", "wiki/entities/twin.md",
         "wiki/a/b/deep.md",
         "wiki/concepts/软件 3.0.md", "wiki/sources/v1.2.md", "raw/2025/talk.md", "raw/assets/pic.png",
         "wiki/e\u0301.md"]  # fmt: skip
VAULT = resolver(FILES)


@pytest.mark.parametrize(("written", "paths"), [
    ("[[llm-os]]", ["wiki/concepts/llm-os.md"]),
    ("[[LLM-OS|the OS]]", ["wiki/concepts/llm-os.md"]),
    ("[[llm-os.md]]", ["wiki/concepts/llm-os.md"]),
    ("[[llm-os#A heading|x]]", ["wiki/concepts/llm-os.md"]),
    ("| [[llm-os\\|x]] |", ["wiki/concepts/llm-os.md"]),
    ("[[concepts/llm-os]]", ["wiki/concepts/llm-os.md"]),
    ("[[wiki/concepts/llm-os]]", ["wiki/concepts/llm-os.md"]),
    ("[[/wiki/concepts/llm-os]]", ["wiki/concepts/llm-os.md"]),
    ("[[../concepts/llm-os]]", ["wiki/concepts/llm-os.md"]),
    ("[[entities/llm-os]]", []),
    ("[[oncepts/llm-os]]", []),
    ("[[v1.2]]", ["wiki/sources/v1.2.md"]),
    ("[[软件 3.0]]", ["wiki/concepts/软件 3.0.md"]),
    ("[[\u00e9]]", ["wiki/e\u0301.md"]),
    ("![[pic.png]]", ["raw/assets/pic.png"]),
    ("[[pic]]", []),
    ("[[#here]]", ["wiki/entities/x.md"]),
    ("[[twin]]", ["wiki/concepts/Twin.md", "wiki/entities/twin.md"]),
    ("[[entities/twin]]", ["wiki/entities/twin.md"]),
    ("[[none]]", []),
    ("[x](../concepts/llm-os.md)", ["wiki/concepts/llm-os.md"]),
    ("[x](../concepts/llm-os)", ["wiki/concepts/llm-os.md"]),
    ("[x](../concepts/%E8%BD%AF%E4%BB%B6%203.0.md)", ["wiki/concepts/软件 3.0.md"]),
    ("[x](<../concepts/软件 3.0.md> 'title')", ["wiki/concepts/软件 3.0.md"]),
    ("[x](../../raw/2025/talk.md#L3)", ["raw/2025/talk.md"]),
    ("[x](llm-os.md)", []),
    ("[x](../../../../etc/passwd)", []),
    ("[x](https://x.y/z)", ["wiki/entities/x.md"]),
    ("[x](mailto:a@b.c)", ["wiki/entities/x.md"]),
    ("[x](#here)", ["wiki/entities/x.md"]),
    ("[a \\[b\\]](../index.md)", ["wiki/index.md"]),
])  # fmt: skip
def test_where_a_link_leads(written: str, paths: list[str]) -> None:
    link = next(iter(find_links(written, set())))
    assert list(VAULT.targets(link, "wiki/entities/x.md")) == paths


def test_headings_are_known_by_their_letters() -> None:
    assert anchor_of("What's **new** in 3.0?") == anchor_of("whats-new-in-30") == "whatsnewin30"
    assert anchor_of("软件 3.0：概述") == "软件30概述" and anchor_of("E\u0301") == anchor_of("é")


def subject(name: str, *more: str, page: bool = True) -> Subject:
    return Subject((name, *more), name, "concept", key(name).replace(" ", "-"), has_page=page)


PAGES = [subject("LLM OS", "LLM Operating System"), subject("Memex"), subject("软件 3.0"), subject("C++"),
         subject("IT"),
         subject("Кот"), subject("Art"), subject("92"), subject("《人月神话》")]  # fmt: skip
BARE = [subject("Bold One", page=False), subject("“人灵”", page=False)]
SUBJECTS = {key(n): s for s in (*PAGES, *BARE) for n in s.names}
LINKER = Linker(SUBJECTS, {s.slug: f"wiki/concepts/{s.slug}.md" for s in PAGES}, page="wiki/entities/x.md", own="memex")


@pytest.mark.parametrize(("words", "names", "made"), [
    ("An LLM OS runs.", ["LLM OS"], "An [[llm-os|LLM OS]] runs."),
    ("So use an !LLM OS, an LLM OS", ["LLM OS"], "So use an !LLM OS, an [[llm-os|LLM OS]]"),
    ("Use an !LLM OS", ["LLM OS"], "Use an !LLM OS"),
    ("在LLM OS中运行", ["LLM OS"], "在[[llm-os|LLM OS]]中运行"),
    ("LLM OS and LLM OS", ["LLM OS"], "[[llm-os|LLM OS]] and LLM OS"),
    ("XLLM OS, LLM OSes, LLM OS2", ["LLM OS"], "XLLM OS, LLM OSes, LLM OS2"),
    ("The it crowd in IT.", ["IT"], "The it crowd in [[it|IT]]."),
    ("it", ["IT"], "it"),
    ("start of the art", ["Art"], "start of the art"),
    ("который Кот", ["Кот"], "который [[кот|Кот]]"),
    ("a bold one here", ["Bold One"], "a **bold one** here"),
    ("他称之为“人灵”。", ["“人灵”"], "他称之为“人灵”。"),
    ("他说：“人灵”。", ["“人灵”"], "他说：**“人灵”**。"),
    ("软件 3.0是", ["软件 3.0"], "[[软件3.0|软件 3.0]]是"),
    ("C++ and C", ["C++"], "[[c++|C++]] and C"),
    ("&#92;x", ["92"], "&#92;x"),
    ("The LLM Operating System (LLM OS)", ["LLM OS", "LLM Operating System"],
    "The LLM Operating System ([[llm-os|LLM OS]])"),
])  # fmt: skip
def test_the_first_mention_is_marked(words: str, names: list[str], made: str) -> None:
    text, inside = LINKER.mention(words, [names], bold=True)
    assert text == made
    assert len(inside) == (text != words)


def test_mentions_do_not_overlap() -> None:
    text, inside = LINKER.mention("An LLM OS art", [["LLM OS"], ["OS"], ["Bold One"]], bold=True)
    assert text == "An [[llm-os|LLM OS]] art" and inside == ["LLM OS"]
    for own_or_bare in ("Bold One", "Memex"):
        assert LINKER.mention(f"a {own_or_bare}", [[own_or_bare]], bold=False) == (f"a {own_or_bare}", [])


def test_names_stand_as_link_bold_or_text() -> None:
    assert LINKER.name("LLM OS") == "[[llm-os|LLM OS]]" and LINKER.name("LLM OS", cell=True) == "[[llm-os\\|LLM OS]]"
    assert LINKER.name("Memex") == "**Memex**" and LINKER.name("Nobody", bold=False) == "Nobody"
    assert LINKER.name("a*b") == "**a\\*b**" and LINKER.link("llm-os", "llm-os") == "[[llm-os]]"
    assert LINKER.link("llm-os", "[x]") == "[[llm-os]]"


@given(
    st.sampled_from(["a b", "a(b)", "x#y", "50%", "<z>", "软件 3.0", "a_b*c", "[q]"]),
    st.sampled_from(["L", "a [b]", "x|y", "*"]),
)
def test_relative_links_are_links_whatever_the_path(stem: str, label: str) -> None:
    path = f"wiki/concepts/{stem}.md"
    linker = Linker({}, {stem: path}, "relative", "wiki/entities/x.md")
    written = linker.link(stem, label)
    token = MarkdownIt("commonmark").parseInline(written)[0]
    assert token.children is not None and token.children[0].type == "link_open"
    (link,) = find_links(written, set())
    assert resolver([path]).targets(link, "wiki/entities/x.md") == (path,)
    assert unescape(unlink(f"a {written} b")) == f"a {label} b"


texts = st.lists(st.sampled_from(["LLM OS", "llm os", "软件 3.0", "Bold One", "“人灵”", "Кот", " ", "*", "[x]", "，",
                                  "(", ")", "é",
                                  "art", "`", "&#92;", "C++", "IT", "\\", "_", "92", "."]),
                                  max_size=10).map("".join).map(fold)  # fmt: skip


@given(texts)
def test_marks_change_no_word_and_are_marks(text: str) -> None:
    groups = [list(s.names) for s in (*PAGES, *BARE)]
    made, inside = LINKER.mention(escape(text), groups, bold=True)
    (line,) = MarkdownIt("commonmark").parseInline(unlink(made))
    shown = "".join(c.content for c in line.children or () if c.type == "text")
    assert shown.strip() == text
    assert made.count("[[") + made.count("**") // 2 == len(inside)


def test_the_web_is_no_broken_link() -> None:
    assert VAULT.targets(Link("//x.y", "", "", 1, "markdown"), "a.md") == ("a.md",)


@pytest.mark.parametrize("piece", ["a", "软", "LLM OS ", "[", "\\", " "])
def test_hostile_words_take_no_long_time(piece: str) -> None:
    words = piece * (500_000 // len(piece))
    start = time.process_time()
    LINKER.mention(words, [["LLM OS"], ["Bold One"], ["软件 3.0"]], bold=True)
    anchor_of(words)
    assert time.process_time() - start < 2
