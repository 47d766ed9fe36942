"""The tables of karpwiki.toml that name models: [models.NAME], [tasks], [prices]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import UsageError
from .llm import TASKS, plain_name
from .prices import Price, make_price

EFFORTS = ("", "low", "medium", "high", "xhigh", "max")
APIS = ("chat", "anthropic")
RESERVED = ("anthropic", "excerpt", "replay", "command")
_PRICE = ("input", "output", "cache_read", "cache_write", "above")


@dataclass(frozen=True, slots=True)
class Row:
    """One [models.NAME] table: a server, or a program."""

    name: str
    base_url: str = ""
    """The server's address, like `http://127.0.0.1:11434/v1`."""
    api: str = "chat"
    """What the server speaks: `chat` (/v1/chat/completions) or `anthropic` (/v1/messages)."""
    model: str = ""
    """The model's name there; empty: the table's own."""
    key: str = ""
    """The environment variable that holds the key; never the key."""
    effort: str = ""
    command: tuple[str, ...] = ()
    """A program and its arguments, instead of a server."""
    answer: str = ""
    """Under which key of the program's JSON the answer stands; empty: it is the answer."""

    @property
    def called(self) -> str:
        """The model's name on pages and in the ledger."""
        return plain_name(self.name if self.command else self.model or self.name)


@dataclass(frozen=True, slots=True)
class Task:
    """What does one task, where it is not what does all."""

    model: str = ""
    effort: str = ""


def rows(table: Mapping[str, Any], where: str) -> dict[str, Row]:
    """The [models.NAME] tables. Raises UsageError naming the key that cannot be used."""
    made = {name: _row(name, row, f"{where}: [models.{name}]") for name, row in table.items()}
    called: dict[str, str] = {}
    for row in made.values():
        if called.setdefault(row.called, row.name) != row.name:
            both = f"[models.{called[row.called]}] and [models.{row.name}]"
            raise UsageError(f"{where}: {both} have one name, {row.called!r}: pages and prices cannot tell them apart.")
    return made


def _row(name: str, row: object, where: str) -> Row:
    values = dict(_table(row, where))
    for word in _PRICE:
        values.pop(word, None)
    command = values.pop("command", [])
    if not isinstance(command, list) or not all(isinstance(part, str) for part in command):
        raise UsageError(f'{where} command is a list of texts, like ["my-model", "--json"]: no shell reads it.')
    _texts(values, [f for f in Row.__dataclass_fields__ if f not in ("name", "command")], where)
    made = Row(name, command=tuple(command), **values)
    if name in RESERVED or name.startswith("claude-") or ":" in name:
        raise UsageError(f"{where} has the name of a model that karpwiki knows: give it another.")
    if bool(command) == bool(made.base_url):
        raise UsageError(f"{where} needs either base_url, the address of a server, or command, a program.")
    if made.api not in APIS:
        raise UsageError(f"{where} api = {made.api!r}; it is one of {', '.join(APIS)}.")
    _effort(made.effort, where)
    if made.key and not made.key.replace("_", "").isalnum():
        raise UsageError(f"{where} key is the name of an environment variable, never a key itself.")
    return made


def tasks(table: Mapping[str, Any], where: str) -> dict[str, Task]:
    """The [tasks] table: task = {model, effort}. Raises UsageError naming what cannot be used."""
    made = {}
    for name, row in table.items():
        here = f"{where}: [tasks] {name}"
        if name not in TASKS:
            raise UsageError(f"{here}: there is no such task; tasks are {', '.join(TASKS)}.")
        values = dict(_table(row, here))
        _texts(values, ["model", "effort"], here)
        made[name] = Task(**values)
        _effort(made[name].effort, here)
    return made


def prices(table: Mapping[str, Any], models: Mapping[str, Any], where: str) -> dict[str, Price]:
    """Prices by the name of a model: of [prices], and those that stand in a [models.NAME] table."""
    made = {plain_name(name): make_price(name, row) for name, row in table.items()}
    for row in rows(models, where).values():
        own = {word: models[row.name][word] for word in _PRICE if word in models[row.name]}
        if own:
            made[row.called] = make_price(row.name, own)
    return made


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UsageError(f'{where} is a table, like {{model = "claude-haiku-5-5"}}.')
    return value


def _texts(values: Mapping[str, object], known: list[str], where: str) -> None:
    for word, value in values.items():
        if word not in known:
            raise UsageError(f"{where}: unknown setting {word!r}. Known are: {', '.join(known)}.")
        if not isinstance(value, str):
            raise UsageError(f"{where}: {word} = {value!r} is not a text.")


def _effort(value: str, where: str) -> None:
    if value not in EFFORTS:
        raise UsageError(f"{where}: effort = {value!r}; it is one of {', '.join(EFFORTS[1:])}.")
