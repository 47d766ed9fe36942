"""A front page by hand that rests on fewer sources than there are.

## What it finds

A `wiki/overview.md` that karpwiki did not write, and that states a smaller number of sources than the vault has; or
that was updated before source pages were made that it neither lists in `sources` nor links. The front page that
karpwiki writes is seen to by `page-out-of-date`.

## Why it hurts

What came last is not in what everybody reads first.

## Example

    updated: 2026-04-02      <!-- and three source pages are newer -->

## Fix

None: read the new sources' pages and write the overview again; or delete it, and `karpwiki compile` writes one.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..wiki import OVERVIEW, Page
from . import Context, meta_line
from ._counts import SOURCES, counts, span, stated
from ._frontmatter import is_source

ID, NAME, SEVERITY, FIX = "I005", "overview-stale", "warning", "none"
MAX_TOLD = 3


def check(ctx: Context) -> Iterator[Finding]:
    page = ctx.wiki.pages.get(OVERVIEW)
    if page is None or page.state or page.problem or OVERVIEW in ctx.rewritten:
        return
    told = [t for t in stated(page) if t.word == SOURCES]
    there = counts(ctx).get(SOURCES, frozenset()) if told else frozenset[int]()
    for t in dict.fromkeys(told):
        if t.number < min(there, default=0):
            message = f"says {t.number} for {t.said!r}, but {span(there)}"
            yield Finding(ID, NAME, "warning", OVERVIEW, t.line, message)
    newer = _newer(ctx, page)
    if newer:
        what = f"{len(newer)} source pages that are" if len(newer) > 1 else "a source page that is"
        more = f" and {len(newer) - MAX_TOLD} more" if len(newer) > MAX_TOLD else ""
        message = f"was updated before {what} not in it: {', '.join(newer[:MAX_TOLD])}{more}"
        yield Finding(ID, NAME, "warning", OVERVIEW, meta_line(page, "updated"), message)


def _newer(ctx: Context, page: Page) -> list[str]:
    """Paths of source pages made after the day on which the front page was updated, which does not have them."""
    day = page.meta.get("updated")
    if not isinstance(day, str) or len(day) != 10:
        return []
    new = [p for p in ctx.pages if _day(p) > day and is_source(ctx, p)]
    if not new:
        return []
    listed = page.meta.get("sources")
    rests = {_bare(v) for v in listed if isinstance(v, str)} if isinstance(listed, list) else set[str]()
    linked = {path for link in page.links for path in ctx.resolver.targets(link, page.path)}
    return [p.path for p in new if p.path not in linked and rests.isdisjoint(_known_as(p))]


def _day(page: Page) -> str:
    """The day a source page was made; '' when it is not said as a day."""
    value = page.meta.get("created")
    return value if isinstance(value, str) and len(value) == 10 and value[:4].isdecimal() else ""


def _known_as(page: Page) -> set[str]:
    """What a list of sources may call a source page: itself, or its raw files."""
    raw = page.meta.get("sources")
    return {page.stem, *(_bare(v) for v in raw if isinstance(v, str))} if isinstance(raw, list) else {page.stem}


def _bare(source: str) -> str:
    """An entry of a list of sources without brackets, folders and ending."""
    return source.strip("[]").partition("|")[0].rpartition("/")[2].removesuffix(".md")
