"""What a command may spend: its estimate is said, a person is asked if it is above the limit, then calls are made."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from . import batchfiles, opened, show, show_work
from .budget import Budget
from .calls import Calls
from .errors import OverBudget
from .estimate import allowed
from .layout import to_write
from .llm import Limits, Team
from .opened import Vault
from .pick import place
from .prices import Bill, Rates


@dataclass(frozen=True, slots=True)
class Purse:
    """What the command line says of models and money."""

    model: str = ""
    max_cost: float | None = None
    jobs: int | None = None
    yes: bool = False
    batch: bool = False
    aim: Mapping[str, Any] = field(default_factory=dict)
    """The command, for `karpwiki batch resume`: `verb` and `options`."""


BillOf = Callable[[Vault, Team, Rates], tuple[int, Bill]]
"""How many sources a command reads, and what its calls will probably take."""


def aim(verb: str, vault: Path | None, purse: Purse, files: Sequence[Path] = (), **options: object) -> Purse:
    """The purse with what a batch is to remember of its command: options as given, files relative to the vault."""
    if not purse.batch:
        return purse
    money = {"model": purse.model, "max_cost": purse.max_cost, "jobs": purse.jobs, "yes": purse.yes, "batch": True}
    root = opened.open_vault(vault).root.resolve()
    places = [place(root, file, Path.cwd()) or root / file for file in files]
    named = {"files": [os.path.relpath(path, root) for path in places]} if files else {}
    return replace(purse, aim={"verb": verb, "options": {**options, **money, **named}})


def look(vault: Path | None, purse: Purse) -> tuple[Vault, Team, Rates]:
    """The vault, not locked, with the models and their rates: for a dry run."""
    found = opened.open_vault(vault)
    to_write(found.root)
    return found, opened.choose_team(found, purse.model)[0], opened.rates_of(found, purse.batch)


@contextmanager
def paid(vault: Path | None, purse: Purse, bill: BillOf) -> Iterator[tuple[Vault, Calls]]:
    """The locked vault and the calls for work that may cost. Raises OverBudget when it may not be done unasked."""
    with opened.locked(vault) as found:
        team, said = opened.choose_team(found, purse.model)
        show.say(found.recovered, said)
        with calls(found, team, purse, bill) as ready:
            yield found, ready


@contextmanager
def calls(vault: Vault, team: Team, purse: Purse, bill: BillOf) -> Iterator[Calls]:
    """The calls of a command in a locked vault, within the limit that holds for it."""
    settings, budget, engine, elsewhere = vault.settings, Budget(), None, dict[str, str]()
    limits = Limits(purse.jobs or settings.jobs, settings.call_seconds, settings.run_seconds)
    if not team.free:
        rates = opened.rates_of(vault, purse.batch)
        if purse.batch:
            from .batch import MOST_REQUESTS, Batches

            engine = Batches(vault.root, team, rates, show.err, purse.aim)
            limits = Limits(MOST_REQUESTS, math.inf, math.inf)
        else:
            elsewhere = batchfiles.keys(vault.root)
        budget = Budget(_limit(vault, team, rates, purse, bill), rates, unpriced=purse.yes)
    with show.progress(team.free, budget) as tell:
        yield Calls(vault.root, team, limits, tell, budget, engine, elsewhere)


def _limit(vault: Vault, team: Team, rates: Rates, purse: Purse, bill: BillOf) -> float:
    """The dollars that a run may cost; what it probably will is said first."""
    sources, cost = bill(vault, team, rates)
    if not cost.calls:
        return vault.settings.max_cost if purse.max_cost is None else purse.max_cost
    may = allowed(cost, purse.max_cost, vault.settings.max_cost, purse.yes)
    show_work.ahead(sources, cost, team.name, may.limit)
    if may.question and not show.asked(may.question):
        above = may.question.rpartition(" Go on")[0]
        raise OverBudget(f"{above} Nothing was asked. Say --max-cost with more, --yes to go on, or name fewer files.")
    return may.limit
