"""Mend what can be mended without a doubt, to a fixed point, and never make it worse.

Fixes that touch different files are applied together in memory, everything is linted again, and so on until no fix
changes anything. A fix that adds an error to any page is taken back and named; what comes to light on a page that could
not be read before was there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from .build import Built, with_texts
from .changes import ChangeSet, Edit, Fix, LogEntry
from .findings import Choice, Finding, Report
from .inert import escape
from .ingest import made_bullets
from .judge import Judged
from .lint import graded, lint
from .names import add_decisions, parse_names
from .nouns import Tension
from .rules import Context, every, invisible_text, tension
from .settings import Settings, followed
from .tensions import state_key
from .wiki import Wiki

MAX_ROUNDS, MAX_TURNS = 30, 5
"""Rounds of a healing; and how often one rule may mend one page before its fix is taken for one that mends nothing."""
NAMES = "names.txt"
OUT_OF_DATE, INGESTED = "page-out-of-date", "uncompiled-raw"
"""Of the rules whose findings a model puts right: the one that pages are phrased again for, and the one that is a
matter of reading sources."""

Phrase = Callable[[Wiki, Sequence[Tension], bool], Built | None]
"""What a compile makes of a wiki and of tensions that were found, asking a model or not; None: nothing is made."""


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
    made: Built | None = None
    """What a model was asked for, if it was."""


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
    choice: Choice
    judged: Judged | None = None
    texts: dict[str, str | None] = field(default_factory=dict)
    done: list[_Mend] = field(default_factory=list)
    refused: list[_Mend] = field(default_factory=list)

    def give(self, mends: Sequence[_Mend]) -> set[str]:
        """Apply fixes, unless that adds an error to a page: then nothing is changed, and those pages are returned."""
        texts = {path: text for mend in mends for path, text in mend.fix.texts.items()}
        wiki = with_texts(self.wiki, [Edit(path, text, None) for path, text in texts.items()])
        if NAMES in texts:
            if before := self.texts.get(NAMES):  # each is made from the lines of the disk
                texts[NAMES] = add_decisions(before, parse_names(texts[NAMES] or "")[0])
            wiki = replace(wiki, decisions=parse_names(texts[NAMES] or "")[0])
        report = self.look(wiki)
        # What is wrong with a page that could not be read comes to light, and is not added.
        hidden = {path for path in texts if path in self.wiki.pages and self.wiki.pages[path].problem}
        worse = {path for _, path in _errors(report) - _errors(self.report)} - hidden
        if not worse:
            self.wiki, self.report = wiki, report
            self.texts |= texts
            self.done += mends
        return worse

    def look(self, wiki: Wiki) -> Report:
        return lint(wiki, self.settings, self.choice, judged=self.judged)


def heal(
    wiki: Wiki,
    settings: Settings,
    unsafe: bool = False,
    choice: Choice | None = None,
    judged: Judged | None = None,
    phrase: Phrase | None = None,
) -> Healed:
    """Apply every safe fix (and, when asked, the unsafe ones) until nothing changes. Raises RuntimeError: our bug.

    `phrase` is then asked once, if anything is left that a compile with a model puts right, or a tension was found; not
    when only some files are to be mended, for it brings the whole wiki up to date. What mends a file may change others.
    """
    choice = choice or Choice()
    grades = {"safe", "unsafe"} if unsafe else {"safe"}
    patient = _Patient(wiki, settings, lint(wiki, settings, choice, judged=judged), choice, judged)
    _settle(patient, grades)
    made = _phrased(patient, phrase) if phrase and not choice.paths else None
    if made:
        _settle(patient, grades)
    done = tuple((m.rule, m.path, m.fix.note) for m in patient.done)
    refused = tuple(sorted({(m.rule, m.path) for m in patient.refused}))
    return Healed(_changes(wiki, patient, made), done, refused, patient.report.within(choice.paths), patient.wiki, made)


def phrases(settings: Settings, choice: Choice) -> bool:
    """Whether pages that are out of date are to be mended at all."""
    return any(rule.NAME == OUT_OF_DATE for rule, _ in graded(settings, choice))


def _settle(patient: _Patient, grades: set[str]) -> None:
    """Fix after fix until there is none left that changes anything."""
    for _ in range(MAX_ROUNDS):
        mends = _mends(patient, grades)
        if not mends:
            return
        worse = patient.give(mends)
        blamed = [m for m in mends if worse & set(m.fix.texts)] or mends
        for mend in blamed if worse else ():
            if len(blamed) == 1 or patient.give([mend]):
                patient.refused.append(mend)
    raise RuntimeError(f"healing did not come to an end in {MAX_ROUNDS} rounds; this is a bug of karpwiki")


def _phrased(patient: _Patient, phrase: Phrase) -> Built | None:
    """What a compile with a model made, given to the wiki whole, since its pages show each other; or taken back."""
    told = {(f.rule, f.path, f.line, f.message) for f in patient.report.findings}
    ctx = Context(patient.wiki, patient.settings, judged=patient.judged)
    doubts = [d for d, f in tension.found(ctx) if (f.rule, f.path, f.line, f.message) in told]
    asked = [f for f in patient.report.findings if f.fix == "model" and f.name not in (INGESTED, tension.NAME)]
    if not (asked or doubts):
        return None
    found = [Tension(d.words, *sorted(d.claims)) for d in doubts]
    made = phrase(patient.wiki, found, bool(asked) or phrases(patient.settings, patient.choice))
    mends = list(_by_model(made, found)) if made else []
    if mends and patient.give(mends):
        patient.refused += mends
        return None
    return made


def _by_model(made: Built, found: Sequence[Tension]) -> Iterator[_Mend]:
    """The edits of a compile as mends: each page that was phrased again, those with a new tension, all that follows."""
    keys = [state_key(t) for t in found]
    planned = {step.path: step.reason for step in made.plan.steps}
    rest: dict[str, str | None] = {}
    for edit in made.edits:
        notes = []
        if edit.path in planned and edit.path not in made.problems:
            notes.append((OUT_OF_DATE, f"phrased again: {planned[edit.path]}"))
        if any(key in (edit.text or "") for key in keys):
            notes.append((tension.NAME, "tension written"))
        if notes:
            note = "; ".join(note for _, note in notes)
            yield _Mend(notes[0][0], edit.path, Fix({edit.path: edit.text}, note))
        else:
            rest[edit.path] = edit.text
    if rest:
        why = OUT_OF_DATE if planned or not found else tension.NAME
        yield _Mend(why, min(rest), Fix(rest, "brought up to date with it"))


def _errors(report: Report) -> Counter[tuple[str, str]]:
    """How many errors each page has by rule. What a model said is no matter of a fix, and follows its claims."""
    judged = {rule.ID for rule in every() if getattr(rule, "NEEDS", "") == "model"}
    return Counter((f.rule, f.path) for f in report.findings if f.severity == "error" and f.rule not in judged)


def _mends(patient: _Patient, grades: set[str]) -> list[_Mend]:
    """The fixes of one round: no two touch one file, none was refused before, each changes something."""
    ctx = Context(patient.wiki, followed(patient.settings, patient.wiki.dialect))
    wanted = patient.report.within(patient.choice.paths).findings
    errors_first = sorted(wanted, key=lambda f: f.severity != "error")
    # First what pages are made from. One made again from a false quote repeats it, and may be the last that has the
    # true one; a label with a character in it that nobody sees cites nothing, so that its footnote would be dropped.
    first = [
        f
        for f in errors_first
        if f.name == invisible_text.NAME or (f.rule.startswith("G") and f.path in ctx.wiki.sources)
    ]
    return _fixes(patient, ctx, first, grades) or _fixes(patient, ctx, errors_first, grades)


def _fixes(patient: _Patient, ctx: Context, findings: Sequence[Finding], grades: set[str]) -> list[_Mend]:
    """The fixes of some findings, in their order, as far as they can be made at once."""
    rules = {rule.ID: rule for rule in every() if hasattr(rule, "fix")}
    refused = {mend.content for mend in patient.refused}
    turns = Counter((mend.rule, mend.path) for mend in patient.done)
    touched: set[str] = set()
    found = []
    asked = dict.fromkeys((f.rule, f.path) for f in findings if f.fix in grades and f.rule in rules)
    for rule_id, path in asked:
        fix = rules[rule_id].fix(ctx, path)
        if fix is None or touched & set(fix.texts):
            continue
        # A page that git left in two sides is read as one, whose text may be the new one, and not that of the disk.
        same = {p for p, t in fix.texts.items() if p in ctx.wiki.pages and ctx.wiki.pages[p].text == t}
        texts = {p: t for p, t in fix.texts.items() if p not in same - ctx.wiki.stale}
        mend = _Mend(rules[rule_id].NAME, path, Fix(texts, fix.note))
        if texts and turns[mend.rule, path] >= MAX_TURNS:
            patient.refused.append(mend)
        elif texts and mend.content not in refused:
            touched |= set(texts)
            found.append(mend)
    return found


def _changes(before: Wiki, patient: _Patient, made: Built | None) -> ChangeSet:
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
    bullets += [b for b in made_bullets(made) if b[0] in ("Unpolished", "Note")] if made else []
    return ChangeSet(tuple(edits), (LogEntry("heal", subject, tuple(bullets)),))


def _bullets(before: Wiki, mend: _Mend) -> list[tuple[str, str]]:
    """What a fix did to which files, as bullets of the log."""
    files: dict[str, list[str]] = {"Updated": [], "New pages": [], "Deleted": []}
    for path, text in sorted(mend.fix.texts.items()):
        word = "Deleted" if text is None else "Updated" if path in before.hashes else "New pages"
        files[word].append(escape(path.removeprefix("wiki/")))
    return [(word, f"{', '.join(paths)}: {mend.rule} ({mend.fix.note})") for word, paths in files.items() if paths]
