"""A page whose words name another page without a link to it.

## What it finds

In paragraphs, lists and tables that a person wrote: the title or an alias of one other page about a subject, where
the page links that one nowhere. A short name counts only as it is written (`RAG`, not `rag`); one of less than two
capitals, four letters or three Chinese characters, and one that several pages have, does not count. Off by itself:
not every name is to be a link.

## Why it hurts

The reader does not learn that there is a page, and the other page looks less used than it is.

## Example

    The memex kept trails.        <!-- there is memex.md, and no link to it on this page -->

## Fix

None: put the brackets where they help, `[[memex]]`. In its own text karpwiki links by itself what its claims are about.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ..findings import Finding
from ..hands import is_ours
from ..markdown import parse
from ..names import CJK
from ..pattern import pattern
from ..wiki import Block, Page
from . import Context, aliases, is_service
from ._frontmatter import is_source

ID, NAME, SEVERITY, FIX = "L007", "unlinked-mention", "info", "none"
ON = False
MAX_NAME = 100
_KINDS = ("paragraph", "item", "table")
_WORD = pattern(rf"[^\W{CJK}]+")
_HAN = pattern(f"[{CJK}]")
_STEP = pattern(rf"([^\W{CJK}]+)|[{CJK}]")
_UNREAD = pattern(
    r"`[^`\n]{0,300}`|!?\[\[[^\[\]\n]{0,300}\]\]|!?\[[^\[\]\n]{0,300}\]\([^()\n]{0,300}\)|<[^<>\n]{0,300}>|https?://\S+"
)


@dataclass(frozen=True, slots=True)
class _Name:
    """A name that may be mentioned, and the page that has it."""

    text: str
    path: str
    exact: bool
    """Whether it counts only as it is written."""


_Names = Mapping[str, Mapping[int, Mapping[str, _Name]]]
"""What a name begins with (a word, or two characters of Chinese) → its length, the longest first → in lower case."""


def check(ctx: Context) -> Iterator[Finding]:
    names = _names(ctx)
    for page in ctx.pages if names else ():
        if is_service(page.path):
            continue
        told = set[str]()
        for block in (*page.blocks, *_of_notes(names, page)):
            if block.kind not in _KINDS or not _may_name(names, block.text):
                continue
            words = _UNREAD.sub(lambda m: "\0" * len(m[0]), block.text)
            for name, at in _mentions(names, words):
                if name.path in told or name.path == page.path or is_ours(page, block):
                    continue
                told = told or _linked(ctx, page)
                if name.path not in told:
                    told.add(name.path)
                    said = words[at : at + len(name.text)]
                    line = block.line + words.count("\n", 0, at)
                    message = f"{said!r} is a name of {name.path}, which the page does not link"
                    yield Finding(ID, NAME, "info", page.path, line, message)


def _names(ctx: Context) -> _Names:
    """The names that one page alone has."""
    owners: dict[str, dict[str, str]] = defaultdict(dict)
    for page in ctx.pages:
        if not is_source(ctx, page) and not is_service(page.path):
            for name in (page.title, *aliases(page)):
                if _counts(name):
                    owners[name.casefold()].setdefault(page.path, name)
    found: dict[str, dict[int, dict[str, _Name]]] = defaultdict(lambda: defaultdict(dict))
    for folded, spelled in owners.items():
        (path, text), *others = spelled.items()
        begin = None if others else _STEP.match(text)
        if begin:
            found[_beginning(text, begin)][len(text)][folded] = _Name(text, path, len(text) < 4 or text.isupper())
    return {begin: dict(sorted(by_length.items(), reverse=True)) for begin, by_length in found.items()}


def _counts(name: str) -> bool:
    """Whether a name is long enough to mean its page wherever it stands."""
    if not _STEP.match(name) or len(name) > MAX_NAME:
        return False
    if _HAN.search(name):
        return len(name) > 2
    return sum(c.isalpha() for c in name) > 3 or (len(name) > 1 and name.isupper())


def _beginning(words: str, step: re.Match[str]) -> str:
    """What a name that stands here is looked up by."""
    return step[1].casefold() if step[1] else words[step.start() : step.start() + 2]


def _may_name(names: _Names, words: str) -> bool:
    """Whether any name may stand in some words: a cheap test."""
    return not names.keys().isdisjoint(map(str.casefold, _WORD.findall(words))) or any(
        words[m.start() : m.start() + 2] in names for m in _HAN.finditer(words)
    )


def _mentions(names: _Names, words: str) -> Iterator[tuple[_Name, int]]:
    """Names in some words with where they stand; inside a longer name no shorter one."""
    free = 0
    for step in _STEP.finditer(words):
        at = step.start()
        near = names.get(_beginning(words, step)) if at >= free else None
        found = _at(near, words, at) if near else None
        if found:
            free = at + len(found.text)
            yield found, at


def _at(near: Mapping[int, Mapping[str, _Name]], words: str, at: int) -> _Name | None:
    """The longest name that stands at a place and ends where a word does."""
    for length, names in near.items():
        there = words[at : at + length]
        name = names.get(there.casefold())
        if name and (there == name.text or not name.exact):
            after = words[at + length : at + length + 1]
            if not (_WORD.match(there[-1]) and _WORD.match(after)):
                return name
    return None


def _of_notes(names: _Names, page: Page) -> Iterator[Block]:
    """The blocks of a person's notes, which a page keeps as one text."""
    if page.notes and _may_name(names, page.notes):
        above = page.text.count("\n") - page.notes.count("\n")
        # As another heading, or they would be notes again and have no blocks.
        for block in parse("", page.notes.replace("## Notes", "## notes")).blocks:
            yield replace(block, line=block.line + above)


def _linked(ctx: Context, page: Page) -> set[str]:
    """The page itself and the pages that it links."""
    return {page.path, *(path for link in page.links for path in ctx.resolver.targets(link, page.path))}
