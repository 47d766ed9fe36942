"""The models by name. Each is imported only when it is opened: the start-up of a command knows no network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ..errors import UsageError
from ..llm import Fatal, Model

DEFAULT = "claude-sonnet-5-5"
"""What `anthropic` stands for."""
KEY = "ANTHROPIC_API_KEY"


def open_model(
    name: str,
    *,
    effort: str = "medium",
    base_url: str = "",
    folder: str | Path = "",
    environ: Mapping[str, str] | None = None,
) -> Model:
    """The model called `name`: `anthropic` or `claude-…`, `excerpt`, `replay:FOLDER` or `replay` with `folder`.

    `base_url` and the key of anthropic come from ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY of `environ` (by default the
    process's) when not given. Raises UsageError for an unknown name, ModelError when the key is missing or broken.
    """
    environ = os.environ if environ is None else environ
    kind, _, rest = name.partition(":")
    if name == "excerpt":
        from .excerpt import Excerpt

        return Excerpt()
    if kind == "replay":
        from .replay import Replay

        if not (rest or folder):
            raise UsageError("The model 'replay' needs the folder of its answers: say --model replay:FOLDER.")
        return Replay(Path(rest or folder))
    if name == "anthropic" or name.startswith("claude-"):
        from .anthropic import Anthropic

        key = environ.get(KEY, "")
        if not key.strip():
            raise Fatal(f"No key for {name}. Set the environment variable {KEY}, or say --model excerpt.")
        url = base_url or environ.get("ANTHROPIC_BASE_URL", "")
        return Anthropic(DEFAULT if name == "anthropic" else name, key, base_url=url, effort=effort)
    raise UsageError(
        f"There is no model {name!r}. Models: anthropic, claude-… (a model of Anthropic by its name), excerpt, "
        'replay:FOLDER. Say --model NAME, or set model = "NAME" in karpwiki.toml.'
    )
