"""Requests on their way to their answers, and the talks that wait for them. Bookkeeping: nothing is called here."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from .budget import Taken
from .llm import Answer, Model, Reply, Request, Talk, Team, request_key

if TYPE_CHECKING:
    from .forms import Form


@dataclass(eq=False)
class Job:
    """One request on its way to its answer, with those that wait for it. Times are of the monotonic clock."""

    key: str
    request: Request
    model: Model
    waiting: list[tuple[Open, int]] = field(default_factory=list)
    """(talk, place of the answer among those that it asked for)."""
    looked: bool = False
    """Whether the answer cache was looked into."""
    tries: int = 0
    refusals: int = 0
    seen: int = 0
    """Calls that the server had let in when it last refused this one."""
    ready: float = 0.0
    """When it may be tried again."""
    deadline: float = 0.0
    """When all of its tries must have ended; 0: it was not tried."""
    began: float = 0.0
    admitted: bool = False
    """Whether the server has taken the present try."""
    taken: Taken | None = None
    alone: bool = False
    """Whether it takes all of the money that is left: its answer was cut off for want of it."""


@dataclass(frozen=True)
class Event:
    """What an engine tells of a job: that it has begun to be answered, or how it ended."""

    job: Job
    end: tuple[Reply, float] | BaseException | None = None
    """The reply, kept and booked, with its dollars; an error when nothing was bought; None: it has begun."""
    form: Form | list[str] = field(default_factory=list)
    """What the reply fills in, or what is wrong with it."""


class Engine(Protocol):
    """What carries calls out: one by one (live.py), or as a batch (batch.py)."""

    ahead: float
    """How many jobs it wants to know of before it begins."""
    first: int
    """How many may run at once before anything is known of the server."""
    warms: bool
    """Whether one call of each system text goes ahead, to fill the prompt cache."""

    def start(self, job: Job, request: Request, deadline: float) -> None:
        """Begin a call. `request`: the job's, with as long an answer as can be paid for."""

    def wait(self, seconds: float) -> list[Event]:
        """What has happened; waits for something to happen, at most about so long."""

    def wake(self) -> None:
        """End a `wait`. A signal handler may call it."""

    def drop(self) -> list[Event]:
        """The ends of those jobs that will not be waited for, since a person stopped the run."""


@dataclass(eq=False)
class Open:
    """A talk that is under way."""

    number: int
    talk: Talk[object]
    answers: list[Answer | None] = field(default_factory=list)
    missing: int = 0


class Talks:
    """The talks of one run: what they ask, each once, and what they returned."""

    def __init__(self, team: Team) -> None:
        self.todo: deque[Job] = deque()
        """Jobs that are not answered and do not run."""
        self._team = team
        self._jobs: dict[str, Job] = {}
        self._done: list[tuple[int, object]] = []
        self._coming: Iterator[tuple[int, Talk[object]]] = iter(())
        self._more, self._open = False, 0

    def add(self, talks: Iterable[Talk[object]]) -> None:
        """Further talks, begun when `begin` says so."""
        self._coming, self._more = enumerate(talks), True

    def begin(self, most: float) -> None:
        """Begin talks until at least so many jobs are to be done, or all have begun."""
        while self._more and len(self.todo) < most:
            n, talk = next(self._coming, (-1, None))
            self._more = talk is not None
            if talk is not None:
                self._open += 1
                self._advance(Open(n, talk), None)

    def ended(self) -> Iterator[tuple[int, object]]:
        """(number, what it returned) of each talk that has ended since."""
        while self._done:
            self._open -= 1
            yield self._done.pop(0)

    @property
    def over(self) -> bool:
        return not (self._more or self._open)

    def _advance(self, open: Open, answers: list[Answer] | None) -> None:
        """Send a talk its answers, and put down what it asks next."""
        requests: Sequence[Request] = ()
        follows = answers is not None
        while not requests:
            try:
                requests = open.talk.send(answers)  # type: ignore[arg-type]
            except StopIteration as end:
                self._done.append((open.number, end.value))
                return
            answers = []
        open.answers, open.missing = [None] * len(requests), len(requests)
        jobs = [job for slot, request in enumerate(requests) if (job := self._job(request, open, slot))]
        # What a talk asks on comes first, so that it ends early.
        if follows:
            self.todo.extendleft(reversed(jobs))
        else:
            self.todo.extend(jobs)

    def _job(self, request: Request, open: Open, slot: int) -> Job | None:
        """The job of a request; None when the same is asked already."""
        model = self._team.of(request.task)
        key = request_key(model, request)
        there = self._jobs.get(key)
        if there:
            there.waiting.append((open, slot))
            return None
        self._jobs[key] = job = Job(key, request, model, [(open, slot)])
        return job

    def ask_instead(self, job: Job, request: Request) -> None:
        """A job's request becomes another, its repair, which is next."""
        del self._jobs[job.key]
        job.key, job.request = request_key(job.model, request), request
        if job.key in self._jobs:
            self._jobs[job.key].waiting += job.waiting
            return
        job.looked, job.tries, job.refusals, job.ready, job.deadline = False, 0, 0, 0.0, 0.0
        self._jobs[job.key] = job
        self.todo.appendleft(job)

    def answer(self, job: Job, answer: Answer) -> None:
        """A job is done: those that have all of their answers go on."""
        del self._jobs[job.key]
        for open, slot in job.waiting:
            open.answers[slot] = answer
            open.missing -= 1
            if not open.missing:
                self._advance(open, [a for a in open.answers if a is not None])
