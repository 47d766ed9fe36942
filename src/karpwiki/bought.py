"""What was paid for: on the disk before it is read, booked, never bought twice."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .jobs import Event, Job
from .ledger import add, book
from .llm import ANSWERS, Kept, Reply, inputs_key, kept
from .prices import Rates, Usage
from .usable import usable
from .write import store

REJECTED = "rejected"
"""The folder below .karpwiki/ of answers that did not fit their form twice, for people to look at."""


def buy(root: Path, rates: Rates, job: Job, reply: Reply) -> Event:
    """Keep and book a reply, then read it. Raises DiskError. Any thread may call it."""
    if not reply.error:
        store(root, f"{ANSWERS}/{job.key}.json", _file(job, reply.text, reply.usage).to_bytes())
    seconds = time.monotonic() - job.began if job.began else 0.0
    entry = book(root, job.request, job.model.name, reply, rates, seconds)
    dollars = entry.dollars or 0.0
    return (
        Event(job, (reply, dollars)) if reply.error else Event(job, (reply, dollars), usable(job.request, reply.text))
    )


def recall(root: Path, rates: Rates, job: Job) -> Event | None:
    """The answer that the cache has, if so. A kept repair that fits no better than the first is bought anew."""
    found = kept(root, job.key)
    form = usable(job.request, found.text) if found else []
    if found is None or (isinstance(form, list) and job.request.attempt > 1):
        return None
    reply = Reply(found.text, found.model, found.usage, cached=True)
    book(root, job.request, job.model.name, reply, rates)
    return Event(job, (reply, 0.0), form)


def keep_stray(root: Path, rates: Rates, model: str, key: str, about: Mapping[str, Any], reply: Reply) -> None:
    """Keep and book a reply that nobody waits for. `about`: what was noted of its request. Raises DiskError."""
    if reply.error or kept(root, key):
        return
    found = Kept(**about, model=model, usage=reply.usage, text=reply.text)
    store(root, f"{ANSWERS}/{key}.json", found.to_bytes())
    add(root, str(about["task"]), str(about["subject"]), model, reply, rates)


def reject(root: Path, job: Job, text: str) -> str:
    """Put an answer aside; where it lies. Raises DiskError."""
    where = f"{REJECTED}/{job.key}.json"
    store(root, where, _file(job, text, Usage()).to_bytes())
    return f".karpwiki/{where}"


def _file(job: Job, text: str, usage: Usage) -> Kept:
    asked = job.request
    about = (asked.task, inputs_key(asked.task, asked.inputs), asked.recipe, asked.subject, asked.attempt)
    return Kept(*about, job.model.name, usage, text)
