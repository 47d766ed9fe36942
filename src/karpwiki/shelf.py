"""What lint knows of pages that it read before, so that only those that changed are read again.

A page is known by its size, times and inode, and only when it was written two seconds before it was read: a younger
one may be written again within one tick of its clock. All but its text is held; the text is read when it is asked for.
"""

from __future__ import annotations

import json
import marshal
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import cached_property, lru_cache
from sys import intern
from typing import Any

from .conflict import read
from .errors import ConflictError
from .habits import ballot, is_by_hand
from .markdown import blocks_of, lf, parse
from .rules import traces
from .seen import is_old, stat_of
from .spread import processors, spread
from .vault import read_page
from .wiki import Ballot, Footnote, Form, Link, Page, State, Wiki

Facts = tuple[Any, ...]
"""sha256, frontmatter, aims, state and heading of a page; then, packed, what many have alike and what few ask for."""
Row = tuple[str, str, str]
"""The same as it is kept on disk, in three texts of JSON."""
MANY = 400
"""Pages that are worth a process of their own."""


class KeptPage(Page):
    """A page of which all but the text is held, what few rules ask for packed; the text is read again for each use."""

    file: str
    sha256: str
    packed: bytes | str
    """What _COLD names, as `marshal` or, from disk, as JSON has it."""

    def __getattr__(self, name: str) -> Any:
        if name != "text":
            raise AttributeError(name)
        sha256, text = read_page(self.file)
        if sha256 != self.sha256:
            raise ConflictError(f"{self.path} was changed while it was read: run the same command again.")
        return lf(text)


