"""Frontmatter: python-frontmatter with a strict YAML handler that reads what is written and nothing more.

YAML 1.1 turns `1.10` into 1.1, `no` into False, `12:30` into 750 and days into objects; the last of two equal keys
wins; anchors and merge keys can grow without bound. Here only true, false, null and plain integers are resolved, and
duplicates, anchors, aliases, tags, merge keys, deep nesting and large documents are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

import yaml
from frontmatter.default_handlers import YAMLHandler

from .wiki import Page

MAX_BYTES, MAX_DEPTH = 250_000, 4
ORDER = (
    "title", "type", "created", "updated", "sources", "tags", "aliases", "summary",
    "date", "author", "latin", "bundle", "period", "credibility", "language", "coverage", "status", "sha256",
)  # fmt: skip
_MAX_SCANNED = 20_000
_UNCOMMON = re.compile(r"[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""What YAML breaks lines at, refuses or takes out."""
_QUOTED = r"\"[^\"\\\n]*+\"|'[^'\n]*+'"
_PLAIN = r"[\w./](?:[^:#\n]|:(?=[^\s])|(?<=[^\s])#)*+"
_BARE = r"[\w./][^,\[\]{}:#\"'\n]*+"
_CELL = re.compile(rf"({_BARE})|({_QUOTED})")
_CELLS = rf"(?:{_BARE}|(?:{_QUOTED}) *+)"
_LINE = re.compile(
    rf"([A-Za-z_][\w-]*+):(?: ++(?:({_PLAIN})|({_QUOTED}) *+|\[ *+((?:{_CELLS}(?:, *+{_CELLS})*+)?)\] *+)| *+)"
    rf"|- ++(?:({_PLAIN})|({_QUOTED}) *+)|"
)
"""A line of frontmatter in its common forms: a key and its value, an item of a list under a key, or nothing."""
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "": None}
_WORDY = re.compile(
    r"(?:[0-9]{4}/)?[A-Za-z\u4e00-\u9fff]"
    r"(?:[A-Za-z0-9\u4e00-\u9fff/.()'’“”;，。-]| (?=[A-Za-z0-9(“\u4e00-\u9fff]))*"
)
_HASH, _LETTERS = re.compile(r"[0-9a-f]{16}"), re.compile(r"[a-df]")
_DAY, _KEY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), re.compile(r"[A-Za-z]\w*", re.A)
_SAID = frozenset("y n yes no on off true false null".split())
"""What YAML takes for another thing than a text."""
_OPEN = re.compile(r"---[ \t]*\n")
_CLOSE = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.M)


class BadYaml(ValueError):
    """Why frontmatter cannot be read; `line` counts from the top of the file."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


class _Loader(yaml.SafeLoader):
    """Strings stay strings; duplicate keys and everything clever is refused."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 2
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise BadYaml("anchors and aliases are not allowed in frontmatter", line)
        if getattr(event, "tag", None):
            raise BadYaml("YAML tags are not allowed in frontmatter", line)
        self.depth = getattr(self, "depth", 0) + 1
        if self.depth > MAX_DEPTH + 1:
            raise BadYaml("frontmatter is nested too deep", line)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                raise BadYaml("a key of the frontmatter is not a word", name.start_mark.line + 2)
            if name.value in made:
                raise BadYaml(f"the key {name.value[:40]!r} stands twice", name.start_mark.line + 2)
            made[name.value] = self.construct_object(value, deep=True)
        return made


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]{0,14})$"), list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ["~", "n", ""])


class _Dumper(yaml.SafeDumper):
    """Quotes whatever another YAML reader would not take for a text; days stay bare."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, data: str) -> yaml.ScalarNode:
        day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", data)
        style = '"' if data and data.splitlines() != [data] else None  # or YAML folds line feeds, U+0085 among them
        return self.represent_scalar("tag:yaml.org,2002:timestamp" if day else "tag:yaml.org,2002:str", data, style)

    def represent_row(self, data: list[Any]) -> yaml.SequenceNode:
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)


_Dumper.add_representer(str, _Dumper.represent_text)
_Dumper.add_representer(list, _Dumper.represent_row)
# Numbers of YAML 1.2, as Obsidian and GitHub read them, that YAML 1.1 has not: 1e5, and so some hashes.
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\.?\d+|\d+\.\d*)(?:[eE][-+]?\d+)?$|^0o[0-7]+$"),
    list("-+.0123456789"),
)


class StrictYAML(YAMLHandler):
    """The handler that python-frontmatter is given, here and in tests."""

    def load(self, fm: str, **_: object) -> Any:
        if len(fm) > MAX_BYTES:
            raise BadYaml("frontmatter is larger than 250 kB")
        try:
            return yaml.load(fm, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 2 if error.problem_mark else 1
            raise BadYaml(f"frontmatter is not valid YAML: {error.problem or error.context}", line) from None
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            if isinstance(error, BadYaml):
                raise
            raise BadYaml("frontmatter cannot be read as YAML") from None

    def export(self, metadata: dict[str, object], **_: object) -> str:
        text: str = yaml.dump(metadata, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1 << 30)
        return text.removesuffix("\n") if metadata else ""


@lru_cache(maxsize=1)
def handler() -> StrictYAML:
    return StrictYAML()


def split(text: str) -> tuple[str, str, int]:
    """(YAML text, body, lines before the body) of a page; no frontmatter: ('', text, 0)."""
    opened = _OPEN.match(text)
    closed = _CLOSE.search(text, opened.end()) if opened else None
    if not opened or not closed:
        return "", text, 0
    return text[opened.end() : closed.start()], text[closed.end() :], text.count("\n", 0, closed.end())


def load(yaml_text: str) -> dict[str, Any]:
    """The mapping of some frontmatter. Raises BadYaml with the reason and the line."""
    common = scanned(yaml_text)
    data = handler().load(yaml_text) if common is None else common
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
        found = _LINE.fullmatch(line)
        if found is None:
            return None
        name, plain, quoted, row, item, quoted_item = found.groups()
        if name is not None:
            if name in made:
                return None
            if row is not None:
                values = [_scalar(*cell) for cell in _CELL.findall(row)]
                if len(values) != row.count(",") + bool(row.strip()):  # a comma within quotes, or nothing between two
                    return None
                made[name], items = values, None
            else:
                made[name] = _scalar(plain or "", quoted or "")
                items = [] if plain is None and quoted is None else None
        elif item is not None or quoted_item is not None:
            if items is None:
                return None
            items.append(_scalar(item or "", quoted_item or ""))
            made[next(reversed(made))] = items
    return made


def plainly(meta: Mapping[str, Any]) -> str | None:
    """What the handler writes for words, days, hashes and lists of them; None when a value or a key is another."""
    lines = []
    for name, value in meta.items():
        if isinstance(value, list):
            if not all(isinstance(v, str) and _in_row(v) for v in value):
                return None
            lines.append(f"{name}: [{', '.join(value)}]")
        elif isinstance(value, str) and (_in_row(value.replace(",", "")) or _DAY.fullmatch(value)):
            lines.append(f"{name}: {value}")
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
    text = handler().export(shown) if text is None else text
    return f"---\n{text}\n---\n" if text else "---\n---\n"
