"""The marks that git leaves around the two sides of a conflict.

## What it finds

`<<<<<<<` and `>>>>>>>` at the start of lines of a page. In log.md, log-form says so.

## Why it hurts

The page says two things, and neither is whole; what code would write cannot be told while it stands.

## Example

    <<<<<<< HEAD

## Fix

On a page that karpwiki compiles, `karpwiki compile` makes it again. On a source page, keep both sides' lines by hand.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..changes import Finding
from ..vault import conflicts
from . import Context
from .log_form import PATH

ID, NAME, SEVERITY, FIX = "V001", "conflict-markers", "error", "none"


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.pages:
        lines = conflicts(page.text) if page.path != PATH else []
        if lines:
            message = f"git left the marks of a conflict in lines {', '.join(map(str, lines[:6]))}"
            yield Finding(ID, NAME, "error", page.path, lines[0], message)
