"""A log that does not read as a log.

## What it finds

In `wiki/log.md`: another title than `# Log`; an entry that is not `## [YYYY-MM-DD] operation | subject` with a known
operation; lines of an entry that are not bullets `- Word: …` with a known word; marks of a git conflict. An entry
that is older than the one before it (in a log with the newest entry on top: newer) is a warning, since a merge of two
branches leaves such.

## Why it hurts

People and `grep "^## \\["` read the history of the wiki from these lines; the log is appended to and never rewritten.

## Example

    ## 2026-11-20 added some pages

## Fix

None: the log is never rewritten by code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..findings import Finding
from ..logbook import OPERATIONS, WORDS
from ..pattern import pattern
from ..wiki import Page
from . import Context

ID, NAME, SEVERITY, FIX = "I003", "log-form", "error", "none"
NEEDS = "state"
_ENTRY = pattern(r"## \[(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))\] ([a-z]+) \| (\S.*)")
_BULLET = pattern(r"- ([A-Z][A-Za-z ]*): \S.*")


def check(ctx: Context) -> Iterator[Finding]:
    path, latest = ctx.wiki.dialect.log, ctx.wiki.dialect.of("log") == "first"
    page = ctx.wiki.pages.get(path)
    if page is None:
        return
    conflict = ctx.wiki.conflicts.get(path)
    marks = set(conflict.lines) if conflict else set[int]()
    if conflict:
        yield Finding(ID, NAME, "error", path, min(marks), f"git left the marks of a conflict: {conflict.problem}")
    before = ""
    for number, line in _lines(page):
        if number in marks or (marks and line.startswith("=======")):
            continue
        entry = _ENTRY.fullmatch(line)
        problem = _problem(number, line, entry)
        if problem:
            yield Finding(ID, NAME, "error", path, number, problem)
        if entry and before and (entry[1] > before if latest else entry[1] < before):
            yield Finding(ID, NAME, "warning", path, number, f"{entry[1]} comes after {before}")
        before = (min if latest and before else max)(before, entry[1]) if entry else before


def _lines(page: Page) -> Iterator[tuple[int, str]]:
    """The lines that hold something, with their numbers; the first of them as number 1, where the title belongs."""
    held = [(n, line.rstrip()) for n, line in enumerate(page.text.split("\n"), 1) if line.strip()]
    yield from ((1, line) if not k else (n, line) for k, (n, line) in enumerate(held))


def _problem(number: int, line: str, entry: re.Match[str] | None) -> str:
    if number == 1:
        return "" if line == "# Log" else "the log does not begin with '# Log'"
    if line.startswith("#"):
        if entry is None:
            return "an entry is '## [YYYY-MM-DD] operation | subject'"
        return (
            "" if entry[2] in OPERATIONS else f"{entry[2]!r} is no operation; there are {', '.join(sorted(OPERATIONS))}"
        )
    bullet = _BULLET.fullmatch(line)
    if bullet is None:
        return "an entry has bullets '- Word: …' and nothing else"
    return "" if bullet[1] in WORDS else f"{bullet[1]!r} is no word of the log; there are {', '.join(sorted(WORDS))}"
