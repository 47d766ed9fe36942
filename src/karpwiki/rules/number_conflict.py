"""Two claims that give one figure different values, and no tension says so.

## What it finds

Claims with the same first subject whose figures have one attribute, one unit and one date, and values that are not the
same number, nor one rounded. A compile makes a tension of figures that are spelled alike and carry the same
`(as of …)`; this rule also sees that `site` and `sites`, `%` and `percent` are one unit, and that a claim without
`(as of …)` holds for the date of its source. Claims that a tension joins already, straight or over others of the same
figure, are passed over.

## Why it hurts

One of the two is wrong or means something else, and the pages show each as true.

## Example

    [^4o7otu8j]: `a.md:3` “About 105 sites had it in May 2025.” · sites with llms.txt = 105 (sites)
    [^siofc2cq]: `b.md:7` “120 sites had it in May 2025.” · sites with llms.txt = 120 (site)

## Fix

None: read both sources. Spell attribute and unit alike on the source pages, and the next compile makes a tension;
where the two mean different things, give them different attributes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ..findings import Finding
from . import Context
from ._figures import Around, Stated, differ, stated

ID, NAME, SEVERITY, FIX = "C005", "number-conflict", "warning", "none"
NEEDS = "state"


def check(ctx: Context) -> Iterator[Finding]:
    around = Around(ctx)
    for group in stated(ctx):
        by_date: dict[str, list[Stated]] = defaultdict(list)
        for s in group:
            by_date[s.when].append(s)
        for _, same in sorted(by_date.items()):
            if len({s.number for s in same}) > 1:
                yield from _findings(around, same)


def _findings(around: Around, same: Sequence[Stated]) -> Iterator[Finding]:
    """One for each figure that differs from the first, when nothing joins the two."""
    ctx = around.ctx
    first, *others = _apart(same, around.tensions)
    for other in others:
        if differ(first, other):
            path, there = ctx.claims[other.claim.id][0], ctx.claims[first.claim.id][0]
            line = next((n.line for n in ctx.wiki.pages[path].footnotes if n.label == other.claim.id), 1)
            when = f" for {other.when}" if other.when else ""
            what = f"[^{other.claim.id}] {other.attribute[:60]!r} is {other.shown}{when} here"
            yield Finding(ID, NAME, "warning", path, line, f"{what} and {first.shown} in {there} ([^{first.claim.id}])")


def _apart(same: Sequence[Stated], tensions: Mapping[str, set[str]]) -> Iterator[Stated]:
    """One figure of each set of them that is joined: by one claim, by one number or by tensions."""
    by_id: dict[str, list[Stated]] = defaultdict(list)
    by_number: dict[str, list[str]] = defaultdict(list)
    for s in sorted(same, key=lambda s: s.claim.id):
        by_id[s.claim.id].append(s)
        by_number[s.number].append(s.claim.id)
    seen: set[str] = set()
    for start, stated_there in by_id.items():
        if start not in seen:
            yield stated_there[0]
        front = [] if start in seen else [start]
        for i in front:  # it grows
            if i not in seen:
                seen.add(i)
                front += [other for other in tensions.get(i, ()) if other in by_id]
                front += [other for s in by_id[i] for other in by_number.pop(s.number, ())]
