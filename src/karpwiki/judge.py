"""What only a model can tell: does its quote carry a claim, what does not agree, what is open, what has no page.

Code chooses what is asked, in prompts of bounded size that an added source leaves as they are; the model answers with
labels. What an answer says of anything else is left out and counted. Rules with NEEDS = "model" make findings of it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

from .calls import Calls
from .errors import DiskError, Interrupted, ModelError
from .forms import Form, PageClaim, ReviewInput, SupportInput
from .forms_judge import CARRIED, FormHint, ReviewForm, Said, SupportForm
from .llm import Answer, Model, Request, Talk, again
from .names import digest, key
from .nouns import Claim, Source
from .plain import fold
from .plan import chosen
from .prepare import Ground
from .printable import terminal
from .prompts import MAX_JUDGED, request
from .resolve import Names
from .settings import Settings
from .sourcepage import shorten
from .vault import read_optional
from .write import store

SUPPORT, REVIEW = "support", "review"
"""What is asked: of the claims of a source, of the claims about a subject."""
MAX_TENSIONS, MAX_HINTS = 6, 3
"""Of one answer: pairs; and questions, or names without a page."""
MAX_REASON, MAX_NAME = 200, 80
"""Characters of a model's words in a finding."""
PATH = "judged.json"
"""Below .karpwiki/: the verdicts on claims, so that each is paid for once whatever stands beside it."""

Verdict = tuple[str, str]
"""The answer, and the reason in the model's words."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that a model says of some claims, in its own words: folded, cut, without control characters."""

    path: str
    """The page that it is about."""
    words: str
    claims: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a model said."""

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    """By claim id."""
    tensions: tuple[Doubt, ...] = ()
    """Each of two claims, each pair once."""
    questions: tuple[Doubt, ...] = ()
    missing: tuple[Doubt, ...] = ()
    """Names that claims speak of and that have no page."""
    failed: tuple[tuple[str, str], ...] = ()
    """(what was to be judged, why it was not)."""
    strange: int = 0
    """What answers said of nothing that was asked."""
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One prompt, and what its labels stand for."""

    asked: Request
    path: str
    """The page that it is about."""
    ids: Mapping[str, str]
    """Label → claim id."""

    @property
    def about(self) -> str:
        """What it is about, for people."""
        n = len(self.ids)
        return f"{self.path}, {n} claim{'s' * (n != 1)}" if self.asked.task == SUPPORT else self.path


def questions(
    root: Path, ground: Ground, settings: Settings, wanted: Collection[str], known: Collection[str] = ()
) -> list[Question]:
    """What is to be asked: `wanted` of SUPPORT and REVIEW, but not of the claims (by id) whose verdict is `known`."""
    found: list[Question] = []
    if SUPPORT in wanted:
        for path, source in sorted(ground.frame.wiki.sources.items()):
            claims = [(c, source) for c in source.claims if _may_differ(c) and c.id not in known]
            rounds = [claims[n : n + MAX_JUDGED] for n in range(0, len(claims), MAX_JUDGED)]
            found += [_question(root, settings, path, some) for some in rounds]
    if REVIEW in wanted:
        names, about = ground.frame.names, defaultdict[str, list[str]](list)
        for i, named in names.about.items():
            for subject in named:
                about[subject.slug].append(i)
        for slug, page in sorted(ground.shelf.old.items()):
            subject = replace(names.by_slug[slug], claims=tuple(sorted(about[slug])))
            ids = chosen(subject, names, settings.page_limit)
            if len(ids) > 1 and page.path in ground.frame.wiki.pages:
                head = (subject.title, subject.kind, subject.gloss)
                found.append(_question(root, settings, page.path, [names.claims[i] for i in ids], head))
    return found


def _may_differ(claim: Claim) -> bool:
    """Whether a claim says anything but its quote as it stands."""
    return fold(claim.text) != claim.quote.text


def _question(
    root: Path,
    settings: Settings,
    path: str,
    claims: Sequence[tuple[Claim, Source]],
    subject: tuple[str, str, str] | None = None,
) -> Question:
    rows = tuple(_row(f"c{n}", claim, source) for n, (claim, source) in enumerate(claims, 1))
    given = ReviewInput(*subject, rows) if subject else SupportInput(claims[0][1].title, rows)
    return Question(request(root, settings, given), path, {row.label: row.id for row in rows})


def _row(label: str, claim: Claim, source: Source) -> PageClaim:
    """A claim as prompts show it: nothing in it depends on other sources."""
    part = source.part_of(claim)
    return PageClaim(
        label=label, id=claim.id, text=claim.text, quote=claim.quote.text, source=part.title, date=part.date,
        credibility=claim.basis or part.credibility, voice=claim.voice, said_by=claim.said_by, as_of=claim.as_of,
        heading=claim.heading, others=(), key=False, new=False,
    )  # fmt: skip


def judge(asked: Sequence[Question], names: Names, calls: Calls, known: Mapping[str, Verdict]) -> Judged:
    """Ask, and read what comes back. `known`: verdicts from before."""
    read = _Reader(names, dict(known))
    for n, answer in sorted(calls.converse(_talk(q) for q in asked), key=lambda pair: pair[0]):
        read.answer(asked[n], answer)
    hints = {name: tuple(doubts.values()) for name, doubts in read.hints.items()}
    return Judged(read.verdicts, hints["tensions"], hints["questions"], hints["missing"], tuple(read.failed),
                  read.strange, read.interrupted)  # fmt: skip


def _talk(question: Question) -> Talk[Answer]:
    """The answer, asked once more with what is wrong with its labels."""
    [answer] = yield [question.asked]
    if problems := list(_problems(question, answer.result)):
        [second] = yield [again(question.asked, problems)]
        answer = second if isinstance(second.result, Form) else answer
    return answer


