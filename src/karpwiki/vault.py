"""A vault, read into one immutable Wiki."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from .conflict import marks, read
from .detect import detect
from .dialect import ASIDE, FOR_TOOLS
from .ignore import FILE as IGNORE
from .ignore import ignored, refused
from .layout import FILE, inside, is_flat, is_page_there
from .names import digest, parse_names
from .nouns import Source
from .pattern import pattern
from .seen import entries
from .settings import Settings, read_settings
from .sourcepage import parse_source
from .translate import read_as, read_by_hand
from .wiki import LOG, MAX_LINES, Conflict, Page, RawFile, Wiki, too_many_lines

MAX_PAGE_BYTES = 32_000_000
_AT_ONCE = 1 << 16
_SKIPPED = ("assets",)
_STATE = pattern(r"^<!-- karpwiki \d{1,9}$", re.M)


def wiki_files(root: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Every file of a wiki with its path as the program knows it."""
    cut = len(str(root)) + 1
    if not is_flat(root):
        yield from ((entry.path[cut:].replace(os.sep, "/"), entry) for entry in entries(root / "wiki"))
        return
    for entry in sorted(os.scandir(root), key=lambda e: e.name):
        # Other folders, such as those of tools, may hold a great many files.
        is_folder = entry.is_dir(follow_symlinks=False)
        if entry.name.startswith(".") or not is_page_there(f"{entry.name}/" if is_folder else entry.name):
            continue
        there = entries(Path(entry.path)) if is_folder else [entry] if entry.is_file(follow_symlinks=False) else ()
        yield from ((inside(file.path[cut:].replace(os.sep, "/")), file) for file in there)


class Keeper(Protocol):
    """What knows pages that were read before, and takes what it is to keep of a page."""

    def ahead(self, pages: Sequence[tuple[str, os.DirEntry[str]]]) -> None:
        """Told of all that will be asked for."""

    def find(self, path: str, file: str, stat: os.stat_result) -> tuple[str, Page] | None: ...

    def keep(self, file: str, stat: os.stat_result, sha256: str, page: Page) -> Page: ...


def read_wiki(root: Path, keeper: Keeper | None = None, settings: Settings | None = None) -> Wiki:
    """Everything in a vault but the bytes of raw files, each file read and parsed once, or known to the keeper."""
    pages: dict[str, Page] = {}
    sources: dict[str, Source] = {}
    hashes: dict[str, str] = {}
    unread: dict[str, str] = {}
    conflicts: dict[str, Conflict] = {}
    other: list[str] = []
    every = list(wiki_files(root))
    aside = tuple(path for path, _ in every if is_aside(path))
    apart = frozenset(aside)
    found = [(path, entry) for path, entry in every if path not in apart]
    if keeper:
        keeper.ahead([(path, entry) for path, entry in found if path.endswith(".md")])
    for path, entry in found:
        if not path.endswith(".md"):
            other.append(path)
            continue
        conflict = None
        try:
            stat = entry.stat(follow_symlinks=False)
            known = keeper.find(path, entry.path, stat) if keeper else None
            if known:
                hashes[path], page = known
            else:
                hashes[path], text = read_page(entry.path)
                page, conflict = read(path, text)
        except (OSError, ValueError) as error:
            unread[path] = str(error)
            continue
        if conflict:
            conflicts[path] = conflict
        elif keeper and not known:
            page = keeper.keep(entry.path, stat, hashes[path], page)
        pages[path] = page
        source, _ = parse_source(page)
        if source:
            sources[path] = source
    for name in ("names.txt", IGNORE, FILE):
        if (root / name).is_symlink() and name != FILE:
            unread[name] = "it is a link, and may lead out of the vault"
        elif (root / name).is_file():
            hashes[name] = digest((root / name).read_bytes(), 64)
            if lines := marks(read_optional(root / name)):
                conflicts[name] = Conflict(lines, "keep the lines of both sides and take out the marks")
    decisions, _ = parse_names(read_optional(root / "names.txt"))
    raw = _raw(root)
    joined = frozenset(path for path, conflict in conflicts.items() if not conflict.problem)
    patterns = read_optional(root / IGNORE)
    away = ignored(patterns, raw)
    if problem := refused(patterns):
        unread[IGNORE] = problem
    wiki = Wiki(
        root, pages, sources, raw, decisions, away, hashes, tuple(other), unread, stale=joined, conflicts=conflicts,
        aside=aside,
    )  # fmt: skip
    return in_dialect(wiki, settings or read_settings(root))


