"""`.karpwiki/batches/`: what was submitted as a batch, written before it is, so that nothing is ever bought twice."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from .llm import Request, inputs_key
from .pattern import pattern
from .write import discard, store

FOLDER = "batches"
_KEY = pattern("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch that is under way."""

    name: str
    """Of its file."""
    model: str
    since: float
    """When it was about to be submitted, seconds since the epoch."""
    requests: Mapping[str, Mapping[str, Any]]
    """Custom id, which is the request's key in the answer cache → what its answer will be the answer to."""
    id: str = ""
    """The server's; '': it was about to be submitted, and may have been."""
    adopted: bool = False
    """Whether the id was found at the server afterwards, by time and size: whether it is ours, its results tell."""
    strangers: tuple[str, ...] = ()
    """Batches that were taken for it and are not."""
    aim: Mapping[str, Any] = field(default_factory=dict)
    """The command that it is for: `verb` and `options`."""


def prepared(root: Path, model: str, since: float, requests: Mapping[str, Request], aim: Mapping[str, Any]) -> Batch:
    """A batch that is about to be submitted, on the disk. Raises DiskError."""
    about = {
        key: {"task": r.task, "inputs_key": inputs_key(r.task, r.inputs), "recipe": r.recipe, "subject": r.subject,
              "attempt": r.attempt}
        for key, r in requests.items()
    }  # fmt: skip
    return _saved(root, Batch(f"{round(since)}-{secrets.token_hex(4)}", model, since, about, aim=aim))


def submitted(root: Path, batch: Batch, id: str) -> Batch:
    """The batch with the server's name for it, on the disk. Raises DiskError."""
    return _saved(root, replace(batch, id=id))


def adopted(root: Path, batch: Batch, id: str) -> Batch:
    """The batch with an id that is probably its own."""
    return _saved(root, replace(batch, id=id, adopted=True))


def disowned(root: Path, batch: Batch) -> Batch:
    """The batch without an id that is not its own."""
    return _saved(root, replace(batch, id="", adopted=False, strangers=(*batch.strangers, batch.id)))


def over(root: Path, batch: Batch) -> None:
    """Forget a batch whose results are kept. Raises DiskError."""
    discard(root, f"{FOLDER}/{batch.name}.json")


def under_way(root: Path) -> list[Batch]:
    """The batches that were begun and whose results are not there, the oldest first."""
    found = []
    for path in sorted((root / ".karpwiki" / FOLDER).glob("*.json")):
        try:
            batch = Batch(**{**json.loads(path.read_bytes()), "name": path.stem})
            known = isinstance(batch.requests, dict) and all(_KEY.fullmatch(key) for key in batch.requests)
            texts = all(isinstance(text, str) for text in (batch.id, batch.model))
            dated = isinstance(batch.since, int | float) and 0 <= batch.since < 1e11
            if known and texts and dated and isinstance(batch.aim, dict):
                found.append(batch)
        except (OSError, ValueError, TypeError):
            continue
    return sorted(found, key=lambda b: (b.since, b.name))


def keys(root: Path) -> dict[str, str]:
    """Every request that a batch is under way for, by its key → the batch's id."""
    return {key: batch.id or "(no id yet)" for batch in under_way(root) for key in batch.requests}


def _saved(root: Path, batch: Batch) -> Batch:
    store(root, f"{FOLDER}/{batch.name}.json", json.dumps(asdict(batch), ensure_ascii=False, indent=1).encode())
    return batch
