"""The seam to a model: what is asked, what comes back, what of it is kept. An adapter in models/ carries one request.

How many are asked at once, again, or not at all, and what they cost, is the matter of calls.py, once for all models.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from .errors import ModelError
from .prices import Usage

if TYPE_CHECKING:  # importing the forms loads pydantic, which costs more than all of the rest
    from concurrent.futures import Future

    from .forms import Form, Inputs

Progress = Callable[["Request", str], None]
ANSWERS = "answers"
"""The folder of the answer cache below .karpwiki/."""


@dataclass(frozen=True)
class Request:
    """One question to a model. Nothing random or dated stands in it: it keys the answer cache."""

    task: str  # one of TASKS, or a part of one
    system: str
    user: str
    form: type[Form]
    inputs: Inputs  # what the messages were rendered from
    recipe: str  # hash of prompt and house style, in hex
    subject: str  # what it is for: a raw path or a page title
    max_tokens: int = 32_000
    attempt: int = 1  # 2 and more: a repair


MAKING = ("digest", "page", "same", "overview")
"""The tasks by which a wiki is made."""
TASKS = (*MAKING, "judge")
"""What settings may give a model of its own."""
_PARTS = {"mend": "digest", "support": "judge", "review": "judge"}
"""What a request may be for besides → the task that it is a part of."""


@dataclass(frozen=True)
class Reply:
    """What a model said, and what it cost. With an `error` it was paid for, and its text must not be used."""

    text: str
    model: str  # as the server names it
    usage: Usage
    cached: bool = False
    error: ModelError | None = None
    dollars: float | None = None  # as the model itself says; None: by its price


class Model(Protocol):
    """What answers requests. A `free` one gives the same answer each time: no cache, no ledger, no repair."""

    name: str  # as pages and the ledger call it; one with `judges = False` is asked about no names and no claims
    variant: str  # what else tells its answers from another's, such as its effort
    free: bool

    def complete(self, request: Request, deadline: float, began: Callable[[], None]) -> Reply:
        """The reply, before `time.monotonic()` is `deadline`. Raises a ModelError when nothing was bought.

        `began` is to be called as soon as the server has let the call in, where that can be known before its end.
        """


@dataclass(frozen=True)
class Team:
    """The models of one command: one for all tasks, and those that settings name for single ones."""

    model: Model
    tasks: Mapping[str, Model] = field(default_factory=dict)
    asks: tuple[str, ...] = MAKING
    """The tasks that the command may have for them."""

    def of(self, task: str) -> Model:
        return self.tasks.get(_PARTS.get(task, task), self.model)

    @property
    def members(self) -> tuple[Model, ...]:
        """Each model that may be asked, once."""
        return tuple({m.name: m for m in map(self.of, self.asks)}.values())

    @property
    def name(self) -> str:
        return " + ".join(m.name for m in self.members)

    @property
    def free(self) -> bool:
        return all(m.free for m in self.members)

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(said for m in self.members for said in getattr(m, "warnings", ()))


class Answer(NamedTuple):
    """A filled-in form, or why there is none; and the model that was asked, or whose answer was recorded."""

    result: Form | ModelError
    model: str


T = TypeVar("T")
Talk = Generator[Sequence[Request], list[Answer], T]
"""Work that asks: it yields requests, is sent their answers, asks on if it must, and returns what came of it."""


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
        made = cls(**{**entry, "usage": Usage(**entry["usage"])})
        if not all(isinstance(text, str) for text in (made.text, made.model, made.task, made.recipe, made.subject)):
            raise ValueError("not an answer")
        return made


def kept(root: Path, key: str) -> Kept | None:
    """The answer that the cache holds under a key, or None."""
    try:
        return Kept.from_bytes((root / f".karpwiki/{ANSWERS}/{key}.json").read_bytes())
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def inputs_key(task: str, inputs: Inputs) -> str:
    """What a request is about, whatever the prompt's words: hash of the task and its typed inputs."""
    return _hash([task, asdict(inputs)])


def request_key(model: Model, request: Request) -> str:
    """The name of a request's file in the answer cache: hash of all that the model sees, 64 hex digits."""
    prompt = (request.system, request.user, request.form.json_schema())
    return _hash([model.name, model.variant, request.task, *prompt, request.max_tokens])


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


def plain_name(name: str) -> str:
    """A model's name as it may stand in a page's state: letters, digits and `_.:@-`, at most 100."""
    return re.sub(r"[^\w.:@-]", "-", name, flags=re.ASCII)[:100]


def background(work: Callable[[], object]) -> Future[object]:
    """The future result of `work`, done in a thread that does not hold up the end of the process (a pool's would)."""
    from concurrent.futures import Future

    future: Future[object] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  (raised again by future.result())
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future
