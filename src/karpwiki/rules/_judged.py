"""What the rules share that a model judges for: where on a page a claim stands, and its words in a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..sourcepage import TYPE, shorten
from ..wiki import Page
from . import Context

if TYPE_CHECKING:
    from ..judge import Doubt

MAX_CLAIM = 120
"""Characters of a claim that a finding shows."""


def place(ctx: Context, claim: str, path: str = "") -> tuple[str, int]:
    """(page, line) of a claim: of its statement on the page at `path`, if it stands there, else on its source page."""
    page = ctx.wiki.pages.get(path)
    if page and any(claim in block.cites for block in page.blocks):
        return path, _line(page, claim)
    path = ctx.claims[claim][0]
    return path, _line(ctx.wiki.pages[path], claim)


def _line(page: Page, claim: str) -> int:
    items = [b for b in page.blocks if b.kind == "item" and b.cites[:1] == (claim,)] if page.kind == TYPE else []
    for block in (*items, *(b for b in page.blocks if claim in b.cites)):
        lines = enumerate(block.text.split("\n"), block.line)
        return next((n for n, text in lines if f"[^{claim}]" in text), block.line)
    return next((note.line for note in page.footnotes if note.label == claim), 1)


def shown(ctx: Context, claim: str) -> str:
    """The words of a claim, cut, with its footnote."""
    return f"“{shorten(ctx.claims[claim][1].text, MAX_CLAIM)}” [^{claim}]"


def hints(ctx: Context, doubts: Iterable[Doubt]) -> Iterator[tuple[str, tuple[str, int], str]]:
    """What is said of claims that live: its words, where the first of them stands, the footnotes of all."""
    for doubt in doubts:
        living = [i for i in doubt.claims if i in ctx.claims]
        if living:
            yield doubt.words, place(ctx, living[0], doubt.path), ", ".join(f"[^{i}]" for i in living[:3])
