"""Which raw files an ingest reads: what is new, known, changed, ignored, elsewhere or too large to be read unasked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .bundle import RETRACTED, check_name, members_of
from .errors import UsageError
from .extract import sha256
from .forms import DigestInput
from .nouns import Source
from .prompts import request
from .settings import Settings
from .summarize import EMPTY
from .wiki import RawFile, Wiki

_FILLED, _BYTES_PER_TOKEN = 0.8, 3.5
"""Rough: how full parts are when they are cut at headings; of a Chinese character, nearly one token."""
CHANGED = (
    "was changed after it was ingested; sources are immutable: restore it, add the new text as a new file, or have it "
    "retracted and read anew with --accept-changed"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user asks of an ingest besides its files."""

    pages: bool = True
    """Also compile the pages that change."""
    accept: bool = False
    """Read files again that were changed after their ingest."""
    upgrade: bool = False
    """Read and phrase again what another model or prompt made."""
    retry: bool = False
    """Read again what was refused or too long."""
    bundle: str | None = None
    """The one source that the named files are members of."""
    yes: bool = False
    """Read also what is larger than max_source_kb, whatever that costs."""


PLAINLY = Wish()


@dataclass(frozen=True, slots=True)
class Batch:
    """The raw files of one ingest, sorted by what is to be done with them."""

    new: tuple[str, ...] = ()
    """To be read: never ingested, or to be read again."""
    known: tuple[str, ...] = ()
    """Ingested before and unchanged."""
    skipped: tuple[tuple[str, str], ...] = ()
    """(path, why it is not read): ignored, changed, not there, no text, in another bundle."""
    bundle: str = ""
    """The bundle that the new files are to join; '': as the patterns in the settings say."""


def sort_files(wiki: Wiki, named: Sequence[Path], start: Path, wish: Wish = PLAINLY, by: str = "") -> Batch:
    """What to do with the files named on the command line (none: with all of raw/).

    A path is tried from the working folder, then from the vault, then from raw/. A folder stands for its files.
    `by`: the `model/recipe` of today. With `upgrade`, files that another one read are read again; what was refused or
    did not fit is read again by another model. What pages by hand are made of is read when it is named. Raises
    UsageError for a bundle's name that is none, or without files.
    """
    if wish.bundle is not None:
        check_name(wish.bundle)
        if not named:
            raise UsageError(f"Name the files that are to be in the bundle {wish.bundle}.")
    wanted = [p for name in named for p in _find(wiki, name, start)] if named else list(wiki.raw)
    parts = (p for s in wiki.sources.values() for p in members_of(s) if p.status != RETRACTED)
    members = {p.key: (p.members[0].sha256, p) for p in parts}
    new: list[str] = []
    known: list[str] = []
    skipped: list[tuple[str, str]] = []
    for path in dict.fromkeys(wanted):
        if path in wiki.ignored:
            if named:
                skipped.append((path, "matches .karpignore: take it out of there to ingest it"))
        elif path not in members:
            (known if path in wiki.read and not named else new).append(path)
        elif _hash(wiki, path) == members[path][0]:
            elsewhere = _elsewhere(wiki, path, wish.bundle or "")
            if elsewhere:
                skipped.append((path, elsewhere))
            else:
                (new if _again(members[path][1], wish, by) else known).append(path)
        elif wish.accept:
            new.append(path)
        else:
            skipped.append((path, CHANGED))
    return Batch(tuple(new), tuple(known), tuple(skipped), wish.bundle or "")


def _again(read: Source, wish: Wish, by: str) -> bool:
    """Whether a file that was read is to be read again. The embedded model replaces no other's reading by itself."""
    model, before = by.partition("/")[0], read.by.partition("/")[0]
    unread = read.status not in ("", EMPTY)
    if unread and (wish.retry or (model not in ("", before, "excerpt", "replay"))):
        return True
    return wish.upgrade and bool(by) and read.by != by and (model != "excerpt" or before == model)


def _elsewhere(wiki: Wiki, path: str, bundle: str) -> str:
    """Why a file that was read before does not join a bundle; '' when it is in it, or none is named."""
    page, source = next((p, s) for p, s in wiki.sources.items() if any(m.path == path for m in s.members))
    if not bundle or source.bundle == bundle:
        return ""
    where = f"is in the bundle {source.bundle}" if source.bundle else "has a page of its own"
    return f"{where} ({page}) and was not moved: take it back first, then ingest it into {bundle}"


def _hash(wiki: Wiki, path: str) -> str:
    return sha256(wiki.raw[path].absolute.read_bytes())


def place(root: Path, name: Path, start: Path) -> Path | None:
    """Where a file or folder of raw/ is, resolved: as seen from `start`, else the vault, else raw/. None: nowhere."""
    raw = (root / "raw").resolve()
    places = [base / name for base in (start, root, raw)]
    return next((p.resolve() for p in places if p.exists() and p.resolve().is_relative_to(raw)), None)


def _find(wiki: Wiki, name: Path, start: Path) -> list[str]:
    raw, path = wiki.root / "raw", place(wiki.root, name, start)
    if path:
        inside = path.relative_to(raw.resolve()).as_posix()
        if inside in wiki.raw:
            return [inside]
        if path.is_dir():
            return [p for p in wiki.raw if inside == "." or p.startswith(f"{inside}/")]
        raise UsageError(f"{name} cannot be read as a source: it is a link, a hidden file or under raw/assets/.")
    if any((base / name).exists() for base in (start, wiki.root)):
        raise UsageError(f"{name} is not under raw/. Copy it there first: sources live in {raw}.")
    raise UsageError(f"There is no file {name}, here or in the vault. `karpwiki status` lists what is not ingested.")


def is_large(settings: Settings, raw: RawFile, large: bool) -> bool:
    """Whether a file is too large to be read unasked. `large`: it was asked, or costs nothing."""
    return raw.size > settings.max_source_kb * 1000 and not large


def cost(root: Path, settings: Settings, raw: RawFile) -> str:
    """What reading a large file would ask of a model, from its size alone, as the end of a sentence about it."""
    prompt = request(root, settings, DigestInput(raw.path, "", 1, 1, settings.subject_kinds))
    calls = -(-raw.size // round(_FILLED * settings.part_chars))
    tokens = round((calls * len(prompt.system + prompt.user) + raw.size) / _BYTES_PER_TOKEN)
    shown = f"{tokens / 1e6:.1f} million" if tokens >= 1e6 else f"{round(tokens, -3):,}"
    asks = f"about {calls:,} calls and {shown} tokens of prompt"
    return f"is {raw.size // 1000:,} kB: {asks}; say --yes to have it read"
