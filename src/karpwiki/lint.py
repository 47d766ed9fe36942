"""One snapshot, every rule, all findings. Nothing is written, no model is asked, no network is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING

from .changes import Edit
from .dialect import CITED
from .errors import UsageError
from .findings import SEVERITIES, Choice, Finding, Report, Severity
from .git import Since
from .guests import first_added
from .habits import is_by_hand
from .names import parse_names
from .rules import Context, every
from .settings import Settings, followed
from .silence import Silence, silences
from .wiki import Wiki

if TYPE_CHECKING:
    from .judge import Judged

OFF = {"raw": "the vault has no raw/ folder", "state": "karpwiki wrote no page of this vault"}
"""What a rule may need → why it is off."""


def lint(
    wiki: Wiki,
    settings: Settings,
    choice: Choice | None = None,
    since: Since | None = None,
    judged: Judged | None = None,
) -> Report:
    """Every finding of every rule that is on. A rule that crashes is our bug: its exception passes through.

    `since`: only what a change brought is reported: on lines that it touched, or not there before it. `judged`: what a
    model said; without it, the rules that need it are not run. Raises UsageError for a rule that is named and does not
    exist.
    """
    report = _lint(wiki, settings, choice or Choice(), since, judged)
    if since is None:
        return report
    before = Counter(map(_what, _lint(_before(wiki, since), settings, choice or Choice(), None, judged).findings))
    kept = []
    for f in report.findings:
        touched = f.line in since.lines.get(f.path, ())
        if touched or not before[_what(f)]:
            kept.append(f)
        before[_what(f)] -= not touched
    return replace(report, findings=tuple(kept))


def _what(f: Finding) -> tuple[str, str, str]:
    return (f.rule, f.path, f.message)


def _before(wiki: Wiki, since: Since) -> Wiki:
    """The wiki as it was before a change, but for raw/ and the settings."""
    from .build import with_texts  # all that compiles a page

    texts = {path: data.decode("utf-8", "replace") if data is not None else None for path, data in since.before.items()}
    edits = [Edit(path, text, None) for path, text in texts.items() if path.startswith("wiki/")]
    made = with_texts(wiki, edits)
    names = texts.get("names.txt")
    return replace(made, decisions=parse_names(names)[0]) if names is not None else made


def _lint(wiki: Wiki, settings: Settings, choice: Choice, since: Since | None, judged: Judged | None) -> Report:
    ctx, grades = Context(wiki, followed(settings, wiki.dialect), since, judged), graded(settings, choice)
    unasked = {"since": since is None, "model": judged is None}
    grades = [(rule, grade) for rule, grade in grades if not unasked.get(getattr(rule, "NEEDS", ""))]
    lacks = {"raw": not ctx.has_raw, "state": not ctx.has_state}
    off = {rule.NAME: OFF[rule.NEEDS] for rule, _ in grades if lacks.get(getattr(rule, "NEEDS", ""))}
    on = [(rule, grade) for rule, grade in grades if rule.NAME not in off]
    aside = {rule.NAME: why for rule, _ in on if (why := wiki.dialect.off.get(rule.NAME))}
    hand = {path for path, page in wiki.pages.items() if is_by_hand(page)} if aside else set[str]()
    # What karpwiki added to a page by hand is proved as on its own pages.
    added = {path: first_added(page) for path in hand if (page := wiki.pages[path]).state}
    spoken = added or len(hand) < len(wiki.pages)
    checked = (
        (rule, grade, f)
        for rule, grade in on
        if hasattr(rule, "check") and (spoken or rule.NAME not in aside)
        for f in rule.check(ctx)
    )
    findings = [
        _as(f, grade)
        for rule, grade, f in checked
        if rule.NAME not in aside
        or f.path not in hand
        or (rule.NAME in CITED and f.path in added and f.line >= added[f.path])
    ]
    off |= aside
    ids = {rule.ID: rule.NAME for rule in every()}
    every_silence = tuple(replace(s, name=ids.get(s.name, s.name)) for s in silences(ctx.suspected("unused-allow")))
    names = {rule.NAME for rule, _ in on}
    allowed = [s for s in every_silence if s.name in names]
    found = tuple(dict.fromkeys(findings))
    kept, used = _silenced(found, allowed)
    silenced = len(found) - len(kept)
    unused = [s for s in (*allowed, *_strange(every_silence)) if s not in used]
    kept += [_as(f, grade) for rule, grade in on if hasattr(rule, "judge") for f in rule.judge(unused)]
    kept.sort(key=lambda f: (f.path, f.line, f.rule, f.message))
    hands = sum(len(p.blocks) - sum(1 for _ in ctx.written(p)) for p in ctx.pages if p.state)
    return Report(tuple(kept), tuple(sorted(off.items())), len(wiki.pages), hands, silenced)


def graded(settings: Settings, choice: Choice) -> list[tuple[ModuleType, Severity | None]]:
    """The rules that are on, each with the severity that settings give it; None: each finding has its own.

    Raises UsageError for a rule that is named and does not exist.
    """
    for word in (*settings.rules, *choice.select, *choice.ignore):
        if not (word.isupper() and any(rule.ID.startswith(word) for rule in every())):
            rule_named(word)

    def named(rule: ModuleType, words: Iterable[str]) -> bool:
        return any(word == rule.NAME or (word.isupper() and rule.ID.startswith(word)) for word in words)

    on: list[tuple[ModuleType, Severity | None]] = []
    for rule in every():
        # What is said of the rule itself counts before what is said of its group.
        words = (rule.NAME, *(rule.ID[:n] for n in range(len(rule.ID), 0, -1)))
        grade = next((settings.rules[word] for word in words if word in settings.rules), "")
        wanted = (
            named(rule, choice.select) and (grade != "off" or not {rule.NAME, rule.ID}.isdisjoint(choice.select))
            if choice.select
            else grade != "off" and (getattr(rule, "ON", True) or grade)
        )
        if wanted and not named(rule, choice.ignore):
            on.append((rule, SEVERITIES.get(grade)))
    return on


def asks(settings: Settings, choice: Choice) -> frozenset[str]:
    """What the rules that are on need a model to be asked for. Raises UsageError as `graded` does."""
    return frozenset(rule.ASKS for rule, _ in graded(settings, choice) if getattr(rule, "NEEDS", "") == "model")


def rule_named(word: str) -> ModuleType:
    """The rule of a name or an id, in letters of either size. Raises UsageError when there is none."""
    known = {str(w): rule for rule in every() for w in (rule.NAME, rule.ID)}
    word = word.upper() if word.upper() in known else word
    if word not in known:
        from difflib import get_close_matches

        near = get_close_matches(word, known, 1)
        raise UsageError(
            f"There is no rule {word!r}. {f'Did you mean {near[0]}?' if near else 'docs/rules.md lists all.'}"
        )
    return known[word]


def _as(finding: Finding, grade: Severity | None) -> Finding:
    return replace(finding, severity=grade) if grade else finding


def _silenced(findings: Iterable[Finding], allowed: Iterable[Silence]) -> tuple[list[Finding], set[Silence]]:
    """The findings that nobody allowed, and the silences that were of use."""
    at: dict[tuple[str, str, int], list[Silence]] = {}
    for s in allowed:
        for line in {s.about, s.line, *({1} if s.of_page else ())}:
            at.setdefault((s.path, s.name, line), []).append(s)
    kept, used = [], set[Silence]()
    for f in findings:
        covering = at.get((f.path, f.name, f.line), [])
        used.update(covering)
        if not covering:
            kept.append(f)
    return kept, used


def _strange(found: Iterable[Silence]) -> list[Silence]:
    """Silences of rules that do not exist."""
    names = {rule.NAME for rule in every()}
    return [s for s in found if s.name not in names]
