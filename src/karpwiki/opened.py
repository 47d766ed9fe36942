"""A vault as a command finds it: opened, locked, read; and which model is to be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from . import write
from .errors import ConflictError, ModelError
from .llm import Model
from .models import open_model
from .moved import follow
from .names import parse_names
from .resolve import contradictions
from .settings import Settings, has_key, read_settings
from .vault import find_root, read_optional, read_wiki, unreadable
from .wiki import Wiki


@dataclass(frozen=True, slots=True)
class Vault:
    """An opened vault."""

    root: Path
    settings: Settings
    wiki: Wiki
    recovered: str = ""

    @property
    def name(self) -> str:
        return self.settings.name or "Wiki"  # not the folder's name: a clone elsewhere is the same wiki


def open_vault(vault: Path | None) -> Vault:
    """The vault at or above the working folder, or the one given, read and not locked."""
    root = find_root(Path.cwd(), vault)
    return Vault(root, read_settings(root), read_wiki(root))


@contextmanager
def locked(vault: Path | None) -> Iterator[Vault]:
    """The same for a command that writes: locked, and with what an interrupted command left put right first."""
    root = find_root(Path.cwd(), vault)
    settings = read_settings(root)
    with write.lock(root):
        recovered = write.recover(root)
        yield Vault(root, settings, read_wiki(root), recovered)


def readable(vault: Vault) -> tuple[Vault, tuple[str, ...]]:
    """The vault with moved raw files followed, and what to say of these and of names.txt.

    Raises ConflictError when a page that karpwiki wrote cannot be read: its claims would be taken for gone.
    """
    if broken := unreadable(vault.wiki):
        told = "; ".join(f"{path} {why}" for path, why in broken[:5])
        raise ConflictError(f"{told}. Mend {'it' if len(broken) == 1 else 'them'} first; nothing was written.")
    wiki, moved = follow(vault.wiki)
    said = [f"raw/{old} is now raw/{new}: followed." for old, new in moved.items()]
    decisions, bad = parse_names(read_optional(vault.root / "names.txt"))
    said += [f"names.txt line {n} is no decision and has no effect: {text}" for n, text in bad]
    said += [f"names.txt lines {a.line} and {b.line} contradict: neither acts." for a, b in contradictions(decisions)]
    return replace(vault, wiki=wiki), tuple(said)


# Models


def made_by(wiki: Wiki) -> Counter[str]:
    """How many pages each model made."""
    return Counter(p.state.by.partition("/")[0] for p in wiki.pages.values() if p.state and p.state.by)


def choose_model(vault: Vault, named: str) -> tuple[Model, str]:
    """The model to use, and what to say about the choice.

    Named on the command line, else in the settings, else anthropic when its key is set, else excerpt, which is chosen
    by itself only where no better model has written. Raises UsageError and ModelError.
    """
    name = named or vault.settings.model or ("anthropic" if has_key() else "")
    if name:
        kind, _, folder = name.partition(":")
        recorded = Path(folder) if named and Path(folder).is_dir() else vault.root / folder
        if folder:
            return open_model(kind, effort=vault.settings.effort, folder=recorded), ""
        return open_model(name, effort=vault.settings.effort), ""
    better = [m for m in made_by(vault.wiki) if m not in ("excerpt", "code")]
    if better:
        raise ModelError(
            f"This wiki was made by {', '.join(sorted(better))}; set ANTHROPIC_API_KEY, or say --model excerpt."
        )
    said = (
        "Model: excerpt (embedded; it picks sentences and writes none). Set ANTHROPIC_API_KEY for written pages, or "
        "name a model with --model."
    )
    return open_model("excerpt"), said


def model_or_why(vault: Vault, named: str) -> tuple[Model | None, str]:
    """The model for a command that may need none: with what to say of the choice, or why there is none."""
    try:
        return choose_model(vault, named)
    except ModelError as error:
        return None, str(error)
