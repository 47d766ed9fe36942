"""What the rules share that look at single statements of a page: their words, their line, the claims behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..bundle import counted_as
from ..guests import text_blocks
from ..markdown import RUN, block_hash, unlink
from ..nouns import Claim
from ..pattern import pattern
from ..wiki import CITE, Block, Page
from . import Context

_QUOTED = pattern(r"^[ \t]*>[> ]*", re.M)
_CALLOUT = pattern(r"> \[!\w+\][^\n]*\n?")


@dataclass(frozen=True, slots=True)
class Said:
    """A statement as it stands on a page."""

    line: int
    words: str
    """Without marks, links as their labels."""
    claims: tuple[str, ...]
    """Ids of the claims that it cites."""

    @property
    def shown(self) -> str:
        """Its first words, for a message."""
        return repr(self.words[:60])


def said(block: Block) -> Iterator[Said]:
    """The statements of a block that footnotes follow; of a table each row is one."""
    if block.kind == "table":
        for line, row in list(enumerate(block.text.split("\n"), block.line))[2:]:
            if ids := CITE.findall(row):
                yield Said(line, _plain(RUN.sub("", row)), tuple(dict.fromkeys(ids)))
    elif block.kind in ("paragraph", "item", "quote"):
        head = _CALLOUT.match(block.text)
        at = head.end() if head else 0
        line = block.line + block.text.count("\n", 0, at)
        for run in RUN.finditer(block.text, at):
            words = block.text[at : run.start()]
            line += words.count("\n", 0, len(words) - len(words.lstrip()))
            yield Said(line, _plain(words), tuple(dict.fromkeys(CITE.findall(run.group()))))
            line += words.lstrip().count("\n")
            at = run.end()


def _plain(text: str) -> str:
    from ..compose import words_of  # all that writes pages

    return " ".join(" ".join(words_of(unlink(_QUOTED.sub("", text)).strip("| "))).split())


def written(page: Page) -> Iterator[Said]:
    """The statements that karpwiki wrote in the text of a compiled page, each with all claims that it rests on.

    Quotations are left out: they are one person's words, whatever they rest on.
    """
    ours = page.state.blocks if page.state else {}
    for block in text_blocks(page):
        ids = ours.get(block_hash(block.text)) if block.cites else None
        if ids is not None and (block.kind != "quote" or _CALLOUT.match(block.text)):
            shown = set(block.cites)
            hidden = [i for i in ids if i not in shown]
            yield from (_with(hidden, made) if hidden else made for made in said(block))


def _with(hidden: list[str], made: Said) -> Said:
    """A statement with the claims that its block rests on beyond its footnotes, as far as they may be its own.

    Not shown are claims whose quote is shown already, and those after the fourth.
    """
    from ..marks import MAX_NOTES

    quotes = {i[:8] for i in made.claims}
    more = [i for i in hidden if i[:8] in quotes or len(made.claims) >= MAX_NOTES]
    return replace(made, claims=(*made.claims, *more))


def known(ctx: Context, made: Said) -> list[tuple[str, Claim]]:
    """(path of the source page, claim) of all claims of a statement; none when one of them is gone."""
    found = [ctx.claims[i] for i in made.claims if i in ctx.claims]
    return found if len(found) == len(made.claims) else []


def source_of(ctx: Context, path: str) -> str:
    """What the source of a page counts as: a bundle is one, however many pages it has."""
    return counted_as(ctx.wiki.sources[path])


def credibility(ctx: Context, path: str, claim: Claim) -> str:
    """How far a claim is trusted: as its passage says, else as its source."""
    return claim.basis or ctx.wiki.sources[path].part_of(claim).credibility
