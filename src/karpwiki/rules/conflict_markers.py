"""The marks that git leaves around the two sides of a conflict.

## What it finds

`<<<<<<<` and `>>>>>>>` at the start of lines of a page, of names.txt or .karpignore, but for those in a code block. In
log.md, log-form says so.

## Why it hurts

The file says two things, and neither is whole.

## Example

    <<<<<<< HEAD

## Fix

On a page that karpwiki writes, `karpwiki compile` makes it again from both sides: what either person wrote by hand
stays. Safe, where code alone can do so. Where it cannot be told what a person wrote (a source page whose sides hold
different claims, names.txt), the message says what to keep; only these stop a compile.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..changes import Fix
from ..findings import Finding, Grade
from ..wiki import LOG
from . import Context

ID, NAME, SEVERITY, FIX = "V001", "conflict-markers", "error", "safe"


def check(ctx: Context) -> Iterator[Finding]:
    for path, conflict in sorted(ctx.wiki.conflicts.items()):
        if path == LOG:
            continue
        where = f"git left the marks of a conflict in lines {', '.join(map(str, conflict.lines[:6]))}: "
        cure = conflict.problem or "`karpwiki compile` makes the page again from both sides"
        grade: Grade = "none" if conflict.problem else "safe" if _mends(ctx, path) else "model"
        yield Finding(ID, NAME, "error", path, conflict.lines[0], where + cure, grade)


def _mends(ctx: Context, path: str) -> bool:
    """Whether code alone makes the page again."""
    return path in ctx.rewritten and not any(step.path == path for step in ctx.ground.plan.steps)


def fix(ctx: Context, path: str) -> Fix | None:
    return ctx.rewrite(path, "made again from both sides of a merge") if _mends(ctx, path) else None
