"""Two sides of one source page that hold one digest: linked otherwise, first read on another day, or mended by hand."""

from __future__ import annotations

from .markdown import block_hash, parse, value_hash
from .nouns import Source
from .reconcile import Side, side_of, text_of, values_of
from .sourcepage import parse_source
from .wiki import Page, State

_KEEP = "keep the text of one side, whole"


def reconcile_source(ours: Page, theirs: Page) -> str:
    """The text of the one page. Raises ValueError with the reason when the two sides are not one digest."""
    a, b = side_of(ours), side_of(theirs)
    (one, mine), (two, other) = parse_source(a.page), parse_source(b.page)
    if one is None or two is None:
        raise ValueError("one of its sides is no source page")
    if (two.created, two.updated) < (one.created, one.updated):
        a, b, one, two, mine, other = b, a, two, one, other, mine
    mended = _mended(a, b, one, two)
    taken = {x.cites[0]: x for x in b.page.blocks if x.line in other and x.kind == "item"}
    blocks = [taken[x.cites[0]] if x.line in mine and x.cites and x.cites[0] in mended else x for x in a.page.blocks]
    listed = {**b.state.blocks, **a.state.blocks}
    for n, block in enumerate(b.page.blocks):
        if b.hashes[n] not in {*listed, *a.hashes} and block.line not in other:
            at = {block_hash(x.text): k for k, x in enumerate(blocks)}
            blocks.insert(next((at[h] + 1 for h in reversed(b.hashes[:n]) if h in at), 0), block)
    values, hashes = values_of(a, b)
    there = {block_hash(x.text) for x in blocks}
    state = State(
        by=a.state.by,
        blocks={n: i for n, i in listed.items() if n in there},
        meta=hashes,
        deleted=tuple(sorted({*a.state.deleted, *b.state.deleted})),
        at=a.page.path,
        mended=tuple(sorted({*a.state.mended, *b.state.mended})),
    )
    text = text_of(a, b, blocks, values, state)
    made = parse_source(parse(a.page.path, text))[0]
    if (
        made is None
        or any(c not in (*one.claims, *two.claims) for c in made.claims)
        or len(made.claims) != len(one.claims)
    ):
        raise ValueError("its two sides do not read back as one digest")
    return text


def _mended(a: Side, b: Side, one: Source, two: Source) -> set[str]:
    """The claims whose words the person of side b mended. Raises ValueError when the two digests differ otherwise."""
    for name in ({*a.page.meta} | {*b.page.meta}) - {"created", "updated"}:
        written = (a.state.meta.get(name), b.state.meta.get(name))
        found = {value_hash(s.page.meta.get(name)) for s in (a, b)}
        if len(found) == 2 and found <= {*written}:
            raise ValueError(f"its two sides differ in {name}, which a person changed on neither: {_KEEP}")
    if one.names != two.names or [c.id for c in one.claims] != [c.id for c in two.claims]:
        raise ValueError(f"its two sides hold different claims: {_KEEP}")
    differ = {x.id for x, y in zip(one.claims, two.claims, strict=True) if x != y}
    found = set()
    listed = {**b.state.blocks, **a.state.blocks}
    for i in differ:
        by_hand = [
            [
                x.kind == "item" and x.cites[:1] == (i,) and n not in listed
                for n, x in zip(s.hashes, s.page.blocks, strict=True)
            ]
            for s in (a, b)
        ]
        if any(by_hand[0]) == any(by_hand[1]):
            raise ValueError(f"both sides changed its claim {i}: keep the words of one side")
        found |= {i} if any(by_hand[1]) else set()
    return found
