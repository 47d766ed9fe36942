"""A footnote that a page by hand cites and does not define, or defines twice.

## What it finds

On a page by hand that defines footnotes: a label in the text (`[^src-bush]`) that none of them has, and a label that
two of them have. Labels in code are none. A page without any footnote may mean something else by `[^…]`. Of the
footnotes that karpwiki writes, `unknown-claim` tells.

## Why it hurts

The reader finds brackets instead of a source, and nobody can check the sentence.

## Example

    Trails were to be shared.[^bush] Nobody built one.[^nelson]

    [^bush]: As We May Think, 1945.      <!-- and no [^nelson]: -->

## Fix

None: only the writer knows what was to stand there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..findings import Finding
from ..wiki import Page
from . import Context
from .unknown_claim import DEFINED, cited

ID, NAME, SEVERITY, FIX = "L010", "undefined-footnote", "warning", "none"


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.suspected(NAME):
        labels = _labels(page)
        told = set[str]()
        for label, line in (place for block in page.blocks for place in cited(block)):
            if label not in labels and label not in told:
                told.add(label)
                yield Finding(ID, NAME, "warning", page.path, line, f"no footnote [^{label}]: on this page")
        lines = {note.label: note.line for note in page.footnotes}
        for label, n in labels.items():
            if n > 1:
                message = f"[^{label}]: is defined {n} times"
                yield Finding(ID, NAME, "warning", page.path, lines.get(label, 1), message)


def suspect(page: Page) -> bool:
    if page.state is not None or not page.footnotes:
        return False
    labels = {note.label for note in page.footnotes}.union(DEFINED.findall(page.notes) if page.notes else ())
    doubled = len(labels) < len(page.footnotes) or page.notes
    return bool(doubled and max(_labels(page).values()) > 1) or not labels.issuperset(page.cited)


def _labels(page: Page) -> Counter[str]:
    return Counter([note.label for note in page.footnotes] + DEFINED.findall(page.notes))
