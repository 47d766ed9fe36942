"""Calls carried out one by one, each in a thread of its own that only waits for its server."""

from __future__ import annotations

import queue
from collections import deque

from .bought import Till
from .gate import FIRST
from .jobs import Event, Job
from .llm import Request, background


class Live:
    """An engine whose calls begin at once. A call that begins or ends rings a bell; what it tells waits in a tray."""

    ahead = 64
    """Jobs that are put down before they can be started: enough for any number of calls at once to find its next."""
    first, warms = FIRST, True

    def __init__(self, till: Till) -> None:
        self._till = till
        self._tray: deque[Event] = deque()
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()

    def start(self, job: Job, request: Request, deadline: float) -> None:
        """Begin a call."""
        background(lambda: self._tell(self._call(job, request, deadline)))

    def _call(self, job: Job, request: Request, deadline: float) -> Event:
        try:
            reply = job.model.complete(request, deadline, lambda: self._tell(Event(job)))
            return self._till.buy(job, reply)
        except BaseException as error:  # noqa: BLE001  (the thread that waits raises it, or shows it to the user)
            return Event(job, error)

    def _tell(self, event: Event) -> None:
        self._tray.append(event)
        self._bell.put(None)

    def wait(self, seconds: float) -> list[Event]:
        """What has happened. Ctrl-C, at whatever moment, loses nothing: what is in the tray stays there."""
        if not self._tray:
            try:
                self._bell.get(timeout=max(seconds, 0.001))
            except queue.Empty:
                return []
        while not self._bell.empty():
            self._bell.get_nowait()
        return [self._tray.popleft() for _ in range(len(self._tray))]

    def wake(self) -> None:
        """End a `wait`; a simple queue may be put to in a signal handler."""
        self._bell.put(None)

    def drop(self) -> list[Event]:
        """Nothing: what runs is paid for, and ends by its deadline."""
        return []
