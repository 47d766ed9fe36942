"""What healing did and what a model judged → terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from .asked import Asked
from .errors import ModelError
from .show import as_json, count, err, out, receipt
from .show_lint import report
from .show_work import ended, show_diff, takes

if TYPE_CHECKING:
    from .build import Built
    from .changes import Step
    from .judge import Judged
    from .prices import Bill
    from .run import Asking, Healing
    from .wiki import Wiki


def healed(
    done: Healing,
    wiki: Wiki,
    asked: Asked,
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
    if asked.format == "text":
        for rule, path, note in made.done:
            out(f"{'would heal' if dry else 'healed'}  {path}: {rule} ({note})")
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
    return report(made.report, wiki.root, asked, made.wiki, **did, **(more or {}))


def _ahead(steps: Sequence[Step], model: str, bill: Bill) -> None:
    """What a healing would have a model do."""
    for step in steps:
        out(f"  {step.path}: {step.reason} ({count(len(step.claims), 'claim')})")
    out(f"{count(len(steps), 'page')} to be phrased again: {takes(bill, model)}.")


def asking(found: Asking, bill: Bill, model: str, asked: Asked, heals: bool) -> dict[str, object]:
    """Say what `--deep` would ask; the same for JSON, printed at once where nothing `heals` afterwards."""
    claims = sum(len(q.ids) for q in found.questions if q.asked.task == "support")
    pages = sum(q.asked.task == "review" for q in found.questions)
    data: dict[str, object] = {"to_judge": {"claims": claims, "pages": pages, "model": model, "bill": asdict(bill)}}
    quotes = "its quote" if claims == 1 else "their quotes"
    what = f"{count(claims, 'claim')} beside {quotes}, the claims of {count(pages, 'page')} beside each other"
    if asked.format == "text":
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
    """What healing would change, as a unified diff, and what it would say of it in the log."""
    changes, log = done.made.changes, wiki.dialect.log
    show_diff(changes.edits, {path: page.text for path, page in wiki.pages.items()})
    for entry in changes.entries:
        what = "gets an entry" if log in wiki.pages else "is begun"
        out(f"{log} {what}: {entry.operation} | {entry.subject}")
