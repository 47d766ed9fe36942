"""A name that several pages link and that has no page.

## What it finds

The same target of wiki links on three pages or more (index, overview, log and tensions do not count) that is no page,
no alias or title of one, and no other file. It is reported once, where it is linked first; `broken-link` reports each
of the links.

## Why it hurts

It is missed: people wrote of it as if it had a page.

## Example

    See [[spaced repetition]].     <!-- on five pages, and there is no such page -->

## Fix

None: write the page, add a source about it, or take the brackets away.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..names import key, stem_key
from ..wiki import Link
from . import Context, is_service

ID, NAME, SEVERITY, FIX = "L008", "wanted-page", "info", "none"
MIN_PAGES, MAX_TOLD = 3, 3


def check(ctx: Context) -> Iterator[Finding]:
    wanted: dict[str, dict[str, Link]] = {}
    for page, link, found in ctx.leads.odd:
        named = not found and link.form == "wiki" and not link.embed and not is_service(page.path)
        if named and (name := _unknown(ctx, link)):
            wanted.setdefault(name, {}).setdefault(page.path, link)
    for links in wanted.values():
        if len(links) >= MIN_PAGES:
            (path, first), *others = links.items()
            more = f" and {len(others) - MAX_TOLD} more" if len(others) > MAX_TOLD else ""
            told = ", ".join(other for other, _ in others[:MAX_TOLD])
            message = f"{first.target!r} has no page, and {len(links)} pages link it: this one, {told}{more}"
            yield Finding(ID, NAME, "info", path, first.line, message)


def _unknown(ctx: Context, link: Link) -> str:
    """What the target of a broken link is known by; '' when something has its name, or it is none."""
    stem = link.target.rpartition("/")[2].removesuffix(".md")
    if stem_key(stem) in ctx.resolver.by_stem and "/" not in link.target:
        return ""
    name = key(stem)
    is_name = any(c.isalnum() for c in name) and not any(c in "{}<>" for c in stem)
    return name if is_name and name not in ctx.named else ""
