"""Markdown's structure by markdown-it-py: in about linear time and bounded memory, whatever stands there."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from .pattern import pattern

if TYPE_CHECKING:  # loading the parser costs more than a command that needs none
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

LONGEST = 1_000_000
"""Characters of one paragraph or cell whose marks are read."""
UNREAD = "unread"
"""The type of the token that stands before the words of a longer one, and of one with more brackets than are read."""
_MAX_LABELS, MAX_LABEL_STEPS = 8, 500_000
"""Link labels in link labels; characters that one text may be searched for their ends, beside four times its length."""
_NOTE = pattern(r"\n(?=\[\^)")
_PICTURE = pattern(r"(data:image/[a-z+.-]{1,20};base64,)[A-Za-z0-9+/=]*+")


def new_parser() -> MarkdownIt:
    """CommonMark with tables."""
    from markdown_it import MarkdownIt, helpers

    # The parser drops what is nested deeper than its limit, silently, so the limit is high. But for each `[` it then
    # looks up to that deep, and to the end of the paragraph, for a `]`: a line of 100,000 `[` took ten seconds.
    def label(state: StateInline, start: int, disableNested: bool = False) -> int:
        spent = state.env.get("labels", 0) > MAX_LABEL_STEPS + 4 * len(state.src)
        if spent or state.level > _MAX_LABELS:
            state.env["spent"] = spent or state.env.get("spent", False)
            return -1
        end = helpers.parseLinkLabel(state, start, disableNested)
        state.env["labels"] = state.env.get("labels", 0) + (end if end >= 0 else state.posMax) - start
        return end

    md = MarkdownIt("commonmark", {"maxNesting": 200}).enable("table")
    vars(md)["helpers"] = SimpleNamespace(**{**vars(helpers), "parseLinkLabel": label})
    return md


def fill(md: MarkdownIt, token: Token, env: dict[str, Any], longest: int = LONGEST) -> None:
    """Read what stands in a paragraph or a cell: `token`, of a parser without "inline", gets its children.

    So no more than one of them need be in memory. What is too long stays words, with a token `unread` before them; of a
    row of footnotes each is looked at by itself, and a picture that is pasted in does not count.
    """
    from markdown_it.token import Token

    long = len(token.content) > longest
    # A small text may not cost as much as a large one: there may be many of them.
    env.setdefault("labels", max(0, MAX_LABEL_STEPS - 100_000 - 4 * env.get("size", MAX_LABEL_STEPS)))
    token.children = []
    for n, piece in enumerate(_NOTE.split(_PICTURE.sub(r"\1", token.content)) if long else (token.content,)):
        made = [Token("softbreak", "br", 0)] if n else []
        if len(piece) <= longest:
            found: list[Token] = []
            made += md.inline.parse(piece, md, env, found)
        else:
            made += _words(piece)
        token.children += made
    if env.pop("spent", False):
        token.children.insert(0, Token(UNREAD, "", 0))


def _words(text: str) -> Iterator[Token]:
    """Tokens of a text whose marks are not read."""
    from markdown_it.token import Token

    yield Token(UNREAD, "", 0)
    for n, line in enumerate(text.split("\n")):
        if n:
            yield Token("softbreak", "br", 0)
        yield Token("text", "", 0, content=line)
