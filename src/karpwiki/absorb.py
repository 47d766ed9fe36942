"""Two pages whose subjects became one: a person's words on both go to the page that stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .assemble import DERIVED
from .hands import by_hand, deleted_claims, own_values
from .wiki import Page, State

_CODE_OWNS = ("title", "type", "created", "updated", "sources", "aliases", "summary")


def joined(page: Page, others: Sequence[Page]) -> Page:
    """The page that stays, as if a person's blocks, notes, footnotes and values of the others had stood on it.

    Its text is still what is on disk. Blocks by hand of the others stand at the end of its own text.
    """
    if not others:
        return page
    state = page.state or State()
    heads = [n for n, b in enumerate(page.blocks) if b.kind == "heading" and b.text.strip() in DERIVED]
    at = heads[0] if heads else len(page.blocks)
    lines = max((b.line for b in page.blocks), default=0) + 1
    here = {b.text for b in page.blocks}
    hands = [b for other in others for b in by_hand(other) if b.text not in here]
    added = [replace(b, line=lines + n) for n, b in enumerate(hands)]
    meta = dict(page.meta)
    for other in others:
        own = {k: v for k, v in own_values(other).items() if k not in _CODE_OWNS}
        tags = own.pop("tags", None)
        if isinstance(tags, list) and isinstance(meta.get("tags", []), list):
            meta["tags"] = list(dict.fromkeys([*meta.get("tags", []), *tags]))
        meta = own | meta
    labels = {n.label for n in page.footnotes}
    return replace(
        page,
        meta=meta,
        blocks=(*page.blocks[:at], *added, *page.blocks[at:]),
        footnotes=(*page.footnotes, *(n for o in others for n in o.footnotes if n.label not in labels)),
        notes="".join(filter(None, (page.notes, *(_without_head(o.notes, page.notes) for o in others)))),
        state=replace(state, deleted=tuple(sorted({*state.deleted, *(i for o in others for i in deleted_claims(o))}))),
    )


def _without_head(notes: str, before: str) -> str:
    """Notes to be set below others: without their heading when there is one already."""
    if not notes.strip() or not before.strip():
        return notes
    rest = notes.lstrip("\n").removeprefix("## Notes").lstrip("\n")
    return ("" if before.endswith("\n\n") else "\n") + rest
