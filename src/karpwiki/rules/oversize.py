"""A page, a line or a frontmatter that is too large to work with.

## What it finds

Pages of more than 1 MB, lines of more than 100,000 characters, frontmatter of more than 64 kB. What karpwiki writes is
as large as its sources and their number ask for: the size of its pages, of the indexes and of log.md does not count,
nor does the closing comment.

## Why it hurts

Obsidian, git and every rule here become slow, and a diff of such a line shows nothing. Most often it is a picture or
a table pasted as text.

## Example

    ![](data:image/png;base64,iVBORw0KGgo…)      <!-- 3 MB of it -->

## Fix

None: split the page; save what is no text as a file below raw/assets/, and embed that.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..frontmatter import split
from ..wiki import LOG, Page
from . import Context, is_index
from ._text import LARGE

ID, NAME, SEVERITY, FIX = "S008", "oversize", "warning", "none"
MARKS = (LARGE,)
MAX_PAGE, MAX_LINE, MAX_FRONTMATTER = 1_000_000, 100_000, 64_000


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.suspected(NAME):
        for line, what in _large(page):
            yield Finding(ID, NAME, "warning", page.path, line, what)


def _large(page: Page) -> Iterator[tuple[int, str]]:
    size = _bytes(page.text) if len(page.text) > MAX_PAGE // 4 else 0
    if size > MAX_PAGE and page.state is None and not is_index(page.path) and page.path.casefold() != LOG:
        yield 1, f"the page has {size // 1000:,} kB; more than {MAX_PAGE // 1000:,} kB are slow to open"
    head = _bytes(split(page.text)[0])
    if head > MAX_FRONTMATTER:
        yield 1, f"the frontmatter has {head // 1000:,} kB, more than {MAX_FRONTMATTER // 1000}"
    if len(page.text) > MAX_LINE:
        closing = False
        for number, line in enumerate(page.text.split("\n"), 1):
            opens = line.startswith("<!-- karpwiki ") and not line.endswith("-->")
            closing = opens or (closing and line != "-->")
            if len(line) > MAX_LINE and not closing:
                yield number, f"the line has {len(line):,} characters, more than {MAX_LINE:,}"


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
