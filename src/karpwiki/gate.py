"""How many calls run at once: more as long as the server lets them in, fewer when it says that they are too many.

Additive increase, multiplicative decrease, as TCP does it (Chiu and Jain, 1989): it finds what a server allows, and
several clients share it fairly. Time is in seconds of one monotonic clock, which the caller reads.
"""

from __future__ import annotations

FIRST = 8
"""Calls at once before anything is known of the server."""
SHRINK = 0.85
WARY = 2.0
"""How many rounds of calls are let in before one more is tried, once the server has refused one."""


class Gate:
    """The room of one server, for one run. One thread uses it."""

    def __init__(self, most: int, first: int = FIRST) -> None:
        self.running = 0
        self._most, self._room, self._known = most, float(min(most, first)), False
        self._shrunk = self._closed = float("-inf")

    def opens(self, now: float) -> float:
        """The time from which a call may begin; infinite when one must end first."""
        return max(now, self._closed) if self.running < int(self._room) else float("inf")

    @property
    def room(self) -> int:
        """How many more calls may run now."""
        return max(0, int(self._room) - self.running)

    def closed(self, now: float) -> float:
        """Seconds for which the server has asked to be left alone, from now."""
        return max(0.0, self._closed - now)

    def enter(self) -> None:
        self.running += 1

    def leave(self) -> None:
        self.running -= 1

    def let_in(self) -> None:
        """The server has taken a call."""
        self._room = min(self._most, self._room + (1 / (WARY * self._room) if self._known else 1))

    def refused(self, began: float, now: float, retry_after: float | None) -> None:
        """The server has refused a call that is still counted as running. `began`: when that was made.

        Of several that were made before the room shrank, the first one shrinks it.
        """
        if began > self._shrunk:
            self._room, self._shrunk, self._known = max(1.0, SHRINK * min(self._room, self.running)), now, True
        if retry_after:
            self._closed = max(self._closed, now + retry_after)
