"""A statement of a compiled page that rests on one source only.

## What it finds

In the text of compiled pages, in blocks that karpwiki wrote: statements whose claims all come from one source. A bundle
counts as one. A page of which all statements rest on the same source is reported once. Quotations are passed over. The
rule is off by default: most of what a young wiki says stands in one source.

## Why it hurts

What a second source says too is less likely to be one writer's error.

## Example

    Niklas Luhmann kept 90,000 notes.[^0kostgih]      <!-- no other source counts them -->

## Fix

None: ingest another source that speaks of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from . import Context
from ._statements import known, source_of, written

ID, NAME, SEVERITY, FIX = "G008", "single-source", "info", "none"
NEEDS = "state"
ON = False


def check(ctx: Context) -> Iterator[Finding]:
    for page in filter(ctx.is_compiled, ctx.pages):
        every = [(made, [path for path, _ in known(ctx, made)]) for made in written(page)]
        sources = [{source_of(ctx, path) for path in paths} for _, paths in every]
        if len(every) > 1 and len(set().union(*sources)) == 1 and all(sources):
            what = f"all its {len(every)} statements rest on one source, {every[0][1][0]}"
            yield Finding(ID, NAME, "info", page.path, 1, what)
            continue
        for (made, paths), of in zip(every, sources, strict=True):
            if len(of) == 1:
                what = f"{made.shown} rests on one source, {paths[0]}"
                yield Finding(ID, NAME, "info", page.path, made.line, what)
