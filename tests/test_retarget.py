"""Links to a page that moved follow it in every form, and nothing else of a page changes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karpwiki.links import resolver
from karpwiki.markdown import parse
from karpwiki.retarget import Moves

PATHS = ("wiki/concepts/old.md", "wiki/concepts/older.md", "wiki/methods/gone.md", "wiki/index.md", "wiki/a b.md")
MOVES = Moves(
    {"wiki/concepts/old.md": "wiki/entities/new.md", "wiki/methods/gone.md": "wiki/concepts/older.md"},
    frozenset(["wiki/methods/gone.md"]),
    resolver(PATHS),
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[[old]] [[OLD|x]] ![[old]] [[ old ]]", "[[new]] [[new|x]] ![[new]] [[new]]"),
        ("| [[concepts/old\\|y]] |", "| [[entities/new\\|y]] |"),
        ("[[wiki/concepts/old.md#Part|z]]", "[[wiki/entities/new.md#Part|z]]"),
        ("[t](concepts/old.md) [t](./concepts/old.md#part)", "[t](entities/new.md) [t](entities/new.md#part)"),
        ('[t](<concepts/old.md> "title")', '[t](<entities/new.md> "title")'),
        ("[[gone#Costs|its costs]] [c](methods/gone.md#costs)", "[[older|its costs]] [c](concepts/older.md)"),
        ('related: ["[[old]]"]', 'related: ["[[new]]"]'),
    ],
)
def test_links_in_every_form_follow(before: str, after: str) -> None:
    assert MOVES.text(before, "wiki/index.md") == after


@pytest.mark.parametrize(
    "text",
    ["[[older]] \\[[old]] <old> old", "`[[old]]`", "```\n[[old]]\n```", "[w](https://old.md)", "[m](old.md)",
     "[a](a%20b.md)", "[[a b]]", "[[nowhere]]"],
)  # fmt: skip
def test_what_is_no_link_to_them_stays(text: str) -> None:
    assert MOVES.text(text, "wiki/index.md") == text


def test_relative_links_on_a_page_that_moves_lead_where_they_led() -> None:
    text = "[o](older.md) [i](../index.md) [self](old.md#h) [w](https://x.org) [none](nothing.md)"
    made = MOVES.text(text, "wiki/concepts/old.md")
    assert made == "[o](../concepts/older.md) [i](../index.md) [self](new.md#h) [w](https://x.org) [none](nothing.md)"


@given(st.text("[]()|#\\`<>! oldgne./\n", max_size=60))
def test_other_words_are_kept_whatever_they_are(text: str) -> None:
    nowhere = Moves({"wiki/x.md": "wiki/y.md"}, frozenset(), resolver(["wiki/x.md", "wiki/index.md"]))
    assert nowhere.text(text, "wiki/index.md") == text
    targets = [link.target for link in parse("wiki/index.md", MOVES.text(text, "wiki/index.md")).links]
    assert "old" not in targets


@pytest.mark.parametrize("piece", ["[", "![", "[[", "](", "`", "``a`", "|", "[a](", "[[a|", "\\", "[[old]]", "- a\n"])
def test_hostile_pages_take_no_long_time(piece: str) -> None:
    start = time.process_time()
    MOVES.text(piece * (100_000 // len(piece)), "wiki/index.md")
    assert time.process_time() - start < 5
