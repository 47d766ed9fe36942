"""Any program that reads a prompt on standard input and prints JSON: the command line of an agent, or one of your own.

It runs without a shell, in a new empty folder, so that an agent sees neither the vault nor its CLAUDE.md, and in a
process group of its own, which is ended with it. It has our environment, but for variables that begin with KARPWIKI_,
and for CLAUDECODE, with which claude does not start inside another claude. It needs Linux, macOS or another Unix.
"""

from __future__ import annotations

import atexit
import errno
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory, TemporaryFile
from typing import IO, Any, NamedTuple

from ..errors import BadAnswer, Busy, DiskError, Fatal, Interrupted, ModelError, TooLong, Transient, UsageError
from ..llm import Reply, Request, plain_name
from ..pattern import pattern
from ..prices import Usage, tokens
from .wire import AGAIN, json_in, shown

CAP = 32 * 2**20
"""Bytes that a program may print."""
GRACE = 0.3
"""Seconds that it has to end in, when it is asked to."""
_folder = partial(TemporaryDirectory[str], prefix="karpwiki-", ignore_cleanup_errors=True)
_PLACE = pattern(r"\{(schema|schema_file|out_file|system)\}")
_OURS = ("KARPWIKI_", "CLAUDECODE")
_SECRET = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")
_SPENT = r"(usage|spend|spending|session|weekly|hour) limit|hit your limit|credit balance|out of (credit|extra)|quota"
_RATE = r"rate.?limit|too many requests|\b429\b"
_LOGIN = r"log(ged)? ?in\b|unauthorized|\b401\b|authenticat|api.key|no key found|oauth"
_LONG = r"(prompt|input) is too long|request too large|context (length|size|window)|too many tokens"
_DOWN = r"overloaded|\b5(00|02|03|04|29)\b|connection|timed out"


class Preset(NamedTuple):
    """A known program: its arguments, under which key its answer stands, and what it is."""

    arguments: tuple[str, ...]
    answer: str
    about: str


_CLAUDE = "claude -p --output-format json --json-schema {schema} --no-session-persistence --strict-mcp-config --tools"
_CODEX = (
    "codex exec --output-schema {schema_file} -o {out_file} --json -s read-only --ephemeral --skip-git-repo-check -"
)
PRESETS: Mapping[str, Preset] = {
    # Without tools, and without the servers of the user's settings, which --tools does not speak of.
    "claude": Preset((*_CLAUDE.split(), ""), "structured_output", "Claude Code"),
    # With --json it prints what it used, and why it failed.
    "codex": Preset(tuple(_CODEX.split()), "", "Codex"),
    # It takes a file as well, but not one in whose path there is a space or a comma.
    "llm": Preset(("llm", "--schema", "{schema}", "--no-stream", "-n"), "", "llm with its default model"),
}


def preset(word: str) -> Command:
    """The known program `word`. Raises UsageError naming those there are."""
    if word not in PRESETS:
        known = ", ".join(f"command:{name} ({row.about})" for name, row in PRESETS.items())
        raise UsageError(f"There is no command {word!r}. Known are {known}; any other goes in a [models.NAME] table.")
    return Command(f"{word}-cli", PRESETS[word].arguments, answer=PRESETS[word].answer)


