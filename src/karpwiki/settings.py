"""karpwiki.toml and the environment → Settings. Every setting has a default; an unknown one is an error."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import dialect
from .dialect import Dialect
from .errors import UsageError
from .kinds import Kind, kinds, packaged
from .layout import FILE

if TYPE_CHECKING:  # lint needs no models
    from . import roster
    from .prices import Price

MOST = 10**8
GRADES = ("off", "info", "warning", "error")
LEVELS = ("primary", "secondary", "inferred")
"""Of credibility, the surest first."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a vault may set. The comment of each field is its documentation."""

    name: str = ""
    """The wiki's name, for its front page; `init` sets it to the folder's name."""
    language: str = ""
    """Language of compiled pages (`en`, `zh` …); empty: that of most sources at the first ingest."""
    model: str = ""
    """The model when `--model` is not given; empty: anthropic when a key is set, else excerpt."""
    effort: str = "medium"
    """How long a model thinks: low, medium, high, xhigh or max."""
    max_cost: float = 2.0
    """Dollars that one run may cost; an estimate above it asks first. `inf` for no limit."""
    links: str = "wiki"
    """`wiki` for [[links]]; `relative` for Markdown links, for readers on GitHub."""
    density: str = "full"
    """How many claims a digest asks for: `full`, or `brief` for about half."""
    page_claims: int = 3
    """A subject has a page when it is the first subject of this many claims."""
    page_sources: int = 2
    """… or a subject of that many claims from this many sources."""
    page_limit: int = 40
    """Claims that a page's prompt holds at most; the rest are listed under More."""
    part_chars: int = 12_000
    """A longer source is read in parts of about this many characters (a Chinese one counts as three)."""
    max_source_kb: int = 1_000
    """A larger source is read only with --yes, after an estimate; a model that costs nothing reads it unasked."""
    jobs: int = 8
    """Calls to the model at once."""
    call_seconds: int = 600
    """Time limit of one call, all of its tries together."""
    run_seconds: int = 7_200
    """Time limit of all calls of one command."""
    bundles: Mapping[str, str] = field(default_factory=dict)
    """Raw files that are one source: name = pattern, like `diary = "posts/*.md"`."""
    credibility: Mapping[str, str] = field(default_factory=dict)
    """How far raw files are trusted that do not say it themselves: level = pattern, like `primary = "talks/*"`."""
    rules: Mapping[str, str] = field(default_factory=dict)
    """Rules of lint, switched and graded: name = off, info, warning or error, like `orphan-page = "off"`."""
    models: Mapping[str, roster.Row] = field(default_factory=dict)
    """Models of your own by name, [models.NAME] tables: a server's `base_url`, or a `command`; see docs/models.md."""
    tasks: Mapping[str, roster.Task] = field(default_factory=dict)
    """Model and effort of one task (digest, page, same, overview, judge): `digest = {model = "claude-haiku-5-5"}`."""
    prices: Mapping[str, Price] = field(default_factory=dict)
    """Dollars per million tokens by model, where the built-in list has none: `"qwen3:8b" = {input = 0, output = 0}`."""
    dialect: Mapping[str, Any] = field(default_factory=dict)
    """How pages by hand are written, where karpwiki takes it for another way: trait = value, like `log = "first"`."""
    kinds: Mapping[str, Kind] = field(default_factory=kinds)
    """Page kinds by name; the vault's own are [kinds.NAME] tables."""

    @property
    def subject_kinds(self) -> tuple[str, ...]:
        return tuple(kind.name for kind in self.kinds.values() if kind.claims)


_CHOICES = {
    "links": ("wiki", "relative"),
    "density": ("full", "brief"),
}


def read_settings(root: Path) -> Settings:
    """The settings of a vault. Raises UsageError with the line or the key that cannot be used."""
    path = root / FILE
    try:
        data = tomllib.loads(path.read_text("utf-8-sig")) if path.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{FILE} is not valid TOML: {error}. Mend that line and run the command again.") from None
    except (OSError, RecursionError, ValueError):
        raise UsageError(f"{FILE} cannot be read. Mend it and run the command again.") from None
    return make_settings(data)


