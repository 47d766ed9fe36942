"""The embedded model: its own words are none, its subjects are few, and any text is answered in linear time."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karpwiki.forms import (
    DigestForm,
    DigestInput,
    OverviewClaim,
    OverviewInput,
    OverviewPage,
    PageClaim,
    PageForm,
    PageInput,
)
from karpwiki.models.excerpt import digest
from karpwiki.models.excerpt_pages import overview, page
from karpwiki.models.excerpt_sentences import split
from karpwiki.plain import plain

KINDS = ("concept", "entity", "method")

TRAILS = """# The memex

The **memex** is an imagined desk that links books and notes. Vannevar Bush described the memex in 1945.

## Installation

Run `pip install memex` and read the output of the command.

## Trails

A chain of ties is kept on microfilm, e.g. in a drawer of the desk. Dr. Bush expected that trails may be sold
(Bush 1945).
The memex keeps version 3.0 of every trail. In the essay Vannevar Bush gave the desk two screens. Is it real?

- **Ted Nelson** – coined the word hypertext after he had read of the memex in a magazine.
- Ted Nelson was inspired by Vannevar Bush, whose desk was never built.

## References

- Bush, Vannevar (1945). As We May Think. The Atlantic Monthly prints the memex of Vannevar Bush.
"""

WIKI = """# 大语言模型维基

**检索增强生成**（retrieval-augmented generation，RAG）是一种先查资料、再写回答的做法。
RAG 在提问时才去找片段。检索增强生成把花费放在查询时。

## 安装

这里没有什么可以安装的东西，也没有地方报错误。

## Obsidian 作为前端

Obsidian 把笔记存成本地的纯文本文件。很多人用 Obsidian 看图谱和反向链接。
截至2026年4月，Obsidian 可能有四百万用户（二手）。
安德烈·卡帕西（Andrej Karpathy）把 Obsidian 叫作前端。卡帕西的回答是：让模型来维护。难道没有别的办法吗？

## 参考资料

- 检索增强生成的论文，2020 年发表，作者是 Lewis 等人。
"""


def read(text: str, path: str = "notes/doc.md") -> DigestForm:
    return digest(DigestInput(path, text, 1, 1, KINDS))


def named(form: DigestForm) -> dict[str, str]:
    return {n.name: n.kind for n in form.names}


def grounded(text: str, form: DigestForm) -> None:
    passages = plain(text).passages
    whole = plain(text).text
    names = {n.name for n in form.names}
    assert len(names) == len(form.names) <= 12
    for name in form.names:
        assert name.name in whole and name.gloss in whole and all(a in whole for a in (*name.also, name.latin))
    for claim in form.claims:
        assert claim.text == claim.quote and any(claim.quote in p.text for p in passages)
        assert claim.text == " ".join(claim.text.split())
        assert 1 <= len(claim.subjects) <= 3 and set(claim.subjects) <= names
    assert names == {s for c in form.claims for s in c.subjects}
    assert len({c.text for c in form.claims}) == len(form.claims) <= 60


WORDS = st.sampled_from(
    """memex;Vannevar Bush;the;is a;**Obsidian**;Obsidian;是一种;检索增强生成;（RAG）;(RAG)
