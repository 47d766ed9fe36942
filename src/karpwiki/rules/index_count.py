"""A number in an index by hand that is not what is there.

## What it finds

In an `index.md` that karpwiki did not write: numbers of sources, pages, or pages of a kind or a folder, as in
`## Concepts (17)`, `Total pages: 42` or `12 sources, 30 entities`, that are smaller or larger than what the vault has,
however that is counted (as pages or as raw files, with or without index and README), and than what is listed below.
Numbers of single pages, and those in sections about something else, are not looked at. `index-out-of-date` sees to an
index that karpwiki writes.

## Why it hurts

The reader, and a model that reads the index first, takes the wiki for smaller or larger than it is.

## Example

    ## Concepts (17)         <!-- wiki/concepts/ has 19 pages -->

## Fix

None: count again, or leave the number out.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from . import INDEX_MARK, Context
from ._counts import counts, span, stated

ID, NAME, SEVERITY, FIX = "I006", "index-count", "warning", "none"


def check(ctx: Context) -> Iterator[Finding]:
    here = ctx.wiki.dialect.index
    page = ctx.wiki.pages.get(here)
    numbers = list(stated(page)) if page and INDEX_MARK not in page.text else []
    if not numbers or (here in ctx.rewritten and ctx.wiki.dialect.of("index") == "karpwiki"):
        return
    true = counts(ctx)
    for told in dict.fromkeys(numbers):
        there = sorted(true.get(told.word, ()))
        is_year = 1900 <= told.number <= 2100 and max(there, default=0) < 1000
        if there and not is_year and not there[0] <= told.number <= there[-1]:
            message = f"says {told.number} for {told.said!r}, but {span(there)}"
            yield Finding(ID, NAME, "warning", here, told.line, message)
