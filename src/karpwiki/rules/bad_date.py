"""A date that is none, or an order of dates that cannot be.

## What it finds

`created` and `updated` that are no date like 2026-11-21 (on pages that karpwiki wrote, of a kind, or in the folder of
one), `date` that is none on source pages that karpwiki wrote; a day that no calendar has, on every page; `updated`
before `created`. A year and a month without a day will do, and on pages by hand a time after the day.

## Why it hurts

Index, order and age of pages are made of these dates.

## Example

    created: 2026-02-30

## Fix

Safe, where the same day is only written in another way, such as 2026/11/21 or 2026年11月21日. Otherwise only the
writer knows which day was meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from ..changes import Fix
from ..dialect import KEYS
from ..findings import Finding, Grade
from ..ground import is_date
from ..markdown import parse
from ..pattern import pattern
from ..sourcepage import TYPE
from ..translate import read_as
from ..wiki import Page
from . import Context, meta_line
from ._frontmatter import can_be, is_watched, shown, suspected, with_value

ID, NAME, SEVERITY, FIX = "F006", "bad-date", "error", "safe"
_KEYS = ("created", "updated", "date")
_DATED = (("created", *KEYS["created"]), ("updated", *KEYS["updated"]), ("date",))
"""The keys of dates, also in other words."""
_DAY = pattern(r"(\d{4})-(\d\d)-(\d\d)")
_TIMED = pattern(r"(\d{4}-\d\d-\d\d)[T ]\d\d?:\d\d\S*")
_OTHER = pattern(r"(\d{4})(?:([-/.])(\d\d?)\2(\d\d?)| ?年 ?(\d\d?) ?月 ?(\d\d?) ?[日号])", re.A)


def check(ctx: Context) -> Iterator[Finding]:
    for page in suspected(ctx, NAME):
        if not page.meta or page.problem:
            continue
        doubtful = any(True for _ in _wrong(page, True))
        for name, problem, new in _wrong(page, is_watched(ctx, page)) if doubtful else ():
            mends = new and can_be(ctx, page, name, new)
            grade: Grade = "safe" if mends else "none"
            yield Finding(
                ID, NAME, "error", page.path, meta_line(page, name), f"{page.spelled.get(name, name)} {problem}", grade
            )
        first, last = page.meta.get("created"), page.meta.get("updated")
        if isinstance(first, str) and isinstance(last, str) and last < first and _exists(first) and _exists(last):
            updated, created = (page.spelled.get(name, name) for name in ("updated", "created"))
            message = f"{updated} is {last}, before {created}, which is {first}"
            yield Finding(ID, NAME, "warning", page.path, meta_line(page, "updated"), message)


def suspect(page: Page) -> bool:
    """Whether some value that may be a date is none, or the page was changed before it was made."""
    made, changed, other = ([v for name, v in page.meta.items() if name in words] for words in _DATED)
    ours = page.state is not None
    said = (v for v in (*made, *changed, *other) if v and isinstance(v, str | int) and not isinstance(v, bool))
    if any(_read(v, True, ours)[0] for v in said):
        return True
    return any(isinstance(a, str) and isinstance(b, str) and b < a for a in made for b in changed)


def _wrong(page: Page, watched: bool) -> Iterator[tuple[str, str, str]]:
    """(key, what is wrong, the date as it should be written or '')."""
    for name in _KEYS:
        value = page.meta.get(name)
        if not value or isinstance(value, bool) or not isinstance(value, str | int):
            continue
        strict = watched if name != "date" else page.kind == TYPE and page.state is not None
        problem, new = _read(value, strict, page.state is not None)
        if problem:
            yield name, problem, new


@lru_cache(4_096, typed=True)
def _read(value: str | int, strict: bool, ours: bool) -> tuple[str, str]:
    """What is wrong with a date, and the date as it should be written; '' when nothing is, or when it is not known.

    `strict`: it is to be a date; without it, only a day that does not exist is wrong. `ours`: on a page of ours.
    """
    text = str(value)
    timed = _TIMED.fullmatch(text)
    day = timed[1] if timed and not ours else text
    if _DAY.fullmatch(day):
        return ("", "") if _exists(day) else (f"is {day}, a day that does not exist", "")
    if isinstance(value, str) and is_date(text):
        return "", ""
    if not strict:
        return "", ""
    if is_date(text):
        return f"is the number {text}, not a text: quote it", text
    other = _OTHER.fullmatch(text)
    if other:
        year, _, *parts = other.groups()
        month, number = (part for part in parts if part)
        new = f"{year}-{int(month):02}-{int(number):02}"
        if not _exists(new):
            return f"is {shown(value)}, a day that does not exist", ""
        return f"is {shown(value)}, not a date like 2026-11-21", new
    return f"is {shown(value)}, not a date like 2026-11-21", ""


def _exists(day: str) -> bool:
    """Whether a text is a day of the calendar."""
    found = _DAY.fullmatch(day)
    try:
        return bool(found and day.isascii() and date(*map(int, found.groups())))
    except ValueError:
        return False


def fix(ctx: Context, path: str) -> Fix | None:
    page = ctx.wiki.pages[path]
    for name, _, new in tuple(_wrong(page, is_watched(ctx, page))):
        text = with_value(ctx, page, name, new) if new else None
        page = read_as(parse(path, text), ctx.wiki.dialect) if text else page
    return Fix({path: page.text}, "dates written as 2026-11-21") if page is not ctx.wiki.pages[path] else None
