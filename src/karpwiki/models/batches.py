"""Message Batches of Anthropic, through its SDK: what they are asked, in data of ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from ..errors import BadAnswer, ModelError, Transient
from ..llm import Reply, Request
from .anthropic import Anthropic, mapped
from .heard import STATUS, Heard
from .wire import AGAIN, of_status, to_hide

T = TypeVar("T")
ENDED = "ended"
_SECONDS = 120.0
"""Of one call about a batch; results are read as they come, each piece within it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a batch stands, as the server tells. All counts but `processing` stay 0 until it has ended."""

    id: str
    status: str
    """`in_progress`, `canceling` or `ended`."""
    created: float
    """Seconds since the epoch."""
    counts: Mapping[str, int] = field(default_factory=dict)


class Desk:
    """The batches of one account. Every method raises a ModelError when the server does not do it."""

    def __init__(self, model: Anthropic) -> None:
        self.model = model

    def create(self, requests: Mapping[str, Request]) -> Standing:
        """Submit requests, each under its custom id."""
        body: Any = [{"custom_id": key, "params": self.model.params(r)} for key, r in requests.items()]
        hide = tuple({text for r in list(requests.values())[:100] for text in to_hide(r, "")})
        return self._ask(lambda: _standing(self._batches().create(requests=body, timeout=_SECONDS)), hide)

    def retrieve(self, id: str) -> Standing:
        """How a batch stands."""
        return self._ask(lambda: _standing(self._batches().retrieve(id, timeout=_SECONDS)))

    def recent(self) -> list[Standing]:
        """The newest batches of the account, at most a hundred."""
        return self._ask(lambda: [_standing(b) for b in self._batches().list(limit=100, timeout=_SECONDS).data])

    def cancel(self, id: str) -> Standing:
        """Ask the server to end a batch; what is done by then is paid for, and kept."""
        return self._ask(lambda: _standing(self._batches().cancel(id, timeout=_SECONDS)))

    def results(self, id: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """(custom id, result) of each request of a batch that has ended, in any order."""
        # The SDK's own reading of a line trusts it to be of the type that it should be.
        lines = self._ask(lambda: self._batches().results(id, timeout=_SECONDS).http_response.iter_lines())
        while (line := self._ask(lambda: next(lines, None))) is not None:
            match self._ask(partial(json.loads, line or "{}")):
                case {"custom_id": str(key), "result": dict(result)}:
                    yield key, result

    def reply(self, result: Mapping[str, Any], request: Request | None) -> Reply:
        """What a result is. Raises the ModelError that it stands for when nothing was bought."""
        match result:
            case {"type": "succeeded", "message": message}:
                heard = Heard(self.model.server, self.model.name)
                heard.take_whole(message)
                return heard.reply(heard.verdict())
            case {"type": "errored", "error": {"error": {"type": str(kind), **rest}}}:
                hide = to_hide(request, self.model.server.key)
                raise of_status(STATUS.get(kind, 500), rest.get("message"), self.model.server, hide)
            case {"type": "expired"}:
                raise Transient(f"The batch ended before its turn came. {AGAIN}")
            case {"type": "canceled"}:
                raise ModelError("Its batch was cancelled. Run the same command again to go on.")
        raise BadAnswer(f"{self.model.server.host} sent a result that is none. {AGAIN}")

    def _batches(self) -> Any:
        return self.model.client().messages.batches

    def _ask(self, work: Callable[[], T], hide: tuple[str, ...] = ()) -> T:
        import anthropic as sdk
        import httpx2

        try:
            return work()
        except ModelError:
            raise
        except (sdk.AnthropicError, httpx2.HTTPError, httpx2.StreamError, UnicodeDecodeError) as error:
            raise mapped(error, self.model.server, (*hide, self.model.server.key)) from None
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise BadAnswer(f"{self.model.server.host} sent what is no batch. {AGAIN}") from None


def _standing(batch: Any) -> Standing:
    """Raises TypeError, AttributeError or ValueError for what is not one."""
    counts = batch.request_counts
    names = ("processing", "succeeded", "errored", "canceled", "expired")
    if not isinstance(batch.id, str) or batch.processing_status not in ("in_progress", "canceling", ENDED):
        raise ValueError("not a batch")
    known = {name: int(getattr(counts, name) or 0) for name in names}
    return Standing(batch.id, batch.processing_status, batch.created_at.timestamp(), known)
