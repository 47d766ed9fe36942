"""What lint found and healing did → terminal, or a file."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from . import formats
from .errors import FINDINGS, OK, UsageError
from .findings import Choice
from .layout import find_root, inside, placed, top
from .pattern import pattern
from .seen import outside
from .show import columns, count, err, out, verbatim

if TYPE_CHECKING:
    from pathlib import Path

    from .asked import Asked
    from .findings import Report
    from .wiki import Wiki


_ID = pattern(r"[A-Za-z]\d{0,3}")
FIRST = ("index.md", "log.md")
"""What a vault has before its first page."""


def vault_of(asked: Asked) -> Path | None:
    """The vault that is named, or that the first of the paths is in; None: that of the working folder."""
    if asked.paths and not asked.vault:
        with suppress(UsageError):
            return find_root(None, asked.paths[0])
    return asked.vault


def chosen(asked: Asked) -> Choice:
    """What is asked for; several rules may stand in one text, with commas, and ids in small letters.

    Raises UsageError for a path that is not in the vault.
    """
    texts = (asked.select, asked.ignore)
    words = [[w.strip() for text in given for w in text.split(",") if w.strip()] for given in texts]
    select, ignore = (tuple(w.upper() if _ID.fullmatch(w) else w for w in row) for row in words)
    return Choice(select, ignore, placed(find_root(vault_of(asked)), asked.paths) if asked.paths else ())


def linted(asked: Asked) -> int:
    """Lint a vault and show what was found: the exit code. Raises KarpError as `proof` does."""
    from .proof import proof

    return report(*proof(vault_of(asked), chosen(asked), asked.ref, asked.cache), asked)


def report(found: Report, root: Path, asked: Asked, wiki: Wiki | None = None, **more: object) -> int:
    """What lint found. The exit code: 1 when an error is left, or, when strict, a warning.

    `wiki`: what it was found in, where that is not what is on disk.
    """
    by_reason: dict[str, list[str]] = {}
    for name, why in found.off if asked.format == "text" else ():
        by_reason.setdefault(why, []).append(name)
    for why, names in by_reason.items():
        err(f"off: {', '.join(names)}: {why}")
    if found.pages <= len(FIRST) and (more_files := outside(root)):
        err(f"{count(more_files, 'Markdown file')} outside wiki/ and raw/: only the pages below wiki/ are linted.")
    made = _text(found, root, asked.format, wiki, more, 0 if asked.output else columns())
    if asked.output:
        from .write import export

        export(root, asked.output, made + "\n")
        err(f"{formats.summary(found)} Written to {asked.output}.")
    elif asked.format == "text":
        out(made)
    else:
        verbatim(made)
    return FINDINGS if found.count("error") or (asked.strict and found.count("warning")) else OK


def _text(found: Report, root: Path, form: str, wiki: Wiki | None, more: dict[str, object], wide: int = 0) -> str:
    folder = root.relative_to(top(root)).as_posix()
    prefix = "" if folder == "." else f"{folder}/"
    lines: dict[str, list[str]] = {}

    def line_of(path: str, n: int) -> str:
        if path not in lines:
            lines[path] = _page_text(root, path, wiki).split("\n")
        return lines[path][n - 1] if 0 < n <= len(lines[path]) else ""

    def shown(path: str, n: int) -> str:
        from .rules.secret import masked  # where nothing was found, no rule need be loaded

        return masked(line_of(path, n))

    match form:
        case "json":
            return formats.as_json(found, more, line_of)
        case "github":
            return formats.github(found, prefix, line_of)
        case "sarif":
            return formats.sarif(found, prefix, line_of)
        case _:
            return formats.text(found, shown, wide)


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
