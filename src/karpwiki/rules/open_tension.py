"""Two claims that do not agree, and nobody has said why.

## What it finds

Tensions whose status is `open`: each once, on the page that is its home, or in tensions.md when it has none. A status
that was edited in another view counts, before a compile has carried it home. Of a callout by hand without footnotes of
claims, the line `Status: open` counts.

## Why it hurts

The reader does not know which of the two to believe.

## Example

    > [!warning] Tension: Sites in May 2025
    >
    > - About 105 sites had llms.txt in May 2025. (2025-05, primary)[^4o7otu8j]
    > - 120 sites had an llms.txt file in May 2025. (2025-05, secondary)[^siofc2cq]
    >
    > Status: open

## Fix

None: read both sources and write what holds after `Status:`, such as `superseded by …` or `both hold: …`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..findings import Finding
from ..inert import unescape
from ..pattern import pattern
from ..wiki import OVERVIEW, TENSIONS, Page
from . import Context
from ._evidence import CLAIM_ID

ID, NAME, SEVERITY, FIX = "C004", "open-tension", "info", "none"
MARKS = ("] tension: ", "]- tension: ", "]+ tension: ")
_VIEWS = (OVERVIEW, TENSIONS)
_HEAD = pattern(r"> \[!warning\][-+]? Tension: ([^\n]*)")
_OPEN = pattern(r"^> Status: *open *$", re.M | re.I)


@dataclass(frozen=True, slots=True)
class _Callout:
    """A tension as it stands on one page."""

    page: Page
    line: int
    topic: str
    text: str
    pair: tuple[str, ...]
    """The claims that do not agree; a callout by hand may name none."""

    @property
    def place(self) -> tuple[int, str, int]:
        """By which a tension's home comes before its views."""
        home = self.page.state is not None and f"tension.{'.'.join(self.pair)}" in self.page.state.meta
        return (0 if home else 2 if self.page.path in _VIEWS else 1, self.page.path, self.line)


def check(ctx: Context) -> Iterator[Finding]:
    pages = ctx.suspected(NAME)
    if not pages:
        return
    from .. import tensions  # these two load much, and few vaults have tensions
    from ..resolve import Names

    living = Names({}, {i: (claim, ctx.wiki.sources[path]) for i, (path, claim) in ctx.claims.items()}, {})
    found = tensions.collect(pages, (), living)
    status: dict[tuple[str, ...], str] = {(t.first, t.second): t.status for t in found}
    told = set[tuple[str, ...]]()
    for callout in sorted((c for page in pages for c in _callouts(page)), key=lambda c: c.place):
        if callout.pair not in told and _is_open(callout, status.get(callout.pair, "")):
            told |= {callout.pair} & status.keys()
            yield Finding(ID, NAME, "info", callout.page.path, callout.line, f"the tension {callout.topic!r} is open")


def _callouts(page: Page) -> Iterator[_Callout]:
    for block in page.blocks:
        head = _HEAD.match(block.text) if block.kind == "quote" else None
        if head:
            yield _Callout(page, block.line, unescape(head[1].strip()), block.text, tuple(sorted(block.cites[:2])))


def _is_open(callout: _Callout, status: str) -> bool:
    """`status`: of the tension between two claims that live; '' when it is none."""
    if status:
        return status.casefold() == "open"
    # When claims that it stood between are gone, the next compile takes it away.
    return bool(_OPEN.search(callout.text)) and not any(map(CLAIM_ID.fullmatch, callout.pair))
