"""A source is taken back: its claims go, and with them every statement that a model made in sight of them.

The raw file stays as it is. Its path goes into .karpignore, so that nothing reads it again; all else follows from the
claims that are left, as if the source had never been seen.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .build import Built, build
from .bundle import RETRACTED, bundled, members_of
from .calls import Calls
from .changes import ChangeSet, Edit, LogEntry
from .errors import UsageError
from .hands import by_hand
from .ignore import FILE as IGNORE
from .ignore import ignored as ignored_by
from .ignore import line_for
from .inert import escape
from .ingest import made_bullets
from .nouns import Source
from .prepare import Ground, prepare
from .regroup import without_sources
from .settings import Settings
from .sourcepage import parse_source
from .vault import read_optional
from .wiki import Page, Wiki


@dataclass(frozen=True, slots=True)
class Retraction:
    """What a retract takes away, before anything is asked or written."""

    paths: tuple[str, ...]
    """Relative to raw/."""
    claims: frozenset[str]
    ground: Ground
    ignore: str
    """The new text of .karpignore."""
    by_hand: tuple[str, ...]
    """Pages where words by hand cite one of the claims: they stay, and lint names them."""
    titles: tuple[str, ...]


def find_members(wiki: Wiki, named: Sequence[Path], start: Path) -> list[str]:
    """The raw paths of ingested sources that are named: by raw file (it may be gone), folder, or source page.

    Raises UsageError for a name that no source has.
    """
    members = {m.path for s in wiki.sources.values() for m in s.members}
    found: list[str] = []
    for name in named:
        places = [os.path.normpath(base / name) for base in (start, wiki.root, wiki.root / "raw")]
        inside = [Path(p).relative_to(wiki.root).as_posix() for p in places if Path(p).is_relative_to(wiki.root)]
        pages = [[m.path for m in wiki.sources[p].members] for p in inside if p in wiki.sources]
        raws = [p.removeprefix("raw/") for p in inside if p.startswith("raw/")] + [""] * ("raw" in inside)
        files = [[p for p in sorted(members) if not r or p == r or p.startswith(f"{r}/")] for r in raws]
        hit = next(filter(None, [*pages, *files]), None)
        if hit is None and any(p in wiki.pages for p in inside):
            raise UsageError(
                f"{name} is no source page. Name the sources that are to be taken back: raw files or pages."
            )
        if hit is None:
            raise UsageError(f"No source of this wiki has the raw file {name}. `karpwiki status` lists what there is.")
        found += hit
    return list(dict.fromkeys(found))


def retraction(
    root: Path, wiki: Wiki, settings: Settings, paths: Sequence[str], reason: str, day: str, model: str
) -> Retraction:
    """What follows when the sources of some raw files are taken back. Nothing is asked and nothing written."""
    made = without_sources(wiki, paths)
    bare = {at: s for at, s in wiki.sources.items() if at not in made.sources and at not in made.heirs}
    left = {**made.sources, **{at: emptied(s) for at, s in bare.items() if _by_hand(wiki.pages.get(at))}}
    gone = {c.id for s in wiki.sources.values() for c in s.claims} - {c.id for s in left.values() for c in s.claims}
    ignored = tuple(dict.fromkeys((*wiki.ignored, *(p for p in paths if p in wiki.raw))))
    ground = prepare(root, replace(made, sources=left, ignored=ignored), settings, model)
    text = read_optional(root / IGNORE)
    here = {p: wiki.raw[p] for p in paths if p in wiki.raw}
    covered = {*ignored_by(text, here), *(p for p in paths if p not in here and line_for(p) in text.split("\n"))}
    lines = [line_for(p) for p in paths if p not in covered]
    said = f"# {day} retracted{': ' if reason else ''}{' '.join(reason.split())}"
    ignore = "\n".join([*([text.rstrip("\n")] if text else []), said, *lines, ""]) if lines else text
    pages = [p for p in wiki.pages.values() if p.state and p.path not in wiki.sources]
    cite = sorted(p.path for p in pages if any(gone & {*b.cites} for b in by_hand(p)))
    titles = tuple(s.title for s in wiki.sources.values() if any(m.path in paths for m in s.members))
    return Retraction(tuple(paths), frozenset(gone), ground, ignore, tuple(cite), titles)


def emptied(source: Source) -> Source:
    """A source without its claims, whose page stays since a person wrote on it."""
    parts = [replace(p, claims=(), names=(), status=RETRACTED, coverage=0.0) for p in members_of(source)]
    return bundled(source.bundle, parts, source.period) if source.bundle else parts[0]


def _by_hand(page: Page | None) -> bool:
    return page is not None and bool(page.notes or by_hand(page, parse_source(page)[1]))


def retract(root: Path, wiki: Wiki, settings: Settings, found: Retraction, calls: Calls) -> Retracted:
    """Make the wiki that never saw some sources: its pages phrased anew from what is left."""
    made = build(root, found.ground, calls, settings.name or "Wiki")
    ignore = Edit(IGNORE, found.ignore, wiki.hashes.get(IGNORE))
    titles = [escape(title) for title in found.titles]
    bullets = [("Source", ", ".join(f"raw/{escape(p)}" for p in found.paths))]
    bullets += [("Summary", f"{len(found.claims)} claims taken back"), *made_bullets(made)]
    bullets += [("Note", f"cited by hand on {', '.join(map(escape, found.by_hand))}")] if found.by_hand else []
    entry = LogEntry("retract", ", ".join(titles[:3]) + " …" * (len(titles) > 3), tuple(bullets))
    return Retracted(ChangeSet((*made.edits, ignore), (entry,)), made)


@dataclass(frozen=True, slots=True)
class Retracted:
    """What a retract makes, before it is committed."""

    changes: ChangeSet
    built: Built
