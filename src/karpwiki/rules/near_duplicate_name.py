"""Two names in the sources that may stand for one thing, which nobody decided.

## What it finds

Pairs of subjects whose names, glosses or claims are so alike that an ingest would ask a model about them, but for those
that a line of names.txt decides or asks about, and those that near-duplicate-page tells. It is reported on a source
page that has the second name, in its table of subjects. The rule is off by default: it compares every name with every
other, and a model that answers such questions has answered most of them.

## Why it hurts

Claims about one thing stand on two pages, or on none where each name alone has too few.

## Example

    | RAG tools | concept | tools for retrieval | |      <!-- another source says RAG tool -->

## Fix

None: write `A = B` or `A != B` to names.txt; with `A ? B` the next compile asks a model.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..inert import unescape
from ..markdown import unlink
from ..members import cells
from ..names import key
from . import Context
from ._twins import twins

ID, NAME, SEVERITY, FIX = "D006", "near-duplicate-name", "info", "none"
NEEDS = "state"
ON = False


def check(ctx: Context) -> Iterator[Finding]:
    if not ctx.is_settled:
        return
    from ..near import near

    frame, wiki = ctx.ground.frame, ctx.ground.wiki
    names, of = frame.names, frame.names.subjects
    slugs = {s.slug for named in names.about.values() for s in named}
    pairs = near(names, wiki.sources.values(), wiki.decisions, slugs, ctx.settings)
    lines = [(of.get(key(d.name)), of.get(key(d.value))) for d in wiki.decisions if d.relation == "?"]
    asked = {frozenset((a.slug, b.slug)) for a, b in lines if a and b}
    told = {frozenset((t.page.path, t.other.path)) for t in twins(ctx)} if pairs else set()
    rows = _rows(ctx) if pairs else {}
    for a, b in pairs:
        if {a.slug, b.slug} in asked or {frame.paths.get(a.slug), frame.paths.get(b.slug)} in told:
            continue
        one, other = names.name_of(a), names.name_of(b)
        path, line = next((rows[k] for s in (b, a) for k in map(key, s.names) if k in rows), ("names.txt", 1))
        what = f"{other[:60]!r} and {one[:60]!r} may be one thing, and names.txt does not say"
        yield Finding(ID, NAME, "info", path, line, what)


def _rows(ctx: Context) -> dict[str, tuple[str, int]]:
    """Key of a name → the first source page that lists it, and the line of its row."""
    found: dict[str, tuple[str, int]] = {}
    for path in sorted(ctx.wiki.sources, reverse=True):
        for block in ctx.wiki.pages[path].blocks:
            if block.kind == "table" and block.text.startswith("| Subject |"):
                for line, cell in enumerate(cells(block.text), block.line + 2):
                    found[key(unescape(unlink(cell.get("subject", ""))))] = (path, line)
    return found
