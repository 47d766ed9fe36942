"""The calls that read and change files, and what is made of them: whole files, folders that outlive a power cut.

Only journal.py and write.py call this file. Errors of the disk leave it as OSError.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .pattern import pattern

TEMPORARY = pattern(r"\.karpwiki-[0-9a-f]{16}(-\d+)?\.tmp")
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


system = Disk()


def digest(data: bytes | None) -> str | None:
    """sha256 in hex of the bytes of a file; None for no file."""
    return None if data is None else hashlib.sha256(data).hexdigest()


def read(path: Path) -> bytes | None:
    """The bytes of a file, or None when there is none."""
    with suppress(FileNotFoundError):
        return system.read(path)
    return None


def write(path: Path, data: bytes, flag: int = os.O_EXCL, mode: int | None = None) -> None:
    """Write a file that must not exist yet, or with O_APPEND add to one; it is on the disk when this returns."""
    fd = system.open(path, _CREATE | flag, 0o666)
    try:
        if mode is not None:
            system.chmod(path, mode)
        while data:
            data = data[system.write(fd, data) :]
        system.fsync(fd)
    finally:
        system.close(fd)


def replace(path: Path, data: bytes) -> None:
    """Write a whole file so that a reader finds the old bytes or the new ones, whatever happens."""
    make_folder(path.parent)
    temp = path.with_name(f".karpwiki-{secrets.token_hex(8)}.tmp")
    try:
        write(temp, data)
        system.replace(temp, path)
    except OSError:
        unlink(temp, OSError)
        raise
    sync([path.parent])


def make_folder(path: Path) -> None:
    """Create a folder and those above it, each on the disk before the next."""
    if not path.is_dir():
        make_folder(path.parent)
        with suppress(FileExistsError):
            system.mkdir(path)
        sync([path.parent])


def sync(folders: Iterable[Path]) -> None:
    """Bring the names in these folders to the disk, where the system can do that; missing ones are passed over."""
    for folder in sorted({folder for folder in folders if os.name != "nt" and folder.is_dir()}):
        fd = system.open(folder, os.O_RDONLY, 0)
        try:
            system.fsync(fd)
        except OSError as error:
            # Some network and virtual file systems know no fsync of a folder.
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise
        finally:
            system.close(fd)


def unlink(path: Path, tolerated: type[OSError] = FileNotFoundError) -> None:
    """Delete a file; that it is not there, or another error that is named, is no matter."""
    with suppress(tolerated):
        system.unlink(path)


def is_torn(path: Path) -> bool:
    """Whether the last line of a file has no end: a write of it was stopped."""
    with suppress(FileNotFoundError), path.open("rb") as opened:
        if opened.seek(0, os.SEEK_END):
            opened.seek(-1, os.SEEK_END)
            return opened.read(1) != b"\n"
    return False
