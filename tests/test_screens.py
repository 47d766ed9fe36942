"""A rule looks at a page only when its `suspect` says so: whatever it would find there, `suspect` must have told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from karpwiki.detect import detect
from karpwiki.markdown import parse
from karpwiki.rules import Context, every, traces
from karpwiki.settings import Settings
from karpwiki.vault import in_dialect
from karpwiki.wiki import Wiki
from mutants import safety

# These two have all that they need to know from `suspect`.
KNOWING = ("title-mismatch", "undefined-footnote")
LOOKING = [rule for rule in every() if hasattr(rule, "suspect") or hasattr(rule, "MARKS")]
RULES = [rule for rule in LOOKING if hasattr(rule, "check") and rule.NAME not in KNOWING]
ALL = frozenset(rule.NAME for rule in RULES)


def texts(pair: Sequence[object]) -> list[str]:
    """The pieces of Markdown of a pair of lists, defects and near misses."""
    rows = [row for part in pair[:2] if isinstance(part, Sequence) for row in part]
    return [str(row[0] if isinstance(row, tuple) else row) for row in rows]


LISTS = (safety.ACTIVE, safety.HTML, safety.IMAGE, safety.SCHEME, safety.UNSEEN, safety.SPEAK)
FURTHER = """
> > > > > > > > > > > > > > > > > deep
- - - - - - - - - - - - - - - - - - - - x
[a]: <nowhere.md>
[a link](nowhere.md)
<!-- karpwiki: allow secret -->
AKIAQZ7XW3VB5NM2LK4J
Speaking as an AI, I cannot browse.
I am an AI assistant.
sk-ant-aZ3kQ9mX7vB2nL5pR8tW1yC4
ghp_aZ3kQ9mX7vB2nL5pR8tW1yC4dF6gH0jK2sU9
# Another
字
"""
PIECES = [
    *(text for pair in LISTS for text in texts(pair)),
    *FURTHER.strip().split("\n"),
    *("[a\nb](nowhere.md)", "Title\n===", "> [!warning] Tension: how many\n>\n> Status: open", "  " * 40 + "- x"),
]
pieces = st.one_of(
    st.sampled_from(PIECES),
    st.sampled_from(PIECES).map(str.swapcase),
    st.sampled_from(PIECES).map(lambda text: text[len(text) // 3 :]),
    st.text("`~<>[](){}!|&#%=:/\\-_*.' \n\tjasvcriptA字\u200b\ufe0f\u00a0\u3000\x1f", max_size=12),
)
bodies = st.lists(st.tuples(pieces, st.sampled_from(["\n\n", "\n", " ", "\n> ", "\n- ", "\n\n    "])), max_size=4)


@settings(max_examples=400)
@given(bodies, st.sampled_from(["", "---\ntitle: A\ntype: concept\n---\n", "---\n: [\n---\n"]))
@example([("\ufeff", "\n"), ("As an AI language model, I cannot", " ")], "")
@example([("**Certainly! Here is the updated page**", "\n")], "")
@example([("```````  DataviewJS", "\n")], "")
@example([("```\u00a0dataviewjs\nx\n```", "\n")], "")
@example([("`\u3000$= x`", "\n")], "")
@example([("[x](\u00a0javascript:alert)", "\n")], "")
@example([("> [!warning]- Tension: how many\n>\n> Status: open", "\n")], "")
@example([("I am a AI assistant.", "\n")], "")
@example([("```run-执行\nx\n```", "\n")], "")
@example([("```ta\u017fks\nx\n```", "\n")], "")
@example([("> `\n> js:foo()`", "\n")], "")
@example([("x", "\n")], "---\ntitle: A\nnote: '<<!-- karpwiki -->iframe src=x>'\n---\n")
def test_what_a_rule_would_find_is_suspected(body: list[tuple[str, str]], head: str) -> None:
    page = parse("wiki/concepts/a.md", f"{head}\n# A\n\n" + "".join(text + gap for text, gap in body))
    for rule in RULES:
        found, anyway = (
            [
                f
                for f in rule.check(Context(Wiki(Path("/nowhere"), {page.path: seen}), Settings()))
                if f.path == page.path
            ]
            for seen in (replace(page, traces=ALL), replace(page, traces=frozenset()))
        )
        assert found == anyway or rule.NAME in traces(page), (rule.NAME, found)


KEYS = ("title", "type", "kind", "created", "date_created", "updated", "modified", "date", "tags", "keywords", "rank")
VALUES = (
    "x",
    "1",
    "3",
    "[a, b]",
    "[a, 3]",
    "[[a]]",
    "{a: b}",
    "true",
    "''",
    "2026-01-02",
    "2026-02-31",
    "2026",
    "2026/1/2",
)
SAID = [{"keys": dict([pair])} for pair in (("rank", "tags"), ("keywords", "summary"), ("modified", "created"))] + [{}]
fronts = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=5)


@settings(max_examples=300)
@given(st.lists(fronts, min_size=1, max_size=4), st.sampled_from(SAID))
@example([{"type": "concept", "keywords": "[a, b]"}], {"keys": {"keywords": "summary"}})
@example([{"created": "2026-05-05", "modified": "2026-01-01"}], {"keys": {"modified": "updated", "x": "title"}})
@example([{"updated": "2026-01-01", "modified": "2026-05-05"}], {"keys": {"modified": "created"}})
@example([{"type": "concept", "created": "true"}, {"type": "concept", "created": "1"}], {})
@example([{"type": "concept", "date_created": "2026-02-31"}] * 3, {})
@example([{"type": "concept", "rank": "3"}] * 2, {"keys": {"rank": "tags"}})
@example([{"type": "concept", "rank": "3"}] * 2, {"keys": {"rank": "title"}})
@example([{"type": "concept", "modified": "2026-01-02", "created": "2026-01-03"}] * 3, {})
def test_what_a_rule_would_find_in_frontmatter_is_suspected(heads: list[dict[str, str]], said: dict[str, Any]) -> None:
    texts = ["---\n" + "".join(f"{name}: {v}\n" for name, v in head.items()) + "---\n\n# A\n" for head in heads]
    pages = {path: parse(path, text) for n, text in enumerate(texts) if (path := f"wiki/concepts/{n}.md")}
    wiki = in_dialect(Wiki(Path("/nowhere"), pages), replace(Settings(), dialect=said))
    for name in ("wrong-type", "bad-date"):
        [rule] = [rule for rule in every() if name == rule.NAME]
        whole = {path: replace(page, traces=ALL) for path, page in wiki.pages.items()}
        known = {path: replace(page, traces=traces(pages[path])) for path, page in wiki.pages.items()}
        want, got = (list(rule.check(Context(replace(wiki, pages=p), Settings()))) for p in (whole, known))
        assert got == want


def found(name: str, texts: dict[str, str]) -> list[str]:
    """The paths on which a rule finds something in a vault of these pages."""
    pages = {path: parse(path, text) for path, text in texts.items()}
    [rule] = [rule for rule in every() if name == rule.NAME]
    return sorted({f.path for f in rule.check(Context(Wiki(Path("/nowhere"), pages), Settings()))})


def of(title: str, heading: str = "") -> str:
    return f"---\ntitle: {title}\ntype: concept\n---\n\n# {heading or title}\n"


@pytest.mark.parametrize(
    ("name", "texts", "wanted"),
    [
        ("title-mismatch", {"wiki/c.md": of("C", "**C#**")}, ["wiki/c.md"]),
        ("title-mismatch", {"wiki/c.md": of("C", "C")}, []),
        ("near-duplicate-page", {"wiki/a.md": of("Lectures#1"), "wiki/b.md": of("Lecture#1")}, ["wiki/b.md"]),
        ("sync-conflict-copy", {"wiki/a.SYNC-CONFLICT-20240101-120000.md": of("A")}, None),
        ("name-not-portable", {f"wiki/{'a' * 198}.md": of("A")}, None),
        ("name-not-portable", {f"wiki/{'a' * 98}.md": of("A")}, []),
        ("model-speak", {"wiki/a.md": "# A\n\nTodo: add a chart.\n"}, []),
    ],
)
def test_what_is_passed_over_fast_is_what_has_no_finding(
    name: str, texts: dict[str, str], wanted: list[str] | None
) -> None:
    assert found(name, texts) == (sorted(texts) if wanted is None else wanted)


@pytest.mark.parametrize(
    ("text", "style", "prefixes"),
    [
        ("[[p1]] [[p2]] [[p3]] [[p4]] [[p5]] [[p6]] [[p7]] [[p8]] [[kb/p1]]", "", {"kb": ""}),
        ("![[chart.png]] [x](q1.md)", "relative", {}),
        ("![a](i1.png) ![b](i2.png) ![c](i3.png) [[q1]]", "", {}),
        ("[x](q1.md) [x](q1.md) [x](q1.md) [x](q1.md) [[q2]] [[q3]]", "relative", {}),
    ],
)
def test_the_form_of_links_is_told_by_the_first_of_each_page(text: str, style: str, prefixes: dict[str, str]) -> None:
    pages = {f"wiki/p{n}.md": parse(f"wiki/p{n}.md", f"# P\n\n{text}\n") for n in range(1, 6)}
    dialect = detect(pages, (), {})
    assert (dialect.style, dialect.prefixes) == (style, prefixes)
