"""A server on 127.0.0.1 that speaks the chat completions API with the manners of four servers, and misbehaves as told.

    with ChatServer(vllm(GOOD, context=4_096)) as server:
        Chat("m", Server(server.url)).complete(…)
    assert server.calls[0].body["max_tokens"] == 100

A handler gets each call and returns what is sent. It runs in the thread of its connection, so it may wait. The shapes
are those that the servers document or were seen to send; a token is four characters here.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Literal

from serving import Served, Serving

MODEL, KEY = "m", "sk-KEYMARK-0123456789"


@dataclass(frozen=True)
class Call:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def key(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def prompt(self) -> int:
        """Its tokens."""
        return sum(len(message["content"]) for message in self.body["messages"]) // 4


@dataclass(frozen=True)
class Sent:
    """What the server does with one call."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    flaw: Literal["", "truncated", "drip", "slow headers", "slow body", "silent", "reset", "garbage"] = ""
    """truncated: the body is short of its length. drip: one byte every `pause`. slow headers: the same from the first
    byte on. slow body: it comes after `pause`. silent: nothing for ten seconds. reset: the connection. garbage: what is
    not HTTP."""
    pause: float = 0.05


Handler = Callable[[Call], Sent]


def sent(value: object, status: int = 200, **more: Any) -> Sent:
    """A value as JSON."""
    return Sent(json.dumps(value).encode(), status, **more)


def reply(content: object, end: object = "stop", usage: object = (40, 7, 5), **message: object) -> Sent:
    """An answer in the shape that all servers share. `usage`: tokens of prompt and answer, cached ones; or as it is."""
    if isinstance(usage, tuple):
        usage = {
            "prompt_tokens": usage[0],
            "completion_tokens": usage[1],
            "total_tokens": usage[0] + usage[1],
            "prompt_tokens_details": {"cached_tokens": usage[2]},
        }
    choice = {"index": 0, "message": {"role": "assistant", "content": content} | message, "finish_reason": end}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": MODEL, "choices": [choice]}
    return sent(body | ({} if usage is None else {"usage": usage}))


def error(
    status: int, message: str = "no", kind: str = "invalid_request_error", code: object = None, **more: Any
) -> Sent:
    """An error as OpenAI and most of its imitators word it."""
    return sent({"error": {"message": message, "type": kind, "param": None, "code": code}}, status, **more)


def in_turn(*all_sent: Sent) -> Handler:
    """Play one a call, and the last one for all further."""
    left, lock = list(all_sent), threading.Lock()

    def handle(call: Call) -> Sent:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return handle


# The manners of four servers. Each takes what its model says and how many tokens its context has.


