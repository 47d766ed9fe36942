"""Where the pages of a vault stand: below wiki/, or, in a vault without that folder, beside raw/.

Inside the program a page is `wiki/…` either way; what is shown of such a vault is as on its disk.
"""

from __future__ import annotations

import re
from pathlib import Path

from .dialect import FOR_TOOLS, KINDS
from .errors import UsageError

_CATALOGUES = frozenset(("index.md", "log.md"))
_OF_PAGES = frozenset(folder for _, folders in KINDS.values() for folder in folders)
_FILES = FOR_TOOLS | frozenset("changelog.md code_of_conduct.md contributing.md license.md".split())
_FOLDERS = frozenset("dist docs node_modules prompts raw scripts src tests venv".split())
_PATH = re.compile(r"(?<![\w/.-])wiki/(?=[^\s])")


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
    return folder.resolve().name == "wiki" and any((above / name).exists() for name in ("raw", "karpwiki.toml"))


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
