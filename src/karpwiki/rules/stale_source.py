"""A figure on a page of which a newer source says another value.

## What it finds

A statement that cites a claim with a figure (attribute, value, unit), where a claim of another raw file gives the same
attribute of the same subject another value for a later date, and nothing on the page cites a claim as new. Dates are
the `(as of …)` of claims, else those of their sources. Passed over are statements that say the year, values of which
one is the other rounded, pairs in a tension, newer claims that are hedged, inferred or of the future, those that a
person deleted from the page, and pages that a compile would make again anyway.

## Why it hurts

The reader takes an old number for today's.

## Example

    The memex archive holds 300 letters.[^vsp4remb]      <!-- another page: 412 letters (2026-03) -->

## Fix

None: both were true in their time. Say the date, or cite the newer claim; a statement that you change is yours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..findings import Finding
from ..ground import numbers
from ..guests import text_blocks
from ..hands import deleted_claims
from ..wiki import OVERVIEW, Page
from . import Context, is_index
from ._figures import Around, Stated, differ, is_newer, stated
from ._statements import said

ID, NAME, SEVERITY, FIX = "C003", "stale-source", "info", "none"
NEEDS = "state"


def check(ctx: Context) -> Iterator[Finding]:
    around = Around(ctx)
    for group in stated(ctx):
        dated = [s for s in group if s.when]
        new = max(filter(_counts, dated), key=lambda s: (s.when, s.claim.id), default=None)
        if new and any(is_newer(new.when, s.when) for s in dated):
            yield from _findings(around, new, dated)


def _counts(s: Stated) -> bool:
    """Whether a figure makes older ones stale: a source asserts it, and not of the future."""
    day = s.source.date_of(s.claim)
    trusted = s.claim.voice == "asserted" and (s.claim.basis or s.source.part_of(s.claim).credibility) != "inferred"
    return trusted and not (day and is_newer(s.when, day))


def _findings(around: Around, new: Stated, group: Sequence[Stated]) -> Iterator[Finding]:
    """One on each page that shows some of these figures, and none as new as the newest."""
    ctx = around.ctx
    shown: dict[str, list[Stated]] = {}
    for s in group:
        for page, _ in ctx.notes.get(s.claim.id, ()):
            if page.path not in ctx.wiki.sources and not is_index(page.path):
                shown.setdefault(page.path, []).append(s)
    told = False
    # The front page repeats what the pages say: it is named when none of them is.
    for path in sorted(shown, key=lambda p: (p == OVERVIEW, p)):
        page, old = ctx.wiki.pages[path], max(shown[path], key=lambda s: (s.when, s.claim.id))
        known = path in around.planned or any(not is_newer(new.when, s.when) for s in shown[path]) or _has(page, new)
        if known or (told and path == OVERVIEW) or not _replaces(around, new, old):
            continue
        if line := _undated(page, old):
            told = True
            what = f"{old.attribute[:60]!r} is {old.shown} here ({old.when}) and {new.shown} in a newer source"
            yield Finding(ID, NAME, "info", path, line, f"{what}, {ctx.claims[new.claim.id][0]} ({new.when})")


def _has(page: Page, new: Stated) -> bool:
    """Whether a page rests on the newest figure without a footnote, or a person deleted it there."""
    ids = {i for ids in page.state.blocks.values() for i in ids} if page.state else set()
    return new.claim.id in ids | deleted_claims(page)


def _replaces(around: Around, new: Stated, old: Stated) -> bool:
    """Whether a figure says something else of a later date, in another raw file, and in no tension with the old one."""
    other = new.claim.quote.path != old.claim.quote.path
    return other and differ(new, old) and new.claim.id not in around.tensions.get(old.claim.id, ())


def _undated(page: Page, old: Stated) -> int:
    """The line of the first statement that cites an old figure and says its year neither itself nor above it; 0."""
    heading = ""
    for block in text_blocks(page):
        heading = block.text if block.kind == "heading" else heading
        for made in said(block) if old.claim.id in block.cites else ():
            if old.claim.id in made.claims and old.when[:4] not in numbers(f"{heading}\n{made.words}"):
                return made.line
    return 0
