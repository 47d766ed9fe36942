"""Two sides of one page as one page, from which a compile makes it again.

What either person wrote is kept, what either deleted stays away; what code wrote only tells where their words stand.
Git joins the sides by itself outside a conflict, so the text of one may hold what only the other's state lists: what
karpwiki wrote is what either lists.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import Any

from .frontmatter import render
from .markdown import block_hash, join, parse, value_hash
from .pattern import pattern
from .state import render_state
from .wiki import CITE, Block, Footnote, Page, State

_ROW = pattern(r"\| \S.* \| [\d-]* ?\| (?:primary|secondary|inferred) \| \d+ \|")
_STATUS = pattern(r"^> Status: ?(.*)$", re.M)
_ITEM = pattern(r"[-*+] |\d{1,9}[.)] ")
MAX_WORK = 100_000_000


@dataclass(frozen=True)
class Side:
    """One side of a page, with what it tells about the other."""

    page: Page

    @cached_property
    def state(self) -> State:
        """On a page that karpwiki never wrote, all is by hand."""
        return self.page.state or State()

    @cached_property
    def hashes(self) -> list[str]:
        return [block_hash(b.text) for b in self.page.blocks]

    @cached_property
    def known(self) -> frozenset[str]:
        """The claims that karpwiki made this side from."""
        return frozenset(
            {i for ids in self.state.blocks.values() for i in ids} | {*self.state.left, *self.state.deleted}
        )


def side_of(page: Page) -> Side:
    """A page as one side. Raises ValueError when it cannot be read."""
    if page.problem or page.text.count("\n<!-- karpwiki ") > 1:
        raise ValueError(page.problem or "a side has two comments of karpwiki's")
    return Side(page)


def reconcile(ours: Page, theirs: Page) -> str:
    """A compiled page, or the overview, of both sides. Raises ValueError when what a person wrote cannot be told."""
    a, b = side_of(ours), side_of(theirs)
    listed = {**b.state.blocks, **a.state.blocks}
    gone = _gone(a, b) | _gone(b, a)
    rows = [(n, x) for n, x in _together(a, b) if n not in gone and not (n not in listed and _is_made(x, a, b))]
    dead = _dead(a, b, [x for n, x in rows if n not in listed], {i for n in gone for i in listed[n]})
    rows = [(n, x) for n, x in rows if n not in listed or not x.cites or not dead >= set(x.cites)]
    good = _made_from_all(a, b, gone, dead)
    if good:
        rows = [(n, x) for n, x in rows if n not in listed or n in good.state.blocks or is_tension(x)]
    else:  # the page is phrased anew: a deleted statement must not live on in what the other side made of it
        rows = [(n, x) for n, x in rows if n not in listed or is_tension(x) or not dead & set(x.cites)]
    there = {n for n, _ in rows} | gone
    base = (good or a).state
    values, hashes = values_of(a, b)
    state = State(
        origin=base.origin if good else "",
        by=base.by,
        blocks={n: ids for n, ids in listed.items() if n in there},
        meta=hashes | _tension_hashes(a, b),
        left=base.left if good else (),
        deleted=tuple(sorted(dead)),
        at=a.page.path if a.page.path in (a.state.at, b.state.at) else a.state.at or b.state.at,
        unpolished=base.unpolished if good else "",
    )
    return text_of(a, b, [x for _, x in rows], values, state)


def both(ours: str, theirs: str) -> str:
    """Two texts as one: equal lines once; where they differ ours, then theirs."""
    out: list[str] = []
    mine, other = ours.split("\n"), theirs.split("\n")
    for tag, i, j, k, m in _opcodes(mine, other):
        out += mine[i:j]
        if tag != "equal":
            if j > i and m > k and mine[j - 1].strip() and other[k].strip() and not _ITEM.match(other[k]):
                out.append("")  # or two paragraphs become one
            out += other[k:m]
    return "\n".join(out)


def is_tension(block: Block) -> bool:
    """Whether a block is the callout of a tension."""
    return block.text.startswith("> [!warning] Tension:") and len(block.cites) > 1


def _together(a: Side, b: Side) -> list[tuple[str, Block]]:
    """The blocks of both sides with their hashes: shared ones once; where the sides differ ours, then theirs.

    Words by hand that begin such a place stand first, next to the block that they follow.
    """
    out: list[tuple[str, Block]] = []
    mine, listed = set(a.hashes), {*a.state.blocks, *b.state.blocks}
    for tag, i, j, k, m in _opcodes(a.hashes, b.hashes):
        ours = list(zip(a.hashes[i:j], a.page.blocks[i:j], strict=True))
        theirs = list(zip(b.hashes[k:m], b.page.blocks[k:m], strict=True))
        if tag == "equal":
            out += [(n, _edited(a, b, x, y)) for (n, x), (_, y) in zip(ours, theirs, strict=True)]
            continue
        theirs = [(n, y) for n, y in theirs if n not in mine]
        first, second = (list(takewhile(lambda row: row[0] not in listed, rows)) for rows in (ours, theirs))
        out += first + second + ours[len(first) :] + theirs[len(second) :]
    return out


def _gone(side: Side, other: Side) -> set[str]:
    """The blocks that the person of this side deleted or changed.

    They are listed and not in its text. What code wrote may be missing too, where git took the other side's new text:
    but then the other side knows its claims, and what it still has stands elsewhere. Where git joined the two lists
    into one, what only the other side has may be new there, and is no sign.
    """
    there = {n: k for k, n in reversed(list(enumerate(side.hashes)))}
    next_one = len(side.hashes)
    order = list(side.state.blocks)
    gaps = _gaps(side, other)
    last, following = -1, dict[str, int]()
    for name in reversed(order):
        following[name] = next_one
        next_one = there.get(name, next_one)
    found = set()
    for name in order:
        if name in there:
            last = there[name]
            continue
        if name not in other.state.blocks:
            lost = not set(side.state.blocks[name]) <= other.known
        elif name not in other.hashes:
            lost = True
        elif side.state.blocks == other.state.blocks:
            lost = False
        else:
            # Whether a block of the other side stands where this one has a gap.
            lost = name in gaps and gaps[name][0] <= following[name] and gaps[name][1] >= last + 1
        if lost:
            found.add(name)
    return found


def _gaps(side: Side, other: Side) -> dict[str, tuple[int, int]]:
    """Hash of a block that only the other side has → the blocks of this one between which it would stand."""
    found: dict[str, tuple[int, int]] = {}
    for tag, i, j, k, m in _opcodes(side.hashes, other.hashes):
        for name in other.hashes[k:m] if tag != "equal" else ():
            found.setdefault(name, (i, j))
    return found


def _opcodes(one: Sequence[str], two: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    """What makes of one row of words another one. Raises ValueError when they are too long and too much alike.

    It takes as long as they have pairs of equal words, once more for each place where they differ.
    """
    same = list(takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False)))
    rest = min(len(one), len(two)) - len(same)
    tail = list(takewhile(lambda n: one[-n] == two[-n], range(1, rest + 1)))
    counts = Counter(two)
    if (rest - len(tail) + 1) * sum(counts[word] for word in one) > MAX_WORK:
        raise ValueError("its two sides are too long to be brought together: choose what stays")
    from difflib import SequenceMatcher

    return SequenceMatcher(None, one, two, autojunk=False).get_opcodes()


def _is_made(block: Block, a: Side, b: Side) -> bool:
    """Whether a block that neither side lists is code's: a table that git joined row by row."""
    if block.kind != "table":
        return False
    head, rule, *rows = block.text.split("\n")
    if head == "| Source | Date | Credibility | Claims |" and all(map(_ROW.fullmatch, rows)):
        return True
    for side in (a, b):
        mine = [row for row in rows if side.known >= set(CITE.findall(row))]
        if block_hash("\n".join([head, rule, *mine])) not in side.state.blocks:
            return False
    return True


