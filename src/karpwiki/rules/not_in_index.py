"""A page of a kind that its index does not list.

## What it finds

Pages whose kind has a table in index.md that neither `wiki/index.md` nor `wiki/index-<kind>.md` links. It is reported
on the index. Off while there is no index.

## Why it hurts

The index is where a reader, and a model that answers a question, looks first.

## Example

    wiki/methods/spaced-repetition.md    <!-- and no [[spaced-repetition]] in wiki/index.md -->

## Fix

Safe, when code would list the page. A page by hand is listed by hand, above the tables.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..changes import Fix
from ..findings import Finding, Grade
from ..markdown import find_links
from ..wiki import Page
from . import Context, is_index, is_service

ID, NAME, SEVERITY, FIX = "I001", "not-in-index", "warning", "safe"


def check(ctx: Context) -> Iterator[Finding]:
    here = ctx.wiki.dialect.index
    if here not in ctx.wiki.pages:
        return
    listed = {path for p in ctx.pages if is_index(p.path) for path in _listed(ctx, p)}
    soon = {path for p, text in ctx.rewritten.items() if is_index(p) and text for path in _listed(ctx, Page(p, text))}
    for page in ctx.pages:
        kind = ctx.settings.kinds.get(page.kind)
        if kind and kind.heading and page.path not in listed and not is_service(page.path):
            grade: Grade = "safe" if page.path in soon else "none"
            yield Finding(ID, NAME, "warning", here, 1, f"{page.path} is not listed", grade)


def _listed(ctx: Context, page: Page) -> set[str]:
    links = page.links or find_links(page.text, set())
    return {path for link in links for path in ctx.resolver.targets(link, page.path)}


def fix(ctx: Context, path: str) -> Fix | None:
    return ctx.rewrite(path, "index made anew")
