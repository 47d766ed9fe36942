"""One command as one function: the work, then the commit. What cli.py calls and the show files print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import write
from .build import Built, build
from .changes import ChangeSet, Decided, LogEntry, Plan, Receipt
from .decide import merge, rename, split
from .errors import ModelError, UsageError
from .heal import Healed, heal
from .inert import escape
from .ingest import Ingested, ingest, made_bullets
from .init import init
from .lint import Report, lint
from .llm import Interrupted, Model, Progress
from .moved import readable
from .opened import Vault, made_by
from .pick import Batch, Wish, sort_files
from .prepare import Ground, prepare
from .retract import Retraction, find_members, retract, retraction
from .settled import keep
from .summarize import digest_recipe
from .vault import find_root


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
class Named:
    """What a command about names would do."""

    verb: str
    subject: str
    decided: Decided
    ground: Ground


@dataclass(frozen=True, slots=True)
class Healing:
    """What a heal did."""

    made: Healed
    receipt: Receipt


def run_ingest(vault: Vault, files: Sequence[Path], model: Model, progress: Progress, wish: Wish) -> Ingestion:
    """Read new sources and compile what they change, in one commit."""
    left = vault.settled
    if left and left.known is not None and left.idle(model.name) and not (files or wish.upgrade):
        return Ingestion(Ingested(ChangeSet(()), Batch(known=left.known), settings=vault.settings), Receipt())
    wiki, moved = readable(vault.wiki)
    by = f"{model.name}/{digest_recipe(vault.root, vault.settings)}" if wish.upgrade else ""
    batch = sort_files(wiki, files, Path.cwd(), wish, by)
    made = ingest(vault.root, wiki, vault.settings, model, batch, write.today().isoformat(), progress, wish)
    receipt, said = write.commit(vault.root, made.changes), (*moved, *getattr(model, "warnings", ()))
    if made.built and wish.pages and not (made.interrupted or _said(made.built, receipt) or said):
        keep(vault.root, vault.seen, left, wiki, made.changes.edits, model.name, made.sources)
    return Ingestion(made, receipt, (*said, *_better(vault, model)))


def _better(vault: Vault, model: Model) -> list[str]:
    """What to say when a model that is paid could phrase what the embedded one picked."""
    picked = 0 if model.free else made_by(vault.wiki)["excerpt"]
    look = "`karpwiki ingest --upgrade --dry-run` shows what remaking them takes."
    return [f"{picked} pages were made by excerpt; {look}"] if picked else []


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


NAMES = {"merge": merge, "rename": rename}


def decide(vault: Vault, verb: str, a: str, b: str, files: Sequence[Path] = ()) -> Named:
    """What a command about names would do: lines of names.txt, and what follows from them. Nothing is written."""
    wiki, _ = readable(vault.wiki)
    ground = prepare(vault.root, wiki, vault.settings)
    inside = find_members(wiki, files, Path.cwd())
    decided = split(ground, a, b, inside) if verb == "split" else NAMES[verb](ground, a, b)
    return Named(verb, f"{a} → {b}", decided, prepare(vault.root, wiki, vault.settings, decided=decided))


def run_names(vault: Vault, named: Named, model: Model | None, why: str, progress: Progress) -> Compiled:
    """Carry it out in one commit. Raises ModelError with `why` there is no model, when a page must be phrased."""
    if named.ground.plan.steps and model is None:
        raise ModelError(why)
    made = _whole(build(vault.root, named.ground, model, vault.name, progress))
    entry = LogEntry(named.verb, escape(named.subject), tuple(made_bullets(made)))
    return Compiled(made, write.commit(vault.root, ChangeSet(made.edits, (entry,))), getattr(model, "warnings", ()))


def plan_retract(vault: Vault, files: Sequence[Path], reason: str, model: str) -> Retraction:
    """What a retract would take away. Nothing is asked and nothing written."""
    wiki, _ = readable(vault.wiki)
    paths = find_members(wiki, files, Path.cwd())
    return retraction(vault.root, wiki, vault.settings, paths, reason, write.today().isoformat(), model)


def run_retract(vault: Vault, found: Retraction, model: Model, progress: Progress) -> Compiled:
    """Take sources back, in one commit."""
    made = retract(vault.root, vault.wiki, vault.settings, found, model, progress)
    _whole(made.built)
    return Compiled(made.built, write.commit(vault.root, made.changes), getattr(model, "warnings", ()))


def _whole(made: Built) -> Built:
    """What was made, if nobody stopped it: half a correction would leave words that nothing stands behind."""
    if made.interrupted:
        raise Interrupted("Stopped; nothing was written. Run the same command again: answers that came are kept.")
    return made


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
