"""Near names, asked once: each pair goes to a model, and its answer becomes a line of names.txt.

A pair without a usable answer becomes a line with `?`: the next run that compiles asks again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .calls import Calls
from .changes import NOTHING, Decided
from .errors import Interrupted, ModelError
from .forms import SameForm, SameInput, SamePair, SameSide
from .llm import Answer
from .names import by_rank, key
from .near import Pair, decided, near
from .nouns import Decision, Subject
from .plain import fold
from .prompts import MAX_PAIRS, request
from .resolve import Names
from .settings import Settings
from .sourcepage import shorten
from .wiki import Wiki

MAX_CLAIMS, MAX_ALSO = 2, 3
MAX_NAME, MAX_GLOSS, MAX_CLAIM, MAX_REASON = 120, 160, 240, 120
"""Characters of what is shown of each name, and of a reason in the log."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a model said of near names."""

    decided: Decided = NOTHING
    """Lines for names.txt: the answers, a `?` for each pair without one, and the `?` that were answered."""
    joined: tuple[str, ...] = ()
    """Each pair that was found to be one thing, with the model's reason."""
    problem: str = ""
    """Why some pairs are undecided."""
    interrupted: bool = False


def decide(
    root: Path,
    names: Names,
    wiki: Wiki,
    slugs: Collection[str],
    settings: Settings,
    calls: Calls,
    standing: Collection[str] = (),
) -> Told:
    """Ask about the near names of some subjects (by slug), and about the pairs that names.txt leaves open.

    Pairs of which both are among `standing`, subjects with a page that is on disk, are a person's to join. A model that
    cannot judge (`judges` is False) is not asked.
    """
    if not getattr(calls.team.of("same"), "judges", True):
        return Told()
    open_pairs = _open(names, wiki.decisions)
    found = near(names, wiki.sources.values(), wiki.decisions, slugs, settings) if slugs else ()
    found = tuple(p for p in found if not {p[0].slug, p[1].slug} <= set(standing))
    pairs = sorted({*found, *open_pairs}, key=lambda p: (p[0].slug, p[1].slug))
    if not pairs:
        return Told()
    rounds = [pairs[n : n + MAX_PAIRS] for n in range(0, len(pairs), MAX_PAIRS)]
    about = _about(names, {subject.slug for pair in pairs for subject in pair})
    requests = [request(root, settings, _input(some, names, about)) for some in rounds]
    return _told(list(zip(rounds, calls.ask(requests), strict=True)), names, open_pairs)


def _open(names: Names, decisions: Sequence[Decision]) -> dict[Pair, list[Decision]]:
    """The pairs that `?` lines are about, where nothing else decides them."""
    known = decided(names, decisions)
    found: dict[Pair, list[Decision]] = {}
    for d in decisions:
        a, b = names.subjects.get(key(d.name)), names.subjects.get(key(d.value))
        if d.relation == "?" and a and b and a is not b and frozenset((a.slug, b.slug)) not in known:
            found.setdefault((a, b) if a.slug < b.slug else (b, a), []).append(d)
    return found


def _about(names: Names, slugs: Collection[str]) -> Mapping[str, list[str]]:
    """Slug → ids of the claims about it: those that name it first, and of these key claims, come first."""
    found: dict[str, list[tuple[int, bool, str]]] = defaultdict(list)
    for i, named in names.about.items():
        for place, subject in enumerate(named):
            if subject.slug in slugs:
                found[subject.slug].append((place, not names.claims[i][0].key, i))
    return {slug: [i for _, _, i in sorted(rows)] for slug, rows in found.items()}


def _input(pairs: Sequence[Pair], names: Names, about: Mapping[str, list[str]]) -> SameInput:
    sides = [(_side(first, names, about), _side(second, names, about)) for first, second in pairs]
    return SameInput(tuple(SamePair(n, *both) for n, both in enumerate(sides, 1)))


def _side(subject: Subject, names: Names, about: Mapping[str, list[str]]) -> SameSide:
    """What is shown of a subject, of bounded size."""
    own = names.name_of(subject)
    also = [n for n in sorted(subject.names, key=by_rank) if key(n) != key(own)][:MAX_ALSO]
    return SameSide(
        name=shorten(own, MAX_NAME),
        kind=subject.kind,
        gloss=shorten(subject.gloss, MAX_GLOSS),
        also=tuple(shorten(n, MAX_NAME // 2) for n in also),
        claims=tuple(shorten(names.claims[i][0].text, MAX_CLAIM) for i in about.get(subject.slug, ())[:MAX_CLAIMS]),
    )


def _told(calls: Sequence[tuple[Sequence[Pair], Answer]], names: Names, before: Mapping[Pair, list[Decision]]) -> Told:
    """The lines that follow from the answers. A pair that an answer leaves out, or contradicts, is undecided."""
    added: list[Decision] = []
    dropped: list[Decision] = []
    joined: list[str] = []
    undecided: list[str] = []
    for pairs, answer in calls:
        verdicts = answer.result.verdicts if isinstance(answer.result, SameForm) else []
        for number, pair in enumerate(pairs, 1):
            a, b = (names.name_of(subject) for subject in pair)
            said = {v.answer: fold(v.reason) for v in verdicts if v.pair == number}
            if len(said) == 1:
                same = "same" in said
                added.append(Decision(a, "=" if same else "!=", b, "model"))
                dropped += before.get(pair, ())
                joined += [f"{a} = {b} ({shorten(said['same'], MAX_REASON)})"] if same else []
            else:
                undecided.append(str(answer.result) if isinstance(answer.result, ModelError) else "no answer")
                added += [Decision(a, "?", b, "model")] if pair not in before else []
    stopped = any(isinstance(answer.result, Interrupted) for _, answer in calls)
    return Told(Decided(tuple(added), tuple(dropped)), tuple(joined), _problem(undecided), stopped)


def _problem(undecided: Sequence[str]) -> str:
    if not undecided:
        return ""
    many = len(undecided) > 1
    return (
        f"{len(undecided)} pair{'s' * many} of near names {'are' if many else 'is'} undecided and marked with ? "
        f"({undecided[0].rstrip('.')}); the next compile asks again, or put = or != there."
    )
