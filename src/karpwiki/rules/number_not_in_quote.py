"""A number or date of a claim that its quote does not hold.

## What it finds

On source pages: a number in the words of a claim that stands neither in its quote, nor in the headings above it, nor
in the lead-in of its list or the head of its table, nor in the name of whoever said it. Compared are values: `90,000`
and `9万`, `twelve` and `12`, `May` and 5 are equal. The numerals of names (Software 3.0) do not count, nor numbers that
the claim writes as English words (one of them). The same of an `(as of …)` that stands neither by the quote nor in the
source's own date, and of a figure whose value the quote does not hold: as a warning, since no sentence rests on them.

## Why it hurts

Numbers are what readers take away. This one was not read in the source.

## Example

    - The slip box held **80,000** notes.[^k3f9a1cq]

    [^k3f9a1cq]: `notes/box.md:3` “The slip box of Niklas Luhmann held 90,000 notes.”

## Fix

None: correct the number or the mark on the claim's line, or delete the line; the next compile carries that to the
pages that cite it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from ..findings import Finding, Severity
from ..ground import missing_numbers, numbers, offset_of, stands_at
from ..names import CJK, key
from ..nouns import Claim, Quote, Source
from ..pattern import pattern
from ..plain import Passage, Plain
from ..wiki import Page
from . import Context

ID, NAME, SEVERITY, FIX = "G007", "number-not-in-quote", "error", "none"
NEEDS = "raw"
MAX_VALUE, MAX_SHOWN, MAX_WORDS = 60, 6, 5
"""Characters of a figure's value, after which an ingest cuts it, perhaps in a number; numbers that a message shows;
words of a name on either side of its numeral."""
_WORDS = pattern(rf"[{CJK}]+|[^\s{CJK}]+")


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A claim whose quote alone does not prove its numbers."""

    page: Page
    claim: Claim
    source: Source
    """Of a bundle, the member."""
    names: tuple[str, ...]


def check(ctx: Context) -> Iterator[Finding]:
    suspects = [s for path, source in ctx.wiki.sources.items() for s in _suspects(ctx.wiki.pages[path], source)]
    lines: dict[str, tuple[dict[str, int], dict[str, int]]] = {}
    known = cache(lambda: frozenset(_all_names(ctx)))
    # One raw file after the other, so that each is read once.
    suspects.sort(key=lambda s: (s.claim.quote.path, s.page.path))
    for path, group in groupby(suspects, key=lambda s: s.claim.quote.path):
        text = ctx.raw_text(path)
        dates = [v for word in ("date", "published") if isinstance(v := text.meta.get(word), str)] if text else []
        for suspect in group if text else ():
            quote, page = suspect.claim.quote, suspect.page
            # What is wrong with the quote itself, or its file, other rules say.
            if text and stands_at(text.plain, quote.text, quote.line):
                for severity, is_note, what in _problems(suspect, _passage(text.plain, quote), dates, known):
                    at = lines.get(page.path) or lines.setdefault(page.path, _lines(page))
                    line = at[is_note].get(suspect.claim.id, 1)
                    yield Finding(ID, NAME, severity, page.path, line, f"[^{suspect.claim.id}] {what}")


def _lines(page: Page) -> tuple[dict[str, int], dict[str, int]]:
    """The lines of the claims of a source page by id: of their words, and of their footnotes."""
    words = {b.cites[0]: b.line for b in reversed(page.blocks) if b.kind == "item" and b.cites}
    return words, {n.label: n.line for n in reversed(page.footnotes)}


def _suspects(page: Page, source: Source) -> Iterator[_Suspect]:
    listed = [n.name for part in (source, *source.parts) for n in part.names if _has_digit(n.name)]
    for claim in source.claims:
        quote, text = claim.quote.text, claim.text
        cannot = text == quote or (text.isascii() and not _has_digit(text))
        words = not cannot and missing_numbers(text, [quote])
        marks = claim.as_of or claim.figures
        if words or (marks and _unproved(claim, [quote, source.date_of(claim)])):
            yield _Suspect(page, claim, source.part_of(claim), (*listed, *claim.subjects))


def _has_digit(text: str) -> bool:
    return any(c.isdigit() for c in text)


def _passage(plain: Plain, quote: Quote) -> Passage:
    """The passage of the raw file in which a quote stands, where it stands at its line."""
    return plain.passage_at(plain.text.find(quote.text, offset_of(plain, quote.line)))


def _problems(
    suspect: _Suspect, passage: Passage, dates: list[str], known: Callable[[], frozenset[str]]
) -> Iterator[tuple[Severity, bool, str]]:
    """(severity, whether it stands in the footnote, what is wrong) of one claim. `known`: the names of all sources."""
    claim, above = suspect.claim, [passage.lead_in, *passage.heading]
    evidence = [claim.quote.text, *above, claim.said_by]
    lost = missing_numbers(claim.text, evidence, suspect.names)
    named = _named(claim.text, known()) if lost else frozenset[str]()
    lost = [number for number in lost if number not in named]
    if lost:
        many = "numbers" if len(lost) > 1 else "number"
        shown = ", ".join(map(_short, lost[:MAX_SHOWN]))
        yield "error", False, f"the quote does not hold the {many} {shown} of the claim's words"
    for is_note, what in _unproved(claim, [passage.text, *above, *dates, suspect.source.date]):
        yield "warning", is_note, what


def _unproved(claim: Claim, near: list[str]) -> list[tuple[bool, str]]:
    """The same of the date and the figures of a claim. `near`: where its date may stand."""
    found = []
    if claim.as_of and missing_numbers(claim.as_of.replace("-", " "), near):
        what = f"the date {_short(claim.as_of)!r} stands neither by the quote nor in the source's own date"
        found.append((False, what))
    for figure in claim.figures:
        if len(figure.value) < MAX_VALUE and missing_numbers(figure.value, [claim.quote.text]):
            what = f"the quote does not hold the figure {_short(figure.attribute)!r} = {_short(figure.value)!r}"
            found.append((True, what))
    return found


def _named(text: str, known: Container[str]) -> frozenset[str]:
    """The numbers that stand in names of known things, however these are hyphenated and spaced."""
    words = _WORDS.findall(key(text))
    runs = (words[a:b] for n, word in enumerate(words) if _has_digit(word)
            for a in range(max(0, n - MAX_WORDS), n + 1) for b in range(n + 1, n + MAX_WORDS))  # fmt: skip
    return frozenset().union(*(numbers(" ".join(run)) for run in runs if "".join(run) in known))


def _all_names(ctx: Context) -> Iterator[str]:
    """The names with numerals that any source lists, as `_named` compares them; those with hardly a letter are none."""
    for source in ctx.wiki.sources.values():
        for name in source.names:
            for form in (name.name, name.latin, *name.also):
                if _has_digit(form) and sum(map(str.isalpha, form)) > 1:
                    yield "".join(_WORDS.findall(key(form)))


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
