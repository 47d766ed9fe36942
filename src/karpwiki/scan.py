"""The outline of a page: its blocks and its lines of code, as markdown-it-py finds them.

Common forms are found line by line, in a tenth of the time. A page with any other (HTML, indented code, lazy lines,
underlined headings, tabs, deep lists) is left to markdown-it-py. That both find the same is a property test on hostile
text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from .commonmark import new_parser
from .pattern import pattern

if TYPE_CHECKING:  # most pages need no parser, and loading it takes as long as reading a hundred of them
    from markdown_it import MarkdownIt

_HEADING = pattern(r"(#{1,6})(?:[ \t]|$)")
_RULE = pattern(r"([-*_])[ \t]*(?:\1[ \t]*){2,}$")
_FENCE = pattern(r"(`{3,})[^`]*$|(~{3,})")
_ITEM = pattern(r"(?:[-*+]|(\d{1,9})[.)])( {1,4})(?=[^ \t<`~])")
_MARKER = pattern(r"(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_CODE = pattern(r"```|~~~|\t|<|(?:^|[>*+.)-]) {5}")
"""What may begin code or HTML in a quotation or an item."""
_UNDER_HEAD = pattern(r"\|(?: *:?-+:? *\|)+ *$")
_CELLS = pattern(r"(?<!\\)\|")
_MAY_UNDERLINE = pattern(r"[-=:|][-=:| \t]*$")
_MAX_ADDED = 10_000
_PLAIN = frozenset("#->`~|<=*+_:0123456789 \t")
"""What a line begins with that may be more than a line of a paragraph."""
_KINDS = {
    "heading_open": "heading", "paragraph_open": "paragraph", "blockquote_open": "quote", "table_open": "table",
    "fence": "fence", "code_block": "fence", "html_block": "html", "hr": "rule", "list_item_open": "item",
}  # fmt: skip


class Piece(NamedTuple):
    """One block: its kind (markdown.py), its lines from 0, without blank ones at its end; of a heading its level."""

    kind: str
    first: int
    last: int
    """The line after it."""
    level: int = 0


class Outline(NamedTuple):
    """The blocks of a page in order, and its lines that are code or HTML."""

    pieces: list[Piece]
    hidden: set[int]


class _Odd(Exception):
    """Another form: not to be told by looking at single lines."""


def outline(body: str, lines: Sequence[str]) -> Outline:
    """The outline of a page's body, given as a text with LF ends and as its lines."""
    return scanned(lines) or parsed(body, lines)


@lru_cache(maxsize=1)
def _block_parser() -> MarkdownIt:
    # A footnote of one word would be taken for a link reference and vanish.
    return new_parser().disable(["reference", "inline", "text_join"])


def parsed(body: str, lines: Sequence[str]) -> Outline:
    """The outline as markdown-it-py has it."""
    made = Outline([], set())
    for token in _block_parser().parse(body):
        if token.type in ("fence", "code_block", "html_block") and token.map:
            made.hidden.update(range(*token.map))
        kind = _KINDS.get(token.type)
        if kind is None or not token.map or token.level != (kind == "item"):
            continue
        first, last = token.map
        while last > first + 1 and not lines[last - 1].strip():
            last -= 1
        made.pieces.append(Piece(kind, first, last, int(token.tag[1]) if kind == "heading" else 0))
    return made


def scanned(lines: Sequence[str]) -> Outline | None:
    """The same from single lines; None when one of them has a form that is not common."""
    made = Outline([], set())
    at, end = 0, len(lines)
    try:
        while at < end:
            line = lines[at]
            if not line:
                at += 1
            elif line[0] not in _PLAIN and at + 1 < end and not lines[at + 1]:  # the most common form
                made.pieces.append(Piece("paragraph", at, at + 1, 0))
                at += 2
            elif not line.strip(" \t"):
                at += 1
            else:
                at = _BEGINNINGS.get(line[0], _paragraph)(lines, at, made)
    except _Odd:
        return None
    return made


def _paragraph(lines: Sequence[str], first: int, made: Outline) -> int:
    at, end = first + 1, len(lines)
    while at < end:
        line = lines[at]
        if not line or (line[0] in _PLAIN and _ends_paragraph(line)):
            break
        if line[0] in "-:|" and _MAY_UNDERLINE.match(line):
            if at == first + 1 and line[0] == "|":
                return _table(lines, first, made)
            raise _Odd
        at += 1
    return _add(lines, "paragraph", first, at, made)


def _ends_paragraph(line: str) -> bool:
    """Whether a line that is not empty ends the paragraph before it. Raises _Odd when that cannot be told."""
    begin = line[0]
    if begin in " \t":
        if not line.strip(" \t"):
            return True
        if not line.startswith("    "):
            raise _Odd
        return False
    if begin in "#`~":
        return bool(_HEADING.match(line) or _FENCE.match(line))
    if begin in "-*+_=<":
        if begin in "-=" and _MAY_UNDERLINE.match(line) and "|" not in line:
            raise _Odd  # it makes a heading of what is above it
        if begin == "<" and not line.startswith("<!--"):
            raise _Odd
        if begin in "*+" and not line[1:].strip():
            raise _Odd
    if begin in "-*+0123456789" and _MARKER.match(line):
        item = _ITEM.match(line)
        if not item:
            raise _Odd
        return item[1] is None or int(item[1]) == 1
    return begin in "><" or bool(_RULE.match(line))


