"""What calls cost, how batches stand, what the doctor found → terminal."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from .errors import MODEL, OK
from .show import as_json, count, err, out

if TYPE_CHECKING:
    from .batches import Told
    from .costs import Costs, Sum
    from .doctor import Check


def costs(found: Costs, json: bool) -> None:
    """What calls have cost: a table, its total last."""
    if json:
        as_json({"by": found.by, "rows": [asdict(row) for row in found.rows], "total": asdict(found.total)})
        return
    if not found.rows:
        out(f"No call has been paid for here{' in that time' if found.since else ' yet'}.")
        return
    head = (found.by, "calls", "tokens in", "cached", "out", "dollars")
    table = [head, *(_cells(row) for row in found.rows), _cells(found.total)]
    widths = [max(len(row[n]) for row in table) for n in range(len(head))]
    for n, row in enumerate(table):
        if n == len(table) - 1:
            out("-" * (sum(widths) + 2 * (len(widths) - 1)))
        out("  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]))
    total = found.total
    if total.saved_calls:
        saved = f"{total.saved_tokens:,} tokens not bought again"
        out(f"{count(total.saved_calls, 'answer')} taken from the answer cache: {saved}.")
    if total.failed:
        out(f"{count(total.failed, 'call')} paid for whose answer could not be used.")
    if total.unpriced:
        out(f"{count(total.unpriced, 'call')} of unknown price, not among the dollars: [prices] in karpwiki.toml.")


def _cells(row: Sum) -> tuple[str, ...]:
    sent = row.input + row.cache_write
    return (row.name, f"{row.calls:,}", f"{sent:,}", f"{row.cache_read:,}", f"{row.output:,}", f"{row.dollars:.4f}")


def batches(found: Iterable[Told], json: bool) -> int:
    """How batches stand. The exit code."""
    told = list(found)
    if json:
        as_json([{"id": t.batch.id, "model": t.batch.model, "since": t.batch.since, "requests": len(t.batch.requests),
                  "status": t.status, "counts": t.counts, "problem": t.problem} for t in told])  # fmt: skip
    elif not told:
        out("No batch is under way.")
    else:
        for t in told:
            since = time.strftime("%Y-%m-%d %H:%M", time.localtime(t.batch.since))
            counts = ", ".join(f"{n} {word}" for word, n in t.counts.items() if n)
            what = f"{count(len(t.batch.requests), 'request')} to {t.batch.model} since {since}"
            out(f"{t.batch.id or '(no id yet)'}: {t.status}; {what}{f' ({counts})' if counts else ''}")
            if t.problem:
                err(f"  {t.problem}")
        if any(t.status == "ended" for t in told):
            out("Next: karpwiki batch resume")
    return MODEL if any(t.problem and t.batch.id for t in told) else OK


def doctor(found: Iterable[Check], json: bool) -> int:
    """What the doctor found, as it is found. The exit code: that of the first thing that is missing."""
    checks = []
    for check in found:
        checks.append(check)
        if not json:
            out(f"{'ok  ' if check.is_good else 'NOT '} {check.name}: {check.text}")
    if json:
        as_json([asdict(check) for check in checks])
    return next((check.code for check in checks if check.code), OK)
