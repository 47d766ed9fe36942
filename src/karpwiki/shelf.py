"""What lint knows of pages that it read before, so that only those that changed are read again.

A page is known by its size, times and inode, and only when it was written two seconds before it was read: a younger
one may be written again within one tick of its clock. All but its text is held; the text is read when it is asked for.
"""

from __future__ import annotations

import json
import marshal
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import cached_property
from typing import Any

from .conflict import read
from .detect import is_by_hand
from .errors import ConflictError
from .habits import habits
from .markdown import blocks_of, lf, parse
from .rules import traces
from .seen import is_old, stat_of
from .spread import processors, spread
from .vault import read_page
from .wiki import Footnote, Habits, Link, Page, State, Wiki

Facts = dict[str, Any]
MANY = 400
"""Pages that are worth a process of their own."""


class KeptPage(Page):
    """A page of which all but the text is held; the text is read again when it is asked for."""

    file: str
    sha256: str
    packed: bytes | str
    """Its links, as `marshal` or, from disk, as JSON has them: few are asked for."""

    @cached_property
    def links(self) -> tuple[Link, ...]:
        if isinstance(self.packed, bytes):
            return tuple(map(Link._make, marshal.loads(self.packed)))
        try:
            rows = json.loads(self.packed)
            return tuple(
                Link(str(to), str(at), str(label), int(n), form, bool(e)) for to, at, label, n, form, e in rows
            )
        except (ValueError, TypeError, OverflowError, RecursionError):  # not what we wrote
            return parse(self.path, self.text).links

    def __getattr__(self, name: str) -> Any:
        if name != "text":
            raise AttributeError(name)
        sha256, text = read_page(self.file)
        if sha256 != self.sha256:
            raise ConflictError(f"{self.path} was changed while it was read: run the same command again.")
        return lf(text)


class Shelf:
    """The pages of one vault, by what was kept of them. `database`: None keeps nothing for the next run."""

    def __init__(self, database: sqlite3.Connection | None, at: int = 0) -> None:
        self.database, self.at = database, at
        self.new: list[tuple[bytes, str, str, str]] = []
        self.read: dict[str, bytes] = {}
        self.known: dict[str, tuple[str, str]] = {}

    @cached_property
    def _rows(self) -> dict[str, tuple[str, str, str]]:
        found = self.database.execute("SELECT path, stat, facts, links FROM pages") if self.database else ()
        return {os.fsdecode(path): kept for path, *kept in found}

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

    def _row(self, path: str, stat: os.stat_result) -> tuple[str, str] | None:
        known = self._rows.get(path)
        return (known[1], known[2]) if known and known[0] == _key(stat) else None

    def find(self, path: str, file: str, stat: os.stat_result) -> tuple[str, Page] | None:
        """(sha256, page) as it was read before; None when the file is not what it was then."""
        if path in self.read:
            return self._kept(path, file, stat, marshal.loads(self.read.pop(path)))
        row = self.known.pop(path, None)
        try:
            return _from_facts(path, file, _unkept(*row)) if row else None
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError):
            return None  # not what we wrote

    def keep(self, file: str, stat: os.stat_result, sha256: str, page: Page) -> Page:
        """The page without its text. What is known of it is kept when nobody can have changed it since."""
        return self._kept(page.path, file, stat, _facts(sha256, page))[1]

    def _kept(self, path: str, file: str, stat: os.stat_result, facts: Facts) -> tuple[str, Page]:
        if self.database and is_old(stat_of(stat), self.at):
            parts = ({**facts, "links": ""}, marshal.loads(facts["links"]))  # few links are asked for
            kept, links = (json.dumps(part, separators=(",", ":")) for part in parts)
            self.new.append((os.fsencode(path), _key(stat), kept, links))
        return _from_facts(path, file, facts)

    def save(self, wiki: Wiki) -> None:
        """Write what is new, and forget pages that are gone."""
        if self.database is None:
            return
        gone = [(os.fsencode(path),) for path in self._rows if path not in wiki.pages]
        with suppress(sqlite3.Error), self.database:
            self.database.executemany("INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?)", self.new)
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


def _key(stat: os.stat_result) -> str:
    return " ".join(map(str, stat_of(stat)))


def _facts(sha256: str, page: Page) -> Facts:
    """A page as plain data: dicts, lists, tuples, texts and numbers, and its links packed."""
    return {
        "sha256": sha256,
        "meta": page.meta,
        "footnotes": [*map(tuple, page.footnotes)],
        "links": marshal.dumps([*map(tuple, page.links)]),
        "aims": page.aims,
        "forms": page.forms,
        "state": _plain(page.state) if page.state else None,
        "notes": page.notes,
        "problem": page.problem,
        "problem_line": page.problem_line,
        "traces": [*traces(page)],
        "habits": tuple(habits(page)) if is_by_hand(page) else None,
        "heading": page.heading,
        "lead": page.lead if is_by_hand(page) else "",
    }


def _unkept(row: str, links: str) -> Facts:
    """What was kept on disk of a page. Raises ValueError, TypeError or KeyError for what we did not write."""
    facts = json.loads(row)
    wiki, markdown = (tuple(map(str, targets)) for targets in facts["aims"])
    return {**facts, "links": str(links), "aims": (wiki, markdown), "forms": tuple(map(str, facts["forms"]))}


def _plain(state: State) -> dict[str, Any]:
    made = {f.name: getattr(state, f.name) for f in fields(state)}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in made.items()}


def _from_facts(path: str, file: str, facts: Facts) -> tuple[str, Page]:
    state, kind = facts["state"], facts["meta"].get("type", "")
    page = KeptPage.__new__(KeptPage)
    vars(page).update(
        path=path,
        file=file,
        sha256=facts["sha256"],
        meta=facts["meta"],
        footnotes=tuple(map(Footnote._make, facts["footnotes"])),
        packed=facts["links"],
        aims=facts["aims"],
        forms=facts["forms"],
        state=_state(state) if state else None,
        notes=facts["notes"],
        problem=facts["problem"],
        problem_line=facts["problem_line"],
        spelled={},
        cut=blocks_of,
        traces=frozenset(facts["traces"]),
        habits=Habits(*facts["habits"]) if facts["habits"] else None,
        lead=facts["lead"],
        heading=facts["heading"],
        kind=kind if isinstance(kind, str) else "",
    )
    return facts["sha256"], page


def _state(facts: dict[str, Any]) -> State:
    return State(**{**_frozen(facts), "blocks": {name: tuple(ids) for name, ids in facts["blocks"].items()}})


def _frozen(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
