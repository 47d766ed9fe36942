"""What commands did and would do → terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from difflib import unified_diff
from typing import TYPE_CHECKING

from .changes import Edit, Receipt
from .errors import INTERRUPTED, MODEL, OK, PARTIAL, Fatal, Interrupted, ModelError, OverBudget
from .models import FREE
from .names import render_decision
from .show import as_json, count, err, out, receipt, say

if TYPE_CHECKING:
    from .build import Built
    from .estimate import Estimate, Preview
    from .prices import Bill
    from .report import Status
    from .retract import Retraction
    from .run import Compiled, Ingestion, Named


def init(done: Receipt, folder: str, dry: bool) -> None:
    """What a new vault got, and the next command."""
    for path in done.written:
        out(f"  {path}")
    if dry:
        out("Dry run: nothing was written.")
        return
    out(f"{folder} is a wiki now." if done.written else f"{folder} is a wiki already; nothing was changed.")
    out("Next: put a text under raw/, then  karpwiki ingest")


def ingested(done: Ingestion, json: bool) -> int:
    """What was read, what was made of it, and what was not done. The exit code."""
    made = done.made
    code = ended(made.interrupted, made.partial, done.trouble)
    if json:
        as_json({
            "sources": [{"path": [m.path for m in s.members], "title": s.title, "claims": len(s.claims),
                         "coverage": s.coverage, "status": s.status} for s in made.sources],
            "not_published": made.dropped, "skipped": made.batch.skipped, "known": made.batch.known,
            "pending": [{"path": o.path, "why": str(o.error)} for o in made.outcomes if o.error],
            "unpolished": made.built.problems if made.built else {},
            "written": done.receipt.written, "deleted": done.receipt.deleted, "pinned": done.receipt.pinned,
        })  # fmt: skip
        return code
    for source in made.sources:
        about = source.status or f"{count(len(source.claims), 'claim')}, {round(source.coverage * 100)} % of paragraphs"
        out(f"{', '.join(m.path for m in source.members[:3])}{' …' if len(source.members) > 3 else ''}: {about}")
    if made.built:
        built(made.built)
    say(*made.said, *done.warnings)
    for drop in made.dropped:
        err(f"not published: {drop.path}: {drop.text[:100]} ({drop.reason})")
    for path, why in made.batch.skipped:
        err(f"skipped: raw/{path} {why}")
    for outcome in made.outcomes:
        if outcome.error:
            err(f"pending: raw/{outcome.path}: {outcome.error}")
        elif outcome.why and outcome.source:
            err(f"without claims: raw/{outcome.path}: {outcome.why} Try --retry, or another --model.")
    receipt(done.receipt, idle=not code)
    return code


def compiled(done: Compiled, json: bool) -> int:
    """What a compile changed. The exit code."""
    if json:
        as_json({"unpolished": done.made.problems, "kept": done.made.kept, "written": done.receipt.written,
                 "deleted": done.receipt.deleted, "pinned": done.receipt.pinned})  # fmt: skip
    else:
        built(done.made)
        say(*done.warnings)
        receipt(done.receipt, idle=not (done.made.problems or done.trouble))
    return ended(done.made.interrupted, bool(done.made.problems), done.trouble)


def ended(interrupted: bool, partial: bool, trouble: ModelError | None) -> int:
    """The exit code of work that asks: how it ended, not how much of it was done."""
    if interrupted or isinstance(trouble, Interrupted):
        return INTERRUPTED
    if isinstance(trouble, Fatal | OverBudget):
        return MODEL
    return PARTIAL if partial else OK


def built(made: Built) -> None:
    """The pages that a compile changed, and what is not as it should be."""
    for edit in made.edits:
        word = "deleted" if edit.text is None else "new" if edit.path in made.new else "updated"
        if edit.path.startswith("wiki/"):
            out(f"  {word:8} {edit.path}")
    for path, why in made.problems.items():
        err(f"unpolished: {path}: {why}")
    for path in made.kept:
        err(f"kept: {path}: no claim carries it any more, but a person wrote on it")


def takes(bill: Bill, model: str) -> str:
    """`12 calls to claude-…, about 60,000 tokens, $0.21`."""
    if not bill.calls:
        return "nothing to ask"
    if model.partition(":")[0] in FREE:
        return f"{count(bill.calls, 'call')} to {model}, which is free"
    price = f"price of {', '.join(bill.unpriced)} unknown" if bill.dollars is None else f"${bill.dollars:.2f}"
    return f"{count(bill.calls, 'call')} to {model}, about {bill.tokens:,} tokens, {price}"


def estimate(found: Estimate, json: bool) -> int:
    """What an ingest would ask. The exit code."""
    if json:
        as_json({"model": found.model, "sources": dict(found.files), "skipped": found.skipped,
                 "reading": found.reading, "pages": found.pages})  # fmt: skip
        return OK
    for path, calls in found.files:
        out(f"  raw/{path}: {count(calls, 'call') if calls else 'its answer is there'}")
    for path, why in found.skipped:
        err(f"skipped: raw/{path} {why}")
    out(f"{count(len(found.files), 'source')} to read: {takes(found.reading, found.model)}.")
    if found.pages.calls:
        guess = "Their pages, as a guess" if found.files else "Pages"
        out(f"{guess}: {takes(found.pages, found.writer)}.")
    out("Dry run: nothing was asked and nothing written.")
    return OK


def ahead(sources: int, bill: Bill, model: str, limit: float) -> None:
    """One line before a model is paid: what the work will take, and where it stops."""
    what = f"{count(sources, 'source')}, " if sources else ""
    stop = "no limit" if math.isinf(limit) else f"limit ${limit:.2f}"
    say(f"Estimate: {what}{takes(bill, model)} ({stop}).")


def plan(found: Preview, json: bool, diff: bool) -> int:
    """The pages that a compile would make again, and why. The exit code."""
    if json:
        as_json({"model": found.model, "steps": found.plan.steps, "gone": found.plan.gone, "bill": found.bill,
                 "by_code": [e.path for e in found.edits]})  # fmt: skip
        return OK
    for step in found.plan.steps:
        out(f"  {step.path}: {step.reason} ({count(len(step.claims), 'claim')})")
    if diff:
        show_diff(found.edits, found.old)
    by_code = f"; {count(len(found.edits), 'file')} by code alone" if found.edits else ""
    pages = count(len(found.plan.steps), "page")
    out(f"{pages}: {takes(found.bill, found.model)}{by_code}. Dry run: nothing was written.")
    return OK


def show_diff(edits: Iterable[Edit], old: Mapping[str, str]) -> None:
    """What edits change, as a unified diff."""
    for edit in edits:
        before, after = old.get(edit.path, "").splitlines(), (edit.text or "").splitlines()
        names = (
            f"a/{edit.path}" if before else "/dev/null",
            f"b/{edit.path}" if edit.text is not None else "/dev/null",
        )
        for line in unified_diff(before, after, *names, lineterm=""):
            out(line)


def retraction(found: Retraction, model: str, dry: bool, json: bool) -> None:
    """What a retract takes away."""
    steps = found.ground.plan.steps
    if json:
        as_json({"model": model, "sources": found.paths, "claims": len(found.claims), "steps": steps,
                 "by_hand": found.by_hand})  # fmt: skip
        return
    for path in found.paths:
        out(f"  raw/{path}")
    for step in steps:
        out(f"  {step.path}: {step.reason} ({count(len(step.claims), 'claim')} left)")
    for path in found.ground.plan.gone:
        out(f"  {path}: no claim is left")
    for path in found.by_hand:
        err(f"by hand: {path} cites a claim that goes; these words stay")
    out(f"{count(len(found.claims), 'claim')} taken back, {count(len(steps), 'page')} phrased anew by {model}.")
    if dry:
        out("Dry run: nothing was written.")


def named(done: Named, dry: bool, json: bool) -> None:
    """What a command about names says in names.txt, and what follows."""
    lines = [f"+ {render_decision(d)}" for d in done.decided.added]
    lines += [f"- {render_decision(d)}" for d in done.decided.dropped]
    if json:
        as_json({"names": lines, "steps": done.ground.plan.steps})
        return
    for line in lines:
        out(f"  names.txt: {line}")
    for step in done.ground.plan.steps:
        out(f"  {step.path}: {step.reason} ({count(len(step.claims), 'claim')})")
    if dry:
        out(f"{count(sum(s.calls for s in done.ground.plan.steps), 'call')}. Dry run: nothing was written.")


def status(found: Status, json: bool) -> None:
    """What is in a vault, and what is left to do."""
    if json:
        as_json(found)
        return
    out(f"{found.root}\nmodel: {found.model}")
    if found.dialect:
        out("pages by hand: " + "; ".join(f"{what}: {how}" for what, how in found.dialect))
    width = max(len(word) for word, _ in found.coverage)
    for word, n in found.coverage:
        out(f"  {word:{width}}  {n:>6}")
    rows: list[tuple[str, Iterable[str], str]] = [
        ("Not yet ingested", (f"raw/{p}" for p in found.new), "karpwiki ingest"),
        (
            "Changed since ingest",
            (f"raw/{p}" for p in found.changed),
            "restore, or karpwiki ingest --accept-changed",
        ),
        ("Gone from raw/", (f"raw/{p}" for p in found.gone), "restore, or karpwiki retract raw/…"),
        ("Without claims", (f"raw/{p} ({why})" for p, why in found.without_claims), "see docs/models.md"),
        ("To be compiled", (f"{p} ({why})" for p, why in found.stale), "karpwiki compile"),
        ("Unpolished", found.unpolished, "karpwiki compile"),
        ("Refused by the model", found.refused, "karpwiki compile --retry, or another --model"),
        ("Made by another model or prompt", found.stale_recipe, "karpwiki ingest --upgrade"),
        ("Thin (under 70 % of paragraphs)", (f"{p} ({share:.0%})" for p, share in found.thin), "a better --model"),
    ]
    for title, items, cure in rows:
        lines = list(items)
        if lines:
            out(f"{title}: {len(lines)} → {cure}")
            for line in lines[:10]:
                out(f"  {line}")
            if len(lines) > 10:
                out(f"  … and {len(lines) - 10} more (--json lists all)")
    if found.made_by:
        out("Pages made by: " + ", ".join(f"{name} {n}" for name, n in found.made_by))


def undone(found: Receipt, dry: bool, json: bool) -> None:
    """What undo restored, or would."""
    if json:
        as_json(found)
        return
    for path in found.written:
        out(f"  restored {path}")
    for path in found.deleted:
        out(f"  deleted  {path}")
    files = count(len(found.written) + len(found.deleted), "file")
    out("Dry run: nothing was written." if dry else f"{files} as before.")
