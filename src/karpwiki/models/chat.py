"""The chat completions API, as Ollama, vLLM, llama.cpp, LM Studio and hosted servers speak it, on httpx2.

The library is imported at the first call. An answer is not streamed: that is what all of these servers do alike.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit, urlunsplit

from ..errors import BadAnswer, Cut, Fatal, ModelError, Refused, TooLong, Transient
from ..llm import Reply, Request, background, plain_name
from ..pattern import pattern
from ..prices import Usage, tokens
from .heard import plain_word
from .wire import AGAIN, Line, Server, json_in, of_status, shown, to_hide, words_in

if TYPE_CHECKING:
    import httpx2

LARGEST = 32_000_000
"""Bytes of a response that are read."""
_RENAMED = pattern(r"(not supported|unsupported).*max_completion_tokens|max_completion_tokens.*instead", re.I | re.S)
_LIMIT = pattern(r"max_(completion_)?tokens|(completion|output) tokens|in the completion", re.I)
_REACHED = pattern("limit was reached", re.I)


class Chat:
    """One model behind a server's chat completions."""

    free = False

    def __init__(self, model: str, server: Server, *, effort: str = "") -> None:
        """`server.url` may end with /v1, with /chat/completions, or with neither. Calls nothing."""
        self.server, self.name, self.variant = server, plain_name(model), effort
        self._model, self._url, self._dialect = model, address(server.url), _Dialect()
        self._lock = threading.Lock()
        self._client: httpx2.Client | None = None

    def complete(self, request: Request, deadline: float, began: Callable[[], None]) -> Reply:
        """The reply, with an error when it was paid for and is not usable. Raises a ModelError when nothing was bought.

        The library's timeouts are per read, so a server that drips would hold it for ever: another thread listens, and
        its connection is cut at the deadline.
        """
        seconds = deadline - time.monotonic()
        late = Transient(f"{self.server.host} gave no whole answer within the time limit. {AGAIN}")
        if seconds <= 0:
            raise late
        line = Line()
        try:
            return cast("Reply", background(lambda: self._ask(request, deadline, began, line)).result(seconds))
        except TimeoutError:
            line.cut()
            raise late from None

    def _body(self, request: Request, dialect: _Dialect) -> dict[str, Any]:
        """What a request is to the server. The schema stands in the prompt too, as some servers look nowhere else."""
        schema = request.form.json_schema()
        told = "Answer with one JSON object that fits this JSON schema, and nothing else:"
        system = f"{request.system}\n\n{told}\n{json.dumps(schema, separators=(',', ':'))}"
        messages = [{"role": "system", "content": system}, {"role": "user", "content": request.user}]
        body: dict[str, Any] = {"model": self._model, "messages": messages}
        if request.max_tokens < dialect.most:
            body[dialect.limit] = request.max_tokens
        if dialect.schema:
            form = {"name": request.task, "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        return body | ({"reasoning_effort": self.variant} if self.variant else {})

    def _ask(self, request: Request, deadline: float, began: Callable[[], None], line: Line) -> Reply:
        """The reply to a request, made once more in another dialect where a server refuses the first one."""
        hide = to_hide(request, self.server.key)
        known = dialect = self._dialect
        keep = True
        while True:
            body = self._body(request, dialect)
            status, headers, data = self._post(body, deadline, began, line)
            if status == 200:
                learnt = dialect if keep else replace(dialect, most=known.most)
                if learnt != known:
                    self._dialect = learnt
                return self._reply(body["messages"], data, hide)
            words, code = words_in(_parsed(data))
            error = of_status(status, words, self.server, hide, code=code, headers=headers)
            text = data[:10_000].decode(errors="replace")
            other = dialect.other(request.max_tokens, text, error) if status in (400, 422) else None
            if not other:
                raise error
            # What does not fit into the context beside this prompt does beside a shorter one.
            keep = keep and not (other.most < dialect.most and "context" in text)
            dialect = other

    def _post(
        self, body: object, deadline: float, began: Callable[[], None], line: Line
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of the response. Raises a ModelError when there is none or it is too large."""
        import httpx2

        host, headers = self.server.host, {"content-type": "application/json", "accept-encoding": "identity"}
        if self.server.key:
            headers["authorization"] = f"Bearer {self.server.key}"
        seconds = max(0.01, deadline - time.monotonic())
        limit = httpx2.Timeout(seconds, connect=min(seconds, 20.0))
        content, trace, data = json.dumps(body).encode(), {"trace": line.trace}, bytearray()
        client = self._opened()
        try:
            with client.stream(
                "POST", self._url, content=content, headers=headers, timeout=limit, extensions=trace
            ) as response:
                if response.status_code == 200:
                    began()
                for chunk in response.iter_bytes():
                    data += chunk
                    if len(data) > LARGEST:
                        raise BadAnswer(f"{host} sent more than {LARGEST // 1_000_000} MB. {AGAIN}")
                return response.status_code, response.headers, bytes(data)
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            raise Transient(f"The connection to {host} failed ({type(error).__name__}). {AGAIN}") from None
        except (httpx2.InvalidURL, httpx2.CookieConflict, UnicodeError) as error:  # a name that DNS cannot have
            raise Fatal(f"{host} cannot be called ({type(error).__name__}). Check {self.server.url_name}.") from None

    def _opened(self) -> httpx2.Client:
        """The client, made at the first call. Each call has a connection of its own: one that can be cut whatever it is
        waiting for, and that the server has not closed as idle at the moment when it is used again."""
        import httpx2

        with self._lock:
            try:
                limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
                self._client = self._client or httpx2.Client(limits=limits, follow_redirects=False)
            except (ValueError, OSError, ImportError) as error:  # what the library reads of the environment
                name = type(error).__name__
                raise Fatal(f"No client for calls ({name}). Check the variables of proxies and certificates.") from None
            return self._client

    def _reply(self, messages: list[dict[str, str]], data: bytes, hide: tuple[str, ...]) -> Reply:
        """The reply that a body is. Raises what is wrong with it when no usage says that it was paid for."""
        body, host = _parsed(data), self.server.host
        fields: dict[str, Any] = body if isinstance(body, dict) else {}
        choice: dict[str, Any] = {}
        error: ModelError | None = None
        match body:
            case {"choices": [{"message": {}} as choice, *_]}:
                pass
            case {"error": inner} | ({"object": "error"} as inner):
                error = self._misnamed(inner, hide)
            case _:
                error = BadAnswer(f"{host} sent no answer. Check {self.server.url_name}.")
        content = choice["message"].get("content") if choice else None
        text = json_in(content) if isinstance(content, str) else ""
        sent = sum(tokens(message["content"]) for message in messages)
        usage, counted = _usage(fields.get("usage"), sent, str(content) if text else "")
        error = error or self._verdict(choice, text, hide)
        if not error and 512 <= usage.prompt < sent / 2 and usage.prompt % 512 < 9:
            # Ollama drops a part of a prompt that is too long, without a word: half of its context is read, and a bit.
            error = TooLong(
                f"{host} read {usage.prompt} of about {sent} tokens. Give {self.name} a longer context there "
                "(OLLAMA_CONTEXT_LENGTH for Ollama)."
            )
        if error and not counted:
            raise error
        named = fields.get("model")
        model = re.sub(r"[^\w.:/@-]", "_", named)[:100] if isinstance(named, str) else ""
        return Reply(text, model or self.name, usage, error=error)

    def _verdict(self, choice: Mapping[str, Any], text: str, hide: tuple[str, ...]) -> ModelError | None:
        """Why an answer must not be used, or None."""
        end = choice.get("finish_reason")
        if end == "length":
            return Cut(f"The answer of {self.name} did not fit (length).")
        if end == "content_filter" or choice["message"].get("refusal"):
            category = "content_filter" if end == "content_filter" else "refusal"
            return Refused(f"{self.name} declined to answer ({category}).", category)
        if end != "stop":
            word = plain_word(shown(end, hide) if isinstance(end, str) else end)
            return BadAnswer(f"The answer of {self.name} did not end properly ({word}). {AGAIN}")
        return None if text else BadAnswer(f"The answer of {self.name} is empty, or not text. {AGAIN}")

    def _misnamed(self, inner: object, hide: tuple[str, ...]) -> ModelError:
        """What an error means that came with status 200."""
        status = inner.get("code") if isinstance(inner, dict) else None
        words, code = words_in(inner)
        error = of_status(status if type(status) is int else 400, words, self.server, hide, code=code)
        if type(error) is not ModelError:
            return error
        return BadAnswer(
            f"{self.server.host} sent an error for an answer ({shown(words, hide) or 'no words'}). {AGAIN}"
        )


@dataclass(frozen=True)
class _Dialect:
    """What a server takes of what can be sent, learnt from what it refuses."""

    schema: bool = True
    limit: str = "max_tokens"
    """Its name for the most tokens that an answer may have."""
    most: float = float("inf")
    """A limit from here on is more than the server gives: it is left out, and the server's own holds."""

    def other(self, limit: int, text: str, error: ModelError) -> _Dialect | None:
        """What to try after such a refusal; None when nothing is left."""
        if limit < self.most and self.limit == "max_tokens" and _RENAMED.search(text):
            return replace(self, limit="max_completion_tokens")
        if limit < self.most and _LIMIT.search(text) and not _REACHED.search(text):
            return replace(self, most=limit)
        return replace(self, schema=False) if self.schema and type(error) is ModelError else None


def address(url: str) -> str:
    """Where calls go: /v1 stands in for a path that is not given, and /chat/completions follows unless it is there."""
    parts = urlsplit(url.strip())
    path = parts.path.rstrip("/") or "/v1"
    path += "" if path.endswith("/chat/completions") else "/chat/completions"
    return urlunsplit(parts._replace(path=path, fragment=""))


def _parsed(data: bytes) -> object:
    """The value of a JSON text, None when it is not one."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _usage(value: object, sent: int, content: str) -> tuple[Usage, bool]:
    """Tokens as the server counts them, estimated where it does not, and whether it counts any."""

    def count(values: object, name: str) -> int:
        number = values.get(name) if isinstance(values, dict) else None
        return number if type(number) is int and number > 0 else 0

    prompt, total = count(value, "prompt_tokens"), count(value, "total_tokens")
    # Some servers count what a model thinks in the total only.
    answer = max(count(value, "completion_tokens"), total - prompt if prompt else 0)
    cached = min(count(value.get("prompt_tokens_details"), "cached_tokens"), prompt) if isinstance(value, dict) else 0
    estimate = max(1, tokens(content)) if content else 0
    return Usage((prompt or sent) - cached, answer or estimate, cached), bool(prompt or answer)
