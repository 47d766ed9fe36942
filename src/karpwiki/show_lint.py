"""What lint found and healing did → terminal, or a file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import formats
from .errors import FINDINGS, OK
from .git import top
from .markdown import lf
from .show import err, out, receipt, verbatim
from .vault import read_page
from .write import export

if TYPE_CHECKING:
    from .lint import Report
    from .run import Healing
    from .wiki import Wiki


@dataclass(frozen=True, slots=True)
class Wanted:
    """How findings are to be shown, and what counts."""

    format: str = "text"
    output: Path | None = None
    strict: bool = False


def report(found: Report, root: Path, wanted: Wanted, wiki: Wiki | None = None, **more: object) -> int:
    """What lint found. The exit code: 1 when an error is left, or, when strict, a warning.

    `wiki`: what it was found in, where that is not what is on disk.
    """
    for name, why in found.off if wanted.format == "text" else ():
        err(f"off: {name}: {why}")
    made = _text(found, root, wanted.format, wiki, more)
    if wanted.output:
        export(root, wanted.output, made + "\n")
        err(f"{formats.summary(found)} Written to {wanted.output}.")
    elif wanted.format == "text":
        out(made)
    else:
        verbatim(made)
    return FINDINGS if found.count("error") or (wanted.strict and found.count("warning")) else OK


def _text(found: Report, root: Path, form: str, wiki: Wiki | None, more: dict[str, object]) -> str:
    folder = root.relative_to(top(root)).as_posix()
    prefix = "" if folder == "." else f"{folder}/"
    lines: dict[str, list[str]] = {}

    def line_of(path: str, n: int) -> str:
        if path not in lines:
            lines[path] = _page_text(root, path, wiki).split("\n")
        return lines[path][n - 1] if 0 < n <= len(lines[path]) else ""

    match form:
        case "json":
            return formats.as_json(found, more)
        case "github":
            return formats.github(found, prefix)
        case "sarif":
            return formats.sarif(found, prefix)
        case _:
            return formats.text(found, line_of)


def _page_text(root: Path, path: str, wiki: Wiki | None) -> str:
    """The text of a page, '' when it has none that can be read."""
    if wiki:
        return wiki.pages[path].text if path in wiki.pages else ""
    with suppress(OSError, ValueError):
        return lf(read_page(root / path)[1]) if path.endswith(".md") else ""
    return ""


def healed(done: Healing, wiki: Wiki, wanted: Wanted, dry: bool) -> int:
    """What healing did, then what lint finds afterwards. The exit code is lint's."""
    made = done.made
    for rule, path in made.refused:
        err(f"not healed  {path}: the fix of {rule} would add an error; please report it")
    if wanted.format == "text":
        for rule, path, note in made.done:
            out(f"healed  {path}: {rule} ({note})")
        if dry:
            _diff(done, wiki)
        if made.done:
            receipt(done.receipt, dry)
    return report(made.report, wiki.root, wanted, made.wiki, healed=made.done, refused=made.refused)


def _diff(done: Healing, wiki: Wiki) -> None:
    """What healing would change, as a unified diff."""
    from .show_work import show_diff

    show_diff(done.made.changes.edits, {path: page.text for path, page in wiki.pages.items()})


def explained(word: str) -> int:
    """The documentation of a rule. Raises UsageError when there is none."""
    out(formats.explained(word))
    return OK
