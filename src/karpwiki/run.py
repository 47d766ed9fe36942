"""One command as one function: the work, then the commit. What cli.py calls and the show files print."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from . import undo, write
from .build import Built, build
from .calls import Calls
from .changes import ChangeSet, Decided, LogEntry, Plan, Receipt
from .decide import merge, rename, split
from .errors import ConflictError, Interrupted, ModelError, UsageError
from .estimate import read_by
from .git import since
from .heal import Healed, heal
from .inert import escape
from .ingest import Ingested, compile_entry, ingest, made_bullets, together
from .init import init
from .layout import as_there, inside, is_flat, to_write
from .lint import Choice, Report, lint
from .llm import Team
from .moved import readable
from .opened import Vault, made_by
from .pick import Batch, Wish, sort_files
from .prepare import Ground, prepare
from .retract import Retraction, find_members, retract, retraction
from .settled import keep
from .vault import find_root


def run_init(folder: Path, dry: bool) -> Receipt:
    """Make a folder a vault; what is there stays."""
    root = folder.resolve()
    if root.exists() and not root.is_dir():
        raise UsageError(f"{folder} is a file; name a folder, new or existing.")
    if root.exists():
        to_write(root)
    if dry:
        return Receipt(tuple(e.path for e in init(root).edits))
    with write.lock(root):
        write.recover(root)
        return write.commit(root, init(root))


@dataclass(frozen=True, slots=True)
class Ingestion:
    """What an ingest did."""

    made: Ingested
    receipt: Receipt
    warnings: tuple[str, ...] = ()
    trouble: ModelError | None = None
    """Why calls were not made, if so."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a compile did."""

    made: Built
    receipt: Receipt
    warnings: tuple[str, ...] = ()
    trouble: ModelError | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """What a command about names would do."""

    verb: str
    subject: str
    decided: Decided
    ground: Ground


@dataclass(frozen=True, slots=True)
class Healing:
    """What a heal did."""

    made: Healed
    receipt: Receipt


def run_ingest(vault: Vault, files: Sequence[Path], calls: Calls, wish: Wish) -> Ingestion:
    """Read new sources and compile what they change. Long work is committed as it comes, and undone as one."""
    left, team = vault.settled, calls.team
    if left and left.known is not None and left.idle(team.name) and not (files or wish.upgrade or wish.retry):
        return Ingestion(Ingested(ChangeSet(()), Batch(known=left.known), settings=vault.settings), Receipt())
    wiki, moved = readable(vault.wiki)
    batch = sort_files(wiki, files, Path.cwd(), wish, read_by(vault, team))
    parts, receipts = [], list[Receipt]()
    work = ingest(vault.root, wiki, vault.settings, calls, batch, write.today().isoformat(), wish)
    made: Ingested | None = next(work)
    while made is not None:
        joins, later = any(r.written or r.deleted for r in receipts), None
        try:
            receipts.append(write.commit(vault.root, made.changes, joins=joins))
            parts.append(made)
            later = next(work, None)
        except ConflictError:  # a person saved a page at this very moment
            later = _gone_on(work)
            if later is None:
                raise
        made = later
    done, receipt, said = together(parts), sum(receipts, Receipt()), (*moved, *team.warnings)
    whole = done.built and wish.pages and not (calls.trouble or _said(done.built, receipt) or said)
    if whole:
        edits = {e.path: e for part in parts for e in part.changes.edits}
        keep(vault.root, vault.seen, left, wiki, tuple(edits.values()), team.name, done.sources)
    return Ingestion(done, receipt, (*said, *_better(vault, team)), calls.trouble)


def _gone_on(work: Generator[Ingested, bool | None, None]) -> Ingested | None:
    """What comes after a part that could not be committed; None: it was the last one."""
    try:
        return work.send(False)
    except StopIteration:
        return None


def _better(vault: Vault, team: Team) -> list[str]:
    """What to say when a model that is paid could phrase what the embedded one picked."""
    picked = 0 if team.free else made_by(vault.wiki)["excerpt"]
    look = "`karpwiki ingest --upgrade --dry-run` shows what remaking them takes."
    return [f"{picked} page{'s were' if picked > 1 else ' was'} made by excerpt; {look}"] if picked else []


