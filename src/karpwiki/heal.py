"""Mend what can be mended without a doubt, to a fixed point, and never make it worse.

Fixes that touch different files are applied together in memory, everything is linted again, and so on until no fix
changes anything. A fix that adds an error to any page is taken back and named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from .build import with_texts
from .changes import ChangeSet, Edit, Fix, LogEntry
from .inert import escape
from .lint import Choice, Report, lint
from .names import add_decisions, parse_names
from .rules import Context, every
from .settings import Settings, followed
from .vault import read_optional
from .wiki import Wiki

MAX_ROUNDS, MAX_TURNS = 30, 5
"""Rounds of a healing; and how often one rule may mend one page before its fix is taken for one that mends nothing."""
NAMES = "names.txt"


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
    wiki: Wiki
    """The wiki as it is then."""


@dataclass(frozen=True, slots=True)
class _Mend:
    """A fix, and the rule and the page that asked for it."""

    rule: str
    path: str
    fix: Fix

    @property
    def content(self) -> frozenset[tuple[str, str | None]]:
        return frozenset(self.fix.texts.items())


@dataclass
class _Patient:
    """The wiki as it is healed so far."""

    wiki: Wiki
    settings: Settings
    report: Report
    choice: Choice | None
    texts: dict[str, str | None] = field(default_factory=dict)
    done: list[_Mend] = field(default_factory=list)
    refused: list[_Mend] = field(default_factory=list)

    def give(self, mends: Sequence[_Mend]) -> set[str]:
        """Apply fixes, unless that adds an error to a page: then nothing is changed, and those pages are returned."""
        texts = {path: text for mend in mends for path, text in mend.fix.texts.items()}
        wiki = with_texts(self.wiki, [Edit(path, text, None) for path, text in texts.items()])
        if NAMES in texts:
            before = self.texts.get(NAMES) or read_optional(wiki.root / NAMES)
            texts[NAMES] = add_decisions(before, parse_names(texts[NAMES] or "")[0])
            wiki = replace(wiki, decisions=parse_names(texts[NAMES] or "")[0])
        report = lint(wiki, self.settings, self.choice)
        worse = {path for _, path in _errors(report) - _errors(self.report)}
        if not worse:
            self.wiki, self.report = wiki, report
            self.texts |= texts
            self.done += mends
        return worse


def heal(wiki: Wiki, settings: Settings, unsafe: bool = False, choice: Choice | None = None) -> Healed:
    """Apply every safe fix (and, when asked, the unsafe ones) until nothing changes. Raises RuntimeError: our bug."""
    grades = {"safe", "unsafe"} if unsafe else {"safe"}
    patient = _Patient(wiki, settings, lint(wiki, settings, choice), choice)
    for _ in range(MAX_ROUNDS):
        mends = _mends(patient, grades)
        if not mends:
            done = tuple((m.rule, m.path, m.fix.note) for m in patient.done)
            refused = tuple(sorted({(m.rule, m.path) for m in patient.refused}))
            return Healed(_changes(wiki, patient), done, refused, patient.report, patient.wiki)
        worse = patient.give(mends)
        blamed = [m for m in mends if worse & set(m.fix.texts)] or mends
        for mend in blamed if worse else ():
            if len(blamed) == 1 or patient.give([mend]):
                patient.refused.append(mend)
    raise RuntimeError(f"healing did not come to an end in {MAX_ROUNDS} rounds; this is a bug of karpwiki")


def _errors(report: Report) -> Counter[tuple[str, str]]:
    return Counter((f.rule, f.path) for f in report.findings if f.severity == "error")


def _mends(patient: _Patient, grades: set[str]) -> list[_Mend]:
    """The fixes of one round: no two touch one file, none was refused before, each changes something."""
    ctx = Context(patient.wiki, followed(patient.settings, patient.wiki.dialect))
    rules = {rule.ID: rule for rule in every() if hasattr(rule, "fix")}
    refused = {mend.content for mend in patient.refused}
    turns = Counter((mend.rule, mend.path) for mend in patient.done)
    touched: set[str] = set()
    found = []
    errors_first = sorted(patient.report.findings, key=lambda f: f.severity != "error")
    asked = dict.fromkeys((f.rule, f.path) for f in errors_first if f.fix in grades and f.rule in rules)
    for rule_id, path in asked:
        fix = rules[rule_id].fix(ctx, path)
        if fix is None or touched & set(fix.texts):
            continue
        texts = {p: t for p, t in fix.texts.items() if p not in ctx.wiki.pages or ctx.wiki.pages[p].text != t}
        mend = _Mend(rules[rule_id].NAME, path, Fix(texts, fix.note))
        if texts and turns[mend.rule, path] >= MAX_TURNS:
            patient.refused.append(mend)
        elif texts and mend.content not in refused:
            touched |= set(texts)
            found.append(mend)
    return found


def _changes(before: Wiki, patient: _Patient) -> ChangeSet:
    """The edits from what is on disk to what was healed, with one log entry that names every change."""
    edits = [
        Edit(path, text, before.hashes.get(path))
        for path, text in sorted(patient.texts.items())
        if path in before.stale or (before.pages[path].text if path in before.pages else None) != text
    ]
    if not edits:
        return ChangeSet(())
    counted = Counter(mend.rule for mend in patient.done)
    subject = ", ".join(f"{n} × {rule}" if n > 1 else rule for rule, n in sorted(counted.items()))
    bullets = [bullet for mend in patient.done for bullet in _bullets(before, mend)]
    return ChangeSet(tuple(edits), (LogEntry("heal", subject, tuple(bullets)),))


def _bullets(before: Wiki, mend: _Mend) -> list[tuple[str, str]]:
    """What a fix did to which files, as bullets of the log."""
    files: dict[str, list[str]] = {"Updated": [], "New pages": [], "Deleted": []}
    for path, text in sorted(mend.fix.texts.items()):
        word = "Deleted" if text is None else "Updated" if path in before.hashes else "New pages"
        files[word].append(escape(path.removeprefix("wiki/")))
    return [(word, f"{', '.join(paths)}: {mend.rule} ({mend.fix.note})") for word, paths in files.items() if paths]
