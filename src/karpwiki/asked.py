"""What a `lint` that neither heals nor asks a model is asked for, as hooks, editors and workflows give it.

It is read here without the library of the command line, which takes longer to load than a vault of ten thousand
unchanged pages takes to lint. All other words, and wrong ones, are for cli.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FORMATS = ("text", "json", "github", "sarif")
_FLAGS = ("--strict", "--json", "--cache", "--no-cache")
_VALUES = ("--vault", "--select", "--ignore", "--diff", "--format", "--output")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be linted, by which rules, and how the findings are to be shown."""

    vault: Path | None = None
    paths: tuple[Path, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    ref: str = ""
    cache: bool = True
    format: str = "text"
    output: Path | None = None
    strict: bool = False
    """Warnings count as errors."""


def read(words: Sequence[str]) -> Asked | None:
    """What the words after `lint` ask for; None when one of them is none of the common ones, or has an odd value."""
    flags, given, paths = set[str](), dict[str, list[str]](), list[Path]()
    left = list(reversed(words))
    while left:
        name, equals, value = left.pop().partition("=")
        if name in _FLAGS and not equals:
            flags -= {"--cache", "--no-cache"} if "cache" in name else set()  # the last one counts
            flags.add(name)
        elif name in _VALUES:
            value = value if equals else left.pop() if left else ""
            if not value or value.startswith("-"):
                return None
            given.setdefault(name, []).append(value)
        elif not name.startswith("-") and not equals:
            paths.append(Path(name))
        else:
            return None
    vault, ref, form, output = (given.get(name, [""])[-1] for name in ("--vault", "--diff", "--format", "--output"))
    if form and form not in FORMATS:
        return None
    return Asked(
        Path(vault) if vault else None,
        tuple(paths),
        tuple(given.get("--select", ())),
        tuple(given.get("--ignore", ())),
        ref,
        "--no-cache" not in flags,
        "json" if "--json" in flags else form or "text",
        Path(output) if output else None,
        "--strict" in flags,
    )
