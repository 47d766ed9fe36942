"""A server on the loopback interface that a test owns: started by `with`, stopped at its end."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class Served(ThreadingHTTPServer):
    """What a connection knows as its server; `owner` is the test's."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    owner: Any


class Serving:
    """A server with one thread a connection. `closing` is set when it stops, for connections that wait."""

    def __init__(self, connection: type[BaseHTTPRequestHandler]) -> None:
        self.closing = threading.Event()
        self._server = Served(("127.0.0.1", 0), connection)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
