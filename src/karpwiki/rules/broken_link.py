"""A link that leads to no page, no raw file and no attachment of the vault.

## What it finds

Wiki links (`[[slug]]`, `[[folder/slug|Label]]`) and relative Markdown links whose target does not exist. Links in code
are none. Links to the web are not followed.

## Why it hurts

The reader lands nowhere, and Obsidian makes an empty page of that name at the next click.

## Example

    See [[llm-os]].        <!-- there is no llm-os.md -->

## Fix

Safe, where karpwiki wrote the link: it is made anew from the names that have a page. A link that a person wrote is
theirs: the message names the page that was probably meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..names import key
from ..nouns import Finding, Fix, Link, Page
from . import Context

ID, NAME, SEVERITY, FIX = "L001", "broken-link", "error", "safe"


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.pages:
        for link in page.links:
            if not ctx.resolver.targets(link, page.path):
                near = _meant(ctx, link)
                hint = f"; did you mean [[{near}]]?" if near else ""
                grade = "safe" if page.path in ctx.rewritten and not _stays(ctx, page, link) else "none"
                yield Finding(ID, NAME, "error", page.path, link.line, f"no page {link.target!r}{hint}", grade)


def _meant(ctx: Context, link: Link) -> str:
    """The stem of the one page whose title or alias is what the link says."""
    wanted = key(link.target.rpartition("/")[2].removesuffix(".md"))
    found = []
    for page in ctx.pages:
        aliases = page.meta.get("aliases")
        names = [
            page.title,
            page.stem,
            *(a for a in (aliases if isinstance(aliases, list) else []) if isinstance(a, str)),
        ]
        found += [page.stem] if wanted in map(key, names) else []
    return found[0] if len(found) == 1 else ""


def _stays(ctx: Context, page: Page, link: Link) -> bool:
    """Whether the page that code would write still has this link."""
    text = ctx.rewritten[page.path]
    return text is not None and (f"[[{link.target}" in text or f"]({link.target}" in text)


def fix(ctx: Context, path: str) -> Fix | None:
    return Fix({path: ctx.rewritten[path]}, "links made anew") if path in ctx.rewritten else None
