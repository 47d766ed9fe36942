"""What lint found and healing did → terminal, or a file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import formats
from .errors import FINDINGS, OK, ModelError
from .git import top
from .layout import inside
from .lint import Choice
from .markdown import lf
from .show import as_json, count, err, out, receipt, verbatim
from .show_work import ended, takes
from .vault import read_page
from .write import export

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .build import Built
    from .changes import Step
    from .judge import Judged
    from .lint import Report
    from .prices import Bill
    from .run import Asking, Healing
    from .wiki import Wiki


@dataclass(frozen=True, slots=True)
class Wanted:
    """How findings are to be shown, and what counts."""

    format: str = "text"
    output: Path | None = None
    strict: bool = False


def chosen(select: Sequence[str] | None, ignore: Sequence[str] | None) -> Choice:
    """The rules that a command line asks for; several may stand in one text, with commas."""
    lists = [[w.strip() for text in given or () for w in text.split(",") if w.strip()] for given in (select, ignore)]
    return Choice(*map(tuple, lists))


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
        page = wiki.pages.get(path) or wiki.pages.get(inside(path))
        return page.text if page else ""
    with suppress(OSError, ValueError):
        return lf(read_page(root / path)[1]) if path.endswith(".md") else ""
    return ""


def healed(
    done: Healing,
    wiki: Wiki,
    wanted: Wanted,
    dry: bool,
    ahead: tuple[Sequence[Step], str, Bill] | None = None,
    more: Mapping[str, object] | None = None,
) -> int:
    """What healing did, then what lint finds afterwards. The exit code is lint's.

    `ahead`: the pages that a dry run would have a model phrase again, with its name and what that takes. `more`: for
    JSON.
    """
    made = done.made
    for rule, path in made.refused:
        err(f"not healed  {path}: the fix of {rule} would add an error; please report it")
    if wanted.format == "text":
        for rule, path, note in made.done:
            out(f"healed  {path}: {rule} ({note})")
        if dry:
            _diff(done, wiki)
        if ahead:
            _ahead(*ahead)
        if made.done:
            receipt(done.receipt, dry)
    problems = dict(made.made.problems) if made.made else {}
    for path, why in problems.items():
        err(f"unpolished: {path}: {why}")
    asks = (
        {"to_phrase": {"pages": [s.path for s in ahead[0]], "model": ahead[1], "bill": asdict(ahead[2])}}
        if ahead
        else {}
    )
    did = {"healed": made.done, "refused": made.refused, "unpolished": problems, **asks}
    return report(made.report, wiki.root, wanted, made.wiki, **did, **(more or {}))


def _ahead(steps: Sequence[Step], model: str, bill: Bill) -> None:
    """What a healing would have a model do."""
    for step in steps:
        out(f"  {step.path}: {step.reason} ({count(len(step.claims), 'claim')})")
    out(f"{count(len(steps), 'page')} to be phrased again: {takes(bill, model)}.")


def asking(found: Asking, bill: Bill, model: str, wanted: Wanted, heals: bool) -> dict[str, object]:
    """Say what `--deep` would ask; the same for JSON, printed at once where nothing `heals` afterwards."""
    claims = sum(len(q.ids) for q in found.questions if q.asked.task == "support")
    pages = sum(q.asked.task == "review" for q in found.questions)
    data: dict[str, object] = {"to_judge": {"claims": claims, "pages": pages, "model": model, "bill": asdict(bill)}}
    quotes = "its quote" if claims == 1 else "their quotes"
    what = f"{count(claims, 'claim')} beside {quotes}, the claims of {count(pages, 'page')} beside each other"
    if wanted.format == "text":
        out(f"To judge: {what}: {takes(bill, model)}. Dry run: nothing was asked.")
    elif not heals:
        as_json(data)
    return data


def told(found: Judged) -> dict[str, object]:
    """Say what a model did not judge, or said of nothing that it was asked; the same for JSON."""
    for about, why in found.failed:
        err(f"not judged: {about}: {why}")
    if found.strange:
        err(
            f"{count(found.strange, 'thing')} in the answers rested on no claim that was shown and counted for nothing."
        )
    return {"not_judged": found.failed, "left_out": found.strange}


def how_it_ended(judged: Judged | None, made: Built | None, trouble: ModelError | None) -> int:
    """The exit code of what a model was asked for: 0 when all of it was answered."""
    interrupted = bool((judged and judged.interrupted) or (made and made.interrupted))
    partial = bool((judged and judged.failed) or (made and made.problems))
    return ended(interrupted, partial, trouble)


def _diff(done: Healing, wiki: Wiki) -> None:
    """What healing would change, as a unified diff."""
    from .show_work import show_diff

    show_diff(done.made.changes.edits, {path: page.text for path, page in wiki.pages.items()})


def explained(word: str) -> int:
    """The documentation of a rule. Raises UsageError when there is none."""
    out(formats.explained(word))
    return OK
