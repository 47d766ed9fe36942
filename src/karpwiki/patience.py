"""Ctrl-C while calls are under way: the first is taken note of, the second stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType


class Patience:
    """A stretch of work that a person's Ctrl-C does not cut off in the middle.

    with patience:      # in the main thread; in others Ctrl-C never arrives
        …
    if patience.worn:   # somebody wants it to stop
    """

    def __init__(self, wake: Callable[[], None] | None = None) -> None:
        """`wake` ends what the work may be waiting for; it is called in a signal handler. Without it nobody asks
        whether patience is worn: Ctrl-C takes effect when the work is done."""
        self.worn = False
        self._wake = wake
        self._before: signal.Handlers | Callable[[int, FrameType | None], object] | int | None = None

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._noted)

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None
            if self._wake is None and self.worn:
                signal.raise_signal(signal.SIGINT)

    def _noted(self, number: int, frame: FrameType | None) -> None:
        if self.worn and self._wake:
            raise KeyboardInterrupt
        self.worn = True
        if self._wake:
            self._wake()
