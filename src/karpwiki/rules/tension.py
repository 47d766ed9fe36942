"""Two claims that cannot both be true, as a model judges, and no tension says so.

## What it finds

Only with `--deep`. A model reads the claims about each subject that has a page, at most `page_limit` of them chosen by
code, and names pairs that contradict each other, with the question that they leave a reader with. Claims that a
tension on a page joins already, straight or over others, are passed over, whatever its status.

## Why it hurts

One of the two is wrong or means something else, and the pages show each as true.

## Example

    [^4o7otu8j]: `a.md:3` “About 105 sites had it in May 2025.”
    [^siofc2cq]: `b.md:7` “Hardly anybody used it before 2026.”

## Fix

With a model: `karpwiki lint --deep --heal` writes the tension on its page, where it stays as long as both claims live.
Then read both sources and say what holds after `Status:`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .. import tensions
from ..findings import Finding
from . import Context
from ._judged import place, shown

if TYPE_CHECKING:
    from ..judge import Doubt

ID, NAME, SEVERITY, FIX = "C006", "tension", "warning", "model"
NEEDS, ASKS = "model", "review"


def check(ctx: Context) -> Iterator[Finding]:
    return (finding for _, finding in found(ctx))


def found(ctx: Context) -> Iterator[tuple[Doubt, Finding]]:
    """Each pair that no page shows as a tension, with its finding."""
    doubts = ctx.judged.tensions if ctx.judged else ()
    pages = [page for page in ctx.pages if "] Tension: " in page.text] if doubts else []
    joined = list[set[str]]()
    for t in (t for page in pages for t in tensions.read(page)):
        joined = _joined(joined, t.pair)
    for doubt in doubts:
        first, second = pair = doubt.claims
        if ctx.claims.keys() >= set(pair) and not any(group >= set(pair) for group in joined):
            joined = _joined(joined, frozenset(pair))
            what = f"{doubt.words} {shown(ctx, first)} / {shown(ctx, second)}"
            yield doubt, Finding(ID, NAME, "warning", *place(ctx, first, doubt.path), what, "model")


def _joined(groups: list[set[str]], pair: frozenset[str]) -> list[set[str]]:
    """The sets of claims that pairs join, straight or over others, with one more pair."""
    touched = [group for group in groups if group & pair]
    return [*(group for group in groups if not group & pair), set(pair).union(*touched)]
