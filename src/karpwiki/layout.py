"""Where a vault is, and where its parts are: pages below wiki/, or, in a vault without that folder, beside raw/.

Inside the program a page is `wiki/…` either way; what is shown of such a vault is as on its disk.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from .dialect import FOR_TOOLS, KINDS
from .errors import ConflictError, UsageError
from .pattern import pattern

FILE, STATE = "karpwiki.toml", ".karpwiki"
"""The settings of a vault, and the folder of what is no page."""
_CATALOGUES = frozenset(("index.md", "log.md"))
_OF_PAGES = frozenset(folder for _, folders in KINDS.values() for folder in folders)
_FILES = FOR_TOOLS | frozenset("changelog.md code_of_conduct.md contributing.md license.md".split())
_FOLDERS = frozenset("dist docs node_modules prompts raw scripts src tests venv".split())
_PATH = pattern(r"(?<![\w/.-])wiki/(?=[^\s])")


def is_flat(root: Path) -> bool:
    """Whether the pages of a vault stand in its own folder.

    It has raw/ and no wiki/, an index and a log there, or one of them and a folder of pages.
    """
    if (root / "wiki").exists() or not (root / "raw").is_dir() or _is_wiki(root):
        return False
    names = {entry.name.casefold() for entry in root.iterdir()}
    there = names & _CATALOGUES
    return len(there) > 1 or bool(there and names & _OF_PAGES)


def _is_wiki(folder: Path) -> bool:
    """Whether a folder is the wiki/ of the vault above it, with a raw/ of its own in it."""
    above = folder.resolve().parent
    return folder.resolve().name == "wiki" and any((above / name).exists() for name in ("raw", FILE))


def is_page_there(path: str) -> bool:
    """Whether a file of such a vault, by its path there, is one of its wiki: not of raw/, of tools, of the project."""
    first, slash, _ = path.casefold().partition("/")
    if slash:
        return first not in _FOLDERS
    return first.endswith(".md") and first not in _FILES


def inside(path: str) -> str:
    """The path of a file of such a vault as the program knows it."""
    return f"wiki/{path}" if is_page_there(path) else path


def as_there(text: str) -> str:
    """A path, or a message with paths in it, as they are on the disk of such a vault."""
    return _PATH.sub("", text)


def to_write(root: Path) -> None:
    """Raise UsageError where karpwiki only reads."""
    if is_flat(root):
        raise UsageError(
            f"The pages of {root} stand beside raw/, not in wiki/: karpwiki reads such a vault (lint, status) and does "
            "not write in it. Move index.md, log.md and the folders of pages into a new folder wiki/ (with `git mv`), "
            "then run the command again."
        )


def find_root(given: Path | None = None, near: Path | None = None) -> Path:
    """The vault: `given`, or the nearest folder at or above `near` (else the working folder) that is one.

    It has karpwiki.toml or wiki/, or its pages beside raw/. Raises UsageError when there is none.
    """
    if given is not None:
        if not is_vault(given):
            raise UsageError(
                f"{given} is no vault: it has neither {FILE} nor wiki/. Make one with: karpwiki init {given}"
            )
        return given.resolve()
    try:
        start = near.absolute() if near else Path.cwd()
    except FileNotFoundError:
        raise UsageError("The working folder is gone: go to another one, and run the command again.") from None
    for folder in (start, *start.parents):
        if is_vault(folder):
            return folder.resolve()
    raise UsageError(
        f"No vault here: neither {start} nor a folder above it has {FILE} or wiki/. Make one with: karpwiki init. "
        "Notes that are to be linted stand below wiki/, sources below raw/."
    )


def placed(root: Path, paths: Iterable[Path]) -> tuple[str, ...]:
    """Files and folders, as seen from the working folder or else the vault, by their paths in it; () for it itself.

    Raises UsageError for one that is not there. A link is what it is called, not where it leads.
    """
    made = dict[str, None]()
    for path in paths:
        there = [place for base in (Path.cwd(), root) if os.path.lexists(place := Path(os.path.normpath(base / path)))]
        ways = [way for place in there for way in (place, place.parent.resolve() / place.name, place.resolve())]
        within = next((way for way in ways if way.is_relative_to(root)), None)
        if within is None:
            raise UsageError(f"{path} is not in the vault {root}." if there else f"{path}: no such file or folder.")
        made[within.relative_to(root).as_posix()] = None
    return () if "." in made else tuple(made)


def is_vault(folder: Path) -> bool:
    """Whether a folder is a vault."""
    return (folder / FILE).is_file() or (folder / "wiki").is_dir() or (folder.is_dir() and is_flat(folder))


def check_real(root: Path, path: str, folder: bool = False) -> None:
    """Raise ConflictError when a part of the path is a link or not what it should be; missing parts are fine."""
    *above, own = [root.joinpath(*path.split("/")[: n + 1]) for n in range(path.count("/") + 1)]
    for place in (*above, own):
        try:
            mode = place.lstat().st_mode
        except FileNotFoundError:
            return
        if not (stat.S_ISREG(mode) if place == own and not folder else stat.S_ISDIR(mode)):
            shown = place.relative_to(root).as_posix()
            raise ConflictError(f"{shown} is a link or a special file, which karpwiki never writes to: move it away")


def state_path(root: Path, relative: str) -> Path:
    """The path of a file below `.karpwiki/` that may be written. Raises ConflictError for a path out of bounds."""
    parts = relative.split("/")
    ours = parts[0].casefold() in ("journal", "undo", "lock", "lock.holder")
    if ours or not all(part.strip(".") for part in parts) or {"\\", "\0"} & {*relative}:
        raise ConflictError(f"{relative!r} is not a file that karpwiki may write below {STATE}/")
    check_real(root, f"{STATE}/{relative}")
    return root / STATE / relative


def top(root: Path) -> Path:
    """The folder of the repository that a vault is in; the vault's own where there is none. Nothing is run."""
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
