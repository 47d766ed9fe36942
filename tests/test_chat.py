"""The chat adapter: real HTTP to a server on 127.0.0.1 that misbehaves as told, and to llama.cpp's own server."""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from email.utils import formatdate
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinymodel
from chatserver import (
    KEY,
    MANNERS,
    MODEL,
    ChatServer,
    Handler,
    Sent,
    error,
    in_turn,
    lmstudio,
    ollama,
    reply,
    sent,
    vllm,
)
from karpwiki.errors import BadAnswer, Busy, Cut, Fatal, ModelError, NotThere, Refused, TooLong, Transient, UsageError
from karpwiki.forms import DigestForm, DigestInput, FormFigure, OverviewForm, PageForm, SameForm
from karpwiki.llm import Model, Reply, Request, fill
from karpwiki.models import chat
from karpwiki.models.chat import Chat, address
from karpwiki.models.wire import Line, Server, json_in, words_in
from karpwiki.prices import Usage, tokens
from test_anthropic import every_object

SOURCE = "SOURCEMARK-9876543210 stands in the source."
GOOD = '{"attribute": "size", "value": "3", "unit": "MB"}'
SCHEMA = FormFigure.json_schema()
COMPACT = json.dumps(SCHEMA, separators=(",", ":"))
HTML = Sent(b"<html><p>Log in to the hotel</p></html>", headers={"content-type": "text/html"})


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    """The threads that listen are those of `background`."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if thread.name.endswith("(run)"):
            thread.join(2)
            assert not thread.is_alive()


def request(user: str = SOURCE, **changes: object) -> Request:
    inputs = DigestInput("notes/1.md", SOURCE, 1, 1, ("concept",))
    values = {"task": "digest", "system": "Fill in.", "user": user, "form": FormFigure, "inputs": inputs}
    values |= {"recipe": "abcd", "subject": "notes/1.md", "max_tokens": 100}
    return Request(**(values | changes))  # type: ignore[arg-type]


def chat_of(server: ChatServer, model: str = MODEL, **more: str) -> Chat:
    return Chat(model, Server(server.url, KEY, "CHAT_KEY", "CHAT_URL"), **more)


def ask(model: Model, asked: Request | None = None, seconds: float = 5) -> Reply | ModelError:
    """What one call comes to: a reply, or the error that was raised. No error shows what it must not."""
    try:
        result: Reply | ModelError = model.complete(asked or request(), time.monotonic() + seconds, lambda: None)
    except ModelError as failure:
        result = failure
    wrong = result.error if isinstance(result, Reply) else result
    if wrong:
        assert "MARK" not in "".join(traceback.format_exception(wrong)) and "\x1b" not in str(wrong)
        assert len(str(wrong)) < 600
    return result


def outcome(handler: Handler | Sent, asked: Request | None = None, seconds: float = 5) -> Reply | ModelError:
    with ChatServer(handler) as server:
        return ask(chat_of(server), asked, seconds)


def wrong_with(result: Reply | ModelError) -> ModelError | None:
    return result.error if isinstance(result, Reply) else result


answers: list[Sent] = []
"""What the server of `fuzzed` sends."""


@cache
def fuzzed() -> Chat:
    """A model whose server runs until the end of the process: starting one for each example takes too long."""
    return chat_of(ChatServer(lambda call: answers[-1]).__enter__())


# What is sent


def test_what_is_sent() -> None:
    with ChatServer(reply(GOOD)) as server:
        model = chat_of(server, "org/a model:7b", effort="low")
        model.complete(request(), time.monotonic() + 5, lambda: None)
    [call] = server.calls
    told = "Answer with one JSON object that fits this JSON schema, and nothing else:"
    assert call.body == {
        "model": "org/a model:7b",
        "messages": [
            {"role": "system", "content": f"Fill in.\n\n{told}\n{COMPACT}"},
            {"role": "user", "content": SOURCE},
        ],
        "max_tokens": 100,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "digest", "strict": True, "schema": SCHEMA},
        },
        "reasoning_effort": "low",
    }
    assert call.path == "/v1/chat/completions"
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert call.headers["content-type"] == "application/json"
    assert (model.name, model.variant, model.free) == ("org-a-model:7b", "low", False)


def test_no_key_is_no_header_and_no_effort_is_no_field() -> None:
    with ChatServer(reply(GOOD)) as server:
        assert isinstance(ask(Chat("m", Server(server.url))), Reply)
    assert "authorization" not in server.calls[0].headers
    assert "reasoning_effort" not in server.calls[0].body


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ("http://h:1", "http://h:1/v1/chat/completions"),
        ("http://h:1/", "http://h:1/v1/chat/completions"),
        (" http://h:1/v1 ", "http://h:1/v1/chat/completions"),
        ("https://h/v1/", "https://h/v1/chat/completions"),
        ("https://h/api/v3", "https://h/api/v3/chat/completions"),
        ("https://h/v1/chat/completions", "https://h/v1/chat/completions"),
        ("https://h/v1/chat/completions/", "https://h/v1/chat/completions"),
        ("https://h/x?api-version=1#top", "https://h/x/chat/completions?api-version=1"),
    ],
)
def test_the_address(given: str, called: str) -> None:
    assert address(given) == called


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
def test_each_form_of_the_address_is_called(ending: str) -> None:
    with ChatServer(reply(GOOD)) as server:
        assert isinstance(ask(Chat("m", Server(server.url + ending))), Reply)
    assert server.calls[0].path == "/v1/chat/completions"


@pytest.mark.parametrize("form", [DigestForm, PageForm, OverviewForm, SameForm, FormFigure])
def test_every_form_is_a_schema_that_strict_mode_takes(form: Any) -> None:
    allowed = {"$defs", "$ref", "additionalProperties", "enum", "items", "properties", "required", "title", "type"}
    objects = 0
    for node in every_object(form.json_schema()):
        if node.get("type") == "object":
            objects += 1
            assert set(node["properties"]) == set(node["required"]) and node["additionalProperties"] is False
            assert set(node) <= allowed
            assert all("$ref" in value or value["type"] for value in node["properties"].values())
            assert all(set(value) <= allowed for value in node["properties"].values())
        if "$ref" in node and "type" not in node:
            assert set(node) == {"$ref"}
    assert objects


def test_a_lone_surrogate_is_sent_as_an_escape() -> None:
    with ChatServer(reply(GOOD)) as server:
        assert isinstance(ask(chat_of(server), request("a \ud800 b 中文")), Reply)
    assert server.calls[0].body["messages"][1]["content"] == "a \ud800 b 中文"


# What comes back


def test_a_good_answer_with_its_usage_and_model() -> None:
    assert outcome(reply(GOOD)) == Reply(GOOD, MODEL, Usage(35, 7, 5))


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 40, "completion_tokens": 7}, Usage(40, 7)),
        ({"prompt_tokens": 40, "completion_tokens": 7, "prompt_tokens_details": None}, Usage(40, 7)),
        (
            {"prompt_tokens": 40, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 99}},
            Usage(0, 7, 40),
        ),
        ({"prompt_tokens": 40, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": -9}}, Usage(40, 7)),
        ({"prompt_tokens": 40, "completion_tokens": 7, "total_tokens": 90}, Usage(40, 50)),
        ({"prompt_tokens": 40, "completion_tokens": 0}, Usage(40, tokens(GOOD))),
        ({"prompt_tokens": 40, "completion_tokens": 7.5}, Usage(40, tokens(GOOD))),
    ],
)
def test_usage_as_the_server_counts_it(usage: object, expected: Usage) -> None:
    result = outcome(reply(GOOD, usage=usage))
    assert isinstance(result, Reply) and not result.error and result.usage == expected


@pytest.mark.parametrize(
    "usage",
    [None, {}, [], "many", {"prompt_tokens": "40"}, {"prompt_tokens": None, "completion_tokens": True}, {"a": 1}],
)
def test_usage_that_is_missing_or_broken_is_estimated(usage: object) -> None:
    with ChatServer(reply(GOOD, usage=usage)) as server:
        result = ask(chat_of(server))
    prompt = sum(tokens(message["content"]) for message in server.calls[0].body["messages"])
    assert isinstance(result, Reply) and not result.error
    assert result.usage == Usage(prompt, tokens(GOOD)) and tokens(GOOD) > 0 < prompt


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        f"  {GOOD}\n",
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}\n```\nThat is all.",
        f"```JSON {GOOD}```",
        f'<think>Is it {{3}}? Or {{"attribute": "x"}}?</think>\n{GOOD}',
        f"It is a size.</think>{GOOD}",
        f"Here you are:\n\n{GOOD}\n\nAnything else?",
        f"Here you are: {GOOD}",
    ],
)
def test_the_object_in_what_a_model_wrote_around_it(content: str) -> None:
    result = outcome(reply(content))
    assert isinstance(result, Reply) and not result.error and result.text == GOOD


def test_json_in_loose_text() -> None:
    mark = '{"a": "they end with </think>, and a ``` too"}'
    assert json_in(mark) == json_in(f"<think>Hm.</think>{mark}") == json_in(f"Well:\n{mark}") == mark
    assert json_in('<think>Is </think> the mark?</think>{"a": 1}') == '{"a": 1}'
    assert json_in('The set {a, b}:\n{"a": [{"b": 1}]} and so on') == '{"a": [{"b": 1}]}'
    # What is damaged is given back as it is, and none of its parts for the whole.
    for damaged in ('{\n "a": [\n  {"b": 1},\n  {"b": 2}\n ], "c": "', '[\n{"b": 1},\n{"b": 2}]', "no object", "{", ""):
        assert json_in(damaged) == damaged
    start = time.monotonic()
    for long in (
        "{" * 200_000,
        '{"a":' * 200_000,
        '</think>{"a": [\n' * 50_000,
        "```json {" * 50_000,
        "<think>" * 50_000,
    ):
        json_in(long)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        (reply("{", "length"), Cut, "length"),
        (reply(None, "length"), Cut, "length"),
        (reply("", "content_filter"), Refused, "content_filter"),
        (reply(None, refusal="I cannot help with SOURCEMARK-9876543210."), Refused, "refusal"),
        (reply(GOOD, "tool_calls"), BadAnswer, "tool_calls"),
        (reply(GOOD, "a_new_one"), BadAnswer, "a_new_one"),
        (reply(GOOD, SOURCE), BadAnswer, "unspecified"),
        (reply(GOOD, None), BadAnswer, "unspecified"),
        (reply(GOOD, ["stop"]), BadAnswer, "unspecified"),
        (reply(""), BadAnswer, "empty"),
        (reply(" \n"), BadAnswer, "empty"),
        (reply("<think>Hm.</think>"), BadAnswer, "empty"),
        (reply(None), BadAnswer, "not text"),
        (reply([{"type": "text", "text": GOOD}]), BadAnswer, "not text"),
        (reply({"a": 1}), BadAnswer, "not text"),
        (reply(None, "tool_calls", tool_calls=[{"id": "1"}]), BadAnswer, "tool_calls"),
        (sent({"choices": [], "usage": {"prompt_tokens": 40, "completion_tokens": 7}}), BadAnswer, "no answer"),
        (sent({"choices": None, "usage": {"prompt_tokens": 40, "completion_tokens": 7}}), BadAnswer, "no answer"),
    ],
)
def test_an_answer_that_cannot_be_used_comes_with_what_it_cost(
    answer: Sent, expected: type[ModelError], words: str
) -> None:
    result = outcome(answer)
    assert isinstance(result, Reply) and type(result.error) is expected and words in str(result.error)
    assert result.usage.prompt == 40 and result.usage.output_tokens == 7
    # Without usage nothing is known to be bought.
    body = json.loads(answer.body)
    del body["usage"]
    failure = outcome(replace(answer, body=json.dumps(body).encode()))
    assert type(failure) is expected


def test_a_refusal_has_its_category() -> None:
    result = outcome(reply("", "content_filter"))
    assert isinstance(result, Reply) and isinstance(result.error, Refused)
    assert result.error.category == "content_filter"


@pytest.mark.parametrize(
    "answer",
    [
        HTML,
        sent([]),
        sent("text"),
        sent(None),
        sent({"id": "x"}),
        sent({"choices": []}),
        sent({"choices": {}}),
        sent({"choices": [{}]}),
        sent({"choices": [[]]}),
        sent({"choices": [{"message": None, "finish_reason": "stop"}]}),
        sent({"choices": [{"message": "text", "finish_reason": "stop"}]}),
        Sent(b""),
        Sent(b'{"choices": [{"mess'),
        Sent(b"\xff\xfe\x00"),
        Sent(b"[" * 100_000),
        Sent(b'{"error":' * 100_000),
        Sent(b"9" * 10_000),
        Sent(b'data: {"choices": []}\n\ndata: [DONE]\n\n', headers={"content-type": "text/event-stream"}),
        sent({"error": {"message": "The model has crashed without additional information."}}),
        sent({"error": "it broke"}),
        sent({"error": None}),
        sent({"error": {}, "choices": None}),
    ],
)
def test_what_is_not_an_answer_is_a_bad_answer(answer: Sent) -> None:
    failure = outcome(answer)
    assert type(failure) is BadAnswer and "127.0.0.1 sent " in str(failure) and "()" not in str(failure)


WORDS = st.sampled_from(
    "choices message content finish_reason stop length usage prompt_tokens completion_tokens total_tokens error code "
    "prompt_tokens_details cached_tokens refusal model object detail msg loc type".split()
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | WORDS | st.just(GOOD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
BODIES = VALUES | st.fixed_dictionaries(
    {
        "choices": st.lists(st.fixed_dictionaries({"message": VALUES, "finish_reason": VALUES}), max_size=2),
        "usage": VALUES,
    }
)


@given(BODIES, st.sampled_from((200, 200, 200, 201, 400, 404, 422, 429, 500)))
def test_whatever_a_server_sends_is_a_reply_or_an_error_of_ours(body: object, status: int) -> None:
    answers[:] = [sent(body, status)]
    with_usage = ask(fuzzed())
    if isinstance(with_usage, Reply) and not with_usage.error:
        assert with_usage.text and min(with_usage.usage.prompt, with_usage.usage.output_tokens) > 0


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": "Cannot truncate prompt with n_keep (15028) >= n_ctx (7424)"}, TooLong),
        ({"error": {"message": "Rate limited", "code": 429}}, Busy),
        ({"error": {"message": "Insufficient credits", "code": 402}}, Fatal),
        ({"object": "error", "message": "The model `x` does not exist.", "code": 404}, NotThere),
        ({"error": {"message": "busy", "code": 503}}, Transient),
    ],
)
def test_an_error_that_comes_with_status_200(body: object, expected: type[ModelError]) -> None:
    assert type(outcome(sent(body))) is expected


def test_a_model_name_from_a_server_is_cut_to_plain_characters() -> None:
    body = json.loads(reply(GOOD).body)
    for named, plain in (("a --> <b>\n", "a_--___b__"), ("org/m:7b", "org/m:7b"), ("", MODEL), (7, MODEL)):
        result = outcome(sent(body | {"model": named}))
        assert isinstance(result, Reply) and result.model == plain


# Errors of the server


@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        (error(400, "effort: unknown"), ModelError, "effort: unknown"),
        (error(401, "Incorrect API key provided"), Fatal, "CHAT_KEY"),
        (sent({"error": "Unauthorized"}, 401), Fatal, "Unauthorized"),
        (error(402, "Insufficient Balance"), Fatal, "excerpt"),
        (error(403), Fatal, "CHAT_KEY"),
        (error(404, "model 'x' not found", "not_found_error"), NotThere, "model 'x' not found"),
        (sent({"object": "error", "message": "The model `x` does not exist.", "code": 404}, 404), NotThere, "`x`"),
        (error(400, 'Model "x" not found.', code="model_not_found"), NotThere, "CHAT_URL"),
        (sent({"detail": "Not Found"}, 404), NotThere, "Not Found"),
        (Sent(b"404 page not found", 404), NotThere, "CHAT_URL"),
        (sent({"detail": [{"loc": ["body", "model"], "msg": "Field required"}]}, 422), ModelError, "body.model: Field"),
        (sent({"object": "error", "message": {"detail": [{"msg": "no", "loc": ["x"]}]}}, 422), ModelError, "x: no"),
        (error(413), TooLong, "413"),
        (error(400, "This model's maximum context length is 4096 tokens."), TooLong, "too long"),
        (error(400, "The decoder prompt is longer than the maximum model length of 4096."), TooLong, "too long"),
        (error(500, "the request exceeds the available context size", "server_error"), TooLong, "too long"),
        (error(400, "the input length exceeds the context length"), TooLong, "too long"),
        (error(429, "Rate limit reached"), Busy, "429"),
        (error(429, "You exceeded your current quota", "insufficient_quota", "insufficient_quota"), Fatal, "pay"),
        (error(408), Transient, "408"),
        (error(409), Transient, "409"),
        (error(500, "out of memory"), Transient, "out of memory"),
        (error(503, "Loading model", "unavailable_error", 503), Transient, "Loading model"),
        (Sent(b"<html>Bad gateway</html>", 502), Transient, "(502). "),
        (sent({"error": {"message": ["a"], "type": 7}}, 418), ModelError, "418"),
        (sent([], 418), ModelError, "418"),
        (Sent(b'{"error":' * 900 + b"1" + b"}" * 900, 418), ModelError, "418"),
        (Sent(status=204), ModelError, "204"),
        (reply(GOOD, usage=None), type(None), ""),
    ],
)
def test_each_failure_of_the_server_has_its_error(answer: Sent, expected: type[ModelError], words: str) -> None:
    failure = wrong_with(outcome(answer))
    assert type(failure) is expected and (failure is None or words in str(failure))
    assert failure is None or isinstance(failure, TooLong) or "127.0.0.1" in str(failure) or "account" in str(failure)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with ChatServer(reply(GOOD)) as other:
        there = {"location": f"{other.url}/v1/chat/completions"}
        failure = outcome(Sent(status=status, headers=there))
    assert type(failure) is Fatal and "127.0.0.1" in str(failure) and "CHAT_URL" in str(failure)
    assert other.count == 0


@pytest.mark.parametrize("flaw", ["reset", "garbage", "truncated"])
def test_a_connection_that_fails_is_transient(flaw: Any) -> None:
    failure = outcome(replace(reply(GOOD), flaw=flaw))
    assert type(failure) is Transient and "connection" in str(failure)


def test_a_body_that_is_not_packed_as_it_says_is_transient() -> None:
    answer = replace(reply(GOOD), headers={"content-encoding": "gzip"})
    assert type(outcome(answer)) is Transient
    packed = gzip.compress(answer.body)
    assert isinstance(outcome(replace(answer, body=packed)), Reply)


def test_no_server_is_transient() -> None:
    with ChatServer(reply(GOOD)) as server:
        gone = chat_of(server)
    failure = ask(gone)
    assert type(failure) is Transient and "127.0.0.1" in str(failure)


def test_an_address_that_cannot_be_called() -> None:
    failure = ask(Chat("m", Server("http://\u00ad.example", url_name="CHAT_URL")))
    assert type(failure) is Fatal and "CHAT_URL" in str(failure)
    assert type(ask(Chat("m", Server(f"http://{'a' * 300}.example")))) is Fatal
    for url in ("localhost:8080", "http://127.0.0.1:99999", "http://127.0.0.1:x", "ftp://h", "http://", ""):
        with pytest.raises(UsageError, match="CHAT_URL"):
            Server(url, url_name="CHAT_URL")
    with pytest.raises(Fatal, match="CHAT_KEY"):
        Server("http://127.0.0.1", f"{KEY}\n", "CHAT_KEY")


@pytest.mark.parametrize(("name", "value"), [("HTTP_PROXY", "gopher://h"), ("ALL_PROXY", "socks5://127.0.0.1:1")])
def test_a_proxy_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    failure = ask(Chat("m", Server("http://wiki.example")))
    assert isinstance(failure, Fatal | Transient) and ("variables" in str(failure) or "connection" in str(failure))


def test_certificates_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate", "utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    failure = ask(Chat("m", Server("https://127.0.0.1:9")))
    assert isinstance(failure, Fatal) and "certificates" in str(failure)


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatServer(reply(GOOD)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert isinstance(ask(Chat("m", Server("http://wiki.example"))), Reply)
    assert proxy.calls[0].path == "http://wiki.example/v1/chat/completions"


def test_each_exception_class_of_the_library_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def every(kind: type[Exception]) -> Iterator[type[Exception]]:
        yield kind
        for sub in kind.__subclasses__():
            yield from every(sub)

    roots = (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, httpx2.CookieConflict)
    exported = [kind for kind in vars(httpx2).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    known = {kind for root in roots for kind in every(root)}
    assert {kind for kind in exported if "WebSocket" not in kind.__name__ and "SSE" not in kind.__name__} <= known
    model = Chat("m", Server("http://127.0.0.1:9"))
    for kind in known:

        def fail(*args: object, kind: type[Exception] = kind, **more: object) -> None:
            raise kind.__new__(kind)

        monkeypatch.setattr(httpx2.Client, "stream", fail)
        assert type(ask(model)) is (Fatal if issubclass(kind, roots[2:]) else Transient)


def test_retry_after_in_seconds_and_as_a_date() -> None:
    for value, least, most in (("7", 7, 7), (formatdate(time.time() + 30, usegmt=True), 20, 31), ("-1", None, None)):
        failure = outcome(error(429, headers={"retry-after": value}))
        assert isinstance(failure, Busy)
        assert failure.retry_after is None if least is None else least <= (failure.retry_after or 0) <= (most or 0)


def test_more_than_so_many_bytes_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "LARGEST", 10_000_000)
    for status in (200, 500):
        failure = outcome(Sent(b" " * 20_000_000, status))
        assert type(failure) is BadAnswer and "10 MB" in str(failure)
    assert type(outcome(Sent(gzip.compress(b" " * 20_000_000), headers={"content-encoding": "gzip"}))) is BadAnswer


def test_neither_key_nor_prompt_in_any_error() -> None:
    prompt = f'{SOURCE}\nline two with 中文字符很多很多的句子 and "quotes" 中MARK文'
    echoes = [
        f"bad key {KEY} in \x1b[31m{SOURCE}\n and " + "x" * 500,
        f"cannot read {prompt}",
        json.dumps({"content": prompt}),
        f"Bearer {KEY}",
    ]
    for echo in echoes:
        bodies = [{"error": {"message": echo, "type": echo, "code": echo}}, {"error": echo}, {"detail": echo}]
        bodies += [{"object": "error", "message": echo}, {"detail": [{"msg": echo, "loc": [echo]}]}]
        answers = [sent(body, status) for body in bodies for status in (200, 400, 401, 404, 429, 500)]
        answers += [Sent(echo.encode(), 400), Sent(echo.encode()), reply(echo), reply(echo, echo)]
        answers += [reply(None, refusal=echo), reply(GOOD, echo.lower()), sent({"error": echo, "model": echo})]
        with ChatServer(in_turn(*answers)) as server:
            model = chat_of(server)
            model._dialect = replace(model._dialect, schema=False, most=0)  # no second tries
            for _ in answers:
                ask(model, request(prompt))  # looks for the marks
            assert server.count == len(answers)


def test_the_words_of_an_error_body() -> None:
    assert words_in({"error": {"message": "m", "type": "t", "code": None}}) == ("m", "t")
    assert words_in({"error": {"message": "m", "type": "t", "code": "c"}}) == ("m", "c")
    assert words_in({"object": "error", "message": "m", "type": "t", "code": 400}) == ("m", "t")
    for body in (None, 7, [], {}, {"error": {}}, {"message": None}, {"detail": [7]}, {"error": {"message": {}}}):
        assert words_in(body) == ("", "")


# Servers that do not take all that is sent


NO_SCHEMA = [
    error(400, "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."),
    error(400, 'response_format type must be one of "text" or "json_object", but got: json_schema'),
    sent({"detail": [{"loc": ["body", "response_format", "type"], "msg": "unexpected value"}]}, 422),
    Sent(b"Bad Request", 400),
]


def picky(refused: str, refusal: Sent) -> Handler:
    return lambda call: refusal if refused in call.body else reply(GOOD)


@pytest.mark.parametrize("refusal", NO_SCHEMA)
def test_a_server_without_response_format_is_asked_without_it_from_then_on(refusal: Sent) -> None:
    with ChatServer(picky("response_format", refusal)) as server:
        model = chat_of(server)
        for _ in range(3):
            assert ask(model) == Reply(GOOD, MODEL, Usage(35, 7, 5))
        assert isinstance(ask(chat_of(server)), Reply), "another object knows nothing of it"
    assert ["response_format" in call.body for call in server.calls] == [True, False, False, False, True, False]
    assert all(
        json.dumps(SCHEMA, separators=(",", ":")) in call.body["messages"][0]["content"] for call in server.calls
    )


def test_what_did_not_help_is_not_remembered() -> None:
    with ChatServer(error(400, "reasoning_effort: unknown")) as server:
        model = chat_of(server)
        for _ in range(2):
            failure = ask(model)
            assert type(failure) is ModelError and "reasoning_effort" in str(failure)
    assert ["response_format" in call.body for call in server.calls] == [True, False, True, False]


@pytest.mark.parametrize("status", [401, 402, 403, 404, 413, 429, 500, 503])
def test_only_a_bad_request_is_asked_again(status: int) -> None:
    with ChatServer(error(status, "response_format, max_tokens")) as server:
        assert isinstance(ask(chat_of(server)), ModelError)
    assert server.count == 1


def test_a_server_that_wants_max_completion_tokens() -> None:
    message = (
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    )
    with ChatServer(picky("max_tokens", error(400, message, code="unsupported_parameter"))) as server:
        model = chat_of(server)
        assert isinstance(ask(model), Reply) and isinstance(ask(model), Reply)
    limits = [{name: call.body[name] for name in call.body if name.startswith("max")} for call in server.calls]
    assert limits == [{"max_tokens": 100}, {"max_completion_tokens": 100}, {"max_completion_tokens": 100}]
    assert all("response_format" in call.body for call in server.calls)


def test_a_limit_above_that_of_the_server_is_left_out() -> None:
    def handle(call: Any) -> Sent:
        limit = call.body.get("max_tokens", 0)
        return error(400, f"max_tokens is too large: {limit}. It is at most 50.") if limit > 50 else reply(GOOD)

    with ChatServer(handle) as server:
        model = chat_of(server)
        for limit in (100, 100, 40):
            assert isinstance(ask(model, request(max_tokens=limit)), Reply)
    assert [call.body.get("max_tokens") for call in server.calls] == [100, None, None, 40]


def test_an_answer_that_ran_into_its_limit_is_not_asked_for_without_one() -> None:
    message = "Could not finish the message because max_tokens or model output limit was reached."
    with ChatServer(error(400, message)) as server:
        assert type(ask(chat_of(server))) is TooLong
    assert server.count == 1


def test_all_refusals_at_once() -> None:
    def handle(call: Any) -> Sent:
        if "max_tokens" in call.body:
            return error(400, "max_tokens is not supported, use max_completion_tokens instead")
        if "max_completion_tokens" in call.body:
            return error(400, "max_completion_tokens is too large")
        return error(400) if "response_format" in call.body else reply(GOOD)

    with ChatServer(handle) as server:
        model = chat_of(server)
        assert isinstance(ask(model), Reply) and isinstance(ask(model), Reply)
    assert server.count == 5


def test_the_second_try_has_no_longer_than_the_first() -> None:
    start = time.monotonic()
    with ChatServer(in_turn(replace(NO_SCHEMA[0], flaw="slow body", pause=0.3), Sent(flaw="silent"))) as server:
        assert type(ask(chat_of(server), seconds=0.6)) is Transient
    assert server.count == 2 and 0.5 < time.monotonic() - start < 1.6


# The manners of four servers


@pytest.mark.parametrize("manner", MANNERS)
def test_an_answer_of_each_server(manner: str) -> None:
    with ChatServer(MANNERS[manner](GOOD)) as server:
        result = ask(chat_of(server))
    assert isinstance(result, Reply) and not result.error and result.text == GOOD
    assert result.usage.prompt == server.calls[0].prompt and result.usage.output_tokens == len(GOOD) // 4
    assert result.model and fill(FormFigure, result.text) == FormFigure(attribute="size", value="3", unit="MB")


@pytest.mark.parametrize("manner", MANNERS)
def test_an_answer_of_each_server_that_is_cut_off(manner: str) -> None:
    result = outcome(MANNERS[manner](GOOD), request(max_tokens=5))
    assert isinstance(result, Reply) and type(result.error) is Cut and result.usage.output_tokens == 5


@pytest.mark.parametrize("manner", MANNERS)
def test_a_prompt_that_is_too_long_for_each_server(manner: str) -> None:
    with ChatServer(MANNERS[manner](GOOD, context=2_048)) as server:
        model = chat_of(server)
        assert not wrong_with(ask(model))
        result = ask(model, request("Many words. " * 2_000))
    assert isinstance(wrong_with(result), TooLong)
    assert isinstance(result, Reply) == (manner == "ollama"), "the others refuse it, and nothing is bought"


@pytest.mark.parametrize("manner", MANNERS)
def test_a_model_that_a_server_does_not_know(manner: str) -> None:
    with ChatServer(MANNERS[manner](GOOD)) as server:
        result = ask(chat_of(server, "another"))
    assert isinstance(result, Reply) == (manner in ("llamacpp", "lmstudio")), "they take any name"
    assert isinstance(result, Reply) or (isinstance(result, Fatal) and "another" in str(result))


@pytest.mark.parametrize("manner", ["vllm", "llamacpp"])
def test_a_key_that_is_not_accepted(manner: str) -> None:
    with ChatServer(MANNERS[manner](GOOD)) as server:
        failure = ask(Chat(MODEL, Server(server.url, "another", "CHAT_KEY")))
    assert type(failure) is Fatal and "CHAT_KEY" in str(failure)


@pytest.mark.parametrize("old", [False, True])
def test_vllm_refuses_a_limit_that_does_not_fit_beside_the_prompt(old: bool) -> None:
    with ChatServer(vllm(GOOD, context=1_000, old=old)) as server:
        model = chat_of(server)
        for words, limit in ((10, 950), (10, 500), (800, 500), (5_000, 500), (10, 500)):
            ask(model, request("word" * words, max_tokens=limit))
            server.calls.append(server.calls[-1])  # a border between requests
    assert [call.body.get("max_tokens") for call in server.calls] == [
        *(950, None, None),
        *(500, 500),
        *(500, None, None),
        *((500, None, None) if old else (500, 500)),
        *(500, 500),
    ], "what does not fit beside one prompt fits beside another"


def test_vllm_of_old_words_its_errors_flat() -> None:
    with ChatServer(vllm(GOOD, old=True)) as server:
        failure = ask(chat_of(server, "another"))
    assert type(failure) is NotThere and "`another`" in str(failure)


def test_ollama_that_ignores_the_schema() -> None:
    with ChatServer(ollama(f"Sure! The figure is:\n\n```json\n{GOOD}\n```\n")) as server:
        result = ask(chat_of(server))
    assert isinstance(result, Reply) and result.text == GOOD
    with ChatServer(ollama("The size is 3 MB.")) as server:
        result = ask(chat_of(server))
    assert isinstance(result, Reply) and not result.error and isinstance(fill(FormFigure, result.text), list)


def test_ollama_that_drops_a_part_of_the_prompt() -> None:
    result = outcome(ollama(GOOD, context=4_096), request("Many words. " * 2_000))
    assert isinstance(result, Reply) and type(result.error) is TooLong and result.usage.input_tokens == 2_050
    assert "2050" in str(result.error) and "OLLAMA_CONTEXT_LENGTH" in str(result.error)
    # A tokenizer with long tokens is no reason, nor is a count that happens to be round.
    for read in (2_060, 3_584, 4_096 + 2, 512):
        asked = request("Many words. " * (600 if read == 512 else 2_000))
        usage = {"prompt_tokens": read, "completion_tokens": 7}
        whole = outcome(reply(GOOD, usage=usage), replace(asked, user=asked.user[: 1_000 if read == 512 else None]))
        assert isinstance(whole, Reply) and not whole.error, read


def test_lm_studio_takes_the_format_that_is_sent() -> None:
    with ChatServer(lmstudio(GOOD)) as server:
        assert isinstance(ask(chat_of(server)), Reply)
    assert server.count == 1


# Time, threads, connections


@pytest.mark.parametrize("flaw", ["drip", "slow headers", "silent"])
def test_the_deadline_holds_whatever_the_server_does(flaw: Any) -> None:
    start = time.monotonic()
    failure = outcome(replace(reply(GOOD * 5), flaw=flaw), seconds=0.5)
    assert type(failure) is Transient and "time limit" in str(failure)
    assert 0.4 < time.monotonic() - start < 1.5


@pytest.mark.parametrize("flaw", ["drip", "slow headers"])
def test_the_thread_that_listens_is_woken_at_the_deadline(flaw: Any) -> None:
    with ChatServer(replace(reply(GOOD), flaw=flaw)) as server:
        before = set(threading.enumerate())
        with pytest.raises(Transient):
            chat_of(server).complete(request(), time.monotonic() + 0.3, lambda: None)
        for thread in [t for t in set(threading.enumerate()) - before if t.name.endswith("(run)")]:
            thread.join(2)
            assert not thread.is_alive(), "the server goes on for ten seconds"


def test_a_connection_that_comes_after_the_deadline_is_cut() -> None:
    class Stream:
        def __init__(self, wire: socket.socket) -> None:
            self.wire = wire

        def get_extra_info(self, name: str) -> socket.socket:
            return self.wire

    mine, theirs = socket.socketpair()
    with mine, theirs:
        theirs.settimeout(2)
        line = Line()
        line.cut()
        line.trace("connection.connect_tcp.failed", {"exception": OSError()})
        line.trace("connection.connect_tcp.complete", {"return_value": Stream(mine)})
        assert theirs.recv(1) == b""


def test_connecting_takes_no_longer_than_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[httpx2.Timeout] = []

    def fail(*args: object, timeout: httpx2.Timeout, **more: object) -> None:
        limits.append(timeout)
        raise httpx2.ConnectTimeout("late")

    monkeypatch.setattr(httpx2.Client, "stream", fail)
    model = Chat("m", Server("http://127.0.0.1:9"))
    for seconds in (0.5, 300):
        assert type(ask(model, seconds=seconds)) is Transient
    assert 0 < (limits[0].connect or 0) <= (limits[0].read or 0) <= 0.5
    assert limits[1].connect == 20 and 299 < (limits[1].read or 0) <= 300


def test_no_time_left_is_no_call() -> None:
    with ChatServer(reply(GOOD)) as server:
        assert type(ask(chat_of(server), seconds=-1)) is Transient
    assert server.count == 0


def test_it_tells_when_it_was_let_in() -> None:
    let_in: list[float] = []
    with ChatServer(in_turn(NO_SCHEMA[0], replace(reply(GOOD), flaw="slow body", pause=0.3), error(500))) as server:
        model = chat_of(server)
        model.complete(request(), time.monotonic() + 5, lambda: let_in.append(time.monotonic()))
        assert len(let_in) == 1 and time.monotonic() - let_in[0] > 0.2, "as soon as the headers are there"
        with pytest.raises(Transient):
            model.complete(request(), time.monotonic() + 5, lambda: let_in.append(0))
    assert len(let_in) == 1


def test_64_calls_at_once() -> None:
    inside = threading.Barrier(64, timeout=10)

    def handle(call: object) -> Sent:
        inside.wait()
        return reply(GOOD)

    results: list[object] = []
    with ChatServer(handle) as server:
        model = chat_of(server)
        callers = [threading.Thread(target=lambda: results.append(ask(model, seconds=10))) for _ in range(64)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    assert len(results) == 64 and all(isinstance(result, Reply) for result in results)


def test_a_connection_is_not_used_twice() -> None:
    with ChatServer(reply(GOOD)) as server:
        model = chat_of(server)
        assert isinstance(ask(model), Reply) and isinstance(ask(model), Reply)
    assert len(server.connections) == 2, "what is used again may have been closed meanwhile"


def test_an_error_of_the_caller_is_not_taken_for_one_of_the_server() -> None:
    def began() -> None:
        raise OSError("disk full")

    with ChatServer(reply(GOOD)) as server, pytest.raises(OSError, match="disk full"):
        chat_of(server).complete(request(), time.monotonic() + 5, began)


def test_start_up_imports_no_http_library() -> None:
    code = (
        "import sys, karpwiki.models.chat as c, karpwiki.models.wire as w\n"
        "c.Chat('m', w.Server('http://127.0.0.1:1'))\n"
        "assert not {'anthropic', 'httpx2', 'pydantic'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": os.pathsep.join(sys.path)})


# A real server


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    with tinymodel.serving(KEY, context=4_096) as url:
        yield url


@pytest.mark.parametrize("form", [FormFigure, SameForm, DigestForm])
def test_a_real_server_answers_in_the_form(real: str, form: Any) -> None:
    let_in: list[int] = []
    model = Chat("any name", Server(real, KEY))
    for n in range(5):
        asked = request(f"The file has {n} MB.", form=form, max_tokens=4_000)
        result = model.complete(asked, time.monotonic() + 20, lambda: let_in.append(1))
        assert result.error is None and isinstance(fill(form, result.text), form)
        assert result.model == "tiny" and result.usage.prompt > 100 and result.usage.output_tokens > 9
    assert len(let_in) == 5


def test_a_real_server_counts_what_it_had_read_before(real: str) -> None:
    model = Chat("m", Server(real, KEY))
    first, second = (ask(model, request("Once more."), 20) for _ in range(2))
    assert isinstance(first, Reply) and isinstance(second, Reply)
    assert second.usage.cache_read > 100 and second.usage.prompt == first.usage.prompt


def test_a_real_server_and_a_prompt_that_is_too_long(real: str) -> None:
    failure = ask(Chat("m", Server(real, KEY)), request("Many words. " * 1_000), 20)
    assert type(failure) is TooLong


@pytest.mark.parametrize("changes", [{"max_tokens": 5}, {"max_tokens": 32_000, "user": "Many words. " * 300}])
def test_a_real_server_and_an_answer_that_is_cut_off(real: str, changes: dict[str, Any]) -> None:
    asked = request(**changes)
    result = ask(Chat("m", Server(real, KEY)), asked, 20)
    if asked.max_tokens == 5:
        assert isinstance(result, Reply) and type(result.error) is Cut and result.usage.output_tokens == 5
    else:
        assert not wrong_with(result), "the limit is more than the context holds, and is no matter"


def test_a_real_server_and_a_wrong_key(real: str) -> None:
    failure = ask(Chat("m", Server(real, "another", "CHAT_KEY")), seconds=20)
    assert type(failure) is Fatal and "CHAT_KEY" in str(failure)


def test_a_real_server_and_the_deadline(real: str) -> None:
    start = time.monotonic()
    failure = ask(Chat("m", Server(real, KEY)), request(form=DigestForm), 0.001)
    assert type(failure) is Transient and time.monotonic() - start < 1


def test_the_model_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        tinymodel.make(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
