"""One function over many things, by several processes at once.

A pool of the standard library takes longer to import than two hundred pages take to read, and hands over one result at
a time. Here each process takes portions until none is left, and leaves its results in memory that its parent reads.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")
_MOST = 8
_PORTIONS = 255
"""At most so many: each is told of by one byte."""


def processors() -> int:
    """How many processes may work at once; 1 where they are not forked, and each takes as long to begin as it saves."""
    forks = hasattr(os, "fork") and hasattr(os, "memfd_create")
    return min(os.cpu_count() or 1, _MOST) if forks else 1


def spread(work: Callable[[T], bytes | None], things: Sequence[T], workers: int) -> list[bytes | None]:
    """What `work` makes of each thing, in their order.

    None too for those of a process that came to no good, and for all when there can be none: they are left to the
    caller, who has to know how to do one alone.
    """
    size = max(1, -(-len(things) // _PORTIONS))
    made: list[bytes | None] = [None] * len(things)
    open_jobs, jobs = os.pipe()
    os.write(jobs, bytes(range(-(-len(things) // size))))  # whoever is free takes the next
    os.close(jobs)
    children: dict[int, int] = {}
    for _ in range(workers):
        results = os.memfd_create("karpwiki")
        try:
            child = os.fork()
        except OSError:  # no more processes may be had
            os.close(results)
            break
        if not child:
            with suppress(BaseException):
                _work(work, things, size, open_jobs, results)
            os._exit(0)
        children[child] = results
    os.close(open_jobs)
    for child, results in children.items():
        with suppress(
            ChildProcessError
        ):  # its end is told to nobody where SIGCHLD is ignored; it is waited for all the same
            os.waitpid(child, 0)
        with os.fdopen(results, "rb") as file, suppress(EOFError, ValueError, TypeError):
            file.seek(0)
            while True:
                number, portion = marshal.load(file)
                made[number * size : number * size + len(portion)] = portion
    return made


def _work(work: Callable[[T], bytes | None], things: Sequence[T], size: int, jobs: int, results: int) -> None:
    with os.fdopen(results, "wb") as file:
        while job := os.read(jobs, 1):
            portion = things[job[0] * size : (job[0] + 1) * size]
            marshal.dump((job[0], [work(thing) for thing in portion]), file)
