"""Commands by which a person corrects the wiki: retract, merge, rename, split."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from . import errors
from .options import (
    CostOption,
    DryOption,
    InOption,
    JobsOption,
    JsonOption,
    ModelOption,
    NameArgument,
    OtherArgument,
    ReasonOption,
    SourcesArgument,
    VaultOption,
    YesOption,
)

if TYPE_CHECKING:
    from .llm import Team
    from .opened import Vault
    from .prepare import Ground
    from .prices import Bill, Rates


def retract(
    files: SourcesArgument,
    reason: ReasonOption = "",
    yes: YesOption = False,
    model: ModelOption = "",
    max_cost: CostOption = None,
    jobs: JobsOption = None,
    dry_run: DryOption = False,
    json: JsonOption = False,
    vault: VaultOption = None,
) -> int:
    """Take sources back, with all that came from them.

    The raw file stays and is named in .karpignore. Every page that cited it is phrased anew from what is left.
    """
    from . import opened, pay, run, show, show_work

    with opened.locked(vault) as found:
        team = opened.choose_team(found, model)[0]
        planned = run.plan_retract(found, files, reason, team.of("page").name)
        if dry_run or not json:
            show_work.retraction(planned, team.name, dry_run, json)
        if dry_run or not show.confirm("Take this back?", yes):
            return errors.OK if dry_run else errors.PARTIAL
        bill = partial(estimate_of, ground=planned.ground)
        with pay.calls(found, team, pay.Purse(model, max_cost, jobs, yes), bill) as calls:
            return show_work.compiled(run.run_retract(found, planned, calls), json)


def merge(
    a: NameArgument,
    b: OtherArgument,
    model: ModelOption = "",
    max_cost: CostOption = None,
    jobs: JobsOption = None,
    yes: YesOption = False,
    dry_run: DryOption = False,
    json: JsonOption = False,
    vault: VaultOption = None,
) -> int:
    """Make two pages one: B goes into A.

    Every link to B leads to A. What people wrote on B stands on A. names.txt says so from then on.
    """
    return _names("merge", a, b, [], (model, max_cost, jobs, yes), dry_run, json, vault)


def rename(
    a: NameArgument,
    b: OtherArgument,
    dry_run: DryOption = False,
    json: JsonOption = False,
    vault: VaultOption = None,
) -> int:
    """Give a page another title and file name.

    Every link follows; the old name stays as an alias. No model is asked.
    """
    return _names("rename", a, b, [], ("", None, None, True), dry_run, json, vault)


def split(
    a: NameArgument,
    b: OtherArgument,
    files: InOption = None,
    model: ModelOption = "",
    max_cost: CostOption = None,
    jobs: JobsOption = None,
    yes: YesOption = False,
    dry_run: DryOption = False,
    json: JsonOption = False,
    vault: VaultOption = None,
) -> int:
    """Make one page two: B is not A.

    With --in: where these raw files say A, they mean B, a thing with a name of its own.
    """
    return _names("split", a, b, files or [], (model, max_cost, jobs, yes), dry_run, json, vault)


Said = tuple[str, float | None, int | None, bool]
"""Model, limit, calls at once, and whether not to ask."""


def _names(
    verb: str, a: str, b: str, files: list[Path], said: Said, dry_run: bool, json: bool, vault: Path | None
) -> int:
    from . import opened, pay, run, show_work

    with opened.locked(vault) as found:
        team, why = opened.team_or_why(found, said[0])
        named = run.decide(found, verb, a, b, files)
        if dry_run or not json:
            show_work.named(named, dry_run, json)
        if dry_run or team is None:
            return errors.OK if dry_run else show_work.compiled(run.run_names(found, named, None, why), json)
        with pay.calls(found, team, pay.Purse(*said), partial(estimate_of, ground=named.ground)) as calls:
            return show_work.compiled(run.run_names(found, named, calls, why), json)


def estimate_of(vault: Vault, team: Team, rates: Rates, ground: Ground) -> tuple[int, Bill]:
    """(0 sources, what the pages of a plan will take)."""
    from .estimate import ground_bill

    return 0, ground_bill(vault, team, rates, ground)


EDITS = (
    (retract, "karpwiki retract raw/2026/foo.md --reason 'figures withdrawn'"),
    (merge, "karpwiki merge zettelkasten 'slip box'"),
    (rename, "karpwiki rename llm-os 'LLM operating system'"),
    (split, "karpwiki split mercury 'Mercury (planet)' --in raw/planets.md"),
)
"""Each command with an example."""