def vllm(answer: str, context: int = 100_000, old: bool = False) -> Handler:
    """An unknown model is refused, and so is a limit that does not fit into the context beside the prompt."""

    def refuse(status: int, message: str, kind: str, param: str | None = None) -> Sent:
        info = {"message": message, "type": kind, "param": param, "code": status}
        return sent({"object": "error"} | info if old else {"error": info}, status)

    def handle(call: Call) -> Sent:
        if call.key != KEY:
            return sent({"error": "Unauthorized"}, 401)
        if call.body["model"] != MODEL:
            return refuse(404, f"The model `{call.body['model']}` does not exist.", "NotFoundError", "model")
        limit = call.body.get("max_tokens", call.body.get("max_completion_tokens"))
        head = f"This model's maximum context length is {context} tokens"
        if old and call.prompt + (limit or 0) >= context:
            parts = f"({call.prompt} in the messages, {limit} in the completion)" if limit else "in the messages"
            words = f"{head}. However, you requested {call.prompt + (limit or 0)} tokens {parts}. Please reduce it."
            return refuse(400, words, "BadRequestError")
        if call.prompt >= context:
            words = f"{head}. However, your request has {call.prompt} input tokens. Please reduce their length."
            return refuse(400, words, "BadRequestError", "input_tokens")
        if limit and call.prompt + limit > context:
            words = (
                f"'max_tokens' or 'max_completion_tokens' is too large: {limit}. {head} and your request has "
                f"{call.prompt} input tokens ({limit} > {context} - {call.prompt})."
            )
            return refuse(400, words, "BadRequestError")
        text, end = _cut(answer, limit)
        message = {"role": "assistant", "content": text, "refusal": None, "tool_calls": None, "reasoning": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": end, "stop_reason": None}
        usage: dict[str, object] = {"prompt_tokens": call.prompt, "completion_tokens": len(text) // 4}
        usage |= {"total_tokens": call.prompt + len(text) // 4, "prompt_tokens_details": None}
        return sent({"id": "chatcmpl-1", "object": "chat.completion", "created": 1} | _rest(MODEL, choice, usage))

    return handle


def llamacpp(answer: str, context: int = 100_000) -> Handler:
    """Any model name will do; all slots share one context, and an answer ends where it is full."""

    def handle(call: Call) -> Sent:
        if call.key != KEY:
            return sent({"error": {"code": 401, "message": "Invalid API Key", "type": "authentication_error"}}, 401)
        if call.prompt >= context:
            said = f"request ({call.prompt} tokens) exceeds the available context size ({context} tokens)"
            info = {"code": 400, "message": f"{said}, try increasing it", "type": "exceed_context_size_error"}
            return sent({"error": info | {"n_prompt_tokens": call.prompt, "n_ctx": context}}, 400)
        text, end = _cut(answer, min(call.body.get("max_tokens", context), context - call.prompt))
        choice = {"finish_reason": end, "index": 0, "message": {"role": "assistant", "content": text}}
        usage: dict[str, object] = {"completion_tokens": len(text) // 4, "prompt_tokens": call.prompt}
        usage |= {"total_tokens": call.prompt + len(text) // 4, "prompt_tokens_details": {"cached_tokens": 3}}
        body = _rest("tiny.gguf", choice, usage)
        return sent(body | {"system_fingerprint": "b0-unknown", "object": "chat.completion", "timings": {"cache_n": 3}})

    return handle


def lmstudio(answer: str, context: int = 100_000) -> Handler:
    """With one model loaded, any name will do; a refusal is a bare string."""

    def handle(call: Call) -> Sent:
        if call.body.get("response_format", {"type": "text"})["type"] not in ("json_schema", "text"):
            return sent({"error": "'response_format.type' must be 'json_schema' or 'text'"}, 400)
        if call.prompt >= context:
            said = "The number of tokens to keep from the initial prompt is greater than the context length"
            return sent({"error": f"{said} (n_keep: {call.prompt}>= n_ctx: {context}). Try to load the model"}, 400)
        text, end = _cut(answer, call.body.get("max_tokens"))
        message = {"role": "assistant", "content": text, "tool_calls": []}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": end}
        usage = {"prompt_tokens": call.prompt, "completion_tokens": len(text) // 4}
        usage |= {"total_tokens": call.prompt + len(text) // 4}
        return sent({"id": "chatcmpl-1", "created": 1, "stats": {}} | _rest("publisher/a-model", choice, usage))

    return handle


def ollama(answer: str, context: int = 100_000) -> Handler:
    """A prompt that is too long loses its start without a word: half of the context and two tokens are read."""

    def handle(call: Call) -> Sent:
        if call.body["model"] != MODEL:
            return error(404, f"model '{call.body['model']}' not found", "not_found_error")
        read = context // 2 + 2 if call.prompt > context else call.prompt
        text, end = _cut(answer, call.body.get("max_tokens"))
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": end}
        usage = {"prompt_tokens": read, "completion_tokens": len(text) // 4, "total_tokens": read + len(text) // 4}
        return sent({"id": "chatcmpl-1", "system_fingerprint": "fp_ollama"} | _rest(MODEL, choice, usage))

    return handle


MANNERS: dict[str, Callable[..., Handler]] = {
    "vllm": vllm,
    "llamacpp": llamacpp,
    "lmstudio": lmstudio,
    "ollama": ollama,
}


def _cut(answer: str, limit: int | None) -> tuple[str, str]:
    return (answer[: limit * 4], "length") if limit and len(answer) > limit * 4 else (answer, "stop")


def _rest(model: str, choice: object, usage: object) -> dict[str, object]:
    return {"model": model, "choices": [choice], "usage": usage}


class ChatServer(Serving):
    """The running server: `url`, `calls` in the order of their arrival, `connections`."""

    def __init__(self, handler: Handler | Sent) -> None:
        super().__init__(_Connection)
        self.handler: Handler = handler if callable(handler) else lambda call: handler
        self.calls: list[Call] = []
        self.connections: list[object] = []

    @property
    def count(self) -> int:
        return len(self.calls)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # kept open, as these servers do
    server: Served

    def setup(self) -> None:
        super().setup()
        self.server.owner.connections.append(self)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        owner = self.server.owner
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        call = Call(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        owner.calls.append(call)
        try:
            self._play(owner.handler(call), owner.closing.wait)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _play(self, told: Sent, wait: Callable[[float], bool]) -> None:
        self.close_connection = bool(told.flaw)
        if told.flaw == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        if told.flaw == "silent":
            wait(10)
            return
        if told.flaw == "garbage":
            self.wfile.write(b"220 mail.example ready\r\n")
            return
        head = f"HTTP/1.1 {told.status} As told\r\n"
        given = {"content-type": "application/json", "content-length": str(len(told.body))} | told.headers
        head += "".join(f"{name}: {value}\r\n" for name, value in given.items())
        whole = head.encode() + b"\r\n"
        if told.flaw in ("drip", "slow headers"):
            if told.flaw == "drip":
                self.wfile.write(whole)
            for byte in told.body if told.flaw == "drip" else whole + told.body:
                self.wfile.write(bytes([byte]))
                if wait(told.pause):
                    return
            return
        self.wfile.write(whole)
        if told.flaw == "slow body":
            wait(told.pause)
        self.wfile.write(told.body[: len(told.body) * 2 // 3] if told.flaw == "truncated" else told.body)
