"""A raw file that is not in the wiki yet.

## What it finds

Files below raw/ (but raw/assets/) that no source page names and that .karpignore does not match. Where people keep
pages of sources by hand, or name raw files on most pages, what these name is read.

## Why it hurts

What it says is missing from every page.

## Example

    raw/2025/talk.md         <!-- and no source page has it in its `sources` -->

## Fix

`karpwiki ingest` reads it; a line in .karpignore leaves it out for good. What is no text is to be converted, or left
out so.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from . import Context

ID, NAME, SEVERITY, FIX = "C002", "uncompiled-raw", "warning", "model"
NEEDS = "raw"
MAX_READ = 100
"""Files that are looked into: of more, ingest tells which it cannot read."""


def check(ctx: Context) -> Iterator[Finding]:
    known = {m.path for source in ctx.wiki.sources.values() for m in source.members}
    known |= ctx.wiki.read | set(ctx.wiki.ignored)
    new = [path for path in ctx.wiki.raw if path not in known]
    for path in new:
        if len(new) <= MAX_READ and ctx.raw_text(path) is None:
            what = "is no text that can be read: convert it to Markdown, or name it in .karpignore"
            yield Finding(ID, NAME, "warning", f"raw/{path}", 1, what)
        else:
            yield Finding(ID, NAME, "warning", f"raw/{path}", 1, "is not ingested: run `karpwiki ingest`", "model")
