"""A place where a rule is told to be silent, and has nothing to say.

## What it finds

`<!-- karpwiki: allow NAME -->` (in frontmatter `# karpwiki: allow NAME`) that silences no finding: what it was about
has been mended, the line has moved away from it, or no rule has that name.

## Why it hurts

It hides the next mistake at that place, and tells a reader of something that is not there.

## Example

    <!-- karpwiki: allow broken-link -->
    See [[memex]], which exists by now.

## Fix

None: take the comment out, or put it before the line that it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..findings import Finding
from ..silence import MARK, Silence
from . import every

ID, NAME, SEVERITY, FIX = "V002", "unused-allow", "warning", "none"
MARKS = (MARK,)


def judge(unused: Iterable[Silence]) -> Iterator[Finding]:
    names = {rule.NAME for rule in every()}
    for s in unused:
        why = "allows nothing here" if s.name in names else "is no rule"
        yield Finding(ID, NAME, "warning", s.path, s.line, f"{s.name!r} {why}")
