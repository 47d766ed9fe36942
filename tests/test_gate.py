"""How many calls run at once: against servers that are simulated, second by second."""

from __future__ import annotations

import heapq

from hypothesis import given
from hypothesis import strategies as st

from karpwiki.gate import FIRST, Gate


def simulate(allowed: int, most: int, count: int, seconds: float = 5.0) -> tuple[float, int, int]:
    """(time, refusals, most at once) of `count` calls of which a server takes `allowed` at once; a refusal is at once.

    A call that was refused is made again, first of all.
    """
    gate, now, running, left, refused, peak = Gate(most), 0.0, 0, count, 0, 0
    ends: list[float] = []
    while left or running:
        while left and gate.opens(now) <= now:
            gate.enter()
            left -= 1
            if running < allowed:
                running += 1
                gate.let_in()
                heapq.heappush(ends, now + seconds + 0.01 * (left % 7))
            else:
                refused += 1
                gate.refused(now, now, None)
                gate.leave()
                left += 1
                now += 0.001
            peak = max(peak, running)
        if ends:
            now = max(now, heapq.heappop(ends))
            running -= 1
            gate.leave()
    return now, refused, peak


@given(st.integers(1, 64), st.integers(1, 128))
def test_every_call_is_made_and_never_more_than_most_at_once(allowed: int, most: int) -> None:
    _, _, peak = simulate(allowed, most, 200)
    assert peak <= min(allowed, most)


def test_what_a_server_allows_is_nearly_used_and_hardly_overrun() -> None:
    for allowed in (16, 50):
        took, refused, _ = simulate(allowed, 4 * allowed, 40 * allowed)
        assert 40 * 5.0 / took > 0.8, allowed
        assert refused <= 0.05 * 40 * allowed, allowed


def test_a_server_that_takes_all_is_used_at_once() -> None:
    took, refused, peak = simulate(1_000, 64, 640)
    assert refused == 0 and peak == 64 and took < 1.05 * 10 * 5.06


def test_several_refusals_of_one_moment_shrink_the_room_once() -> None:
    gate = Gate(64)
    for _ in range(FIRST):
        gate.enter()
    for _ in range(4):
        gate.refused(1.0, 2.0, None)
        gate.leave()
    assert 4 <= gate.running + 0 <= FIRST and gate.opens(3.0) == 3.0, "six of eight may run, four do"


def test_the_door_stays_shut_as_long_as_the_server_asks() -> None:
    gate = Gate(8)
    gate.enter()
    gate.refused(1.0, 2.0, 30.0)
    gate.leave()
    assert gate.opens(3.0) == 32.0 and gate.closed(3.0) == 29.0
    assert gate.opens(33.0) == 33.0 and gate.closed(33.0) == 0.0
