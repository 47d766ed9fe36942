"""What all servers have in common: their errors, in our words; what of theirs may be shown; JSON out of loose text."""

from __future__ import annotations

import json
import math
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from ..errors import Busy, Fatal, ModelError, NotThere, TooLong, Transient, UsageError
from ..llm import Request
from ..pattern import pattern

AGAIN = "Run the same command again later."
_ACCOUNT = {
    "contract_spend_limit_reached",
    "enforced_spend_limit_reached",
    "linked_organization_spend_limit_reached",
    "linked_organization_billing_unavailable",
    "organization_on_hold",
    "insufficient_quota",
}
_SPENT = pattern(r"spend(ing)? limit|usage limits|credit balance|exceeded your current quota", re.IGNORECASE)
_LONG = pattern(
    r"context (length|size|window)|maximum model length|output limit was reached|\bn_ctx\b|prompt is too long"
    r"|too many tokens",
    re.IGNORECASE,
)
_GOES_ON = pattern(r"\s*[,\]}]")
BAD_CLIENT = "No call can be made ({}). Check HTTPS_PROXY, ALL_PROXY, NO_PROXY and SSL_CERT_FILE."
BAD_KEY = "The key holds a line break, a space or another character that no key has. Set {variable} again, without it."


@dataclass(frozen=True)
class Server:
    """Where a model is, and what in the settings or the environment says so."""

    url: str
    key: str = ""
    key_name: str = "its key"
    """The variable that holds the key."""
    url_name: str = "its address"
    """The variable or setting that holds the address."""

    def __post_init__(self) -> None:
        """Raises Fatal for a key that cannot be sent, UsageError for an address that is not one."""
        if any(not "!" <= char <= "~" for char in self.key):
            raise Fatal(BAD_KEY.format(variable=self.key_name))
        with suppress(ValueError):
            parts = urlsplit(self.url)
            if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
                return
        raise UsageError(f"{self.url_name} is not an address like https://host. Correct or unset it.")

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


def to_hide(request: Request | None, key: str) -> tuple[str, ...]:
    """What a message must not show: the prompt, as it is and as JSON spells it, and the key."""
    texts = (request.system, request.user) if request else ()
    spelled = [json.dumps(text, ensure_ascii=ascii)[1:-1] for text in texts for ascii in (True, False)]
    return tuple(dict.fromkeys(filter(None, (*texts, *spelled, key))))


def of_status(
    status: int,
    message: object,
    server: Server,
    hide: tuple[str, ...],
    *,
    code: str = "",
    headers: Mapping[str, str] | None = None,
) -> ModelError:
    """The error of ours for an HTTP status and what the server says about it. `hide`: what must not be shown."""
    host = server.host
    # What it repeats of a source may well speak of a credit balance, or of a context window.
    words = shown(message, hide) if isinstance(message, str) else ""
    said, headers = f": {words}" if words else "", headers or {}
    spent = status in (400, 403, 429) and _SPENT.search(words)
    if spent or status == 402 or code in _ACCOUNT or code == "billing_error":
        return Fatal(f"The account cannot pay for calls ({status}){said}. Raise its limit, or say --model excerpt.")
    if status in (401, 403):
        return Fatal(f"{host} does not accept the key ({status}){said}. Check {server.key_name}.")
    if 300 <= status < 400:
        return Fatal(f"{host} sends calls on to another address ({status}). Set {server.url_name} to that one.")
    if status == 404 or code == "model_not_found":
        where = f"Check --model and {server.url_name}."
        return NotThere(f"{host} does not know the model or the address ({status}){said}. {where}")
    if status == 413 or (status in (400, 422, 500) and _LONG.search(words)):
        return TooLong(f"The request is too long for {host} ({status}).")
    if status == 429:
        return Busy(f"{host} takes no more calls for now (429){said}. {AGAIN}", _retry_after(headers))
    if status in (408, 409) or status >= 500:
        return Transient(f"{host} is busy or out of order ({status}){said}. {AGAIN}", _retry_after(headers))
    return ModelError(f"{host} does not take the request ({status}){said}. Check --model and the model's settings.")


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
        with suppress(ValueError, TypeError, OverflowError):
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
            return max(seconds, 0.0)
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def words_in(body: object, depth: int = 4) -> tuple[str, str]:
    """The words and the code in the body of an error, '' for what is not there. Each server has a shape of its own."""
    match body:
        case str():
            return body, ""
        case {"error": inner} | {"detail": inner} | [inner, *_] if depth:
            return words_in(inner, depth - 1)
        case {"msg": str(words), "loc": [*place]}:  # FastAPI
            return f"{'.'.join(str(part) for part in place if isinstance(part, str | int))}: {words}", ""
        case {"message": inner, **rest} if depth:
            code = next((word for word in (rest.get("code"), rest.get("type")) if isinstance(word, str)), "")
            return words_in(inner, depth - 1)[0], code
    return "", ""


class Line:
    """The connection of one call, to be cut from another thread, whatever the call waits for."""

    def __init__(self) -> None:
        self._stream: Any = None
        self._over = False

    def trace(self, step: str, info: Mapping[str, Any]) -> None:
        """The `trace` extension of the HTTP library: told of each step of a call."""
        if step.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._stream = info["return_value"]
            if self._over:  # nobody waits any more: what would be bought now is lost
                self.cut()

    def cut(self) -> None:
        """Wake the thread that waits for it, now or as soon as it is there: closing a socket would not wake it."""
        self._over = True
        wire = self._stream.get_extra_info("socket") if self._stream else None
        if isinstance(wire, socket.socket):
            with suppress(OSError):
                socket.socket.shutdown(wire, socket.SHUT_RDWR)  # not that of TLS, which would wait for the other side


def json_in(text: str) -> str:
    """The JSON object in what a model wrote around it: plain, in a fence, behind its thoughts or a sentence; else text.

    Only where the object ends may something follow: what is found is parsed whole, or not used.
    """
    text, mark = text.strip(), "</think>"
    found = _object_in(text)
    if mark not in text or mark in found:  # an answer may speak of the mark that ends thoughts, and so may thoughts
        return found or text
    answer = text.rpartition(mark)[2]
    return _object_in(text.partition(mark)[2]) or _object_in(answer) or answer.strip()


def _object_in(text: str) -> str:
    starts = [m.end() - 1 for m in re.finditer(r"^[ \t]*\{|```\w*\s*\{", text, re.MULTILINE)][:20]
    inline = re.search(r'\{\s*"', text)
    for start in [*starts, *([inline.start()] if inline else [])]:
        with suppress(ValueError, RecursionError):
            end = json.JSONDecoder().raw_decode(text, start)[1]
            if not _GOES_ON.match(text, end):  # else it is a part of a larger one that is damaged
                return text[start:end]
    return ""
