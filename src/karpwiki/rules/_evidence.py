"""What the rules of group G share: the footnotes that prove claims, read and restored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..changes import Fix
from ..findings import Grade
from ..ground import Place, locate, stands_at
from ..inert import code_span, escape, unescape
from ..names import claim_id
from ..pattern import pattern
from ..plain import Plain, fold
from ..sourcepage import TYPE
from ..wiki import Footnote, Page
from . import Context

CLAIM_ID = pattern(r"[0-9a-v]{8}[b-z]?")
_SOURCE = pattern(r"`(?P<path>[^`]+):(?P<line>[0-9]{1,9})` “(?P<quote>.*?)”(?P<rest>(?: · .*)?)")
_COMPILED = pattern(
    r"(?>(?P<link>\S.*?) “)(?P<quote>.*)” `(?P<path>[^`]+):(?P<line>[0-9]{1,9})`(?P<rest>(?: · also .*)?)"
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a claim's footnote says."""

    path: str
    line: int
    quote: str
    """Folded."""
    link: str
    """To the source page, on every other page."""
    rest: str
    """Figures on a source page, further claims on another one, as written."""

    def proves(self, label: str) -> bool:
        """Whether this is the evidence that the label is a hash of."""
        return claim_id(self.path, self.quote) == label[:8]


def read(page: Page, note: Footnote) -> Evidence | None:
    """The parts of a claim's footnote; None when it has not the form that karpwiki writes on such a page."""
    found = (_SOURCE if page.kind == TYPE else _COMPILED).fullmatch(note.text)
    if not found:
        return None
    parts = found.groupdict()
    quote = fold(unescape(parts["quote"]))
    return Evidence(parts["path"], int(parts["line"]), quote, parts.get("link", ""), parts["rest"])


def claim_notes(ctx: Context, page: Page) -> Sequence[tuple[Footnote, Evidence | None]]:
    """The footnotes of a page that stand for claims, by their label and form; a person's own are passed over."""
    if page.path not in ctx.evidence:
        ctx.evidence[page.path] = tuple(_claim_notes(ctx, page))
    return ctx.evidence[page.path]


def _claim_notes(ctx: Context, page: Page) -> Iterator[tuple[Footnote, Evidence | None]]:
    ours = {i for ids in page.state.blocks.values() for i in ids} if page.state else set()
    for note in page.footnotes if not page.problem else ():  # what kind of page it is cannot be told then
        if CLAIM_ID.fullmatch(note.label):
            found = read(page, note)
            if found or note.label in ctx.claims or note.label in ours:
                yield note, found


def grade(ctx: Context, page: Page, note: Footnote) -> Grade:
    """Whether a wrong footnote can be restored without a doubt."""
    if page.kind == TYPE:
        return "safe" if restored(ctx, page, note) else "none"
    text = ctx.rewritten.get(page.path)
    true = ctx.claims.get(note.label)
    certain = true is not None and claim_id(true[1].quote.path, true[1].quote.text) == note.label[:8]
    return "safe" if text and certain and definition(note) not in lines_of(text) else "none"


@lru_cache(maxsize=4)
def lines_of(text: str) -> frozenset[str]:
    """The lines of a text: a page has many footnotes."""
    return frozenset(text.split("\n"))


def definition(note: Footnote) -> str:
    """The line of a footnote."""
    return f"[^{note.label}]: {note.text}"


def restored(ctx: Context, page: Page, note: Footnote) -> str:
    """The line of a source page's footnote with the words and the place that its label is a hash of; '' if unknown.

    They come from the likest words of the raw file, or from another page that repeats the footnote.
    """
    at = (page.path, note.label, note.text)
    if at not in ctx.search.found:
        ctx.search.found[at] = _restored(ctx, page, note)
    return ctx.search.found[at]


def _restored(ctx: Context, page: Page, note: Footnote) -> str:
    seen = read(page, note)
    tries = [seen] if seen else []
    tries += [e for other, n in ctx.notes[note.label] if other.path != page.path and (e := read(other, n))]
    for tried in tries:
        text = ctx.raw_text(tried.path)
        place = _place(ctx, text.plain, tried.quote) if text else None
        if text and place and claim_id(tried.path, place.text) == note.label[:8]:
            lines = text.plain.lines_of(place.text)
            line = seen.line if seen and seen.line in lines else min(lines)
            rest = seen.rest if seen else ""
            new = f"[^{note.label}]: {code_span(f'{tried.path}:{line}')} “{escape(place.text)}”{rest}"
            return new if new != definition(note) else ""
    return ""


def _place(ctx: Context, plain: Plain, quote: str) -> Place | None:
    """The place of a quote or of words like it, while these may still be sought."""
    if plain.find(quote) < 0:
        if ctx.search.left <= 0:
            return None
        ctx.search.left -= len(plain.text)
    return locate(plain, quote)


def restore(ctx: Context, path: str) -> Fix | None:
    """The fix of the rules that check footnotes, for one page."""
    page = ctx.wiki.pages[path]
    if page.kind != TYPE:
        return ctx.rewrite(path, "footnotes made anew from the source pages")
    lines = page.text.split("\n")
    for note, seen in claim_notes(ctx, page):
        text = ctx.raw_text(seen.path) if seen else None
        sound = seen and text and seen.proves(note.label) and stands_at(text.plain, seen.quote, seen.line)
        if not sound and lines[note.line - 1] == definition(note) and (new := restored(ctx, page, note)):
            lines[note.line - 1] = new
    text_now = "\n".join(lines)
    return Fix({path: text_now}, "quotes restored from raw") if text_now != page.text else None
