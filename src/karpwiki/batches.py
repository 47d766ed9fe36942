"""What `karpwiki batch` does: how batches stand, ending them, taking up the commands that they are for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import batchfiles
from .batch import Batches
from .batchfiles import Batch
from .errors import Fatal, ModelError, UsageError
from .llm import Team
from .models import open_model
from .models.anthropic import Anthropic
from .models.batches import Desk
from .prices import Rates
from .settings import Settings


@dataclass(frozen=True, slots=True)
class Told:
    """One batch that is under way, and what the server says of it."""

    batch: Batch
    status: str
    counts: Mapping[str, int]
    problem: str = ""
    """Why the server says nothing, or ''."""


def status(root: Path, settings: Settings) -> list[Told]:
    """How each batch stands whose results are not there. Without a key: only what is known here."""
    return [_told(batch, settings, end=False) for batch in batchfiles.under_way(root)]


def cancel(root: Path, settings: Settings, id: str, tell: Callable[[str], None]) -> list[Told]:
    """Ask the server to end a batch, or all: what was answered by then is paid for, and `resume` takes it.

    One that never reached the server is forgotten. Raises UsageError for an id that is not under way.
    """
    found = [b for b in batchfiles.under_way(root) if id in ("", b.id)]
    if id and not found:
        raise UsageError(f"No batch {id} is under way. `karpwiki batch status` lists those that are.")
    told = []
    for batch in found:
        if not batch.id:
            model = _model(batch.model, settings)
            Batches(root, Team(model), Rates(settings.prices, batch=True), tell, {}).gather()
            batch = next((b for b in batchfiles.under_way(root) if b.name == batch.name), batch)
        if batch.id and not batch.adopted:
            told.append(_told(batch, settings, end=True))
        elif batch.id:
            why = "it was found by its time and size and may be somebody else's: `karpwiki batch resume` finds out"
            told.append(replace(_told(batch, settings, end=False), problem=why))
    return told


def aims(root: Path) -> list[Mapping[str, Any]]:
    """The commands that the batches under way are for, each once: `verb` and `options`."""
    found: list[Mapping[str, Any]] = []
    for batch in batchfiles.under_way(root):
        if batch.aim.get("verb") in ("ingest", "compile", "lint") and batch.aim not in found:
            found.append(batch.aim)
    return found


def gather(root: Path, settings: Settings, tell: Callable[[str], None]) -> None:
    """Take what batches have brought that no command asks for any more. Raises ModelError, UsageError, DiskError."""
    for name in dict.fromkeys(batch.model for batch in batchfiles.under_way(root)):
        try:
            team = Team(_model(name, settings))
        except (ModelError, UsageError) as error:
            tell(f"Batches of {name} are left: {error}")
            continue
        Batches(root, team, Rates(settings.prices, batch=True), tell, {}).gather()


def _model(name: str, settings: Settings) -> Anthropic:
    """The model that a batch was submitted to, by the name that pages and the ledger have for it."""
    own = next((row.name for row in settings.models.values() if row.called == name and row.api == "anthropic"), name)
    model = open_model(own, rows=settings.models)
    if not isinstance(model, Anthropic):
        raise Fatal(f"{name} is not a model that is asked in batches.")
    return model


def _told(batch: Batch, settings: Settings, end: bool) -> Told:
    if not batch.id:
        return Told(batch, "perhaps submitted", {}, "its run was stopped: `karpwiki batch resume` finds out")
    try:
        desk = Desk(_model(batch.model, settings))
        standing = desk.cancel(batch.id) if end else desk.retrieve(batch.id)
    except (ModelError, UsageError) as error:
        return Told(batch, "not known", {}, str(error))
    return Told(batch, standing.status, standing.counts)
