"""A page whose type is no kind of this vault.

## What it finds

A `type` in the frontmatter that is neither a packaged kind nor one of `[kinds.NAME]` in karpwiki.toml.

## Why it hurts

No index lists the page, and no rule knows what it should have.

## Example

    type: concpet

## Fix

None: correct the word, or add the kind to karpwiki.toml.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..changes import Finding
from . import Context, meta_line

ID, NAME, SEVERITY, FIX = "F003", "unknown-type", "warning", "none"


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.pages:
        if page.kind and page.kind not in ctx.settings.kinds:
            message = f"{page.kind!r} is no kind of this vault; there are {', '.join(ctx.settings.kinds)}"
            yield Finding(ID, NAME, "warning", page.path, meta_line(page, "type"), message)
