"""Page kinds as rows of data: kinds.toml, and what a vault's karpwiki.toml adds."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from .errors import UsageError

_ONE_LINE = {"folder": r"[\w-]{1,60}", "heading": r"[^\n|]{1,60}"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One row: where pages of this type stand, and what the prompts say of it."""

    name: str
    folder: str
    heading: str
    about: str = ""
    advice: str = ""
    claims: bool = True
    """Whether subjects may have this kind."""

    def path(self, stem: str) -> str:
        """The path of its page with this stem, relative to the vault."""
        return f"wiki/{self.folder}/{stem}.md" if self.folder else f"wiki/{stem}.md"


@lru_cache(maxsize=1)
def packaged() -> tuple[Kind, ...]:
    rows = tomllib.loads(Path(__file__).with_name("kinds.toml").read_text("utf-8"))
    return tuple(Kind(name, **row) for name, row in rows.items())


def kinds(own: Mapping[str, Any] | None = None) -> dict[str, Kind]:
    """All kinds by name, in their order: the packaged rows, then the vault's own (or its changes to those).

    Raises UsageError when a row of the vault has an unknown key, a value that is no text, or an unsafe folder.
    """
    made = {kind.name: kind for kind in packaged()}
    for name, row in (own or {}).items():
        where = f"karpwiki.toml: [kinds.{name}]"
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", name) or not isinstance(row, Mapping):
            raise UsageError(f"{where}: a kind's name is lower-case letters, digits and '-'; its row is a table.")
        old = made.get(name, Kind(name, f"{name}s", f"{name.capitalize()}s"))
        for word, value in row.items():
            if word not in ("folder", "heading", "about", "advice"):
                raise UsageError(f"{where}: unknown key {word!r}; known are folder, heading, about, advice.")
            if not isinstance(value, str) or (word in _ONE_LINE and not re.fullmatch(_ONE_LINE[word], value)):
                raise UsageError(f"{where}: {word} = {value!r} cannot be used; a folder is one plain name.")
        made[name] = replace(old, **row)
    return made
