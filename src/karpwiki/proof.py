"""What lint finds in a vault as it is on disk, with what it kept of the runs before in `.karpwiki/cache.db`.

A run over a vault where nothing changed opens no page, and one over a vault with one page changed parses that page.
Deleting the file costs time, no more; one that cannot be used is as good as none.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import os
import sqlite3
import sys
from contextlib import closing, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import __version__
from .errors import KarpError
from .findings import Choice, Finding, Report
from .layout import STATE, as_there, find_root, inside, is_flat, state_path
from .seen import ALONE, Stat, is_old, libraries, listing, look, moment, program

if TYPE_CHECKING:  # a run over a vault where nothing changed needs none of it
    from .git import Since
    from .shelf import Shelf

PATH = "cache.db"
_TABLES = """
PRAGMA trusted_schema = OFF; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;
CREATE TABLE IF NOT EXISTS made (by TEXT);
CREATE TABLE IF NOT EXISTS pages (path BLOB PRIMARY KEY, stat TEXT, facts TEXT, alike TEXT, cold TEXT);
CREATE TABLE IF NOT EXISTS reports (key TEXT PRIMARY KEY, report TEXT);
"""
MOST_REPORTS = 8


def proof(vault: Path | None, choice: Choice, ref: str, cache: bool) -> tuple[Report, Path]:
    """What lint finds in the vault at or above the working folder, or in the one given, and where that is.

    `ref`: only what changed since that commit. `cache`: what was kept may be used, and this is kept. Raises UsageError
    for a rule or a commit that does not exist, ConflictError when a page is changed meanwhile.
    """
    root = find_root(vault)
    return proved(root, choice, ref, cache), root


def proved(root: Path, choice: Choice, ref: str = "", cache: bool = True) -> Report:
    """The same of the vault at `root`."""
    return _whole(root, choice, ref, cache).within(choice.paths)


def _whole(root: Path, choice: Choice, ref: str, cache: bool) -> Report:
    if ref or not cache or is_flat(root):
        return _anew(root, choice, ref)
    try:
        if database := _database(root):
            with closing(database), moment():
                return _remembered(root, choice, database)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            with suppress(KarpError):
                _store(root, PATH, b"")  # the next run begins anew
    return _anew(root, choice)


def _remembered(root: Path, choice: Choice, database: sqlite3.Connection) -> Report:
    """The report of an earlier run, when every file is what it was then; else a new one, and it is kept."""
    files = {**look(root).files, **_aside(root)}  # the settings and the program among them
    key = hashlib.sha256(marshal.dumps((choice.select, choice.ignore, [*files.items()]), 0)).hexdigest()
    found = database.execute("SELECT report FROM reports WHERE key = ?", (key,)).fetchone()
    with suppress(ValueError, TypeError, KeyError, RecursionError):
        if found:
            return _report(json.loads(found[0]))
    from .shelf import Shelf

    shelf = Shelf(database, _now(root, database))
    report = _anew(root, choice, shelf=shelf)
    own = program()
    if all(is_old(stat, shelf.at) for path, stat in files.items() if path not in own):
        with suppress(sqlite3.Error), database:
            database.execute("INSERT OR REPLACE INTO reports VALUES (?, ?)", (key, json.dumps(asdict(report))))
            few = "DELETE FROM reports WHERE rowid <= (SELECT max(rowid) FROM reports) - ?"
            database.execute(few, (MOST_REPORTS,))
    return report


def _anew(root: Path, choice: Choice, ref: str = "", shelf: Shelf | None = None) -> Report:
    from .lint import lint
    from .settings import read_settings
    from .shelf import Shelf
    from .vault import read_wiki

    settings = read_settings(root)
    since = changed(root, ref) if ref else None
    shelf = None if ref else shelf or Shelf(None)
    wiki = read_wiki(root, shelf, settings)
    report = as_on_disk(root, lint(wiki, settings, choice, since))
    if shelf:
        shelf.save(wiki)
    return report


def changed(root: Path, ref: str) -> Since:
    """What changed since a commit, by the paths that the program knows. Raises UsageError as `since` does."""
    from .git import since

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
    findings, off = tuple(Finding(**f) for f in data.pop("findings")), data.pop("off")
    return Report(findings, tuple((name, why) for name, why in off), **{**data, "paths": tuple(data["paths"])})


def _aside(root: Path) -> dict[str, Stat]:
    """What rules look at beside pages and raw files: hidden ones, plugins of Obsidian, whether a place is a link."""
    found: dict[str, Stat] = {}
    for name in ("wiki", "raw", *ALONE):
        with suppress(OSError):
            found[f"{name}:"] = (os.lstat(root / name).st_mode, 0, 0, 0)
    with os.scandir(root) as there:
        folders = [e.path for e in there if e.name in ("wiki", "raw") or e.name.startswith(".obsidian")]
    while folders:
        folder = folders.pop()
        plugins = ".obsidian" in folder
        with suppress(OSError):
            for entry in listing(folder):
                regular = entry.is_file(follow_symlinks=False)
                if not regular and entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                if not regular or plugins or entry.name.startswith("."):
                    found[os.path.relpath(entry.path, root)] = (0, 0, 0, 0)
    return found


def _database(root: Path) -> sqlite3.Connection | None:
    """The vault's cache, empty when another version made it; None where there can be none. Raises DatabaseError."""
    try:
        file = state_path(root, PATH)
        if not file.parent.exists():
            _store(root, ".gitignore", b"*\n")
    except (KarpError, OSError):
        return None
    database = sqlite3.connect(file, timeout=0.2)
    try:
        _prepare(database)
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection) -> None:
    database.executescript(_TABLES)
    if database.execute("SELECT by FROM made").fetchall() != [(_by(),)]:
        dropped = "".join(f"DROP TABLE IF EXISTS {table};" for table in ("made", "pages", "reports"))
        database.executescript(f"{dropped}{_TABLES}")  # another version may have had other columns
        with database:
            database.execute("INSERT INTO made VALUES (?)", (_by(),))


def _store(root: Path, relative: str, data: bytes) -> None:
    from .write import store

    store(root, relative, data)


def _by() -> str:
    """The program that made what is kept: its version and its files, those of its libraries, and Python."""
    return f"{__version__} {sys.version} {hashlib.sha256(repr((program(), libraries())).encode()).hexdigest()}"


def _now(root: Path, database: sqlite3.Connection) -> int:
    """The time by the clock of the vault's own file system, in nanoseconds."""
    with suppress(sqlite3.Error), database:  # a value that is what it was would not be written
        runs = database.execute("PRAGMA user_version").fetchone()[0]
        database.execute(f"PRAGMA user_version = {(runs + 1) % 1_000_000_000}")
    return (root / STATE / PATH).stat().st_mtime_ns
