"""Tensions: pairs of claims that do not agree, kept side by side, each once, with the status that a person gave it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from .ground import numbers
from .inert import escape, unescape
from .markdown import value_hash
from .names import key
from .nouns import Tension
from .pattern import pattern
from .plain import fold
from .resolve import Names
from .wiki import Block, Page

_HEAD = pattern(r"^> \[!warning\][-+]? Tension: (.*)$")
_STATUS = pattern(r"^> Status: ?(.*)$", re.M)


def block(tension: Tension, names: Names) -> Block:
    """A tension as a callout: its topic, both claims with their dates, and the status line that a person may edit."""
    sides = []
    for i in (tension.first, tension.second):
        claim, source = names.claims[i]
        when = claim.as_of or source.date_of(claim)
        about = ", ".join(filter(None, (escape(when), claim.basis or source.part_of(claim).credibility)))
        sides.append(f"> - {escape(claim.text, start=True)} ({about})[^{i}]")
    text = "\n".join(
        [f"> [!warning] Tension: {escape(tension.topic)}", ">", *sides, ">", f"> Status: {tension.status}"]
    )
    return Block("quote", text, 0, 0, (tension.first, tension.second))


def read(page: Page) -> list[Tension]:
    """The tensions that stand on a page, in their order."""
    found = []
    for b in page.blocks:
        head = _HEAD.match(b.text.split("\n")[0])
        if head and len(b.cites) >= 2:
            status = _STATUS.search(b.text)
            topic = unescape(head[1].strip())
            first, second = sorted(b.cites[:2])
            found.append(Tension(topic, first, second, fold(status[1]) if status else "open"))
    return found


def by_figures(names: Names) -> list[Tension]:
    """Claims that give one attribute of one subject, in one unit and for one date, different values."""
    stated: dict[tuple[str, str, str, str], list[tuple[str, str]]] = defaultdict(list)
    topics: dict[str, str] = {}
    for i, (claim, _) in sorted(names.claims.items()):
        subjects = names.about[i]
        for figure in claim.figures if subjects else ():
            where = (subjects[0].slug, key(figure.attribute), key(figure.unit) if figure.unit else "", claim.as_of)
            stated[where].append((i, figure.value))
            topics.setdefault(key(figure.attribute), figure.attribute)
    found = []
    for (_, attribute, _, _), values in sorted(stated.items()):
        first = values[0]
        others = {numbers(v) or frozenset((key(v),)): i for i, v in reversed(values)}
        others.pop(numbers(first[1]) or frozenset((key(first[1]),)), None)
        pairs = [sorted((first[0], i)) for i in others.values() if i != first[0]]
        found += [Tension(topics[attribute], a, b) for a, b in pairs]
    return found


def collect(pages: Iterable[Page], new: Iterable[Tension], names: Names) -> list[Tension]:
    """Every tension whose claims live, once: those found before, with their status, then the new ones.

    A status is edited on the page that is the tension's home or in a view of it (overview, tensions.md): the page
    whose status differs from what karpwiki wrote there wins.
    """
    by_pair: dict[frozenset[str], Tension] = {}
    edited: set[frozenset[str]] = set()
    homes_first = sorted(pages, key=lambda p: (p.state is None, p.path))
    written = {k: v for p in homes_first if p.state for k, v in p.state.meta.items() if k.startswith("tension.")}
    for page in homes_first:
        for t in read(page):
            before = by_pair.get(t.pair)
            by_hand = written.get(state_key(t), value_hash("open")) != value_hash(t.status)
            if before is None or (by_hand and t.pair not in edited):
                by_pair[t.pair] = Tension(before.topic if before else t.topic, t.first, t.second, t.status)
            if by_hand:
                edited.add(t.pair)
    for t in new:
        a, b = sorted((t.first, t.second))
        by_pair.setdefault(t.pair, Tension(t.topic, a, b, t.status))
    live = [t for t in by_pair.values() if t.first in names.claims and t.second in names.claims and t.first != t.second]
    return sorted(live, key=lambda t: (t.first, t.second))


def state_key(tension: Tension) -> str:
    """The word under which a page's state keeps the status that karpwiki wrote."""
    return f"tension.{tension.first}.{tension.second}"


def state_of(tensions: Sequence[Tension]) -> dict[str, str]:
    return {state_key(t): value_hash(t.status) for t in tensions}


def homes(tensions: Iterable[Tension], names: Names) -> Mapping[str, list[Tension]]:
    """Tensions by the slug of the page that is their home: that of the first claim's first subject with a page."""
    found: dict[str, list[Tension]] = defaultdict(list)
    for t in tensions:
        subjects = [s for i in (t.first, t.second) for s in names.about[i] if s.has_page]
        if subjects:
            found[subjects[0].slug].append(t)
    return found
