"""What lint found and healing did → terminal, or a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import formats
from .errors import FINDINGS, OK
from .git import top
from .layout import inside
from .show import err, out, receipt, verbatim
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


def report(found: Report, wiki: Wiki, wanted: Wanted, **more: object) -> int:
    """What lint found. The exit code: 1 when an error is left, or, when strict, a warning."""
    for name, why in found.off if wanted.format == "text" else ():
        err(f"off: {name}: {why}")
    made = _text(found, wiki, wanted.format, more)
    if wanted.output:
        export(wiki.root, wanted.output, made + "\n")
        err(f"{formats.summary(found)} Written to {wanted.output}.")
    elif wanted.format == "text":
        out(made)
    else:
        verbatim(made)
    return FINDINGS if found.count("error") or (wanted.strict and found.count("warning")) else OK


def _text(found: Report, wiki: Wiki, form: str, more: dict[str, object]) -> str:
    folder = wiki.root.relative_to(top(wiki.root)).as_posix()
    prefix = "" if folder == "." else f"{folder}/"
    lines: dict[str, list[str]] = {}

    def line_of(path: str, n: int) -> str:
        page = wiki.pages.get(path) or wiki.pages.get(inside(path))
        if page and path not in lines:
            lines[path] = page.text.split("\n")
        return lines[path][n - 1] if path in lines and 0 < n <= len(lines[path]) else ""

    match form:
        case "json":
            return formats.as_json(found, more)
        case "github":
            return formats.github(found, prefix)
        case "sarif":
            return formats.sarif(found, prefix)
        case _:
            return formats.text(found, line_of)


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
    return report(made.report, made.wiki, wanted, healed=made.done, refused=made.refused)


def _diff(done: Healing, wiki: Wiki) -> None:
    """What healing would change, as a unified diff."""
    from .show_work import show_diff

    show_diff(done.made.changes.edits, {path: page.text for path, page in wiki.pages.items()})


def explained(word: str) -> int:
    """The documentation of a rule. Raises UsageError when there is none."""
    out(formats.explained(word))
    return OK
