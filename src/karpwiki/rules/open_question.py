"""A question that the claims about a subject raise and do not answer, as a model judges.

## What it finds

Only with `--deep`. A model that reads the claims about a subject names at most three questions that they leave open
and that another source could answer: a cause that is spoken of and not told, a figure without its date, two figures
whose difference nobody explains. It is reported where the first of the claims stands that raise it.

## Why it hurts

It does not: it says what to read next.

## Example

    wiki/concepts/llms-txt.md: How many of the 105 sites of May 2025 still have the file? ([^4o7otu8j])

## Fix

None: put a source that answers it into raw/, and run `karpwiki ingest`. Nothing is written without one.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from . import Context
from ._judged import hints

ID, NAME, SEVERITY, FIX = "C007", "open-question", "info", "none"
NEEDS, ASKS = "model", "review"


def check(ctx: Context) -> Iterator[Finding]:
    for words, place, cited in hints(ctx, ctx.judged.questions if ctx.judged else ()):
        yield Finding(ID, NAME, "info", *place, f"{words} ({cited})")
