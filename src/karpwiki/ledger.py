"""`.karpwiki/costs.jsonl`: one line for each call that was paid for, and for each answer that was not paid for again.

The file only grows; a line that cannot be read is passed over. Deleting it loses the past, no more.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from .llm import Reply, Request
from .prices import Rates, Usage, expected
from .write import append_line

FILE = "costs.jsonl"
CACHED, ANSWERED = "cached", "answered"
ENOUGH = 3
"""Calls of a kind from which what they took corrects what is expected of the next."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger."""

    time: str
    """When the answer was there, UTC, like 2026-11-21T07:51:56Z."""
    task: str
    subject: str
    """A raw path, with ` (part 2 of 3)`, or a page's title."""
    model: str
    outcome: str
    """`answered`, `cached` (nothing was paid: the tokens are those that were saved), or the name of an error."""
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read: int = 0
    cache_write: int = 0
    dollars: float | None = None
    """None: the price was not known."""
    about_in: int = 0
    about_out: int = 0
    """What was expected of its prompt and its answer, in tokens."""
    batch: bool = False
    seconds: float = 0.0
    key: str = ""
    """Of the request, in the answer cache."""

    @property
    def usage(self) -> Usage:
        return Usage(self.input_tokens, self.output_tokens, self.cache_read, self.cache_write)

    @property
    def paid(self) -> bool:
        return self.outcome != CACHED


def book(root: Path, key: str, request: Request, model: str, reply: Reply, rates: Rates, seconds: float = 0.0) -> Entry:
    """Add a line for a reply to a request. `seconds`: how long it took. Raises DiskError."""
    about = expected(model, request)
    return add(root, key, request.task, request.subject, model, reply, rates, (about.prompt, about.answer), seconds)


def add(
    root: Path,
    key: str,
    task: str,
    subject: str,
    model: str,
    reply: Reply,
    rates: Rates,
    about: tuple[int, int] = (0, 0),
    seconds: float = 0.0,
) -> Entry:
    """Add a line for a reply. `about`: the tokens that were expected of prompt and answer. Raises DiskError."""
    outcome = CACHED if reply.cached else type(reply.error).__name__ if reply.error else ANSWERED
    price, dollars = rates.price(model), reply.dollars
    if dollars is None and price is not None:
        dollars = price.of(reply.usage) * rates.factor
    entry = Entry(
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), task, subject, model, outcome, **asdict(reply.usage),
        dollars=dollars, about_in=about[0], about_out=about[1], batch=rates.batch, seconds=round(seconds, 2), key=key,
    )  # fmt: skip
    append_line(root, FILE, json.dumps(asdict(entry)))
    return entry


def read(root: Path) -> Iterator[Entry]:
    """Every line of the ledger that can be read, in order."""
    path = root / ".karpwiki" / FILE
    known = {f.name: f.default for f in fields(Entry)}
    try:
        opened = path.open(encoding="utf-8", errors="replace")
    except OSError:
        return
    with opened as lines:
        for line in lines:
            try:
                data = json.loads(line)
                entry = Entry(**{word: value for word, value in data.items() if word in known})
                numbers = (*asdict(entry.usage).values(), entry.about_in, entry.about_out, entry.dollars or 0.0)
                if all(isinstance(n, int | float) and n >= 0 for n in numbers):
                    yield entry
            except (ValueError, TypeError, AttributeError, RecursionError):
                continue


def really(root: Path, rates: Rates) -> Mapping[tuple[str, str], tuple[float, float]]:
    """By model and task: how many times the expected tokens and dollars calls really took, where enough are known."""
    sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0] * 5)
    for entry in read(root):
        price = rates.price(entry.model)
        if entry.outcome != ANSWERED or not entry.about_in or entry.batch:
            continue
        row = sums[entry.model, entry.task]
        row[0] += 1
        row[1] += entry.usage.prompt + entry.output_tokens
        row[2] += entry.about_in + entry.about_out
        if price and entry.dollars is not None:
            row[3] += entry.dollars
            row[4] += price.of(Usage(entry.about_in, entry.about_out))
    return {
        kind: (took / thought, spent / priced if priced else took / thought)
        for kind, (calls, took, thought, spent, priced) in sums.items()
        if calls >= ENOUGH
    }
