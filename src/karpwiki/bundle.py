"""Joining what was read in pieces: the names of a source's parts, the members of a bundle.

A bundle is a function of the set of its members' digests: it keeps each of them whole, so that one can be taken out
or replaced, and the rest is as if it had never been there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .errors import UsageError
from .names import key
from .nouns import Claim, Name, Source
from .pattern import pattern
from .plain import fold

if TYPE_CHECKING:
    from .forms import FormName

RETRACTED = "retracted"
"""The status of a source that was taken back, whose page stays since a person wrote on it."""
MAX_NAME, MAX_MEMBERS, MAX_KEYS, MAX_TAGS = 120, 60, 6, 5
OWN = ("title", "created", "updated", "date", "author", "credibility", "language", "tags")
"""What a person may say otherwise in the frontmatter of a bundle's page."""
_DATE = pattern(r"\d{4}(-\d\d){0,2}")


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


def spelled_alike(claims: Iterable[Claim], names: Iterable[Name]) -> tuple[Claim, ...]:
    """Claims with their subjects as the list of names spells them: parts of one source may write one name otherwise."""
    spelled = {key(n.name): n.name for n in names}
    return tuple(replace(c, subjects=tuple(spelled.get(key(s), s) for s in c.subjects)) for c in claims)


def _least(a: str, b: str) -> str:
    """The smaller of two texts that is not empty: the same one in whatever order they come."""
    return min(filter(None, (a, b)), default="")


def check_name(name: str) -> str:
    """The name of a bundle as a person gave it. Raises UsageError when it is not a plain one."""
    if len(name) > 60 or not re.fullmatch(r"[\w-]*[^\W_][\w-]*", name):
        raise UsageError(f"{name!r} is no name for a bundle: use letters, digits, - and _, like project-diary.")
    return name


def members_of(source: Source) -> tuple[Source, ...]:
    """The digests that a source is made of, one raw file each: of a bundle its members', else itself."""
    return source.parts or (replace(source, bundle="", period=""),)


def counted_as(source: Source) -> str:
    """What counts as one source where sources are counted: a bundle is one, however it is split."""
    return f"bundle:{source.bundle}" if source.bundle else source.key


def without(source: Source, paths: Collection[str]) -> Source | None:
    """The source as if it had never seen these raw files; None when nothing is left of it."""
    left = [part for part in members_of(source) if part.key not in paths]
    if len(left) == len(source.members):
        return source
    return bundled(source.bundle, left, source.period) if left else None


def grouped(name: str, parts: Iterable[Source]) -> tuple[Source, ...]:
    """All members of a bundle as one source; when they are more than 60, one a year, and of a full year one a month.

    What has no date stands in the source that has no period.
    """
    parts = list(parts)
    if len(parts) <= MAX_MEMBERS:
        return (bundled(name, parts),) if parts else ()
    days = {p.key: p.date if _DATE.fullmatch(p.date) else "" for p in parts}
    years = Counter(day[:4] for day in days.values())
    periods: dict[str, list[Source]] = {}
    for part in parts:
        day = days[part.key]
        periods.setdefault(day[:7] if years[day[:4]] > MAX_MEMBERS else day[:4], []).append(part)
    return tuple(bundled(name, periods[period], period) for period in sorted(periods))


def bundled(name: str, parts: Iterable[Source], period: str = "") -> Source:
    """One source of the digests of single files, oldest first. The order in which they are given does not matter."""
    parts = tuple(sorted((_part(p) for p in parts), key=lambda p: (p.date, p.key)))
    claims = _few_keys([replace(c, heading=head(p)) for p in parts for c in p.claims], parts)
    names = [n for p in parts for n in p.names]
    tagged = Counter(t for p in parts for t in p.tags)
    authors = {p.author for p in parts}
    return Source(
        members=tuple(p.members[0] for p in parts),
        title=" ".join(filter(None, (fold(name.replace("-", " ").replace("_", " ")).capitalize(), period))),
        created=min(p.created for p in parts),
        updated=max(p.updated for p in parts),
        date=parts[-1].date,
        author=authors.pop() if len(authors) == 1 else "",
        language=_most(p.language for p in parts),
        credibility=_most(p.credibility for p in parts),
        tags=tuple(sorted(tagged, key=lambda t: (-tagged[t], t)))[:MAX_TAGS],
        coverage=round(sum(p.coverage for p in parts) / len(parts), 2),
        status="" if claims else next((p.status for p in parts if p.status), ""),
        bundle=name,
        period=period,
        claims=claims,
        names=join_names(names, claims, sorted({n.kind for n in names}) or ["concept"]),
        by=_most(p.by for p in parts),
        parts=parts,
    )


def head(part: Source) -> str:
    """The heading of a member on the bundle's page, and what its claims are said to come from."""
    return ": ".join(filter(None, (part.date, part.title)))


def _part(source: Source) -> Source:
    """A digest in the one form that a bundle keeps: nothing in it that does not stand on the page."""
    used = {key(s): n for n, s in reversed([*enumerate(s for c in source.claims for s in c.subjects)])}
    names = sorted(source.names, key=lambda n: (used.get(key(n.name), len(used)), key(n.name), n.name, n.gloss))
    return replace(
        source,
        updated=source.updated or source.created,
        coverage=round(source.coverage, 2),
        bundle="",
        period="",
        names=tuple(names),
    )


def _most(values: Iterable[str]) -> str:
    """The value that most members have."""
    counted = Counter(values)
    return min(counted, key=lambda v: (-counted[v], v))


def _few_keys(claims: Sequence[Claim], parts: Sequence[Source]) -> tuple[Claim, ...]:
    """At most six key claims: the first of each member, from the newest, then the next ones."""
    keys = [[c.id for c in p.claims if c.key] for p in reversed(parts)]
    rounds = [i for n in range(MAX_KEYS) for ids in keys for i in ids[n : n + 1]]
    keep = set(rounds[:MAX_KEYS])
    return tuple(replace(c, key=c.id in keep) for c in claims)
