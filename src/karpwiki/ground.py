"""Is it in the source? Quotes located by code, numbers compared as values. What fails is not published."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from .parts import Part
from .pattern import pattern
from .plain import Passage, Plain, fold, plain

NEAR = 95.0
"""Likeness (0–100) above which a damaged quote is taken for the true words, which then replace it."""
MAX_WORDS, MAX_HAN = 60, 160
# Not inside a word: the 32 of Compat32 is part of a name.
_NUMBER = pattern(r"(?<![A-Za-z\d.])(?:\d{1,3}(?:[,'’]\d{3})+(?!\d)|\d+)(?:\.\d+)*")
_RAISED = {ord(c): " " for c in "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉"}  # of notes and units: 2025¹ is not 20251
MAX_HAN_NUMBER = 24
"""Longer runs of Han numerals stand for themselves."""
_HAN_NUMBER = pattern(r"(?<![\d.])(?<!\d\s)[〇零一二两三四五六七八九十百千万亿]+")
_SCALE = {
    "万": 10_000, "亿": 100_000_000, "k": 1_000, "thousand": 1_000, "million": 10**6, "m": 10**6, "billion": 10**9,
    "bn": 10**9, "trillion": 10**12,
}  # fmt: skip
_AFTER = pattern(r"\s?(万亿|万|亿|k\b|m\b|bn\b|thousand\b|million\b|billion\b|trillion\b)", re.I)
_DIGIT = {c: n for n, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_UNIT = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_WORDS = {
    "zero": 0, "one": 1, "once": 1, "two": 2, "twice": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40,
    "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "dozen": 12,
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9,
    "october": 10, "november": 11, "december": 12, "jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7,
    "aug": 8, "sep": 9, "sept": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands: its true words, their offset in the plain text, their line in the file."""

    text: str
    offset: int
    line: int
    passage: Passage


def locate(source: Plain, quote: str, after: int = 0, part: Part | None = None) -> Place | None:
    """The place of a quote in a source's plain text; None when it does not stand there.

    Exact first, then without Markdown's marks, then by letters and digits alone, then the likest passage of words
    (rapidfuzz ≥ 95): what is taken are the true words. Of several places the first at or after `after` counts.
    `part`: what the model was shown of a longer source. Its places go first, and a damaged quote is sought there alone.
    """
    wanted = fold(quote)
    within = (offset_of(source, part.span.first), offset_of(source, part.span.last + 1)) if part else (0, 0)
    after = max(after, within[0])
    at = source.find(wanted, after, within)
    stripped = plain(quote).passages if at < 0 else ()
    words = stripped[0].text if len(stripped) == 1 else wanted
    at = source.find(words, after, within) if at < 0 else at
    if at >= 0:
        return _place(source, at, words)
    seen = plain(part.text) if part else source
    found = _by_letters(seen, wanted, 0 if part else after) or _near(seen, wanted, 0 if part else after)
    at = source.find(found.text, after, within) if found and part else -1
    return _place(source, at, found.text) if found and at >= 0 else None if part else found


def offset_of(source: Plain, line: int) -> int:
    """Where in a plain text the first words at or after a line of the file stand; its length: there are none."""
    n = bisect_left(source.passages, line, key=lambda p: p.lines[-1][1])
    if n == len(source.passages):
        return len(source.text)
    lines = source.passages[n].lines
    return source.starts[n] + lines[bisect_left(lines, line, key=lambda pair: pair[1])][0]


def stands_at(source: Plain, quote: str, line: int) -> bool:
    """Whether a folded quote begins on a line of the file."""
    first, last = offset_of(source, line), offset_of(source, line + 1)
    return bool(quote) and "\n" not in quote and source.text.find(quote, first, last - 1 + len(quote)) >= 0


def _place(source: Plain, at: int, words: str) -> Place:
    return Place(words, at, source.line_at(at), source.passage_at(at))


def _passages(source: Plain, after: int) -> Iterable[tuple[Passage, int]]:
    """Every passage with its offset: that at `after` first, those before it last."""
    placed = list(zip(source.passages, source.starts, strict=True))
    here = max(0, bisect_right(source.starts, after) - 1)
    return [*placed[here:], *placed[:here]]


def _by_letters(source: Plain, wanted: str, after: int) -> Place | None:
    """A quote whose marks or spaces differ: brackets of a link, straight for curly quotes, line ends in Chinese."""
    letters = "".join(filter(str.isalnum, wanted))
    if len(letters.encode()) < 12:
        return None
    for passage, start in _passages(source, after):
        at = "".join(filter(str.isalnum, passage.text)).find(letters)
        if at >= 0:
            offsets = [n for n, c in enumerate(passage.text) if c.isalnum()]
            first, last = _whole_words(passage.text, offsets[at], offsets[at + len(letters) - 1] + 1)
            while last < len(passage.text) and wanted[-1] == passage.text[last] and not wanted[-1].isalnum():
                last += 1
            return _place(source, start + first, passage.text[first:last])
    return None


