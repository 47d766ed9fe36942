"""What the program does about its nouns, as frozen data: edits and their commit, plans, fixes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .nouns import Decision


@dataclass(frozen=True, slots=True)
class Edit:
    """The new text of one file, and what it must still be for the edit to hold."""

    path: str
    text: str | None
    """None deletes the file."""
    before: str | None
    """sha256 of the bytes on disk that the edit was made from; None: the file is new."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What is appended to log.md: `## [day] operation | subject` and its bullets."""

    operation: str
    subject: str
    bullets: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """An ordered set of edits that are made together or not at all."""

    edits: tuple[Edit, ...]
    entries: tuple[LogEntry, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.edits)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a commit did."""

    written: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()
    """Files with mode 0444 that were left as they are."""

    def __add__(self, later: Receipt) -> Receipt:
        """What two commits did together."""
        deleted = tuple(dict.fromkeys((*(p for p in self.deleted if p not in later.written), *later.deleted)))
        written = tuple(dict.fromkeys((*self.written, *later.written)))
        pinned = tuple(dict.fromkeys((*self.pinned, *later.pinned)))
        return Receipt(tuple(p for p in written if p not in deleted), deleted, pinned)


@dataclass(frozen=True, slots=True)
class Step:
    """One page that must be made again, and why."""

    path: str
    title: str
    kind: str
    reason: str
    """`new`, `claims +3 −1`, `recipe`, `asked`."""
    claims: tuple[str, ...]
    calls: int = 1


@dataclass(frozen=True, slots=True)
class Decided:
    """What a command says of names, before it is written to names.txt."""

    added: tuple[Decision, ...] = ()
    dropped: tuple[Decision, ...] = ()
    """Lines that these replace."""


NOTHING = Decided()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a compile will ask of the model, before it asks."""

    steps: tuple[Step, ...] = ()
    gone: tuple[str, ...] = ()
    """Pages that no claim carries any more."""


@dataclass(frozen=True, slots=True)
class Fix:
    """The new texts of files that mend all findings of one rule on one page."""

    texts: Mapping[str, str | None]
    """By path; None deletes the file."""
    note: str
    """What was done, for log.md."""
