"""`lint --deep` and `lint --heal`: what a model is asked for, within which limit, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import opened, pay, run, show, show_heal, show_lint
from .asked import Asked
from .build import Built, build
from .calls import Calls
from .changes import Step
from .errors import OK, ModelError, UsageError
from .estimate import ground_bill, judge_bill
from .findings import Choice
from .heal import phrases
from .judge import Judged
from .llm import MAKING, Team
from .moved import readable
from .nouns import Tension
from .opened import Vault
from .pay import Purse
from .prepare import Ground, prepare
from .prices import Bill, Rates
from .vault import unreadable
from .wiki import Wiki

CANNOT = (
    "The model {name} picks sentences and cannot judge claims. Set ANTHROPIC_API_KEY, say --model NAME, or give the "
    'task a model of its own in karpwiki.toml, under [tasks]: judge = {{model = "NAME"}}.'
)


@dataclass(frozen=True, slots=True)
class Care:
    """What the command line asks for."""

    deep: bool
    heal: bool
    unsafe: bool
    dry: bool
    choice: Choice
    ref: str = ""


@dataclass
class Writer:
    """Has pages phrased again while a wiki is healed; no model is opened before there is something to ask."""

    vault: Vault
    purse: Purse
    dry: bool = False
    calls: Calls | None = None
    """Those of the run, when it has asked before."""
    why: str = ""
    """Why no model was to be had."""
    ahead: tuple[Sequence[Step], str, Bill] | None = None
    """What a dry run would ask for: pages, the model, and what it takes."""

    def __call__(self, wiki: Wiki, tensions: Sequence[Tension], asks: bool) -> Built | None:
        if unreadable(wiki):  # a finding says so; until it is mended, nothing may be built on the rest
            return None
        team = (self.calls.team if self.calls else self._team()) if asks else None
        if team is None or team.of("page").name == "excerpt":  # which writes no better page than code does
            ground = prepare(wiki.root, readable(wiki)[0], self.vault.settings)
            return build(wiki.root, ground, None, self.vault.name, tensions=tensions) if tensions else None
        ground = prepare(wiki.root, readable(wiki)[0], self.vault.settings, team.of("page").name)
        if self.dry:
            self.ahead = (ground.plan.steps, team.of("page").name, self._bill(ground, team))
            return None
        if self.calls:
            return build(wiki.root, ground, self.calls, self.vault.name, tensions=tensions)
        with pay.calls(self.vault, team, self.purse, lambda v, t, r: (0, ground_bill(v, t, r, ground))) as calls:
            self.calls = calls
            return build(wiki.root, ground, calls, self.vault.name, tensions=tensions)

    def _bill(self, ground: Ground, team: Team) -> Bill:
        return ground_bill(self.vault, team, opened.rates_of(self.vault, self.purse.batch), ground)

    def _team(self) -> Team | None:
        """The models, where there are some; one that the command line names must be there."""
        try:
            return opened.choose_team(self.vault, self.purse.model)[0]
        except (ModelError, UsageError) as error:
            if self.purse.model:
                raise
            self.why = str(error)
            return None

    @property
    def trouble(self) -> ModelError | None:
        return self.calls.trouble if self.calls else None


def treat(vault: Path | None, purse: Purse, care: Care, asked: Asked) -> int:
    """Judge, heal, or both, in a locked vault; print what came of it. The exit code."""
    purse = pay.aim(
        "lint", vault, purse, (), heal=care.heal, unsafe=care.unsafe, deep=care.deep, strict=asked.strict,
        select=[*care.choice.select], ignore=[*care.choice.ignore], paths=[*care.choice.paths],
    )  # fmt: skip
    with opened.locked(vault) as found:
        show.say(found.recovered)
        return _deep(found, purse, care, asked) if care.deep else _healed(found, purse, care, asked)


def _healed(
    vault: Vault,
    purse: Purse,
    care: Care,
    asked: Asked,
    judged: Judged | None = None,
    calls: Calls | None = None,
    more: Mapping[str, object] | None = None,
) -> int:
    writer = Writer(vault, purse, care.dry, calls)
    done = run.run_heal(vault, care.unsafe, care.dry, care.choice, judged, writer)
    show.say(f"No model was asked: {writer.why}" if writer.why else "")
    told = show_heal.told(judged) if judged else more
    code = show_heal.healed(done, vault.wiki, asked, care.dry, writer.ahead, told)
    return show_heal.how_it_ended(judged, done.made.made, writer.trouble) or code


def _deep(vault: Vault, purse: Purse, care: Care, asked: Asked) -> int:
    team, said = opened.choose_team(vault, purse.model, ("judge", *(MAKING if care.heal else ())))
    if not getattr(team.of("judge"), "judges", True):
        raise ModelError(CANNOT.format(name=team.of("judge").name))
    asking = run.plan_judge(vault, care.choice, team.of("judge"), care.ref)
    show.say(said, "" if vault.wiki.sources else "No source page has claims: there is nothing to judge.")

    def bill(vault: Vault, team: Team, rates: Rates) -> tuple[int, Bill]:
        heals = care.heal and phrases(vault.settings, care.choice)
        pages = ground_bill(vault, team, rates, asking.ground) if heals else Bill()
        return 0, judge_bill(vault, team, rates, asking.questions) + pages

    if care.dry:
        found = judge_bill(vault, team, opened.rates_of(vault, purse.batch), asking.questions)
        more = show_heal.asking(asking, found, team.of("judge").name, asked, care.heal)
        return _healed(vault, purse, care, asked, more=more) if care.heal else OK
    with pay.calls(vault, team, purse, bill) as calls:
        judged = run.run_judge(vault, asking, calls)
        if care.heal and not judged.interrupted:
            return _healed(vault, purse, care, asked, judged, calls)
        report = run.run_lint(vault, care.choice, asking.since, judged)
        code = show_lint.report(report, vault.root, asked, vault.wiki, **show_heal.told(judged))
        return show_heal.how_it_ended(judged, None, calls.trouble) or code
