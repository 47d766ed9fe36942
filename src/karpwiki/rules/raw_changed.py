"""A raw file that was changed after it was ingested.

## What it finds

A source page keeps the sha256 of each of its raw files. A file whose bytes give another one was changed since.

## Why it hurts

Sources are immutable: claims, quotes and line numbers were taken from the bytes that the page names.

## Example

    sha256: [3f9a1c77ab03de21]      <!-- and raw/2025/talk.md has a new last line -->

## Fix

None: restore the file, and add the new text as a new file.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..extract import sha256
from ..findings import Finding
from . import Context, meta_line

ID, NAME, SEVERITY, FIX = "G005", "raw-changed", "error", "none"
NEEDS = "raw"


def check(ctx: Context) -> Iterator[Finding]:
    for path, source in ctx.wiki.sources.items():
        for member in source.members:
            now = raw_hash(ctx, member.path)
            if now and now != member.sha256:
                message = f"raw/{member.path} is not what was ingested: restore it"
                yield Finding(ID, NAME, "error", path, meta_line(ctx.wiki.pages[path], "sha256"), message)


def raw_hash(ctx: Context, path: str) -> str:
    """The hash of a raw file as source pages keep it; '' when it is gone or cannot be read."""
    raw = ctx.wiki.raw.get(path)
    text = ctx.raw_text(path)
    if text or raw is None:
        return text.sha256 if text else ""
    try:
        return sha256(raw.absolute.read_bytes())
    except OSError:
        return ""
