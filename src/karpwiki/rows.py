"""Rows for an index that a person keeps: what is new in it, in its own tables, columns, lists and order.

A page that the index links already has its row, whatever that says; rows of pages that are gone go with them. All
else stays as it is.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

from .frontmatter import split
from .inert import escape
from .links import Linker, Resolver
from .markdown import code_lines, find_links, spots
from .names import key
from .pattern import pattern
from .translate import kind_of
from .wiki import Link, Page, Wiki

_ROW = pattern(r"[ \t]*\|")
_ITEM = pattern(r"([ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+)(?=\S)")
_RULE = pattern(r"[ \t]*\|?[ \t:|-]+\|[ \t:|-]*")
_SEPARATOR = pattern(r"[ \t]*(?:—|–|--?|:|：|·)[ \t]*")
_BAR = pattern(r"(?<!\\)\|")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "link": ("file", "page", "link", "slug", "页面", "文件", "链接"),
    "title": ("title", "name", "concept", "entity", "method", "source", "标题", "名称", "概念", "实体", "来源", "方法"),
    "summary": (
        "summary", "description", "about", "one line", "what it says", "what it is", "one-line summary", "gist", "tldr",
        "摘要", "说明", "简介", "描述", "内容",
    ),
    "created": ("date", "date added", "added", "created", "updated", "last updated", "ingested",
        "日期", "添加", "更新"),
    "tags": ("tags", "keywords", "标签"),
    "count": ("sources", "source count", "# sources", "#", "count", "来源数", "来源数量"),
    "kind": ("type", "kind", "category", "类型", "类别"),
    "credibility": ("credibility", "reliability", "可信度"),
}  # fmt: skip
"""What a column of an index may hold → what people call it, in lower case."""
_OF = {word: what for what, words in COLUMNS.items() for word in words}


@dataclass(frozen=True, slots=True)
class Entry:
    """A page as an index lists it."""

    path: str
    title: str
    kind: str
    heading: str
    """Of the section in which karpwiki would list it."""
    summary: str = ""
    created: str = ""
    tags: str = ""
    count: str = ""
    credibility: str = ""


@dataclass(frozen=True, slots=True)
class _List:
    """A table or a list of an index: its lines (from 0) with links, and the kind of the page that each leads to."""

    first: int
    last: int
    """The line after it."""
    heading: str
    head: tuple[str, ...]
    """The cells of a table's head; of a list, none."""
    kinds: Mapping[int, str]
    links: tuple[tuple[int, Link], ...]


def with_rows(
    page: Page, entries: Sequence[Entry], wiki: Wiki, gone: Container[str], find: Resolver, style: str
) -> str:
    """The text of an index by hand with a row for each entry that it does not link, without those of pages `gone`."""
    listed = {path for link in page.links for path in find.targets(link, page.path)}
    first = {link.line - 1: link for link in sorted(page.links, key=lambda link: -link.line)}
    led = {n: find.targets(link, page.path) for n, link in reversed(first.items())}
    lost = {n for n, found in led.items() if len(found) == 1 and found[0] in gone}
    lines = page.text.split("\n")
    lines = [line for n, line in enumerate(lines) if n not in lost or not (_ROW.match(line) or _ITEM.match(line))]
    for entry in entries:
        if entry.path not in listed:
            lines = _added(lines, entry, page.path, wiki, find, style)
    return "\n".join(lines)


def _added(lines: list[str], entry: Entry, path: str, wiki: Wiki, find: Resolver, style: str) -> list[str]:
    lists = _lists(lines, path, wiki, find)
    there = _home(lists, entry)
    made = _section(lines, lists, entry, path, style) if there is None else _grown(lines, there, entry, path, style)
    text = "\n".join(made)
    _, body, skipped = split(text)
    leads = (find.targets(link, path) for link in find_links(body, code_lines(body), skipped))
    # A row that nobody could follow would be added again each time.
    return made if any(found == (entry.path,) for found in leads) else lines


def _grown(lines: list[str], there: _List, entry: Entry, path: str, style: str) -> list[str]:
    row = _row(lines, there, entry, path, style)
    at = _place(lines, there, row)
    return [*lines[:at], row, *lines[at:]]


def _lists(lines: Sequence[str], path: str, wiki: Wiki, find: Resolver) -> list[_List]:
    _, body, skipped = split("\n".join(lines))
    hidden = {n + skipped for n in code_lines(body)}
    found: list[_List] = []
    heading, n = "", skipped
    while n < len(lines):
        shown = n not in hidden
        heading = lines[n].strip("# ") if lines[n].startswith("##") and shown else heading
        last = n + 1
        if shown and _ROW.match(lines[n]):
            while last < len(lines) and _ROW.match(lines[last]):
                last += 1
            if last > n + 1 and _RULE.fullmatch(lines[n + 1]):
                found.append(_list(lines, n, last, heading, True, path, wiki, find))
        elif shown and _ITEM.match(lines[n]):
            while last < len(lines) and _goes_on(lines, last, hidden):
                last += 1
            found.append(_list(lines, n, last, heading, False, path, wiki, find))
        n = last
    return found


def _goes_on(lines: Sequence[str], n: int, hidden: Container[int]) -> bool:
    """Whether a line belongs to the list before it: an item, the rest of one, or the blank line between two."""
    line = lines[n]
    if not line.strip():
        return n + 1 < len(lines) and bool(_ITEM.match(lines[n + 1])) and n + 1 not in hidden
    return n not in hidden and not line.startswith(("#", "|", "<", ">"))


