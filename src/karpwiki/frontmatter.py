"""Frontmatter, read line by line where its forms are common, and by strictyaml.py where they are not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .errors import BadYaml
from .pattern import pattern
from .wiki import Page

ORDER = (
    "title", "type", "created", "updated", "sources", "tags", "aliases", "summary",
    "date", "author", "latin", "bundle", "period", "credibility", "language", "coverage", "status", "sha256",
)  # fmt: skip
_MAX_SCANNED, _MAX_KEPT = 20_000, 200
_UNCOMMON = pattern(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""What YAML breaks lines at, refuses or takes out."""
_QUOTED = r"\"[^\"\\\n]*+\"|'[^'\n]*+'"
_PLAIN = r"[\w./](?:[^:#\n]|:(?=[^\s])|(?<=[^\s])#)*+"
_BARE = r"[\w./][^,\[\]{}:#\"'\n]*+"
_CELL = pattern(rf"({_BARE})|({_QUOTED})")
_CELLS = rf"(?:{_BARE}|(?:{_QUOTED}) *+)"
_LINE = pattern(
    rf"([A-Za-z_][\w-]*+):(?: ++(?:({_PLAIN})|({_QUOTED}) *+|\[ *+((?:{_CELLS}(?:, *+{_CELLS})*+)?)\] *+)| *+)"
    rf"|- ++(?:({_PLAIN})|({_QUOTED}) *+)|"
)
"""A line of frontmatter in its common forms: a key and its value, an item of a list under a key, or nothing."""
_NUMBER = pattern(r"-?[0-9]+(?:\.[0-9]+)?")
_INTEGER = pattern(r"-?(?:0|[1-9][0-9]{0,14})")
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "": None}
_WORDY = pattern(
    r"(?:[0-9]{4}/)?[A-Za-z\u4e00-\u9fff]"
    r"(?:[A-Za-z0-9\u4e00-\u9fff/.()'’“”;，。-]| (?=[A-Za-z0-9(“\u4e00-\u9fff]))*"
)
_HASH, _LETTERS = pattern(r"[0-9a-f]{16}"), pattern(r"[a-df]")
_DAY, _KEY = pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), pattern(r"[A-Za-z]\w*", re.A)
_SAID = frozenset("y n yes no on off true false null".split())
"""What YAML takes for another thing than a text."""
_OPEN = pattern(r"---[ \t]*\n")
_CLOSE = pattern(r"^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.M)


def split(text: str) -> tuple[str, str, int]:
    """(YAML text, body, lines before the body) of a page; no frontmatter: ('', text, 0)."""
    opened = _OPEN.match(text)
    closed = _CLOSE.search(text, opened.end()) if opened else None
    if not opened or not closed:
        return "", text, 0
    return text[opened.end() : closed.start()], text[closed.end() :], text.count("\n", 0, closed.end())


def load(yaml_text: str) -> dict[str, Any]:
    """The mapping of some frontmatter. Raises BadYaml with the reason and the line."""
    data: Any = scanned(yaml_text)
    if data is None:
        from .strictyaml import handler  # half of what a start takes, and few pages need it

        data = handler().load(yaml_text)
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise BadYaml("frontmatter is not a list of keys with values")
    return data


def scanned(yaml_text: str) -> dict[str, Any] | None:
    """The same from single lines, in a thirtieth of the time; None when one of them has a form that is not common."""
    if len(yaml_text) > _MAX_SCANNED or _UNCOMMON.search(yaml_text):
        return None
    made: dict[str, Any] = {}
    items: list[Any] | None = None
    for line in yaml_text.split("\n"):
        found = _line(line) if len(line) <= _MAX_KEPT else _line.__wrapped__(line)
        if found is None:
            return None
        name, value, is_row = found
        if name:
            if name in made:
                return None
            made[name] = [*value] if is_row else value
            items = [] if value is None and line.rstrip(" ").endswith(":") else None
        elif name is None:
            if items is None:
                return None
            items.append(value)
            made[next(reversed(made))] = items
    return made


@lru_cache(maxsize=1 << 12)
def _line(line: str) -> tuple[str | None, Any, bool] | None:
    """The key of a line (of an item None, of an empty line ''), its value, and whether that is a row of values.

    None when it has a form that is not common. Kept, since the pages of a vault have many lines in common.
    """
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    name, plain, quoted, row, item, quoted_item = found.groups()
    if row is not None:
        values = tuple(_scalar(*cell) for cell in _CELL.findall(row))
        # A comma within quotes, or nothing between two.
        return (name, values, True) if len(values) == row.count(",") + bool(row.strip()) else None
    if name is not None:
        return name, _scalar(plain or "", quoted or ""), False
    if item is None and quoted_item is None:
        return "", None, False
    return None, _scalar(item or "", quoted_item or ""), False


def plainly(meta: Mapping[str, Any]) -> str | None:
    """What the handler writes for words, days, hashes, lists of them, and numbers; None when something is another."""
    lines = []
    for name, value in meta.items():
        if isinstance(value, list):
            if not all(isinstance(v, str) and _in_row(v) for v in value):
                return None
            lines.append(f"{name}: [{', '.join(value)}]")
        elif isinstance(value, str) and (_in_row(value.replace(",", "")) or _DAY.fullmatch(value)):
            lines.append(f"{name}: {value}")
        elif type(value) in (int, float) and _NUMBER.fullmatch(repr(value)):
            lines.append(f"{name}: {value!r}")
        else:
            return None
        if not _KEY.fullmatch(name) or name.lower() in _SAID:
            return None
    return "\n".join(lines)


def _in_row(text: str) -> bool:
    """Whether a text is written as it is in a list on one line."""
    is_hash = _HASH.fullmatch(text) and not text.isdigit() and _LETTERS.search(text)
    return bool(is_hash or (_WORDY.fullmatch(text) and text.lower() not in _SAID))


def _scalar(plain: str, quoted: str) -> Any:
    if quoted:
        return quoted[1:-1]
    plain = plain.rstrip(" ")
    return _WORDS[plain] if plain in _WORDS else int(plain) if _INTEGER.fullmatch(plain) else plain


def render(meta: Mapping[str, Any], old: Page | None = None) -> str:
    """Frontmatter with its fences: known keys in their order; those of `old` that are not ours stay in their place."""
    before = list(old.meta) if old else []
    known = [name for name in ORDER if name in meta]
    for n, name in enumerate(before):
        if name not in ORDER:
            known.insert(next((known.index(b) + 1 for b in reversed(before[:n]) if b in known), 0), name)
    known += [name for name in meta if name not in known]
    values = {**(old.meta if old else {}), **meta}
    shown = {name: values[name] for name in known}
    text = plainly(shown)
    if text is None:
        from .strictyaml import handler

        text = handler().export(shown)
    return f"---\n{text}\n---\n" if text else "---\n---\n"
