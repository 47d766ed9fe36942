"""A footnote whose quote does not stand in its raw file at the stated line.

## What it finds

On every page with footnotes of claims: a quote that does not occur in the plain text of the raw file it names
(compared after Unicode normalisation and with runs of white space as one), or that occurs there but not at the stated
line; a raw file that no source page names, or that cannot be read as text; a footnote of a claim that is not in the
form karpwiki writes.

## Why it hurts

A quote is the proof of a claim. One altered word, and the page says what no source says.

## Example

    [^k3f9a1cq]: `2025/talk.md:120` “Prompts are never programs.”

## Fix

Safe, where the true words can be told for sure: on a compiled page from the source page; on a source page when the
likest words of the raw file, or the same footnote of another page, give the very id of the claim. Otherwise restore
the page from its history. True words are sought up to a limit; further footnotes are mended by the next run.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from ..extract import Text
from ..findings import Finding
from ..ground import stands_at
from . import Context
from ._evidence import Evidence, claim_notes, grade, restore

ID, NAME, SEVERITY, FIX = "G001", "quote-not-in-raw", "error", "safe"
NEEDS = "raw"
fix = restore


def check(ctx: Context) -> Iterator[Finding]:
    members = {m.path for source in ctx.wiki.sources.values() for m in source.members}
    notes = [(page, *found) for page in ctx.pages for found in claim_notes(ctx, page)]
    notes.sort(key=lambda n: (n[2].path if n[2] else "", n[0].path))
    # One raw file after the other, so that each is read once.
    for path, group in groupby(notes, key=lambda n: n[2].path if n[2] else ""):
        text = ctx.raw_text(path) if path else None
        for page, note, seen in group:
            if problem := _problem(ctx, seen, text, members):
                message = f"[^{note.label}] {problem}"
                yield Finding(ID, NAME, "error", page.path, note.line, message, grade(ctx, page, note))


def _problem(ctx: Context, seen: Evidence | None, text: Text | None, members: set[str]) -> str:
    if seen is None:
        return "is not in the form of a claim's footnote: path and line, quote"
    if text is None:
        if seen.path in ctx.wiki.raw:
            return f"raw/{seen.path} cannot be read as text: nothing proves the quote"
        # Of a source's own file, source-missing says so once.
        return "" if seen.path in members else f"there is no text raw/{seen.path}"
    if stands_at(text.plain, seen.quote, seen.line):
        return ""
    if ctx.search.left <= 0:
        return f"the quote does not stand in line {seen.line} of raw/{seen.path}"
    at = text.plain.find(seen.quote)
    if at < 0:
        ctx.search.left -= len(text.plain.text) // 100  # as fast as that
        return f"the quote does not stand in raw/{seen.path}"
    return f"the quote stands in line {text.plain.line_at(at)}, not {seen.line}"
