"""A Markdown link with a space in its address: it is no link, and the reader sees its brackets.

## What it finds

`[label](my page.md)`, also for images, where the address leads to a file of the vault or ends in `.md`. Code, an
address between `<` and `>`, and a space before a title in quotes are right as they are.

## Why it hurts

CommonMark ends an address at a space. Obsidian and GitHub show the words as they are typed, nothing leads anywhere, and
no other rule sees a link there.

## Example

    See [the memex](as we may think.md).

## Fix

Safe, where the file is there, and the heading that the address names: the spaces are written as `%20`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..changes import Fix
from ..findings import Finding, Grade
from ..frontmatter import split
from ..markdown import code_lines, legible
from ..pattern import pattern
from ..wiki import Link, Page
from . import Context
from .broken_anchor import has
from .broken_link import NAME as UNLIKE

ID, NAME, SEVERITY, FIX = "L011", "spaced-link", "warning", "safe"
# A title begins with a quote; parentheses in an address come in pairs.
_WORD = r"(?![\"'])(?:[^()<>\s\"]++|\([^()<>\n\"]*+\))++"
_SPACED = pattern(rf"\[(?<!\\\[)[^\[\]\n]*+\]\( *+({_WORD}(?: ++{_WORD})++) *+(?:\"[^\"\n]*+\"|'[^'\n]*+')? *+\)")


def check(ctx: Context) -> Iterator[Finding]:
    for page, line, found in _all(ctx):
        address = found[1]
        if ctx.resolver.targets(_link(address), page.path):
            what = f"so that this is no link: write {address.replace(' ', '%20')}"
            grade: Grade = "safe" if _leads(ctx, page, address) else "none"
            yield _finding(page, line, f"{address!r} has a space in it, {what}", grade)
        elif address.partition("#")[0].endswith(".md"):
            yield _finding(page, line, f"{address!r} has a space in it, and there is no such page", "none")


def _finding(page: Page, line: int, message: str, grade: Grade) -> Finding:
    return Finding(ID, NAME, "warning", page.path, line, message, grade)


def _all(ctx: Context) -> Iterator[tuple[Page, int, re.Match[str]]]:
    """What looks like such a link, with its page and line: on pages with brackets that `find_links` leaves over."""
    for page in ctx.suspected(UNLIKE):
        for line, words in _lines(page):
            yield from ((page, line, found) for found in _SPACED.finditer(words))


def _lines(page: Page) -> Iterator[tuple[int, str]]:
    """The lines of a page on which one may stand, without code."""
    _, body, skipped = split(page.text)
    hidden = code_lines(body)
    for n, line in enumerate(body.split("\n")):
        if "](" in line and " " in line and n not in hidden:
            yield n + skipped + 1, legible(line)


def _link(address: str) -> Link:
    target, _, anchor = address.partition("#")
    return Link(target, anchor, "", 0, "markdown")


def _leads(ctx: Context, page: Page, address: str) -> bool:
    """Whether an address leads to one file, and to a heading that is there when it names one."""
    link = _link(address)
    targets = ctx.resolver.targets(link, page.path)
    there = ctx.wiki.pages.get(targets[0]) if len(targets) == 1 else None
    return len(targets) == 1 and (not link.anchor or there is None or has(there, link))


def fix(ctx: Context, path: str) -> Fix | None:
    page = ctx.wiki.pages[path]
    lines = page.text.split("\n")
    for number, words in _lines(page):
        for found in reversed([*_SPACED.finditer(words)]):
            if _leads(ctx, page, found[1]):
                line, (first, last) = lines[number - 1], found.span(1)
                lines[number - 1] = line[:first] + line[first:last].replace(" ", "%20") + line[last:]
    text = "\n".join(lines)
    return Fix({path: text}, "spaces in addresses written as %20") if text != page.text else None
