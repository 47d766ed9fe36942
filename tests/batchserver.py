"""A server on 127.0.0.1 that speaks the Message Batches API, and ends batches as told.

    with BatchServer(lambda key, params: "{}") as server:
        ...
    assert len(server.batches) == 1

`answer` gets the custom id and the params of a request and returns the text of an answer, or a whole result such as
`errored("api_error")`. A batch ends after `polls` questions about it. Results come in an order of their own.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

from loopback import USAGE
from serving import Served, Serving

Answer = Callable[[str, dict[str, Any]], "str | dict[str, Any]"]
CREATED = "2026-11-21T08:00:00Z"


def errored(kind: str, message: str = "no") -> dict[str, Any]:
    return {"type": "errored", "error": {"type": "error", "error": {"type": kind, "message": message}}}


EXPIRED: dict[str, Any] = {"type": "expired"}
CANCELED: dict[str, Any] = {"type": "canceled"}


class BatchServer(Serving):
    """The running server: `url`, `batches` (id → requests), `asked` (how often each custom id was submitted)."""

    def __init__(self, answer: Answer, polls: int = 1, created: str = "") -> None:
        super().__init__(_Connection)
        self.answer, self.polls, self.created = answer, polls, created
        self.batches: dict[str, list[dict[str, Any]]] = {}
        self.asked: dict[str, int] = {}
        self.canceled: set[str] = set()
        self.deaf = False
        """Whether it takes a batch and does not say so."""
        self.log: list[str] = []
        self._polled: dict[str, int] = {}
        self._lock = threading.Lock()

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            id = f"msgbatch_{len(self.batches) + 1}"
            self.batches[id] = body["requests"]
            for request in body["requests"]:
                self.asked[request["custom_id"]] = self.asked.get(request["custom_id"], 0) + 1
        return self.standing(id, ended=False)

    def poll(self, id: str) -> dict[str, Any]:
        with self._lock:
            self._polled[id] = self._polled.get(id, 0) + 1
        return self.standing(id, self._polled[id] > self.polls or id in self.canceled)

    def standing(self, id: str, ended: bool) -> dict[str, Any]:
        counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
        if ended:
            for _, result in self.results(id):
                counts[result["type"]] += 1
        else:
            counts["processing"] = len(self.batches[id])
        status = "ended" if ended else "canceling" if id in self.canceled else "in_progress"
        where = f"{self.url}/v1/messages/batches/{id}/results" if ended else None
        return {
            "id": id, "type": "message_batch", "processing_status": status, "request_counts": counts,
            "created_at": self.created or CREATED, "expires_at": "2030-11-22T08:00:00Z", "ended_at": None,
            "archived_at": None, "cancel_initiated_at": None, "results_url": where,
        }  # fmt: skip

    def results(self, id: str) -> list[tuple[str, dict[str, Any]]]:
        """The results of a batch, shuffled in the same way each time."""
        made = []
        for request in self.batches[id]:
            key, params = request["custom_id"], request["params"]
            said = CANCELED if id in self.canceled else self.answer(key, params)
            made.append(
                (key, said if isinstance(said, dict) else {"type": "succeeded", "message": whole(said, params)})
            )
        random.Random(id).shuffle(made)
        return made


def whole(text: str, params: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A message as the API gives it."""
    content = [{"type": "thinking", "thinking": "Hm.", "signature": ""}, {"type": "text", "text": text}]
    message = {"id": "msg", "type": "message", "role": "assistant", "model": params["model"], "content": content}
    return message | {"stop_reason": "end_turn", "stop_sequence": None, "stop_details": None, "usage": USAGE} | changes


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    server: Served

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        owner, path = self.server.owner, self.path.partition("?")[0]
        owner.log.append(f"POST {path}")
        if path.endswith("/cancel"):
            id = path.split("/")[-2]
            owner.canceled.add(id)
            self._say(owner.standing(id, ended=False))
        else:
            made = owner.create(json.loads(body))
            if owner.deaf:
                self.close_connection = True
                self.connection.close()
            else:
                self._say(made)

    def do_GET(self) -> None:
        owner, parts = self.server.owner, self.path.partition("?")[0].strip("/").split("/")
        owner.log.append(f"GET {'/'.join(parts)}")
        if parts[-1] == "results":
            lines = [json.dumps({"custom_id": key, "result": result}) for key, result in owner.results(parts[-2])]
            self._send("\n".join(lines).encode() + b"\n", "application/x-jsonl")
        elif parts[-1] == "batches":
            found = [owner.standing(id, ended=False) for id in reversed(owner.batches)]
            self._say({"data": found, "has_more": False, "first_id": None, "last_id": None})
        elif parts[-1] in owner.batches:
            self._say(owner.poll(parts[-1]))
        else:
            self._send(b'{"type":"error","error":{"type":"not_found_error","message":"no batch"}}', status=404)

    def _say(self, value: object) -> None:
        self._send(json.dumps(value).encode())

    def _send(self, content: bytes, kind: str = "application/json", status: int = 200) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
