"""The calls of one command, once for all models: how many at once, again or not at all, within which time and money.

Work that asks is a Talk (llm.py): a generator that yields requests and is sent their answers. `converse` leads many of
them at the same time and gives back what each returns as soon as it is done; the order of answers changes nothing
else. One thread, the caller's, decides everything; an engine carries the calls out.
"""

from __future__ import annotations

import math
import random
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar, cast

from .bought import Till
from .budget import Budget
from .errors import BadAnswer, Busy, Cut, Fatal, Interrupted, ModelError, OverBudget, Transient, UnderWay
from .gate import Gate
from .jobs import Engine, Event, Job, Talks
from .live import Live
from .llm import Answer, Limits, Model, Progress, Request, Talk, Team, again, fill
from .patience import Patience

T = TypeVar("T")
BACKOFF, LONGEST_BACKOFF = 1.0, 30.0
"""Seconds before the first retry, doubled for each further one, and at most."""
WARM = 20.0
"""Seconds that others wait, at most, for the call that fills the prompt cache to be let in."""
_AGAIN = "Run the same command again to go on."


class Calls:
    """The calls of one command to its models.

    `elsewhere`: requests, by their keys, that a batch is under way for; they are not asked twice. `progress` is told
    `asking`, `asking again` (a retry or a repair), `answered`, `cached`, `failed`. A failure stops no other call, but a
    Fatal one or Ctrl-C does: those running finish, the rest get it, or Interrupted.
    """

    def __init__(
        self,
        root: Path,
        team: Team | Model,
        limits: Limits | None = None,
        progress: Progress = lambda request, event: None,
        budget: Budget | None = None,
        engine: Engine | None = None,
        elsewhere: Mapping[str, str] | None = None,
    ) -> None:
        self.root, self.team = root, team if isinstance(team, Team) else Team(team)
        self.limits, self.budget, self.progress = limits or Limits(), budget or Budget(), progress
        self.end = time.monotonic() + self.limits.run_seconds
        self._elsewhere = elsewhere or {}
        self.halted: ModelError | None = None
        """Why no further call is made, if so."""
        self.broke: OverBudget | None = None
        """Why a call was not made that could not be paid for, if so; cheaper ones may have been."""
        self._till = Till(root, self.budget.rates)
        self._engine = engine or Live(self._till)
        self._gates = {model.name: Gate(self.limits.jobs, self._engine.first) for model in self.team.members}
        self._patience = Patience(self._engine.wake)
        self._talks = Talks(self.team)
        self._warming: dict[str, Job] = {}
        self._warm: set[str] = set()
        self._let_in = self._fruitless = 0
        self._sharing, self._next = 1, float("inf")
        """When the first of the jobs that wait for their time may start."""

    @property
    def trouble(self) -> ModelError | None:
        """Why the run did not make all of its calls, if so: what its exit code tells."""
        return self.halted or self.broke

    def ask(self, requests: Sequence[Request]) -> list[Answer]:
        """One answer for each request, in order; equal ones are asked once. Raises what `converse` raises."""

        def talk() -> Talk[list[Answer]]:
            return (yield requests)

        return next(iter(self.converse([talk()])))[1]

    def converse(self, talks: Iterable[Talk[T]]) -> Iterator[tuple[int, T]]:
        """(number, what it returned) of each talk, as they end.

        Raises DiskError, what a talk raises, and KeyboardInterrupt at a second Ctrl-C.
        """
        self._talks.add(cast("Iterable[Talk[object]]", talks))
        with self._patience:  # also while the caller works on what ended
            while not self._talks.over:
                self._talks.begin(self._engine.ahead)
                self._next, self._sharing = float("inf"), self._could_run()
                waiting = [job for job in self._taken() if not self._started(job)]
                self._talks.todo.extend(waiting)
                ended = list(self._talks.ended())
                idle = not (ended or self._running or math.isfinite(self._next) or self._patience.worn)
                if idle and waiting:
                    raise RuntimeError("calls wait, and nothing runs that they could wait for")
                if not ended and (waiting or self._running):
                    self._hear()
                yield from cast("list[tuple[int, T]]", ended)

    def _taken(self) -> Iterator[Job]:
        """The jobs that are to be done, those included that are added meanwhile."""
        todo, self._talks.todo = self._talks.todo, deque()
        while todo:
            yield todo.popleft()
            todo.extendleft(reversed(self._talks.todo))
            self._talks.todo = deque()

    def _could_run(self) -> int:
        """How many calls could be made now, as far as it is known."""
        room = sum(gate.room for gate in self._gates.values())
        return max(1, min(len(self._talks.todo), room))

    @property
    def _running(self) -> int:
        return sum(gate.running for gate in self._gates.values())

    def _hear(self) -> None:
        """Wait for the engine, and go on with what it tells."""
        for event in self._engine.wait(min(1.0, max(0.0, self._next - time.monotonic()))):
            self._take(event)
        if self._patience.worn:
            self._interrupt()

    def _interrupt(self) -> Interrupted:
        """Nothing more is asked: what the engine will not wait for ends as well."""
        if not isinstance(self.halted, Interrupted):
            self.halted = Interrupted(f"Stopped before it was asked. {_AGAIN}")
            for event in self._engine.drop():
                self._take(event)
        return self.halted

    # Starting

    def _started(self, job: Job) -> bool:
        """Whether a job need not wait: it is answered, or it runs."""
        now, known = time.monotonic(), None
        if self._patience.worn:
            self._interrupt()
        if isinstance(self.halted, Interrupted):
            self._fail(job, self.halted)
        elif job.model.free:
            self._answer_free(job)
        elif not job.looked and (known := self._till.recall(job)):
            self._read(known, "cached")
        elif job.key in self._elsewhere:
            there = f"Batch {self._elsewhere[job.key]} has been asked for it"
            self._fail(job, UnderWay(f"{there}: `karpwiki batch resume` takes its answer."))
        elif self.halted or now >= self.end:
            self._fail(job, self.halted or Transient(f"The time of this run is over. {_AGAIN}"))
        else:
            job.looked = True
            return self._called(job, now)
        return True

    def _called(self, job: Job, now: float) -> bool:
        gate, system = self._gates[job.model.name], job.request.system
        if gate.closed(now) > self.limits.call_seconds:
            self._fail(job, Busy(f"The server of {job.model.name} asks to be left alone for longer than call_seconds."))
            return True
        if (ready := max(job.ready, gate.opens(now))) > now:
            self._next = min(self._next, ready)
            return False
        warming = self._warming.get(system, job)
        if warming is not job and now < warming.began + WARM:
            self._next = min(self._next, warming.began + WARM)
            return False
        try:
            job.taken = self.budget.take(job.model.name, job.request, 1 if job.alone else self._sharing)
        except OverBudget as error:
            self._fail(job, error)
            self.broke = error
            return True
        if job.taken is None:
            return False
        caches = self._engine.warms and getattr(job.model, "caches", False)
        if caches and system not in self._warm and system not in self._warming:
            self._warming[system] = job  # the first one of each fills the prompt cache
        job.deadline = job.deadline or now + self.limits.call_seconds
        job.began, job.admitted = now, False
        first = job.tries == job.refusals == 0 and job.request.attempt == 1
        self.progress(job.request, "asking" if first else "asking again")
        gate.enter()
        self._engine.start(job, job.taken.request, min(job.deadline, self.end))
        self._sharing = max(1, self._sharing - 1)
        return True

    def _answer_free(self, job: Job) -> None:
        """The answer of a model that costs nothing: given at once, neither kept nor repaired."""
        self.progress(job.request, "asking")
        try:
            reply = job.model.complete(job.request, self.end, lambda: None)
            form = fill(job.request.form, reply.text)
            if isinstance(form, list):
                raise BadAnswer(f"The answer has {len(form)} things that do not fit its form.")
        except ModelError as error:
            if isinstance(error, Interrupted):
                self.halted = self.halted or error
            self._fail(job, error)
        except KeyboardInterrupt:
            self._fail(job, self._interrupt())
        else:
            self._answer(job, Answer(form, reply.model), "cached" if reply.cached else "answered")

    # Ending

    def _take(self, event: Event) -> None:
        """Go on with a job after what an engine told of it."""
        job, end = event.job, event.end
        gate, reply = self._gates[job.model.name], end[0] if isinstance(end, tuple) else None
        if not job.admitted and (end is None or reply):
            job.admitted, self._let_in = True, self._let_in + 1
            self._warm.add(job.request.system)
            gate.let_in()
        if self._warming.get(job.request.system) is job:
            del self._warming[job.request.system]
        if end is None:
            return
        if isinstance(end, Busy):
            gate.refused(job.began, time.monotonic(), end.retry_after)
        gate.leave()
        if job.taken:
            self.budget.settle(job.taken, end[1] if isinstance(end, tuple) else 0.0)
        if isinstance(end, tuple) and not end[0].error:
            self._fruitless = 0
            self._read(event, "answered")
        else:
            self._mishap(job, end if isinstance(end, BaseException) else end[0].error or BadAnswer("No answer."))

    def _read(self, event: Event, said: str) -> None:
        """Hand an answer on, or ask once more with what is wrong with it."""
        job, form = event.job, event.form
        if not isinstance(form, list):
            self._answer(job, Answer(form, job.model.name), said)
        elif job.request.attempt == 1:
            self._talks.ask_instead(job, again(job.request, form))
        else:
            text = event.end[0].text if isinstance(event.end, tuple) else ""
            where = self._till.reject(job, text)
            self._fail(job, BadAnswer(f"The answer does not fit its form, twice; it lies in {where}. {_AGAIN}"))

    def _answer(self, job: Job, answer: Answer, said: str) -> None:
        self.progress(job.request, said)
        self._talks.answer(job, answer)

    def _fail(self, job: Job, error: ModelError) -> None:
        self._answer(job, Answer(error, job.model.name), "failed")

    def _mishap(self, job: Job, error: BaseException) -> None:
        """Try again, or not: nothing usable came."""
        if isinstance(error, KeyboardInterrupt):
            error = self._interrupt()
        if not isinstance(error, ModelError):  # a full disk or a bug: buy nothing more
            raise error
        if isinstance(error, Cut) and job.taken and job.taken.cut:
            if not job.alone and self.budget.left > job.taken.dollars:
                job.alone = True  # once more, with all that is left
                self._talks.todo.append(job)
                return
            self.broke = error = OverBudget(
                "Its answer was cut off where the limit of this run would have been passed."
            )
        if isinstance(error, Fatal):
            self.halted = self.halted or error
        now, delay = time.monotonic(), self._delay(job, error)
        if now + delay < min(job.deadline, self.end) and not self.halted:
            job.ready = now + delay
            self._talks.todo.append(job)
            return
        self._fruitless += isinstance(error, Transient)
        if self._fruitless > self.limits.jobs and not self._let_in:
            self.halted = self.halted or error  # nobody is there: the rest need not find that out one by one
        self._fail(job, error)

    def _delay(self, job: Job, error: ModelError) -> float:
        """Seconds until the next try; infinite when there should be none."""
        tries, most = job.tries + 1, self.limits.tries
        if isinstance(error, Busy):
            # Only refusals in a row count: while others are let in, it is a matter of waiting one's turn.
            job.refusals = tries = job.refusals + 1 if job.seen == self._let_in else 1
            job.seen, most = self._let_in, 2 * most
        else:
            job.tries = tries
        if isinstance(error, Transient) and tries < most:
            jittered = min(LONGEST_BACKOFF, BACKOFF * 2.0 ** (tries - 1)) * random.uniform(0.5, 1.5)
            return max(jittered, error.retry_after or 0.0)
        return 0.0 if isinstance(error, BadAnswer) and tries == 1 else float("inf")
