"""One name that means two things: `Mercury @ raw path = Mercury (planet)` in names.txt says what it means there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from .names import key
from .nouns import Claim, Decision, Name, Source

AT = " @ "
Meanings = Mapping[tuple[str, str], str]
"""(key of a name, raw path) → the name of what it means there."""


def is_meaning(decision: Decision) -> bool:
    """Whether a line says what a name means in one raw file; `AI @ Meta` is a name."""
    path = decision.name.rpartition(AT)[2]
    return decision.relation == "=" and AT in decision.name and ("/" in path or "." in path)


def moved_meanings(decisions: Iterable[Decision], moved: Mapping[str, str]) -> tuple[list[Decision], list[Decision]]:
    """(lines to add, lines to drop) where a raw file that a meaning is about has moved: former path → path."""
    old = [d for d in decisions if is_meaning(d) and d.name.rpartition(AT)[2] in moved]
    parts = [(d, *d.name.rpartition(AT)) for d in old]
    return [replace(d, name=f"{name}{AT}{moved[path]}", line=0) for d, name, _, path in parts], old


def respelled(sources: Mapping[str, Source], decisions: Iterable[Decision]) -> Mapping[str, Source]:
    """Sources with each name that means something else in a raw file of theirs replaced by the name for that.

    Of a bundle, its parts: the bundle is still to be made of them.
    """
    said = sorted((d for d in decisions if is_meaning(d)), key=lambda d: d.by == "person")
    meanings = {(key(name), path): d.value for d in said for name, _, path in [d.name.rpartition(AT)]}
    paths = {path for _, path in meanings}
    return {
        at: _whole(source, meanings) if any(m.path in paths for m in source.members) else source
        for at, source in sources.items()
    }


def _whole(source: Source, meanings: Meanings) -> Source:
    if source.parts:
        return replace(source, parts=tuple(_source(part, meanings) for part in source.parts))
    return _source(source, meanings)


def _source(source: Source, meanings: Meanings) -> Source:
    claims = tuple(_claim(c, meanings) for c in source.claims)
    used = {key(s) for c in claims for s in c.subjects}
    known = {key(n.name) for n in source.names}
    # The name goes with the claims: its row becomes that of the new name, and stays only while a claim still uses it.
    rows = [n for n in source.names if key(n.name) in used]
    for path in (m.path for m in source.members):
        for n in source.names:
            to = meanings.get((key(n.name), path))
            if to and key(to) in used and key(to) not in known:
                rows.append(Name(to, n.kind, n.gloss))
                known.add(key(to))
    return source if claims == source.claims else replace(source, claims=claims, names=tuple(rows))


def _claim(claim: Claim, meanings: Meanings) -> Claim:
    subjects = tuple(dict.fromkeys(meanings.get((key(s), claim.quote.path), s) for s in claim.subjects))
    return claim if subjects == claim.subjects else replace(claim, subjects=subjects)
