"""Is everything there that a run needs? Version, vault, settings, model, key, price; on request one tiny call."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from . import __version__
from .errors import OK, USAGE, KarpError
from .forms import PingForm, SameInput
from .layout import FILE, find_root
from .ledger import book
from .llm import TASKS, Model, Request, fill
from .opened import Vault, choose_team, rates_of
from .prices import Usage, as_of
from .settings import Settings, has_key, read_settings

LIBRARIES = ("anthropic", "pydantic", "typer", "rich", "markdown-it-py", "python-frontmatter", "pyyaml", "rapidfuzz")
CALL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    is_good: bool
    text: str
    code: int = OK
    """What a command that needs it would end with."""


def examine(vault: Path | None, model: str, call: bool) -> Iterator[Check]:
    """Everything that is looked at, in order. `call`: also make one call of a few tokens, which is booked."""
    yield Check("karpwiki", True, f"{__version__}, Python {platform.python_version()}, {platform.system()}")
    known = [(name, _version(name)) for name in LIBRARIES]
    lost = [name for name, found in known if not found]
    have = ", ".join(f"{name} {found}" for name, found in known if found)
    yield Check("libraries", not lost, f"not installed: {', '.join(lost)}" if lost else have, USAGE if lost else OK)
    try:
        root = find_root(vault)
        yield Check("vault", True, str(root))
    except KarpError as error:
        yield Check("vault", False, str(error), error.exit_code)
        root = Path.cwd()
    try:
        settings = read_settings(root)
        where = FILE if (root / FILE).is_file() else f"no {FILE}: the defaults hold"
        yield Check("settings", True, f"{where}; at most ${settings.max_cost:.2f} a run, {settings.jobs} calls at once")
    except KarpError as error:
        yield Check("settings", False, str(error), error.exit_code)
        settings = Settings()
    yield from _models(Vault(root, settings), model, call)


def _models(vault: Vault, named: str, call: bool) -> Iterator[Check]:
    settings = vault.settings
    why = (
        "named on the command line" if named
        else f"model in {FILE}" if settings.model
        else "ANTHROPIC_API_KEY is set" if has_key()
        else "no key is set and no model named"
    )  # fmt: skip
    keys = dict.fromkeys(["ANTHROPIC_API_KEY", *(row.key for row in settings.models.values() if row.key)])
    said = ", ".join(f"{key} {'is set' if os.environ.get(key, '').strip() else 'is not set'}" for key in keys)
    yield Check("keys", True, said)
    try:
        team, _ = choose_team(vault, named, TASKS)
    except KarpError as error:
        yield Check("model", False, str(error), error.exit_code)
        return
    tasks = "".join(f"; {task}: {m.name}" for task, m in team.tasks.items() if m.name != team.model.name)
    yield Check("model", True, f"{team.model.name} ({why}){tasks}")
    rates = rates_of(vault)
    for member in team.members:
        if member.free:
            yield Check("price", True, f"{member.name} costs nothing")
        elif price := rates.price(member.name):
            where = FILE if member.name in settings.prices else f"list of {as_of()}"
            yield Check(
                "price", True, f"{member.name}: ${price.input:g} in, ${price.output:g} out per million tokens ({where})"
            )
        else:
            yield Check("price", False, f'{member.name}: not known; say it under [prices] "{member.name}" in {FILE}')
        if call:
            yield _called(vault, member)


def _called(vault: Vault, model: Model) -> Check:
    """One tiny call: whether an answer comes, how soon, at what cost."""
    if model.free:
        return Check("call", True, f"{model.name} needs none")
    request = Request(
        "ping", "You answer with a form.", "Fill in: answer = pong", PingForm, SameInput(()), "0000", "doctor", 1_000
    )
    began, rates = time.monotonic(), replace(rates_of(vault), really={})
    try:
        reply = model.complete(request, began + CALL_SECONDS, lambda: None)
        seconds = time.monotonic() - began
        if (vault.root / "wiki").is_dir():
            book(vault.root, "", request, model.name, reply, rates, seconds)
        if reply.error:
            raise reply.error
    except KarpError as error:
        return Check("call", False, f"{model.name}: {error}", error.exit_code)
    fits = "a whole form" if not isinstance(fill(PingForm, reply.text), list) else "an answer that is not the form"
    served = f", served as {reply.model}" if reply.model.startswith(f"{model.name}-") else ""
    return Check("call", True, f"{model.name}: {fits} after {seconds:.1f} s, {_tokens(reply.usage)}{served}")


def _tokens(usage: Usage) -> str:
    return f"{usage.prompt} tokens in, {usage.output_tokens} out"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
