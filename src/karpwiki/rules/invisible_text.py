"""Characters that a reader does not see.

## What it finds

Zero-width spaces and joiners, direction controls, Unicode tags, soft hyphens inside words, variation selectors that
have nothing to vary, byte order marks inside the text, fillers and control characters; anywhere on a page, code
included. The message says which, and after which words.

No finding are those that writing needs: joiners in Persian, Hindi and their like, and in emoji; direction marks beside
Arabic and Hebrew; zero-width spaces between words of Thai, Khmer and Burmese; selectors after emoji, mathematical
signs and ideographs; the tags of a flag; a word joiner beside a mark; one invisible operator of a formula.

An error are those that hide a text of its own or turn one around: tags, eight or more in a row, overrides of the
direction. The rest are warnings.

## Why it hurts

A model reads what a person does not see: instructions are hidden so, and names that look alike are two. Search and
links do not find a word with such a character in it.

## Example

    A mem·ex has trails.       <!-- and the dot is a zero-width space -->

## Fix

Safe, where karpwiki wrote the words: it writes none of these, but for joiners and selectors that stand in raw, which
are no finding there. In a person's words it is unsafe (`--heal --unsafe`):
they are taken out, nothing else is touched, and what was hidden is gone. log.md is never changed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from ..changes import Fix
from ..findings import Finding, Grade, Severity
from ..pattern import pattern
from ..wiki import LOG, Page
from . import Context
from ._ours import frontmatter_keys, our_lines
from ._text import screen

ID, NAME, SEVERITY, FIX = "S005", "invisible-text", "error", "safe"
LONG = 8
"""Characters in a row that nobody types by mistake."""

_NAMES = (
    ("control character", "\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"),
    ("soft hyphen", "\xad"),
    ("grapheme joiner", "\u034f"),
    ("direction mark", "\u061c\u200e\u200f"),
    ("direction control", "\u202a-\u202c\u2066-\u2069"),
    ("direction override", "\u202d\u202e"),
    ("zero-width space", "\u200b"),
    ("zero-width joiner", "\u200c\u200d"),
    ("word joiner", "\u2060"),
    ("invisible operator", "\u2061-\u2064"),
    ("format character", "\u206a-\u206f\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"),
    ("variation selector", "\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"),
    ("byte order mark", "\ufeff"),
    ("filler", "\u115f\u1160\u3164\uffa0"),
    ("tag", "\U000e0000-\U000e007f"),
)
_KINDS = tuple((name, pattern(f"[{span}]")) for name, span in _NAMES)
_ANY = pattern(f"[{''.join(span for _, span in _NAMES)}]")
_RUN = pattern(f"{_ANY.pattern}+")
# Those that str.isprintable takes for printable, but for the selectors beyond U+FFFF.
_PRINTABLE = pattern(
    "[\u034f\u115f\u1160\u3164\uffa0\u180b\u180c\u180d\u180f" + "".join(map(chr, range(0xFE00, 0xFE10))) + "]"
)
# What karpwiki takes over from raw as it is, since scripts and emoji are spelled with it: see plain.py.
_QUOTED = "\u200c\u200d\ufe0e\ufe0f\u115f\u1160\u180f"
_FLAG = pattern("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
_EMOJI = pattern("[#*0-9\u203c\u2049\u3030\u20e3\ufe0f\U000e007f\U0001f3fb-\U0001f3ff]")
_IDEOGRAPH = pattern(
    "[\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
)
# Arabic, Syriac and the scripts of India and the lands around it.
_JOINED = (
    "\u0600-\u07ff\u0840-\u109f\u1700-\u18af\u1900-\u1cff\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefe"
    "\U00010a00-\U00011fff\U0001e900-\U0001e95f"
)
# Those that are written without spaces.
_SPACELESS = "\u0e00-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\ua980-\uaadf"
_NEEDED = tuple(
    (pattern(f"[{chars}]"), pattern(f"[{beside}]"))
    for chars, beside in (
        ("\u200c\u200d", _JOINED),
        ("\u200b", _SPACELESS),
        ("\u180b-\u180f", "\u1800-\u18af"),
        ("\u115f\u1160", "\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff"),
    )
)
"""What stands rightly before or after a letter of these."""
_SIGN = pattern("[0\u3000-\u303f\uff00-\uff65]")
_RTL = pattern("[\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")


@dataclass(frozen=True, slots=True)
class Spot:
    """One character that is not seen, where nothing needs it."""

    line: int
    at: int
    kind: str
    severity: Severity


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.suspected(NAME):
        ours = our_lines(page)
        lines = page.text.split("\n")
        for (line, kind), group in groupby(_spots(page, ours), key=lambda s: (s.line, s.kind)):
            spots = list(group)
            grade: Grade = "none" if page.path.casefold() == LOG else "safe" if line in ours else "unsafe"
            severity: Severity = "error" if any(s.severity == "error" for s in spots) else "warning"
            yield Finding(ID, NAME, severity, page.path, line, _message(lines[line - 1], kind, spots), grade)


def fix(ctx: Context, path: str) -> Fix | None:
    page = ctx.wiki.pages[path]
    ours = our_lines(page)
    found = list(_spots(page, ours))
    # What is safe comes first: a person's words are touched only when nothing else is left, and it was asked for.
    found = [s for s in found if s.line in ours] or found
    lines = [list(line) for line in page.text.split("\n")]
    for spot in found:
        lines[spot.line - 1][spot.at] = ""
    text = "\n".join("".join(line) for line in lines)
    return Fix({path: text}, "invisible characters taken out") if found and path.casefold() != LOG else None


def suspect(page: Page) -> bool:
    """Whether some character may be one of these."""
    small, beyond, _ = screen(page.text)
    return beyond != "" and bool(
        not beyond.isprintable() or _PRINTABLE.search(beyond) or (b"\xf3" in small and b"\xf3\xa0" in small)
    )


def _spots(page: Page, ours: frozenset[int]) -> Iterator[Spot]:
    """The characters that nothing needs, sorted by line and kind."""
    paths = {line for line, key in frontmatter_keys(page) if key == "sources"} if "\n---" in page.text else set[int]()
    for number, line in enumerate(page.text.split("\n"), 1):
        if number in paths or not _ANY.search(line):
            continue
        calm = _calm(line)
        odd = [s for run in _RUN.finditer(line) for s in _odd(line, number, run.start(), run.end(), calm)]
        by_us = number in ours or page.path.casefold() == LOG
        yield from sorted((s for s in odd if not (by_us and line[s.at] in _QUOTED)), key=lambda s: (s.kind, s.at))


def _odd(line: str, number: int, first: int, last: int, calm: frozenset[str]) -> Iterator[Spot]:
    """The characters of one run of them that nothing needs."""
    before, after = line[first - 1 : first], line[last : last + 1]
    flag = _FLAG.match(line, first - 1) if before else None
    for at in range(first, last):
        c = line[at]
        kind = next(name for name, chars in _KINDS if chars.match(c))
        in_flag = flag and at < flag.end()
        if in_flag or kind in calm or _is_needed(line, at, kind, before, after, last - first):
            continue
        hides = kind in ("tag", "direction override") or last - first >= LONG
        yield Spot(number, at, kind, "error" if hides else "warning")


def _calm(line: str) -> frozenset[str]:
    """The kinds that may stand anywhere on a line: those of a line with Arabic or Hebrew, when what opens is closed."""
    if not _RTL.search(line):
        return frozenset()
    opened = [sum(map(line.count, openers)) for openers in ("\u202a\u202b\u202d\u202e", "\u2066\u2067\u2068")]
    closed = opened == [line.count("\u202c"), line.count("\u2069")]
    return frozenset({"direction mark", "grapheme joiner", *(["direction control"] if closed else [])})


def _is_needed(line: str, at: int, kind: str, before: str, after: str, length: int) -> bool:
    """Whether a character is one that writing is spelled with. `before`, `after`: what is seen beside its run."""
    c, previous, following = line[at], line[at - 1 : at], line[at + 1 : at + 2]
    if length <= 2 and any(chars.match(c) and (by.match(before) or by.match(after)) for chars, by in _NEEDED):
        return True
    match kind:
        case "zero-width joiner":
            return c == "\u200d" and _is_emoji(previous) and _is_emoji(following)
        case "variation selector":
            if c in "\ufe0e\ufe0f":
                return length <= 2 and _is_emoji(before)  # editors double them
            if c >= "\U000e0100":
                return bool(_IDEOGRAPH.match(previous))
            return bool(previous) and (unicodedata.category(previous) in ("Lo", "Sm") or bool(_SIGN.match(previous)))
        case "soft hyphen":
            return not (before.isalpha() and after.isalpha())
        case "grapheme joiner":
            return any(unicodedata.category(c)[0] == "M" for c in before + after)
        case "word joiner":
            sides = before.strip() and after.strip()
            return length == 1 and bool(sides) and not (before.isalpha() and after.isalpha())
        case "invisible operator":
            return length == 1
        case _:
            return False


def _is_emoji(c: str) -> bool:
    return bool(c) and (unicodedata.category(c) in ("So", "Sk", "Sm") or bool(_EMOJI.match(c)))


def _message(line: str, kind: str, spots: list[Spot]) -> str:
    """Which characters, how many, and after which words."""
    chars = [line[s.at] for s in spots]
    codes = ", ".join(f"U+{ord(c):04X}" for c in sorted(set(chars))[:3])
    words = _ANY.sub("", line[max(0, spots[0].at - 80) : spots[0].at])[-16:].lstrip()
    where = f"after {words!r}" if words else "at the start of the line"
    if kind == "tag":
        hidden = "".join(chr(ord(c) - 0xE0000) for c in chars if "\U000e0020" <= c <= "\U000e007e")
        return f"tags that hide {hidden[:60]!r} {where}"
    many = f"{len(chars)} × " if len(chars) > 1 else ""
    return f"{many}{kind} ({codes}), {'the first ' if many else ''}{where}"
