"""Two pages with one title or alias.

## What it finds

Pages, other than source pages, of which a title or an alias is a title or an alias of another one, compared without
case and punctuation. It is reported on every page concerned.

## Why it hurts

One thing has two pages, or one name means two things: links by that name lead to one of them by chance.

## Example

    aliases: [RAG]           <!-- on rag.md and on retrieval.md -->

## Fix

None: take the alias from one of them, or say in names.txt that they are one (`A = B`) or two (`A != B`).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..names import key
from ..sourcepage import TYPE
from ..wiki import Page
from . import Context, aliases, is_service, listed, meta_line

ID, NAME, SEVERITY, FIX = "D002", "alias-clash", "warning", "none"


def check(ctx: Context) -> Iterator[Finding]:
    first_of: dict[str, tuple[Page, str]] = {}
    named: dict[str, dict[str, tuple[Page, str]]] = {}
    alike = {page.path: page for pages in ctx.named.values() if len(pages) > 1 for page in pages}
    for _, page in sorted(alike.items()):
        if page.kind != TYPE and not is_service(page.path):
            for name in (page.title, *aliases(page)):
                before = first_of.setdefault(key(name), (page, name))
                if before[0] is not page:
                    named.setdefault(key(name), {before[0].path: before}).setdefault(page.path, (page, name))
    for same in named.values():
        for path, (page, name) in same.items():
            others = listed((other for other in same if other != path), len(same) - 1)
            line = meta_line(page, "title" if name == page.title else "aliases")
            yield Finding(ID, NAME, "warning", path, line, f"{name!r} is a name of {others} too")
