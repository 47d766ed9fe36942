"""Mend what can be mended without a doubt, to a fixed point, and never make it worse.

Fixes that touch different files are applied together in memory, everything is linted again, and so on until no fix
changes anything. A fix that adds an error is taken back and named.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from .build import with_texts
from .inert import escape
from .lint import Report, lint
from .nouns import ChangeSet, Edit, Finding, Fix, LogEntry, Wiki
from .rules import Context, every
from .settings import Settings

MAX_ROUNDS = 30


@dataclass(frozen=True, slots=True)
class Healed:
    """What healing makes, before it is committed: the edits, what each did, and what is left."""

    changes: ChangeSet
    done: tuple[tuple[str, str, str], ...]
    """(rule, path, what was done)."""
    refused: tuple[tuple[str, str], ...]
    """(rule, path) of fixes that were taken back, since they added an error."""
    report: Report
    """What lint finds afterwards."""


def heal(wiki: Wiki, settings: Settings, unsafe: bool = False) -> Healed:
    """Apply every safe fix (and, when asked, the unsafe ones) until nothing changes. Raises RuntimeError: our bug."""
    grades = {"safe", "unsafe"} if unsafe else {"safe"}
    now, report = wiki, lint(wiki, settings)
    done: list[tuple[str, str, str]] = []
    refused: set[tuple[str, str]] = set()
    for _ in range(MAX_ROUNDS):
        fixes = _fixes(Context(now, settings), report, grades, refused)
        if not fixes:
            return Healed(_changes(wiki, now, done), tuple(done), tuple(sorted(refused)), report)
        after, then = _apply(now, settings, [fix for *_, fix in fixes])
        if then.count("error") > report.count("error"):
            now, report = _one_by_one(now, settings, report, fixes, done, refused)
            continue
        now, report = after, then
        done += [(rule, path, fix.note) for rule, path, fix in fixes]
    raise RuntimeError(f"healing did not come to an end in {MAX_ROUNDS} rounds; this is a bug of karpwiki")


def _fixes(ctx: Context, report: Report, grades: set[str], refused: set[tuple[str, str]]) -> list[tuple[str, str, Fix]]:
    """The fixes of one round: no two touch one file."""
    found: list[tuple[str, str, Fix]] = []
    touched: set[str] = set()
    rules = {rule.ID: rule for rule in every() if hasattr(rule, "fix")}
    for rule_id, path in dict.fromkeys((f.rule, f.path) for f in _mendable(report, grades)):
        rule = rules.get(rule_id)
        if rule is None or path in touched or (rule.NAME, path) in refused:
            continue
        fix = rule.fix(ctx, path)
        texts = (
            {p: t for p, t in fix.texts.items() if p not in ctx.wiki.pages or ctx.wiki.pages[p].text != t}
            if fix
            else {}
        )
        if fix and texts and not touched & set(texts):
            touched |= set(texts)
            found.append((rule.NAME, path, Fix(texts, fix.note)))
    return found


def _mendable(report: Report, grades: set[str]) -> list[Finding]:
    return [f for f in report.findings if f.fix in grades]


def _apply(wiki: Wiki, settings: Settings, fixes: list[Fix]) -> tuple[Wiki, Report]:
    edits = [Edit(path, text, None) for fix in fixes for path, text in fix.texts.items()]
    after = with_texts(wiki, edits)
    return after, lint(after, settings)


def _one_by_one(
    wiki: Wiki, settings: Settings, report: Report, fixes: list[tuple[str, str, Fix]],
    done: list[tuple[str, str, str]], refused: set[tuple[str, str]],
) -> tuple[Wiki, Report]:  # fmt: skip
    """Apply a round's fixes singly; those that add an error are refused."""
    for rule, path, fix in fixes:
        after, then = _apply(wiki, settings, [fix])
        if then.count("error") > report.count("error"):
            refused.add((rule, path))
        else:
            wiki, report = after, then
            done.append((rule, path, fix.note))
    return wiki, report


def _changes(before: Wiki, after: Wiki, done: list[tuple[str, str, str]]) -> ChangeSet:
    paths = sorted({*before.pages, *after.pages})
    texts = {p: after.pages[p].text if p in after.pages else None for p in paths}
    edits = [
        Edit(p, text, before.hashes.get(p))
        for p, text in texts.items()
        if (before.pages[p].text if p in before.pages else None) != text
    ]
    if not edits:
        return ChangeSet(())
    counted = Counter(rule for rule, _, _ in done)
    subject = ", ".join(f"{n} × {rule}" if n > 1 else rule for rule, n in sorted(counted.items()))
    bullets = [("Updated", f"{escape(path.removeprefix('wiki/'))}: {rule} ({note})") for rule, path, note in done]
    return ChangeSet(tuple(edits), (LogEntry("heal", subject, tuple(bullets)),))
