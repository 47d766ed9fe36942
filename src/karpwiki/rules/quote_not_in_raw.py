"""A footnote whose quote does not stand in its raw file at the stated line.

## What it finds

On source pages and on compiled pages: a quote that does not occur in the plain text of the raw file it names (compared
after Unicode normalisation and with runs of white space as one), or that occurs there but not at the stated line, and a
footnote of a claim that is not in the form karpwiki writes. Off when the vault has no raw/ folder.

## Why it hurts

A quote is the proof of a claim. One altered word, and the page says what no source says.

## Example

    [^k3f9a1cq]: `2025/talk.md:120` “Prompts are never programs.”

## Fix

Safe, where the true words can be told for sure: on a compiled page from the source page, on a source page when the likest
words of the raw file give the very id of the claim. Otherwise restore the page from its history.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..ground import locate
from ..inert import code_span, escape, unescape
from ..names import claim_id
from ..nouns import Finding, Fix, Footnote, Page
from ..sourcepage import TYPE
from . import Context

ID, NAME, SEVERITY, FIX = "G001", "quote-not-in-raw", "error", "safe"
SOURCE_NOTE = re.compile(r"^`(?P<path>[^`]+):(?P<line>\d+)` “(?P<quote>.*?)”(?P<rest>(?: · .*)?)$")
COMPILED_NOTE = re.compile(
    r"^(?P<link>\S.*?) “(?P<quote>.*)” `(?P<path>[^`]+):(?P<line>\d+)`(?P<rest>(?: · also .*)?)$"
)
CLAIM_ID = re.compile(r"^[0-9a-v]{8}[b-z]?$")


def evidence(page: Page, note: Footnote) -> re.Match[str] | None:
    """The parts of a claim's footnote: path, line and quote; None when it has not the form karpwiki writes."""
    return (SOURCE_NOTE if page.kind == TYPE else COMPILED_NOTE).match(note.text)


def claim_notes(ctx: Context, page: Page) -> Iterator[Footnote]:
    """The footnotes of a page that stand for claims: all that have a claim's id, on pages that karpwiki wrote."""
    if page.state is not None:
        yield from (note for note in page.footnotes if CLAIM_ID.match(note.label))


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.pages if ctx.has_raw else ():
        for note in claim_notes(ctx, page):
            problem = _problem(ctx, page, note)
            if problem:
                grade = "safe" if _mended(ctx, page, note) else "none"
                yield Finding(ID, NAME, "error", page.path, note.line, f"[^{note.label}] {problem}", grade)


def _problem(ctx: Context, page: Page, note: Footnote) -> str:
    found = evidence(page, note)
    if found is None:
        return "is not in the form of a claim's footnote: path and line, quote"
    text = ctx.raw_text(found["path"])
    if text is None:
        return ""  # source-missing says so
    lines = text.plain.lines_of(unescape(found["quote"]))
    if not lines:
        return f"the quote does not stand in raw/{found['path']}"
    return "" if int(found["line"]) in lines else f"the quote stands in line {min(lines)}, not {found['line']}"


def _mended(ctx: Context, page: Page, note: Footnote) -> str:
    """The footnote with its true words, where these are beyond doubt; else ''."""
    if page.kind != TYPE:
        return note.text if page.path in ctx.rewritten and note.label in ctx.claims else ""
    found = evidence(page, note)
    text = ctx.raw_text(found["path"]) if found else None
    place = locate(text.plain, unescape(found["quote"])) if found and text else None
    if not found or not place or claim_id(found["path"], place.text) != note.label[:8]:
        return ""
    return f"{code_span(found['path'] + ':' + str(place.line))} “{escape(place.text)}”{found['rest']}"


def fix(ctx: Context, path: str) -> Fix | None:
    page = ctx.wiki.pages[path]
    if page.kind != TYPE:
        return Fix({path: ctx.rewritten[path]}, "footnotes made anew") if path in ctx.rewritten else None
    lines = page.text.split("\n")
    for note in claim_notes(ctx, page):
        mended = _mended(ctx, page, note) if _problem(ctx, page, note) else ""
        if mended:
            lines[note.line - 1] = f"[^{note.label}]: {mended}"
    text = "\n".join(lines)
    return Fix({path: text}, "quotes restored from raw") if text != page.text else None
