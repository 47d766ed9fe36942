"""Two pages that are probably about one thing.

## What it finds

Pages, other than source pages, of which a title, an alias or the name of the file is that of another one but for a
plural, a hyphen or space, accents, 的, the order around a comma, `and`, `vs` or 与, or a form in brackets that is in
another script or made of initials (`卡片盒（Zettelkasten）`); and pages of one type of which one is called by the
initials of the other. Never names that numerals or qualifiers tell apart (`GPT-4` and `GPT-4 mini`), nor pairs that
names.txt decides or asks about. Equal names are found by alias-clash and path-collision.

## Why it hurts

What is known of the thing stands in two halves, and a reader of one misses the other.

## Example

    wiki/concepts/knowledge-graph.md and wiki/methods/knowledge-graphs.md

## Fix

None: `karpwiki merge A B` makes both one page; a line `A != B` in names.txt says that they are two.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from . import Context
from ._twins import twins

ID, NAME, SEVERITY, FIX = "D005", "near-duplicate-page", "info", "none"


def check(ctx: Context) -> Iterator[Finding]:
    for twin in twins(ctx):
        what = f"{twin.other_name[:60]!r} is probably the same as {twin.name[:60]!r}, a name of {twin.page.path}"
        yield Finding(ID, NAME, "info", twin.other.path, 1, what)
