"""A page whose type is no kind of this vault.

## What it finds

A `type` in the frontmatter that is neither a packaged kind nor one of `[kinds.NAME]` in karpwiki.toml. On a page by
hand also none that several pages by hand have or that its folder is called after, nor another word for a packaged kind
(`person`, `source`); where there are such types, only one that is nearly spelled as a known one.

## Why it hurts

No index lists the page, and no rule knows what it should have.

## Example

    type: concpet

## Fix

None: correct the word, or add the kind to karpwiki.toml.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from ..findings import Finding
from ..habits import is_by_hand
from ..wiki import Page
from . import Context, meta_line

ID, NAME, SEVERITY, FIX = "F003", "unknown-type", "warning", "none"


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.pages:
        if page.kind and page.kind not in ctx.settings.kinds and _is_strange(ctx, page):
            message = f"{page.kind!r} is no kind of this vault; there are {', '.join(ctx.settings.kinds)}"
            yield Finding(ID, NAME, "warning", page.path, meta_line(page, "type"), message)


def _is_strange(ctx: Context, page: Page) -> bool:
    """Whether a type that is no kind is none of the vault's own either."""
    own = ctx.wiki.dialect.types - ctx.settings.kinds.keys() if is_by_hand(page) else frozenset()
    return page.kind not in own and (not own or bool(get_close_matches(page.kind, (*own, *ctx.settings.kinds), 1, 0.8)))
