"""One command as one function: the work, then the commit. What cli.py calls and the show files print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import write
from .build import Built, build, prepare
from .changes import ChangeSet, LogEntry, Receipt
from .errors import UsageError
from .heal import Healed, heal
from .ingest import Ingested, ingest, made_bullets, sort_files
from .init import init
from .lint import Report, lint
from .llm import Model, Progress
from .opened import Vault, readable
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
class Healing:
    """What a heal did."""

    made: Healed
    receipt: Receipt


def run_ingest(vault: Vault, files: Sequence[Path], model: Model, progress: Progress, pages: bool = True) -> Ingestion:
    """Read new sources and compile what they change, in one commit."""
    vault, moved = readable(vault)
    batch = sort_files(vault.wiki, files, Path.cwd())
    day = write.today().isoformat()
    made = ingest(vault.root, vault.wiki, vault.settings, model, batch, day, progress, pages)
    return Ingestion(made, write.commit(vault.root, made.changes), (*moved, *getattr(model, "warnings", ())))


def run_compile(vault: Vault, model: Model, progress: Progress, everything: bool, upgrade: bool) -> Compiled:
    """Bring every page up to date with the digests, the names and the settings."""
    vault, moved = readable(vault)
    ground = prepare(vault.root, vault.wiki, vault.settings, model.name, everything, upgrade)
    made = build(vault.root, ground, model, vault.name, progress, everything)
    count = sum(e.path.startswith("wiki/") for e in made.edits)
    entry = LogEntry("compile", f"{count} page{'s' * (count != 1)}", tuple(made_bullets(made)))
    receipt = write.commit(vault.root, ChangeSet(made.edits, (entry,)))
    return Compiled(made, receipt, (*moved, *getattr(model, "warnings", ())))


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
