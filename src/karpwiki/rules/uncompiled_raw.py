"""A raw file that is not in the wiki yet.

## What it finds

Files below raw/ (but raw/assets/) that no source page names and that .karpignore does not match. Where people keep
pages of sources by hand, or name raw files on most pages, what these name is read.

## Why it hurts

What it says is missing from every page.

## Example

    raw/2025/talk.md         <!-- and no source page has it in its `sources` -->

## Fix

`karpwiki ingest` reads it; a line in .karpignore leaves it out for good.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from . import Context

ID, NAME, SEVERITY, FIX = "C002", "uncompiled-raw", "warning", "model"
NEEDS = "raw"


def check(ctx: Context) -> Iterator[Finding]:
    known = {m.path for source in ctx.wiki.sources.values() for m in source.members}
    known |= ctx.wiki.read | set(ctx.wiki.ignored)
    for path in ctx.wiki.raw:
        if path not in known:
            yield Finding(ID, NAME, "warning", f"raw/{path}", 1, "is not ingested: run `karpwiki ingest`", "model")
