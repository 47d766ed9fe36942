"""A page that no other page links to.

## What it finds

Pages without an inbound link. Links from index, overview, log and tensions do not count, nor do a page's links to
itself. Source pages and those four need none.

## Why it hurts

Who reads the wiki by following links never comes there: what the page says is as good as lost.

## Example

    wiki/concepts/memex.md     <!-- nothing says [[memex]] -->

## Fix

None: link it where it matters, or merge it into the page that it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from . import Context, is_service
from ._frontmatter import is_source

ID, NAME, SEVERITY, FIX = "L004", "orphan-page", "warning", "none"


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.pages:
        if page.path not in ctx.leads.linked and not is_source(ctx, page) and not is_service(page.path):
            yield Finding(ID, NAME, "warning", page.path, 1, "no page links here")
