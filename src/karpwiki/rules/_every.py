"""All rules, and which of them have something to look at on a page."""

from __future__ import annotations

import pkgutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    always, by_mark, marks = _suspecting()
    asked = {rule for mark in marks.find(page.text) for rule in by_mark[mark]}
    return frozenset(name for name, suspect in (*always, *asked) if suspect is None or suspect(page))


class Marks:
    """Finds which of many marks stand in a text, all of them in one pass (Aho and Corasick 1975)."""

    def __init__(self, marks: Iterable[str]) -> None:
        """`marks`: with small letters as far as ASCII goes."""
        from ahocorasick_rs import BytesAhoCorasick, Implementation

        self._marks = sorted(set(marks) - {DEEP, LARGE})
        encoded = [mark.encode("utf-8") for mark in self._marks]
        self._automaton = BytesAhoCorasick(encoded, implementation=Implementation.DFA)
        self._over = max(map(len, encoded)) - 1

    def find(self, text: str) -> set[str]:
        """The marks that a text has, whatever its case in ASCII."""
        small, _, deep = screen(text)
        seen = self._automaton.find_matches_as_indexes
        # By pieces, each with the beginning of the next, for a large text may be nothing but marks.
        pieces = (small[at : at + _PIECE + self._over] for at in range(0, len(small), _PIECE))
        found = {self._marks[n] for piece in pieces for n, _, _ in seen(piece, overlapping=True)}
        return found | {mark for mark, is_there in ((DEEP, deep), (LARGE, len(text) > MAX_SMALL)) if is_there}


@lru_cache(maxsize=1)
def _suspecting() -> tuple[Sequence[_Suspect], Mapping[str, Sequence[_Suspect]], Marks]:
    """The rules that are asked of each page, those that are asked where a mark stands, and what finds the marks."""
    always, by_mark = [], defaultdict[str, list[_Suspect]](list)
    for rule in every():
        suspect: _Suspect = (rule.NAME, getattr(rule, "suspect", None))
        for mark in getattr(rule, "MARKS", ()):
            by_mark[mark].append(suspect)
        if suspect[1] and not hasattr(rule, "MARKS"):
            always.append(suspect)
    return always, by_mark, Marks(by_mark)
