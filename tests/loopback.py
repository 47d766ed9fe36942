"""A server on 127.0.0.1 that speaks the Messages API, and misbehaves as told.

    with Loopback(lambda body: Script.answer('{"a": 1}')) as server:
        client = Anthropic(base_url=server.url, api_key="k")
        ...
    assert server.count == 1 and server.requests[0]["model"] == "claude-sonnet-5-5"

The handler gets the JSON of each request and returns a Script, or a `str`, which is an answer. It runs in the thread of
its request, so it may wait. A request with `"stream": true` is answered with server-sent events, any other with JSON.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from typing import Any, Literal

from serving import Served, Serving

USAGE = {"input_tokens": 11, "output_tokens": 7, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 3}


@dataclass(frozen=True)
class Script:
    """What the server does with one request."""

    text: str = ""
    stop_reason: str | None = "end_turn"
    category: str = ""
    """Of a refusal."""
    usage: dict[str, int] = field(default_factory=lambda: dict(USAGE))
    model: str = ""
    """Empty: the model that was asked for."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """Sent as it stands instead of a message."""
    flaw: Literal["", "cut", "truncated", "drip", "slow headers", "silent", "reset", "reset midway"] = ""
    """cut: the stream ends before message_stop. truncated: within an event, short of its length. drip: one byte every
    `pause`. slow headers: the same from the first byte on. silent: nothing for `patience`. reset: the connection, at
    once or, midway, after two thirds of the content."""
    events: tuple[dict[str, Any], ...] | None = None
    """Sent as the stream instead of those of a message."""
    pause: float = 0.1
    patience: float = 10.0

    @classmethod
    def answer(cls, text: str, **changes: Any) -> Script:
        return cls(text=text, **changes)

    @classmethod
    def refusal(cls, category: str = "cyber", text: str = "") -> Script:
        return cls(text=text, stop_reason="refusal", category=category)

    @classmethod
    def error(cls, status: int, kind: str = "api_error", message: str = "no", code: str = "", **headers: str) -> Script:
        """An error as the API words it. Headers are keywords: `retry_after="1"`."""
        error: dict[str, Any] = {"type": kind, "message": message}
        if code:
            error["details"] = {"error_code": code}
        body = json.dumps({"type": "error", "error": error}).encode()
        sent = {"content-type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
        return cls(status=status, body=body, headers=sent)

    @classmethod
    def html(cls, status: int = 200) -> Script:
        return cls(
            status=status, body=b"<html><p>Log in to the hotel</p></html>", headers={"content-type": "text/html"}
        )

    @classmethod
    def json(cls, value: object) -> Script:
        return cls(body=json.dumps(value).encode(), headers={"content-type": "application/json"})

    def but(self, **changes: Any) -> Script:
        return replace(self, **changes)


Handler = Callable[[dict[str, Any]], Script | str]


@dataclass(eq=False)
class Call:
    """One request and what was done with it. Times are of the monotonic clock."""

    body: dict[str, Any]
    began: float
    script: Script | None = None
    ended: float = float("inf")
    """When everything was sent or the other side had hung up."""


class Loopback(Serving):
    """The running server.

    `url`, `requests` (parsed bodies in order of arrival), `calls` (the same with what became of them), `count`, `keys`,
    `most_at_once`.
    """

    def __init__(self, handler: Handler | Script | str) -> None:
        super().__init__(_Connection)
        self.handler: Handler = handler if callable(handler) else lambda body: handler
        self.requests: list[dict[str, Any]] = []
        self.calls: list[Call] = []
        self.keys: list[str] = []
        self.most_at_once = 0
        self._running = 0
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        return len(self.requests)

    def script(self, body: dict[str, Any], key: str) -> tuple[Script, Call]:
        """Note a request down and ask the handler."""
        call = Call(body, time.monotonic())
        with self._lock:
            self.requests.append(body)
            self.calls.append(call)
            self.keys.append(key)
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
        try:
            script = self.handler(body)
        finally:
            with self._lock:
                self._running -= 1
        call.script = Script(text=script) if isinstance(script, str) else script
        return call.script, call


def in_turn(*scripts: Script | str) -> Handler:
    """A handler that plays one script a request, and the last one for all further."""
    left = list(scripts)
    lock = threading.Lock()

    def handle(body: dict[str, Any]) -> Script | str:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return handle


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"  # a connection a request: what is cut short is closed
    server: Served

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        key = self.headers.get("authorization", "").removeprefix("Bearer ") or self.headers.get("x-api-key", "")
        script, call = self.server.owner.script(body, key)
        try:
            self._play(script, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            call.ended = time.monotonic()

    def _play(self, script: Script, body: dict[str, Any]) -> None:
        wait = self.server.owner.closing.wait
        if script.flaw == "reset":
            self._reset()
            return
        if script.flaw == "silent":
            end = time.monotonic() + script.patience
            while time.monotonic() < end and not self._left() and not wait(0.02):
                pass
            return
        streamed = bool(body.get("stream"))
        kind = "text/event-stream" if streamed else "application/json"
        content = script.body if script.body is not None else _content(script, body, streamed)
        head = f"HTTP/1.0 {script.status} As told\r\n".encode()
        for name, value in ({"content-type": kind} | script.headers).items():
            head += f"{name}: {value}\r\n".encode()
        if script.flaw == "truncated":
            head += f"content-length: {len(content)}\r\n".encode()
        if script.flaw in ("truncated", "reset midway"):
            content = content[: len(content) * 2 // 3]
        if script.flaw == "slow headers":
            head, content = b"", head + b"\r\n" + content
        else:
            self.wfile.write(head + b"\r\n")
        if script.flaw in ("drip", "slow headers"):
            for byte in content:
                self.wfile.write(bytes([byte]))
                if wait(script.pause) or self._left():
                    return
        else:
            self.wfile.write(content)
        if script.flaw == "reset midway":
            wait(0.05)  # or the reset would overtake the content
            self._reset()

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _left(self) -> bool:
        """Whether the other side has hung up."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)