;。;. ;? ;[x](y);`;";“;”;《;》;·;1. ;3.0;U.S. ;
# ;
- ;

;| a | b |
|---|---|
;\t""".split(";")
)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=60).map(" ".join) | st.text(max_size=400))
def test_nothing_is_invented(text: str) -> None:
    form = read(text)
    grounded(text, form)
    assert form == read(text)


@given(st.text(max_size=300))
def test_sentences_are_pieces_of_the_text_in_order(text: str) -> None:
    text, at = " ".join(text.split()), 0
    for sentence in split(text):
        at = text.index(sentence, at) + len(sentence)


@pytest.mark.parametrize("text", [TRAILS, WIKI])
def test_documents_are_grounded(text: str) -> None:
    grounded(text, read(text))


def test_english() -> None:
    form = read(TRAILS)
    assert (form.title, form.language, form.date, form.author) == ("The memex", "en", "", "")
    assert named(form) == {"memex": "concept", "Vannevar Bush": "entity", "Ted Nelson": "entity"}
    words = [c.text for c in form.claims]
    assert "The memex is an imagined desk that links books and notes." in words
    assert "A chain of ties is kept on microfilm, e.g. in a drawer of the desk." in words
    assert "Dr. Bush expected that trails may be sold (Bush 1945)." in words
    assert not any(w.startswith(("Is it", "Run", "Bush, Vannevar", "The Atlantic")) for w in words)
    memex = next(n for n in form.names if n.name == "memex")
    assert memex.gloss == "an imagined desk"
    first = form.claims[0]
    assert first.key and first.subjects == ["memex"] and not first.figures and first.said_by == ""
    assert next(c for c in form.claims if c.text.startswith("Dr.")).voice == "hedged"
    assert next(c for c in form.claims if c.text.startswith("Ted Nelson was")).subjects[0] == "Ted Nelson"


def test_chinese() -> None:
    form = read(WIKI)
    assert form.language == "zh"
    names = {n.name: n for n in form.names}
    assert set(names) == {"检索增强生成", "Obsidian", "安德烈·卡帕西"}
    rag, person = names["检索增强生成"], names["安德烈·卡帕西"]
    assert (rag.latin, rag.also) == ("retrieval-augmented generation", ["RAG", "retrieval-augmented generation"])
    assert (person.latin, person.kind) == ("Andrej Karpathy", "entity") and "卡帕西" in person.also
    claims = {c.text: c for c in form.claims}
    dated = next(c for t, c in claims.items() if t.startswith("截至"))
    assert (dated.as_of, dated.voice, dated.basis) == ("2026-04", "hedged", "secondary")
    assert claims["RAG 在提问时才去找片段。"].subjects == ["检索增强生成"]
    assert not any("吗" in t or "论文" in t or "安装" in t for t in claims)


NEVER = """Paragraph;2026;Note;Example;Installation;Usage;License;Getting started;How it works;Version 2.0;config.yaml;
run_all;简介;安装;参考资料;使用方法;https://example.org""".split(";")


@pytest.mark.parametrize("word", NEVER)
def test_never_a_subject(word: str) -> None:
    word = word.strip()
    body = f"Every reader of {word} knows that **{word}** is there. The tool prints {word} again for a reason.\n\n"
    text = f"# A story about things\n\n## {word}\n\n{body * 4}{word} 是一种东西。大家都知道 {word} 的用处很大。\n"
    assert word.casefold() not in {n.casefold() for n in named(read(text))}


def test_a_readme_is_about_its_project() -> None:
    text = "# cloudpickle\n\ncloudpickle makes it possible to serialize objects.\n\nFunctions are sent by value.\n"
    assert named(read(text)) == {"cloudpickle": "concept"}
    assert [c.subjects for c in read(text).claims] == [["cloudpickle"], ["cloudpickle"]]
    assert read("no heading here, and nothing to say", "tools/my_file-name.md").title == "my file name"
    assert read("", "tools/README.md").title == "tools"


def test_kinds_that_a_vault_does_not_have_are_not_used() -> None:
    form = digest(DigestInput("a.md", TRAILS, 1, 1, ("topic",)))
    assert {n.kind for n in form.names} == {"topic"}


@pytest.mark.parametrize(
    "text, sentences",
    [
        ("He left, e.g. by car. Dr. Who came. It is 3.5 m.", 3),
        ("J. S. Bach wrote it in 1720. Version 2.0 is out! Really? Yes.", 4),
        ("他说：“第一句。第二句。”第三句！", 2),
        ("It (see p. 3. Or not.) ends here. Next one.", 2),
    ],
)
def test_split(text: str, sentences: int) -> None:
    assert len(list(split(text))) == sentences


HOSTILE = {
    "one line": "a" * 1_000_000,
    "words": "Word " * 100_000,
    "brackets": "(" * 100_000,
    "quotes": '". ' * 100_000,
    "initials": "A. " * 100_000,
    "numbers": "1. " * 100_000,
    "dots": "中·" * 100_000,
    "beside": "中文（abc, def）" * 20_000,
    "acronyms": "foo bar (FB) " * 20_000,
    "names": " ".join(f"Name{i} Foo is here. Then Name{i} Foo was." for i in range(8_000)),
    "citations": "(a " * 100_000,
    "heading": "# " + "Foo, " * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_take_linear_time(text: str) -> None:
    plain(text)
    start = time.perf_counter()
    grounded(text, read(text))
    assert time.perf_counter() - start < 3


def claim(n: int, text: str, source: str = "A", heading: str = "", key: bool = False) -> PageClaim:
    return PageClaim(
        f"c{n}", f"id{n}", text, text, source, "", "secondary", "asserted", "", "", heading, (), key, False
    )


def made(claims: list[PageClaim]) -> PageForm:
    return page(PageInput("memex", "concept", "", ("Memex",), "en", 4000, tuple(claims), ()))


def statements(form: PageForm) -> list[tuple[str, list[str]]]:
    blocks = [s for section in form.sections for b in section.blocks for s in b.statements]
    return [(s.words[0], s.claims) for s in [*form.lead, *blocks]]


CLAIMS = [
    claim(1, "Bush was not the first.", "A", "Doubts"),
    claim(2, "The memex is a desk.", "A", key=True),
    claim(3, "Others came before him.", "A", "Doubts"),
    claim(4, "The memex is a desk.", "B"),
    claim(5, "Its screens slant.", "B", "Introduction"),
    claim(6, "Its buttons are many.", "B", "Introduction"),
    claim(7, "Nobody built it.", "B", "History"),
]


def test_page() -> None:
    form = made(CLAIMS)
    assert statements(form)[0] == ("The memex is a desk.", ["c2", "c4"])
    assert sorted(c for _, cited in statements(form) for c in cited) == [c.label for c in CLAIMS]
    assert [s.heading for s in form.sections] == ["Doubts", "B"]
    assert {b.shape for section in form.sections for b in section.blocks} == {"prose"}
    assert not (form.tensions or form.reading or form.left_out)


@given(st.lists(st.sampled_from(CLAIMS), max_size=12))
def test_a_page_cites_each_claim_once_in_its_own_words(chosen: list[PageClaim]) -> None:
    claims = [claim(n, c.text, c.source, c.heading, c.key) for n, c in enumerate(chosen)]
    by_label = {c.label: c.text for c in claims}
    told = statements(made(claims))
    assert sorted(c for _, cited in told for c in cited) == sorted(by_label)
    assert all(words == by_label[c] for words, cited in told for c in cited)
    assert all(1 <= len(cited) <= 4 for _, cited in told)


def test_overview() -> None:
    pages = tuple(OverviewPage(n, f"Page {n}", "concept", 10 - n, n, "") for n in range(1, 11))
    claims = tuple(OverviewClaim(f"s{n}", f"id{n}", (n % 10 + 1,), f"Sentence {n}.") for n in range(30))
    for language, theme in (("en", "Most linked"), ("zh", "链接最多")):
        form = overview(OverviewInput("w", language, 3, 30, 10, "", pages, claims, ()))
        assert [c.heading for c in form.central][:2] == ["Page 1", "Page 2"] and len(form.central) == 8
        words = {c.text for c in claims}
        told = [s for s in form.scope] + [s for c in form.central for s in c.statements]
        assert all(s.words[0] in words for s in told) and len({s.words[0] for s in told}) == len(told)
        assert form.start[0].theme == theme and form.start[0].pages[0] == 1 and not form.questions
    empty = overview(OverviewInput("w", "en", 0, 0, 0, "", (), (), ()))
    assert not (empty.scope or empty.central or empty.start)


def test_it_answers_requests() -> None:
    from karpwiki.llm import Request
    from karpwiki.models.excerpt import Excerpt

    inputs = DigestInput("a.md", TRAILS, 1, 1, KINDS)
    model = Excerpt()
    reply = model.complete(Request("digest", "", "", DigestForm, inputs, "", "a.md"), 0.0, lambda: None)
    assert model.free and reply.model == model.name == "excerpt" and reply.usage.output_tokens == 0
    assert DigestForm.model_validate(json.loads(reply.text)) == digest(inputs)


WORKSPACES = """## Description

**Workspaces** is a generic term that refers to the set of features that keep many packages together.

The root package links every workspace into its own folder. A workspace may depend on another workspace.
Please read the manual before you use workspaces. + A stray mark opens the sentence of the workspace here.

- Runs before the workspaces are packed and sent away.
"""

PINYIN = """# 汉字拼音转换工具（Python 版）

将汉字转为拼音。可以用于汉字注音、排序、检索。

    pip install pypinyin

此外，pypinyin 是开源的。声母风格（INITIALS）只返回各个拼音的声母部分。默认情况下拼音结果不会标明哪个韵母是轻声。
"""


def test_a_definition_leads_and_names_what_no_heading_names() -> None:
    form = read(WORKSPACES, "npm-workspaces.md")
    assert [n.casefold() for n in named(form)] == ["workspaces"]
    assert form.claims[0].key and form.claims[0].text.startswith("Workspaces is a generic term")
    words = [c.text for c in form.claims]
    assert not any(w.startswith(("+", "Runs", "- ")) for w in words)
    assert not any(c.key for c in form.claims if c.text.startswith("Please"))


def test_a_title_that_describes_is_not_the_name() -> None:
    form = read(PINYIN, "pypinyin.md")
    assert "pypinyin" in named(form) and not {"汉字拼音转换工具", "INITIALS"} & set(named(form))
    assert read(":mod:`email` Package Architecture\n====\n\nText.\n").title == "email Package Architecture"


def test_connectives_and_orders_never_lead() -> None:
    form = made([
        claim(1, "Notably, the memex was never built.", key=True),
        claim(2, "Please build the memex at home.", key=True),
        claim(3, "A desk of wood holds two screens and many levers."),
    ])  # fmt: skip
    assert statements(form)[0] == ("A desk of wood holds two screens and many levers.", ["c3"])


HANDBOOK = """# Release handbook

The team of Obsidian keeps the project alive. Native addons are built by hand, and every release is announced.

## Maintenance process

The maintenance process has three parts. Nobody changes the maintenance process alone.
A native addon is tested before the maintenance process ends.

## Native addons

Each native addon is built with Obsidian. The native addons of others are tested, too.

## UX Research & Design

Readers of Obsidian are asked once a year. Their answers are kept for Obsidian in a drawer.

## Onboarding

New people learn in a week. The onboarding ends with a talk about Obsidian.
"""

POD = """=head1 NAME

Storage::Box keeps things in a box for the Archive of Perl.

=head1 METHODS

=over

Exclude takes a list of things. The Archive of Perl is read by Exclude, and Exclude is read by the Archive of Perl.
"""


def test_headings_of_work_and_raw_markup_name_nothing() -> None:
    assert set(named(read(HANDBOOK, "handbook.md"))) == {"Obsidian"}
    assert not named(read(POD, "box.md"))


def test_a_later_part_has_no_title_of_its_own() -> None:
    text = "## Caching\n\nThe caching of pages is slow. Nothing else is as slow as the caching of pages.\n"
    assert not named(digest(DigestInput("notes/doc.md", text, 2, 2, KINDS)))
