"""A second copy of a file that a sync service left, or one that it has not brought yet.

## What it finds

Pages and raw files that were named

- by a service in conflict: `note (conflicted copy 2026-11-21).md`, `note.sync-conflict-20261121-101500-ABCDEFG.md`,
  `note (SFConflict …).md`, `note (冲突副本 …).md` and their like;
- as a copy of a file beside them, with nearly the same text: `note (1).md`, `note 2.md`, `note - Copy.md`,
  `note-LAPTOP-1A2B3C4D.md`, `note 的副本.md`;

and what iCloud puts in the place of a file that is not on this machine: `.note.md.icloud`.

## Why it hurts

Two pages say the same until one of them is edited; a raw file is a source twice, and its claims count double. A file
that is not here is missing from all that is made.

## Example

    wiki/concepts/memex (1).md      <!-- beside memex.md, and a word is different -->

## Fix

None: take over what only the copy says, then delete it. Have iCloud download the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ..findings import Finding
from ..frontmatter import split
from ..names import CJK
from ..pattern import pattern
from . import Context

ID, NAME, SEVERITY, FIX = "V005", "sync-conflict-copy", "warning", "none"
ALIKE = 0.8
"""Share of the runs of three words that two texts have in common, from which one is a copy of the other."""
_CONFLICT = pattern(
    r"\.sync-conflict-\d{8}-\d{6}|\[conflicted\]|[(（][^()（）]{0,80}?(?:conflict(?:ed|ing)? (?:copy|version|file)|"
    r"SFConflict|冲突(?:副本|文件|版本)|衝突(?:副本|檔案|版本)|競合コピー|Konfliktkopie|in Konflikt stehende Kopie|"
    r"copie en conflit|copia en conflicto)[^()（）]{0,80}?\d{4}[^()（）]{0,40}[)）]",
    re.I,
)
_COPY = pattern(
    r"(.+?)(?: ?[(（]\d{1,2}[)）]| \d| ?- ?(?:copy|kopie|copie|副本)(?: ?[(（]\d{1,2}[)）])?|"
    r" ?(?:copy|的副本|副本)(?: \d{1,2})?|-(?:DESKTOP|LAPTOP)-[A-Z0-9]{5,12})",
    re.I,
)
# What each of the names above has.
_MARKED = pattern(r"[\[(（]|\.sync", re.I)
_COPIED = pattern(r"[)）本]\Z| \d{1,2}\Z|(?i:cop(?:y|ie))(?:\Z| )|(?i:kopie)\Z|-(?i:DESKTOP|LAPTOP)-")
_WORD = pattern(rf"[{CJK}]|[^\W_{CJK}]+")


def check(ctx: Context) -> Iterator[Finding]:
    paths = sorted(set(ctx.resolver.paths.values()) - {f"raw/{path}" for path in ctx.wiki.ignored})
    there = set(paths)
    for path in paths:
        folder, _, name = path.rpartition("/")
        stem, dot, ending = name.rpartition(".")
        if _MARKED.search(name) and _CONFLICT.search(name):
            yield _finding(path, "has the name of a copy that a sync service left when two edits met")
        elif dot and _COPIED.search(stem) and (copy := _COPY.fullmatch(stem)):
            original = f"{folder}/{copy[1]}.{ending}"
            if original in there and _is_copy(_text(ctx, path), _text(ctx, original)):
                yield _finding(path, f"says nearly the same as {original}, whose copy it seems to be")
    for path in sorted(_placeholders(ctx.wiki.root)):
        yield _finding(path, "stands for a file that iCloud has not brought to this machine")


def _finding(path: str, what: str) -> Finding:
    return Finding(ID, NAME, "warning", path, 1, what)


def _text(ctx: Context, path: str) -> str | None:
    """The words of a page without its frontmatter, or of a raw file; None when it has none that can be read."""
    if path in ctx.wiki.pages:
        return split(ctx.wiki.pages[path].text)[1]
    text = ctx.raw_text(path.removeprefix("raw/")) if path.startswith("raw/") else None
    return text.markdown if text else None


def _is_copy(one: str | None, two: str | None) -> bool:
    """Whether two texts are nearly the same, told by their runs of three words."""
    if one is None or two is None:
        return False
    a, b = _WORD.findall(one), _WORD.findall(two)
    if min(len(a), len(b)) < 12:
        return a == b
    first, second = set(zip(a, a[1:], a[2:], strict=False)), set(zip(b, b[1:], b[2:], strict=False))
    return len(first & second) >= ALIKE * len(first | second)


def _placeholders(root: Path) -> Iterator[str]:
    """The files below wiki/ and raw/ that iCloud keeps elsewhere: hidden, so that no snapshot has them."""
    folders = [root / "wiki", root / "raw"]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.name.startswith(".") and entry.name.endswith(".icloud"):
                        yield Path(entry.path).relative_to(root).as_posix()
                    elif not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
                        folders.append(Path(entry.path))
        except OSError:
            continue
