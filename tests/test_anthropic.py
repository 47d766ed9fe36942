"""The Anthropic adapter: the real SDK against a server on 127.0.0.1 that misbehaves as told."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import anthropic as sdk
import httpx2
import pytest
from anthropic.lib import credentials

from karpwiki.calls import Calls
from karpwiki.errors import BadAnswer, Busy, Cut, Fatal, ModelError, NotThere, Refused, TooLong, Transient, UsageError
from karpwiki.forms import DigestForm, DigestInput, FormFigure, OverviewForm, PageForm
from karpwiki.llm import Limits, Reply, Request
from karpwiki.models import open_model
from karpwiki.models.anthropic import Anthropic, mapped
from karpwiki.models.heard import Heard
from karpwiki.models.wire import Server, of_status, shown
from karpwiki.prices import Usage
from loopback import USAGE, Loopback, Script, in_turn

KEY = "sk-ant-KEYMARK-0123456789"
HOST = Server("http://host")
SOURCE = "SOURCEMARK-9876543210 stands in the source."
GOOD = '{"attribute": "size", "value": "3", "unit": "MB"}'


def request(n: int = 1, **changes: object) -> Request:
    inputs = DigestInput(f"notes/{n}.md", SOURCE, 1, 1, ("concept",))
    values = {"task": "digest", "system": "Fill in.", "user": f"{n}: {SOURCE}", "form": FormFigure, "inputs": inputs}
    values |= {"recipe": "abcd", "subject": f"notes/{n}.md"}
    return Request(**(values | changes))  # type: ignore[arg-type]


def model(server: Loopback) -> Anthropic:
    return Anthropic("claude-sonnet-5-5", KEY, base_url=server.url)


def outcome(script: Script | str, seconds: float = 5) -> Reply | ModelError:
    """What one call comes to: a reply, or an error (raised, or carried by a reply that was paid for)."""
    with Loopback(script) as server:
        try:
            return model(server).complete(request(), time.monotonic() + seconds, lambda: None)
        except ModelError as error:
            assert "MARK" not in str(error)
            return error


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("karpwiki.calls.BACKOFF", 0.01)


def test_a_good_answer_with_its_usage_and_model() -> None:
    assert outcome(Script.answer(GOOD, model="claude-sonnet-5-5-20261001")) == Reply(
        GOOD, "claude-sonnet-5-5-20261001", Usage(11, 7, 5, 3)
    )


def test_what_is_sent() -> None:
    with Loopback(GOOD) as server:
        model(server).complete(request(), time.monotonic() + 5, lambda: None)
    sent = server.requests[0]
    assert server.keys == [KEY]
    assert set(sent) == {"model", "max_tokens", "system", "messages", "output_config", "stream"}
    assert sent["system"] == [{"type": "text", "text": "Fill in.", "cache_control": {"type": "ephemeral"}}]
    assert sent["messages"] == [{"role": "user", "content": f"1: {SOURCE}"}]
    assert sent["output_config"]["effort"] == "medium"
    assert sent["output_config"]["format"]["schema"]["additionalProperties"] is False


def every_object(node: object) -> Iterator[dict[str, Any]]:
    """The objects of a JSON value, outer ones first."""
    if isinstance(node, dict):
        yield node
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from every_object(value)


@pytest.mark.parametrize("form", [DigestForm, PageForm, OverviewForm])
def test_every_form_is_a_schema_that_structured_output_takes(form: type) -> None:
    for node in every_object(sdk.transform_schema(form)):
        assert "anyOf" not in node
        if "properties" in node and node.get("type") == "object":
            assert set(node["properties"]) == set(node["required"])  # type: ignore[call-overload]


def test_a_refusal_has_its_category_and_is_paid_for() -> None:
    reply = outcome(Script.refusal("frontier_llm"))
    assert isinstance(reply, Reply) and isinstance(reply.error, Refused)
    assert reply.error.category == "frontier_llm" and reply.usage == Usage(11, 7, 5, 3)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (Script.answer("{", stop_reason="max_tokens"), Cut),
        (Script.answer("{", stop_reason="model_context_window_exceeded"), TooLong),
        (Script.answer(GOOD, stop_reason="pause_turn"), BadAnswer),
        (Script.answer(GOOD, stop_reason="a_new_one"), BadAnswer),
        (Script.answer(GOOD, stop_reason=None), BadAnswer),
        (Script.answer(""), BadAnswer),
        (Script.answer(GOOD * 20, flaw="cut"), BadAnswer),
        (Script.answer(GOOD * 20, flaw="truncated"), (BadAnswer, Transient)),
    ],
)
def test_an_answer_that_did_not_end_properly_is_never_used(script: Script, expected: type[ModelError]) -> None:
    reply = outcome(script)
    assert isinstance(reply, Reply) and isinstance(reply.error, expected)
    assert reply.usage.input_tokens == USAGE["input_tokens"], "the server counts it, so we do"


@pytest.mark.parametrize(
    "script",
    [
        Script.html(),
        Script.json([]),
        Script.json({"id": "x"}),
        Script.json({"id": "x", "type": "message", "content": None}),
        Script(body=b'{"id": "x", "con', headers={"content-type": "application/json"}),
        Script(body=b""),
        Script(body=b"event: message_start\ndata: {\n\n"),
        Script(body=b"event: message_start\ndata: \xff\n\n"),
        Script(body=b"event: message_start\ndata: " + b"[" * 100_000 + b"\n\n"),
        Script(events=({"type": "message_start", "message": None}, {"type": "message_stop"})),
        Script(events=({"type": "message_start", "message": {"content": None}}, {"type": "message_stop"})),
        Script(events=({"type": "message_delta", "delta": []}, {"type": "message_stop"})),
    ],
)
def test_what_is_not_a_message_is_a_bad_answer(script: Script) -> None:
    assert isinstance(outcome(script), BadAnswer)


@pytest.mark.parametrize(
    ("script", "expected", "words"),
    [
        (Script.error(400, "invalid_request_error", "effort: unknown"), ModelError, "effort: unknown"),
        (Script.error(401, "authentication_error"), Fatal, "ANTHROPIC_API_KEY"),
        (Script.error(402, "billing_error"), Fatal, "excerpt"),
        (Script.error(403, "permission_error"), Fatal, "ANTHROPIC_API_KEY"),
        (Script.error(404, "not_found_error", "model: claude-x"), NotThere, "claude-x"),
        (Script.error(413, "request_too_large"), TooLong, "413"),
        (Script.error(429, "rate_limit_error", code="enforced_spend_limit_reached"), Fatal, "pay"),
        (Script.error(429, "rate_limit_error", "You have reached your API usage limits."), Fatal, "pay"),
        (Script.error(400, "invalid_request_error", "Your credit balance is too low"), Fatal, "pay"),
        (Script.error(429, "rate_limit_error"), Busy, "429"),
        (Script.error(408), Transient, "408"),
        (Script.error(409), Transient, "409"),
        (Script.error(500), Transient, "500"),
        (Script.error(529, "overloaded_error"), Transient, "529"),
        (Script.html(502), Transient, "502"),
        (Script(flaw="reset"), Transient, "connection"),
        (Script(events=({"type": "error", "error": {"type": "overloaded_error"}},)), Transient, "529"),
        (Script(events=({"type": "error", "error": {"type": "permission_error"}},)), Fatal, "403"),
    ],
)
def test_each_failure_of_the_server_has_its_error(script: Script, expected: type[ModelError], words: str) -> None:
    error = outcome(script)
    assert type(error) is expected and words in str(error)


def test_no_server_is_transient() -> None:
    with Loopback(GOOD) as server:
        gone = model(server)
    with pytest.raises(Transient, match=r"127\.0\.0\.1"):
        gone.complete(request(), time.monotonic() + 5, lambda: None)


@pytest.mark.parametrize("flaw", ["drip", "slow headers", "silent"])
def test_the_deadline_holds_whatever_the_server_does(flaw: str) -> None:
    start = time.monotonic()
    result = outcome(Script.answer(GOOD, flaw=flaw, pause=0.02), seconds=0.6)
    assert isinstance(result, Transient) or (isinstance(result, Reply) and isinstance(result.error, Transient))
    assert 0.5 < time.monotonic() - start < 1.5


def test_the_thread_that_listens_is_woken_at_the_deadline() -> None:
    before = set(threading.enumerate())
    with Loopback(Script.answer(GOOD, flaw="drip", pause=0.4)) as server:
        with pytest.raises(ModelError):
            model(server).complete(request(), time.monotonic() + 0.5, lambda: None)
        for thread in [thread for thread in set(threading.enumerate()) - before if thread.name.endswith("(run)")]:
            thread.join(0.2)
            assert not thread.is_alive()


def test_no_time_left_is_no_call() -> None:
    with Loopback(GOOD) as server, pytest.raises(Transient):
        model(server).complete(request(), time.monotonic() - 1, lambda: None)
    assert server.count == 0


def test_retry_after_in_seconds_and_as_a_date() -> None:
    for value, least, most in (("7", 7, 7), (formatdate(time.time() + 30, usegmt=True), 20, 31), ("-1", None, None)):
        error = outcome(Script.error(429, "rate_limit_error", retry_after=value))
        assert isinstance(error, Transient)
        assert error.retry_after is None if least is None else least <= (error.retry_after or 0) <= (most or 0)


def test_429_then_an_answer(tmp_path: Path) -> None:
    with Loopback(in_turn(Script.error(429, "rate_limit_error", retry_after="0.2"), GOOD)) as server:
        start = time.monotonic()
        [answer] = Calls(tmp_path, model(server)).ask([request()])
    assert answer == (FormFigure.model_validate_json(GOOD), "claude-sonnet-5-5")
    assert server.count == 2 and time.monotonic() - start >= 0.2


def test_a_spend_limit_stops_the_run_at_once(tmp_path: Path) -> None:
    script = Script.error(429, "rate_limit_error", code="contract_spend_limit_reached")
    with Loopback(script) as server:
        answers = Calls(tmp_path, model(server)).ask([request(n) for n in range(20)])
    assert server.count == 1
    assert all(isinstance(answer.result, Fatal) for answer in answers)


def test_neither_key_nor_source_in_any_error_or_ledger(tmp_path: Path) -> None:
    echo = f"bad key {KEY} in \x1b[31m{SOURCE}\n and " + "x" * 500
    scripts = [Script.error(status, "api_error", echo) for status in (400, 401, 403, 404, 409, 413, 429, 500, 529)]
    scripts += [Script(events=({"type": "error", "error": {"type": "api_error", "message": echo}},))]
    scripts += [Script.answer(echo), Script.answer(echo, stop_reason=echo), Script.refusal(echo[:20])]
    for n, script in enumerate(scripts):
        with Loopback(script) as server:
            [answer] = Calls(tmp_path, model(server), Limits(tries=2)).ask([request(n)])
        assert isinstance(answer.result, ModelError)
        assert "MARK" not in str(answer.result) and "\x1b" not in str(answer.result) and len(str(answer.result)) < 600
    ledger = (tmp_path / ".karpwiki/costs.jsonl").read_text("utf-8")
    assert "MARK" not in ledger and len(ledger.splitlines()) >= 4


def test_the_words_of_a_server_are_shown_but_what_repeats_the_prompt() -> None:
    assert shown("max_tokens: 9 is too \x1b much\u202e.") == "max_tokens: 9 is too \\x1b much\\u202e"
    assert shown(f"in {KEY}: too long", (KEY,)) == "in …: too long"
    assert len(shown("y" * 1000)) == 300


@pytest.mark.parametrize("key", [f"{KEY}\n", f"a{chr(10)}b", "with space", "ключ"])
def test_a_key_that_cannot_be_sent(key: str) -> None:
    with pytest.raises(ModelError, match="line break"):
        Anthropic("claude-sonnet-5-5", key)


def every(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for sub in kind.__subclasses__():
        yield from every(sub)


def test_each_exception_class_of_the_sdk_is_mapped() -> None:
    sent = httpx2.Request("POST", "http://127.0.0.1/v1/messages")
    assert credentials.WorkloadIdentityError in set(every(sdk.AnthropicError))
    for kind in {*every(sdk.AnthropicError), *every(httpx2.HTTPError), *every(httpx2.StreamError)}:
        status = getattr(kind, "status_code", 500)
        error = kind.__new__(kind)
        response = httpx2.Response(status if isinstance(status, int) else 500, request=sent)
        if isinstance(error, sdk.APIStatusError):
            sdk.APIStatusError.__init__(error, KEY, response=response, body={"error": {"message": KEY}})
        ours = mapped(error, HOST, (KEY,))
        assert isinstance(ours, ModelError) and "MARK" not in str(ours), kind
        assert type(ours) is not ModelError or 400 <= response.status_code < 500, kind
    assert isinstance(mapped(sdk.APITimeoutError(request=sent), HOST), Transient)
    assert isinstance(mapped(sdk.CredentialsError("x"), HOST), Fatal)


def test_a_status_that_nobody_knows() -> None:
    assert type(of_status(418, None, HOST, ())) is ModelError


def test_what_a_server_repeats_of_a_source_is_no_word_of_its_own() -> None:
    told = "cannot read 'the credit balance of memory' nor 'a context window holds'"
    plain = of_status(400, told, HOST, ("Of the credit balance of memory, and what a context window holds.",))
    assert type(plain) is ModelError and "credit" not in str(plain)
    assert isinstance(of_status(400, "Your credit balance is too low", HOST, ()), Fatal)


def test_a_model_name_from_a_server_is_cut_to_plain_characters() -> None:
    heard = Heard(HOST, "claude-x")
    heard.take(json.dumps({"type": "message_start", "message": {"model": "a --> <b>\n"}}), ())
    assert heard.model == "a_--___b__"


def test_open_model() -> None:
    with Loopback(GOOD) as server:
        for url in (server.url, f"{server.url}/v1", f"{server.url}/v1/"):
            opened = open_model("anthropic", environ={"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": url})
            assert opened.name == "claude-sonnet-5-5" and not opened.free
            assert opened.complete(request(), time.monotonic() + 5, lambda: None).text == GOOD
        opened = open_model("claude-opus-5-5", base_url=server.url, environ={"ANTHROPIC_API_KEY": KEY})
        assert opened.complete(request(), time.monotonic() + 5, lambda: None).model == "claude-opus-5-5"


@pytest.mark.parametrize("environ", [{}, {"ANTHROPIC_API_KEY": ""}, {"ANTHROPIC_API_KEY": " "}])
def test_no_key(environ: dict[str, str]) -> None:
    with pytest.raises(ModelError, match=r"ANTHROPIC_API_KEY.*--model excerpt"):
        open_model("anthropic", environ=environ)


def test_names_that_are_no_model() -> None:
    with pytest.raises(UsageError, match=r"anthropic, claude-….*excerpt.*replay"):
        open_model("gpt")
    with pytest.raises(UsageError, match="ANTHROPIC_BASE_URL"):
        open_model("anthropic", base_url="localhost:8080", environ={"ANTHROPIC_API_KEY": KEY})


def test_start_up_imports_no_sdk() -> None:
    code = (
        "import sys, karpwiki.llm, karpwiki.models.replay, karpwiki.models as m\n"
        "assert 'pydantic' not in sys.modules\n"
        "m.open_model('anthropic', environ={'ANTHROPIC_API_KEY': 'k'})\n"
        "assert not {'anthropic', 'httpx2', 'pydantic'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
