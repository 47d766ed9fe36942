"""A key that stands twice in the frontmatter.

## What it finds

The second of two equal keys, with what the first one says; also in a mapping inside a value.

## Why it hurts

Readers of YAML do not agree which of them counts: some take the last one in silence, karpwiki and others refuse the
page, which then has no title, type or sources.

## Example

    tags: [memex]
    tags: [hypertext]

## Fix

Safe, where both say the same in the same words, or one of them says nothing: that line is taken out. Otherwise only
the writer knows which one is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..changes import Fix
from ..findings import Finding
from ..wiki import Page
from . import Context
from ._frontmatter import Head, end, head, is_list, is_mapping, shown

if TYPE_CHECKING:
    import yaml

ID, NAME, SEVERITY, FIX = "F004", "duplicate-key", "error", "safe"
_NOTHING = ("", "~", "null", '""', "''", "[]", "{}")


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.pages:
        if not stands_twice(page):
            continue
        found = head(page)
        if found is None:
            yield Finding(ID, NAME, "error", page.path, page.problem_line, page.problem)
        else:
            gone = _lines_to_drop(ctx, page, found)
            for name, first, second in _twice(found.root):
                there, line = found.line(first[0]), found.line(second[0])
                mends = {there, line} & gone
                message = f"{name!r} stands in line {there} too{_compared(found, first[1], second[1])}"
                yield Finding(ID, NAME, "error", page.path, line, message, "safe" if mends else "none")


_Pair = tuple["yaml.Node", "yaml.Node"]


def stands_twice(page: Page) -> bool:
    """Whether this is what the strict reader says of a page; it has composed all of its YAML by then."""
    return page.problem.startswith("the key ") and page.problem.endswith(" stands twice")


def _pairs(node: yaml.Node) -> list[_Pair]:
    """The keys of a mapping that are words, with their values; none of what is no mapping."""
    pairs = node.value if is_mapping(node) else []
    return [pair for pair in pairs if not is_list(pair[0]) and not is_mapping(pair[0])]


def _twice(node: yaml.Node) -> Iterator[tuple[str, _Pair, _Pair]]:
    """(key, its first pair, a later one) of every mapping in a node."""
    seen: dict[str, _Pair] = {}
    for pair in _pairs(node):
        name = pair[0].value
        if name in seen:
            yield name, seen[name], pair
        seen.setdefault(name, pair)
        yield from _twice(pair[1])
    for item in node.value if is_list(node) else ():
        yield from _twice(item)


def _compared(found: Head, first: yaml.Node, second: yaml.Node) -> str:
    there, here = _said(found, first), _said(found, second)
    return ", and says the same there" if there == here else f": {shown(there)} there, {shown(here)} here"


def _said(found: Head, node: yaml.Node) -> str:
    """A value as it is written."""
    return found.text[int(node.start_mark.index) : end(node)].strip()


def _lines_to_drop(ctx: Context, page: Page, found: Head) -> set[int]:
    """The lines of the page that can go since what they say is said by another one of the same key, or is nothing."""
    by_name: dict[str, list[_Pair]] = {}
    for pair in _pairs(found.root):
        by_name.setdefault(pair[0].value, []).append(pair)
    gone = set[int]()
    for pairs in by_name.values():
        words = {_said(found, value) for _, value in pairs} - set(_NOTHING)
        if len(pairs) < 2 or len(words) > 1 or page.path in ctx.wiki.conflicts:
            continue
        kept = next((p for p in pairs if _said(found, p[1]) in words), pairs[0])
        spans = [_span(found, p) for p in pairs if p is not kept]
        if all(spans):
            gone |= {n for lines in spans for n in lines}
    return gone


def _span(found: Head, pair: _Pair) -> range:
    """The lines of the page that a key and its value fill alone; none when something else stands on them."""
    at, last = int(pair[0].start_mark.index), end(pair[1])
    rest = found.text[last:].partition("\n")[0]
    alone = found.text[at - 1 : at] in ("", "\n") and not rest.strip() and not found.root.flow_style
    return range(found.line(pair[0]), found.text.count("\n", 0, last) + 3) if alone else range(0)


def fix(ctx: Context, path: str) -> Fix | None:
    page = ctx.wiki.pages[path]
    found = head(page) if stands_twice(page) else None
    gone = _lines_to_drop(ctx, page, found) if found else set[int]()
    kept = [line for n, line in enumerate(page.text.split("\n"), 1) if n not in gone]
    return Fix({path: "\n".join(kept)}, "keys that stood twice taken out") if gone else None