class _Cold:
    """An attribute of a kept page that is unpacked, with the others, when one is first asked for."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, page: KeptPage, _: type) -> Any:
        if "packed" not in vars(page):  # made from a kept one: all is there but what follows from its text
            return getattr(Page, self.name).__get__(page)
        vars(page).update(_unpacked(page))
        return vars(page)[self.name]


_COLD = ("footnotes", "links", "notes", "mentioned", "lead")
for _name in _COLD:
    setattr(KeptPage, _name, _Cold(_name))


def _unpacked(page: KeptPage) -> dict[str, Any]:
    """The values of _COLD: footnotes, links, notes, mentioned, lead."""
    if isinstance(page.packed, bytes):
        footnotes, links, *rest = marshal.loads(page.packed)
        made = (tuple(map(Footnote._make, footnotes)), tuple(map(Link._make, links)), *rest)
        return dict(zip(_COLD, made, strict=True))
    try:
        footnotes, links, notes, mentioned, lead = json.loads(page.packed)
        return {
            "footnotes": tuple(Footnote(str(label), str(text), int(line)) for label, text, line in footnotes),
            "links": tuple(
                Link(str(to), str(at), str(label), int(n), _form(form), bool(e)) for to, at, label, n, form, e in links
            ),
            "notes": str(notes),
            "mentioned": _texts(mentioned),
            "lead": str(lead),
        }
    except (ValueError, TypeError, OverflowError, RecursionError):  # not what we wrote
        read = parse(page.path, page.text)
        return {name: getattr(read, name) for name in _COLD}


class Shelf:
    """The pages of one vault, by what was kept of them. `database`: None keeps nothing for the next run."""

    def __init__(self, database: sqlite3.Connection | None, at: int = 0) -> None:
        self.database, self.at = database, at
        self.new: list[tuple[bytes | str, ...]] = []
        self.read: dict[str, bytes] = {}
        self.known: dict[str, Row] = {}

    @cached_property
    def _rows(self) -> dict[str, tuple[str, Row]]:
        query = "SELECT path, stat, facts, alike, cold FROM pages"
        found = self.database.execute(query) if self.database else ()
        return {os.fsdecode(path): (stat, kept) for path, stat, *kept in found}

    def ahead(self, pages: Sequence[tuple[str, os.DirEntry[str]]]) -> None:
        """Read many pages that are not known with all processors at once."""
        sizes = {}
        for path, entry in pages:
            stat = entry.stat(follow_symlinks=False)
            row = self._row(path, stat)
            if row is None:
                sizes[path, entry.path] = stat.st_size
            else:
                self.known[path] = row
        new = sorted(sizes, key=lambda page: -sizes[page])  # a large one that comes last is waited for
        workers = min(processors(), len(new) // MANY)
        if workers > 1:
            traces(Page("", ""))  # or each of them loads the rules
            read = spread(_read_alone, new, workers)
            self.read = {path: facts for (path, _), facts in zip(new, read, strict=True) if facts}

    def _row(self, path: str, stat: os.stat_result) -> Row | None:
        known = self._rows.get(path)
        return known[1] if known and known[0] == _key(stat) else None

    def find(self, path: str, file: str, stat: os.stat_result) -> tuple[str, Page] | None:
        """(sha256, page) as it was read before; None when the file is not what it was then."""
        if path in self.read:
            return self._kept(path, file, stat, marshal.loads(self.read.pop(path)))
        row = self.known.pop(path, None)
        try:
            return _from_row(path, file, *row) if row else None
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError):
            return None  # not what we wrote

    def keep(self, file: str, stat: os.stat_result, sha256: str, page: Page) -> Page:
        """The page without its text. What is known of it is kept when nobody can have changed it since."""
        return self._kept(page.path, file, stat, _facts(sha256, page))[1]

    def _kept(self, path: str, file: str, stat: os.stat_result, facts: Facts) -> tuple[str, Page]:
        if self.database and is_old(stat_of(stat), self.at):
            *whole, alike, cold = facts
            packed = (_json(marshal.loads(part)) for part in (alike, cold))
            self.new.append((os.fsencode(path), _key(stat), _json(whole), *packed))
        return _from_facts(path, file, *facts)

    def save(self, wiki: Wiki) -> None:
        """Write what is new, and forget pages that are gone."""
        if self.database is None:
            return
        gone = [(os.fsencode(path),) for path in self._rows if path not in wiki.pages]
        with suppress(sqlite3.Error), self.database:
            self.database.executemany("INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?)", self.new)
            self.database.executemany("DELETE FROM pages WHERE path = ?", gone)


def _read_alone(place: tuple[str, str]) -> bytes | None:
    """The facts of a page, given by its path and its file; None when there is more to say of it.

    What is kept on disk is JSON, which cannot harm; our own processes hand over what is read fastest.
    """
    path, file = place
    try:
        sha256, text = read_page(file)
    except (OSError, ValueError):
        return None
    page, conflict = read(path, text)
    return None if conflict else marshal.dumps(_facts(sha256, page))


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _key(stat: os.stat_result) -> str:
    return " ".join(map(str, stat_of(stat)))


def _facts(sha256: str, page: Page) -> Facts:
    """A page as plain data: dicts, lists, tuples, texts and numbers.

    What links name is interned, here and where it is read back: in a large vault each name stands on many pages.
    """
    said, told = ballot(page), (page.mentioned, page.lead) if is_by_hand(page) else ((), "")
    alike: Facts = (said and tuple(said), page.forms, sorted(traces(page)), page.problem, page.problem_line)
    cold: Facts = ([*map(tuple, page.footnotes)], [*map(tuple, page.links)], page.notes, *told)
    aims = [tuple(map(intern, targets)) for targets in page.aims]
    state = _plain(page.state) if page.state else None
    return sha256, dict(page.meta), aims, state, page.heading, marshal.dumps(alike), marshal.dumps(cold)


def _plain(state: State) -> dict[str, Any]:
    made = {f.name: getattr(state, f.name) for f in fields(state)}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in made.items()}


def _from_row(path: str, file: str, row: str, alike: str, cold: str) -> tuple[str, Page]:
    """(sha256, page) of what was kept on disk. Raises ValueError, TypeError or KeyError for what we did not write."""
    sha256, meta, aims, state, heading = json.loads(row)
    interned = [tuple(map(intern, targets)) for targets in aims]
    return _from_facts(path, file, str(sha256), meta, interned, state, str(heading), str(alike), str(cold))


def _from_facts(
    path: str,
    file: str,
    sha256: str,
    meta: dict[str, Any],
    aims: Sequence[Sequence[str]],
    state: dict[str, Any] | None,
    heading: str,
    alike: bytes | str,
    cold: bytes | str,
) -> tuple[str, Page]:
    page, kind, (wiki, markdown) = KeptPage.__new__(KeptPage), meta.get("type", ""), aims
    vars(page).update(_alike(alike))
    vars(page).update(
        path=path,
        file=file,
        sha256=sha256,
        meta=meta,
        aims=(wiki, markdown),
        state=_state(state) if state else None,
        spelled={},
        cut=blocks_of,
        heading=heading,
        kind=kind if isinstance(kind, str) else "",
        packed=cold,
    )
    return sha256, page


@lru_cache(maxsize=1 << 12)
def _alike(packed: bytes | str) -> Mapping[str, Any]:
    """What many pages have alike, as attributes. Raises what `_from_row` raises."""
    said, forms, found, problem, line = marshal.loads(packed) if isinstance(packed, bytes) else json.loads(packed)
    return {
        "ballot": _ballot(said) if said else None,
        "forms": _texts(forms),
        "traces": frozenset(map(str, found)),
        "problem": str(problem),
        "problem_line": int(line),
    }


def _ballot(said: Sequence[Any]) -> Ballot:
    folder, titled, fenced, readable, keys, types, naming, forms, citations, led, mentions = said
    return Ballot(
        str(folder), bool(titled), bool(fenced), bool(readable), _texts(keys),
        tuple((str(name), str(kind)) for name, kind in types), _texts(naming), _texts(forms), str(citations),
        bool(led), bool(mentions),
    )  # fmt: skip


def _form(word: object) -> Form:
    return "markdown" if word == "markdown" else "wiki"


def _texts(words: Iterable[object]) -> tuple[str, ...]:
    return tuple(map(str, words))


def _state(facts: dict[str, Any]) -> State:
    return State(**{**_frozen(facts), "blocks": {name: tuple(ids) for name, ids in facts["blocks"].items()}})


def _frozen(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