def make_settings(data: Mapping[str, Any]) -> Settings:
    """Checked settings from plain data. Raises UsageError naming the key."""
    known = {f.name: f for f in fields(Settings)}
    values: dict[str, Any] = {}
    for word, value in data.items():
        if word not in known:
            near = ", ".join(sorted(known))
            raise UsageError(f"{FILE}: unknown setting {word!r}. Known are: {near}.")
        if word == "kinds":
            values[word] = kinds(_table(word, value))
        elif word in ("bundles", "credibility"):
            values[word] = _patterns(word, _table(word, value))
        elif word == "rules":
            values[word] = _grades(_table(word, value))
        elif word == "dialect":
            values[word] = dialect.checked(_table(word, value), FILE)
        elif word in ("models", "tasks", "prices"):
            _table(word, value)
        else:
            values[word] = _checked(word, value, type(known[word].default))
    if any(word in data for word in ("models", "tasks", "prices")):
        from . import roster

        models = data.get("models", {})
        values["models"], values["tasks"] = roster.rows(models, FILE), roster.tasks(data.get("tasks", {}), FILE)
        values["prices"] = roster.prices(data.get("prices", {}), models, FILE)
    return Settings(**values)


def _table(word: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UsageError(f"{FILE}: {word} is a table: [{word}].")
    return value


def _patterns(word: str, table: Mapping[str, Any]) -> dict[str, str]:
    for name, pattern in table.items():
        if word == "credibility" and name not in LEVELS:
            raise UsageError(f"{FILE}: [credibility] {name}: a level is one of {', '.join(LEVELS)}.")
        if not isinstance(pattern, str) or not pattern.strip():
            raise UsageError(f'{FILE}: [{word}] {name} = {pattern!r} is not a pattern like "posts/*.md".')
    return dict(table)


def _grades(table: Mapping[str, Any]) -> dict[str, str]:
    """The [rules] table. Whether there is a rule of such a name is told when lint runs."""
    for name, grade in table.items():
        if grade not in GRADES:
            raise UsageError(f"{FILE}: [rules] {name} = {grade!r}; it is one of {', '.join(GRADES)}.")
    return dict(table)


def _checked(word: str, value: object, kind: type) -> object:
    if kind is float and type(value) in (int, float):
        if not float(str(value)) >= 0:
            raise UsageError(f"{FILE}: {word} = {value}; it is 0 or more.")
        return float(str(value))
    if type(value) is not kind:
        raise UsageError(f"{FILE}: {word} = {value!r} is not {'a text' if kind is str else 'a number'}.")
    choices = _choices(word)
    if choices and value not in choices:
        raise UsageError(f"{FILE}: {word} = {value!r}; it is one of {', '.join(choices)}.")
    if isinstance(value, int) and value > MOST:
        raise UsageError(f"{FILE}: {word} = {value} is too large; the most is {MOST}.")
    if isinstance(value, int) and value < 1:
        raise UsageError(f"{FILE}: {word} = {value} is too small; the least is 1.")
    return value


def _choices(word: str) -> tuple[str, ...]:
    if word == "effort":
        from .roster import EFFORTS

        return EFFORTS[1:]
    return _CHOICES.get(word, ())


def followed(settings: Settings, dialect: Dialect) -> Settings:
    """The settings as a vault's dialect has karpwiki write: where pages stand, how they link, in which language.

    What the settings say themselves counts more.
    """
    of = packaged()
    own = {
        kind.name: replace(kind, folder=dialect.folders[kind.name])
        for kind in of
        if kind.name in dialect.folders and settings.kinds[kind.name].folder == kind.folder
    }
    links = dialect.style if settings.links == "wiki" and dialect.style else settings.links
    language = settings.language or dialect.language
    return replace(settings, kinds={**settings.kinds, **own}, links=links, language=language)


def with_setting(text: str, word: str, value: str) -> str:
    """karpwiki.toml with one top-level text set, its other lines as they are."""
    line = f"{word} = {json.dumps(value, ensure_ascii=False)}"  # a JSON text is a TOML text
    lines = text.split("\n")
    for n, old in enumerate(lines):
        if old.lstrip().startswith("["):
            break
        if old.split("=")[0].strip().strip("\"'") == word:
            return "\n".join([*lines[:n], line, *lines[n + 1 :]])
    # A commented table counts: what stands after it would fall into it once it is uncommented.
    top = next((n for n, old in enumerate(lines) if old.lstrip("# \t").startswith("[")), len(lines))
    head = lines[:top]
    while head and not head[-1].strip():
        head.pop()
    tail = ["", *lines[top:]] if top < len(lines) else [""]
    return "\n".join([*head, line, *tail])


def has_key() -> bool:
    """Whether the environment has a key for the anthropic model."""
    return bool(os.environ.get("ANTHROPIC_API_KEY", "").strip())
