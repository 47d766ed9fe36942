"""What the rules of group S share: which lines of a page karpwiki wrote, and which are a person's."""

from __future__ import annotations

from collections.abc import Iterator

from ..frontmatter import split
from ..hands import is_ours, own_values
from ..markdown import catalogue
from ..pattern import pattern
from ..wiki import START, Page
from . import is_index

_KEY = pattern(r"([^\s#\-:][^:]*):")


def our_lines(page: Page) -> frozenset[int]:
    """The lines of a page that karpwiki wrote and nobody changed; links in them may lead elsewhere by now.

    A block's hash leaves out invisible characters and the addresses of links, so these may have been added to it. In
    log.md it cannot be told who wrote a line.
    """
    if is_index(page.path) and START in page.text:
        head, made, _ = catalogue(page.text)
        first = head.count("\n") + 1
        return frozenset(range(first, first + made.count("\n") + 1))
    if page.state is None:
        return frozenset()
    cited = {i for ids in page.state.blocks.values() for i in ids}
    found = {note.line for note in page.footnotes if note.label in cited}
    for block in page.blocks:
        if is_ours(page, block):
            found.update(range(block.line, block.line + block.text.count("\n") + 1))
    own = own_values(page)
    return frozenset(found | {line for line, key in frontmatter_keys(page) if key not in own})


def frontmatter_keys(page: Page) -> Iterator[tuple[int, str]]:
    """Each line of the frontmatter with the key whose value stands on it."""
    key = ""
    for line, text in enumerate(split(page.text)[0].split("\n"), 2):
        found = _KEY.match(text)
        key = found[1].strip() if found else key
        yield line, key
