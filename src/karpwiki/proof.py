"""What lint finds in a vault as it is on disk, with what it kept of the runs before in `.karpwiki/cache.db`.

A run over a vault where nothing changed opens no page, and one over a vault with one page changed parses that page.
Deleting the file costs time, no more; one that cannot be used is as good as none.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from . import __version__
from .changes import Finding
from .errors import KarpError
from .git import Since, since
from .layout import as_there, inside, is_flat
from .lint import Choice, Report, lint
from .names import digest
from .opened import open_vault
from .settings import Settings
from .settled import Stat, is_old, look
from .shelf import Shelf
from .vault import entries, read_wiki
from .write import cache_file, store

PATH = "cache.db"
_TABLES = """
PRAGMA trusted_schema = OFF; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;
CREATE TABLE IF NOT EXISTS made (by TEXT);
CREATE TABLE IF NOT EXISTS pages (path TEXT PRIMARY KEY, stat TEXT, facts TEXT);
CREATE TABLE IF NOT EXISTS reports (key TEXT PRIMARY KEY, report TEXT);
"""
MOST_REPORTS = 8
_CODE = Path(__file__).parent


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