class Command:
    """A program as a model.

    In its arguments, `{schema}` stands for the JSON schema of the answer, `{schema_file}` for a file with it,
    `{out_file}` for a file that the program writes its answer to instead of printing it, `{system}` for the system
    prompt. Schema and system prompt that no argument has are in the prompt. Everybody may see the arguments of a
    process: the rest of the prompt, which holds the source, is never among them.
    """

    free = False

    def __init__(self, name: str, arguments: Sequence[str], *, answer: str = "") -> None:
        """`answer`: the key, like `item.text`, of the answer in the JSON that is printed; '': all of it is the answer.

        Raises UsageError when no program is named. Starts nothing.
        """
        if not arguments or not arguments[0]:
            raise UsageError(f"The command of {name} names no program. Name it, with its arguments.")
        self.name = plain_name(name)
        self.variant = hashlib.sha256(json.dumps([*arguments, answer]).encode()).hexdigest()[:12]
        self._arguments, self._key, self._program = tuple(arguments), answer, Path(arguments[0]).name
        self._places = {place for argument in arguments[1:] for place in _PLACE.findall(argument)}

    def complete(self, request: Request, deadline: float, began: Callable[[], None]) -> Reply:
        """The reply, with an error when it was paid for and is not usable. Raises a ModelError when nothing was bought,
        DiskError when temporary files cannot be made.

        `began` is not called: that the program runs does not tell that its model has let it in.
        """
        schema = json.dumps(request.form.json_schema(), separators=(",", ":"))
        parts = [] if "system" in self._places else [request.system]
        if not self._places & {"schema", "schema_file"}:
            parts.append(f"Answer with one JSON object and nothing else. It fits this JSON schema:\n{schema}")
        with ExitStack() as stack:
            try:
                # Files, not pipes: who reads or writes when, and who keeps them open, is then no matter.
                prompt, out, err = (stack.enter_context(TemporaryFile()) for _ in range(3))
                prompt.write("\n\n".join([*parts, request.user]).encode(errors="replace"))
                prompt.seek(0)
                work, beside = (stack.enter_context(_folder()) for _ in range(2))
                with NamedTemporaryFile("w", dir=beside, suffix=".json", delete=False) as file:
                    file.write(schema)
            except OSError as error:
                raise DiskError(f"Temporary files cannot be made ({error.strerror}). Make room for them.") from None
            answer = Path(beside, "answer.json")
            values = {"schema": schema, "schema_file": file.name, "out_file": str(answer), "system": request.system}
            filled = [_PLACE.sub(lambda match: values[match[1]], argument) for argument in self._arguments[1:]]
            code = self._run(filled, work, (prompt, out, err), deadline)
            printed = given = _text(out)
            if "out_file" in self._places:
                given = ""
                with suppress(OSError), answer.open("rb") if answer.is_file() else TemporaryFile() as written:
                    given = _text(written)
            return self._reply(request, code, printed, given, _text(err))

    def _run(self, arguments: list[str], folder: str, files: tuple[IO[bytes], ...], deadline: float) -> int:
        """The exit code. Raises a ModelError when the program cannot be started or does not end by itself."""
        program, late = self._program, Transient(f"{self._program} gave no answer within the time limit. {AGAIN}")
        if time.monotonic() >= deadline:
            raise late
        # Looked for from here: the program starts in another folder.
        found = shutil.which(self._arguments[0])
        if not found:
            raise Fatal(f"{program} is not a program that can be run here. Install it, or correct the command.")
        environ = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        command, (stdin, stdout, stderr) = [str(Path(found).absolute()), *arguments], files
        try:
            with _lock:
                if _closing.is_set():
                    raise Interrupted(f"Stopped before it was asked. {AGAIN}")
                process: subprocess.Popen[bytes] = subprocess.Popen(
                    command, -1, None, stdin, stdout, stderr, cwd=folder, env=environ, start_new_session=True
                )
                _running.add(process)
        except (OSError, ValueError) as error:
            number = error.errno if isinstance(error, OSError) else None
            why = os.strerror(number) if number else "a character that no argument may hold"
            if number in (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE):
                raise Transient(f"{program} cannot be started for now ({why}). {AGAIN}") from None
            raise Fatal(f"{program} cannot be started ({why}). Correct the command.") from None
        try:
            while (left := deadline - time.monotonic()) > 0:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(min(left, 0.05))
                if any(os.fstat(file.fileno()).st_size > CAP for file in (stdout, stderr)):
                    process.kill()
                    raise BadAnswer(f"{program} printed more than {CAP >> 20} MB. Check its arguments.")
                if process.returncode is not None:
                    return process.returncode
            raise late
        finally:
            _end(process)

    def _reply(self, request: Request, code: int, printed: str, given: str, noted: str) -> Reply:
        """What the program gave, as a reply. Raises the error of what cost nothing."""
        objects = _objects(printed)
        (used, dollars), error = _cost(objects), self._failure(request, code, objects, noted)
        answer = "" if error else self._answer(given)
        guess = Usage(tokens(request.system) + tokens(request.user), tokens(answer or given))
        if answer:
            return Reply(answer, self.name, used or guess, dollars=dollars)
        paid = used or dollars or (not error and given.strip())
        where = f" under {self._key}" if self._key else ""
        error = error or BadAnswer(f"{self._program} gave no JSON object as its answer{where}. {AGAIN}")
        if not paid:
            raise error
        return Reply("", self.name, used or guess, error=error, dollars=dollars)

    def _answer(self, given: str) -> str:
        """The JSON object in what the program gave, as text; '' when there is none."""
        if self._key:
            found = [value for one in _objects(given) if (value := _at(one, self._key)) is not None]
            value = found[-1] if found else ""
            given = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        text = json_in(given)
        return text if isinstance(_json(text), dict) else ""

    def _failure(self, request: Request, code: int, objects: list[dict[str, Any]], noted: str) -> ModelError | None:
        """What went wrong, as the program says by its exit code, or as claude says; None when nothing did."""
        results = [one for one in objects if "is_error" in one or one.get("type") == "result"]
        last = results[-1] if results else {}
        told = last.get("is_error") is True or last.get("subtype", "success") != "success"
        program = self._program
        if not told and code == 0:
            return None
        words = next(filter(None, map(_words, reversed(objects))), "")[:200] or noted.strip()[-200:]
        secrets = [value for name, value in os.environ.items() if name.upper().endswith(_SECRET) and len(value) > 3]
        for secret in secrets:
            words = words.replace(secret, "…")
        said = shown(words, (request.system, request.user, *secrets))
        because = f": {said}" if said else ""
        kinds = (_SPENT, _RATE, _LOGIN, _LONG, _DOWN)
        spent, rate, login, long, down = (re.search(words, said, re.IGNORECASE) for words in kinds)
        if spent or rate:
            kind = Fatal if spent or told else Busy  # claude waits for the end of a busy minute itself
            return kind(f"The usage limit of {program} is reached{because}. {AGAIN}")
        if login:
            return Fatal(f"{program} has no login or key that is accepted{because}. Log in with {program} first.")
        if long:
            return TooLong(f"The request is too long for {program}{because}.")
        if told and not down:
            return BadAnswer(f"{program} could not answer{because}. {AGAIN}")
        how = f"exit code {code}" if code >= 0 else f"signal {-code}"
        return Transient(f"{program} ended with {how}{because}. {AGAIN}")


