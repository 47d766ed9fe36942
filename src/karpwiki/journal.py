"""The journal of one commit: all that must happen is on the disk before the first page is touched.

    begin    new texts under temporary names beside their files, old bytes into an undo folder, then the journal
    finish   delete and replace, append to the log, drop the journal; can be run again after a stop at any point
    sweep    remove what a commit left behind that stopped before its journal was whole

A dropped journal moves into its undo folder as the manifest: one record says what to finish, and later what to undo.
Only write.py calls this file. Errors of the disk leave it as OSError.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from . import disk
from .layout import STATE
from .wiki import LOG

KEPT = 20
MANIFEST, UNDONE, JOINS = "manifest.json", "undone.json", "joins"


@dataclass(frozen=True, slots=True)
class Draft:
    """One file of a commit that is about to begin: its old and new bytes, None where there is no file."""

    path: str
    old: bytes | None
    new: bytes | None
    mode: int | None
    """Permission bits of the file that is to be written; None: what a new file gets."""


@dataclass(frozen=True, slots=True)
class Change:
    """One file of a commit as its journal knows it."""

    path: str
    temp: str | None
    """Where the new bytes lie until they replace the file, in its folder; None deletes the file."""
    before: str | None
    after: str | None
    mode: int | None


@dataclass(frozen=True, slots=True)
class Journal:
    """What one commit is to do, then the manifest of its undo folder."""

    number: int
    """Of the undo folder: the one that keeps the old bytes, or the one that is being undone."""
    undoes: bool
    title: str
    """`operation | subject` of its log entries."""
    log: str
    """What is to be appended to the log."""
    log_size: int
    """Of the log before that, in bytes."""
    changes: tuple[Change, ...]
    joins: bool = False
    """Whether it is undone together with the commit before it: both were made by one command."""


def pending(root: Path) -> list[Path]:
    """The journals of commits that were begun and not finished; at most one, as each commit finishes the last."""
    return sorted((root / STATE / "journal").glob("*.json"))


def load(path: Path) -> Journal:
    """Read a journal or a manifest back; ValueError when it is not one that this version wrote there."""
    try:
        record = json.loads(disk.system.read(path))
        changes = tuple(Change(**change) for change in record.pop("changes"))
        journal = Journal(changes=changes, **record)
        sound = f"{journal.number:08d}" in (path.stem, path.parent.name) and journal.log_size >= 0
        for change in changes:
            folder, _, name = (change.temp or change.path).rpartition("/")
            sound &= (change.temp is None) == (change.after is None) and folder == change.path.rpartition("/")[0]
            sound &= change.temp is None or bool(disk.TEMPORARY.fullmatch(name))
    except (ValueError, TypeError, KeyError, AttributeError):
        sound = False
    if not sound:
        raise ValueError(f"{path.name} is not readable")
    return journal


def last(root: Path) -> list[Journal]:
    """The manifests of the last commit that can be undone and of those that it joins, the newest first."""
    found: list[Journal] = []
    for folder in reversed(_kept(root)):
        found.append(load(folder / MANIFEST))
        if not found[-1].joins:
            break
    return found


def undo_folder(root: Path, number: int) -> Path:
    """Where the old bytes of commit `number` lie: those of its nth change in the file `n`, and the manifest."""
    return root / STATE / "undo" / f"{number:08d}"


def begin(
    root: Path, drafts: Sequence[Draft], title: str, log: str, log_size: int, undoes: int = 0, joins: bool = False
) -> Journal:
    """Put new texts, old bytes and the journal on the disk; no page is touched.

    `undoes` is the number of the commit that is taken back; the undo of an undo is not kept. On OSError either all
    that was written is removed again, or the journal is whole and `pending` lists it.
    """
    token = secrets.token_hex(8)
    number = undoes or max((int(folder.name) for folder in _undo_folders(root)), default=0) + 1
    folder, path = undo_folder(root, number), root / STATE / "journal" / f"{number:08d}.json"
    temps = [(root / draft.path).with_name(f".karpwiki-{token}-{n}.tmp") for n, draft in enumerate(drafts)]
    changes = []
    for draft, temp in zip(drafts, temps, strict=True):
        staged = None if draft.new is None else temp.relative_to(root).as_posix()
        changes.append(Change(draft.path, staged, disk.digest(draft.old), disk.digest(draft.new), draft.mode))
    record = Journal(number, bool(undoes), title, log, log_size, tuple(changes), joins)
    try:
        for n, draft in enumerate(drafts):
            if draft.new is not None:
                disk.make_folder(temps[n].parent)
                disk.write(temps[n], draft.new, mode=draft.mode)
            if draft.old is not None and not undoes:
                disk.make_folder(folder)
                disk.write(folder / str(n), draft.old)
        if joins and not undoes:
            disk.make_folder(folder)
            disk.write(folder / JOINS, b"")
        # The journal must never outlive, in a power cut, the files that it names.
        disk.sync([folder, *(temp.parent for temp in temps)])
        disk.replace(path, json.dumps(asdict(record), ensure_ascii=False, indent=1).encode())
    except OSError:
        if not path.exists():
            for temp in temps:
                disk.unlink(temp, OSError)
            with suppress(OSError):
                _prune(root)
        raise
    return record


def finish(root: Path, record: Journal) -> list[str]:
    """Do what the journal says, as far as it is not done, and drop it.

    Returns the paths that were left as they are since they hold neither the old nor the new bytes: somebody edited
    them. On OSError the journal stays, and this can be run again.
    """
    # Deletions first: a page renamed in case only is one file on some disks.
    changes = sorted(record.changes, key=lambda change: change.temp is not None)
    left = [change.path for change in changes if not _apply(root, change)]
    disk.sync((root / change.path).parent for change in changes)
    log = root / log_path(root)
    if rest := _unlogged(disk.read(log) or b"", record):
        disk.make_folder(log.parent)
        disk.write(log, rest, os.O_APPEND)
        disk.sync([log.parent])
    folder, path = undo_folder(root, record.number), root / STATE / "journal" / f"{record.number:08d}.json"
    disk.make_folder(folder)
    disk.system.replace(path, folder / (UNDONE if record.undoes else MANIFEST))
    # The commit is done: what fails from here on is put right by the next sweep.
    with suppress(OSError):
        disk.sync([path.parent, folder])
        _prune(root)
    return left


def sweep(root: Path) -> int:
    """Remove temporary files and undo folders that no commit needs, when none is pending; returns how many."""
    below = (Path(place, name) for top in ("wiki", STATE) for place, _, names in os.walk(root / top) for name in names)
    stray = [path for path in (*root.iterdir(), *below) if disk.TEMPORARY.fullmatch(path.name)]
    for path in stray:
        disk.unlink(path)
    return len(stray) + _prune(root)


def gap(log: bytes) -> bytes:
    """What must stand between a log and a new entry so that one blank line parts them."""
    if not log.strip():
        return b"# Log\n\n"
    return b"\n" * (2 - log[len(log.rstrip(b"\r\n")) :].count(b"\n"))


def log_path(root: Path) -> str:
    """The path of the log, in the letters that it has on disk."""
    if (root / LOG).is_file() or not (root / LOG).parent.is_dir():
        return LOG
    found = sorted(file.name for file in (root / LOG).parent.iterdir() if file.name.casefold() == "log.md")
    return f"wiki/{found[0]}" if found else LOG


def _apply(root: Path, change: Change) -> bool:
    """Make one change, unless it is made; False when the file holds something else, or the new bytes are lost."""
    path, temp = root / change.path, root / change.temp if change.temp else None
    found = disk.digest(disk.read(path))
    if found == change.before != change.after and (temp is None or disk.digest(disk.read(temp)) == change.after):
        disk.system.replace(temp, path) if temp else disk.system.unlink(path)
        return True
    return found == change.after


def _unlogged(log: bytes, record: Journal) -> bytes:
    """The part of a commit's log text that the log does not hold yet."""
    text, tail = record.log.encode(), log[record.log_size :]
    if len(log) >= record.log_size and text.startswith(tail):
        return text[len(tail) :]
    # Somebody edited the log since: the entry is looked for by its words.
    entry = text.removeprefix(b"# Log").strip()
    return b"" if entry in log else gap(log) + entry + b"\n\n"


def _undo_folders(root: Path) -> list[Path]:
    found = (root / STATE / "undo").glob("[0-9]" * 8)
    return sorted(path for path in found if path.is_dir() and not path.is_symlink())


def _kept(root: Path) -> list[Path]:
    whole = [path for path in _undo_folders(root) if (path / MANIFEST).is_file() and not (path / UNDONE).exists()]
    firsts = [n for n, path in enumerate(whole) if not (path / JOINS).exists()]
    return whole[firsts[-KEPT] :] if len(firsts) > KEPT else whole


def _prune(root: Path) -> int:
    surplus = sorted({*_undo_folders(root)} - {*_kept(root)})
    for folder in surplus:
        # The manifest goes first: a folder without one is no undo any more.
        for path in sorted(folder.iterdir(), key=lambda path: path.name != MANIFEST):
            disk.system.unlink(path)
        disk.system.rmdir(folder)
    return len(surplus)
