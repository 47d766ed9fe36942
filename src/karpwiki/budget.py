"""A limit in dollars for one run. A call is made only when the most that it can cost is still there.

taken = budget.take(model, request)    # what is set aside, and the request with as long an answer as is affordable
budget.settle(taken, dollars)          # what it really cost
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from .errors import OverBudget
from .llm import Request
from .prices import Rates, answer_ratio, most, tokens

UNPRICED = (
    "The price of {name} is not known, so a limit of ${limit:.2f} cannot be kept. Say what it costs in karpwiki.toml, "
    '[prices] "{name}" = {{input = 0, output = 0}} (dollars per million tokens), or say --yes.'
)
LEAST = 1_000
"""Tokens of an answer, besides twice what is expected, below which a call would hardly be worth its price."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What is set aside for one call."""

    request: Request
    dollars: float
    cut: bool = False
    """Whether its answer may be shorter than was asked for, for want of money."""
    is_counted: bool = False
    """Whether the limit is kept for it: its price is known, and there is a limit."""


class Budget:
    """The money of one run. One thread uses it."""

    def __init__(self, limit: float = math.inf, rates: Rates | None = None, unpriced: bool = True) -> None:
        """`unpriced`: whether models without a known price may be asked; for those no limit can be kept."""
        self.limit, self.rates, self.unpriced = limit, rates or Rates(), unpriced
        self.spent = self.aside = 0.0
        self._open = 0

    @property
    def left(self) -> float:
        return max(0.0, self.limit - self.spent - self.aside)

    def take(self, model: str, request: Request, sharing: int = 1) -> Taken | None:
        """Set aside what a call costs at worst. None: it must wait until another one is settled.

        Of what is left, a call takes its share among `sharing` that could be made now, if an answer of usual length can
        be paid from that; then its answer may be shorter than was asked for. Raises OverBudget when it could not be
        paid with all that is left, or when the price is not known and nobody agreed to that.
        """
        price = self.rates.price(model)
        if price is None and not self.unpriced and not math.isinf(self.limit):
            raise OverBudget(UNPRICED.format(name=model, limit=self.limit))
        if price is None or math.isinf(self.limit):
            return Taken(request, 0.0)
        prompt = most(request)
        base = price.worst(prompt, 0) * self.rates.factor
        each = price.worst(prompt, 1_000_000) * self.rates.factor / 1e6 - base / 1e6
        least = min(request.max_tokens, round(2 * tokens(request.user) * answer_ratio(request.task)) + LEAST)
        if base + least * each > self.left:
            if not self._open:
                raise OverBudget(
                    f"Its call may cost ${base + least * each:.2f}, and ${self.left:.2f} of the limit of "
                    f"${self.limit:.2f} is left. Run the command again, or say --max-cost with more."
                )
            return None
        share = max(base + least * each, self.left / sharing)
        longest = min(request.max_tokens, int((share - base) / each)) if each else request.max_tokens
        self.aside += base + longest * each
        self._open += 1
        shorter = longest < request.max_tokens
        return Taken(replace(request, max_tokens=longest), base + longest * each, shorter, is_counted=True)

    def settle(self, taken: Taken, dollars: float) -> None:
        """Replace what was set aside by what was paid."""
        self._open -= taken.is_counted
        # What is left over when nothing is open is an error of rounding.
        self.aside = self.aside - taken.dollars if self._open else 0.0
        self.spent += dollars