def _near(source: Plain, wanted: str, after: int) -> Place | None:
    if len(wanted) < 12:
        return None
    from rapidfuzz import fuzz  # few quotes are damaged

    for passage, start in _passages(source, after):
        if len(passage.text) < 0.9 * len(wanted):
            continue
        found = fuzz.partial_ratio_alignment(wanted, passage.text, score_cutoff=NEAR)
        if found is None:
            continue
        first, last = _whole_words(passage.text, found.dest_start, found.dest_end)
        words = passage.text[first:last].strip()
        if fuzz.ratio(wanted, words) >= NEAR and numbers(wanted) == numbers(words):
            return _place(source, start + passage.text.index(words, max(0, first)), words)
    return None


def _whole_words(text: str, first: int, last: int) -> tuple[int, int]:
    def inside(n: int) -> bool:
        return 0 < n < len(text) and text[n - 1].isascii() and text[n - 1].isalnum() and text[n].isalnum()

    while inside(first):
        first -= 1
    while inside(last):
        last += 1
    return first, last


def too_long(quote: str) -> bool:
    """Whether a quote is more than a passage that a reader checks at a glance."""
    han = sum("\u3400" <= c <= "\u9fff" for c in quote)
    return han > MAX_HAN or len(quote.split()) > MAX_WORDS


@lru_cache(maxsize=4_000)
def numbers(text: str) -> frozenset[str]:
    """The numbers of a text as values: separators, leading zeros, CJK numerals, units and scale words normalised.

    Single Han digits are left out, since 一 is more often an article than a one.
    """
    text = _normal(text)
    found = set()
    for m in _NUMBER.finditer(text):
        scale = _AFTER.match(text, m.end())
        values = m.group().split(".") if m.group().count(".") > 1 else [m.group()]  # 2025.06.17
        found |= {_value(v) for v in values[:-1]} | {_value(values[-1], _scale(scale[1]) if scale else 1)}
    found |= {_han_value(m) for m in _HAN_NUMBER.findall(text) if len(m) > 1}
    return frozenset(found)


@lru_cache(maxsize=4_000)
def spelled(text: str) -> frozenset[str]:
    """What may stand behind a figure besides `numbers`: words, months, single Han digits, numbers without scale."""
    text = _normal(text)
    words = [str(_WORDS[w]) for w in re.findall(r"[a-z]+", text.casefold()) if w in _WORDS]
    han = [_han_value(m) for m in _HAN_NUMBER.findall(text)]
    plain_figures = [_value(m) for m in _NUMBER.findall(text) if m.count(".") < 2]
    months = [_value(part) for m in re.findall(r"(?<!\d)(?:19|20)\d\d\.\d\d?(?!\d)", text) for part in m.split(".")]
    return frozenset([*words, *han, *plain_figures, *months])


def missing_numbers(text: str, evidence: Iterable[str], names: Iterable[str] = ()) -> list[str]:
    """Numbers of `text` that none of the evidence has; the numerals of known names (Software 3.0) do not count."""
    folded = text.casefold()
    for name in sorted((n for n in names if _has_digit(n) and n.casefold() in folded), key=len, reverse=True):
        inside = (r"(?<![\w.,])" if name[0].isdigit() else "", r"(?![.,]?\d)" if name[-1].isdigit() else "")
        text = re.sub(re.escape(name).join(inside), " ", text, flags=re.IGNORECASE)
    have = {value for words in evidence for value in numbers(words) | spelled(words)}
    return sorted(numbers(text) - have)


@lru_cache(maxsize=50_000)
def _has_digit(name: str) -> bool:
    return any(c.isdigit() for c in name)


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text.translate(_RAISED))


def _value(digits: str, scale: int = 1) -> str:
    """A number without separators and idle zeros, its point moved by the scale; as a text, since it may be long."""
    whole, _, part = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in digits).partition(".")
    zeros = len(str(scale)) - 1
    part = part.ljust(zeros, "0")
    whole = (re.sub(r"\D", "", whole) + part[:zeros]).lstrip("0") or "0"
    part = part[zeros:].rstrip("0")
    return f"{whole}.{part}" if part else whole


def _scale(word: str) -> int:
    return 10**12 if word == "万亿" else _SCALE[word.lower()]


def _han_value(text: str) -> str:
    """三百二十 → 320, 二〇二五 → 2025, 两万 → 20000."""
    if not any(c in _UNIT for c in text):
        return _value("".join(str(_DIGIT[c]) for c in text))
    if len(text) > MAX_HAN_NUMBER:
        return text
    total = section = digit = 0
    for c in text:
        if c in _DIGIT:
            digit = _DIGIT[c]
        elif _UNIT[c] >= 10_000:
            total, section, digit = (total + section + digit) * _UNIT[c] or _UNIT[c], 0, 0
        else:
            section, digit = section + (digit or 1) * _UNIT[c], 0
    return str(total + section + digit)


def is_date(text: str) -> bool:
    """`YYYY`, `YYYY-MM` or `YYYY-MM-DD`."""
    return bool(re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", text))
