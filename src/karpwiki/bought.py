"""What was paid for: on the disk before it is read, booked, never bought twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from .jobs import Event, Job
from .ledger import add, book, read
from .llm import ANSWERS, Kept, Reply, Request, inputs_key, kept
from .prices import Rates, Usage
from .usable import usable
from .write import store

REJECTED = "rejected"
"""The folder below .karpwiki/ of answers that did not fit their form twice, for people to look at."""


class Till:
    """The answer cache and the ledger of one run. Every method raises DiskError; any thread may call them."""

    def __init__(self, root: Path, rates: Rates) -> None:
        self.root, self.rates = root, rates
        self._writing = threading.Lock()

    def buy(self, job: Job, reply: Reply) -> Event:
        """Keep and book a reply, then read it."""
        if not reply.error:
            store(self.root, f"{ANSWERS}/{job.key}.json", _file(job.request, job.model.name, reply).to_bytes())
        seconds = time.monotonic() - job.began if job.began else 0.0
        with self._writing:  # or a line that another thread is writing would look torn
            entry = book(self.root, job.key, job.request, job.model.name, reply, self.rates, seconds)
        form = [] if reply.error else usable(job.request, reply.text)
        return Event(job, (reply, entry.dollars or 0.0), form)

    def recall(self, job: Job) -> Event | None:
        """The answer that the cache has, if so. A kept repair that fits no better than the first is bought anew."""
        found = kept(self.root, job.key)
        form = usable(job.request, found.text) if found else []
        if found is None or (isinstance(form, list) and job.request.attempt > 1):
            return None
        # A run that was killed between the two has kept it, and has not booked it.
        reply = Reply(found.text, found.model, found.usage, cached=job.key in self._booked)
        book(self.root, job.key, job.request, job.model.name, reply, self.rates)
        return Event(job, (reply, 0.0), form)

    @cached_property
    def _booked(self) -> frozenset[str]:
        """The keys of the answers that were booked before this run."""
        return frozenset(entry.key for entry in read(self.root) if entry.paid)

    def keep_stray(self, model: str, key: str, about: Mapping[str, Any], reply: Reply) -> None:
        """Keep and book a reply that nobody waits for. `about`: what was noted of its request."""
        if kept(self.root, key):
            return
        if not reply.error:
            found = Kept(**about, model=model, usage=reply.usage, text=reply.text)
            store(self.root, f"{ANSWERS}/{key}.json", found.to_bytes())
        add(self.root, key, str(about["task"]), str(about["subject"]), model, reply, self.rates)

    def reject(self, job: Job, text: str) -> str:
        """Put an answer aside; where it lies."""
        where = f"{REJECTED}/{job.key}.json"
        store(self.root, where, _file(job.request, job.model.name, Reply(text, "", Usage())).to_bytes())
        return f".karpwiki/{where}"


def _file(asked: Request, model: str, reply: Reply) -> Kept:
    about = (asked.task, inputs_key(asked.task, asked.inputs), asked.recipe, asked.subject, asked.attempt)
    return Kept(*about, model, reply.usage, reply.text)
