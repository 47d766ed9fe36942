"""Taking the last command back: every file but the log as it was before, from the old bytes that its commits kept."""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

from . import disk, journal
from .changes import LogEntry, Receipt
from .disk import digest
from .errors import ConflictError, UsageError
from .journal import Draft, Journal
from .wiki import LOG
from .write import carry_out, check_path, complete, disk_errors, lock, receipt, today


def undo(root: Path, now: Callable[[], date] = today) -> Receipt:
    """Bring back every file but the log as it was before the last command that is not yet undone, and log that.

    Raises UsageError when nothing is left to undo, ConflictError when one of the files was changed since, DiskError.
    """
    with lock(root), disk_errors(root):
        complete(root)
        reverted = _reverted(root)
        operation, _, subject = reverted[0][0].title.partition(" | ")
        restored = _whole(reverted)
        count = len(restored.written) + len(restored.deleted)
        files = "1 file" if count == 1 else f"{count} files"
        entry = LogEntry("undo", subject, (("Note", f"{operation} taken back, {files} as before"),))
        for n, (record, drafts) in enumerate(reverted, 1):
            carry_out(root, drafts, (entry,) if n == len(reverted) else (), now(), undoes=record.number)
        return restored


def undo_preview(root: Path) -> Receipt:
    """What `undo` would restore and delete; raises what it would raise. Writes nothing and needs no lock."""
    with disk_errors(root):
        return _whole(_reverted(root))


def _whole(reverted: list[tuple[Journal, list[Draft]]]) -> Receipt:
    """What taking back several commits does, the newest first: of a file in more than one, the oldest text counts."""
    return receipt(list({draft.path: draft for _, drafts in reverted for draft in drafts}.values()))


def _reverted(root: Path) -> list[tuple[Journal, list[Draft]]]:
    """The commits of the last command that can be undone, the newest first, each with the drafts that undo it."""
    try:
        records = journal.last(root)
    except ValueError as error:
        raise ConflictError(f"the last write cannot be undone: {error}; use git to go back further") from error
    if not records or records[0].title.startswith("init |"):
        raise UsageError("there is nothing to undo; `git log` may know of older states")
    now: dict[str, bytes | None] = {}
    return [(record, _drafts(root, record, now)) for record in records]


def _drafts(root: Path, record: Journal, now: dict[str, bytes | None]) -> list[Draft]:
    """The drafts that undo one commit. `now`: what files will hold when newer ones are undone; added to."""
    drafts = []
    for n, change in enumerate(record.changes):
        if change.path.casefold() == LOG:  # it tells what was done, and that it was undone
            continue
        check_path(root, change.path)
        path, kept = root / change.path, journal.undo_folder(root, record.number) / str(n)
        new = None if change.before is None else disk.read(kept)
        old = now[change.path] if change.path in now else disk.read(path)
        if digest(old) != change.after or (path.exists() and not path.stat().st_mode & stat.S_IWUSR):
            raise ConflictError(f"{change.path} was changed or pinned since, so nothing was undone: edit it by hand")
        if digest(new) != change.before:
            raise ConflictError(f"the old text of {change.path} is gone from .karpwiki/undo: use git to go back")
        drafts.append(Draft(change.path, old, new, change.mode))
        now[change.path] = new
    return drafts
