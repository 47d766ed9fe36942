"""A link that leads to no page, no raw file and no attachment of the vault.

## What it finds

Wiki links (`[[slug]]`, `[[folder/slug|Label]]`) and relative Markdown links whose target does not exist, also by a
definition (`[a]: gone.md`). Links in code and in comments (`<!-- … -->`, `%% … %%`) are none. Links to the web, and to
files outside wiki/ and raw/, are not followed.

## Why it hurts

The reader lands nowhere, and Obsidian makes an empty page of that name at the next click.

## Example

    See [[llm-os]].        <!-- there is no llm-os.md -->

## Fix

Safe, where karpwiki wrote the link: it is made anew from the names that have a page. A link that a person wrote is
theirs: the message names the page that was probably meant.
"""

from __future__ import annotations

import html
import posixpath
from collections.abc import Container, Iterator
from urllib.parse import unquote

from ..changes import Fix
from ..findings import Finding, Grade
from ..frontmatter import split
from ..layout import is_page_there
from ..markdown import code_lines, find_links
from ..names import key
from ..pattern import pattern
from ..wiki import Link, Page
from . import Context
from ._text import screen
from ._web import addresses

ID, NAME, SEVERITY, FIX = "L001", "broken-link", "error", "safe"
_FILES = tuple(f".{end}" for end in "png jpg jpeg gif svg webp pdf mp3 mp4 webm csv canvas base".split())
_LABEL_ENDS = pattern(r"\]:(?<![^\\]\]\]:)")
"""Where a definition may be: behind a label, but not behind a wiki link."""


def check(ctx: Context) -> Iterator[Finding]:
    further = (
        (page, link, ctx.resolver.targets(link, page.path)) for page in ctx.suspected(NAME) for link in _further(page)
    )
    broken: dict[str, list[Link]] = {}
    for page, link, found in (*ctx.leads.odd, *further):
        if not found and _inside(ctx, link, page):
            broken.setdefault(page.path, []).append(link)
    for path, links in broken.items():
        stays = _staying(ctx, ctx.wiki.pages[path])
        for link in links:
            near = _meant(ctx, link)
            hint = f"; did you mean [[{near}]]?" if near else ""
            grade: Grade = "none" if link.target in stays else "safe"
            what = "file" if link.target.lower().endswith(_FILES) else "page"
            yield Finding(ID, NAME, "error", path, link.line, f"no {what} {link.target!r}{hint}", grade)


def suspect(page: Page) -> bool:
    """Whether some Markdown link may be there that `find_links` did not find."""
    small, notes = screen(page.text).small, len(page.footnotes)
    wiki, links = page.aims[0], page.links
    inline = small.count(b"](") > (sum(link.form == "markdown" for link in links) if wiki else len(links))
    return inline or (small.count(b"]:") > notes and len(_LABEL_ENDS.findall(page.text)) > notes)


def _further(page: Page) -> Iterator[Link]:
    """The Markdown links of a page that `find_links` does not find: by definitions, over lines, with inner brackets."""
    known = {link.target for link in page.links}
    found = [at for at in addresses(page) if not at.in_html]
    if "%%" in page.text:  # to Markdown a comment of Obsidian's is text
        _, body, skipped = split(page.text)
        unseen = {n + skipped + 1 for n in code_lines(body)}
        lines = page.text.split("\n")
        found = [at for at in found if at.line not in unseen and "%%" not in lines[at.line - 1]]
    for url, line in {at.url: at.line for at in reversed(found)}.items():
        target, _, anchor = url.partition("#")
        if target not in known:
            yield Link(target, anchor, "", line, "markdown")


def _inside(ctx: Context, link: Link, page: Page) -> bool:
    """Whether a link leads into wiki/ or raw/: what stands elsewhere in the vault is not read."""
    if link.form == "wiki":
        return True
    # A reference such as &#58; is cut where an anchor would begin.
    whole = html.unescape(f"{link.target}#{link.anchor}") if link.target.endswith("&") else link.target
    if ":" in whole.partition("/")[0]:
        return False
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page.path), unquote(whole)))
    if ctx.is_flat and path.startswith("wiki/"):
        there = path.removeprefix("wiki/")
        return is_page_there(there) or there.startswith("raw/")
    return path.startswith(("wiki/", "raw/"))


def _meant(ctx: Context, link: Link) -> str:
    """The stem of the one page whose title or alias is what the link says."""
    found = ctx.named.get(key(link.target.rpartition("/")[2].removesuffix(".md")), ())
    return found[0].stem if len(found) == 1 else ""


def _staying(ctx: Context, page: Page) -> Container[str]:
    """The targets of a page's links that are there when code has written it again."""
    text = ctx.rewritten.get(page.path)
    links = (*page.links, *_further(page)) if text is None else find_links(text, set())
    return {link.target for link in links}


def fix(ctx: Context, path: str) -> Fix | None:
    return ctx.rewrite(path, "links made anew")
