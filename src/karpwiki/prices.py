"""What calls cost: tokens from characters before they are made, dollars from a dated list (prices.yaml) and settings.

tokens(text)                   about how many tokens a text is
bill(calls, rates)             what calls will probably take, corrected by what such calls really took
worst(price, prompt, answer)   what one call can cost at most
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from .errors import UsageError

if TYPE_CHECKING:
    from .llm import Request

LETTERS_PER_TOKEN = 3.6
"""Of English and of JSON; a character of Chinese, Japanese or Korean is a token of its own."""
FRAME = 1_000
"""Tokens that a server may add to a prompt: the marks of a message, the words that it puts around a schema."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counts them; `input_tokens` is the uncached rest only."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @property
    def prompt(self) -> int:
        return self.input_tokens + self.cache_read + self.cache_write


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per million tokens. What a prompt cache reads and writes costs like input where nothing else is said."""

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None
    above: tuple[int, Price] | None = None
    """The prices of a call whose prompt is longer than so many tokens."""

    def of(self, usage: Usage) -> float:
        """The dollars of one call."""
        row = self._row(usage.prompt)
        read = row.input if row.cache_read is None else row.cache_read
        write = row.input if row.cache_write is None else row.cache_write
        spent = usage.input_tokens * row.input + usage.cache_read * read + usage.cache_write * write
        return (spent + usage.output_tokens * row.output) / 1e6

    def worst(self, prompt: int, answer: int) -> float:
        """The most that a call of so many tokens can cost."""
        row = self._row(prompt)
        return (prompt * max(row.input, row.cache_write or 0, row.cache_read or 0) + answer * row.output) / 1e6

    def _row(self, prompt: int) -> Price:
        return self.above[1] if self.above and prompt > self.above[0] else self


@dataclass(frozen=True, slots=True)
class Rates:
    """What is known of the cost of calls."""

    prices: Mapping[str, Price] = field(default_factory=dict)
    """By model: those of the settings; for others the list holds."""
    really: Mapping[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    """By model and task: how many times the tokens and the dollars that were expected such calls really took."""
    batch: bool = False
    """At the price of batches."""

    def price(self, model: str) -> Price | None:
        """The price of a model, None when it is not known."""
        return self.prices.get(model) or listed().get(model)

    @property
    def factor(self) -> float:
        return float(_file()["batch"]) if self.batch else 1.0


@dataclass(frozen=True, slots=True)
class Call:
    """The size of one call, in tokens, before it is made."""

    model: str
    task: str
    prompt: int
    answer: int


@dataclass(frozen=True, slots=True)
class Bill:
    """What some calls will probably take."""

    calls: int = 0
    tokens: int = 0
    dollars: float | None = 0.0
    """None: the price of a model is not known."""
    unpriced: tuple[str, ...] = ()
    """The models without a known price."""

    def __add__(self, other: Bill) -> Bill:
        money = None if self.dollars is None or other.dollars is None else self.dollars + other.dollars
        unpriced = tuple(dict.fromkeys((*self.unpriced, *other.unpriced)))
        return Bill(self.calls + other.calls, self.tokens + other.tokens, money, unpriced)


def tokens(text: str) -> int:
    """About how many tokens a text is."""
    wide = sum("㐀" <= c <= "鿿" or "぀" <= c <= "ヿ" or "가" <= c <= "힯" for c in text) if not text.isascii() else 0
    return round((len(text) - wide) / LETTERS_PER_TOKEN + wide)


def expected(model: str, request: Request) -> Call:
    """About how large a call is: its prompt, and an answer as long as such answers are."""
    size = tokens(request.user)
    return Call(model, request.task, tokens(request.system) + size, round(size * answer_ratio(request.task)))


def most(request: Request) -> int:
    """The tokens that a prompt has at most: no token is shorter than a byte."""
    schema = str(request.form.json_schema())
    return sum(len(text.encode(errors="replace")) for text in (request.system, request.user, schema)) + FRAME


def bill(calls: Iterable[Call], rates: Rates) -> Bill:
    """The calls added up."""
    total = Bill()
    for call in calls:
        price = rates.price(call.model)
        more, dearer = rates.really.get((call.model, call.task), (1.0, 1.0))
        money = price.of(Usage(call.prompt, call.answer)) * dearer * rates.factor if price else None
        size = round((call.prompt + call.answer) * more)
        total += Bill(1, size, money, () if price else (call.model,))
    return total


def page_calls(model: str, read: int) -> list[Call]:
    """About the calls for the pages of sources of so many tokens: as many as this repository's own wiki took."""
    row = _file()["pages"]
    n = row["claims"]
    each = Call(model, "page", row["system"] + row["claim"] * n, row["answer"] * n)
    return [each] * (round(read / row["tokens_per_claim"] / n) + 1) if read else []


def answer_ratio(task: str) -> float:
    """Tokens of an answer for each token of the user's part of its prompt."""
    return float(_file()["answers"].get(task, 1.0))


def as_of() -> str:
    """The day of the list of prices."""
    return str(_file()["as_of"])


@lru_cache(maxsize=1)
def listed() -> Mapping[str, Price]:
    """The list of prices, by model."""
    return {name: make_price(name, row) for name, row in _file()["models"].items()}


def make_price(name: str, row: object) -> Price:
    """A price from plain data. Raises UsageError for what is not one."""
    known = {"input", "output", "cache_read", "cache_write", "above"}
    if not isinstance(row, Mapping) or not {"input", "output"} <= row.keys() <= known:
        raise UsageError(
            f"The price of {name} needs input and output, dollars per million tokens, like {{input = 2, output = 10}}; "
            "cache_read, cache_write and above may follow."
        )
    money = {word: value for word, value in row.items() if word != "above"}
    if any(type(value) not in (int, float) or not 0 <= value < 1e6 for value in money.values()):
        raise UsageError(f"The price of {name}: each is a number of dollars per million tokens, 0 or more.")
    above = row.get("above")
    if above is None:
        return Price(**money)
    if not isinstance(above, Mapping) or type(above.get("tokens")) is not int:
        raise UsageError(f"The price of {name}: above needs tokens, the length of the prompt from which it holds.")
    rest = {word: value for word, value in above.items() if word != "tokens"}
    return Price(**money, above=(above["tokens"], make_price(name, rest)))


@lru_cache(maxsize=1)
def _file() -> dict[str, Any]:
    import yaml

    rows: dict[str, Any] = yaml.safe_load(files("karpwiki").joinpath("prices.yaml").read_text("utf-8"))
    return rows
