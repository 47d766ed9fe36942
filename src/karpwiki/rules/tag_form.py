"""A tag that Obsidian refuses, or that is spelled unlike the others.

## What it finds

Tags in the frontmatter with white space, `#`, or other marks than `-`, `_` and `/` (of those beyond ASCII, the dot of
达·芬奇 is fine); those that are a number and nothing else; capital letters. Tags that karpwiki wrote are not looked at:
they have their form. Off by itself: other readers of a wiki allow such tags.

## Why it hurts

Obsidian does not take such a word for a tag, and a search for `memex` does not find `Memex`.

## Example

    tags: ["#Personal Computing", 1945]

## Fix

Safe, where another spelling says the same: lower case, `-` for white space, no `#`. A number needs a word beside it,
which only a person can give.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from ..changes import Fix
from ..findings import Finding, Grade
from ..hands import own_values
from ..wiki import Page
from . import Context, meta_line
from ._frontmatter import can_be, shown, with_value

ID, NAME, SEVERITY, FIX = "F009", "tag-form", "info", "safe"
ON = False


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.pages:
        found = [(tag, problem) for tag in _tags(page) if (problem := _problem(tag))]
        line = meta_line(page, "tags") if found else 0
        mends = bool(found) and can_be(ctx, page, "tags", _better(page))
        for tag, problem in found:
            grade: Grade = "safe" if mends and not _problem(_spelled(tag)) else "none"
            message = f"the tag {shown(tag)} {problem}"
            yield Finding(ID, NAME, "info", page.path, line, message, grade)


def _tags(page: Page) -> list[str]:
    """The tags that a person gave a page."""
    tags = page.meta.get("tags")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return []
    return tags if page.state is None or "tags" in own_values(page) else []


@lru_cache(4_096)
def _problem(tag: str) -> str:
    """What is wrong with a tag, or ''."""
    if re.search(r"\s", tag.strip()):
        return "has white space in it"
    if "#" in tag:
        return "has a # in it"
    if not any(c.isalnum() for c in tag):
        return "has no letter in it"
    if not any(c.isalpha() or c in "-_/" for c in tag):
        return "is a number: it needs a letter"
    if not all(_is_allowed(c) for c in tag):
        return f"has {next(c for c in tag if not _is_allowed(c))!r} in it"
    return "has capital letters" if tag != tag.lower() else ""


def _is_allowed(c: str) -> bool:
    """Letters, digits and `-_/`; beyond ASCII all but white space and punctuation: emoji, and the dot of 达·芬奇."""
    return c.isalnum() or c in "-_/·・" or not (c.isascii() or c.isspace() or unicodedata.category(c)[0] == "P")


def _spelled(tag: str) -> str:
    """A tag in the form that says the same; as it is where another mark in it has a meaning."""
    return re.sub(r"\s+", "-", tag.strip().lstrip("#").strip()).lower()


def _better(page: Page) -> list[str]:
    """The tags of a page, each in the form that says the same where there is one, each once."""
    return list(dict.fromkeys(tag if _problem(_spelled(tag)) else _spelled(tag) for tag in _tags(page)))


def fix(ctx: Context, path: str) -> Fix | None:
    page = ctx.wiki.pages[path]
    text = with_value(ctx, page, "tags", _better(page)) if any(map(_problem, _tags(page))) else None
    return Fix({path: text}, "tags spelled as Obsidian has them") if text and text != page.text else None
