"""Two pages whose subjects became one: a person's words on both go to the page that stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .guests import DERIVED
from .hands import by_hand, deleted_claims, own_values
from .wiki import CITE, Page, State

_CODE_OWNS = ("title", "type", "created", "updated", "sources", "aliases", "summary")


def joined(page: Page, others: Sequence[Page]) -> Page:
    """The page that stays, as if a person's blocks, notes, footnotes and values of the others had stood on it.

    Blocks by hand of the others stand at the end of its own text. A footnote whose label the page has for other words
    gets another label.
    """
    for other in others:
        page = _with(page, other)
    return page


def _with(page: Page, other: Page) -> Page:
    state = page.state or State()
    heads = [n for n, b in enumerate(page.blocks) if b.kind == "heading" and b.text.strip() in DERIVED]
    at = heads[0] if heads else len(page.blocks)
    lines = max((b.line for b in page.blocks), default=0) + 1
    notes = {n.label: n.text for n in page.footnotes}
    ours = {i for s in (state, other.state or State()) for ids in s.blocks.values() for i in ids}
    labels: dict[str, str] = {}
    for n in other.footnotes:
        if n.label not in ours and notes.get(n.label, n.text) != n.text:
            labels[n.label] = next(f"{n.label}{k}" for k in "bcdefghijklmnopqrstuvwxyz" if f"{n.label}{k}" not in notes)

    def relabelled(text: str) -> str:
        return CITE.sub(lambda m: f"[^{labels.get(m[1], m[1])}]", text)

    here = {b.text for b in page.blocks}
    hands = [
        replace(b, text=relabelled(b.text), cites=tuple(labels.get(i, i) for i in b.cites)) for b in by_hand(other)
    ]
    added = [replace(b, line=lines + n) for n, b in enumerate(b for b in hands if b.text not in here)]
    footnotes = [n._replace(label=labels.get(n.label, n.label)) for n in other.footnotes]
    meta = dict(page.meta)
    own = {k: v for k, v in own_values(other).items() if k not in _CODE_OWNS}
    tags = own.pop("tags", None)
    if isinstance(tags, list) and isinstance(meta.get("tags", []), list):
        meta["tags"] = list(dict.fromkeys([*meta.get("tags", []), *tags]))
    return replace(
        page.with_blocks((*page.blocks[:at], *added, *page.blocks[at:])),
        meta=own | meta,
        footnotes=(*page.footnotes, *(n for n in footnotes if n.label not in notes)),
        notes=_below(page.notes, relabelled(other.notes)),
        state=replace(state, deleted=tuple(sorted({*state.deleted, *deleted_claims(other)}))),
    )


def _of(cites: Sequence[str], labels: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(labels.get(i, i) for i in cites)


def _below(notes: str, more: str) -> str:
    """Notes with others set below them, without a second heading."""
    if not notes.strip() or not more.strip():
        return notes or more
    rest = more.lstrip("\n").removeprefix("## Notes").lstrip("\n")
    return notes.rstrip("\n") + "\n\n" + rest
