"""What lint found and healing did → terminal, or a file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import formats
from .errors import FINDINGS, OK
from .findings import Choice
from .layout import inside, top
from .pattern import pattern
from .seen import outside
from .show import columns, count, err, out, verbatim

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .findings import Report
    from .wiki import Wiki


_ID = pattern(r"[A-Za-z]\d{0,3}")
FIRST = ("index.md", "log.md")
"""What a vault has before its first page."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How findings are to be shown, and what counts."""

    format: str = "text"
    output: Path | None = None
    strict: bool = False


def chosen(select: Sequence[str] | None, ignore: Sequence[str] | None) -> Choice:
    """The rules that a command line asks for; several may stand in one text, with commas, and ids in small letters."""
    words = [[w.strip() for text in given or () for w in text.split(",") if w.strip()] for given in (select, ignore)]
    return Choice(*(tuple(w.upper() if _ID.fullmatch(w) else w for w in row) for row in words))


def report(found: Report, root: Path, wanted: Wanted, wiki: Wiki | None = None, **more: object) -> int:
    """What lint found. The exit code: 1 when an error is left, or, when strict, a warning.

    `wiki`: what it was found in, where that is not what is on disk.
    """
    by_reason: dict[str, list[str]] = {}
    for name, why in found.off if wanted.format == "text" else ():
        by_reason.setdefault(why, []).append(name)
    for why, names in by_reason.items():
        err(f"off: {', '.join(names)}: {why}")
    if found.pages <= len(FIRST) and (more_files := outside(root)):
        err(f"{count(more_files, 'Markdown file')} outside wiki/ and raw/: only the pages below wiki/ are linted.")
    made = _text(found, root, wanted.format, wiki, more, 0 if wanted.output else columns())
    if wanted.output:
        from .write import export

        export(root, wanted.output, made + "\n")
        err(f"{formats.summary(found)} Written to {wanted.output}.")
    elif wanted.format == "text":
        out(made)
    else:
        verbatim(made)
    return FINDINGS if found.count("error") or (wanted.strict and found.count("warning")) else OK


def _text(found: Report, root: Path, form: str, wiki: Wiki | None, more: dict[str, object], wide: int = 0) -> str:
    folder = root.relative_to(top(root)).as_posix()
    prefix = "" if folder == "." else f"{folder}/"
    lines: dict[str, list[str]] = {}

    def line_of(path: str, n: int) -> str:
        from .rules.secret import masked  # where nothing was found, no rule need be loaded

        if path not in lines:
            lines[path] = _page_text(root, path, wiki).split("\n")
        return masked(lines[path][n - 1]) if 0 < n <= len(lines[path]) else ""

    match form:
        case "json":
            return formats.as_json(found, more)
        case "github":
            return formats.github(found, prefix)
        case "sarif":
            return formats.sarif(found, prefix)
        case _:
            return formats.text(found, line_of, wide)


def _page_text(root: Path, path: str, wiki: Wiki | None) -> str:
    """The text of a page, '' when it has none that can be read."""
    if wiki:
        page = wiki.pages.get(path) or wiki.pages.get(inside(path))
        return page.text if page else ""
    from .markdown import lf
    from .vault import read_page

    with suppress(OSError, ValueError):
        return lf(read_page(root / path)[1]) if path.endswith(".md") else ""
    return ""


def explained(word: str) -> int:
    """The documentation of a rule. Raises UsageError when there is none."""
    out(formats.explained(word))
    return OK
