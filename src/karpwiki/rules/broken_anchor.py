"""A link to a heading or a block that its page does not have.

## What it finds

`[[page#Heading]]`, `[[#Heading]]`, `[label](page.md#heading)` and `[[page#^block]]` whose page exists without that
heading or block. Headings are compared by their letters and digits, as Obsidian and GitHub make anchors of them.

## Why it hurts

The reader lands at the top of the page and has to guess what was meant: often the heading was renamed.

## Example

    [[rag#How it works]]   <!-- rag.md has no such heading -->

## Fix

None: only the writer knows which heading is meant now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote

from ..findings import Finding
from ..links import anchor_of
from ..markdown import unlink
from ..pattern import pattern
from ..wiki import Link, Page
from . import Context

ID, NAME, SEVERITY, FIX = "L002", "broken-anchor", "error", "none"
_HEADING = pattern(r"^[ >]*#{1,6}[ \t]+(.*)$", re.M)
_BLOCK = pattern(r"(?:^|\s)\^([A-Za-z0-9-]+)[ \t]*$", re.M)


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.suspected(NAME):
        for link in page.links:
            targets = ctx.resolver.targets(link, page.path) if link.anchor and not _on_the_web(link) else ()
            target = ctx.wiki.pages.get(targets[0]) if len(targets) == 1 else None
            if target and not has(target, link):
                message = (
                    f"{target.path} has no {'block' if link.anchor.startswith('^') else 'heading'} {link.anchor!r}"
                )
                yield Finding(ID, NAME, "error", page.path, link.line, message)


def suspect(page: Page) -> bool:
    return any(link.anchor for link in page.links)


def _on_the_web(link: Link) -> bool:
    return ":" in link.target.split("/")[0] or link.target.startswith("//")


def has(page: Page, link: Link) -> bool:
    """Whether a page has the heading or the block that a link names on it."""
    headings, blocks = _anchors(page.text)
    last = (unquote(link.anchor) if link.form == "markdown" else link.anchor).rpartition("#")[2].strip()
    if last.startswith("^"):
        return last[1:] in blocks
    wanted = anchor_of(unlink(last))
    # GitHub numbers the second heading of the same words.
    return wanted in headings or (link.form == "markdown" and anchor_of(re.sub(r"-\d+$", "", last)) in headings)


@lru_cache(maxsize=4096)
def _anchors(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """(headings as anchors, ids of blocks) of a page's text."""
    underlined = re.findall(r"^(\S.*)\n(?:=+|-+)[ \t]*$", text, re.M)
    found = [*_HEADING.findall(text), *underlined]
    return frozenset(anchor_of(unlink(h)) for h in found), frozenset(_BLOCK.findall(text))