def in_dialect(wiki: Wiki, settings: Settings) -> Wiki:
    """The wiki with its pages by hand read in their dialect."""
    dialect = detect(wiki.pages, (*wiki.other, *wiki.aside), settings.dialect, settings.kinds)
    pages = {path: read_as(page, dialect) for path, page in wiki.pages.items()}
    return replace(wiki, pages=pages, dialect=dialect, read=read_by_hand(pages.values(), wiki.raw, dialect))


def is_aside(path: str) -> bool:
    """Whether a file below wiki/ is no page: in a folder of pages that nobody keeps, in a raw tree, or for tools."""
    *folders, name = path.casefold().split("/")[1:]
    return folders[:1] == ["raw"] or not ASIDE.isdisjoint(folders) or (not folders and name in FOR_TOOLS)


def read_page(file: Path | str) -> tuple[str, str]:
    """(sha256 of the bytes, text) of a page. Raises ValueError with the reason when it cannot be read as UTF-8."""
    data = _bytes(file)
    if len(data) > MAX_PAGE_BYTES:
        raise ValueError(f"the page is larger than {MAX_PAGE_BYTES // 1_000_000} MB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"the page is not UTF-8 (byte {error.start})") from None
    if too_many_lines(text):
        raise ValueError(f"the page has more than {MAX_LINES:,} lines")
    return digest(data, 64), text


def _bytes(file: Path | str) -> bytes:
    """The bytes of a file. A Path's own read takes four times as long, for a vault's ten thousand pages."""
    opened = os.open(file, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        parts = [os.read(opened, _AT_ONCE)]
        while parts[-1]:
            parts.append(os.read(opened, _AT_ONCE))
    finally:
        os.close(opened)
    return parts[0] if len(parts) == 2 else b"".join(parts)


def unreadable(wiki: Wiki) -> list[tuple[str, str]]:
    """(path, why) of what karpwiki wrote and cannot read back: until it is mended, nothing may be built on the rest."""
    found = list(wiki.unread.items())
    for path, conflict in wiki.conflicts.items():
        page = wiki.pages.get(path)
        if conflict.problem and (page is None or path == LOG or _STATE.search(page.text)):
            found.append(
                (path, f"has merge markers in lines {conflict.lines[0]} to {conflict.lines[-1]}: {conflict.problem}")
            )
    for path, page in wiki.pages.items():
        if path not in wiki.conflicts and "<!-- karpwiki" in page.text and _STATE.search(page.text):
            if page.problem:
                found.append((path, f"line {page.problem_line}: {page.problem}"))
            elif is_doubled(page):
                found.append((path, "has two comments of karpwiki's; what is between them cannot be read"))
    return sorted(found)


def is_doubled(page: Page) -> bool:
    """Whether a state comment stands on a page twice."""
    return page.text.count("<!-- karpwiki ") > 1 and len(_STATE.findall(page.text)) > 1


def read_optional(file: Path) -> str:
    """A small text file, or '' when there is none; a link may lead out of the vault, and is none."""
    there = file.is_file() and not file.is_symlink()
    return file.read_text("utf-8-sig", "replace").replace("\r\n", "\n") if there else ""


def _raw(root: Path) -> dict[str, RawFile]:
    folder = root / "raw"
    found = {}
    cut = len(str(folder)) + 1
    for entry in entries(folder):
        path = entry.path[cut:].replace(os.sep, "/")
        if path.split("/")[0] not in _SKIPPED:
            found[path] = RawFile(path, entry.path, entry.stat(follow_symlinks=False).st_size)
    return found
