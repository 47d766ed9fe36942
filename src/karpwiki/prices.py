"""What calls will probably take: tokens from characters, dollars from a dated list (prices.yaml)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

LETTERS_PER_TOKEN = 3.6
"""Of English and of JSON; a character of Chinese, Japanese or Korean is a token of its own."""


@dataclass(frozen=True, slots=True)
class Call:
    """The size of one call, in tokens, before it is made."""

    prompt: int
    answer: int


@dataclass(frozen=True, slots=True)
class Bill:
    """What some calls will probably take."""

    calls: int = 0
    tokens: int = 0
    dollars: float | None = None
    """None: the model's price is not known, or it is free."""

    def __add__(self, other: Bill) -> Bill:
        known = self.dollars is not None and other.dollars is not None
        money = (self.dollars or 0.0) + (other.dollars or 0.0) if known else None
        return Bill(self.calls + other.calls, self.tokens + other.tokens, money)


def tokens(text: str) -> int:
    """About how many tokens a text is."""
    wide = sum("㐀" <= c <= "鿿" or "぀" <= c <= "ヿ" or "가" <= c <= "힯" for c in text) if not text.isascii() else 0
    return round((len(text) - wide) / LETTERS_PER_TOKEN + wide)


def bill(model: str, calls: Iterable[Call]) -> Bill:
    """The calls added up, at the list price of a model."""
    price = _list()["models"].get(model)
    made = list(calls)
    money = sum(_dollars(price, call) for call in made) if price else None
    return Bill(len(made), sum(c.prompt + c.answer for c in made), money)


def _dollars(price: dict[str, Any], call: Call) -> float:
    above = price.get("above")
    row = above if above and call.prompt > above["tokens"] else price
    return float(call.prompt * row["input"] + call.answer * row["output"]) / 1e6


@lru_cache(maxsize=1)
def _list() -> dict[str, Any]:
    import yaml

    rows: dict[str, Any] = yaml.safe_load(files("karpwiki").joinpath("prices.yaml").read_text("utf-8"))
    return rows
