"""Frontmatter that cannot be read, or a page that cannot be read at all.

## What it finds

YAML that is broken or refused (duplicate keys, anchors, tags, deep nesting), a value of the wrong type (a title that
is a list, a date that is none), a page of karpwiki's or in a kind's folder without frontmatter, a file under wiki/
that is no UTF-8 or too large, a page that a newer karpwiki wrote, and one with two of
karpwiki's comments.

## Why it hurts

A page whose frontmatter cannot be read has no title, type or sources: for karpwiki, and for Obsidian, it is nobody's.

## Example

    tags: [a, b              <!-- never closed -->

## Fix

None: what was meant is not known.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..changes import Finding
from ..frontmatter import split
from ..ground import is_date
from ..vault import is_doubled
from ..wiki import Page
from . import Context, is_service, meta_line

ID, NAME, SEVERITY, FIX = "F001", "invalid-frontmatter", "error", "none"
_TEXTS, _DATES, _LISTS = ("title", "type", "summary"), ("created", "updated"), ("sources", "tags", "aliases")


def check(ctx: Context) -> Iterator[Finding]:
    for path, why in ctx.wiki.unread.items():
        yield Finding(ID, NAME, "error", path, 1, f"cannot be read: {why}")
    for page in ctx.pages:
        if page.problem:
            yield Finding(ID, NAME, "error", page.path, page.problem_line, page.problem)
        elif page.text.startswith("---\n") and not split(page.text)[2]:
            yield Finding(ID, NAME, "error", page.path, 1, "the frontmatter has no closing ---")
        elif not page.meta and (page.state or ctx.kind_at(page.path)) and not is_service(page.path):
            yield Finding(ID, NAME, "error", page.path, 1, "the page has no frontmatter")
        if is_doubled(page):
            yield Finding(ID, NAME, "error", page.path, 1, "karpwiki's comment stands on the page twice: keep the last")
        for name, problem in _values(page) if page.kind in ctx.settings.kinds or page.state else ():
            yield Finding(ID, NAME, "error", page.path, meta_line(page, name), f"{name} {problem}")


def _values(page: Page) -> Iterator[tuple[str, str]]:
    """(key, what is wrong) of values that are not of their type; what is empty is for missing-field."""
    for name, value in page.meta.items():
        if value is None or value == "":
            continue
        if name in _TEXTS and not isinstance(value, str):
            yield name, "is not a text: quote it"
        elif name in _DATES and not (isinstance(value, str) and is_date(value)):
            yield name, "is not a date like 2026-11-21"
        elif name in _LISTS and not (isinstance(value, list) and all(isinstance(v, str) for v in value)):
            yield name, "is not a list of texts"
