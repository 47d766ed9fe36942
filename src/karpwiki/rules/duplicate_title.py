"""Two source pages with one title.

## What it finds

Source pages with the same title (case and marks do not count) whose `date` does not tell them apart. Pages about
subjects are seen to by `alias-clash`.

## Why it hurts

The index and the footnotes show two sources under one name. Often one text was added twice.

## Example

    title: Software Is Changing (Again)     <!-- on two source pages, both of 2025-06-17 -->

## Fix

None: give one of them a title of its own, or a date; when they are one text, `karpwiki retract` takes one back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, islice

from ..findings import Finding
from ..names import key
from ..sourcepage import TYPE
from ..wiki import Page
from . import Context, meta_line
from ._frontmatter import shown

ID, NAME, SEVERITY, FIX = "F008", "duplicate-title", "warning", "none"
MAX_TOLD = 3


def check(ctx: Context) -> Iterator[Finding]:
    titled: dict[str, list[Page]] = defaultdict(list)
    for page in ctx.pages:
        if page.kind == TYPE and isinstance(page.meta.get("title"), str) and page.meta["title"]:
            titled[key(page.title)].append(page)
    for pages in titled.values():
        dated: dict[str, list[Page]] = defaultdict(list)
        for page in pages if len(pages) > 1 else ():
            dated[_date(page)].append(page)
        for page in pages if len(pages) > 1 else ():
            # A page without a date may be any of the others.
            same = (dated[_date(page)], dated[""]) if _date(page) else (pages,)
            others = sum(map(len, same)) - 1
            if others:
                told = islice((other.path for other in chain(*same) if other is not page), MAX_TOLD)
                more = f" and {others - MAX_TOLD} more" if others > MAX_TOLD else ""
                message = f"{shown(page.title)} is the title of {', '.join(told)}{more} too"
                yield Finding(ID, NAME, "warning", page.path, meta_line(page, "title"), message)


def _date(page: Page) -> str:
    value = page.meta.get("date")
    return str(value) if isinstance(value, str | int) else ""