def _content(script: Script, body: dict[str, Any], streamed: bool) -> bytes:
    model = script.model or body.get("model", "")
    if not streamed:
        return json.dumps(_message(script, model)).encode()
    events = list(script.events) if script.events is not None else list(_events(script, model))
    if script.flaw == "cut":
        events = [
            event for event in events if event["type"] not in ("content_block_stop", "message_delta", "message_stop")
        ]
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


def _message(script: Script, model: str) -> dict[str, Any]:
    details = {"type": "refusal", "category": script.category or None, "explanation": None}
    return {
        "id": "msg_loopback",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": script.text}],
        "stop_reason": script.stop_reason,
        "stop_sequence": None,
        "stop_details": details if script.stop_reason == "refusal" else None,
        "usage": script.usage,
    }


def _events(script: Script, model: str) -> Iterator[dict[str, Any]]:
    whole = _message(script, model)
    started = script.usage | {"output_tokens": 1}
    yield {
        "type": "message_start",
        "message": whole | {"content": [], "stop_reason": None, "stop_details": None, "usage": started},
    }
    # A thinking block comes first, as it may: the answer is to be picked by type.
    yield {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "thinking", "thinking": "", "signature": ""},
    }
    yield {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}}
    yield {"type": "content_block_stop", "index": 0}
    yield {"type": "ping"}
    yield {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}
    for start in range(0, len(script.text), 2_000):
        piece = script.text[start : start + 2_000]
        yield {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": piece}}
    yield {"type": "content_block_stop", "index": 1}
    delta = {name: whole[name] for name in ("stop_reason", "stop_sequence", "stop_details")}
    yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": script.usage.get("output_tokens", 0)}}
    yield {"type": "message_stop"}
