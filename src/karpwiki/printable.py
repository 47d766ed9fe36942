"""Text of a file or a model as a terminal may be sent it: no control character, no mark that turns what follows."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable


def terminal(text: str) -> str:
    """Text of a file for the terminal: controls and bidirectional marks as `\\x1b`, a tab as a space."""
    return _shown(text.replace("\t", " "), lambda c: f"\\x{ord(c):02x}")


def pure_json(text: str) -> str:
    """JSON in which what no terminal should be sent is written as `\\u202e`: it says the same."""
    return _shown(text, lambda c: json.dumps(c)[1:-1])


def _shown(text: str, escaped: Callable[[str], str]) -> str:
    """Text whose characters are printable, white space but for line feeds as well, or escaped."""
    return "\n".join(
        line
        if line.isprintable()
        else "".join(c if c.isprintable() or unicodedata.category(c) == "Zs" else escaped(c) for c in line)
        for line in text.split("\n")
    )
