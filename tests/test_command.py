"""The adapter of programs: small scripts that behave as the real ones do, or badly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from karpwiki.errors import BadAnswer, Busy, DiskError, Fatal, ModelError, TooLong, Transient, UsageError
from karpwiki.forms import DigestForm, DigestInput, FormFigure, OverviewForm, PageForm
from karpwiki.llm import Reply, Request, fill
from karpwiki.models import command
from karpwiki.models.command import PRESETS, Command, preset
from karpwiki.prices import Usage, tokens

KEY = "sk-KEYMARK-0123456789"
SOURCE = "SOURCEMARK-9876543210 stands in the source."
SYSTEM = "SYSTEMMARK: fill in the form, {schema} and all."
ANSWER = {"attribute": "size", "value": "3", "unit": "MB"}
GOOD = json.dumps(ANSWER)
SCHEMA = json.dumps(FormFigure.json_schema(), separators=(",", ":"))
WORDS = f"Answer with one JSON object and nothing else. It fits this JSON schema:\n{SCHEMA}"
GUESS = Usage(tokens(SYSTEM) + tokens(SOURCE), tokens(GOOD))
ENVELOPE = {
    "type": "result",
    "subtype": "success",
    "is_error": False,
    "api_error_status": None,
    "result": GOOD,
    "session_id": "0",
    "total_cost_usd": 0.0123,
    "usage": {
        "input_tokens": 11,
        "cache_creation_input_tokens": 3,
        "cache_read_input_tokens": 5,
        "output_tokens": 7,
        "server_tool_use": {"web_search_requests": 0},
        "service_tier": "standard",
    },
    "structured_output": ANSWER,
}
"""As claude 2.1 prints it."""
EVENTS = [
    {"type": "thread.started", "thread_id": "0"},
    {"type": "turn.started"},
    {"type": "item.completed", "item": {"id": "item_0", "type": "reasoning", "text": "Hm."}},
    {"type": "item.completed", "item": {"id": "item_1", "type": "agent_message", "text": GOOD}},
    {
        "type": "turn.completed",
        "usage": {"input_tokens": 100, "cached_input_tokens": 40, "output_tokens": 7, "reasoning_output_tokens": 2},
    },
]
"""As codex 0.171 prints them."""

Write = Callable[..., str]


def request(**changes: object) -> Request:
    inputs = DigestInput("notes/1.md", SOURCE, 1, 1, ("concept",))
    values = {"task": "digest", "system": SYSTEM, "user": SOURCE, "form": FormFigure, "inputs": inputs}
    return Request(**(values | {"recipe": "abcd", "subject": "notes/1.md"} | changes))  # type: ignore[arg-type]


def ask(model: Command, seconds: float = 10, **changes: object) -> Reply | ModelError:
    """What one call comes to: a reply, or the error that it raised. It is never later than a second."""
    start = time.monotonic()
    try:
        return model.complete(request(**changes), start + seconds, lambda: None)
    except ModelError as error:
        return error
    finally:
        assert time.monotonic() - start < seconds + 1


def error_of(outcome: Reply | ModelError) -> ModelError:
    error = outcome.error if isinstance(outcome, Reply) else outcome
    assert error, outcome
    text = str(error)
    assert "MARK" not in text and text.isprintable() and len(text) < 450 and text.endswith("."), text
    return error


@pytest.fixture
def script(tmp_path: Path) -> Write:
    """Writes a program of the given name and body and gives its path."""

    def write(body: str, name: str = "fake") -> str:
        path = tmp_path / name
        needed = [module for module in ("json", "os", "signal", "sys", "time") if f"{module}." in body]
        path.write_text(f"#!{sys.executable} -S\nimport {', '.join(needed or ['sys'])}\n{body}\n", "utf-8")
        path.chmod(0o755)
        return str(path)

    return write


@pytest.fixture
def printing(tmp_path: Path) -> Callable[..., Command]:
    """A model whose program, which starts faster than Python, reads, prints a text, notes another one, and ends."""

    def make(out: str = "", err: str = "", code: int = 0, **more: str) -> Command:
        (tmp_path / "out").write_text(out, "utf-8")
        (tmp_path / "err").write_text(err, "utf-8")
        path = tmp_path / "shell"
        path.write_text(f"#!/bin/sh\ncat >/dev/null\ncat '{tmp_path}/out'\ncat '{tmp_path}/err' >&2\nexit {code}\n")
        path.chmod(0o755)
        return Command("mine", [str(path)], **more)

    return make


def alive(mark: str | Path) -> list[str]:
    """The processes whose arguments have a text in them, but for those that have ended and were not noted yet."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (
                str(mark) in (folder / "cmdline").read_text("utf-8", "replace")
                and ") Z " not in (folder / "stat").read_text()
            ):
                found.append(folder.name)
        except OSError:
            continue
    return found


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """No test leaves a process or a temporary file behind."""
    here = tmp_path / "temporary"
    here.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(here))
    monkeypatch.setenv("SOME_API_KEY", KEY)
    yield
    assert not alive(tmp_path) and not command._running
    assert not here.exists() or not list(here.iterdir())