def _text(file: IO[bytes]) -> str:
    """The text in a file. What is not UTF-8 becomes what JSON does not allow, so that it is not taken for an answer."""
    file.seek(0)
    return file.read(CAP).decode("utf-8-sig", "backslashreplace")


def _json(text: str) -> Any:
    with suppress(ValueError, RecursionError):
        return json.loads(text)
    return None


def _objects(text: str) -> list[dict[str, Any]]:
    """The JSON objects in a text: a list of them, one a line, or one."""
    whole = _json(text)
    found = whole if isinstance(whole, list) else [whole] if whole else [*map(_json, text.split("\n"))]
    return [one for one in found if isinstance(one, dict)]


def _at(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _cost(objects: list[dict[str, Any]]) -> tuple[Usage | None, float | None]:
    """The tokens and dollars that the program says it took; None for what it does not say."""
    prices = [one.get("total_cost_usd") for one in objects]
    dollars = [float(n) for n in prices if isinstance(n, (int, float)) and n is not True and 0 <= n < 1e6]
    rows = [one["usage"] for one in objects if isinstance(one.get("usage"), dict)]
    row = {name: n for name, n in rows[-1].items() if type(n) is int and n >= 0} if rows else {}
    used, cached = None, row.get("cached_input_tokens", 0)  # of codex, whose input has them, too
    if {"input_tokens", "output_tokens"} <= row.keys() and any(row.values()):
        read, write = row.get("cache_read_input_tokens", cached), row.get("cache_creation_input_tokens", 0)
        used = Usage(max(0, row["input_tokens"] - cached), row["output_tokens"], read, write)
    return used, dollars[-1] if dollars else None


def _words(one: dict[str, Any]) -> str:
    """What claude or codex says in an object about why it failed."""
    error, more = one.get("error"), one.get("errors")
    found = [error, _at(error, "message"), one.get("message"), one.get("result"), *(more if type(more) is list else [])]
    return " ".join(word for word in found if isinstance(word, str)).strip()


_running: set[subprocess.Popen[bytes]] = set()
_lock, _closing = threading.Lock(), threading.Event()


def _end(*processes: subprocess.Popen[bytes]) -> None:
    """End programs with all that they started: they are asked to end, then made to."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
        end = time.monotonic() + GRACE
        while any([_lives(process) for process in processes]) and time.monotonic() < end:
            time.sleep(0.01)
    _running.difference_update(processes)


def _lives(process: subprocess.Popen[bytes]) -> bool:
    """Whether anything of a program's group is left."""
    process.poll()
    with suppress(ProcessLookupError, PermissionError):  # the latter on macOS, of a group that has ended
        os.killpg(process.pid, 0)
        return True
    return process.returncode is None


@atexit.register
def _end_all() -> None:
    """At the end of this process, which does not wait for the threads that wait for programs."""
    with _lock:
        _closing.set()
    _end(*_running)
