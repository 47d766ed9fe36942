"""The journal of one commit: all that must happen is on the disk before the first page is touched.

    begin    new texts under temporary names beside their files, old bytes into an undo folder, then the journal
    finish   delete and replace, append to the log, drop the journal; can be run again after a stop at any point
    sweep    remove what a commit left behind that stopped before its journal was whole

A dropped journal moves into its undo folder as the manifest: one record says what to finish, and later what to undo.
Only write.py calls this file. Errors of the disk leave it as OSError.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

STATE, LOG, MANIFEST, UNDONE, KEPT = ".karpwiki", "wiki/log.md", "manifest.json", "undone.json", 20
_TEMPORARY = re.compile(r"\.karpwiki-[0-9a-f]{16}(-\d+)?\.tmp")
_CREATE = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Disk:
    """Every call that reads or changes a file; a test puts others in their place, to fail or to stop at any of them."""

    open: Callable[[Path, int, int], int] = os.open
    write: Callable[[int, bytes], int] = os.write
    fsync: Callable[[int], None] = os.fsync
    close: Callable[[int], None] = os.close
    read: Callable[[Path], bytes] = Path.read_bytes
    replace: Callable[[Path, Path], Path] = Path.replace
    unlink: Callable[[Path], None] = Path.unlink
    chmod: Callable[[Path, int], None] = Path.chmod
    mkdir: Callable[[Path], None] = Path.mkdir
    rmdir: Callable[[Path], None] = Path.rmdir


disk = Disk()


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


def digest(data: bytes | None) -> str | None:
    """sha256 in hex of the bytes of a file; None for no file."""
    return None if data is None else hashlib.sha256(data).hexdigest()


def read(path: Path) -> bytes | None:
    """The bytes of a file, or None when there is none."""
    with suppress(FileNotFoundError):
        return disk.read(path)
    return None


def write(path: Path, data: bytes, flag: int = os.O_EXCL, mode: int | None = None) -> None:
    """Write a file that must not exist yet, or with O_APPEND add to one; it is on the disk when this returns."""
    fd = disk.open(path, _CREATE | flag, 0o666)
    try:
        if mode is not None:
            disk.chmod(path, mode)
        while data:
            data = data[disk.write(fd, data) :]
        disk.fsync(fd)
    finally:
        disk.close(fd)


def replace(path: Path, data: bytes) -> None:
    """Write a whole file so that a reader finds the old bytes or the new ones, whatever happens."""
    make_folder(path.parent)
    temp = path.with_name(f".karpwiki-{secrets.token_hex(8)}.tmp")
    try:
        write(temp, data)
        disk.replace(temp, path)
    except OSError:
        _unlink(temp, OSError)
        raise
    sync([path.parent])


def make_folder(path: Path) -> None:
    """Create a folder and those above it, each on the disk before the next."""
    if not path.is_dir():
        make_folder(path.parent)
        with suppress(FileExistsError):
            disk.mkdir(path)
        sync([path.parent])


def sync(folders: Iterable[Path]) -> None:
    """Bring the names in these folders to the disk, where the system can do that; missing ones are passed over."""
    for folder in sorted({folder for folder in folders if os.name != "nt" and folder.is_dir()}):
        fd = disk.open(folder, os.O_RDONLY, 0)
        try:
            disk.fsync(fd)
        except OSError as error:
            # Some network and virtual file systems know no fsync of a folder.
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise
        finally:
            disk.close(fd)


def pending(root: Path) -> list[Path]:
    """The journals of commits that were begun and not finished; at most one, as each commit finishes the last."""
    return sorted((root / STATE / "journal").glob("*.json"))


def load(path: Path) -> Journal:
    """Read a journal or a manifest back; ValueError when it is not one that this version wrote there."""
    try:
        record = json.loads(disk.read(path))
        changes = tuple(Change(**change) for change in record.pop("changes"))
        journal = Journal(changes=changes, **record)
        sound = f"{journal.number:08d}" in (path.stem, path.parent.name) and journal.log_size >= 0
        for change in changes:
            folder, _, name = (change.temp or change.path).rpartition("/")
            sound &= (change.temp is None) == (change.after is None) and folder == change.path.rpartition("/")[0]
            sound &= change.temp is None or bool(_TEMPORARY.fullmatch(name))
    except (ValueError, TypeError, KeyError, AttributeError):
        sound = False
    if not sound:
        raise ValueError(f"{path.name} is not readable")
    return journal


def last(root: Path) -> Journal | None:
    """The manifest of the last commit that can be undone."""
    kept = _kept(root)
    return load(kept[-1] / MANIFEST) if kept else None


def undo_folder(root: Path, number: int) -> Path:
    """Where the old bytes of commit `number` lie: those of its nth change in the file `n`, and the manifest."""
    return root / STATE / "undo" / f"{number:08d}"


def begin(root: Path, drafts: Sequence[Draft], title: str, log: str, log_size: int, undoes: int = 0) -> Journal:
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
        changes.append(Change(draft.path, staged, digest(draft.old), digest(draft.new), draft.mode))
    record = Journal(number, bool(undoes), title, log, log_size, tuple(changes))
    try:
        for n, draft in enumerate(drafts):
            if draft.new is not None:
                make_folder(temps[n].parent)
                write(temps[n], draft.new, mode=draft.mode)
            if draft.old is not None and not undoes:
                make_folder(folder)
                write(folder / str(n), draft.old)
        # The journal must never outlive, in a power cut, the files that it names.
        sync([folder, *(temp.parent for temp in temps)])
        replace(path, json.dumps(asdict(record), ensure_ascii=False, indent=1).encode())
    except OSError:
        if not path.exists():
            for temp in temps:
                _unlink(temp, OSError)
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
    sync((root / change.path).parent for change in changes)
    if rest := _unlogged(read(root / LOG) or b"", record):
        make_folder((root / LOG).parent)
        write(root / LOG, rest, os.O_APPEND)
        sync([(root / LOG).parent])
    folder, path = undo_folder(root, record.number), root / STATE / "journal" / f"{record.number:08d}.json"
    make_folder(folder)
    disk.replace(path, folder / (UNDONE if record.undoes else MANIFEST))
    # The commit is done: what fails from here on is put right by the next sweep.
    with suppress(OSError):
        sync([path.parent, folder])
        _prune(root)
    return left


def sweep(root: Path) -> int:
    """Remove temporary files and undo folders that no commit needs, when none is pending; returns how many."""
    below = (Path(place, name) for top in ("wiki", STATE) for place, _, names in os.walk(root / top) for name in names)
    stray = [path for path in (*root.iterdir(), *below) if _TEMPORARY.fullmatch(path.name)]
    for path in stray:
        _unlink(path)
    return len(stray) + _prune(root)


def gap(log: bytes) -> bytes:
    """What must stand between a log and a new entry so that one blank line parts them."""
    if not log.strip():
        return b"# Log\n\n"
    return b"\n" * (2 - log[len(log.rstrip(b"\r\n")) :].count(b"\n"))


def _unlink(path: Path, tolerated: type[OSError] = FileNotFoundError) -> None:
    with suppress(tolerated):
        disk.unlink(path)


def _apply(root: Path, change: Change) -> bool:
    """Make one change, unless it is made; False when the file holds something else, or the new bytes are lost."""
    path, temp = root / change.path, root / change.temp if change.temp else None
    found = digest(read(path))
    if found == change.before != change.after and (temp is None or digest(read(temp)) == change.after):
        disk.replace(temp, path) if temp else disk.unlink(path)
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
    return whole[-KEPT:]


def _prune(root: Path) -> int:
    surplus = sorted({*_undo_folders(root)} - {*_kept(root)})
    for folder in surplus:
        # The manifest goes first: a folder without one is no undo any more.
        for path in sorted(folder.iterdir(), key=lambda path: path.name != MANIFEST):
            disk.unlink(path)
        disk.rmdir(folder)
    return len(surplus)
