"""A page of a kind without a field that its kind has.

## What it finds

Pages of a known type, or in the folder of a kind, without `title`, `type`, `created`, `updated`, `sources` or `tags`;
a source page that karpwiki wrote without `sha256`. The lists may be empty, the others may not. A field that most pages
by hand of a vault do not have is not missed on them, nor is any on a front page by hand; other words for a field count
(`last_updated`, `page_type`).

## Why it hurts

Index, dates and the way back to the sources are made of these fields.

## Example

    ---
    title: LLM OS
    ---                      <!-- in wiki/concepts/ -->

## Fix

Safe, where karpwiki wrote the page. On a page by hand only its writer knows them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..changes import Fix
from ..dialect import FIELDS, LISTS
from ..findings import Finding, Grade
from ..habits import is_by_hand
from ..sourcepage import TYPE
from . import Context, is_index, is_service
from ._frontmatter import is_source

ID, NAME, SEVERITY, FIX = "F002", "missing-field", "error", "safe"


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.pages:
        wanted = (*FIELDS, "sha256") if page.kind == TYPE and page.state else FIELDS
        if all(map(page.meta.get, wanted)):  # as most pages have
            continue
        of_a_kind = page.kind in ctx.settings.kinds or ctx.kind_at(page.path)
        serves = is_index(page.path) or (is_service(page.path) and is_by_hand(page))
        if not of_a_kind or not page.meta or page.problem or serves:
            continue
        needless = ctx.wiki.dialect.needless.get(is_source(ctx, page), frozenset()) if is_by_hand(page) else ()
        empty = {name for name in LISTS if name in page.meta}  # Obsidian writes a list without items as nothing
        said = {name for name in wanted if page.meta.get(name) not in (None, "")} | empty
        missing = [name for name in wanted if name not in said and name not in needless]
        if missing:
            grade: Grade = "safe" if page.state and ctx.rewritten.get(page.path) and "sha256" not in missing else "none"
            called = {ours: theirs for theirs, ours in ctx.wiki.dialect.keys.items()} if is_by_hand(page) else {}
            told = ", ".join(called.get(name, name) for name in missing)
            yield Finding(ID, NAME, "error", page.path, 1, f"the frontmatter has no {told}", grade)


def fix(ctx: Context, path: str) -> Fix | None:
    return ctx.rewrite(path, "fields written again")
