"""A footnote whose label is not the hash of its raw path and quote.

## What it finds

A claim's id is made from the path of its raw file and the words of its quote. Where another quote stands behind the
id, even one that occurs elsewhere in raw, or another path, or another id before the quote, this rule says so. It
needs no raw files.

## Why it hurts

The evidence was exchanged: the sentence that cites it now rests on words that it was not made from.

## Example

    [^k3f9a1cq]: `2025/talk.md:121` “Another sentence of the same talk.”

## Fix

Safe, where the words that the label is a hash of are still found: on a compiled page from the source page; on a
source page from raw or from another page that repeats the footnote. Otherwise restore the page from its history.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..names import claim_id
from . import Context
from ._evidence import claim_notes, grade, restore

ID, NAME, SEVERITY, FIX = "G002", "claim-id-mismatch", "error", "safe"
fix = restore


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.pages:
        for note, seen in claim_notes(ctx, page):
            if seen and not seen.proves(note.label):
                message = f"[^{note.label}] stands before a quote whose id is {claim_id(seen.path, seen.quote)}"
                yield Finding(ID, NAME, "error", page.path, note.line, message, grade(ctx, page, note))
