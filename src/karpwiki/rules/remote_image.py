"""An image that is loaded from the web when the page is opened.

## What it finds

Images in Markdown (also with their address in a definition, `[a]: https://…`) and HTML that loads something (`src`,
`srcset`, `poster`, `background`, `url(…)` in a style) with an address on another machine: `https://…`, or `//host/…`.
It is an error in what karpwiki wrote, which has no images, and a warning in a person's words. Addresses in code and in
frontmatter load nothing.

## Why it hurts

Its server is told who opens the page, when and from where, and whatever stands in the address is sent along: this is
how planted words carry a vault's secrets away. And some day it is gone.

## Example

    ![chart](https://example.org/chart.png?who=me)

## Fix

Safe, where karpwiki wrote the words and code can write them again. A person's image is theirs: save it below
raw/assets/, and embed that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..changes import Fix
from ..findings import Finding
from ..pattern import pattern
from ..wiki import Page
from . import Context
from ._web import LOADED, TAG, UNREAD_LINKS, addresses, weighed

ID, NAME, SEVERITY, FIX = "S003", "remote-image", "warning", "safe"
SIGNS = {"![": rb"(?!\[[^\[\]\n]*\]\](?!\())"}  # an embed of Obsidian's, ![[name]], is of the vault
MARKS = ("<",)
_HOST = pattern(r"(?:(?:https?|ftp|wss?):[\\/]*|[\\/]{2,})(?:[^\\/?#]*@)?([^\\/?#]+)", re.I)


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.suspected(NAME):
        read = list(addresses(page))
        for at in read:
            if at.unread:
                yield Finding(ID, NAME, "error", page.path, at.line, UNREAD_LINKS)
        found = [a for a in read if a.loaded and _HOST.match(a.url)]
        for at, by_us, grade in weighed(ctx, page, found):
            host = _HOST.match(at.url)
            what = f"loads an image from {host[1] if host else ''!r} when the page is opened"
            yield Finding(ID, NAME, "error" if by_us else "warning", page.path, at.line, what, grade)


def suspect(page: Page) -> bool:
    return bool(TAG.search(page.text) and LOADED.search(page.text))


def fix(ctx: Context, path: str) -> Fix | None:
    return ctx.rewrite(path, "images taken out")
