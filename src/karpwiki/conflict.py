"""The marks of a git conflict: a page that has them is read as its two sides, and these as one page."""

from __future__ import annotations

from .markdown import catalogue, parse
from .pattern import pattern
from .reconcile import both, is_tension, reconcile
from .reconcile_source import reconcile_source
from .sourcepage import TYPE
from .wiki import LOG, START, Conflict, Page

_OURS, _BASE, _MIDDLE, _THEIRS = "<<<<<<< ", "||||||| ", "=======", ">>>>>>> "
_MARK = pattern(r"(<{7,9}|>{7,9}|\|{7,9}) |={7,9}$")
"""Git writes longer marks where both sides renamed a file."""
_ENDS = (_OURS.strip(), _THEIRS.strip())
_STEPS = (("", _OURS), (_OURS, _BASE), (_OURS, _MIDDLE), (_BASE, _MIDDLE), (_MIDDLE, _THEIRS))


def read(path: str, text: str) -> tuple[Page, Conflict | None]:
    """A page, and the conflict that git left in it: both sides as one page where code can tell what each person wrote.

    The text of such a page is without marks. One that cannot be read so is as it is on disk.
    """
    lines = marks(text)
    page = parse(path, text)
    if not lines:
        return page, None
    try:
        return parse(path, mend(path, text)), Conflict(lines)
    except ValueError as error:
        return page, Conflict(lines, str(error))


def marks(text: str) -> tuple[int, ...]:
    """The lines that git put around the sides of a conflict; () when there is none. Those in a code block are words."""
    if "<" not in text or _OURS.strip() not in text or _THEIRS.strip() not in text:
        return ()
    code = _code(text)
    lines = enumerate(text.split("\n"), 1)
    found = [(n, line) for n, line in lines if line[:7] in _ENDS and _MARK.match(line) and n not in code]
    return tuple(n for n, _ in found) if len({line[0] for _, line in found}) == 2 else ()


def _code(text: str) -> set[int]:
    """The lines of fenced code, in the text and in a person's notes."""
    page = parse("", text)
    above = page.text.count("\n") - page.notes.count("\n")
    notes = page.notes.replace("## Notes", "## notes")  # or they would be notes again, and have no blocks
    blocks = [(0, b) for b in page.blocks] + [(above, b) for b in parse("", notes).blocks]
    fences = [(start + b.line, b.text.count("\n") + 1) for start, b in blocks if b.kind == "fence"]
    return {n for first, count in fences for n in range(first, first + count)}


def sides(text: str) -> tuple[str, str]:
    """The texts of our side and of theirs; what stands between conflicts is in both, what both came from in none.

    Raises ValueError when the marks are nested or do not pair.
    """
    text = text.replace("\r\n", "\n")
    code = _code(text)
    texts: tuple[list[str], list[str]] = ([], [])
    place = ""
    for number, line in enumerate(text.split("\n"), 1):
        mark = "" if number in code else _mark(line, place)
        if mark:
            if (place, mark) not in _STEPS:
                raise ValueError(f"its marks do not pair (line {number})")
            place = "" if mark == _THEIRS else mark
            continue
        if place in ("", _OURS):
            texts[0].append(line)
        if place in ("", _MIDDLE):
            texts[1].append(line)
    if place:
        raise ValueError("its last conflict has no end")
    return "\n".join(texts[0]), "\n".join(texts[1])


def _mark(line: str, place: str) -> str:
    """Which mark a line is, or ''. A row of `=` or `|` is one only inside a conflict."""
    found = _MARK.match(line)
    if not found or (not place and line[0] in "=|"):
        return ""
    return next(m for m in (_OURS, _BASE, _MIDDLE, _THEIRS) if m[0] == line[0])


def mend(path: str, text: str) -> str:
    """The text of a page with marks as one page, from which a compile makes it again.

    Raises ValueError with the reason when it is not karpwiki's, or when what a person wrote cannot be told.
    """
    if path == LOG:
        raise ValueError(
            "keep the entries of both sides by date and take out the marks; with `wiki/log.md merge=union` in "
            ".gitattributes git does that"
        )
    ours, theirs = (parse(path, side) for side in sides(text))
    if START in ours.text or START in theirs.text:
        return _catalogue(ours, theirs)
    if TYPE in (ours.kind, theirs.kind):
        return reconcile_source(ours, theirs)
    if ours.state or theirs.state:
        return reconcile(ours, theirs)
    raise ValueError("karpwiki did not write it: choose what stays")


def _catalogue(ours: Page, theirs: Page) -> str:
    """An index: the text above and the notes of both sides; the rest is made again, so that of our side serves."""
    (above, made, notes), (their_above, their_made, their_notes) = catalogue(ours.text), catalogue(theirs.text)
    parts = [both(above, their_above).rstrip("\n"), START, (made or their_made).strip("\n")]
    # A status that a person edited here is carried to the tension's home.
    seen = {b.text for b in ours.blocks}
    parts += [b.text for b in theirs.blocks if is_tension(b) and b.text not in seen]
    return "\n\n".join(parts) + f"\n\n{both(notes, their_notes)}"