# What goes in

ECHO = """
said = {"attribute": json.dumps(sys.argv[1:]), "value": sys.stdin.read(), "unit": json.dumps(sorted(os.listdir()))}
"""


def echoed(outcome: Reply | ModelError) -> tuple[list[str], str]:
    """The arguments and the standard input of a program that tells them, with an empty folder to run in."""
    assert isinstance(outcome, Reply) and not outcome.error, outcome
    form = fill(FormFigure, outcome.text)
    assert isinstance(form, FormFigure) and form.unit == "[]"
    return json.loads(form.attribute), form.value


def test_without_placeholders_all_stands_in_the_prompt(script: Write) -> None:
    path = script(ECHO + "print(json.dumps(said))")
    arguments = ["{}", "{other}", "{ schema }", "${HOME}; rm *", ""]
    assert echoed(ask(Command("mine", [path, *arguments]))) == (arguments, f"{SYSTEM}\n\n{WORDS}\n\n{SOURCE}")


def test_the_schema_as_an_argument(script: Write) -> None:
    path = script(ECHO + "print(json.dumps(said))")
    arguments, prompt = echoed(ask(Command("mine", [path, "--schema={schema}", "{{schema}}"])))
    assert arguments == [f"--schema={SCHEMA}", f"{{{SCHEMA}}}"]
    assert prompt == f"{SYSTEM}\n\n{SOURCE}"


def test_the_schema_as_a_file(script: Write) -> None:
    path = script(ECHO + "said['attribute'] = json.dumps([open(sys.argv[1]).read()]); print(json.dumps(said))")
    assert echoed(ask(Command("mine", [path, "{schema_file}"]))) == ([SCHEMA], f"{SYSTEM}\n\n{SOURCE}")


def test_the_system_prompt_as_an_argument_is_filled_in_once(script: Write) -> None:
    path = script(ECHO + "print(json.dumps(said))")
    assert echoed(ask(Command("mine", [path, "-s", "{system}"]))) == (["-s", SYSTEM], f"{WORDS}\n\n{SOURCE}")


def test_the_answer_as_a_file(script: Write) -> None:
    path = script(ECHO + "open(sys.argv[1], 'w').write(json.dumps(said)); print('I wrote it down.')")
    [out], prompt = echoed(ask(Command("mine", [path, "{out_file}"])))
    assert out.endswith(".json") and prompt.endswith(SOURCE) and not Path(out).exists()
    silent = Command("mine", [script(f"print({GOOD!r})"), "{out_file}"])
    assert isinstance(ask(silent), BadAnswer), "standard output is not the answer then"
    for odd in ("os.mkfifo(sys.argv[1])", "os.mkdir(sys.argv[1])", "os.symlink('/dev/zero', sys.argv[1])"):
        assert isinstance(ask(Command("mine", [script(odd), "{out_file}"])), BadAnswer)


def test_the_folder_is_new_and_gone_afterwards(script: Write) -> None:
    path = script("open('left', 'w'); os.mkdir('x'); " + f"print(json.dumps({ANSWER!r} | {{'unit': os.getcwd()}}))")
    model = Command("mine", [path])
    folders = {json.loads(ask(model).text)["unit"] for _ in range(3)}  # type: ignore[union-attr]
    assert len(folders) == 3 and not any(Path(folder).exists() for folder in folders)
    assert not Path.cwd().is_relative_to(tempfile.gettempdir())


