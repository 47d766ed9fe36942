"""A page about a subject that links to no other page.

## What it finds

Pages of a kind that subjects have (concept, entity, method, your own), or in the folder of one, without a link to
another page. Links to source pages, to index, overview, log and tensions, to raw files and to the page itself do not
count: they prove the page or lead back. Off by itself: a young wiki has such pages.

## Why it hurts

Who reads by following links has to turn back.

## Example

    wiki/concepts/memex.md     <!-- with no [[…]] on it -->

## Fix

None: link what the page speaks of.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..wiki import Link, Page
from . import Context, is_service
from ._frontmatter import is_source

ID, NAME, SEVERITY, FIX = "L006", "dead-end", "info", "none"
ON = False


def check(ctx: Context) -> Iterator[Finding]:
    kinds = set(ctx.settings.subject_kinds)
    for page in ctx.pages:
        there = ctx.kind_at(page.path) if not page.kind else None
        about = page.kind in kinds or (there is not None and there.claims)
        if about and not is_service(page.path) and not any(_leads_on(ctx, page, link) for link in page.links):
            yield Finding(ID, NAME, "info", page.path, 1, "links to no other page; sources and indexes do not count")


def _leads_on(ctx: Context, page: Page, link: Link) -> bool:
    targets = (ctx.wiki.pages.get(path) for path in ctx.resolver.targets(link, page.path))
    return any(t and t.path != page.path and not is_source(ctx, t) and not is_service(t.path) for t in targets)
