"""What code sets after a statement: how sure it is, whose words it is, on what it rests, and its footnotes.

A model may drop a hedge or an owner as it phrases; here they come back, from the claims: what only hedged claims carry
is marked so unless its words show it, and so is what somebody said, and what rests on inferred or second-hand claims.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .bundle import counted_as
from .hedges import HEDGES, HEDGES_ZH
from .inert import escape
from .names import CJK, key
from .nouns import Claim
from .pattern import pattern
from .resolve import Names

MAX_NOTES = 4
_HEDGED = pattern(
    r"\b(?:will|would|could|should|may|about|around|nearly|almost|approximately|expect|predict|forecast|believ|think|"
    r"thought|hop(?:e|ing)|fear|plan|intend|suggest|suppos|assum|suspect|doubt|claim|estimat|guess|project|argue|"
    + "|".join(sorted(HEDGES))
    + r")|[将约]|左右|认为|相信|希望|担心|计划|打算|怀疑|"
    + "|".join(HEDGES_ZH),
    re.I,
)
HAN = pattern(f"[{CJK}]")
_RANK = ("primary", "secondary", "inferred")
_PART = r"(?:hedged|secondary|inferred|said by [^;()]+|\d+ sources)"
MARKS = pattern(rf" \({_PART}(?:; {_PART})*\)$")
"""The marks at the end of a statement's words, as code wrote them."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What follows the statements of one page."""

    names: Names
    primary: bool = False
    """Whether the page has a primary claim: then a statement that rests on none is marked."""

    def after(self, words: str, claims: Sequence[str]) -> str:
        """What follows the words of a statement: its marks, and at most four footnotes.

        Of claims that one quote carries the first footnote is shown: the reader would see the same words twice.
        """
        found = [self.names.claims[i] for i in claims if i in self.names.claims]
        sources = {counted_as(source) for _, source in found}
        said = self._said_by([claim for claim, _ in found], words)
        basis = min((_rank(c.basis or s.part_of(c).credibility) for c, s in found), default=0)
        parts = {
            "hedged": bool(found) and all(c.voice == "hedged" for c, _ in found) and not _HEDGED.search(words),
            f"said by {said}": bool(said),
            _RANK[basis]: basis == 2 or (basis == 1 and self.primary),
            f"{len(sources)} sources": len(sources) >= 3,
        }
        told = "; ".join(part for part, holds in parts.items() if holds)
        quotes = {(c.quote.path, c.quote.text): c.id for c, _ in reversed(found)}
        shown = [i for i in claims if i in quotes.values()]
        return (f" ({told})" if told else "") + "".join(f"[^{i}]" for i in shown[:MAX_NOTES])

    def _said_by(self, claims: Sequence[Claim], words: str) -> str:
        """Whose words all of the claims are, when the statement does not name them; '' otherwise."""
        owners = {c.said_by for c in claims if c.voice == "quoted"}
        owner = min(owners, default="")
        if len(owners) != 1 or not owner or any(c.voice != "quoted" for c in claims):
            return ""
        subject = self.names.subjects.get(key(owner))
        forms = subject.names if subject else (owner,)
        shown = subject.title if subject else owner
        # A name in a script that the page is not written in would be noise: its quote is a footnote away.
        foreign = bool(HAN.search(shown)) != bool(HAN.search(words))
        return "" if foreign or any(_stands(form, words) for form in forms) else re.sub(r"[;()]", ",", escape(shown))


def _stands(name: str, words: str) -> bool:
    """Whether words name somebody: by the whole name or, in Latin letters, by a word of it."""
    if HAN.search(name):
        return key(name) in key(words)
    said = set(key(words).split())
    return any(part in said for part in key(name).split() if len(part) > 2)


def _rank(basis: str) -> int:
    return _RANK.index(basis) if basis in _RANK else 1
