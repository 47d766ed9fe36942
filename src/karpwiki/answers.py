"""Answers that were kept as pages: a statement whose claims are gone goes with them."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from .assemble import finish
from .frame import Frame
from .hands import is_ours, own_values
from .markdown import RUN
from .pattern import pattern
from .wiki import CITE, Block, Page, State

_ITEM = pattern(r"(?:[-*+]|\d{1,9}[.)]) ")


def files(frame: Frame) -> dict[str, str]:
    """The texts of the kept answers that lose a statement, by path. A person's blocks stay as they are."""
    living = frame.names.claims
    out = {}
    for path, page in frame.wiki.pages.items():
        if page.state and page.kind == "answer" and any(_lost(b, living) for b in page.blocks if is_ours(page, b)):
            out[path] = _file(frame, page, page.state)
    return out


def _file(frame: Frame, page: Page, state: State) -> str:
    ours = [b for b in page.blocks if is_ours(page, b)]
    left = [made for b in ours if (made := _without(b, frame.names.claims))]
    gone = {i for b in ours for i in b.cites} - set(frame.names.claims)
    old = page.with_blocks(tuple(b for b in page.blocks if b not in ours))
    notes = tuple(n for n in page.footnotes if n.label not in gone)
    kept = replace(old, state=replace(state, blocks={}), footnotes=notes)
    meta = {k: v for k, v in page.meta.items() if k not in own_values(page)}
    return finish(frame, page.path, left, meta, state, kept)


def _lost(block: Block, living: Container[str]) -> bool:
    return any(i not in living for i in block.cites)


def _without(block: Block, living: Container[str]) -> Block | None:
    """A block without the statements that cite a claim that is gone; None when nothing is left of it."""
    if not _lost(block, living):
        return block
    if block.kind == "table":
        rows = block.text.split("\n")
        rows = [*rows[:2], *(r for r in rows[2:] if all(i in living for i in CITE.findall(r)))]
        return _made(block, "\n".join(rows)) if len(rows) > 2 else None
    mark = _ITEM.match(block.text)
    out, at = (mark.group(), mark.end()) if mark else ("", 0)
    for run in RUN.finditer(block.text):
        if all(i in living for i in CITE.findall(run.group())):
            out += block.text[at : run.end()]
        at = run.end()
    words = (out + block.text[at:]).strip()
    return _made(block, words) if CITE.search(words) else None


def _made(block: Block, text: str) -> Block:
    return replace(block, text=text, cites=tuple(dict.fromkeys(CITE.findall(text))))
