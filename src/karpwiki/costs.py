"""What calls have cost, out of the ledger: by day, task, model or source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import UsageError
from .ledger import Entry, read
from .pattern import pattern

_DAY = pattern(r"\d{4}(-\d{2}(-\d{2})?)?")
_PART = pattern(r" \(part \d+ of \d+\)$")


@dataclass(frozen=True, slots=True)
class Sum:
    """Calls added up."""

    name: str
    calls: int = 0
    input: int = 0
    """Tokens of prompts that no prompt cache had."""
    output: int = 0
    cache_read: int = 0
    """Tokens of prompts that the server's prompt cache had."""
    cache_write: int = 0
    dollars: float = 0.0
    unpriced: int = 0
    """Calls whose price was not known; they are not in `dollars`."""
    failed: int = 0
    """Calls that were paid for and whose answer could not be used."""
    saved_calls: int = 0
    """Answers that were not paid for again."""
    saved_tokens: int = 0

    def plus(self, e: Entry) -> Sum:
        """The sum with one more line of the ledger."""
        if not e.paid:
            saved = self.saved_tokens + e.usage.prompt + e.output_tokens
            return replace(self, saved_calls=self.saved_calls + 1, saved_tokens=saved)
        return replace(
            self, calls=self.calls + 1, input=self.input + e.input_tokens, output=self.output + e.output_tokens,
            cache_read=self.cache_read + e.cache_read, cache_write=self.cache_write + e.cache_write,
            dollars=self.dollars + (e.dollars or 0.0), unpriced=self.unpriced + (e.dollars is None),
            failed=self.failed + (e.outcome != "answered"),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Costs:
    """What calls have cost."""

    by: str
    rows: tuple[Sum, ...]
    total: Sum
    since: str = ""


def _source(e: Entry) -> str:
    return f"raw/{_PART.sub('', e.subject)}" if e.task in ("digest", "mend") else "(pages)"


BY: dict[str, Callable[[Entry], str]] = {
    "day": lambda e: e.time[:10],
    "task": lambda e: e.task,
    "model": lambda e: e.model,
    "source": _source,
}
"""What calls can be told by."""


def costs(root: Path, by: str, since: str = "") -> Costs:
    """The ledger added up. `since`: a date like 2026-11-21, from which on lines count. Rows are sorted by name.

    Raises UsageError for what is no date.
    """
    if since and not _DAY.fullmatch(since):
        raise UsageError(f"{since!r} is no day like 2026-11-21. Say --since YYYY-MM-DD.")
    rows: dict[str, Sum] = {}
    total = Sum("total")
    for entry in read(root):
        if entry.time >= since:
            name = BY[by](entry)
            rows[name] = rows.get(name, Sum(name)).plus(entry)
            total = total.plus(entry)
    return Costs(by, tuple(rows[name] for name in sorted(rows)), total, since)