def test_the_environment_is_passed_on_but_ours(script: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KARPWIKI_MODEL", "x")
    monkeypatch.setenv("CLAUDECODE", "1")
    path = script(f"print(json.dumps({ANSWER!r} | {{'value': json.dumps(dict(os.environ))}}))")
    reply = ask(Command("mine", [path]))
    assert isinstance(reply, Reply)
    seen = json.loads(json.loads(reply.text)["value"])
    assert seen["SOME_API_KEY"] == KEY and seen["PATH"] == os.environ["PATH"]
    assert "CLAUDECODE" not in seen and not [name for name in seen if name.startswith("KARPWIKI_")]


def test_a_program_beside_the_vault_is_found_from_here(script: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(script(f"print({GOOD!r})")).parent)
    assert isinstance(ask(Command("mine", ["./fake"])), Reply)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.environ['PATH']}")
    assert isinstance(ask(Command("mine", ["fake"])), Reply)


def test_odd_characters_of_a_prompt(script: Write) -> None:
    path = script(
        "sys.stdin.reconfigure(encoding='utf-8'); n = sys.stdin.read(); "
        f"print(json.dumps({ANSWER!r} | {{'value': n.split('|')[-1]}}))"
    )
    reply = ask(Command("mine", [path]), user="|知识\x00\u2028é\ud800")
    assert isinstance(reply, Reply) and json.loads(reply.text)["value"] == "知识\x00\u2028é?"


# What comes out


def test_a_good_answer(printing: Callable[..., Command]) -> None:
    assert ask(printing(GOOD)) == Reply(GOOD, "mine", GUESS)


@pytest.mark.parametrize(
    ("out", "answer"),
    [
        (f"\n {GOOD}\n\n", ""),
        ("\ufeff" + GOOD, ""),
        (f"Here it is:\n```json\n{GOOD}\n```\nDone.", ""),
        (f"<think>{{}}</think>Sure:\n{GOOD}", ""),
        (json.dumps(ENVELOPE), "structured_output"),
        (json.dumps(ENVELOPE, indent=2), "structured_output"),
        (json.dumps([{"type": "system", "subtype": "init"}, ENVELOPE]), "structured_output"),
        (json.dumps(ENVELOPE), "result"),
        (json.dumps({"result": f"Here:\n```\n{GOOD}\n```"}), "result"),
        (json.dumps({"a": {"b": ANSWER}}), "a.b"),
        ("\n".join(map(json.dumps, EVENTS)), "item.text"),
        ("Loading…\n" + "\n".join(map(json.dumps, EVENTS)) + "\nbye", "item.text"),
    ],
)
def test_where_an_answer_may_stand(printing: Callable[..., Command], out: str, answer: str) -> None:
    reply = ask(printing(out, "warning: a note", answer=answer))
    assert isinstance(reply, Reply) and not reply.error and json.loads(reply.text) == ANSWER


@pytest.mark.parametrize(
    ("out", "answer"),
    [
        ("I cannot do that.", ""),
        (GOOD[:-1], ""),
        (f"[{GOOD}]", ""),
        ('"text"', ""),
        ("[" * 100_000, ""),
        ('{"a":' * 100_000, ""),
        (json.dumps(ENVELOPE | {"structured_output": None}), "structured_output"),
        (json.dumps(ENVELOPE | {"structured_output": [ANSWER]}), "structured_output"),
        (json.dumps(ENVELOPE | {"structured_output": 7}), "structured_output"),
        (json.dumps(ENVELOPE | {"structured_output": "no JSON"}), "structured_output"),
        (GOOD, "structured_output"),
        (GOOD, "unit.x"),
        ("null", "x"),
    ],
)
def test_what_is_no_answer_was_paid_for_and_is_not_used(
    printing: Callable[..., Command], out: str, answer: str
) -> None:
    reply = ask(printing(out, answer=answer))
    assert isinstance(reply, Reply) and isinstance(error_of(reply), BadAnswer) and reply.text == ""
    assert reply.usage == (Usage(11, 7, 5, 3) if "usage" in out else Usage(GUESS.input_tokens, tokens(out)))