def run_compile(vault: Vault, calls: Calls, everything: bool, upgrade: bool, retry: bool = False) -> Compiled:
    """Bring every page up to date with the digests, the names and the settings."""
    left, team = vault.settled, calls.team
    if left and left.idle(team.name) and not (everything or upgrade or retry):
        return Compiled(Built((), Plan()), Receipt())
    wiki, moved = readable(vault.wiki)
    ground = prepare(vault.root, wiki, vault.settings, team.of("page").name, everything, upgrade, retry=retry)
    made = build(vault.root, ground, calls, vault.name, everything)
    receipt = write.commit(vault.root, ChangeSet(made.edits, (compile_entry(made),)))
    if not (_said(made, receipt) or moved):
        keep(vault.root, vault.seen, left, wiki, made.edits, team.name)
    return Compiled(made, receipt, (*moved, *team.warnings), calls.trouble)


NAMES = {"merge": merge, "rename": rename}


def decide(vault: Vault, verb: str, a: str, b: str, files: Sequence[Path] = ()) -> Named:
    """What a command about names would do: lines of names.txt, and what follows from them. Nothing is written."""
    wiki, _ = readable(vault.wiki)
    ground = prepare(vault.root, wiki, vault.settings)
    inside = find_members(wiki, files, Path.cwd())
    decided = split(ground, a, b, inside) if verb == "split" else NAMES[verb](ground, a, b)
    decided = replace(decided, dropped=tuple(dict.fromkeys((*ground.dropped, *decided.dropped))))
    return Named(verb, f"{a} → {b}", decided, prepare(vault.root, wiki, vault.settings, decided=decided))


def run_names(vault: Vault, named: Named, calls: Calls | None, why: str) -> Compiled:
    """Carry it out in one commit. Raises ModelError with `why` there is no model, when a page must be phrased."""
    if named.ground.plan.steps and calls is None:
        raise ModelError(why)
    made = _whole(build(vault.root, named.ground, calls, vault.name))
    entry = LogEntry(named.verb, escape(named.subject), tuple(made_bullets(made)))
    receipt = write.commit(vault.root, ChangeSet(made.edits, (entry,)))
    return Compiled(made, receipt, calls.team.warnings if calls else (), calls.trouble if calls else None)


def plan_retract(vault: Vault, files: Sequence[Path], reason: str, model: str) -> Retraction:
    """What a retract would take away. Nothing is asked and nothing written."""
    wiki, _ = readable(vault.wiki)
    paths = find_members(wiki, files, Path.cwd())
    return retraction(vault.root, wiki, vault.settings, paths, reason, write.today().isoformat(), model)


def run_retract(vault: Vault, found: Retraction, calls: Calls) -> Compiled:
    """Take sources back, in one commit."""
    made = retract(vault.root, vault.wiki, vault.settings, found, calls)
    _whole(made.built)
    return Compiled(made.built, write.commit(vault.root, made.changes), calls.team.warnings, calls.trouble)


def _whole(made: Built) -> Built:
    """What was made, if nobody stopped it: half a correction would leave words that nothing stands behind."""
    if made.interrupted:
        raise Interrupted("Stopped; nothing was written. Run the same command again: answers that came are kept.")
    return made


def _said(made: Built, receipt: Receipt) -> bool:
    """Whether the next compile will have something to do or to say, for all that this one did."""
    return bool(made.interrupted or made.problems or made.kept or receipt.pinned)


def run_heal(vault: Vault, unsafe: bool, dry: bool, choice: Choice) -> Healing:
    """Mend what can be mended without a model."""
    healed = heal(vault.wiki, vault.settings, unsafe, choice)
    return Healing(healed, Receipt() if dry else write.commit(vault.root, healed.changes))


def chosen(select: Sequence[str] | None, ignore: Sequence[str] | None) -> Choice:
    """The rules that a command line asks for; several may stand in one text, with commas."""
    lists = [[w.strip() for text in given or () for w in text.split(",") if w.strip()] for given in (select, ignore)]
    return Choice(*map(tuple, lists))


def run_lint(vault: Vault, choice: Choice, ref: str = "") -> Report:
    """What lint finds. `ref`: only what changed since that commit."""
    flat, changed = is_flat(vault.root), since(vault.root, ref) if ref else None
    if changed and flat:
        lines, before = changed.lines, changed.before
        changed = replace(
            changed, lines={inside(p): n for p, n in lines.items()}, before={inside(p): b for p, b in before.items()}
        )
    made = lint(vault.wiki, vault.settings, choice, changed)
    if not flat:
        return made
    return replace(
        made, findings=tuple(replace(f, path=as_there(f.path), message=as_there(f.message)) for f in made.findings)
    )


def run_undo(vault: Path | None, dry: bool) -> Receipt:
    """Take back the last commit, or say what that would restore."""
    root = find_root(Path.cwd(), vault)
    to_write(root)
    if dry:
        return undo.undo_preview(root)
    with write.lock(root):
        write.recover(root)
        return undo.undo(root)
