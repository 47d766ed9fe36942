"""Calls carried out as batches, at half the price: an engine whose calls begin together and end within a day.

What is submitted is noted first (batchfiles.py). A command that was stopped finds its batch again, whatever moment it
was stopped at, and takes the results; only what no batch has is submitted anew.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import batchfiles
from .batchfiles import Batch
from .bought import Till
from .errors import BadAnswer, Busy, Fatal, Interrupted, ModelError, NotThere, Transient, UsageError
from .jobs import Event, Job
from .llm import Request, Team
from .models.anthropic import Anthropic
from .models.batches import ENDED, Desk, Standing
from .prices import Rates

MOST_REQUESTS, MOST_BYTES = 10_000, 100_000_000
"""Of one batch; the server takes ten and two and a half times as much."""
POLL, LONGEST_POLL = 1.0, 60.0
"""Seconds until a batch is asked about, half as long again each time."""
PATIENCE = 10
"""Failures in a row to ask about a batch after which it is left for a later run."""
CLOCKS = 300.0
"""Seconds by which the server's clock may differ from ours."""


class Batches:
    """The engine. `tell` is called with sentences about its progress, `aim` is noted with each batch."""

    ahead, first, warms = float("inf"), MOST_REQUESTS, False

    def __init__(
        self, root: Path, team: Team, rates: Rates, tell: Callable[[str], None], aim: Mapping[str, Any]
    ) -> None:
        self._root, self._till, self._tell, self._aim = root, Till(root, rates), tell, aim
        self._desks = {m.name: Desk(m) for m in team.members if isinstance(m, Anthropic)}
        if other := [m.name for m in team.members if not m.free and m.name not in self._desks]:
            raise UsageError(f"Only models of Anthropic are asked in batches, not {other[0]}: leave --batch out.")
        self._new: dict[str, tuple[Job, Request]] = {}
        self._jobs: dict[str, tuple[Job, Request]] = {}
        self._open: list[Batch] = []
        self._read: dict[str, Event | None] = {}
        self._wait, self._next, self._failures = POLL, 0.0, 0
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()

    def start(self, job: Job, request: Request, deadline: float) -> None:
        """Put a call into the next batch."""
        self._new[job.key] = (job, request)

    def wake(self) -> None:
        self._bell.put(None)

    def drop(self) -> list[Event]:
        """The ends of all jobs: their batches go on, and a later run takes what they bring."""
        stopped = Interrupted("Stopped. Its batch goes on: `karpwiki batch resume` takes the results.")
        before = Interrupted("Stopped before it was submitted. Run the same command again to go on.")
        dropped = [Event(job, stopped) for job, _ in self._jobs.values()]
        dropped += [Event(job, before) for job, _ in self._new.values()]
        self._new, self._jobs, self._open = {}, {}, []
        return dropped

    def gather(self) -> None:
        """Take the results of batches that have ended and that nobody asks for any more."""
        for batch in batchfiles.under_way(self._root):
            found = batch if batch.id or batch.model not in self._desks else self._lost(batch)
            if found and found.id and found.model in self._desks:
                self._open.append(found)
                self._asked(found)

    def wait(self, seconds: float) -> list[Event]:
        """Submit what has come, or ask about what was submitted."""
        events: list[Event] = []
        if self._new and seconds >= 1.0:  # else more is to come in a moment
            new, self._new = self._new, {}
            self._jobs |= new
            events = self._submitted(new)
        now = time.monotonic()
        if not events and self._open and now >= self._next:
            events = [event for batch in list(self._open) for event in self._asked(batch)]
            self._wait = POLL if events else min(LONGEST_POLL, 1.5 * self._wait)
            self._next = time.monotonic() + self._wait
        elif not events:
            with suppress(queue.Empty):
                self._bell.get(timeout=max(0.001, min(seconds, self._next - now if self._open else seconds)))
        return events

    def _ends(self, keys: Iterable[str], error: ModelError) -> list[Event]:
        return [Event(pair[0], error) for key in keys if (pair := self._jobs.pop(key, None))]

    # Submitting

    def _submitted(self, new: Mapping[str, tuple[Job, Request]]) -> list[Event]:
        """Find the batches that have what is asked, and submit the rest; the ends of what could not be."""
        try:
            left = self._taken_up(new)
        except ModelError as error:
            return self._ends(new, error)
        events: list[Event] = []
        for name, desk in self._desks.items():
            mine = {key: request for key, (job, request) in left.items() if job.model.name == name}
            for portion in _portions(mine):
                events += self._send(desk, portion)
        self._wait, self._next = POLL, time.monotonic() + POLL
        return events

    def _taken_up(self, new: Mapping[str, tuple[Job, Request]]) -> dict[str, tuple[Job, Request]]:
        """What of it no batch has. Raises a ModelError when a batch is looked for and the server does not answer."""
        left, known = dict(new), {b.name for b in self._open}
        for batch in batchfiles.under_way(self._root):
            if batch.model in self._desks and batch.name not in known and batch.requests.keys() & new.keys():
                found = batch if batch.id else self._lost(batch)
                if found:
                    self._open.append(found)
                    left = {key: pair for key, pair in left.items() if key not in found.requests}
                    self._tell(f"Batch {found.id}: taken up again, {_requests(found.requests)}.")
        return left

    def _send(self, desk: Desk, requests: Mapping[str, Request]) -> list[Event]:
        batch = batchfiles.prepared(self._root, desk.model.name, time.time(), requests, self._aim)
        try:
            standing = desk.create(requests)
        except ModelError as error:
            # A server that said no has taken nothing; of one that did not answer it is not known: it is asked later.
            if isinstance(error, Busy) or not isinstance(error, Transient | BadAnswer):
                batchfiles.over(self._root, batch)
            return self._ends(requests, error)
        self._open.append(batchfiles.submitted(self._root, batch, standing.id))
        self._tell(f"Batch {standing.id}: {_requests(requests)} submitted; Ctrl-C leaves it to go on by itself.")
        return []

    def _lost(self, batch: Batch) -> Batch | None:
        """A batch that was about to be submitted when its run was stopped, if the server has it; else it is dropped.

        Of several that may be it, the one that was made soonest after it was noted.
        """
        taken = {b.id for b in batchfiles.under_way(self._root)} | set(batch.strangers)
        found = [
            s for s in self._desks[batch.model].recent()
            if s.id not in taken and sum(s.counts.values()) == len(batch.requests) and s.created > batch.since - CLOCKS
        ]  # fmt: skip
        if found:
            return batchfiles.adopted(self._root, batch, min(found, key=lambda s: abs(s.created - batch.since)).id)
        batchfiles.over(self._root, batch)
        return None

    # Results

    def _asked(self, batch: Batch) -> list[Event]:
        """The ends of a batch's jobs, if it has ended or cannot be had."""
        desk = self._desks[batch.model]
        try:
            standing = desk.retrieve(batch.id)
            events = self._results(desk, batch, standing) if standing.status == ENDED else []
        except ModelError as error:
            self._failures += 1
            gone = isinstance(error, NotThere)
            if not gone and not isinstance(error, Fatal) and self._failures < PATIENCE:
                return []
            if gone:
                batchfiles.over(self._root, batch)
            self._open.remove(batch)
            return self._ends(batch.requests, Transient(f"Batch {batch.id} is gone.") if gone else error)
        self._failures = 0
        return events

    def _results(self, desk: Desk, batch: Batch, standing: Standing) -> list[Event]:
        """The ends of the jobs of a batch that has ended. What was read before a connection broke is not read again."""
        ours = 0
        for key, result in desk.results(batch.id):
            ours += key in batch.requests
            if key in batch.requests and key not in self._read:
                self._read[key] = self._event(desk, batch, key, result)
        if batch.adopted and not ours:  # somebody else's
            self._open.remove(batch)
            again = self._lost(batchfiles.disowned(self._root, batch))
            self._open += [again] if again else []
            lost = Transient(f"Batch {batch.id} is not ours.")
            return [] if again else self._ends(batch.requests, lost)
        counts = ", ".join(f"{n} {word}" for word, n in standing.counts.items() if n)
        self._tell(f"Batch {batch.id}: ended, {counts or 'nothing in it'}.")
        batchfiles.over(self._root, batch)
        self._open.remove(batch)
        events = [event for key in batch.requests if (event := self._read.pop(key, None))]
        for event in events:
            del self._jobs[event.job.key]
        return events + self._ends(batch.requests, Transient(f"Batch {batch.id} has no result for it."))

    def _event(self, desk: Desk, batch: Batch, key: str, result: Mapping[str, Any]) -> Event | None:
        """The end of a job; what nobody asks for any more is kept all the same."""
        job, request = self._jobs.get(key, (None, None))
        try:
            reply = desk.reply(result, request)
        except ModelError as error:
            return Event(job, error) if job else None
        if job:
            return self._till.buy(job, reply)
        self._till.keep_stray(batch.model, key, batch.requests[key], reply)
        return None


def _requests(some: Mapping[str, object]) -> str:
    return f"{len(some)} request{'s' * (len(some) != 1)}"


def _portions(requests: Mapping[str, Request]) -> list[dict[str, Request]]:
    """Requests in portions that a server takes as one batch."""
    made: list[dict[str, Request]] = []
    size = 0
    for key, request in requests.items():
        more = 2 * len((request.system + request.user).encode(errors="replace")) + 20_000
        if not made or len(made[-1]) >= MOST_REQUESTS or size + more > MOST_BYTES:
            made.append({})
            size = 0
        made[-1][key] = request
        size += more
    return made
