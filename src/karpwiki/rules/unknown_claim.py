"""A citation of a claim that no source page has, or a footnote that says something else than the source page.

## What it finds

On pages that karpwiki wrote: a cited label without a footnote, and a label with two. Beyond source pages: a footnote
of a claim whose id no source page has, or whose source, quote, path or line differ from those of the source page.

## Why it hurts

The chain from the sentence to its source is broken: the reader finds no evidence, or another one than the claim's.

## Example

    Prompts are programs.[^k3f9a1cq]      <!-- and no [^k3f9a1cq]: on the page -->

## Fix

Safe, where code can write the footnotes again from the source pages. A page whose claims are gone is made anew by
`karpwiki compile`; words by hand that cite such a claim are a person's to change.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from ..findings import Finding, Grade
from ..markdown import find_links
from ..pattern import pattern
from ..wiki import CITE, Block, Footnote, Page
from . import INDEX_MARK, Context, is_index
from ._evidence import CLAIM_ID, Evidence, claim_notes, definition, lines_of, restore

ID, NAME, SEVERITY, FIX = "G003", "unknown-claim", "error", "safe"
fix = restore
_CODE = pattern(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", re.S)
DEFINED = pattern(r"^ {0,3}\[\^([^\]\s]{1,64})\]:", re.M)


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.pages:
        if page.path not in ctx.wiki.sources:
            for note, seen in claim_notes(ctx, page):
                problem = _problem(ctx, page, note, seen) if seen else ""
                if problem:
                    message = f"[^{note.label}] {problem}"
                    yield Finding(ID, NAME, "error", page.path, note.line, message, _grade(ctx, page, note))
        if page.state or page.path in ctx.wiki.sources or (is_index(page.path) and INDEX_MARK in page.text):
            yield from _citations(ctx, page)


def _problem(ctx: Context, page: Page, note: Footnote, seen: Evidence) -> str:
    if note.label not in ctx.claims:
        return "is a claim that no source page has"
    path, claim = ctx.claims[note.label]
    if (seen.path, seen.line, seen.quote) != (claim.quote.path, claim.quote.line, claim.quote.text):
        return f"differs from the same footnote of {path}"
    link = next(iter(find_links(seen.link, set())), None)
    if link is None or path not in ctx.resolver.targets(link, page.path):
        return f"does not link its source page {path}"
    return ""


def _grade(ctx: Context, page: Page, note: Footnote) -> Grade:
    text = ctx.rewritten.get(page.path)
    if text and note.label in ctx.claims and definition(note) not in lines_of(text):
        return "safe"
    return "model" if ctx.is_compiled(page) and note.label not in ctx.claims else "none"


def _citations(ctx: Context, page: Page) -> Iterator[Finding]:
    """Labels that are cited and not defined, or defined twice."""
    labels = Counter([n.label for n in page.footnotes] + DEFINED.findall(page.notes))
    soon: set[str] | None = None
    for block in page.blocks:
        unknown = {label for label in block.cites if label not in labels}
        if unknown and soon is None:
            soon = set(DEFINED.findall(ctx.rewritten.get(page.path) or ""))
        for label, line in cited(block) if unknown else ():
            if label in unknown:
                unknown.discard(label)
                message = f"[^{label}] is cited and stands for nothing"
                grade: Grade = "safe" if label in ctx.claims and label in (soon or ()) else "none"
                yield Finding(ID, NAME, "error", page.path, line, message, grade)
    first = {note.label: note.line for note in reversed(page.footnotes)}
    for label, n in labels.items():
        if n > 1 and CLAIM_ID.fullmatch(label):
            line = first.get(label, 1)
            yield Finding(ID, NAME, "error", page.path, line, f"[^{label}] is defined {n} times")


def cited(block: Block) -> Iterator[tuple[str, int]]:
    """The labels that a block cites, with their lines; a label in code is an example."""
    bare = _CODE.sub(lambda m: "\n" * m[0].count("\n"), block.text) if "`" in block.text else block.text
    for line, text in enumerate(bare.split("\n"), block.line):
        yield from ((label, line) for label in CITE.findall(text))
