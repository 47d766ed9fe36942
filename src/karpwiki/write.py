"""The one door to the disk: everything that karpwiki writes into a vault goes through here.

with lock(root):
    recover(root)                       # finish or undo what an earlier command could not
    receipt = commit(root, changes)     # all edits and their log entries, or nothing
"""

from __future__ import annotations

import errno
import json
import os
import stat
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from . import disk, journal
from .changes import ChangeSet, LogEntry, Receipt
from .disk import digest
from .ends import alike, like, plain
from .errors import ConflictError, DiskError, LockedError, UsageError
from .journal import Draft
from .layout import FILE, STATE, check_real, state_path
from .logbook import entry_text, is_list, newest_first, on_top, one_line
from .patience import Patience
from .settings import read_settings
from .wiki import LOG

ROOT_FILES = ("names.txt", ".karpignore", FILE)
WORKFLOW = ".github/workflows/karpwiki.yml"
INIT_FILES = ("CLAUDE.md", ".gitattributes", ".gitignore", "raw/.gitkeep", WORKFLOW)  # made by `init`, never changed
_FULL, _CLOSED = (errno.ENOSPC, errno.EDQUOT), (errno.EROFS, errno.EACCES, errno.EPERM)


def today() -> date:
    """The day of a log entry: that of SOURCE_DATE_EPOCH in UTC when it is set, else the local one. The only clock."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return date.today()
    try:
        return datetime.fromtimestamp(int(epoch), UTC).date()
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"SOURCE_DATE_EPOCH is not a number of seconds: {epoch!r}; correct or unset it") from None


@contextmanager
def lock(root: Path) -> Iterator[None]:
    """Hold the vault for writing; may be nested. The system frees the lock of a process that is killed.

    Raises LockedError, naming the holder, when another process has it; DiskError when `.karpwiki/` cannot be written.
    """
    for folder in (STATE, f"{STATE}/journal", f"{STATE}/undo"):
        check_real(root, folder, folder=True)
    guard = FileLock(root / STATE / "lock", is_singleton=True)
    outermost, holder = not guard.is_locked, root / STATE / "lock.holder"
    with disk_errors(root):
        disk.make_folder(root / STATE)
        try:
            held = guard.acquire(blocking=False)
        except Timeout:
            message = f"another karpwiki{_holder(holder)} is writing in this vault"
            raise LockedError(f"{message}: wait until it is done, then run the command again") from None
    with held:
        with suppress(OSError):  # a vault that git keeps stays clean, whatever its own .gitignore says
            if outermost and not (root / STATE / ".gitignore").exists():
                disk.replace(root / STATE / ".gitignore", b"*\n")
        # The holder's file only helps a message: not being able to write it is no reason to stop.
        if outermost:
            with suppress(OSError):
                disk.replace(holder, json.dumps({"pid": os.getpid()}).encode())
        try:
            yield
        finally:
            if outermost:
                with suppress(OSError):
                    disk.system.unlink(holder)


def recover(root: Path) -> str:
    """Finish an interrupted commit whose journal is whole, and remove what another left behind.

    Returns a sentence for the user, or '' when there was nothing to do. Raises LockedError, DiskError, and
    ConflictError when the journal cannot be followed.
    """
    with lock(root), disk_errors(root):
        said = complete(root)
        if journal.sweep(root) and not said:
            said = "Removed what an interrupted write had left behind; no page was changed by it."
        return said


def commit(root: Path, changes: ChangeSet, now: Callable[[], date] = today, joins: bool = False) -> Receipt:
    """Make all edits and append their log entries, or do nothing.

    An edit that changes nothing is dropped, one of a pinned file is left out and listed; if none is left, nothing is
    touched and nothing logged. `joins`: it is undone together with the commit before it. Raises ConflictError for a
    path out of bounds or a file that changed meanwhile, and DiskError; in both cases no page is half written.
    """
    with lock(root), disk_errors(root):
        complete(root)
        drafts, pinned = _drafts(root, changes)
        if drafts:
            carry_out(root, drafts, changes.entries, now(), joins=joins)
        return receipt(drafts, pinned)


def store(root: Path, relative: str, data: bytes) -> None:
    """Write a whole file below `.karpwiki/`: a reader finds the old bytes or the new ones. Needs no lock.

    `relative` is its path below `.karpwiki/`. Raises ConflictError for a path out of bounds, DiskError.
    """
    path = state_path(root, relative)
    with disk_errors(root):
        # Another process that recovers may sweep our temporary file away: then once more.
        with suppress(FileNotFoundError):
            return disk.replace(path, data)
        disk.replace(path, data)


def append_line(root: Path, relative: str, line: str) -> None:
    """Add one line to a file below `.karpwiki/`, in one write. Needs no lock.

    Raises ValueError when `line` is more than one, ConflictError for a path out of bounds, DiskError.
    """
    if "\n" in line:
        raise ValueError("append_line takes one line")
    path = state_path(root, relative)
    with disk_errors(root):
        disk.make_folder(path.parent)
        disk.write(path, b"\n" * disk.is_torn(path) + line.encode() + b"\n", os.O_APPEND)


def discard(root: Path, relative: str) -> None:
    """Delete a file below `.karpwiki/`, if it is there. Needs no lock. Raises ConflictError, DiskError."""
    path = state_path(root, relative)
    with disk_errors(root):
        disk.unlink(path)


def export(root: Path, file: Path, text: str) -> None:
    """Write a report where a person wants it: anywhere but in the vault's own folders. Raises UsageError, DiskError."""
    place = file.resolve()
    if any(place.is_relative_to(root / own) for own in ("wiki", "raw", STATE)) or place.is_dir():
        raise UsageError(f"{file} is no place for a report: name a file outside wiki/, raw/ and {STATE}/")
    with disk_errors(root):
        disk.replace(place, text.encode())


