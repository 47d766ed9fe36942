"""All rules, and which of them have something to look at on a page."""

from __future__ import annotations

import pkgutil
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from ..wiki import Page
from ._text import DEEP, LARGE, MAX_SMALL, screen

_Suspect = tuple[str, Callable[[Page], bool] | None]
"""A rule's name and its test, if it has one."""
_PIECE = 1 << 16
"""Bytes that are searched at once."""


@lru_cache(maxsize=1)
def every() -> tuple[ModuleType, ...]:
    """All rule modules, by their ids."""
    names = [m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]) if not m.name.startswith("_")]
    return tuple(sorted((import_module(f"{__package__}.{name}") for name in names), key=lambda rule: str(rule.ID)))


def traces(page: Page) -> frozenset[str]:
    """The names of the rules that have something to look at in the text of a page."""
    return frozenset(_screens().traces(page))


@lru_cache(maxsize=1)
def _screens() -> _Screens:
    return _Screens(every())


class _Screens:
    """What tells for all rules whether they have something to look at on a page, in one pass (Aho, Corasick 1975)."""

    def __init__(self, rules: Iterable[ModuleType]) -> None:
        from ahocorasick_rs import BytesAhoCorasick, Implementation

        signs: dict[str, list[tuple[str, re.Pattern[bytes]]]] = defaultdict(list)
        asking: dict[str, set[_Suspect]] = defaultdict(set)
        self.always: list[_Suspect] = []
        for rule in rules:
            suspect: _Suspect = (rule.NAME, getattr(rule, "suspect", None))
            for mark in getattr(rule, "MARKS", ()):
                asking[mark].add(suspect)
            for mark, then in getattr(rule, "SIGNS", {}).items():
                signs[mark].append((rule.NAME, re.compile(re.escape(mark.encode()) + then)))
            if suspect[1] and not hasattr(rule, "MARKS"):
                self.always.append(suspect)
        marks = sorted({*signs, *asking} - {DEEP, LARGE})
        encoded = [mark.encode() for mark in marks]
        self.seen = BytesAhoCorasick(encoded, implementation=Implementation.DFA).find_matches_as_indexes
        self.over = max(map(len, encoded)) - 1
        self.signs = {number: signs[mark] for number, mark in enumerate(marks) if mark in signs}
        self.asking = {number: asking[mark] for number, mark in enumerate(marks) if mark in asking}
        self.deep, self.large = asking[DEEP], asking[LARGE]

    def traces(self, page: Page) -> Iterator[str]:
        """The names of the rules that look at a page."""
        small, _, deep = screen(page.text)
        marks, found = set[int](), set[str]()
        # By pieces, each with the beginning of the next, for a large text may be nothing but marks.
        for start in range(0, len(small), _PIECE):
            there = self.seen(small[start : start + _PIECE + self.over], overlapping=True)
            marks |= {number for number, _, _ in there}
            for number, first, _ in there if not marks.isdisjoint(self.signs) else ():
                for name, sign in self.signs.get(number, ()):
                    if name not in found and sign.match(small, start + first):
                        found.add(name)
        asked = {rule for number in marks for rule in self.asking.get(number, ())}
        asked.update(self.always, self.deep if deep else (), self.large if len(page.text) > MAX_SMALL else ())
        yield from found
        yield from (name for name, suspect in asked if name not in found and (suspect is None or suspect(page)))
