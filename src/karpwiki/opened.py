"""A vault as a command finds it: opened, locked, read; and which model is to be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from . import write
from .errors import ModelError
from .layout import FILE, find_root, to_write
from .ledger import really
from .llm import MAKING, Model, Team
from .prices import Rates
from .seen import Seen, look
from .settings import Settings, has_key, read_settings
from .settled import Settled, recall
from .vault import read_wiki
from .wiki import Wiki


@dataclass(frozen=True)
class Vault:
    """An opened vault."""

    root: Path
    settings: Settings
    recovered: str = ""
    seen: Seen | None = None
    """Its files as they were when it was locked."""

    @cached_property
    def wiki(self) -> Wiki:
        """Everything in it, read when it is first asked for: a run that has nothing to do never asks."""
        return read_wiki(self.root, settings=self.settings)

    @cached_property
    def settled(self) -> Settled | None:
        """What the last run left, if it left nothing to do and no file changed since."""
        return recall(self.root, self.seen) if self.seen else None

    @property
    def name(self) -> str:
        return self.settings.name or "Wiki"  # not the folder's name: a clone elsewhere is the same wiki


def open_vault(vault: Path | None) -> Vault:
    """The vault at or above the working folder, or the one given, not locked."""
    root = find_root(vault)
    return Vault(root, read_settings(root))


@contextmanager
def locked(vault: Path | None) -> Iterator[Vault]:
    """The same for a command that writes: locked, and with what an interrupted command left put right first."""
    root = find_root(vault)
    to_write(root)
    read_settings(root)  # a mistake in them is told before anything is touched
    with write.lock(root):
        recovered, seen = write.recover(root), look(root)
        yield Vault(root, read_settings(root), recovered, seen)


# Models


def made_by(wiki: Wiki) -> Counter[str]:
    """How many pages each model made."""
    return Counter(p.state.model for p in wiki.pages.values() if p.state and p.state.by)


def choose_team(vault: Vault, named: str, asks: tuple[str, ...] = MAKING) -> tuple[Team, str]:
    """The models to use for some tasks, and what to say about the choice.

    Named on the command line, for all tasks; else each task's own of the settings, else that of the settings, else
    anthropic when its key is set, else excerpt, which is chosen by itself only where no better model has written.
    Raises UsageError and ModelError.
    """
    settings = vault.settings
    name = named or settings.model or ("anthropic" if has_key() else "")
    if not name and all(task in settings.tasks and settings.tasks[task].model for task in asks):
        name = settings.tasks["page" if "page" in asks else asks[0]].model
    said = ""
    if not name:
        models = vault.settled.made_by if vault.settled else made_by(vault.wiki)
        better = [m for m in models if m not in ("excerpt", "code")]
        if better:
            key = "set ANTHROPIC_API_KEY, or " if any(m.startswith("claude-") for m in better) else ""
            raise ModelError(
                f"This wiki was made by {', '.join(sorted(better))}; {key}name a model with --model or in {FILE}; "
                "--model excerpt if you mean it."
            )
        said = (
            "Model: excerpt (embedded; it picks sentences and writes none). Set ANTHROPIC_API_KEY for written pages, "
            "or name a model with --model."
        )
    everything = _opened(vault, name or "excerpt", settings.effort, bool(named))
    tasks = {
        task: _opened(vault, (not named and own.model) or name or "excerpt", own.effort or settings.effort, bool(named))
        for task, own in settings.tasks.items()
        if task in asks
    }
    return Team(everything, tasks, asks), said


def _opened(vault: Vault, name: str, effort: str, named: bool) -> Model:
    from .models import open_model

    kind, _, folder = name.partition(":")
    if kind != "replay" or not folder or name in vault.settings.models:
        return open_model(name, effort=effort, rows=vault.settings.models)
    here = Path(folder)
    return open_model(kind, folder=here if named and here.is_dir() else vault.root / folder)


def team_or_why(vault: Vault, named: str) -> tuple[Team | None, str]:
    """The models for a command that may need none: with what to say of the choice, or why there are none."""
    try:
        return choose_team(vault, named)
    except ModelError as error:
        return None, str(error)


def rates_of(vault: Vault, batch: bool = False) -> Rates:
    """What is known of the cost of calls in this vault."""
    rates = Rates(vault.settings.prices, batch=batch)
    return replace(rates, really=really(vault.root, rates))