def carry_out(
    root: Path, drafts: list[Draft], entries: Sequence[LogEntry], day: date, undoes: int = 0, joins: bool = False
) -> None:
    """Make drafts what stands on the disk, with their log entries. `undoes`: the number of the commit taken back."""
    path = journal.log_path(root)
    _check_writable(root, [draft for draft in drafts if draft.new is None], path)
    log = disk.read(root / path) or b""
    shown = log.decode("utf-8", "replace")
    text = "".join(entry_text(entry, day, is_list(shown)) for entry in entries)
    if text and _newest_first(root, shown):
        new = alike(log, on_top(plain(log), entries, day))
        drafts = [*drafts, Draft(path, log, new, stat.S_IMODE((root / path).stat().st_mode))]
        text = ""
    titles = [f"{one_line(entry.operation)} | {one_line(entry.subject)}" for entry in entries] or ["write | files"]
    title = titles[0] + f" and {len(titles) - 1} more" * (len(titles) > 1)
    gap = b"" if is_list(shown) and log.endswith(b"\n") else journal.gap(plain(log))
    appended = alike(log, gap + text.encode()).decode() if text else ""
    with Patience():
        left = journal.finish(root, journal.begin(root, drafts, title, appended, len(log), undoes, joins))
    if left:
        raise ConflictError(f"{', '.join(left)} changed meanwhile and was kept: run the command again")


def _newest_first(root: Path, log: str) -> bool:
    """Whether a new entry goes on top of the log: as the settings say, else as the log looks."""
    said = ""
    if b"dialect" in (disk.read(root / FILE) or b""):
        with suppress(UsageError):  # an undo needs no settings
            said = read_settings(root).dialect.get("log", "")
    return said == "first" if said and log else newest_first(log)