def _dead(a: Side, b: Side, hands: Iterable[Block], lost: set[str]) -> set[str]:
    """The claims whose statement a person deleted, but for those that words by hand or both sides cite."""
    shown = [{i for x in s.page.blocks for i in x.cites} for s in (a, b)]
    dead = {*a.state.deleted, *b.state.deleted} | (lost - (shown[0] & shown[1]))
    return dead - {i for x in hands for i in x.cites}


def _made_from_all(a: Side, b: Side, gone: set[str], dead: set[str]) -> Side | None:
    """The side whose text stands whole and that was made from all claims of the other; None: neither was."""
    for side, other in ((a, b), (b, a)):
        rows = [(n, set(ids)) for n, ids in side.state.blocks.items() if ids and n not in gone and not dead >= set(ids)]
        whole = all(n in side.hashes and not dead & ids for n, ids in rows)
        if side.state.origin and side.known >= other.known and whole:
            return side
    return None


# Tensions, frontmatter, footnotes


def _status(block: Block) -> str:
    found = _STATUS.search(block.text)
    return found[1] if found else ""


def _edited(a: Side, b: Side, mine: Block, other: Block) -> Block:
    """One of two equal blocks: of a tension the one whose status a person edited, else the one not open any more."""
    if not is_tension(mine) or _status(mine) == _status(other):
        return mine
    word = "tension." + ".".join(sorted(mine.cites[:2]))
    opened = value_hash("open")
    by_hand = [s.state.meta.get(word, opened) != value_hash(_status(x)) for s, x in ((a, mine), (b, other))]
    if by_hand[0] != by_hand[1]:
        return mine if by_hand[0] else other
    return other if _status(mine) == "open" else mine


