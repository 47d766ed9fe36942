"""The Messages API of Anthropic, through its SDK, which is imported at the first call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import BadAnswer, Fatal, ModelError, Transient
from ..llm import Reply, Request, background, plain_name
from .heard import Heard
from .wire import AGAIN, BAD_CLIENT, Line, Server, of_status, to_hide

if TYPE_CHECKING:
    import anthropic as sdk

URL = "https://api.anthropic.com"
KEY, ADDRESS = "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"


_mine = threading.local()


def _traced(request: Any) -> None:
    """Tell the call that this thread makes of its connection: the SDK hands none of it on."""
    line = getattr(_mine, "line", None)
    if line is not None:
        request.extensions = {**request.extensions, "trace": line.trace}


class Anthropic:
    """One model of Anthropic, or of a gateway that speaks its API."""

    free, caches = False, True

    def __init__(
        self,
        name: str,
        key: str,
        *,
        base_url: str = "",
        effort: str = "medium",
        key_name: str = KEY,
        url_name: str = ADDRESS,
    ) -> None:
        """Raises ModelError for a key that cannot be sent, UsageError for an address that is not one. Calls nothing."""
        # The SDK appends /v1/messages.
        url = (base_url.strip() or URL).rstrip("/").removesuffix("/v1")
        if not key.strip():
            raise Fatal(f"No key for {name}. Set the environment variable {key_name}, or say --model excerpt.")
        self.server = Server(url, key, key_name, url_name)
        self.name, self.variant, self._model, self._effort = plain_name(name), effort, name, effort
        self._lock = threading.Lock()
        self._client: sdk.Anthropic | None = None

    def complete(self, request: Request, deadline: float, began: Callable[[], None]) -> Reply:
        """The reply, with an error when it was paid for and is not usable. Raises a ModelError when nothing was bought.

        The SDK's timeouts are per read, so a server that drips would hold it for ever: another thread listens, and is
        left behind at the deadline.
        """
        seconds = deadline - time.monotonic()
        late = Transient(f"{self.server.host} gave no whole answer within the time limit. {AGAIN}")
        if seconds <= 0:
            raise late
        heard, line = Heard(self.server, self.name, began), Line()
        error: ModelError | None
        try:
            background(lambda: self._listen(request, heard, seconds, line)).result(seconds)
            error = heard.verdict()
        except TimeoutError:
            line.cut()
            error = late
        except ModelError as failure:
            error = failure
        return heard.reply(error)

    def _listen(self, request: Request, heard: Heard, seconds: float, line: Line) -> None:
        import anthropic as sdk
        import httpx2

        hide = to_hide(request, self.server.key)
        limit = sdk.Timeout(seconds, connect=min(seconds, 20.0))
        _mine.line = line
        try:
            with self.client().messages.create(**self.params(request), stream=True, timeout=limit) as stream:
                heard.response = stream.response
                for event in stream.raw_events(stream.response):
                    heard.take(event.data, hide)
        except (sdk.AnthropicError, httpx2.HTTPError, httpx2.StreamError, UnicodeDecodeError) as error:
            raise mapped(error, self.server, hide) from None

    def params(self, request: Request) -> dict[str, Any]:
        """What a request is to the Messages API, and to its batches."""
        import anthropic as sdk

        schema = sdk.transform_schema(request.form)
        return {
            "model": self._model,
            "max_tokens": request.max_tokens,
            "system": [{"type": "text", "text": request.system, "cache_control": {"type": "ephemeral"}}],
            "messages": [{"role": "user", "content": request.user}],
            "output_config": {"effort": self._effort, "format": {"type": "json_schema", "schema": schema}},
        }

    def client(self) -> sdk.Anthropic:
        """The SDK's client, made at the first call. It retries nothing: calls.py does."""
        import anthropic as sdk
        import httpx2

        with self._lock:
            if self._client is None:
                # Each call has a connection of its own, which can be cut whatever it waits for.
                limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
                try:
                    http = sdk.DefaultHttpxClient(limits=limits, event_hooks={"request": [_traced]})
                except (ValueError, OSError, ImportError, httpx2.InvalidURL) as error:
                    raise Fatal(BAD_CLIENT.format(type(error).__name__)) from None
                self._client = sdk.Anthropic(
                    api_key=self.server.key, base_url=self.server.url, max_retries=0, open_telemetry=False,
                    http_client=http,
                )  # fmt: skip
            return self._client


def mapped(error: Exception, server: Server, hide: tuple[str, ...] = ()) -> ModelError:
    """The error of ours for one of the SDK or its HTTP library. Its own text, which may hold anything, is not kept."""
    import anthropic as sdk
    import httpx2

    if isinstance(error, sdk.APIStatusError):
        message, code, headers = error.api_message, str(error.error_code or error.type), error.response.headers
        return of_status(error.status_code, message, server, hide, code=code, headers=headers)
    if isinstance(error, (sdk.APIResponseValidationError, sdk.APIWebhookValidationError, UnicodeDecodeError)):
        return BadAnswer(f"{server.host} sent what is not a message. {AGAIN}")
    if isinstance(error, (sdk.APIConnectionError, sdk.RetryableError, httpx2.HTTPError, httpx2.StreamError)):
        return Transient(f"The connection to {server.host} failed ({type(error).__name__}). {AGAIN}")
    return Fatal(f"The SDK cannot make the call ({type(error).__name__}). Check the ANTHROPIC_* variables.")
