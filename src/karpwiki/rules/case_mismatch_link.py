"""A link whose target exists only in another case or Unicode form.

## What it finds

Wiki links and relative Markdown links that name a file or a folder in other letters than it has on disk: `RAG` for
`rag.md`, or an é that is one character here and two there. Where several files could be meant, `ambiguous-link`
says so. The log is left alone.

## Why it hurts

Obsidian, macOS and Windows find the file; GitHub, a web server and Linux do not.

## Example

    ![[Desk.PNG]]              <!-- the file is desk.png -->

## Fix

Safe: the target is written as the file is. A wiki link without a label gets its former words as one, so that the
reader sees what a person wrote.
"""

from __future__ import annotations

import posixpath
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

from ..changes import Fix
from ..findings import Finding, Grade
from ..hands import is_ours
from ..links import UNSAFE, target_of
from ..markdown import catalogue, find_links, spots, unlink
from ..names import stem_key
from ..wiki import Block, Link, Page
from . import INDEX_MARK, Context
from ._leads import Way, on

ID, NAME, SEVERITY, FIX = "L005", "case-mismatch-link", "warning", "safe"


def check(ctx: Context) -> Iterator[Finding]:
    names = {path.rpartition("/")[2] for path in (*ctx.wiki.pages, *ctx.wiki.other, *ctx.wiki.unread)}
    names |= {name.removesuffix(".md") for name in names}
    spelled: dict[Way, str] = {}
    for way in ctx.leads.ways:
        is_name = way.link.form == "wiki" and way.link.target in names
        if way.found and not is_name and not _is_exact(way) and (new := _spelled(ctx, way.folder, way.link)):
            spelled[way] = new
    otherwise: dict[str, list[tuple[Link, str]]] = defaultdict(list)
    for page, link, way in on(ctx.pages, [*spelled]):
        otherwise[page.path].append((link, spelled[way]))
    for path, found in otherwise.items():
        page = ctx.wiki.pages[path]
        if path != ctx.wiki.dialect.log:
            after = _after(ctx, page, [link for link, _ in found])
            for link, new in found:
                how = "has another Unicode form" if _is_same(link.target, new) else f"is spelled {new!r}"
                message = f"{link.target!r} {how} on disk"
                grade: Grade = "none" if link.target in after[link.line] else "safe"
                yield Finding(ID, NAME, "warning", page.path, link.line, message, grade)


def _is_exact(way: Way) -> bool:
    """Whether the only file that links lead to ends as they are written: so it is with most."""
    written = way.link.target.lstrip("./")
    return way.found is not None and len(way.found) == 1 and way.found[0].endswith((written, f"{written}.md"))


def _after(ctx: Context, page: Page, found: Iterable[Link]) -> dict[int, Collection[str]]:
    """Line → the targets that its links have when the fix is made."""
    written, sheet, lines = _written_by_code(ctx, page), _sheet(ctx, page), page.text.split("\n")
    after: dict[int, Collection[str]] = {}
    for link in found:
        if link.line not in after:
            there = spots(_mended(ctx, sheet, lines[link.line - 1], link.line))
            after[link.line] = {spot.link.target for spot in there} & written
    return after


def _spelled(ctx: Context, here: str, link: Link) -> str:
    """A link's target in the letters of the one file that it leads to, on a page in the folder `here`.

    '' when it is so, or leads nowhere.
    """
    target = target_of(link)
    if not target or ":" in target.partition("/")[0]:
        return ""
    if link.form == "markdown":
        path = posixpath.normpath(posixpath.join(here, target))
        if _is_there(ctx, path) or _is_there(ctx, f"{path}.md"):
            return ""
    found = ctx.resolver.targets(link, f"{here}/")
    inside = [path for path in found if path.startswith("wiki/")] or found
    new = [_like(link, target, path) for path in inside]
    return new[0] if len(new) == 1 and link.target not in new else ""


def _is_same(one: str, two: str) -> bool:
    """Whether two targets look alike and differ in their Unicode form only."""
    return unicodedata.normalize("NFC", unquote(one)) == unicodedata.normalize("NFC", unquote(two))


