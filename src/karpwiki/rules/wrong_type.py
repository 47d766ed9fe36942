"""A value of the frontmatter that has not the type its key has.

## What it finds

On pages that karpwiki wrote, of a kind, or in the folder of one: `title`, `type` and `summary` that are no text,
`sources`, `tags` and `aliases` that are no list of texts, dates that are lists; on source pages that karpwiki wrote,
`author`, `latin`, `bundle`, `period`, `credibility`, `language` and `status` too. What is empty is for
`missing-field`.

## Why it hurts

What is not of its type is passed over: a page has no title, its aliases are not known, its sources not counted.

## Example

    aliases: RAG             <!-- [RAG] -->

## Fix

Safe, where the same can be said in the right type: a list is made of one text (of tags between commas too), a text of
a list of one; numbers are put in quotes; empty entries are taken out.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..changes import Fix
from ..dialect import KEYS
from ..findings import Finding, Grade
from ..markdown import parse
from ..pattern import pattern
from ..sourcepage import TYPE
from ..translate import read_as
from ..wiki import Page
from . import Context, meta_line
from ._frontmatter import can_be, is_watched, shown, suspected, with_value

ID, NAME, SEVERITY, FIX = "F005", "wrong-type", "error", "safe"
_TEXTS, _DATES, _LISTS = ("title", "type", "summary"), ("created", "updated"), ("sources", "tags", "aliases")
_OF_SOURCES = ("author", "latin", "bundle", "period", "credibility", "language", "status")
_LISTED = frozenset(word for name in _LISTS for word in (name, *KEYS[name]))
_COMMA = pattern("[,，、]")

_Wrong = tuple[str, str, str | list[str] | None]
"""(key, what is wrong, the same in the right type; None: that is not plain)."""


def check(ctx: Context) -> Iterator[Finding]:
    for page in suspected(ctx, NAME):
        found = tuple(_wrong(page))
        found = found if found and is_watched(ctx, page) else ()
        rewritten = bool(found) and _is_rewritten(ctx, page)
        for name, problem, new in found:
            mends = rewritten or (new is not None and can_be(ctx, page, name, new))
            grade: Grade = "safe" if mends else "none"
            yield Finding(
                ID, NAME, "error", page.path, meta_line(page, name), f"{page.spelled.get(name, name)} {problem}", grade
            )


def suspect(page: Page) -> bool:
    """Whether some value is no text, and no list of texts under a key that may be one of lists."""
    return any(
        (name in _LISTS and value != "")
        if isinstance(value, str)
        else value is not None and not (name in _LISTED and _is_list(value))
        for name, value in page.meta.items()
    )


def _wrong(page: Page) -> Iterator[_Wrong]:
    source = page.kind == TYPE and page.state is not None
    for name, value in page.meta.items():
        if value is None or value == "":
            continue
        if name in _TEXTS or (source and name in _OF_SOURCES):
            if not isinstance(value, str):
                yield name, *_as_text(value, "text")
        elif name in _DATES or (source and name == "date"):
            # A number may be a date in other words: bad-date sees to it.
            if isinstance(value, list | dict | bool):
                yield name, *_as_text(value, "date")
        elif name in _LISTS and not _is_list(value) and not _is_dialect(page, name, value):
            yield name, *_as_list(name, value)


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _is_dialect(page: Page, name: str, value: object) -> bool:
    """Whether a page by hand counts its sources, or describes each of them in several words."""
    counted = isinstance(value, int) or (isinstance(value, list) and dict in map(type, value))
    return name == "sources" and page.state is None and counted


def _as_text(value: object, wanted: str) -> tuple[str, str | None]:
    """What is wrong with a value that should be a text or a date, and that text."""
    if isinstance(value, bool | int):
        mends = wanted == "text"
        return f"is the {_word(value)}, not a {wanted}{': quote it' * mends}", _literal(value) if mends else None
    one = value[0] if isinstance(value, list) and len(value) == 1 else None
    what = "a mapping" if isinstance(value, dict) else f"the list {shown(value)}"
    return f"is {what}, not a {wanted}", one if isinstance(one, str) and one else None


def _as_list(name: str, value: object) -> tuple[str, list[str] | None]:
    """What is wrong with a value that should be a list of texts, and that list."""
    if isinstance(value, str):
        parts = [part.strip() for part in _COMMA.split(value)] if name == "tags" else [value]
        # Between commas stand tags, but an alias or a path may hold one; between spaces may stand one tag or several.
        unclear = "\n" in value or any(_COMMA.search(p) or (name == "tags" and " " in p) for p in parts)
        return f"is the text {shown(value)}, not a list", parts if all(parts) and not unclear else None
    if isinstance(value, bool | int):
        return f"is the {_word(value)}, not a list", [_literal(value)] if name != "sources" else None
    if not isinstance(value, list):
        return "is a mapping, not a list", None
    odd = next(v for v in value if not isinstance(v, str))
    texts = [_literal(v) for v in value if v is not None]
    return _odd(odd), texts if all(v is None or isinstance(v, str | bool | int) for v in value) else None


def _odd(item: object) -> str:
    """What is wrong with an item of a list."""
    if item is None:
        return "has an empty entry"
    if isinstance(item, bool | int):
        return f"has the {_word(item)} in it, not a text: quote it"
    if isinstance(item, list):
        return f"has the list {shown(item)} in it, not a text: a link is quoted"
    return "has a mapping in it, not a text"


def _literal(value: object) -> str:
    """A value as it is written in YAML."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _word(value: bool | int) -> str:
    return f"word {_literal(value)}" if isinstance(value, bool) else f"number {value}"


def _is_rewritten(ctx: Context, page: Page) -> bool:
    """Whether code would write the page with all values of their types."""
    text = ctx.rewritten.get(page.path) if page.state else None
    return bool(text) and not any(_wrong(parse(page.path, text or "")))


def fix(ctx: Context, path: str) -> Fix | None:
    page = ctx.wiki.pages[path]
    if _is_rewritten(ctx, page):
        return ctx.rewrite(path, "frontmatter written again")
    for name, _, new in tuple(_wrong(page)):
        text = with_value(ctx, page, name, new) if new is not None else None
        page = read_as(parse(path, text), ctx.wiki.dialect) if text else page
    return Fix({path: page.text}, "the same said in the right type") if page is not ctx.wiki.pages[path] else None
