"""Joining what was read in pieces: the names of a source's parts, the members of a bundle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .names import key
from .nouns import Claim, Name, Source
from .plain import fold

if TYPE_CHECKING:
    from .forms import FormName

MAX_NAME = 120


def join_names(names: Iterable[FormName | Name], claims: Sequence[Claim], kinds: Sequence[str]) -> tuple[Name, ...]:
    """The names of a source's claims, each once, in the order of the claims; one that was not listed is made up for."""
    listed: dict[str, Name] = {}
    for n in names:
        also = {fold(a) for a in n.also if fold(a) and key(a) != key(n.name) and len(a) <= MAX_NAME}
        kind = n.kind if n.kind in kinds else kinds[0]
        new = Name(fold(n.name), kind, fold(n.gloss)[:200], fold(n.latin)[:MAX_NAME], tuple(sorted(also)))
        old = listed.get(key(new.name), new)
        listed[key(new.name)] = Name(
            min(old.name, new.name),
            min(old.kind, new.kind, key=list(kinds).index),
            _least(old.gloss, new.gloss),
            _least(old.latin, new.latin),
            tuple(sorted({*old.also, *new.also})),
        )
    used = {key(s): s for c in claims for s in c.subjects}
    return tuple(listed.get(k, Name(s, kinds[0])) for k, s in used.items())


def _least(a: str, b: str) -> str:
    """The smaller of two texts that is not empty: the same one in whatever order they come."""
    return min(filter(None, (a, b)), default="")


def join_bundle(
    name: str, old: Source | None, new: Sequence[Source], kinds: Sequence[str], coverages: Mapping[str, float]
) -> Source:
    """A bundle from its page (None: it is new) and the digests of further members, one file each.

    Claims are grouped by member in the order of paths. The order in which members came does not matter.
    `coverages`: by member path.
    """
    members = {m.path: m for s in ([old] if old else []) + list(new) for m in s.members}
    fresh = {m.path for s in new for m in s.members}
    grouped: dict[str, list[Claim]] = {path: [] for path in sorted(members)}
    for claim in old.claims if old else ():
        if claim.quote.path not in fresh:
            grouped[claim.quote.path].append(claim)
    for source in new:
        head = ": ".join(filter(None, (source.date, source.title)))
        grouped[source.members[0].path] += [replace(c, heading=head) for c in source.claims]
    claims = tuple(c for path in sorted(grouped) for c in grouped[path])
    every = [old] if old else []
    every += list(new)
    last = max(every, key=lambda s: (s.date, s.members[-1].path))
    return replace(
        last,
        members=tuple(members[path] for path in sorted(members)),
        title=old.title if old else fold(name.replace("-", " ").replace("_", " ")).capitalize(),
        title_latin="",
        created=old.created if old else last.created,
        tags=tuple(sorted({t for s in every for t in s.tags}))[:5],
        coverage=round(sum(coverages.get(m, 1.0) for m in members) / len(members), 2),
        status="" if claims else last.status,
        bundle=name,
        claims=_few_keys(claims),
        names=join_names([n for s in every for n in s.names], claims, kinds),
    )


def _few_keys(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """At most six key claims: the first of each member, from the newest, then the next ones."""
    by_member: dict[str, list[Claim]] = {}
    for claim in claims:
        if claim.key:
            by_member.setdefault(claim.quote.path, []).append(claim)
    rounds = [c for n in range(6) for path in sorted(by_member, reverse=True) for c in by_member[path][n : n + 1]]
    keep = {c.id for c in rounds[:6]}
    return tuple(replace(c, key=c.id in keep) for c in claims)
