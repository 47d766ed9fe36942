"""A person's words on a page that karpwiki writes: told from ours by the state comment, and kept.

A block that is not in the state's list is a person's. It is kept word for word between the same neighbours, else at
the end of its section. A listed block that is gone was deleted: it is not written again, and the claims that only it
cited are not offered again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .markdown import block_hash, value_hash
from .wiki import Block, Page, State

MAX_WORK = 20_000_000
"""Blocks that are looked at for the places of a person's blocks on one page; those left then go to its end."""


def is_ours(page: Page, block: Block) -> bool:
    """Whether karpwiki wrote this block as it stands. On a page without a state, nothing is ours."""
    return page.state is not None and block_hash(block.text) in page.state.blocks


def is_guest(page: Page) -> bool:
    """Whether a person wrote this page, and karpwiki only adds to it: no value of its frontmatter is karpwiki's."""
    state = page.state
    return state is not None and bool(state.at) and all(name.startswith("tension.") for name in state.meta)


def by_hand(page: Page | None, consumed: Iterable[int] = ()) -> list[Block]:
    """The blocks of a page that a person wrote or changed, but for those (by line) that were read as data."""
    skip = set(consumed)
    return [b for b in page.blocks if b.line not in skip and not is_ours(page, b)] if page else []


def deleted(page: Page | None) -> dict[str, tuple[str, ...]]:
    """Hash → claim ids of the blocks that karpwiki wrote and a person deleted or changed."""
    if page is None or page.state is None:
        return {}
    present = {block_hash(b.text) for b in page.blocks}
    return {name: ids for name, ids in page.state.blocks.items() if name not in present}


def deleted_claims(page: Page | None) -> frozenset[str]:
    """The claims that only deleted blocks cited, with those deleted before."""
    if page is None or page.state is None:
        return frozenset()
    cited = {i for b in page.blocks for i in b.cites}
    gone = {i for ids in deleted(page).values() for i in ids}
    return frozenset((gone | set(page.state.deleted)) - cited)


def lost_claims(page: Page | None) -> frozenset[str]:
    """The claims of a source page whose line a person deleted, now or before, though its opening may cite them."""
    if page is None or page.state is None:
        return frozenset()
    lines = {i for b in page.blocks if b.kind == "item" for i in b.cites[:1]}
    gone = {i for ids in deleted(page).values() for i in ids} | set(page.state.deleted)
    return frozenset(gone - lines)


def mended(page: Page | None) -> frozenset[str]:
    """The claims of a source page whose line a person changed, now or before."""
    if page is None or page.state is None:
        return frozenset()
    changed = {i for b in page.blocks if b.kind == "item" and not is_ours(page, b) for i in b.cites[:1]}
    return frozenset(changed | set(page.state.mended))


def merge(new: Sequence[Block], page: Page | None, consumed: Iterable[int] = ()) -> list[Block]:
    """Generated blocks with a person's blocks of the old page set between them; what a person deleted stays away."""
    if page is None:
        return list(new)
    away, work = deleted(page), 0
    out = [b for b in new if block_hash(b.text) not in away]
    hands = {b.line for b in by_hand(page, consumed)}
    hashes = [block_hash(b.text) for b in out]
    present = set(hashes)
    kept = [b.line in hands and block_hash(b.text) not in present for b in page.blocks]
    for n, mine in enumerate(kept):
        if mine and not (n and kept[n - 1]):
            last = next((k for k in range(n, len(kept)) if not kept[k]), len(kept))
            run = page.blocks[n:last]
            at = _place(out, hashes, page, n, last) if work < MAX_WORK else len(out)
            out[at:at] = run
            hashes[at:at] = [block_hash(b.text) for b in run]
            work += len(out)
    return out


def together(pages: Sequence[tuple[Page, frozenset[int]]]) -> tuple[Page | None, frozenset[int]]:
    """Several pages that became one, as one old page; each with the lines of its blocks that were read as data.

    Where two say the same thing of the page, the first one's word counts.
    """
    if len(pages) < 2:
        return pages[0] if pages else (None, frozenset())
    blocks: list[Block] = []
    lines: set[int] = set()
    shift = 0
    for page, consumed in pages:
        blocks += [replace(b, line=b.line + shift) for b in page.blocks]
        lines |= {n + shift for n in consumed}
        shift += page.text.count("\n") + 2
    first, every = pages[0][0], [p for p, _ in pages]
    states = [p.state for p in every if p.state]
    made = replace(
        first.with_blocks(tuple(blocks)),
        meta={name: value for p in reversed(every[1:]) for name, value in own_values(p).items()} | dict(first.meta),
        footnotes=tuple(n for p in every for n in p.footnotes),
        state=replace(
            first.state or State(),
            blocks={name: ids for s in reversed(states) for name, ids in s.blocks.items()},
            deleted=tuple(sorted({i for s in states for i in s.deleted})),
            mended=tuple(sorted({i for s in states for i in s.mended})),
        ),
        notes="".join(p.notes if p.notes.endswith("\n") else p.notes + "\n" for p in every if p.notes),
    )
    return made, frozenset(lines)


def _place(out: Sequence[Block], hashes: Sequence[str], page: Page, n: int, last: int) -> int:
    """Where blocks n to `last` of the old page go: behind the one they followed, before the next, else by section."""
    at = {name: k for k, name in enumerate(hashes)}
    if n and (before := at.get(block_hash(page.blocks[n - 1].text))) is not None:
        return before + 1
    if last < len(page.blocks) and (after := at.get(block_hash(page.blocks[last].text))) is not None:
        return after
    heading = next((b for b in reversed(page.blocks[:n]) if b.kind == "heading"), None)
    start = at.get(block_hash(heading.text)) if heading else None
    if start is None:
        start = 0 if out and out[0].kind == "heading" and out[0].level == 1 else -1
    end = start + 1
    while end < len(out) and out[end].kind != "heading":
        end += 1
    return end


def own_values(page: Page | None) -> dict[str, Any]:
    """Frontmatter values that a person changed or added to a page that karpwiki wrote."""
    if page is None:
        return {}
    written = page.state.meta if page.state else {}
    return {name: value for name, value in page.meta.items() if written.get(name) != value_hash(value)}


def written_values(meta: Mapping[str, Any], own: Mapping[str, Any], page: Page | None) -> dict[str, str]:
    """For the state: the hashes of the values that karpwiki wrote; of one that a person changed, the one before."""
    old = page.state.meta if page and page.state else {}
    hashes = {name: old[name] if name in own and name in old else value_hash(value) for name, value in meta.items()}
    return {name: value for name, value in hashes.items() if name not in own or name in old}
