"""An index that code would write otherwise.

## What it finds

`index.md`, `index-<kind>.md` or `tensions.md` whose generated part is not what follows from the pages.

## Why it hurts

Titles, summaries, counts and the coverage of raw that it shows are those of an earlier day, or were edited where the
next compile writes.

## Example

    | [[llm-os]] | LLM OS | an old summary | 3 |

## Fix

Safe: it is made anew by code. Text above the generated part and under `## Notes` stays.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..changes import Fix
from ..findings import Finding
from . import Context, is_index

ID, NAME, SEVERITY, FIX = "I002", "index-out-of-date", "warning", "safe"
NEEDS = "state"


def check(ctx: Context) -> Iterator[Finding]:
    for path, text in ctx.rewritten.items():
        if is_index(path) and text is not None:
            old = ctx.wiki.pages.get(path)
            line, what = (
                (_first_difference(old.text, text), "is not what its pages say") if old else (1, "is not there")
            )
            yield Finding(ID, NAME, "warning", path, line, what, "safe")


def _first_difference(old: str, new: str) -> int:
    before, after = old.split("\n"), new.split("\n")
    pairs = enumerate(zip(before, after, strict=False), 1)
    return next((n for n, (a, b) in pairs if a != b), min(len(before), len(after)))


def fix(ctx: Context, path: str) -> Fix | None:
    return ctx.rewrite(path, "index made anew")