def _heading(lines: Sequence[str], at: int, made: Outline) -> int:
    line = lines[at]
    level = len(line) - len(line.lstrip("#"))
    if level > 6 or line[level : level + 1] not in ("", " ", "\t"):
        return _paragraph(lines, at, made)
    made.pieces.append(Piece("heading", at, at + 1, level))
    return at + 1


def _fence(lines: Sequence[str], first: int, made: Outline) -> int:
    found = _FENCE.match(lines[first])
    if not found:
        return _paragraph(lines, first, made)
    mark = found[1] or found[2]
    inside = range(first + 1, len(lines))
    at = next((n for n in inside if mark in lines[n] and _closes(lines[n], mark)), len(lines) - 1) + 1
    made.hidden.update(range(first, at))
    return _add(lines, "fence", first, at, made)


def _closes(line: str, mark: str) -> bool:
    """Whether a line ends a fence that began with a mark: as long a one or longer, and nothing else."""
    words = line.lstrip(" ")
    return len(line) - len(words) <= 3 and words.startswith(mark) and not words.rstrip(" \t").strip(mark[0])


def _comment(lines: Sequence[str], first: int, made: Outline) -> int:
    if not lines[first].startswith("<!--"):
        raise _Odd
    at = next((n for n in range(first, len(lines)) if "-->" in lines[n]), len(lines) - 1) + 1
    made.hidden.update(range(first, at))
    return _add(lines, "html", first, at, made)


def _quote(lines: Sequence[str], first: int, made: Outline) -> int:
    at = first
    while at < len(lines) and lines[at][:1] == ">":
        if _may_hold_code(lines[at], 0):
            raise _Odd
        at += 1
    if at < len(lines) and lines[at].strip(" \t"):
        raise _Odd
    return _add(lines, "quote", first, at, made)


def _may_hold_code(line: str, at: int) -> bool:
    """Whether code or HTML may begin in a line of a quotation or an item, from a column on."""
    doubtful = "<" in line or "\t" in line or "     " in line or "```" in line or "~~~" in line
    return doubtful and bool(_CODE.search(line, at))


def _table(lines: Sequence[str], first: int, made: Outline) -> int:
    if first + 1 == len(lines) or not _MAY_UNDERLINE.match(lines[first + 1]):
        return _paragraph(lines, first, made)
    head, under = lines[first].rstrip(), lines[first + 1]
    columns = _bars(head) - 1
    if not (head[:1] == "|" and head.endswith("|") and not head.endswith("\\|") and _UNDER_HEAD.match(under)):
        raise _Odd
    at = first + 2
    while at < len(lines) and lines[at][:1] == "|":
        at += 1
    if columns != under.count("|") - 1:
        raise _Odd
    # markdown-it-py ends a table where it had to add too many cells to its rows.
    lacking = (max(0, columns + 1 - _bars(row)) for row in lines[first:at])
    if (at - first) * columns > _MAX_ADDED and sum(lacking) > _MAX_ADDED:
        raise _Odd
    if at < len(lines) and lines[at].strip(" \t"):
        raise _Odd
    return _add(lines, "table", first, at, made)


def _bars(row: str) -> int:
    """How many bars of a row end a cell."""
    return len(_CELLS.findall(row)) if "\\" in row else row.count("|")


def _is_rule(line: str) -> bool:
    return not line.strip("-*_ \t") and bool(_RULE.match(line))


def _rule(lines: Sequence[str], at: int, made: Outline) -> int:
    if _is_rule(lines[at]):
        made.pieces.append(Piece("rule", at, at + 1))
        return at + 1
    return _item(lines, at, made)


def _item(lines: Sequence[str], first: int, made: Outline) -> int:
    line = lines[first]
    found = _ITEM.match(line)
    if not found:
        if _MARKER.match(line):
            raise _Odd
        return _paragraph(lines, first, made)
    if _may_hold_code(line, found.end()):
        raise _Odd
    within, at, end = found.end(), first + 1, len(lines)
    blank = False
    while at < end:
        line = lines[at]
        words = line.lstrip(" ")
        if not words:
            blank = True
        elif (indent := len(line) - len(words)) >= within:
            if indent >= within + 4 or _may_hold_code(line, indent):
                raise _Odd
            blank = False
        elif blank or (not indent and (_ITEM.match(line) or _HEADING.match(line))):
            break
        else:
            raise _Odd
        at += 1
    if at < end and not blank and _is_rule(lines[at]):
        raise _Odd
    return _add(lines, "item", first, at, made)


def _add(lines: Sequence[str], kind: str, first: int, at: int, made: Outline) -> int:
    last = at
    while last > first + 1 and not lines[last - 1].strip():
        last -= 1
    made.pieces.append(Piece(kind, first, last, 0))
    return at


def _odd(lines: Sequence[str], at: int, made: Outline) -> int:
    raise _Odd


_BEGINNINGS = {
    "#": _heading, "`": _fence, "~": _fence, "<": _comment, ">": _quote, "|": _table, " ": _odd, "\t": _odd,
    **dict.fromkeys("-*_", _rule), **dict.fromkeys("+0123456789", _item),
}  # fmt: skip
"""What a block begins with → what reads it, and returns the line after it."""
