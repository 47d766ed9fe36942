"""What rules look for in the text of one page: first fast, by what most pages do not have, then as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ..commonmark import fill, new_parser
from ..frontmatter import split
from ..pattern import pattern
from ..wiki import Page

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MAX_PASSAGE = 100_000
"""Characters of a paragraph or a cell that are looked at for what stands in them; active-code tells of longer ones."""
# Each level takes a mark, or two columns of those above it.
_DEEP = pattern(rb"\n([ \t>*+.)0-9-]{8,})")
DEEP, LARGE = "DEEP", "LARGE"
"""Marks that are no words: some line may open eight levels or more; the text has more than so many characters."""
MAX_SMALL = 16_000
BLANK = rb"[\t-\r\x1c-\x20\x80-\xff]"
"""What may be white space in a text as UTF-8: there is some beyond ASCII, and it is not looked at here."""
# What a pattern that heeds no case takes for letters of ASCII.
_FOLDED = "\u017f\u212a\u0130\u0131"
_ASCII = str.maketrans(_FOLDED, "skii")
_PRINTED = bytes(range(0x20, 0x7F)) + b"\n\t"


class Screen(NamedTuple):
    """A text as it is searched fast: by what most pages do not have."""

    small: bytes
    """As UTF-8, in small letters as far as ASCII goes."""
    beyond: str
    """Its characters that are no printable ASCII, in order, without line feeds and tabs."""
    deep: Sequence[str]
    """What its lines begin with that may open eight levels or more."""


_last: list[tuple[str, Screen]] = []
"""The text that was asked for last: to look it up by its hash would take as long as a rule."""


def screen(text: str) -> Screen:
    """What many rules search in the text of one page."""
    if not _last or _last[0][0] is not text:
        small = text.encode("utf-8", "surrogatepass").lower()
        beyond = small.translate(None, _PRINTED).decode("utf-8", "surrogatepass")
        if any(map(beyond.__contains__, _FOLDED)):
            small = text.translate(_ASCII).encode("utf-8", "surrogatepass").lower()
        deep = [begin.decode("ascii") for begin in _DEEP.findall(b"\n" + small)]
        _last[:] = [(text, Screen(small, beyond, deep))]
    return _last[0][1]


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return new_parser().disable(["reference", "inline"])


def tokens(page: Page) -> Iterator[tuple[Token, int]]:
    """What Markdown makes of a whole page (a person's notes too), each token with its line, inline ones included."""
    _, body, skipped = split(page.text)
    env: dict[str, Any] = {"size": len(body)}
    for token in _parser().parse(body):
        line = skipped + (token.map[0] if token.map else 0) + 1
        if token.type == "inline":
            fill(_parser(), token, env, MAX_PASSAGE)
        yield token, line
        children, token.children = token.children or (), None
        for child in children:
            yield child, line
            line += child.type in ("softbreak", "hardbreak")
