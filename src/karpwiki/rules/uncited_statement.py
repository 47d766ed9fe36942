"""A sentence that karpwiki wrote on a compiled page without a footnote.

## What it finds

In the text of compiled pages, in blocks that karpwiki wrote: words at the end of a paragraph, item or quotation, or a
row of a table, that no run of footnotes follows. Headings, code after a cited paragraph, heads of callouts and
tables, and the sections that code makes (More, Related, Sources) need none. Words by hand are a person's and are only
counted.

## Why it hurts

The one promise of a compiled page is that every sentence names the claims it was made from.

## Example

    Prompts are programs.[^k3f9a1cq] They always were.

## Fix

By a model: `karpwiki compile` phrases the page again from its claims.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..guests import text_blocks
from ..hands import is_ours
from ..markdown import statements
from ..pattern import pattern
from ..wiki import CITE, Block
from . import Context

ID, NAME, SEVERITY, FIX = "G004", "uncited-statement", "error", "model"
NEEDS = "state"
_CALLOUT = pattern(r"^> \[!\w+\][^\n]*(?:\n|$)")


def check(ctx: Context) -> Iterator[Finding]:
    for page in filter(ctx.is_compiled, ctx.pages):
        for block in text_blocks(page):
            for line, words in _uncited(block) if is_ours(page, block) else ():
                message = f"no claim is cited for {words[:60]!r}"
                yield Finding(ID, NAME, "error", page.path, line, message, "model")


def _uncited(block: Block) -> Iterator[tuple[int, str]]:
    """(line, words) of what no footnote follows."""
    if block.kind == "table":
        rows = enumerate(block.text.split("\n"), block.line)
        yield from ((line, row.strip("| ")) for line, row in list(rows)[2:] if not CITE.search(row))
    elif block.kind in ("paragraph", "item", "quote"):
        for made in statements(_CALLOUT.sub("", block.text)):
            if not made.claims:
                yield block.line + block.text.count("\n"), made.words[0].lstrip("->* ")