def _is_there(ctx: Context, path: str) -> bool:
    """Whether a path is that of a file, letter by letter."""
    return path in ctx.resolver.by_stem.get(stem_key(path.rpartition("/")[2].removesuffix(".md")), ())


def _like(link: Link, target: str, path: str) -> str:
    """A link's target with each part in the letters that the path has; as it is where they are no form of these."""
    written, parts, real = link.target.split("/"), target.split("/"), path.split("/")
    for n in range(1, min(len(parts), len(real)) + 1) if len(written) == len(parts) else ():
        old, new = parts[-n], real[-n]
        if n == 1 and stem_key(old) != stem_key(new):
            new = new.removesuffix(".md")
        if old in ("", ".", "..") or stem_key(old) != stem_key(new):
            break
        if old != new:
            written[-n] = new if link.form == "wiki" else UNSAFE.sub(lambda m: quote(m[0]), new)
    return "/".join(written)


def _written_by_code(ctx: Context, page: Page) -> set[str]:
    """The targets of a page's links as code would write it again; those of today when it would not."""
    text = ctx.rewritten.get(page.path)
    return {link.target for link in (page.links if text is None else find_links(text, set()))}


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Lines of a page that matter when its links are written."""

    page: Page
    by_hand: Container[int]
    """Those that a person wrote: on a page of ours, in blocks that karpwiki did not write, and in the notes."""
    rows: Container[int]
    """Those of tables."""


def _sheet(ctx: Context, page: Page) -> _Sheet:
    every = page.text.count("\n") + 1
    rows = {n for b in page.blocks if b.kind == "table" for n in _lines(b)}
    hands: Container[int] = range(1, every + 1)
    if page.path in ctx.wiki.conflicts:
        hands = ()
    elif INDEX_MARK in page.text:
        above, made, _ = catalogue(page.text)
        first = above.count("\n")
        hands = {*range(1, first + 1), *range(first + made.count("\n") + 1, every + 1)}
    elif page.state is not None:
        hands = {n for b in page.blocks if not is_ours(page, b) for n in _lines(b)}
        hands |= set(range(every - page.notes.count("\n"), every + 1)) if page.notes else set()
    return _Sheet(page, hands, rows)


def _lines(block: Block) -> range:
    return range(block.line, block.line + block.text.count("\n") + 1)


def _mended(ctx: Context, sheet: _Sheet, line: str, number: int) -> str:
    """A line of a page with the targets of its links as the files are spelled; what code wrote is code's to change."""
    if number not in sheet.by_hand:
        return line
    in_table = number in sheet.rows or line.lstrip(" \t>").startswith("|")
    # Such a line may be a row of a table that is not seen as one: a label's bar would end its cell.
    doubtful = not in_table and "|" in unlink(line)
    for spot in sorted(spots(line, number), key=lambda s: -s.first):
        new = _spelled(ctx, posixpath.dirname(sheet.page.path), spot.link)
        label = _label(spot.link, new) if not line.startswith(("|", r"\|"), spot.last) else ""
        if new and not (label and doubtful):
            _, sharp, anchor = line[spot.first : spot.last].partition("#")
            bar = (r"\|" if in_table else "|") if label else ""
            line = line[: spot.first] + new + sharp + anchor + bar + label + line[spot.last :]
    return line


def _label(link: Link, new: str) -> str:
    """What a wiki link without a label shows, to be its label when its target is written otherwise; '' for no need."""
    if link.form != "wiki" or link.embed or _is_same(link.target, new):
        return ""
    return " > ".join(filter(None, (link.target, link.anchor)))


def fix(ctx: Context, path: str) -> Fix | None:
    page = ctx.wiki.pages[path]
    found = [link for link in page.links if _spelled(ctx, posixpath.dirname(page.path), link)]
    written = _written_by_code(ctx, page) if found else set[str]()
    if any(link.target not in written for link in found):
        return ctx.rewrite(path, "links made anew")
    sheet, lines = _sheet(ctx, page), page.text.split("\n")
    for n in {link.line for link in found}:
        lines[n - 1] = _mended(ctx, sheet, lines[n - 1], n)
    text = "\n".join(lines)
    return Fix({path: text}, "links spelled as the files are") if text != page.text else None
