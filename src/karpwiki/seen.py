"""The files of a vault as the file system tells of them, none of them opened.

A file is known by its size, times and inode when it was written two seconds before it was looked at: a younger one may
be written again within one tick of its clock.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path

from .layout import FILE, STATE

YOUNG = 2_000_000_000
"""Nanoseconds: more than one tick of the clock of any file system."""
MANY = 1_000
"""Files outside the wiki, or folders to look into, at which counting them ends."""
ALONE = ("names.txt", ".karpignore", FILE, "CLAUDE.md")
LIBRARIES = "libraries"
CODE = Path(__file__).parent

_moments: list[dict[Path | str, Sequence[os.DirEntry[str]]]] = []

Stat = tuple[int, int, int, int]
"""Size, time of the bytes, time of any change, inode."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Every file that a compile may read, as the file system tells of it."""

    at: int
    """When the run began, by the clock of the vault's own file system; 0: not known, so that every file is young."""
    files: Mapping[str, Stat]
    """By path: relative to the root, of our own code absolute."""


def walk(folder: Path) -> Iterator[Path]:
    """Regular files below a folder, sorted; hidden names, links and devices are passed over."""
    return (Path(entry.path) for entry in entries(folder))


def entries(folder: Path) -> Sequence[os.DirEntry[str]]:
    """The same as the file system lists them: without a Path for each, which takes longer than its size and times."""
    if not _moments:
        return _entries(folder)
    kept = _moments[-1]
    if folder not in kept:
        kept[folder] = _entries(folder)
    return kept[folder]


@contextmanager
def moment() -> Iterator[None]:
    """What is seen within it is of one moment: each folder is listed once, however often it is asked for."""
    _moments.append({})
    try:
        yield
    finally:
        _moments.pop()


def _entries(folder: Path) -> Sequence[os.DirEntry[str]]:
    found: list[os.DirEntry[str]] = []
    within = [iter(listing(str(folder)))] if folder.is_dir() and not folder.is_symlink() else []
    while within:
        for entry in within[-1]:
            if entry.name.startswith("."):
                continue
            if entry.is_file(follow_symlinks=False):
                found.append(entry)
            elif entry.is_dir(follow_symlinks=False):
                within.append(iter(listing(entry.path)))
                break
        else:
            within.pop()
    return found


def listing(folder: str) -> Sequence[os.DirEntry[str]]:
    """All that is in one folder, by name. Raises OSError."""
    kept = _moments[-1] if _moments else {}
    if folder not in kept:
        with os.scandir(folder) as there:
            kept[folder] = sorted(there, key=attrgetter("name"))
    return kept[folder]


def look(root: Path) -> Seen:
    """All files that a compile may read, none of them opened. Call it under the lock, before anything is read."""
    try:
        at = (root / STATE / "lock.holder").stat().st_mtime_ns
    except OSError:
        at = 0
    cut = len(str(root)) + 1
    files: dict[str, Stat] = {}
    for folder in ("wiki", "raw", "prompts"):
        for entry in entries(root / folder):
            try:
                stat = entry.stat(follow_symlinks=False)
            except OSError:  # gone meanwhile
                continue
            name = entry.path[cut:] if os.sep == "/" else entry.path[cut:].replace(os.sep, "/")
            files[name] = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
    for name in ALONE:
        with suppress(OSError):
            if (root / name).is_file():
                files[name] = stat_of((root / name).stat())
    return Seen(at, files | libraries() | program())


def libraries() -> dict[str, Stat]:
    """The folder of all libraries: its time changes with any of them."""
    parser = find_spec("markdown_it")
    return {LIBRARIES: stat_of(Path(parser.origin).parent.parent.stat())} if parser and parser.origin else {}


def program() -> dict[str, Stat]:
    """The files of this program, by their absolute paths."""
    own = (entry for entry in entries(CODE) if "__pycache__" not in entry.path)
    return {entry.path: stat_of(entry.stat(follow_symlinks=False)) for entry in own}


def stat_of(stat: os.stat_result) -> Stat:
    """What a file is known by."""
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def outside(root: Path) -> int:
    """How many Markdown files in a vault's folder are neither in wiki/ nor in raw/; not all of very many."""
    count, folders = 0, [str(root)]
    while folders and len(folders) < MANY and count < MANY:
        with suppress(OSError):
            for entry in listing(folders.pop()):
                at_top = entry.path.count(os.sep) == str(root).count(os.sep) + 1
                if entry.name.startswith(".") or (at_top and entry.name in ("wiki", "raw", "prompts", "CLAUDE.md")):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                count += entry.name.endswith(".md") and entry.is_file(follow_symlinks=False)
    return count


def is_old(stat: Stat, at: int) -> bool:
    """Whether a file was last written so long before `at`, a time in nanoseconds, that its times tell of any change."""
    # What Windows calls the time of a change is that of the file's making, which tells nothing.
    return os.name != "nt" and max(stat[1], stat[2]) < at - YOUNG