def _tension_hashes(a: Side, b: Side) -> dict[str, str]:
    """The statuses that karpwiki wrote. Where the sides differ, `open`: the one that is kept counts as edited."""
    words = [w for w in dict.fromkeys((*a.state.meta, *b.state.meta)) if w.startswith("tension.")]
    pairs = {w: (a.state.meta.get(w), b.state.meta.get(w)) for w in words}
    return {w: x or y or "" if x == y or not (x and y) else value_hash("open") for w, (x, y) in pairs.items()}


def values_of(a: Side, b: Side) -> tuple[dict[str, Any], dict[str, str]]:
    """The frontmatter, and the hashes of what karpwiki wrote there: a value that neither state lists is a person's."""
    values: dict[str, Any] = {}
    hashes: dict[str, str] = {}
    for name in dict.fromkeys((*a.page.meta, *b.page.meta)):
        written = [h for s in (a, b) if (h := s.state.meta.get(name))]
        found = [s.page.meta[name] for s in (a, b) if name in s.page.meta]
        own = [v for v in found if value_hash(v) not in written]
        if len(own) == 2 and value_hash(own[0]) != value_hash(own[1]):
            if not all(isinstance(v, list) for v in own):
                raise ValueError(f"both sides changed {name} by hand: choose one")
            own = [[*own[0], *(v for v in own[1] if v not in own[0])]]
        values[name] = (own or found)[0]
        if written or not own:
            hashes[name] = written[0] if own else value_hash(found[0])
    return values, hashes


def _notes(a: Side, b: Side) -> tuple[list[Footnote], dict[str, str]]:
    """The footnotes of both sides, and new labels for those of theirs whose label ours gives to other words."""
    notes = {n.label: n for n in a.page.footnotes}
    renamed: dict[str, str] = {}
    known = a.known | b.known
    for note in b.page.footnotes:
        label = note.label
        if label in notes and notes[label].text != note.text and label not in known:
            while label in notes:
                label += "b"
            renamed[note.label] = label
        notes.setdefault(label, note._replace(label=label))
    return list(notes.values()), renamed


def text_of(a: Side, b: Side, blocks: Sequence[Block], values: Mapping[str, Any], state: State) -> str:
    """The page's file. Raises ValueError when it would not read back as these blocks."""
    notes, renamed = _notes(a, b)
    theirs = {y.text for y in b.page.blocks} - {x.text for x in a.page.blocks}
    shown = [_relabelled(x.text, renamed) if x.text in theirs else x.text for x in blocks]
    definitions = "\n".join(f"[^{n.label}]: {n.text}" for n in notes)
    body = "\n\n".join(filter(None, (join(shown).rstrip("\n"), definitions)))
    text = f"{render(values)}\n{body}\n\n{render_state(state)}"
    by_hand = both(a.page.notes, b.page.notes)
    text += ("\n" if by_hand and not by_hand.startswith("\n") else "") + by_hand
    if [x.text for x in parse(a.page.path, text).blocks] != shown:
        raise ValueError("what was written on the two sides does not stand side by side")
    return text


def _relabelled(text: str, renamed: Mapping[str, str]) -> str:
    return CITE.sub(lambda m: f"[^{renamed.get(m[1], m[1])}]", text) if renamed else text
