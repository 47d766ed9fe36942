"""What a command would ask of its models, before anything is asked; and whether it may."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .budget import UNPRICED
from .build import build
from .changes import Edit, Plan
from .compile import page_requests
from .errors import OverBudget
from .extract import Unreadable, read_text
from .judge import Question
from .llm import ANSWERS, Request, Team, request_key
from .moved import readable
from .opened import Vault
from .pick import PLAINLY, Wish, cost, is_large, sort_files
from .prepare import Ground, prepare
from .prices import Bill, Call, Rates, bill, expected, page_calls, tokens
from .summarize import digest_recipe, digest_requests
from .vault import read_optional


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an ingest would ask, before anything is asked."""

    model: str
    writer: str
    """The model of the pages."""
    files: tuple[tuple[str, int], ...]
    """(path, calls) of what is to be read; answers that are kept already are no calls."""
    skipped: tuple[tuple[str, str], ...]
    reading: Bill
    pages: Bill
    """A guess where there is something to read: which pages there will be is known only then."""

    @property
    def whole(self) -> Bill:
        return self.reading + self.pages


def read_by(vault: Vault, team: Team) -> str:
    """What the source pages that are read today say that they were made by."""
    return f"{team.of('digest').name}/{digest_recipe(vault.root, vault.settings)}"


def ingest_estimate(vault: Vault, team: Team, rates: Rates, files: Sequence[Path], wish: Wish = PLAINLY) -> Estimate:
    """The digests that an ingest would ask for, and about what their pages take. Nothing is asked, nothing written."""
    left = vault.settled
    if left and left.known is not None and left.idle(team.name) and not (files or wish.upgrade or wish.retry):
        return Estimate(team.name, team.name, (), (), Bill(), Bill())
    wiki, _ = readable(vault.wiki)
    batch = sort_files(wiki, files, Path.cwd(), wish, read_by(vault, team))
    asked, skipped, calls, read = [], list(batch.skipped), list[Call](), 0
    for path in batch.new:
        if is_large(vault.settings, wiki.raw[path], wish.yes or team.of("digest").free):
            skipped.append((path, cost(vault.root, vault.settings, wiki.raw[path])))
            continue
        try:
            text = read_text(path, wiki.raw[path].absolute)
        except (Unreadable, OSError) as error:
            skipped.append((path, "is " + str(error).partition(" is ")[2]))
            continue
        requests = digest_requests(vault.root, vault.settings, text)
        new = _not_kept(vault, team, requests)
        asked.append((path, len(new)))
        calls += [expected(team.of("digest").name, r) for r in new]
        read += sum(tokens(r.user) for r in requests)
    reading = bill(calls, rates)
    if read:
        pages = bill(page_calls(team.of("page").name, read) if wish.pages else [], rates)
    else:
        pages = compile_bill(vault, team, rates, upgrade=wish.upgrade, retry=wish.retry)[1] if wish.pages else Bill()
    return Estimate(team.of("digest").name, team.of("page").name, tuple(asked), tuple(skipped), reading, pages)


def ingest_bill(
    vault: Vault, team: Team, rates: Rates, files: Sequence[Path], wish: Wish = PLAINLY
) -> tuple[int, Bill]:
    """(sources, what their reading and the pages take), as far as it can be known before it."""
    found = ingest_estimate(vault, team, rates, files, wish)
    return len(found.files), found.whole


def _not_kept(vault: Vault, team: Team, requests: Sequence[Request]) -> list[Request]:
    """The requests whose answer the cache does not have."""
    folder = vault.root / ".karpwiki" / ANSWERS
    return [r for r in requests if not (folder / f"{request_key(team.of(r.task), r)}.json").exists()]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a compile would do: the pages to be asked for, and what code alone would write."""

    model: str
    plan: Plan
    bill: Bill
    edits: tuple[Edit, ...]
    old: Mapping[str, str]
    """The present text of each file that an edit changes."""


def compile_plan(
    vault: Vault, team: Team, rates: Rates, everything: bool, upgrade: bool, retry: bool = False
) -> Preview:
    """The plan of a compile with what it takes, and the files that code alone would write."""
    wiki, _ = readable(vault.wiki)
    ground = prepare(vault.root, wiki, vault.settings, team.of("page").name, everything, upgrade, retry=retry)
    edits = build(vault.root, ground, None, vault.name).edits
    old = {e.path: read_optional(vault.root / e.path) for e in edits}
    return Preview(team.name, ground.plan, ground_bill(vault, team, rates, ground), edits, old)


def compile_bill(
    vault: Vault, team: Team, rates: Rates, everything: bool = False, upgrade: bool = False, retry: bool = False
) -> tuple[int, Bill]:
    """(0 sources, what the pages of a compile will take)."""
    if vault.settled and vault.settled.idle(team.name) and not (everything or upgrade or retry):
        return 0, Bill()
    wiki, _ = readable(vault.wiki)
    ground = prepare(vault.root, wiki, vault.settings, team.of("page").name, everything, upgrade, retry=retry)
    return 0, ground_bill(vault, team, rates, ground)


def ground_bill(vault: Vault, team: Team, rates: Rates, ground: Ground) -> Bill:
    """What the pages of a plan will take."""
    requests = [r for _, r in page_requests(vault.root, ground.frame, ground.shelf, ground.plan)]
    return bill([expected(team.of("page").name, r) for r in _not_kept(vault, team, requests)], rates)


def judge_bill(vault: Vault, team: Team, rates: Rates, asked: Sequence[Question]) -> Bill:
    """What judging claims will take."""
    new = _not_kept(vault, team, [q.asked for q in asked])
    return bill([expected(team.of("judge").name, r) for r in new], rates)


MARGIN = 2.0
"""How far above its estimate a run may go that a person has agreed to."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """How much a run may cost, and what must be asked first."""

    limit: float
    question: str = ""


def allowed(cost: Bill, asked: float | None, setting: float, yes: bool) -> Allowed:
    """What a run of this estimate may cost. `asked`: --max-cost, which nothing lifts; `setting`: max_cost of the vault.

    Raises OverBudget when the price of a model is not known, so that no limit could be kept, and `yes` is not said.
    """
    limit = setting if asked is None else asked
    if cost.dollars is None:
        if yes or math.isinf(limit):
            return Allowed(math.inf if asked is None else asked)
        raise OverBudget(UNPRICED.format(name=cost.unpriced[0], limit=limit))
    if cost.dollars <= limit:
        return Allowed(limit)
    stop = limit if asked is not None else MARGIN * cost.dollars
    question = (
        f"The estimate of ${cost.dollars:.2f} is above the limit of ${limit:.2f}. Go on, and stop at ${stop:.2f}?"
    )
    return Allowed(stop, "" if yes else question)
