"""What `karpwiki batch` does: how batches stand, ending them, taking up the commands that they are for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import batchfiles
from .batchfiles import Batch
from .errors import Fatal, ModelError, UsageError
from .models import open_model
from .models.anthropic import Anthropic
from .models.batches import Desk
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


def cancel(root: Path, settings: Settings, id: str) -> list[Told]:
    """Ask the server to end a batch, or all: what was answered by then is paid for, and `resume` takes it.

    Raises UsageError for an id that is not under way.
    """
    found = [b for b in batchfiles.under_way(root) if id in ("", b.id)]
    if id and not found:
        raise UsageError(f"No batch {id} is under way. `karpwiki batch status` lists those that are.")
    return [_told(batch, settings, end=True) for batch in found]


def aims(root: Path) -> list[Mapping[str, Any]]:
    """The commands that the batches under way are for, each once: `verb` and `options`."""
    found: list[Mapping[str, Any]] = []
    for batch in batchfiles.under_way(root):
        if batch.aim.get("verb") in ("ingest", "compile") and batch.aim not in found:
            found.append(batch.aim)
    return found


def _told(batch: Batch, settings: Settings, end: bool) -> Told:
    if not batch.id:
        return Told(batch, "perhaps submitted", {}, "its run was stopped: `karpwiki batch resume` finds out")
    try:
        model = open_model(batch.model, rows=settings.models)
        if not isinstance(model, Anthropic):
            raise Fatal(f"{batch.model} is not a model that is asked in batches.")
        desk = Desk(model)
        standing = desk.cancel(batch.id) if end else desk.retrieve(batch.id)
    except (ModelError, UsageError) as error:
        return Told(batch, "not known", {}, str(error))
    return Told(batch, standing.status, standing.counts)