def _list(
    lines: Sequence[str], first: int, last: int, heading: str, table: bool, path: str, wiki: Wiki, find: Resolver
) -> _List:
    links = [(n, spot.link) for n in range(first, last) for spot in [*spots(lines[n], n + 1)][:1]]
    led = {n: wiki.pages.get(t[0]) for n, link in links if (t := find.targets(link, path))}
    kinds = {n: kind_of(page, wiki.dialect) for n, page in led.items() if page}
    head = tuple(_cells(lines[first])) if table else ()
    return _List(first, last, heading, head, kinds, tuple(links))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in _BAR.split(line.strip().strip("|").rstrip("\\"))]


def _home(lists: Sequence[_List], entry: Entry) -> _List | None:
    """The list that a page belongs to: where most pages of its kind are, else under its heading, else the only one."""
    most = max(lists, key=lambda x: list(x.kinds.values()).count(entry.kind), default=None)
    if most and entry.kind in most.kinds.values():
        return most
    named = next((x for x in lists if key(x.heading) in (key(entry.heading), key(entry.kind))), None)
    linking = [x for x in lists if x.links]
    return named or (linking[0] if len(linking) == 1 and not linking[0].heading else None)


def _row(lines: Sequence[str], there: _List, entry: Entry, path: str, style: str) -> str:
    link = _link(there, entry, path, style)
    if not there.head:
        item = next((n for n, _ in reversed(there.links) if _ITEM.match(lines[n])), there.first)
        found = _ITEM.match(lines[item])
        mark = re.sub(r"\d+", lambda m: str(int(m[0]) + 1), found[1]) if found else "- "
        rests = [lines[n].partition("]]")[2] or lines[n].partition(")")[2] for n, _ in there.links]
        separators = Counter(m[0] for rest in rests if (m := _SEPARATOR.match(rest)) and m[0].strip())
        separator = separators.most_common(1)[0][0] if separators else ""
        return f"{mark}{link}{separator}{entry.summary}" if separator and entry.summary else f"{mark}{link}"
    at = _link_column(lines, there)
    holds = [_OF.get(name.casefold(), "") for name in there.head]
    # A kind is called here as in the row of another page of it.
    like = next((n for n, kind in there.kinds.items() if kind == entry.kind and "kind" in holds), None)
    word = _cells(lines[like])[holds.index("kind")] if like is not None else entry.kind
    cells = [link if n == at else word if what == "kind" else _cell(what, entry) for n, what in enumerate(holds)]
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


def _cell(what: str, entry: Entry) -> str:
    value = "" if what in ("", "link") else getattr(entry, what)
    return value if what in ("created", "count") else escape(value, cell=True)


def _link_column(lines: Sequence[str], there: _List) -> int:
    """The column in which a table has its links; of an empty one, the one that is called so, else the first."""
    columns = Counter(
        n for line, _ in there.links for n, cell in enumerate(_cells(lines[line])) if "[" in cell and any(spots(cell))
    )
    if columns:
        return min(columns, key=lambda n: (-columns[n], n))
    named = (n for n, name in enumerate(there.head) if _OF.get(name.casefold()) in ("link", "title"))
    return next(named, 0)


def _link(there: _List, entry: Entry, path: str, style: str) -> str:
    """A link as the others of its list are: by name, relative or by path, with a label or without one."""
    forms = Counter(
        "relative" if link.form == "markdown" else "path" if "/" in link.target else "wiki" for _, link in there.links
    )
    form = forms.most_common(1)[0][0] if forms else style or "wiki"
    prefixes = Counter(link.target.partition("/")[0] for _, link in there.links if "/" in link.target)
    folder = posixpath.dirname(entry.path).removeprefix("wiki").strip("/")
    first = prefixes.most_common(1)[0][0] if prefixes and form == "path" else ""
    prefix = first if first and first != folder.partition("/")[0] else ""
    labelled = sum(link.label != link.target.rpartition("/")[2] for _, link in there.links)
    stem = entry.path.rpartition("/")[2].removesuffix(".md")
    bare = form == "wiki" and labelled * 2 <= len(there.links)
    linker = Linker({}, {stem: entry.path}, form, path, prefix=prefix)
    return linker.link(stem, stem if bare else entry.title, cell=bool(there.head))


def _place(lines: Sequence[str], there: _List, row: str) -> int:
    """Where a row goes: by the alphabet or on top (newest first) where the others stand so, else last."""
    first = there.first + (2 if there.head else 0)
    rows = [n for n, _ in there.links if n >= first]
    days = [found[0] for n in rows if (found := re.findall(r"\d{4}-\d\d-\d\d", lines[n]))]
    if len(set(days)) > 1 and len(days) == len(rows) and days == sorted(days, reverse=True):
        return first
    by: Callable[[str], str] = lambda line: next((s.link.label.casefold() for s in spots(line)), line)  # noqa: E731
    keys = [by(lines[n]) for n in rows]
    if len(keys) > 2 and keys == sorted(keys):
        return next((n for n, k in zip(rows, keys, strict=True) if k > by(row)), there.last)
    return there.last


def _section(lines: list[str], lists: Sequence[_List], entry: Entry, path: str, style: str) -> list[str]:
    """The index with a section for the first page of a kind, in the form of its other lists."""
    like = next((x for x in lists if x.links), None)
    head = [lines[like.first], lines[like.first + 1]] if like and like.head else []
    none = _List(0, 0, "", (), {}, ())
    row = _row(lines, like, entry, path, style) if like else f"- {_link(none, entry, path, style)}"
    body = list(lines)
    while body and not body[-1].strip():
        body.pop()
    return [*body, "", f"## {entry.heading}", "", *head, row, ""]
