"""The seam to a model, once for all models: fan-out, answer cache, deadlines, retries, repair and the cost ledger.

An adapter in models/ only carries one request to its model and its reply back.
"""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from .errors import INTERRUPTED, BadAnswer, ModelError
from .write import append_line, store

if TYPE_CHECKING:  # importing the forms loads pydantic, which costs more than all of the rest
    from .forms import Form, Inputs

Progress = Callable[["Request", str], None]
BACKOFF = 1.0  # seconds before the first retry, doubled for each further one


class Transient(ModelError):
    """It may work in a moment: after `retry_after` seconds, if the server says so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Fatal(ModelError):
    """No other request can succeed either: no key, no such model, nothing left to spend."""


class Interrupted(ModelError):
    """A person stopped the run before this answer was there."""

    exit_code = INTERRUPTED


@dataclass(frozen=True)
class Usage:
    """Tokens as the server counts them; `input_tokens` is the uncached rest only."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read: int = 0
    cache_write: int = 0


@dataclass(frozen=True)
class Request:
    """One question to a model. Nothing random or dated stands in it: it keys the answer cache."""

    task: str  # digest, page, overview or same
    system: str
    user: str
    form: type[Form]
    inputs: Inputs  # what the messages were rendered from
    recipe: str  # hash of prompt and house style, in hex
    subject: str  # what it is for: a raw path or a page title
    max_tokens: int = 32_000
    attempt: int = 1  # 2 and more: a repair


@dataclass(frozen=True)
class Reply:
    """What a model said, and what it cost. With an `error` it was paid for, and its text must not be used."""

    text: str
    model: str  # as the server names it
    usage: Usage
    cached: bool = False
    error: ModelError | None = None


class Model(Protocol):
    """What answers requests. A `free` one gives the same answer each time: no cache, no ledger, no repair."""

    name: str  # one with `judges = False` is never asked whether two names stand for one thing
    free: bool

    def complete(self, request: Request, deadline: float) -> Reply:
        """The reply, before `time.monotonic()` is `deadline`. Raises a ModelError when nothing was bought."""


class Answer(NamedTuple):
    """A filled-in form, or why there is none; and the model that filled it in ('' with an error)."""

    result: Form | ModelError
    model: str


@dataclass(frozen=True)
class Limits:
    """What a run may take; `call_seconds` are those of one request with all of its tries."""

    jobs: int = 8
    call_seconds: float = 600
    run_seconds: float = 7_200
    tries: int = 4


@dataclass(frozen=True)
class Kept:
    """One file of the answer cache: what was received, and what it answers."""

    task: str
    inputs_key: str
    recipe: str
    subject: str
    attempt: int
    model: str
    usage: Usage
    text: str

    def to_bytes(self) -> bytes:
        """The file's content. A lone surrogate, which a model may send, becomes an escape that reads back as itself."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True)
        return text.encode(errors="backslashreplace")

    @classmethod
    def from_bytes(cls, data: bytes) -> Kept:
        """The answer that a file holds. Raises ValueError, TypeError or KeyError when it is not one."""
        entry = json.loads(data)
        return cls(**{**entry, "usage": Usage(**entry["usage"])})


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def inputs_key(task: str, inputs: Inputs) -> str:
    """What a request is about, whatever the prompt's words: hash of the task and its typed inputs."""
    return _hash([task, asdict(inputs)])


def request_key(model: str, request: Request) -> str:
    """The name of a request's file in the answer cache: hash of all that the model sees."""
    prompt = (request.system, request.user, request.form.json_schema())
    return _hash([model, request.task, *prompt, request.max_tokens])


def again(request: Request, problems: Sequence[str]) -> Request:
    """The repair request: the same question, followed by what was wrong with the last answer."""
    listed = "\n".join(f"- {problem}" for problem in problems)[:4_000]
    user = f"{request.user}\n\nYour last answer was not usable:\n{listed}\nFill in the form again, whole."
    return replace(request, user=user, attempt=request.attempt + 1)


def fill(form: type[Form], text: str) -> Form | list[str]:
    """The form filled in from JSON, or the problems, each with its place."""
    from pydantic import ValidationError

    try:
        return form.model_validate_json(text)
    except ValidationError as error:
        return [f"{'.'.join(map(str, e['loc'])) or 'form'}: {e['msg']}" for e in error.errors()]


def background(work: Callable[[], object]) -> Future[object]:
    """The future result of `work`, done in a thread that does not hold up the end of the process (a pool's would)."""
    future: Future[object] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  (raised again by future.result())
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def ask(root: Path, model: Model, requests: Sequence[Request], limits: Limits, progress: Progress) -> list[Answer]:
    """One answer for each request, in order. Equal ones are asked once, one of each system text first (prompt cache).

    A failure stops no other, but a Fatal one or Ctrl-C does: those running finish, the rest get it, or Interrupted.
    `progress` is called by one thread at a time: `asking`, `asking again` (a retry or a repair), `answered`, `cached`,
    `failed`. Raises DiskError, and KeyboardInterrupt at a second Ctrl-C.
    """
    return _Run(root, model, limits, progress).answers(requests)


