"""A change rewrites what the log already said.

## What it finds

With `--diff REF`: a line of `wiki/log.md` that stood there at REF and is gone, changed, or stands before a line that
it stood behind. Lines that were added, wherever git put them, are no finding.

## Why it hurts

The log is the one record of what was done to the wiki, and by what; it is append-only, so that it can be trusted.

## Example

    -- Summary: 12 claims; 3 not published
    +- Summary: 12 claims

## Fix

None: take the change of those lines back. What was wrong is said by a new entry.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..wiki import LOG
from . import Context

ID, NAME, SEVERITY, FIX, NEEDS = "I004", "log-rewritten", "error", "none", "since"


def check(ctx: Context) -> Iterator[Finding]:
    before = ctx.since.before.get(LOG) if ctx.since else None
    if before is None:
        return
    page = ctx.wiki.pages.get(LOG)
    now = enumerate((page.text if page else "").split("\n"), 1)
    at = 1
    for line in filter(str.strip, before.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")):
        found = next((n for n, text in now if text.rstrip() == line.rstrip()), 0)
        if not found:
            yield Finding(ID, NAME, "error", LOG, at, f"the log said {line.strip()[:120]!r}, and does not any more")
            return
        at = found