@pytest.mark.parametrize("out", ["", " \n\n"])
def test_no_output_is_a_bad_answer(printing: Callable[..., Command], out: str) -> None:
    assert isinstance(ask(printing(out)), BadAnswer)


def test_output_that_is_not_utf_8(script: Write) -> None:
    body = 'sys.stdout.buffer.write(b\'{"attribute": "\\xff", "value": "", "unit": ""}\')'
    assert isinstance(error_of(ask(Command("mine", [script(body)]))), BadAnswer)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"input_tokens": 1, "output_tokens": 2}, Usage(1, 2)),
        ({"input_tokens": 1, "output_tokens": 2, "cache_read_input_tokens": -1}, Usage(1, 2)),
        ({"input_tokens": 100, "output_tokens": 2, "cached_input_tokens": 40}, Usage(60, 2, 40)),
        ({"input_tokens": 1, "output_tokens": 2, "cached_input_tokens": 40}, Usage(0, 2, 40)),
        ({"input_tokens": -1, "output_tokens": 2}, None),
        ({"input_tokens": "1", "output_tokens": 2}, None),
        ({"input_tokens": 1.5, "output_tokens": 2}, None),
        ({"input_tokens": True, "output_tokens": 2}, None),
        ({"input_tokens": 1}, None),
        ({"input_tokens": 0, "output_tokens": 0}, None),
        ([], None),
        (None, None),
    ],
)
def test_usage_is_taken_where_it_is_one(
    printing: Callable[..., Command], usage: object, expected: Usage | None
) -> None:
    reply = ask(printing(json.dumps({"answer": ANSWER, "usage": usage}), answer="answer"))
    assert isinstance(reply, Reply) and not reply.error and reply.usage == (expected or GUESS)


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        *[(0.5, 0.5), (2, 2.0), (0, 0.0), (-1, None), (True, None), ("1", None), (10**400, None), (None, None)],
        *[(float("nan"), None), (float("inf"), None)],
    ],
)
def test_dollars_are_taken_where_they_are_a_number(
    printing: Callable[..., Command], cost: object, expected: float | None
) -> None:
    reply = ask(printing(json.dumps({"answer": ANSWER, "total_cost_usd": cost}), answer="answer"))
    assert isinstance(reply, Reply) and not reply.error and reply.dollars == expected


# Known programs


def known(script: Write, monkeypatch: pytest.MonkeyPatch, word: str, body: str) -> Command:
    """A preset whose program is ours."""
    path = script(body, word)
    monkeypatch.setenv("PATH", f"{Path(path).parent}{os.pathsep}{os.environ['PATH']}")
    return preset(word)


