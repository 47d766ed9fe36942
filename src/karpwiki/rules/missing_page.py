"""Something that the claims speak of, that a reader would look up, and that has no page, as a model judges.

## What it finds

Only with `--deep`. A model that reads the claims about a subject names at most three people, works, organisations,
methods or ideas that they speak of. One is reported when its name stands in a claim, letter by letter, and no page has
it as title or alias.

## Why it hurts

The reader finds the name, and no place that says what it is.

## Example

    wiki/concepts/llms-txt.md: “Answer.AI” has no page ([^4o7otu8j], [^siofc2cq])

## Fix

None: put a source about it into raw/, or set `page_claims` lower. Where it is another name of a subject that has a
page, say `name = other name` in names.txt. Nothing is written without a source.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..names import key
from . import Context
from ._judged import hints

ID, NAME, SEVERITY, FIX = "L009", "missing-page", "info", "none"
NEEDS, ASKS = "model", "review"


def check(ctx: Context) -> Iterator[Finding]:
    for name, place, cited in hints(ctx, ctx.judged.missing if ctx.judged else ()):
        if key(name) not in ctx.named:
            yield Finding(ID, NAME, "info", *place, f"“{name}” has no page ({cited})")