def complete(root: Path) -> str:
    """Finish the commits whose journal is whole."""
    said = []
    for path in journal.pending(root):
        try:
            record = journal.load(path)
            for change in record.changes:
                if change.path.casefold() != LOG:
                    check_path(root, change.path)
            check_real(root, journal.log_path(root))
        except (ValueError, ConflictError) as error:
            cure = f"to give it up, delete {path.relative_to(root).as_posix()}, then run `karpwiki compile`"
            raise ConflictError(f"an interrupted write cannot be finished ({error}); {cure}") from error
        left = journal.finish(root, record)
        said.append(f"Finished an interrupted write ({record.title}).")
        if left:
            said.append(f"Left as they are, since they were edited meanwhile: {', '.join(left)}.")
    return " ".join(said)


def _drafts(root: Path, changes: ChangeSet) -> tuple[list[Draft], tuple[str, ...]]:
    """The edits that change something, and the paths of those left out since their file is pinned."""
    paths = {edit.path for edit in changes.edits}
    for path in paths:
        check_path(root, path)
    if len(paths) < len(changes.edits) or any(str(above) in paths for path in paths for above in Path(path).parents):
        raise ValueError("two edits of one change set meet on one path")
    drafts, pinned = [], []
    for edit in changes.edits:
        old = disk.read(root / edit.path)
        mark = BOM_UTF8 if old and old.startswith(BOM_UTF8) else b""
        there = (old or b"").removeprefix(mark)
        new = None if edit.text is None else mark + like(there, edit.text.encode())
        if digest(old) != edit.before or (old is not None and edit.path in INIT_FILES):
            raise ConflictError(f"{edit.path} changed meanwhile, so nothing was written: run the command again")
        mode = None if old is None else stat.S_IMODE((root / edit.path).stat().st_mode)
        if new != old and mode is not None and not mode & stat.S_IWUSR:
            pinned.append(edit.path)
        elif new != old:
            drafts.append(Draft(edit.path, old, new, mode))
    return drafts, tuple(pinned)


def receipt(drafts: list[Draft], pinned: tuple[str, ...] = ()) -> Receipt:
    """What making some drafts did."""
    written = tuple(draft.path for draft in drafts if draft.new is not None)
    return Receipt(written, tuple(draft.path for draft in drafts if draft.new is None), pinned)


def check_path(root: Path, path: str) -> None:
    """Raise ConflictError unless an edit may touch this path."""
    parts = path.split("/")
    hidden = any(part.startswith(".") or not part for part in parts)
    inside = parts[0] == "wiki" and len(parts) > 1 and not hidden and path.casefold() != LOG
    if not (inside or path in ROOT_FILES + INIT_FILES) or {"\\", "\0"} & {*path}:
        raise ConflictError(f"{path!r} is not a file that karpwiki may write; nothing was written")
    check_real(root, path)


def _check_writable(root: Path, deleted: list[Draft], path: str) -> None:
    """Raise before a commit begins what could stop it for ever later: writing the staged files proves the rest."""
    check_real(root, path)
    log = root / path
    for place in (log if log.exists() else log.parent, *((root / draft.path).parent for draft in deleted)):
        if place.exists() and not (place.stat().st_mode & stat.S_IWUSR and os.access(place, os.W_OK)):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))


def _holder(path: Path) -> str:
    """` (process 123, since …)` of the process that has the lock, as far as it can be known."""
    try:
        pid = int(json.loads(path.read_bytes())["pid"])
        since = datetime.fromtimestamp(path.stat().st_mtime)
    except (OSError, ValueError, TypeError, KeyError):
        return ""
    return f" (process {pid}, since {since:%Y-%m-%d %H:%M:%S})"


@contextmanager
def disk_errors(root: Path) -> Iterator[None]:
    """Turn an error of the disk into a DiskError that says what is left and what to do."""
    try:
        yield
    except OSError as error:
        code, where = error.errno, str(error.filename or "").removeprefix(f"{root}{os.sep}")
        cure = "free some space" if code in _FULL else "make it writable" if code in _CLOSED else "check the disk"
        half = journal.pending(root)
        state = "the rest is noted, and the next command finishes it" if half else "no page was changed"
        failed = f"{error.strerror or error}{': ' * bool(where)}{where}"
        raise DiskError(f"a write failed ({failed}); {state}: {cure}, then run the command again") from error
