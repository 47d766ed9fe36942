"""A statement of a compiled page that no primary claim carries.

## What it finds

In the text of compiled pages, in blocks that karpwiki wrote: statements whose claims are all secondary or inferred, by
the mark of the claim or else by the credibility of its source. A page without any primary claim is reported once.
Quotations are passed over. The rule is off by default: it is for a wiki that wants firsthand sources.

## Why it hurts

Somebody tells what somebody else saw, or concludes it: the error may lie in between.

## Example

    The memex was never built. (secondary)[^vsp4remb]

## Fix

None: ingest the source that the secondary one speaks of, or correct its `credibility`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from . import Context
from ._statements import Said, credibility, known, written

ID, NAME, SEVERITY, FIX = "G009", "secondary-only", "info", "none"
NEEDS = "state"
ON = False
_WEAK = ("secondary", "inferred")


def check(ctx: Context) -> Iterator[Finding]:
    for page in filter(ctx.is_compiled, ctx.pages):
        every = [(made, _levels(ctx, made)) for made in written(page)]
        weak = [(made, levels) for made, levels in every if levels and levels <= set(_WEAK)]
        if len(weak) == len(every) > 1:
            what = f"none of its {len(weak)} statements rests on a primary claim"
            yield Finding(ID, NAME, "info", page.path, 1, what)
            continue
        for made, levels in weak:
            what = f"{made.shown} rests on {' and '.join(sorted(levels, key=_WEAK.index))} claims only"
            yield Finding(ID, NAME, "info", page.path, made.line, what)


def _levels(ctx: Context, made: Said) -> set[str]:
    """How far the claims of a statement are trusted."""
    return {credibility(ctx, path, claim) for path, claim in known(ctx, made)}
