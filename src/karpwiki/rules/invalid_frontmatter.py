"""Frontmatter that cannot be read, or a page that cannot be read at all.

## What it finds

YAML that is broken or refused (anchors, tags, deep nesting), a page of karpwiki's or in a kind's folder without
frontmatter (unless most pages by hand have none), a file under wiki/ that is no UTF-8 or too large (32 MB, or 150,000
lines with words on them), a page that a newer karpwiki wrote, and one with two of karpwiki's comments; a line of
.karpignore that is no pattern; a names.txt or .karpignore that is a link. Keys that stand twice, values of the wrong
type and dates that are none have rules of their own: `duplicate-key`, `wrong-type`, `bad-date`.

## Why it hurts

A page whose frontmatter cannot be read has no title, type or sources: for karpwiki, and for Obsidian, it is nobody's.

## Example

    tags: [a, b              <!-- never closed -->

## Fix

None: what was meant is not known.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..frontmatter import split
from ..habits import is_by_hand
from ..hands import is_guest
from ..vault import is_doubled
from ..wiki import Page
from . import Context, is_service
from .duplicate_key import stands_twice

ID, NAME, SEVERITY, FIX = "F001", "invalid-frontmatter", "error", "none"


def check(ctx: Context) -> Iterator[Finding]:
    for path, why in ctx.wiki.unread.items():
        yield Finding(ID, NAME, "error", path, 1, f"cannot be read: {why}")
    for page in ctx.suspected(NAME):
        if page.problem:
            if not stands_twice(page):  # duplicate-key tells more of it
                yield Finding(ID, NAME, "error", page.path, page.problem_line, page.problem)
        elif page.text.startswith("---\n") and not split(page.text)[2]:
            yield Finding(ID, NAME, "error", page.path, 1, "the frontmatter has no closing ---")
        elif not page.meta and _needs_some(ctx, page):
            yield Finding(ID, NAME, "error", page.path, 1, "the page has no frontmatter")
        if is_doubled(page):
            yield Finding(ID, NAME, "error", page.path, 1, "karpwiki's comment stands on the page twice: keep the last")


def suspect(page: Page) -> bool:
    return bool(page.problem) or not page.meta or is_doubled(page)


def _needs_some(ctx: Context, page: Page) -> bool:
    """Whether a page is to have frontmatter."""
    bare = is_by_hand(page) and ctx.wiki.dialect.of("frontmatter") == "none"
    ours = page.state is not None and not is_guest(page)
    return not bare and not is_service(page.path) and (ours or ctx.kind_at(page.path) is not None)
