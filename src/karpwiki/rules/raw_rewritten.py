"""A change rewrites or deletes a source.

## What it finds

With `--diff REF`: a file under `raw/` that is not what it was at REF, or that is gone. A file that was moved, its bytes
the same, is no finding; nor is a new one, nor another mode of a file.

## Why it hurts

Sources are immutable: every quote of the wiki is proved against them. A source that changes under its claims makes
them lies, and nobody can tell any more what was read.

## Example

    $ git diff --stat main -- raw
     raw/2025/yc-talk.md | 2 +-

## Fix

None: restore the file (`git checkout REF -- raw/…`), and add the new text as a file of its own. What must go is taken
back with `karpwiki retract`.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from ..findings import Finding
from . import Context

ID, NAME, SEVERITY, FIX, NEEDS = "V006", "raw-rewritten", "error", "none", "since"


def check(ctx: Context) -> Iterator[Finding]:
    touched = ctx.since.before if ctx.since else {}
    old = {p: data for p, data in touched.items() if p.startswith("raw/") and data and not _is_hidden(p)}
    added = [ctx.wiki.root / path for path, data in touched.items() if path.startswith("raw/") and data is None]
    there = {sha256(file.read_bytes()).digest() for file in added if old and file.is_file()}
    for path, data in sorted(old.items()):
        file = ctx.wiki.root / path
        if file.is_file():
            if file.read_bytes() == data:  # git tells of another mode too
                continue
            yield Finding(ID, NAME, "error", path, 1, "a source was changed; sources are immutable")
        elif sha256(data).digest() not in there:
            yield Finding(ID, NAME, "error", path, 1, "a source was deleted; `karpwiki retract` takes one back")


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))
