"""What the rules share that compare the figures of claims: one attribute of one subject, by date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from ..ground import is_date, numbers
from ..names import key
from ..nouns import Claim, Source
from ..pattern import pattern
from . import Context

_PERCENT = frozenset({"%", "pct", "percent", "per cent", "percentage", "百分比"})
_PLURAL = pattern(r"(?:(?<=[a-z]{2})(ie)|(?<=[xz])e|(?<=[cs]h)e|(?<=ss)e|(?<=[a-z]{2}))s\b")
MAX_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Stated:
    """A figure of a claim."""

    claim: Claim
    source: Source
    attribute: str
    value: str
    unit: str
    number: str
    """The one number of its value."""

    @property
    def when(self) -> str:
        """The date for which it holds: its own, else that of its source; ''."""
        date = self.claim.as_of or self.source.date_of(self.claim)
        return date if is_date(date) else ""

    @property
    def shown(self) -> str:
        """The value for a message."""
        return " ".join(filter(None, (self.value, self.unit)))[:60]


def stated(ctx: Context) -> Iterator[Sequence[Stated]]:
    """The figures that give one attribute of one subject in one unit, where two or more claims have some.

    The subject is the claim's first one. Values that are not one number are passed over.
    """
    having = sorted(i for i, (_, claim) in ctx.claims.items() if claim.figures)
    if len(having) < 2 or not ctx.is_settled:
        return
    names, found = ctx.ground.frame.names, defaultdict[tuple[str, str, str], list[Stated]](list)
    for i in (i for i in having if names.about.get(i)):
        claim, source = names.claims[i]
        for figure in claim.figures:
            if number := _number(figure.value):
                where = (names.about[i][0].slug, key(figure.attribute), _unit(figure.unit))
                found[where].append(Stated(claim, source, figure.attribute, figure.value, figure.unit, number))
    for _, group in sorted(found.items()):
        if len({s.claim.id for s in group}) > 1:
            yield group


def _number(value: str) -> str:
    """The one number of a value; '' when it has none, several, or a very long one."""
    found = list(numbers(value))
    return found[0] if len(found) == 1 and len(found[0]) <= MAX_DIGITS and found[0].isascii() else ""


def _unit(unit: str) -> str:
    """A unit without regard to its number: `site` and `sites`, `box` and `boxes`, `%` and `percent`."""
    folded = key(unit) if unit else ""
    return "percent" if folded in _PERCENT else _PLURAL.sub(lambda m: "y" if m[1] else "", folded)


def differ(a: Stated, b: Stated) -> bool:
    """Whether two figures say different things: neither is the other one rounded."""
    one, other = Decimal(a.number), Decimal(b.number)
    return one != other and not _rounds(one, other) and not _rounds(other, one)


def _rounds(exact: Decimal, rough: Decimal) -> bool:
    """Whether a number is another one with fewer digits: 62 of 62.4, 844,000 of 843,921. 2,000 is not 1,952."""
    _, digits, least = rough.normalize().as_tuple()
    apart = abs(exact - rough)
    if not isinstance(least, int) or (len(digits) < 2 and least > 0 and apart * 100 > rough):
        return False
    return apart <= Decimal(5).scaleb(least - 1)


def is_newer(a: str, b: str) -> bool:
    """Whether one date comes after another, as far as both say it: 2026-05 does not come after 2026."""
    n = min(len(a), len(b))
    return a[:n] > b[:n]


@dataclass(frozen=True)
class Around:
    """What stands beside the claims today, worked out when a rule first asks."""

    ctx: Context

    @cached_property
    def tensions(self) -> Mapping[str, set[str]]:
        """Claim id → the claims that stand in a tension with it, also those that a compile would set beside it."""
        found: dict[str, set[str]] = defaultdict(set)
        for t in self.ctx.built.tensions:
            found[t.first].add(t.second)
            found[t.second].add(t.first)
        return found

    @cached_property
    def planned(self) -> frozenset[str]:
        """The pages that a compile would make again."""
        return frozenset(step.path for step in self.ctx.ground.plan.steps)
