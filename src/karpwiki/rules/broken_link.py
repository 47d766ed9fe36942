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
from collections.abc import Iterator
from urllib.parse import unquote

from ..changes import Finding, Fix, Grade
from ..layout import is_page_there
from ..markdown import find_links
from ..names import key
from ..wiki import Link, Page
from . import Context

ID, NAME, SEVERITY, FIX = "L001", "broken-link", "error", "safe"


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.pages:
        for link in page.links:
            if not ctx.resolver.targets(link, page.path) and _inside(ctx, link, page):
                near = _meant(ctx, link)
                hint = f"; did you mean [[{near}]]?" if near else ""
                yield Finding(
                    ID, NAME, "error", page.path, link.line, f"no page {link.target!r}{hint}", _grade(ctx, page, link)
                )


def _inside(ctx: Context, link: Link, page: Page) -> bool:
    """Whether a link leads into wiki/ or raw/: what stands elsewhere in the vault is not read."""
    if link.form == "wiki":
        return True
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page.path), unquote(link.target)))
    if ctx.is_flat and path.startswith("wiki/"):
        there = path.removeprefix("wiki/")
        return is_page_there(there) or there.startswith("raw/")
    return path.startswith(("wiki/", "raw/"))


def _meant(ctx: Context, link: Link) -> str:
    """The stem of the one page whose title or alias is what the link says."""
    found = ctx.named.get(key(link.target.rpartition("/")[2].removesuffix(".md")), ())
    return found[0].stem if len(found) == 1 else ""


def _grade(ctx: Context, page: Page, link: Link) -> Grade:
    text = ctx.rewritten.get(page.path)
    stays = text is None or any(new.target == link.target for new in find_links(text, set()))
    return "none" if stays else "safe"


def fix(ctx: Context, path: str) -> Fix | None:
    return ctx.rewrite(path, "links made anew")
