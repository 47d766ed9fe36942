"""A page whose raw file is not there.

## What it finds

A path in a source page's `sources` that is no file below raw/. When a file of the same content stands elsewhere, the
message names it. On a page by hand, a path in `sources` that begins with `raw/` and leads to no file.

## Why it hurts

No claim of that source can be checked any more.

## Example

    sources: [2025/talk.md]         <!-- and there is no raw/2025/talk.md -->

## Fix

None: bring the file back; if it only moved under raw/, `karpwiki compile` follows it. To give a source up, delete
its page, name it in .karpignore and run `karpwiki compile`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..habits import is_by_hand
from ..names import stem_key
from ..wiki import Page
from . import Context, meta_line
from .raw_changed import raw_hash

ID, NAME, SEVERITY, FIX = "G006", "source-missing", "error", "none"
NEEDS = "raw"


def check(ctx: Context) -> Iterator[Finding]:
    gone = [(p, m) for p, s in ctx.wiki.sources.items() for m in s.members if m.path not in ctx.wiki.raw]
    members = {m.path for s in ctx.wiki.sources.values() for m in s.members}
    loose = {raw_hash(ctx, path): path for path in ctx.wiki.raw if path not in members} if gone else {}
    for path, member in gone:
        there = f"; raw/{loose[member.sha256]} is the same file" if member.sha256 in loose else ""
        message = f"there is no file raw/{member.path}{there}"
        yield Finding(ID, NAME, "error", path, meta_line(ctx.wiki.pages[path], "sources"), message)
    for page in ctx.pages:
        if is_by_hand(page) and page.path not in ctx.wiki.sources:
            for path in _named(page):
                if stem_key(path) not in ctx.resolver.paths:
                    yield Finding(
                        ID, NAME, "warning", page.path, meta_line(page, "sources"), f"there is no file {path}"
                    )


def _named(page: Page) -> Iterator[str]:
    """The paths in `sources` of a page by hand that are said to be below raw/."""
    listed = page.meta.get("sources")
    for value in listed if isinstance(listed, list) else ():
        path = value.strip("[] ").partition("|")[0].partition("#")[0].strip() if isinstance(value, str) else ""
        if path.startswith("raw/") and not path.endswith("/") and "*" not in path:
            yield path
