"""A link that leads to no page, no raw file and no attachment of the vault.

## What it finds

Wiki links (`[[slug]]`, `[[folder/slug|Label]]`) and relative Markdown links whose target does not exist. Links in
code are none. Links to the web, and to files outside wiki/ and raw/, are not followed.

## Why it hurts

The reader lands nowhere, and Obsidian makes an empty page of that name at the next click.

## Example

    See [[llm-os]].        <!-- there is no llm-os.md -->

## Fix

Safe, where karpwiki wrote the link: it is made anew from the names that have a page. A link that a person wrote is
theirs: the message names the page that was probably meant.
"""

from __future__ import annotations

import posixpath
from collections.abc import Container, Iterator
from urllib.parse import unquote

from ..changes import Finding, Fix, Grade
from ..markdown import find_links
from ..names import key
from ..wiki import Link, Page
from . import Context

ID, NAME, SEVERITY, FIX = "L001", "broken-link", "error", "safe"


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.pages:
        stays: Container[str] | None = None
        for link in page.links:
            if not ctx.resolver.targets(link, page.path) and _inside(link, page):
                near = _meant(ctx, link)
                hint = f"; did you mean [[{near}]]?" if near else ""
                stays = _staying(ctx, page) if stays is None else stays
                grade: Grade = "none" if link.target in stays else "safe"
                yield Finding(ID, NAME, "error", page.path, link.line, f"no page {link.target!r}{hint}", grade)


def _inside(link: Link, page: Page) -> bool:
    """Whether a link leads into wiki/ or raw/: what stands elsewhere in the vault is not read."""
    if link.form == "wiki":
        return True
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page.path), unquote(link.target)))
    return path.startswith(("wiki/", "raw/"))


def _meant(ctx: Context, link: Link) -> str:
    """The stem of the one page whose title or alias is what the link says."""
    found = ctx.named.get(key(link.target.rpartition("/")[2].removesuffix(".md")), ())
    return found[0].stem if len(found) == 1 else ""


def _staying(ctx: Context, page: Page) -> Container[str]:
    """The targets of a page's links that are there when code has written it again."""
    text = ctx.rewritten.get(page.path)
    return {link.target for link in (page.links if text is None else find_links(text, set()))}


def fix(ctx: Context, path: str) -> Fix | None:
    return ctx.rewrite(path, "links made anew")
