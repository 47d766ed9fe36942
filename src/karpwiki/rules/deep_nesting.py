"""Quotes and lists nested deeper than 15.

## What it finds

The line on which a quotation or a list item begins that stands in 15 others. Code is indented as it likes.

## Why it hurts

Markdown readers stop somewhere, each at another depth, and drop what lies deeper: links and code in there are seen by
some and escape the checks of others.

## Example

    >>>>>>>>>>>>>>>> [[x]]

## Fix

None: write it flatter.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..pattern import pattern
from ..wiki import Page
from . import Context
from ._text import DEEP, screen, tokens

ID, NAME, SEVERITY, FIX = "S007", "deep-nesting", "error", "none"
MAX_DEPTH = 15
MARKS = (DEEP,)
_MARK = pattern(r">|[-*+.)][ \t]")


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.suspected(NAME):
        for line, depth in _too_deep(page):
            what = f"nested {depth} deep; many readers drop what is deeper than {MAX_DEPTH}"
            yield Finding(ID, NAME, "error", page.path, line, what)


def suspect(page: Page) -> bool:
    return any(_levels(prefix) > MAX_DEPTH for prefix in screen(page.text).deep)


def _levels(prefix: str) -> int:
    """How many levels the beginning of a line may open, at most."""
    return len(_MARK.findall(prefix)) + (prefix.count(" ") + 4 * prefix.count("\t")) // 2


def _too_deep(page: Page) -> Iterator[tuple[int, int]]:
    """(line where it becomes too deep, deepest level) of each outermost quotation or list item."""
    depth = deepest = first = 0
    for token, line in tokens(page):
        if token.type in ("blockquote_open", "list_item_open"):
            depth += 1
            deepest = max(deepest, depth)
            first = first or (line if depth > MAX_DEPTH else 0)
        elif token.type in ("blockquote_close", "list_item_close"):
            depth -= 1
            if not depth:
                if first:
                    yield first, deepest
                deepest = first = 0
