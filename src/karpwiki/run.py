"""One command as one function: the work, then the commit. What cli.py calls and the show files print."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from . import undo, write
from .build import Built, build
from .calls import Calls
from .changes import ChangeSet, Decided, LogEntry, Plan, Receipt
from .decide import merge, rename, split
from .errors import ConflictError, Interrupted, ModelError, UsageError
from .estimate import read_by
from .findings import Choice, Report, covers
from .git import Since
from .heal import Healed, Phrase, heal
from .inert import escape
from .ingest import Ingested, compile_entry, ingest, made_bullets, together
from .init import init
from .judge import Judged, Question, Verdict, judge, judged_by, questions, recall, remember
from .layout import find_root, to_write
from .lint import asks, lint
from .llm import Model, Team
from .moved import readable
from .opened import Vault, made_by
from .pick import Batch, Wish, sort_files
from .prepare import Ground, prepare
from .proof import as_on_disk, changed
from .retract import Retraction, find_members, retract, retraction
from .settled import keep


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


def run_heal(
    vault: Vault, unsafe: bool, dry: bool, choice: Choice, judged: Judged | None = None, phrase: Phrase | None = None
) -> Healing:
    """Mend what can be mended without a model, and through `phrase` what one puts right."""
    healed = heal(vault.wiki, vault.settings, unsafe, choice, judged, phrase)
    return Healing(healed, Receipt() if dry else write.commit(vault.root, healed.changes))


@dataclass(frozen=True, slots=True)
class Asking:
    """What a model is to judge, on which ground."""

    ground: Ground
    questions: tuple[Question, ...]
    known: Mapping[str, Verdict]
    """The verdicts of before."""
    by: str
    since: Since | None
    """What changed, where only that is judged."""


def plan_judge(vault: Vault, choice: Choice, model: Model, ref: str = "") -> Asking:
    """What the rules that are on need a model for, and that it did not say before. Nothing is asked.

    `ref`: only of pages that changed since that commit.
    """
    ground = prepare(vault.root, readable(vault.wiki)[0], vault.settings)
    by = judged_by(vault.root, vault.settings, model)
    known = {} if model.free else recall(vault.root, by, ground.frame.wiki.sources)
    asked = questions(vault.root, ground, vault.settings, asks(vault.settings, choice), known)
    since = changed(vault.root, ref) if ref else None
    wanted = (q for q in asked if covers(choice.paths, q.path) and (since is None or q.path in since.before))
    return Asking(ground, tuple(wanted), known, by, since)


def run_judge(vault: Vault, asking: Asking, calls: Calls) -> Judged:
    """Have claims judged; what was paid for is remembered."""
    found = judge(asking.questions, asking.ground.frame.names, calls, asking.known)
    if not calls.team.of("judge").free and found.verdicts != asking.known:
        remember(vault.root, asking.by, asking.ground.frame.wiki.sources, found)
    return found


def run_lint(vault: Vault, choice: Choice, since: Since | None, judged: Judged) -> Report:
    """What lint finds with what a model said. `since`: only what that change brought."""
    made = lint(vault.wiki, vault.settings, choice, since, judged)
    return as_on_disk(vault.root, made).within(choice.paths)


def run_undo(vault: Path | None, dry: bool) -> Receipt:
    """Take back the last commit, or say what that would restore."""
    root = find_root(vault)
    to_write(root)
    if dry:
        return undo.undo_preview(root)
    with write.lock(root):
        write.recover(root)
        return undo.undo(root)