def _problems(question: Question, form: Form | ModelError) -> Iterator[str]:
    match form:
        case SupportForm():
            cited = [v.claim for v in form.verdicts]
            if lost := [label for label in question.ids if cited.count(label) != 1]:
                yield f"there must be one verdict for each claim, and there is not for {', '.join(lost)}."
        case ReviewForm():
            cited = [label for t in form.tensions for label in (t.first, t.second)]
            cited += [label for hint in (*form.questions, *form.missing) for label in hint.claims]
            if any(t.first == t.second for t in form.tensions):
                yield "a tension is between two claims."
        case _:
            return
    if strange := [label for label in dict.fromkeys(cited) if label not in question.ids]:
        yield f"{', '.join(said(label, 20) for label in strange[:5])}: no such label."


def said(words: str, most: int = MAX_REASON) -> str:
    """A model's words on one line: folded, cut, nothing in them that a terminal acts on."""
    return terminal(shorten(fold(words), most))


@dataclass
class _Reader:
    """What was read out of answers so far."""

    names: Names
    verdicts: dict[str, Verdict]
    hints: dict[str, dict[object, Doubt]] = field(
        default_factory=lambda: {"tensions": {}, "questions": {}, "missing": {}}
    )
    """Each once, by what makes it the same."""
    failed: list[tuple[str, str]] = field(default_factory=list)
    strange: int = 0
    interrupted: bool = False

    def answer(self, question: Question, answer: Answer) -> None:
        match answer.result:
            case SupportForm() as form:
                self._support(question, form)
            case ReviewForm() as form:
                self._review(question, form)
            case Interrupted():
                self.interrupted = True
            case error:
                self.failed.append((question.about, said(str(error), 400)))

    def _support(self, question: Question, form: SupportForm) -> None:
        told: dict[str, dict[str, str]] = defaultdict(dict)
        for v in form.verdicts:
            told[v.claim][v.answer] = said(v.reason)
        self.strange += sum(len(answers) for label, answers in told.items() if label not in question.ids)
        lost = 0
        for label, i in question.ids.items():
            # Of a claim with two answers it is not known which holds.
            if len(told[label]) == 1:
                [(answer, reason)] = told[label].items()
                self.verdicts[i] = (answer, "" if answer == CARRIED else reason)
            else:
                lost += 1
        if lost:
            self.failed.append((question.path, f"the answer has no verdict, or two, for {lost} of its claims"))

    def _review(self, question: Question, form: ReviewForm) -> None:
        pairs = [FormHint(words=t.topic, claims=[t.first, t.second]) for t in form.tensions]
        for hint in self._sound("tensions", question, pairs, MAX_TENSIONS, 2):
            self._add("tensions", frozenset(hint.claims), hint)
        for hint in self._sound("questions", question, form.questions, MAX_HINTS):
            self._add("questions", key(hint.words), hint)
        for hint in self._sound("missing", question, form.missing, MAX_HINTS):
            subject = self.names.subjects.get(key(hint.words))
            if not (subject and subject.has_page):
                self._add("missing", key(hint.words), hint)

    def _add(self, name: str, same: object, doubt: Doubt) -> None:
        self.hints[name].setdefault(same, doubt)

    def _sound(
        self, name: str, question: Question, hints: Sequence[FormHint], most: int, least: int = 1
    ) -> Iterator[Doubt]:
        """What rests on claims that were shown, at most so many; the rest is counted."""
        kept = 0
        for hint in hints:
            ids = tuple(dict.fromkeys(question.ids[label] for label in hint.claims if label in question.ids))
            words = said(hint.words, MAX_NAME if name == "missing" else MAX_REASON)
            named = name != "missing" or self._is_named(hint.words, ids)
            if not (words and named and len(ids) >= least and kept < most):
                self.strange += 1
                continue
            kept += 1
            yield Doubt(question.path, words, ids[:2] if least == 2 else ids)

    def _is_named(self, name: str, ids: Sequence[str]) -> bool:
        """Whether a name stands in one of the claims: nothing comes from the model's memory."""
        told = (text for i in ids for c in [self.names.claims[i][0]] for text in (c.text, c.quote.text))
        return bool(key(name)) and any(fold(name).casefold() in fold(text).casefold() for text in told)


# The verdicts of before


def verdict_key(claim: Claim, source: Source) -> str:
    """What a verdict hangs on: all that its prompt shows of the claim."""
    return digest(
        "\n".join((claim.text, claim.quote.text, claim.heading, claim.voice, claim.said_by, source.title)), 16
    )


def judged_by(root: Path, settings: Settings, model: Model) -> str:
    """Which model judged, with which prompt: another one judges anew."""
    return f"{model.name} {model.variant} {request(root, settings, SupportInput('', ())).recipe}"


def recall(root: Path, by: str, sources: Mapping[str, Source]) -> dict[str, Verdict]:
    """The verdicts of before on today's claims, by id."""
    try:
        data = json.loads(read_optional(root / ".karpwiki" / PATH) or "{}")
        kept = data["verdicts"] if data["by"] == by else {}
        pairs = ((c.id, kept.get(verdict_key(c, s))) for s in sources.values() for c in s.claims)
        return {i: (v[0], said(v[1])) for i, v in pairs if v and v[0] in get_args(Said)}
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return {}


def remember(root: Path, by: str, sources: Mapping[str, Source], found: Judged) -> None:
    """Keep the verdicts on today's claims. A full disk costs money later, and nothing now."""
    pairs = ((verdict_key(c, s), found.verdicts.get(c.id)) for s in sources.values() for c in s.claims)
    data = {"by": by, "verdicts": {k: v for k, v in pairs if v}}
    with suppress(DiskError):
        store(root, PATH, json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace"))
