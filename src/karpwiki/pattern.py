"""Regular expressions that are compiled when they are first used.

The program has four hundred, a run uses few of them, and one that knows the ranges of Chinese takes milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, AnyStr, cast


class _Pattern:
    """Stands for a compiled pattern: every attribute is that one's, and is found at once from the second time on."""

    def __init__(self, compiled: Callable[[], re.Pattern[Any]]) -> None:
        self._compiled = compiled

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = vars(self)[name] = getattr(self._compiled(), name)
        return found


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What `re.compile` gives, to be called by its methods: it is no argument for the functions of `re`."""
    return cast("re.Pattern[AnyStr]", _Pattern(partial(re.compile, text, flags)))
