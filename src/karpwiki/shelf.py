"""What lint keeps of what it read: facts of pages, and its last reports, in `.karpwiki/cache.db`.

Both are known by the sizes, times and inodes of the files that they come from, and only of files written two seconds
before they were read: a younger one may be written again within one tick of its clock. So a run over a vault where
nothing changed opens no page, and one over a vault with one page changed parses that page. Deleting the file costs
time, no more; one that cannot be used is as good as none.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, astuple, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from . import __version__
from .changes import Finding
from .conflict import read
from .detect import is_by_hand
from .errors import ConflictError, KarpError
from .git import Since, since
from .habits import habits
from .layout import as_there, inside, is_flat
from .lint import Choice, Report, lint
from .markdown import blocks_of, lf
from .names import digest
from .opened import open_vault
from .rules import traces
from .settings import Settings
from .settled import Stat, is_old, look
from .vault import entries, read_page, read_wiki
from .wiki import Footnote, Habits, Link, Page, State, Wiki
from .write import cache_file, store

PATH = "cache.db"
_TABLES = """
PRAGMA trusted_schema = OFF; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;
CREATE TABLE IF NOT EXISTS made (by TEXT);
CREATE TABLE IF NOT EXISTS pages (path TEXT PRIMARY KEY, stat TEXT, facts TEXT);
CREATE TABLE IF NOT EXISTS reports (key TEXT PRIMARY KEY, report TEXT);
"""
MOST_REPORTS = 8
MANY, MOST_WORKERS = 1_000, 8
"""Pages that are worth a process of their own."""
_CODE = Path(__file__).parent


class KeptPage(Page):
    """A page of which all but the text is held; the text is read again when it is asked for."""

    file: Path
    sha256: str

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
        self.new: list[tuple[str, str, str]] = []
        self.read: dict[str, dict[str, Any]] = {}

    @cached_property
    def _rows(self) -> dict[str, tuple[str, str]]:
        found = self.database.execute("SELECT path, stat, facts FROM pages") if self.database else ()
        return {path: (stat, facts) for path, stat, facts in found}

    def ahead(self, pages: Sequence[tuple[str, os.DirEntry[str]]]) -> None:
        """Read many pages that are not known with all processors at once."""
        new = [(path, e.path) for path, e in pages if self._row(path, e.stat(follow_symlinks=False)) is None]
        workers = min(os.cpu_count() or 1, MOST_WORKERS, len(new) // MANY)
        # Where processes are not forked, each takes as long to begin as it saves.
        if workers > 1 and sys.platform == "linux":
            from concurrent.futures import ProcessPoolExecutor  # slow to import, and seldom needed
            from multiprocessing import get_context

            with ProcessPoolExecutor(workers, get_context("fork")) as pool:
                read = pool.map(_read_alone, *zip(*new, strict=True), chunksize=MANY // 8)
                self.read = {path: facts for (path, _), facts in zip(new, read, strict=True) if facts}

    def _row(self, path: str, stat: os.stat_result) -> str | None:
        known, facts = self._rows.get(path, ("", ""))
        return facts if known == _key(_stat(stat)) else None

    def find(self, path: str, file: Path, stat: os.stat_result) -> tuple[str, Page] | None:
        """(sha256, page) as it was read before; None when the file is not what it was then."""
        if path in self.read:
            return self._kept(path, file, stat, self.read.pop(path))
        row = self._row(path, stat)
        try:
            return _from_facts(path, file, json.loads(row)) if row else None
        except (ValueError, TypeError, KeyError, RecursionError):
            return None

    def keep(self, file: Path, stat: os.stat_result, sha256: str, page: Page) -> Page:
        """The page without its text. What is known of it is kept when nobody can have changed it since."""
        return self._kept(page.path, file, stat, _facts(sha256, page))[1]

    def _kept(self, path: str, file: Path, stat: os.stat_result, facts: dict[str, Any]) -> tuple[str, Page]:
        seen = _stat(stat)
        if self.database and is_old(seen, self.at):
            self.new.append((path, _key(seen), json.dumps(facts, ensure_ascii=False, separators=(",", ":"))))
        return _from_facts(path, file, facts)

    def save(self, wiki: Wiki) -> None:
        """Write what is new, and forget pages that are gone."""
        if self.database is None:
            return
        gone = [(path,) for path in self._rows if path not in wiki.pages]
        with suppress(sqlite3.Error), self.database:
            self.database.executemany("INSERT OR REPLACE INTO pages VALUES (?, ?, ?)", self.new)
            self.database.executemany("DELETE FROM pages WHERE path = ?", gone)


def _read_alone(path: str, file: str) -> dict[str, Any] | None:
    """The facts of a page, read in a process of its own; None when there is more to say of it."""
    try:
        sha256, text = read_page(Path(file))
    except (OSError, ValueError):
        return None
    page, conflict = read(path, text)
    return None if conflict else _facts(sha256, page)


def _stat(stat: os.stat_result) -> Stat:
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def _key(stat: Stat) -> str:
    return " ".join(map(str, stat))


def _facts(sha256: str, page: Page) -> dict[str, Any]:
    """A page as JSON has it."""
    state = page.state
    return {
        "sha256": sha256,
        "meta": dict(page.meta),
        "footnotes": [(n.label, n.text, n.line) for n in page.footnotes],
        "links": [(k.target, k.anchor, k.label, k.line, k.form, k.embed) for k in page.links],
        "state": {f.name: _plain(getattr(state, f.name)) for f in fields(State)} if state else None,
        "notes": page.notes,
        "problem": page.problem,
        "problem_line": page.problem_line,
        "traces": sorted(traces(page)),
        "habits": _plain(astuple(habits(page))) if is_by_hand(page) else None,
        "heading": "" if page.meta.get("title") else page.heading,
    }


def _plain(value: Any) -> Any:
    return dict(value) if hasattr(value, "keys") else list(value) if isinstance(value, tuple) else value


def _from_facts(path: str, file: Path, facts: dict[str, Any]) -> tuple[str, Page]:
    state = facts["state"]
    page = KeptPage.__new__(KeptPage)
    vars(page).update(
        path=path,
        file=file,
        sha256=facts["sha256"],
        meta=facts["meta"],
        footnotes=tuple(Footnote(*n) for n in facts["footnotes"]),
        links=tuple(Link(*k) for k in facts["links"]),
        state=_state(state) if state else None,
        notes=facts["notes"],
        problem=facts["problem"],
        problem_line=facts["problem_line"],
        spelled={},
        cut=blocks_of,
        traces=frozenset(facts["traces"]),
        habits=_habits(*facts["habits"]) if facts["habits"] else None,
    )
    if facts["heading"]:
        vars(page)["heading"] = facts["heading"]
    return facts["sha256"], page


def _habits(fenced: bool, citations: str, raw: Sequence[str], lead: str) -> Habits:
    return Habits(fenced, citations, tuple(raw), lead)


def _state(facts: dict[str, Any]) -> State:
    listed: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    return State(**{**listed, "blocks": {name: tuple(ids) for name, ids in facts["blocks"].items()}})


def proof(vault: Path | None, choice: Choice, ref: str, cache: bool) -> tuple[Report, Path]:
    """What lint finds in the vault at or above the working folder, or in the one given, and where that is."""
    found = open_vault(vault)
    return proved(found.root, found.settings, choice, ref, cache), found.root


def proved(root: Path, settings: Settings, choice: Choice, ref: str = "", cache: bool = True) -> Report:
    """What lint finds in a vault as it is on disk. `ref`: only what changed since that commit.

    `cache`: what was kept may be used, and this is kept. Raises UsageError for a rule or a commit that does not exist,
    ConflictError when a page is changed meanwhile.
    """
    if ref:
        return as_on_disk(root, lint(read_wiki(root, settings=settings), settings, choice, changed(root, ref)))
    if is_flat(root):
        return as_on_disk(root, lint(read_wiki(root, Shelf(None), settings), settings, choice))
    if not cache:
        return lint(read_wiki(root, Shelf(None), settings), settings, choice)
    with _database(root) as database:
        if database is None:
            return lint(read_wiki(root, Shelf(None), settings), settings, choice)
        files = {**look(root).files, **_aside(root)}
        key = digest(json.dumps([_by(), repr(settings), repr(choice), sorted(files.items())]), 64)
        found = database.execute("SELECT report FROM reports WHERE key = ?", (key,)).fetchone()
        with suppress(ValueError, TypeError, KeyError, RecursionError):
            if found:
                return _report(json.loads(found[0]))
        shelf = Shelf(database, _now(root, database))
        wiki = read_wiki(root, shelf, settings)
        report = lint(wiki, settings, choice)
        shelf.save(wiki)
        if all(is_old(stat, shelf.at) for path, stat in files.items() if not path.startswith("/")):
            with suppress(sqlite3.Error), database:
                database.execute("INSERT OR REPLACE INTO reports VALUES (?, ?)", (key, json.dumps(asdict(report))))
                few = "DELETE FROM reports WHERE rowid <= (SELECT max(rowid) FROM reports) - ?"
                database.execute(few, (MOST_REPORTS,))
        return report


def changed(root: Path, ref: str) -> Since:
    """What changed since a commit, by the paths that the program knows. Raises UsageError as `since` does."""
    made = since(root, ref)
    if not is_flat(root):
        return made
    lines = {inside(path): numbers for path, numbers in made.lines.items()}
    return replace(made, lines=lines, before={inside(path): data for path, data in made.before.items()})


def as_on_disk(root: Path, report: Report) -> Report:
    """A report whose paths are those on disk."""
    if not is_flat(root):
        return report
    found = (replace(f, path=as_there(f.path), message=as_there(f.message)) for f in report.findings)
    return replace(report, findings=tuple(found))


def _report(data: dict[str, Any]) -> Report:
    findings = tuple(Finding(**f) for f in data.pop("findings"))
    return Report(findings, tuple((name, why) for name, why in data.pop("off")), **data)


def _aside(root: Path) -> dict[str, Stat]:
    """Files that no page is, and that rules look at: hidden ones, and what Obsidian has of plugins."""
    found: dict[str, Stat] = {}
    with os.scandir(root) as there:
        folders = [Path(e.path) for e in there if e.name in ("wiki", "raw") or e.name.startswith(".obsidian")]
    while folders:
        folder = folders.pop()
        with suppress(OSError), os.scandir(folder) as there:
            for entry in there:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(Path(entry.path))
                if entry.name.startswith(".") or ".obsidian" in entry.path or not entry.is_file(follow_symlinks=False):
                    found[os.path.relpath(entry.path, root)] = (0, 0, 0, 0)
    return found


@contextmanager
def _database(root: Path) -> Iterator[sqlite3.Connection | None]:
    """The vault's cache, empty when another version made it; None where there can be none."""
    try:
        file = cache_file(root, PATH)
        database = sqlite3.connect(file, timeout=0.2)
    except (KarpError, OSError, sqlite3.Error):
        yield None
        return
    with closing(database):
        try:
            _prepare(database)
        except sqlite3.DatabaseError:
            database.close()
            with suppress(KarpError):  # the next run begins anew
                store(root, PATH, b"")
            yield None
            return
        yield database


def _prepare(database: sqlite3.Connection) -> None:
    database.executescript(_TABLES)
    if database.execute("SELECT by FROM made").fetchall() != [(_by(),)]:
        with database:
            for table in ("made", "pages", "reports"):
                database.execute(f"DELETE FROM {table}")
            database.execute("INSERT INTO made VALUES (?)", (_by(),))


def _by() -> str:
    """The program that made what is kept: its version and its files."""
    seen = [(entry.name, entry.stat().st_size, entry.stat().st_mtime_ns) for entry in entries(_CODE)]
    return f"{__version__} {digest(json.dumps(seen))}"


def _now(root: Path, database: sqlite3.Connection) -> int:
    """The time by the clock of the vault's own file system, in nanoseconds."""
    with suppress(sqlite3.Error), database:
        database.execute("UPDATE made SET by = ?", (_by(),))
    return (root / ".karpwiki" / PATH).stat().st_mtime_ns
