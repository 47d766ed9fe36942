"""Numbers that a page by hand states of its wiki (`## Concepts (17)`, `12 sources, 30 pages`), and what is there.

Only numbers that can be of nothing but the whole wiki are read: those of second-level headings, and those that stand
above them or in a section about the wiki itself. `3 sources` behind the name of a page is of that page.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from ..bundle import members_of
from ..pattern import pattern
from ..wiki import Block, Page
from . import Context, is_service
from ._frontmatter import is_source

SOURCES, PAGES = "sources", "pages"
_ALIKE = {
    "source": SOURCES, "source page": SOURCES, "source pages": SOURCES, "total sources": SOURCES, "raw source": SOURCES,
    "raw sources": SOURCES, "来源": SOURCES, "资料": SOURCES, "资料来源": SOURCES,
    "page": PAGES, "total pages": PAGES, "wiki pages": PAGES, "all pages": PAGES, "页面": PAGES, "总页数": PAGES,
    "页面总数": PAGES, "概念": "concepts", "实体": "entities", "方法": "methods", "问答": "answers",
}  # fmt: skip
_ABOUT = frozenset(
    "stats statistics coverage summary status totals numbers counts overview 统计 概况 概览 总览".split()
)
"""Headings of sections about the wiki itself."""
_NUMBER = r"(?P<number>\d{1,3}(?:,\d{3})+|\d{1,6})"
_WORD = r"(?P<word>[^\W\d_][\w -]{0,38})"
_HEADING = pattern(rf"#{{1,2}} +{_WORD} *[(（] *{_NUMBER} *(?P<unit>pages|个|篇|页)?[)）]")
_LABELLED = pattern(rf"{_WORD} *[:：] *{_NUMBER}")
_COUNTED = pattern(rf"{_NUMBER} +{_WORD}")
_CHINESE = pattern(rf"(?:共|共有|共计)? *{_NUMBER} *[个篇页份] *(?P<word>来源|资料|页面|概念|实体|方法|问答)")
_PARTS = pattern(r"[|·•;；，、]|, | and ")
_MARKS = str.maketrans("", "", "*_>`")


@dataclass(frozen=True, slots=True)
class Stated:
    """A number that a page states of something."""

    said: str
    """What it counts, as written."""
    word: str
    """The same as `counts` has it."""
    number: int
    line: int


def counts(ctx: Context) -> Mapping[str, frozenset[int]]:
    """Word → the numbers that are true of it, however it is counted: by folder or type, with or without a README.

    Sources are counted as pages, as raw files, and as the raw files that source pages name. What is nowhere is left
    out: another vault may have it under another name.
    """
    true: dict[str, set[int]] = defaultdict(set)
    members: dict[str, set[str]] = defaultdict(set)
    for page in ctx.pages:
        folder = page.path.split("/")[1] if page.path.count("/") > 1 else ""
        for word in {folder, page.kind, _plural(page.kind)} - {""}:
            members[word.casefold()].add(page.path)
    for kind in ctx.settings.kinds.values():
        of_type = len(members[kind.name])  # before those of its folder count for it too
        of_it = members[kind.folder] | members[kind.name] if kind.folder else set()
        for word in {kind.heading, kind.name, _plural(kind.name)} - {""}:
            true[word.casefold()].add(of_type)
            members[word.casefold()] |= of_it
    for word, paths in members.items():
        true[word] |= {len(paths), sum(not is_service(path) for path in paths)}
    true[SOURCES] |= {sum(is_source(ctx, p) for p in ctx.pages), len(ctx.wiki.sources)}
    if ctx.has_raw:
        known = {m.key for s in ctx.wiki.sources.values() for m in members_of(s)}
        true[SOURCES] |= {len(ctx.wiki.raw), len(set(ctx.wiki.raw) - set(ctx.wiki.ignored)), len(known)}
    own = sum(not is_service(p.path) for p in ctx.pages)
    true[PAGES] |= {len(ctx.pages), own, own - sum(is_source(ctx, p) for p in ctx.pages)}
    return {word: frozenset(numbers - {0}) for word, numbers in true.items() if numbers - {0}}


def span(numbers: Collection[int]) -> str:
    """The least and the largest of what may be true, for a message."""
    least, most = min(numbers), max(numbers)
    there = str(most) if least == most else f"{least} to {most}"
    return f"there {'is' if there == '1' else 'are'} {there}"


def _plural(word: str) -> str:
    return word if word.endswith("s") else f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def stated(page: Page) -> Iterator[Stated]:
    """The numbers that a page states of its wiki."""
    about = True
    for n, block in enumerate(page.blocks):
        if block.kind == "heading" and block.level <= 2:
            words = block.text.strip("# ").casefold()
            about = block.level == 1 or words.removeprefix("wiki ") in _ABOUT
            found = _HEADING.match(block.text)
            if found and int(found["number"].replace(",", "")) != _listed(page.blocks[n + 1 :]):
                made = _stated(found, block.line)
                # `# Index (12 pages)` is of all of them.
                yield replace(made, word=PAGES) if block.level == 1 and found["unit"] in ("pages", "页", "篇") else made
        elif about and block.kind in ("paragraph", "item", "quote", "table") and any(c.isdigit() for c in block.text):
            for line, text in enumerate(block.text.split("\n"), block.line):
                yield from (_stated(found, line) for found in _in_line(text))


def _stated(found: re.Match[str], line: int) -> Stated:
    said = found["word"].strip()
    return Stated(said, _ALIKE.get(said.casefold(), said.casefold()), int(found["number"].replace(",", "")), line)


def _listed(blocks: tuple[Block, ...]) -> int:
    """How many items and rows follow up to the next heading of the first or second level."""
    listed = 0
    for block in blocks:
        if block.kind == "heading" and block.level <= 2:
            break
        listed += (block.kind == "item") + (block.text.count("\n") - 1 if block.kind == "table" else 0)
    return listed


def _in_line(text: str) -> Iterator[re.Match[str]]:
    """The counts of a line: `Word: 12` between its bars; and a line that is made of `12 words` alone."""
    if len(text) > 500 or "](" in text or "[[" in text:
        return
    cells = [cell.strip() for cell in text.translate(_MARKS).strip("| ").split("|")]
    if text.lstrip().startswith("|"):
        found = _LABELLED.fullmatch(": ".join(cells)) if len(cells) == 2 else None
        yield from (found,) if found else ()
        return
    line = re.sub(r"^(?:[-+•] +|Total: *|共)|[.。]$", "", text.translate(_MARKS).strip())
    parts = [part.strip() for part in _PARTS.split(line)]
    yield from (found for part in parts if (found := _LABELLED.fullmatch(part)))
    every = [_CHINESE.fullmatch(part) or _COUNTED.fullmatch(part) for part in parts]
    yield from (found for found in every if found) if all(every) else ()
