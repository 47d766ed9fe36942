"""One command as one function: open the vault, read it, do the work, commit. What cli.py calls and show.py prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from . import write
from .build import Built, build, prepare
from .changes import ChangeSet, LogEntry, Plan, Receipt
from .errors import ModelError, UsageError
from .extract import Unreadable, read_text, sha256
from .heal import Healed, heal
from .index import coverage
from .ingest import Batch, Ingested, ingest, made_bullets, sort_files
from .init import init
from .lint import Report, lint
from .llm import Model, Progress
from .models import open_model
from .moved import readable
from .nouns import Wiki
from .settings import Settings, has_key, read_settings
from .settled import Seen, Settled, keep, look, recall
from .summarize import digest_requests
from .vault import find_root, read_wiki

CHARS_PER_TOKEN = 3.5
"""Rough, for English; said as an estimate only."""


@dataclass(frozen=True)
class Vault:
    """An opened vault."""

    root: Path
    settings: Settings
    recovered: str = ""
    seen: Seen | None = None
    """Its files as they were when it was locked."""

    @cached_property
    def wiki(self) -> Wiki:
        """Everything in it, read when it is first asked for: a run that has nothing to do never asks."""
        return read_wiki(self.root)

    @cached_property
    def settled(self) -> Settled | None:
        """What the last run left, if it left nothing to do and no file changed since."""
        return recall(self.root, self.seen) if self.seen else None

    @property
    def name(self) -> str:
        return self.settings.name or "Wiki"  # not the folder's name: a clone elsewhere is the same wiki


def open_vault(vault: Path | None) -> Vault:
    """The vault at or above the working folder, or the one given, read and not locked."""
    root = find_root(Path.cwd(), vault)
    return Vault(root, read_settings(root))


@contextmanager
def locked(vault: Path | None) -> Iterator[Vault]:
    """The same for a command that writes: locked, and with what an interrupted command left put right first."""
    root = find_root(Path.cwd(), vault)
    read_settings(root)  # a mistake in them is told before anything is touched
    with write.lock(root):
        recovered, seen = write.recover(root), look(root)
        yield Vault(root, read_settings(root), recovered, seen)


# Models


def made_by(wiki: Wiki) -> Counter[str]:
    """How many pages each model made."""
    return Counter(p.state.by.partition("/")[0] for p in wiki.pages.values() if p.state and p.state.by)


def choose_model(vault: Vault, named: str) -> tuple[Model, str]:
    """The model to use, and what to say about the choice.

    Named on the command line, else in the settings, else anthropic when its key is set, else excerpt, which is chosen
    by itself only where no better model has written. Raises UsageError and ModelError.
    """
    name = named or vault.settings.model or ("anthropic" if has_key() else "")
    if name:
        kind, _, folder = name.partition(":")
        recorded = Path(folder) if named and Path(folder).is_dir() else vault.root / folder
        if folder:
            return open_model(kind, effort=vault.settings.effort, folder=recorded), ""
        return open_model(name, effort=vault.settings.effort), ""
    models = vault.settled.made_by if vault.settled else made_by(vault.wiki)
    better = [m for m in models if m not in ("excerpt", "code")]
    if better:
        raise ModelError(
            f"This wiki was made by {', '.join(sorted(better))}; set ANTHROPIC_API_KEY, or say --model excerpt."
        )
    said = (
        "Model: excerpt (embedded; it picks sentences and writes none). Set ANTHROPIC_API_KEY for written pages, or "
        "name a model with --model."
    )
    return open_model("excerpt"), said


# Commands


def run_init(folder: Path, dry: bool) -> Receipt:
    """Make a folder a vault; what is there stays."""
    root = folder.resolve()
    if root.exists() and not root.is_dir():
        raise UsageError(f"{folder} is a file; name a folder, new or existing.")
    if dry:
        return Receipt(tuple(e.path for e in init(root).edits))
    with write.lock(root):
        write.recover(root)
        return write.commit(root, init(root))


@dataclass(frozen=True, slots=True)
class Ingestion:
    """What an ingest did."""

    made: Ingested
    receipt: Receipt
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a compile did."""

    made: Built
    receipt: Receipt
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Healing:
    """What a heal did."""

    made: Healed
    receipt: Receipt


def run_ingest(vault: Vault, files: Sequence[Path], model: Model, progress: Progress, pages: bool = True) -> Ingestion:
    """Read new sources and compile what they change, in one commit."""
    left = vault.settled
    if left and left.known is not None and left.idle(model.name) and not files:
        return Ingestion(Ingested(ChangeSet(()), Batch(known=left.known), settings=vault.settings), Receipt())
    wiki, moved = readable(vault.wiki)
    batch = sort_files(wiki, files, Path.cwd())
    day = write.today().isoformat()
    made = ingest(vault.root, wiki, vault.settings, model, batch, day, progress, pages)
    receipt, warnings = write.commit(vault.root, made.changes), (*moved, *getattr(model, "warnings", ()))
    if made.built and pages and not (made.interrupted or _said(made.built, receipt) or moved):
        keep(vault.root, vault.seen, left, wiki, made.changes.edits, model.name, made.sources)
    return Ingestion(made, receipt, warnings)


def run_compile(vault: Vault, model: Model, progress: Progress, everything: bool, upgrade: bool) -> Compiled:
    """Bring every page up to date with the digests, the names and the settings."""
    left = vault.settled
    if left and left.idle(model.name) and not everything and not upgrade:
        return Compiled(Built((), Plan()), Receipt())
    wiki, moved = readable(vault.wiki)
    ground = prepare(vault.root, wiki, vault.settings, model.name, everything, upgrade)
    made = build(vault.root, ground, model, vault.name, progress, everything)
    count = sum(e.path.startswith("wiki/") for e in made.edits)
    entry = LogEntry("compile", f"{count} page{'s' * (count != 1)}", tuple(made_bullets(made)))
    receipt = write.commit(vault.root, ChangeSet(made.edits, (entry,)))
    if not (_said(made, receipt) or moved):
        keep(vault.root, vault.seen, left, wiki, made.edits, model.name)
    return Compiled(made, receipt, (*moved, *getattr(model, "warnings", ())))


def _said(made: Built, receipt: Receipt) -> bool:
    """Whether the next compile will have something to do or to say, for all that this one did."""
    return bool(made.interrupted or made.problems or made.kept or receipt.pinned)


def run_heal(vault: Vault, unsafe: bool, dry: bool) -> Healing:
    """Mend what can be mended without a model."""
    healed = heal(vault.wiki, vault.settings, unsafe)
    return Healing(healed, Receipt() if dry else write.commit(vault.root, healed.changes))


def run_lint(vault: Vault) -> Report:
    return lint(vault.wiki, vault.settings)


def run_undo(vault: Path | None, dry: bool) -> Receipt:
    """Take back the last commit, or say what that would restore."""
    root = find_root(Path.cwd(), vault)
    if dry:
        return write.undo_preview(root)
    with write.lock(root):
        write.recover(root)
        return write.undo(root)


# What would be done


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
    wiki, _ = readable(vault.wiki)
    ground = prepare(vault.root, wiki, vault.settings, model, everything, upgrade)
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
