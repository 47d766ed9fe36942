"""What has come of one streamed answer of the Messages API, and whether it may be used."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from ..errors import BadAnswer, Cut, ModelError, Refused, TooLong
from ..llm import Reply
from ..prices import Usage, tokens
from .wire import AGAIN, Server, of_status

STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""What an error inside a stream, which comes after status 200, would have had as its own status."""


class Heard:
    """What has come of one stream so far. Any part may be missing or of another type than the API promises."""

    def __init__(self, server: Server, name: str, began: Callable[[], None] = lambda: None) -> None:
        """`name`: the model that was asked. `began` is called when the server has let the call in."""
        self.response: Any = None
        self.model = ""
        self.counts: dict[str, int] = {}
        self._server, self._name, self._began = server, name, began
        self._texts: dict[int, str] = {}
        self._stop: object = None
        self._details: object = None
        self._ended = False

    @property
    def text(self) -> str:
        return "".join(self._texts[index] for index in sorted(self._texts))

    @property
    def usage(self) -> Usage:
        """As the server counts it; of an answer that was cut off, at least as many tokens as were heard."""
        names = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        prompt, read, written = (self.counts.get(name, 0) for name in names)
        heard = 0 if self._ended else tokens(self.text)
        return Usage(prompt, max(self.counts.get("output_tokens", 0), heard), read, written)

    def take(self, data: str, hide: tuple[str, ...]) -> None:
        """Add one event. Raises BadAnswer for what is not JSON, and the error that an error event stands for."""
        if not data:
            return
        try:
            event = json.loads(data)
        except (ValueError, RecursionError):
            raise BadAnswer(f"{self._server.host} sent a message that is not JSON. {AGAIN}") from None
        match event:
            case {"type": "message_start", "message": {"model": str(model), **rest}}:
                self.model = re.sub(r"[^\w.:/@-]", "_", model)[:100]
                self._count(rest.get("usage"))
                self._began()
            case {"type": "content_block_start", "index": int(index), "content_block": {"type": "text", **rest}}:
                self._texts[index] = str(rest.get("text") or "")
            case {
                "type": "content_block_delta",
                "index": int(index),
                "delta": {"type": "text_delta", "text": str(text)},
            }:
                self._texts[index] = self._texts.get(index, "") + text
            case {"type": "message_delta", "delta": {"stop_reason": stop, **rest}}:
                self._stop = stop
                self._details = rest.get("stop_details")
                self._count(event.get("usage"))
            case {"type": "message_stop"}:
                self._ended = True
            case {"type": "error", "error": {"type": kind, **rest}}:
                raise of_status(STATUS.get(str(kind), 500), rest.get("message"), self._server, hide)

    def take_whole(self, message: object) -> None:
        """A message that was not streamed, as a batch holds it."""
        match message:
            case {"model": str(model), "content": list(blocks), **rest}:
                self.model = re.sub(r"[^\w.:/@-]", "_", model)[:100]
                self._count(rest.get("usage"))
                self._stop, self._details, self._ended = rest.get("stop_reason"), rest.get("stop_details"), True
                for index, block in enumerate(blocks):
                    match block:
                        case {"type": "text", "text": str(text)}:
                            self._texts[index] = text

    def reply(self, error: ModelError | None) -> Reply:
        """What was heard. Raises the error when nothing was bought."""
        if error and not self.counts:
            raise error
        return Reply(self.text, self.model or self._name, self.usage, error=error)

    def _count(self, usage: object) -> None:
        if isinstance(usage, dict):
            self.counts |= {name: count for name, count in usage.items() if type(count) is int and count >= 0}

    def verdict(self) -> ModelError | None:
        """Why the answer must not be used, or None."""
        if not self.model:
            headers = self.response.headers if self.response else {}
            kind = plain_word(headers.get("content-type", "").partition(";")[0])
            return BadAnswer(f"{self._server.host} sent no message ({kind}). Check {self._server.url_name}.")
        if not self._ended:
            return BadAnswer(f"The answer of {self._name} was cut off on its way. {AGAIN}")
        if self._stop == "refusal":
            details = self._details if isinstance(self._details, dict) else {}
            category = plain_word(details.get("category"), self._server.key)
            return Refused(f"{self._name} declined to answer ({category}).", category)
        if self._stop in ("max_tokens", "model_context_window_exceeded"):
            error = Cut if self._stop == "max_tokens" else TooLong
            return error(f"The answer of {self._name} did not fit ({self._stop}).")
        if self._stop != "end_turn" or not self.text:
            return BadAnswer(f"The answer of {self._name} did not end properly ({plain_word(self._stop)}). {AGAIN}")
        return None


def plain_word(word: object, key: str = "") -> str:
    """A word of a server that may be shown, or `unspecified`: none that repeats a part of a key."""
    if not isinstance(word, str) or not re.fullmatch(r"[a-z][a-z0-9_./+-]{1,39}", word):
        return "unspecified"
    return "unspecified" if any(word[n : n + 8] in key for n in range(len(word) - 7)) else word
