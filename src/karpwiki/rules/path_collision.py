"""Two files of the wiki whose names are one name.

## What it finds

Two pages with one stem (in whatever folders), compared as a file system without case and Unicode forms does; two
other files whose paths differ only so. It is reported on each of them. Where most links name paths, of pages too only
the paths are compared.

## Why it hurts

On macOS and Windows one file replaces the other at the next checkout, and a link `[[name]]` may lead to either.

## Example

    wiki/concepts/RAG.md and wiki/methods/rag.md

## Fix

None: rename one of them by hand; Obsidian keeps the links, and `karpwiki compile` follows a page that moved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ..findings import Finding
from ..names import stem_key
from . import Context, listed

ID, NAME, SEVERITY, FIX = "D001", "path-collision", "error", "none"


def check(ctx: Context) -> Iterator[Finding]:
    by_name = ctx.wiki.dialect.style == ""
    same: dict[str, list[str]] = defaultdict(list)
    for path in sorted((*ctx.wiki.pages, *ctx.wiki.unread, *ctx.wiki.other)):
        name = path.rpartition("/")[2].removesuffix(".md") if path.endswith(".md") and by_name else path
        same[stem_key(name)].append(path)
    for paths in same.values():
        for path in paths if len(paths) > 1 else ():
            others = listed((other for other in paths if other != path), len(paths) - 1)
            yield Finding(ID, NAME, "error", path, 1, f"has the name of {others}")
