"""What the last run left: a compile or an ingest of this very tree has nothing to do, so none of it need be read.

A compile is a function of the files that it reads. When a run ends with nothing left to do, their sizes, times and
hashes are kept in `.karpwiki/settled.json`; the next run only looks at the files. Deleting it costs time, no more.

    seen = look(root)                     # under the lock, before anything is read
    recall(root, seen)                    # what the last run left, if nothing changed since
    keep(root, seen, …)                   # at the end of a run that left nothing to do

A file is known by its size, times and inode only when it was written two seconds before the run began that vouches for
it: a younger one may be written again within one tick of its clock. It is known by its bytes then, and so is one that
was touched, or checked out again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from . import __version__
from .bundle import RETRACTED, members_of
from .changes import Edit
from .errors import DiskError
from .index import is_untouched
from .layout import STATE
from .names import digest
from .nouns import Source
from .seen import LIBRARIES, Seen, is_old, look
from .state import read_state
from .vault import MAX_PAGE_BYTES
from .wiki import INDEX, LOG, Wiki
from .write import store

PATH = "settled.json"


@dataclass(frozen=True, slots=True)
class Settled:
    """What holds of a tree that nothing is to be done for."""

    model: str
    """The model that had nothing to do."""
    made_by: tuple[str, ...]
    """Those that made its pages."""
    known: tuple[str, ...] | None
    """The raw files, when all are ingested and unchanged; None: an ingest has something to do or to say."""
    whole: bool = True
    """Whether it holds of the tree as it is; else raw files were added to it, and nothing else."""

    def idle(self, model: str) -> bool:
        """Whether a compile with this model has nothing to do."""
        return self.whole and self.model == model


def recall(root: Path, seen: Seen) -> Settled | None:
    """What the last run left, if every file is as it was then; None: nothing is known.

    Files that are known by their bytes alone are read; then what is kept is renewed, so that they are not read again.
    """
    try:
        data = json.loads((root / STATE / PATH).read_bytes())
        at, files, hashes = data["at"], data["files"], data["hashes"]
        left = Settled(data["model"], tuple(data["made_by"]), None if data["known"] is None else tuple(data["known"]))
        added = seen.files.keys() - files.keys()
        gone = files.keys() - seen.files.keys()
        if data["version"] != __version__ or gone or not all(path.startswith("raw/") for path in added):
            return None
        now = {path: stat for path, stat in seen.files.items() if path not in added}
        doubtful = [path for path, stat in now.items() if list(stat) != files[path] or not is_old(stat, at)]
        if not all(path in hashes and _hash(root / path) == hashes[path] for path in doubtful):
            return None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    if doubtful:
        _store(root, Seen(seen.at, now), hashes, left)
    return replace(left, whole=not added)


def keep(
    root: Path,
    seen: Seen | None,
    before: Settled | None,
    wiki: Wiki,
    edits: Sequence[Edit],
    model: str,
    new: Sequence[Source] = (),
) -> None:
    """Keep that nothing is left to do for the tree that `edits` made of `wiki`, and the `new` sources with them.

    `seen`, `before`: what stood there before `wiki` was read, and what had been kept of it. Nothing is kept when
    somebody changed a file meanwhile, nor when something was written on top of what a person had changed: whether that
    is the end of it, the next run finds out.
    """
    if edits and not before and not _is_new(wiki):
        return
    made, now = {e.path: e.text for e in edits}, look(root)
    ours = {*made, wiki.dialect.log} if made else set()
    left = {path for path, text in made.items() if text is not None} | (ours & {wiki.dialect.log})
    if seen is None or now.files.keys() != (seen.files.keys() - ours) | left:
        return
    if any(now.files[path] != stat for path, stat in seen.files.items() if path not in ours):
        return
    hashes = {path: wiki.hashes[path] for path in wiki.hashes.keys() - ours}
    hashes |= {path: digest(text, 64) for path, text in made.items() if text is not None}
    try:
        for path, stat in now.files.items():
            if path in made or (path in wiki.hashes and path not in ours and not is_old(stat, seen.at)):
                if _hash(root / path) != hashes[path]:  # a page is committed long before the last one, and open to all
                    return
            elif path not in hashes and (path.startswith("raw/") or stat[0] <= MAX_PAGE_BYTES) and path != LIBRARIES:
                hashes[path] = _hash(root / path)
    except OSError:
        return
    parts = (p for s in (*wiki.sources.values(), *new) for p in members_of(s) if p.status != RETRACTED)
    members = {p.key: p.members[0].sha256 for p in parts}
    raw = tuple(path for path in wiki.raw if path not in wiki.ignored)
    whole = all(path in members and hashes[f"raw/{path}"].startswith(members[path]) for path in raw)
    states = [read_state(text) for text in made.values() if text is not None]
    states += [page.state for path, page in wiki.pages.items() if path not in made]
    by = {state.model for state in states if state and state.by}
    _store(root, Seen(seen.at, now.files), hashes, Settled(model, tuple(sorted(by)), raw if whole else None))


def _is_new(wiki: Wiki) -> bool:
    """Whether nothing stands in it but what `init` wrote."""
    index = wiki.pages.get(INDEX)
    return wiki.pages.keys() <= {INDEX, LOG} and (index is None or is_untouched(index))


def _hash(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _store(root: Path, seen: Seen, hashes: Mapping[str, str], left: Settled) -> None:
    data = {**asdict(left), "version": __version__, "at": seen.at, "files": dict(seen.files), "hashes": dict(hashes)}
    with suppress(DiskError):  # it only saves time
        store(root, PATH, json.dumps(data, separators=(",", ":")).encode())
