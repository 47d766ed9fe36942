"""What is in a vault, what is left to do, what a command would do: data for printing; nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .build import build, prepare
from .changes import Plan
from .errors import ModelError
from .extract import Unreadable, read_text, sha256
from .index import coverage
from .ingest import sort_files
from .opened import Vault, choose_model, made_by, readable
from .summarize import digest_requests

CHARS_PER_TOKEN = 3.5
"""Rough, for English; said as an estimate only."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an ingest would ask of a model, before anything is asked."""

    files: tuple[tuple[str, int], ...]
    """(path, calls)."""
    skipped: tuple[tuple[str, str], ...]
    characters: int

    @property
    def calls(self) -> int:
        return sum(n for _, n in self.files)

    @property
    def tokens(self) -> int:
        return round(self.characters / CHARS_PER_TOKEN)


def estimate(vault: Vault, files: Sequence[Path]) -> Estimate:
    """The digests that an ingest would ask for: calls and prompt characters. Nothing is asked and nothing written."""
    batch = sort_files(vault.wiki, files, Path.cwd())
    asked, skipped, characters = [], list(batch.skipped), 0
    for path in batch.new:
        try:
            text = read_text(path, vault.wiki.raw[path].absolute)
        except Unreadable as error:
            skipped.append((path, "is " + str(error).partition(" is ")[2]))
            continue
        requests = digest_requests(vault.root, vault.settings, text)
        asked.append((path, len(requests)))
        characters += sum(len(r.system) + len(r.user) for r in requests)
    return Estimate(tuple(asked), tuple(skipped), characters)


def compile_plan(vault: Vault, model: str, everything: bool, upgrade: bool) -> tuple[Plan, int]:
    """The plan of a compile, and how many files code alone would write."""
    vault, _ = readable(vault)
    ground = prepare(vault.root, vault.wiki, vault.settings, model, everything, upgrade)
    return ground.plan, len(build(vault.root, ground, None, vault.name, lambda *_: None).edits)


# Status


@dataclass(frozen=True, slots=True)
class Status:
    """What is in a vault, and what is left to do."""

    root: str
    model: str
    coverage: tuple[tuple[str, int], ...]
    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    without_claims: tuple[tuple[str, str], ...]
    stale: tuple[tuple[str, str], ...]
    unpolished: tuple[str, ...]
    thin: tuple[tuple[str, float], ...]
    """Source pages whose claims cover less than 0.7 of the paragraphs."""
    made_by: tuple[tuple[str, int], ...]


def run_status(vault: Vault) -> Status:
    """Everything that `karpwiki status` prints."""
    wiki = vault.wiki
    ground = prepare(vault.root, wiki, vault.settings)
    members = {m.path: m.sha256 for s in wiki.sources.values() for m in s.members}
    changed = [p for p, h in members.items() if p in wiki.raw and sha256(wiki.raw[p].absolute.read_bytes()) != h]
    try:
        model = choose_model(vault, "")[0].name
    except ModelError as error:
        model = f"none: {error}"
    return Status(
        root=str(vault.root),
        model=model,
        coverage=tuple(coverage(ground.frame)),
        new=tuple(p for p in wiki.raw if p not in members and p not in wiki.ignored),
        changed=tuple(sorted(changed)),
        gone=tuple(sorted(p for p in members if p not in wiki.raw)) if wiki.raw else (),
        without_claims=tuple((s.members[0].path, s.status) for s in wiki.sources.values() if s.status),
        stale=tuple((s.path, s.reason) for s in ground.plan.steps),
        unpolished=tuple(sorted(p.path for p in wiki.pages.values() if p.state and p.state.unpolished)),
        thin=tuple((p, s.coverage) for p, s in wiki.sources.items() if s.coverage < 0.7 and not s.status),
        made_by=tuple(sorted(made_by(wiki).items())),
    )
