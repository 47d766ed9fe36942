"""The models by name. Each is imported only when it is opened: the start-up of a command knows no network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ..errors import Fatal, UsageError
from ..llm import Model
from ..roster import Row

DEFAULT = "claude-sonnet-5-5"
"""What `anthropic` stands for."""
KEY = "ANTHROPIC_API_KEY"
FREE = ("excerpt", "replay")
"""Models that cost nothing."""


def open_model(
    name: str,
    *,
    effort: str = "medium",
    base_url: str = "",
    folder: str | Path = "",
    rows: Mapping[str, Row] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Model:
    """The model called `name`, as docs/models.md has them; `rows` are the vault's own, which win.

    `folder`: of the answers of `replay`. `base_url` and the key of anthropic come from ANTHROPIC_BASE_URL and
    ANTHROPIC_API_KEY of `environ` (by default the process's) when not given. Raises UsageError for an unknown name,
    ModelError when the key is missing or broken.
    """
    environ = os.environ if environ is None else environ
    kind, _, rest = name.partition(":")
    if rows and name in rows:
        return _own(rows[name], effort, environ)
    if name == "excerpt":
        from .excerpt import Excerpt

        return Excerpt()
    if kind == "replay":
        from .replay import Replay

        if not (rest or folder):
            raise UsageError("The model 'replay' needs the folder of its answers: say --model replay:FOLDER.")
        return Replay(Path(rest or folder))
    if kind == "command":
        from .command import preset

        return preset(rest)
    if name == "anthropic" or name.startswith("claude-"):
        from .anthropic import Anthropic

        url = base_url or environ.get("ANTHROPIC_BASE_URL", "")
        key = environ.get(KEY, "")
        return Anthropic(DEFAULT if name == "anthropic" else name, key, base_url=url, effort=effort)
    own = f" Yours: {', '.join(sorted(rows))}." if rows else ""
    raise UsageError(
        f"There is no model {name!r}. Models: anthropic, claude-… (a model of Anthropic by its name), excerpt, "
        f"replay:FOLDER, command:claude, command:codex, command:llm, and those of [models.NAME] tables.{own} "
        'Say --model NAME, or set model = "NAME" in karpwiki.toml.'
    )


def _own(row: Row, effort: str, environ: Mapping[str, str]) -> Model:
    """The model of a [models.NAME] table."""
    if row.command:
        from .command import Command

        return Command(row.called, row.command, answer=row.answer)
    key, where = environ.get(row.key, ""), f"base_url of [models.{row.name}]"
    if row.key and not key:
        raise Fatal(f"No key for {row.name}. Set the environment variable {row.key}, or say --model with another one.")
    if row.api == "anthropic":
        from .anthropic import Anthropic

        wanted = row.effort or effort
        return Anthropic(
            row.model or row.name,
            key or "none",
            base_url=row.base_url,
            effort=wanted,
            key_name=row.key or KEY,
            url_name=where,
        )
    from .chat import Chat
    from .wire import Server

    return Chat(row.model or row.name, Server(row.base_url, key, row.key or "its key", where), effort=row.effort)
