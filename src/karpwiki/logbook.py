"""log.md: how an entry stands there, and where: at the end, or on top of a log whose newest entry stands first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from operator import gt, lt

from .changes import LogEntry
from .pattern import pattern

_ENTRY = pattern(r"^(?:#{2,4} |[-*] |\*\*)[^\n]{0,12}?(\d{4}-\d\d-\d\d)", re.M)
OPERATIONS = frozenset("init add ingest compile heal retract merge rename split undo ask".split())
WORDS = frozenset(("Source", "Summary", "Updated", "New pages", "Deleted", "Unpolished", "Tensions", "Note"))
_OURS = pattern(rf"## \[\d{{4}}-\d\d-\d\d\] (?:{'|'.join(sorted(OPERATIONS))}) \| \S")
_BULLET = pattern(rf"- (?:{'|'.join(sorted(WORDS))}): \S")
_HEAD, _MARKS = pattern(r"^(?=#{2,} )", re.M), pattern(r"^(?:<{7} .*|={7}|>{7} .*|\|{7} .*)\n?", re.M)
_OLDEST = 3
_NEWEST = pattern(
    r"newest (?:entries |entry )?(?:at the top|on top|first)|reverse chronological|最新的?在[前上]|倒序", re.I
)


def entry_text(entry: LogEntry, day: date, item: bool = False) -> str:
    """A log entry as it stands in the log, with its closing blank line. Its words are taken as Markdown.

    `item`: as one item of a list.
    """
    subject = f"{one_line(entry.operation)} | {one_line(entry.subject)}"
    bullets = [f"{one_line(key)}: {one_line(value)}" for key, value in entry.bullets]
    if item:
        return f"- {day.isoformat()}: {'; '.join([subject, *bullets])}\n"
    lines = "".join(f"- {bullet}\n" for bullet in bullets)
    return f"## [{day.isoformat()}] {subject}\n\n{lines}" + "\n" * bool(bullets)


def one_line(text: str) -> str:
    """One line without control characters; the joiners that scripts and emoji are spelled with stay."""
    bad = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\u200c\u200d"}
    return " ".join(text.split()).translate({ord(c): f"\\u{ord(c):04x}" for c in bad})


def newest_first(log: str) -> bool:
    """Whether the newest entry of a log stands first, as far as its dates tell, or else the words above them.

    Two entries of karpwiki's that a merge put in the wrong order tell nothing.
    """
    days = _ENTRY.findall(log)
    up, down = (sum(map(apart, days, days[1:])) for apart in (lt, gt))
    first = _ENTRY.search(log)
    told = _NEWEST.search(log[: first.start()] if first else log)
    plain = down > 1 or not all(map(_is_ours, _parts(log)))
    return (down > up and plain) or bool(told and up == down)


def is_list(log: str) -> bool:
    """Whether the entries of a log are items of one list."""
    first = _ENTRY.search(log)
    return first is not None and first[0][0] in "-*" and not first[0].startswith("**")


def is_foreign(log: str, on_top: bool) -> bool:
    """Whether a person began a log: the head of its oldest entry is not as karpwiki writes them, whatever comes later.

    Where that is no evidence, since lines of that entry are another's, or the title of the log, half of the oldest
    entries are to be so.
    """
    parts = _parts(log)
    oldest = parts[: -_OLDEST - 1 : -1] if on_top else parts[:_OLDEST]
    if is_list(log) or not oldest:
        return is_list(log)
    titled = bool(re.match(r"# Log[ \t]*$", log, re.M))
    if not _OURS.match(oldest[0]) or (titled and _is_ours(oldest[0])):
        return not _OURS.match(oldest[0])
    return 2 * sum(map(_is_ours, oldest)) <= len(oldest) + (not titled)


def _parts(log: str) -> list[str]:
    """The entries of a log as they stand, without the marks of a conflict."""
    return _HEAD.split(_MARKS.sub("", log))[1:]


def _is_ours(entry: str) -> bool:
    head, *lines = (line for line in entry.split("\n") if line.strip())
    return bool(_OURS.match(head)) and all(_BULLET.match(line) for line in lines)


def on_top(log: bytes, entries: Sequence[LogEntry], day: date) -> bytes:
    """A log with entries before all others, the last of them first; its other bytes as they are."""
    text = log.decode("utf-8", "surrogateescape")
    first = _ENTRY.search(text)
    at = first.start() if first else len(text)
    new = "".join(entry_text(entry, day, is_list(text)) for entry in reversed(entries))
    gap = "" if not text[:at] or text[:at].endswith("\n\n") else "\n" if text[:at].endswith("\n") else "\n\n"
    return (text[:at] + gap * (not is_list(text)) + new + text[at:]).encode("utf-8", "surrogateescape")