def test_claude(script: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    body = f"""
want = ["-p", "--output-format", "json", "--json-schema", {SCHEMA!r}, "--no-session-persistence"]
assert sys.argv[1:] == [*want, "--strict-mcp-config", "--tools", ""], sys.argv
assert sys.stdin.read() == {SYSTEM + chr(10) * 2 + SOURCE!r} and os.listdir() == []
print({json.dumps(ENVELOPE)!r})"""
    model = known(script, monkeypatch, "claude", body)
    assert ask(model) == Reply(GOOD, "claude-cli", Usage(11, 7, 5, 3), dollars=0.0123)


def test_codex(script: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    body = f"""
schema, out = sys.argv[3], sys.argv[5]
want = ["exec", "--output-schema", schema, "-o", out, "--json", "-s", "read-only", "--ephemeral"]
assert sys.argv[1:] == [*want, "--skip-git-repo-check", "-"], sys.argv
assert open(schema).read() == {SCHEMA!r} and not os.path.exists(out) and os.listdir() == []
assert sys.stdin.read() == {SYSTEM + chr(10) * 2 + SOURCE!r}
print({chr(10).join(map(json.dumps, EVENTS))!r})
open(out, "w").write({GOOD!r})"""
    assert ask(known(script, monkeypatch, "codex", body)) == Reply(GOOD, "codex-cli", Usage(60, 7, 40))


def test_llm(script: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    body = f"""
assert sys.argv[1:] == ["--schema", {SCHEMA!r}, "--no-stream", "-n"], sys.argv
assert sys.stdin.read() == {SYSTEM + chr(10) * 2 + SOURCE!r} and os.listdir() == []
print({GOOD!r})"""
    assert ask(known(script, monkeypatch, "llm", body)) == Reply(GOOD, "llm-cli", GUESS)


@pytest.mark.parametrize("word", PRESETS)
@pytest.mark.parametrize("form", [DigestForm, PageForm, OverviewForm])
def test_no_prompt_is_ever_an_argument_of_a_known_program(
    script: Write, monkeypatch: pytest.MonkeyPatch, word: str, form: type
) -> None:
    note = (
        "open(os.path.join(os.path.dirname(sys.argv[0]), 'seen'), 'wb').write(open('/proc/self/cmdline', 'rb').read())"
    )
    model = known(script, monkeypatch, word, note)
    assert isinstance(ask(model, form=form), BadAnswer)
    seen = (Path(os.environ["PATH"].split(os.pathsep)[0]) / "seen").read_text("utf-8")
    assert "MARK" not in seen and f"/{word}\0" in seen


def test_an_unknown_program_names_those_that_are_known() -> None:
    with pytest.raises(UsageError, match=r"'gpt'.*command:claude.*command:codex.*command:llm.*\[models\.NAME\]"):
        preset("gpt")


def test_what_tells_answers_apart() -> None:
    made = [Command("mine", ["a", "b"]), Command("mine", ["a b"]), Command("mine", ["a"], answer="b")]
    assert len({model.variant for model in made}) == 3 and not any(model.free for model in made)
    assert made[0].variant == Command("other", ("a", "b")).variant
    assert Command("my model/7", ["a"]).name == "my-model-7"
    for none in ([], [""]):
        with pytest.raises(UsageError, match="no program"):
            Command("mine", none)


# What goes wrong


@pytest.mark.parametrize(
    ("changes", "code", "expected", "words"),
    [
        ({"is_error": True, "result": "Not logged in · Please run /login"}, 1, Fatal, "Log in"),
        ({"is_error": True, "result": "Invalid API key · Fix external API key"}, 1, Fatal, "Log in"),
        ({"is_error": True, "result": "Claude AI usage limit reached|1795219200"}, 1, Fatal, "usage limit"),
        ({"is_error": True, "result": "You've hit your limit · resets 3pm"}, 1, Fatal, "usage limit"),
        ({"is_error": True, "result": "You've hit your session limit"}, 0, Fatal, "usage limit"),
        ({"is_error": True, "result": "Credit balance is too low"}, 1, Fatal, "usage limit"),
        ({"is_error": True, "result": "API Error: Rate limit reached"}, 1, Fatal, "usage limit"),
        ({"is_error": True, "result": "API Error: 529 Overloaded"}, 1, Transient, "Overloaded"),
        ({"is_error": True, "result": "Prompt is too long"}, 1, TooLong, "too long"),
        ({"is_error": True, "result": "API Error: 400 bad"}, 1, BadAnswer, "400 bad"),
        ({"is_error": True, "result": ""}, 0, BadAnswer, "could not"),
        ({"subtype": "error_max_turns"}, 0, BadAnswer, "could not"),
        ({"subtype": "error_max_structured_output_retries", "errors": ["no fit"]}, 1, BadAnswer, "no fit"),
        ({}, 3, Transient, "exit code 3"),
    ],
)
def test_what_claude_says_went_wrong(
    printing: Callable[..., Command], changes: dict[str, object], code: int, expected: type[ModelError], words: str
) -> None:
    reply = ask(printing(json.dumps(ENVELOPE | changes), code=code, answer="structured_output"))
    assert isinstance(reply, Reply) and reply.text == "" and reply.dollars == 0.0123
    assert type(error_of(reply)) is expected and words in str(reply.error)
    free = {"usage": {"input_tokens": 0, "output_tokens": 0}, "total_cost_usd": 0} | changes
    raised = ask(printing(json.dumps(ENVELOPE | free), code=code, answer="structured_output"))
    assert type(raised) is expected, "nothing was paid for"


def test_what_codex_says_went_wrong(printing: Callable[..., Command]) -> None:
    def failing(message: str) -> ModelError | Reply:
        busy = {"type": "error", "message": "Reconnecting... 1/5 (timed out)"}
        failed = {"type": "turn.failed", "error": {"message": message}}
        return ask(printing("\n".join(map(json.dumps, [*EVENTS[:2], busy, failed])), "WARNING: x", 1))

    assert type(failing("You’ve hit your usage limit. Upgrade to Pro or try again at 5:46 PM.")) is Fatal
    assert type(failing("unexpected status 401 Unauthorized: no")) is Fatal
    assert type(failing("unexpected status 503 Service Unavailable")) is Transient


@pytest.mark.parametrize(
    ("err", "code", "expected", "words"),
    [
        ("Error: No key found - add one using 'llm keys set openai'", 1, Fatal, "Log in"),
        ("Error: Rate limit reached for gpt-9: 3 per min", 1, Busy, "Rate limit"),
        ("Error: you exceeded your current quota", 1, Fatal, "usage limit"),
        ("Error: unknown option --schema\n", 2, Transient, "exit code 2: Error: unknown option --schema"),
        ("", 1, Transient, "exit code 1"),
        ("x" * 5_000 + "\x1b[31mred\u202e\nthe end", 1, Transient, "xxx\\x1b[31mred\\u202e\\nthe end"),
    ],
)
def test_an_exit_code(
    printing: Callable[..., Command], err: str, code: int, expected: type[ModelError], words: str
) -> None:
    error = error_of(ask(printing(GOOD, err, code)))
    assert type(error) is expected and words in str(error)


def test_a_signal(script: Write) -> None:
    error = error_of(ask(Command("mine", [script("os.kill(os.getpid(), signal.SIGKILL)")])))
    assert type(error) is Transient and "signal 9" in str(error)


def test_programs_that_cannot_be_started(tmp_path: Path, script: Write) -> None:
    plain = tmp_path / "plain"
    plain.write_text("no", "utf-8")
    lost = tmp_path / "lost"
    lost.write_text("#!/nowhere/python\n", "utf-8")
    lost.chmod(0o755)
    for arguments in (["no-such-program"], [str(tmp_path / "none")], [str(plain)], [str(lost)], [str(tmp_path)]):
        error = error_of(ask(Command("mine", arguments)))
        assert type(error) is Fatal and Path(arguments[0]).name in str(error)
    for argument in ("a\0b", "x" * 200_000):
        assert type(error_of(ask(Command("mine", [script(""), argument])))) is Fatal


def test_no_room_for_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printing: Callable[..., Command]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(DiskError, match="Make room"):
        printing(GOOD).complete(request(), time.monotonic() + 5, lambda: None)


def test_neither_key_nor_prompt_in_any_error(printing: Callable[..., Command], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_TOKEN", "MARK-3")
    monkeypatch.setenv("EMPTY_KEY", "")
    echo = f"MARK-3 {KEY} \x1b[31m{SYSTEM}\n{SOURCE}"
    for out in ("", json.dumps(ENVELOPE | {"is_error": True, "result": echo}), json.dumps({"error": echo})):
        for err in (echo + "." * 100, "." * 300 + f"{echo!r}", echo * 9):
            for code in (0, 1):
                error = error_of(ask(printing(out, err, code, answer="structured_output.value.x")))
                assert "\x1b" not in str(error) and isinstance(error, (BadAnswer, Transient)), error


# Time

SLOW = {
    "sleeps": "time.sleep(60)",
    "ignores SIGTERM": "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
    "its child ignores SIGTERM": "os.fork() or signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
    "its grandchild has the pipes": "os.fork() or os.fork() or time.sleep(60); time.sleep(60)",
    "closes its pipes": "[os.close(n) for n in range(3)]; time.sleep(60)",
    "stops itself": "os.kill(os.getpid(), signal.SIGSTOP)",
    "drips": "while True: print('x', flush=True); time.sleep(0.01)",
}


@pytest.mark.parametrize("what", SLOW)
def test_the_deadline_ends_whatever_runs(script: Write, tmp_path: Path, what: str) -> None:
    start = time.monotonic()
    error = error_of(ask(Command("mine", [script(SLOW[what])]), 0.2, user=SOURCE * 20_000))
    assert type(error) is Transient and "time limit" in str(error)
    assert 0.2 <= time.monotonic() - start < 1.2 and not alive(tmp_path)


def test_no_time_left_is_no_call(script: Write, tmp_path: Path) -> None:
    model = Command("mine", [script("open(sys.argv[0] + '.ran', 'w')")])
    assert type(ask(model, -0.1)) is Transient
    assert not (tmp_path / "fake.ran").exists()


def test_what_a_program_leaves_running_neither_holds_it_up_nor_survives_it(script: Write, tmp_path: Path) -> None:
    path = script(f"if not os.fork(): time.sleep(60)\nprint({GOOD!r})")
    start = time.monotonic()
    assert isinstance(ask(Command("mine", [path])), Reply)
    assert time.monotonic() - start < 2 and not alive(tmp_path)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_is_stopped(script: Write, monkeypatch: pytest.MonkeyPatch, stream: str) -> None:
    monkeypatch.setattr(command, "CAP", 2**20)
    start = time.monotonic()
    path = script(f"signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: sys.{stream}.write('{{' * 65536)")
    assert type(error_of(ask(Command("mine", [path])))) is BadAnswer
    assert time.monotonic() - start < 2
    short = script(f"sys.{stream}.write('x' * (2**20 + 1)); print({GOOD!r})", "short")
    assert type(error_of(ask(Command("mine", [short])))) is BadAnswer, "it ended before anybody looked"


def test_a_megabyte_each_way(script: Write) -> None:
    big = json.dumps(ANSWER | {"value": "v" * 2**20})
    path = script(f"sys.stdout.write({big!r}); sys.stdout.flush(); assert len(sys.stdin.read()) > 2**20")
    reply = ask(Command("mine", [path]), user="u" * 2**20)
    assert isinstance(reply, Reply) and reply.text == big


def test_a_program_that_does_not_read(printing: Callable[..., Command], script: Write) -> None:
    reply = ask(Command("mine", [script(f"os.close(0); print({GOOD!r})")]), user="u" * 2**20)
    assert isinstance(reply, Reply) and reply.text == GOOD


def test_32_at_once(script: Write, tmp_path: Path) -> None:
    path = script(
        f"n = int(sys.stdin.read()[-2:]); time.sleep(60 if n % 4 == 3 else 0.1)\n"
        f"print(json.dumps({ANSWER!r} | {{'value': str(n)}}))"
    )
    model, start = Command("mine", [path]), time.monotonic()
    with ThreadPoolExecutor(32) as pool:
        outcomes = list(pool.map(lambda n: ask(model, 0.6 if n % 4 == 3 else 9, user=f"{n:02}"), range(32)))
    assert time.monotonic() - start < 9 and not alive(tmp_path)
    for n, outcome in enumerate(outcomes):
        if n % 4 == 3:
            assert type(outcome) is Transient
        else:
            assert isinstance(outcome, Reply) and json.loads(outcome.text)["value"] == str(n)


def test_the_end_of_karpwiki_ends_what_it_started(script: Write, tmp_path: Path) -> None:
    path = script("signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork(); open(sys.argv[1], 'w'); time.sleep(60)")
    ready = tmp_path / "ready"
    code = f"""
import sys, time
from pathlib import Path
from test_command import Command, request
from karpwiki.llm import background
for _ in range(3):
    background(lambda: Command("mine", [{path!r}, {str(ready)!r}]).complete(request(), time.monotonic() + 50, None))
while not Path({str(ready)!r}).exists():
    time.sleep(0.01)
raise KeyboardInterrupt
"""
    where = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    environ = os.environ | {"PYTHONPATH": where, "TMPDIR": tempfile.gettempdir()}
    start = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, timeout=20)
    assert ended.stderr.endswith("KeyboardInterrupt\n") and time.monotonic() - start < 10, ended.stderr
    assert not alive(path)


def test_nothing_is_loaded_or_started_before_the_first_call() -> None:
    code = (
        "import sys, karpwiki.models.command as c; c.preset('claude')\n"
        "assert not {'pydantic', 'anthropic', 'httpx2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": os.pathsep.join(sys.path)})
