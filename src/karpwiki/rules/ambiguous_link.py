"""A wiki link whose name several files have.

## What it finds

`[[name]]` where two pages or attachments of wiki/ are called so. A raw file of the same name does not count: inside
the wiki, the page is meant.

## Why it hurts

Obsidian takes the nearest of them, other readers another one: the same link leads to two places.

## Example

    See [[rag]].           <!-- wiki/concepts/rag.md and wiki/methods/rag.md -->

## Fix

None: name the folder, `[[concepts/rag]]`, or rename one of the files.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from . import Context, listed

ID, NAME, SEVERITY, FIX = "L003", "ambiguous-link", "error", "none"


def check(ctx: Context) -> Iterator[Finding]:
    for page, link, found in ctx.leads.odd:
        inside = [path for path in found if path.startswith("wiki/")] or found
        if len(inside) > 1:
            message = f"{link.target!r} may be {listed(inside, len(inside), ' or ')}"
            yield Finding(ID, NAME, "error", page.path, link.line, message)
