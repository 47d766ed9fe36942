"""Small vaults for tests: made in a folder, driven through the command line, compared byte by byte."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from karpwiki.cli import run

RAW = Path(__file__).parent.parent / "raw"
"""This repository's own sources."""


def make(root: Path, files: Mapping[str, str | bytes], settings: str = "") -> Path:
    """A vault with these raw files."""
    (root / "wiki").mkdir(parents=True)
    (root / "karpwiki.toml").write_text(settings, "utf-8")
    add(root, files)
    return root


def add(root: Path, files: Mapping[str, str | bytes]) -> None:
    for path, content in files.items():
        file = root / "raw" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)


def documents(*names: str) -> dict[str, bytes]:
    """Raw files of this repository by their path below raw/."""
    return {name: (RAW / name).read_bytes() for name in names}


def karpwiki(root: Path, *arguments: str) -> int:
    """Run a command in a vault; its exit code. No command may touch a byte under raw/: checked every time."""
    before, raw = Path.cwd(), tree(root / "raw")
    os.chdir(root)
    try:
        return run(list(arguments))
    finally:
        os.chdir(before)
        assert tree(root / "raw") == raw, f"karpwiki {' '.join(arguments)} changed raw/"


def tree(folder: Path, leave_out: Iterable[str] = ()) -> dict[str, str]:
    """Path → hash of every file below a folder."""
    skip = set(leave_out)
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name not in skip
    }


def times(folder: Path) -> dict[str, int]:
    return {p.as_posix(): p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def pages(root: Path) -> dict[str, str]:
    """Path below wiki/ → text of every page."""
    wiki = root / "wiki"
    return {p.relative_to(wiki).as_posix(): p.read_text("utf-8") for p in sorted(wiki.rglob("*.md"))}
