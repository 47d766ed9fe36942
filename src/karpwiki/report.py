"""What is in a vault and what is left to do: data for printing; nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass

from .bundle import members_of
from .errors import ModelError
from .extract import sha256
from .index import coverage
from .llm import Team
from .opened import Vault, choose_team, made_by
from .prepare import prepare, recipes
from .summarize import digest_recipe


@dataclass(frozen=True, slots=True)
class Status:
    """What is in a vault, and what is left to do."""

    root: str
    model: str
    dialect: tuple[tuple[str, str], ...]
    """How pages by hand are written, where that is not karpwiki's way."""
    coverage: tuple[tuple[str, int], ...]
    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    without_claims: tuple[tuple[str, str], ...]
    stale: tuple[tuple[str, str], ...]
    unpolished: tuple[str, ...]
    refused: tuple[str, ...]
    """Pages that the model of today refused to phrase."""
    thin: tuple[tuple[str, float], ...]
    """Raw files whose claims cover less than 0.7 of the paragraphs."""
    made_by: tuple[tuple[str, int], ...]
    stale_recipe: tuple[str, ...]
    """Pages and source pages that another model or prompt made than today's."""


def run_status(vault: Vault) -> Status:
    """Everything that `karpwiki status` prints."""
    wiki = vault.wiki
    try:
        team, model = (chosen := choose_team(vault, "")[0]), chosen.name
    except ModelError as error:
        team, model = None, f"none: {error}"
    writer = team.of("page").name if team else ""
    ground = prepare(vault.root, wiki, vault.settings, writer)
    unpolished = [p for p in sorted(wiki.pages.values(), key=lambda p: p.path) if p.state and p.state.unpolished]
    members = {m.path: m.sha256 for s in wiki.sources.values() for m in s.members}
    changed = [p for p, h in members.items() if p in wiki.raw and sha256(wiki.raw[p].absolute.read_bytes()) != h]
    return Status(
        root=str(vault.root),
        model=model,
        coverage=tuple(coverage(ground.frame)),
        dialect=wiki.dialect.told,
        new=tuple(p for p in wiki.raw if p not in members and p not in wiki.ignored and p not in wiki.read),
        changed=tuple(sorted(changed)),
        gone=tuple(sorted(p for p in members if p not in wiki.raw)) if wiki.raw else (),
        without_claims=tuple((p.key, p.status) for s in wiki.sources.values() for p in members_of(s) if p.status),
        stale=tuple((s.path, s.reason) for s in ground.plan.steps),
        unpolished=tuple(p.path for p in unpolished if p.state and p.state.asks_again(writer)),
        refused=tuple(p.path for p in unpolished if p.state and not p.state.asks_again(writer)),
        thin=tuple(
            (f"raw/{p.key}", p.coverage)
            for s in wiki.sources.values()
            for p in members_of(s)
            if p.coverage < 0.7 and not p.status
        ),
        made_by=tuple(sorted(made_by(wiki).items())),
        stale_recipe=tuple(_of_another_recipe(vault, team)) if team else (),
    )


def _of_another_recipe(vault: Vault, team: Team) -> list[str]:
    """Paths of the pages that `ingest --upgrade` would have made again. Replayed answers tell no model's name."""
    wiki, settings = vault.wiki, vault.settings
    today = recipes(vault.root, settings, team.of("page").name)
    read_by = f"{team.of('digest').name}/{digest_recipe(vault.root, settings)}"

    def other(by: str, now: str) -> bool:
        model = now.partition("/")[0]
        same_model = model == "replay" or by.partition("/")[0] == model
        return bool(by) and (not same_model or by.partition("/")[2] != now.partition("/")[2])

    pages = [p.path for p in wiki.pages.values() if p.state and p.kind in today and other(p.state.by, today[p.kind])]
    return sorted(pages + [path for path, s in wiki.sources.items() if other(s.by, read_by)])