class _Run:  # one call of ask(); a thread of its own leads, so that Ctrl-C finds the main one only waiting
    def __init__(self, root: Path, model: Model, limits: Limits, progress: Progress) -> None:
        self._root, self._model, self._limits, self._progress = root, model, limits, progress
        self._end, self._lock, self._stop = time.monotonic() + limits.run_seconds, threading.Lock(), threading.Event()
        self._why: ModelError = Interrupted("Stopped before it was asked. Run the same command again to go on.")
        self._done: dict[str, Answer] = {}

    def answers(self, requests: Sequence[Request]) -> list[Answer]:
        keys = [request_key(self._model.name, request) for request in requests]
        boss = background(lambda: self._lead(dict(zip(keys, requests, strict=True))))
        try:
            boss.result()
        except KeyboardInterrupt:
            self._stop.set()
            boss.result()
        return [self._done.get(key) or Answer(self._why, "") for key in keys]

    def _lead(self, todo: dict[str, Request]) -> None:
        cold = [] if self._model.free else [key for key in todo if self._kept(key) is None]
        ahead = set({todo[key].system: key for key in reversed(cold)}.values())
        self._fan_out([item for item in todo.items() if item[0] in ahead])
        self._fan_out([item for item in todo.items() if item[0] not in ahead])

    def _fan_out(self, todo: list[tuple[str, Request]]) -> None:
        items = iter(todo)  # shared by the threads
        workers = [background(lambda: self._work(items)) for _ in todo[: 1 if self._model.free else self._limits.jobs]]
        for worker in wait(workers).done:
            with suppress(KeyboardInterrupt):
                worker.result()

    def _work(self, items: Iterator[tuple[str, Request]]) -> None:
        try:
            for key, request in items:
                if not self._stop.is_set():
                    self._done[key] = self._answer(request)
        except BaseException:  # a full disk or a bug: buy nothing more
            self._stop.set()
            raise

    def _answer(self, request: Request) -> Answer:
        try:
            reply = self._reply(request)
            form = fill(request.form, reply.text)
            if isinstance(form, list) and not self._model.free:
                reply = self._reply(again(request, form))
                form = fill(request.form, reply.text)
            if isinstance(form, list):
                raise BadAnswer(f"The answer has {len(form)} things that do not fit its form. Run the command again.")
        except ModelError as error:
            if isinstance(error, Fatal) and not self._stop.is_set():
                self._why = error
                self._stop.set()
            self._say(request, "failed")
            return Answer(error, "")
        self._say(request, "cached" if reply.cached else "answered")
        return Answer(form, reply.model)

    def _reply(self, request: Request) -> Reply:
        """A reply from the answer cache, else from the model. A kept repair that fits no better is bought anew."""
        if self._model.free:
            return self._model.complete(request, self._end)
        kept = self._kept(key := request_key(self._model.name, request))
        if kept and (request.attempt == 1 or not isinstance(fill(request.form, kept.text), list)):
            return Reply(kept.text, kept.model, kept.usage, cached=True)
        deadline = min(time.monotonic() + self._limits.call_seconds, self._end)
        error, delay = ModelError("The time of this run is over. Run the same command again to go on."), 0.0
        for tries in range(1, self._limits.tries + 1):
            if time.monotonic() + delay >= deadline:
                break
            if self._stop.wait(delay):
                raise self._why
            self._say(request, "asking" if tries == request.attempt == 1 else "asking again")
            try:
                return self._bought(key, request, self._model.complete(request, deadline))
            except ModelError as failure:
                error, delay = failure, _delay(failure, tries)
        raise error

    def _kept(self, key: str) -> Kept | None:
        try:
            return Kept.from_bytes((self._root / f".karpwiki/answers/{key}.json").read_bytes())
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _bought(self, key: str, request: Request, reply: Reply) -> Reply:
        """Keep and book what was paid for. Raises its error when it must not be used."""
        if not reply.error:
            about = (request.task, inputs_key(request.task, request.inputs), request.recipe, request.subject)
            kept = Kept(*about, request.attempt, reply.model, reply.usage, reply.text)
            store(self._root, f"answers/{key}.json", kept.to_bytes())
        line = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "task": request.task}
        outcome = type(reply.error).__name__ if reply.error else "answered"
        line |= {"subject": request.subject, "model": reply.model, "outcome": outcome}
        append_line(self._root, "costs.jsonl", json.dumps(line | asdict(reply.usage)))
        if reply.error:
            raise reply.error
        return reply

    def _say(self, request: Request, event: str) -> None:
        with self._lock:
            self._progress(request, event)


def _delay(error: ModelError, tries: int) -> float:
    """Seconds until the next try; infinite when there should be none."""
    if isinstance(error, Transient):
        jittered = BACKOFF * 2 ** (tries - 1) * random.uniform(0.5, 1.5)
        return jittered if error.retry_after is None else error.retry_after
    return 0.0 if isinstance(error, BadAnswer) and tries == 1 else float("inf")
