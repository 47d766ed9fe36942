"""`<!-- karpwiki: allow NAME -->`: a person says that one place is as it should be.

The comment stands at the end of the line that it is about, or on a line of its own before it. In frontmatter it is
written as YAML has comments: `# karpwiki: allow NAME`; on a line of its own there, it is about the page as a whole too.
Several names, or ids such as L001, are parted by commas; a reason may follow behind ` -- `.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .pattern import pattern
from .wiki import Page

MARK = "karpwiki: allow"
_COMMENT = pattern(r"<!--[ \t]*karpwiki: allow ([^<>\n]{1,400}?)[ \t]*-->")
_YAML = pattern(r"(?:^|[ \t])#[ \t]*karpwiki: allow ([^\n]{1,400})$")


@dataclass(frozen=True, slots=True)
class Silence:
    """One place where one rule is silent."""

    path: str
    line: int
    """Of the comment."""
    name: str
    about: int
    """The line that it is about; 0: none follows."""
    of_page: bool = False
    """It is about the page as a whole too."""


def silences(pages: Iterable[Page]) -> Iterator[Silence]:
    """Every place on some pages where a rule is to be silent, in order."""
    for page in pages:
        if MARK in page.text:
            yield from _of(page)


def _of(page: Page) -> Iterator[Silence]:
    lines = page.text.split("\n")
    head = 0
    if lines[0].rstrip() == "---":
        head = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), 0)
    held = [n for n, line in enumerate(lines, 1) if line.strip()]
    for n, line in enumerate(lines):
        pattern = _YAML if 0 < n < head else _COMMENT
        if MARK not in line:
            continue
        after = bisect_right(held, n + 1)
        alone = not pattern.sub("", line).strip(" \t>")
        about = n + 1 if not alone else held[after] if after < len(held) else 0
        for found in pattern.finditer(line):
            for name in filter(None, map(str.strip, found[1].partition(" -- ")[0].split(","))):
                yield Silence(page.path, n + 1, name, about, alone and 0 < n < head)
