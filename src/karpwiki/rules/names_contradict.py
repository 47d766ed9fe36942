"""Decisions about names that contradict each other.

## What it finds

Two lines of names.txt by one hand, a person's or the model's, that say both `=` and `!=` of the same names: neither
counts. A person's line that parts two names (`A != C`) which others of a person join step by step (`A = B`, `B = C`),
or which are spelled alike: not all of these can count. Two lines of one hand that give one name another title, path,
kind or meaning: only one counts. A person's line against the model's is no contradiction: the person's counts.

## Why it hurts

A decision has no effect, and nobody is told which. Two branches that git merged line by line leave such lines.

## Example

    RAPTOR = RAPTOR index # person
    RAPTOR != RAPTOR index # person

## Fix

None: take out the line that is wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..findings import Finding
from ..homonyms import AT, is_meaning
from ..joins import contradictions
from ..names import key
from ..nouns import Decision
from . import Context

ID, NAME, SEVERITY, FIX = "D003", "names-contradict", "warning", "none"
PATH = "names.txt"
MAX_NAMED = 6
_GIVEN = {"title": "title", "path": "path", "kind": "kind", "=": "meaning"}


def check(ctx: Context) -> Iterator[Finding]:
    if PATH in ctx.wiki.conflicts:  # the lines of both sides: first they must be one file
        return
    direct = contradictions(ctx.wiki.decisions)
    for one, other in direct:
        what = f"{_names(other)} are said to be both = and !=, here and in line {one.line}: neither line counts"
        yield _finding(other, what)
    void = {(_pair(d), d.by) for d, _ in direct}
    persons = [d for d in ctx.wiki.decisions if d.by == "person" and not is_meaning(d) and (_pair(d), d.by) not in void]
    yield from _roundabout([d for d in persons if d.relation == "="], [d for d in persons if d.relation == "!="])
    yield from _twice(ctx.wiki.decisions)


def _finding(line: Decision, what: str) -> Finding:
    return Finding(ID, NAME, "warning", PATH, line.line, what)


def _pair(d: Decision) -> frozenset[str]:
    return frozenset((key(d.name), key(d.value)))


def _names(d: Decision) -> str:
    return f"{d.name[:60]!r} and {d.value[:60]!r}"


def _roundabout(joining: Sequence[Decision], parting: Sequence[Decision]) -> Iterator[Finding]:
    """Names that some lines part and others join in several steps, or that no line can part."""
    tree = _tree(joining) if parting else {}
    for d in parting:
        if key(d.name) == key(d.value):
            yield _finding(d, f"{_names(d)} are one name, spelled otherwise: no line can part them")
        elif (a := tree.get(key(d.name))) and (b := tree.get(key(d.value))) and a.root == b.root:
            yield _finding(d, f"{_names(d)} are two things here, and one thing by {_way(tree, a, b)}")


@dataclass(frozen=True, slots=True)
class _Node:
    """A name in the tree of what lines join."""

    root: str
    above: str
    line: int
    """Of the line that joins it with the name above it."""
    depth: int


def _tree(joining: Sequence[Decision]) -> Mapping[str, _Node]:
    beside: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for d in joining:
        beside[key(d.name)].append((key(d.value), d.line))
        beside[key(d.value)].append((key(d.name), d.line))
    tree: dict[str, _Node] = {}
    for root in beside:
        front = [] if root in tree else [root]
        tree.setdefault(root, _Node(root, "", 0, 0))
        for name in front:  # it grows
            for other, line in beside[name]:
                if other not in tree:
                    tree[other] = _Node(root, name, line, tree[name].depth + 1)
                    front.append(other)
    return tree


def _way(tree: Mapping[str, _Node], a: _Node, b: _Node) -> str:
    """The lines that join two names of one tree, as words."""
    lines: list[int] = []
    while a is not b and len(lines) < MAX_NAMED:
        a, b = (a, b) if a.depth >= b.depth else (b, a)
        lines.append(a.line)
        a = tree[a.above]
    return f"{'' if a is b else 'more than '}the lines {', '.join(map(str, sorted(lines)))}"


def _twice(decisions: Sequence[Decision]) -> Iterator[Finding]:
    """Lines that give one name what an earlier line of the same hand gives it otherwise."""
    given: dict[tuple[str, str, str], Decision] = {}
    for d in decisions:
        what = _GIVEN.get(d.relation, "") if d.relation != "=" or is_meaning(d) else ""
        name, at, path = d.name.rpartition(AT) if what == "meaning" else (d.name, "", "")
        first = given.setdefault((f"{key(name)}{at}{path}", what, d.by), d) if what else d
        same = key(first.value) == key(d.value) if what == "meaning" else first.value == d.value
        if not same:
            told = f"{d.name[:60]!r} has another {what} here, {d.value[:60]!r}, than in line {first.line}"
            yield _finding(d, f"{told}: only one counts")
