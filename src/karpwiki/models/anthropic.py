"""The Messages API of Anthropic, through its SDK, which is imported at the first call."""

from __future__ import annotations

import json
import math
import re
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..errors import BadAnswer, ModelError, Refused, TooLong, UsageError
from ..llm import Fatal, Reply, Request, Transient, Usage, background

if TYPE_CHECKING:
    import anthropic as sdk

URL = "https://api.anthropic.com"
_AGAIN = "Run the same command again later."
_ACCOUNT = {
    "contract_spend_limit_reached",
    "enforced_spend_limit_reached",
    "linked_organization_spend_limit_reached",
    "linked_organization_billing_unavailable",
    "organization_on_hold",
}
_SPENT = re.compile(r"spend(ing)? limit|usage limits|credit balance", re.IGNORECASE)
_STATUS = {
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


class Anthropic:
    """One model of Anthropic, or of a gateway that speaks its API."""

    free = False

    def __init__(self, name: str, key: str, *, base_url: str = "", effort: str = "medium") -> None:
        """Raises ModelError for a key that cannot be sent, UsageError for an address that is not one. Calls nothing."""
        if not key or any(not "!" <= char <= "~" for char in key):
            raise Fatal(
                "The key holds a line break, a space or another character that no key has. "
                "Set ANTHROPIC_API_KEY again, without it."
            )
        self.name = name
        # The SDK appends /v1/messages.
        self._url = (base_url.strip() or URL).rstrip("/").removesuffix("/v1")
        parts = urlsplit(self._url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError("ANTHROPIC_BASE_URL is not an address like https://host. Correct or unset it.")
        self._host, self._key, self._effort = parts.hostname, key, effort
        self._lock = threading.Lock()
        self._client: sdk.Anthropic | None = None

    def complete(self, request: Request, deadline: float) -> Reply:
        """The reply, with an error when it was paid for and is not usable. Raises a ModelError when nothing was bought.

        The SDK's timeouts are per read, so a server that drips would hold it for ever: another thread listens, and is
        left behind at the deadline.
        """
        seconds = deadline - time.monotonic()
        late = Transient(f"{self._host} gave no whole answer within the time limit. {_AGAIN}")
        if seconds <= 0:
            raise late
        heard = Heard(self._host)
        error: ModelError | None
        try:
            background(lambda: self._listen(request, heard, seconds)).result(seconds)
            error = heard.verdict()
        except TimeoutError:
            heard.hang_up()
            error = late
        except ModelError as failure:
            error = failure
        if error and not heard.counts:
            raise error
        return Reply(heard.text, heard.model or self.name, heard.usage, error=error)

    def _listen(self, request: Request, heard: Heard, seconds: float) -> None:
        import anthropic as sdk
        import httpx2

        hide = (request.system, request.user, self._key)
        schema = sdk.transform_schema(request.form)
        output: Any = {"effort": self._effort, "format": {"type": "json_schema", "schema": schema}}
        try:
            with self._open().messages.create(
                model=self.name,
                max_tokens=request.max_tokens,
                system=[{"type": "text", "text": request.system, "cache_control": {"type": "ephemeral"}}],
                messages=[{"role": "user", "content": request.user}],
                output_config=output,
                stream=True,
                timeout=sdk.Timeout(seconds, connect=min(seconds, 20.0)),
            ) as stream:
                heard.response = stream.response
                for event in stream.raw_events(stream.response):
                    heard.take(event.data, hide)
        except (sdk.AnthropicError, httpx2.HTTPError, httpx2.StreamError, UnicodeDecodeError) as error:
            raise mapped(error, self._host, hide) from None

    def _open(self) -> sdk.Anthropic:
        import anthropic as sdk

        with self._lock:
            if self._client is None:
                self._client = sdk.Anthropic(api_key=self._key, base_url=self._url, max_retries=0, open_telemetry=False)
            return self._client


class Heard:
    """What has come of one stream so far. Any part may be missing or of another type than the API promises."""

    def __init__(self, host: str) -> None:
        self.response: Any = None
        self.model = ""
        self.counts: dict[str, int] = {}
        self._host = host
        self._texts: dict[int, str] = {}
        self._stop: object = None
        self._details: object = None
        self._ended = False

    @property
    def text(self) -> str:
        return "".join(self._texts[index] for index in sorted(self._texts))

    @property
    def usage(self) -> Usage:
        names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        return Usage(*(self.counts.get(name, 0) for name in names))

    def take(self, data: str, hide: tuple[str, ...]) -> None:
        """Add one event. Raises BadAnswer for what is not JSON, and the error that an error event stands for."""
        if not data:
            return
        try:
            event = json.loads(data)
        except (ValueError, RecursionError):
            raise BadAnswer(f"{self._host} sent a message that is not JSON. {_AGAIN}") from None
        match event:
            case {"type": "message_start", "message": {"model": str(model), **rest}}:
                self.model = re.sub(r"[^\w.:/@-]", "_", model)[:100]
                self._count(rest.get("usage"))
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
                raise of_status(_STATUS.get(str(kind), 500), rest.get("message"), self._host, hide)

    def _count(self, usage: object) -> None:
        if isinstance(usage, dict):
            self.counts |= {name: count for name, count in usage.items() if type(count) is int and count >= 0}

    def verdict(self) -> ModelError | None:
        """Why the answer must not be used, or None."""
        if not self.model:
            kind = _plain(self.response.headers.get("content-type", "").partition(";")[0])
            return BadAnswer(f"{self._host} sent no message ({kind}). Check ANTHROPIC_BASE_URL.")
        if not self._ended:
            return BadAnswer(f"The answer of {self.model} was cut off on its way. {_AGAIN}")
        if self._stop == "refusal":
            details = self._details if isinstance(self._details, dict) else {}
            category = _plain(details.get("category"))
            return Refused(f"{self.model} refused this source ({category}).", category)
        if self._stop in ("max_tokens", "model_context_window_exceeded"):
            return TooLong(f"The answer of {self.model} did not fit ({self._stop}).")
        if self._stop != "end_turn" or not self.text:
            return BadAnswer(f"The answer of {self.model} did not end properly ({_plain(self._stop)}). {_AGAIN}")
        return None

    def hang_up(self) -> None:
        """Wake the thread that listens: closing a socket under it would not."""
        stream = self.response.extensions.get("network_stream") if self.response else None
        wire = stream.get_extra_info("socket") if stream else None
        if isinstance(wire, socket.socket):
            with suppress(OSError):
                socket.socket.shutdown(wire, socket.SHUT_RDWR)


def _plain(word: object) -> str:
    return word if isinstance(word, str) and re.fullmatch(r"[a-z][a-z0-9_./+-]{1,39}", word) else "unspecified"


def mapped(error: Exception, host: str, hide: tuple[str, ...] = ()) -> ModelError:
    """The error of ours for one of the SDK or its HTTP library. Its own text, which may hold anything, is not kept."""
    import anthropic as sdk
    import httpx2

    if isinstance(error, sdk.APIStatusError):
        message, code, headers = error.api_message, str(error.error_code or error.type), error.response.headers
        return of_status(error.status_code, message, host, hide, code=code, headers=headers)
    if isinstance(error, (sdk.APIResponseValidationError, sdk.APIWebhookValidationError, UnicodeDecodeError)):
        return BadAnswer(f"{host} sent what is not a message. {_AGAIN}")
    if isinstance(error, (sdk.APIConnectionError, sdk.RetryableError, httpx2.HTTPError, httpx2.StreamError)):
        return Transient(f"The connection to {host} failed ({type(error).__name__}). {_AGAIN}")
    return Fatal(f"The SDK cannot make the call ({type(error).__name__}). Check the ANTHROPIC_* variables.")


def of_status(
    status: int,
    message: object,
    host: str,
    hide: tuple[str, ...],
    *,
    code: str = "",
    headers: Mapping[str, str] | None = None,
) -> ModelError:
    """The error of ours for an HTTP status and what the server says about it."""
    said = f": {shown(message, hide)}" if isinstance(message, str) and message else ""
    headers = headers or {}
    spent = isinstance(message, str) and status in (400, 403, 429) and _SPENT.search(message)
    if spent or status == 402 or code in _ACCOUNT or code == "billing_error":
        return Fatal(f"The account cannot pay for calls ({status}){said}. Raise its limit, or say --model excerpt.")
    if status in (401, 403):
        return Fatal(f"{host} does not accept the key ({status}){said}. Check ANTHROPIC_API_KEY.")
    if status == 404:
        return Fatal(
            f"{host} does not know the model or the address (404){said}. Check --model and ANTHROPIC_BASE_URL."
        )
    if status == 413:
        return TooLong(f"The request is too long for {host} (413).")
    if status in (408, 409, 429) or status >= 500:
        return Transient(f"{host} is busy or out of order ({status}){said}. {_AGAIN}", _retry_after(headers))
    return ModelError(f"{host} does not take the request ({status}){said}.")


def shown(message: str, hide: tuple[str, ...] = ()) -> str:
    """At most 300 characters of a server's words, control characters escaped, what repeats prompt or key left out."""
    text = message[:300]
    secret = [False] * len(text)
    for start in range(len(text) - 7):
        if any(text[start : start + 8] in hidden for hidden in hide):
            secret[start : start + 8] = [True] * 8
    kept = "".join("\0" if hidden else char for char, hidden in zip(text, secret, strict=True))
    kept = re.sub(r"\0+", "…", kept)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in kept).rstrip(". ")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        with suppress(ValueError, TypeError):
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
            return max(seconds, 0.0)
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
