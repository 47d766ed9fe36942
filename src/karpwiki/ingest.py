"""raw → source pages → wiki: which files are new, what was read out of them, and the one change set that follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path

from .build import Built, build, prepare, with_sources
from .bundle import join_bundle
from .changes import ChangeSet, Edit, LogEntry
from .conflict import marks
from .errors import BadAnswer, UsageError
from .extract import Text, Unreadable, read_text, sha256
from .inert import escape
from .llm import Interrupted, Model, Progress
from .nouns import Member, RawFile, Source, Wiki
from .settings import FILE, Settings, with_setting
from .summarize import Dropped, Outcome, coverage, summarize
from .vault import read_optional

CHANGED = "was changed after it was ingested; sources are immutable: restore it, or add the new text as a new file"


@dataclass(frozen=True, slots=True)
class Batch:
    """The raw files of one ingest, sorted by what is to be done with them."""

    new: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    """Ingested before and unchanged."""
    skipped: tuple[tuple[str, str], ...] = ()
    """(path, why it is not read): ignored, changed, not there, no text."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What an ingest makes, before it is committed."""

    changes: ChangeSet
    batch: Batch
    sources: tuple[Source, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    built: Built | None = None
    settings: Settings = field(default_factory=Settings)
    said: tuple[str, ...] = ()
    """Sentences for the user."""

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        return tuple(d for o in self.outcomes for d in o.dropped)

    @property
    def interrupted(self) -> bool:
        """Whether a person stopped it: what is whole is kept."""
        return bool(self.built and self.built.interrupted) or any(
            isinstance(o.error, Interrupted) for o in self.outcomes
        )

    @property
    def hopeless(self) -> bool:
        """Whether nothing was read, for want of a model that answers."""
        return not self.sources and any(o.error for o in self.outcomes)

    @property
    def partial(self) -> bool:
        """Whether some of what was asked for is not done."""
        failed = any(o.error or (o.source and o.source.status) for o in self.outcomes)
        return bool(self.batch.skipped or failed or (self.built and self.built.problems))


def sort_files(wiki: Wiki, named: Sequence[Path], start: Path) -> Batch:
    """What to do with the files named on the command line (none: with all of raw/).

    A path is tried from the working folder, then from the vault, then from raw/. A folder stands for its files.
    """
    wanted = [p for name in named for p in _find(wiki, name, start)] if named else list(wiki.raw)
    members = {m.path: m.sha256 for s in wiki.sources.values() for m in s.members}
    new, known, skipped = [], [], []
    for path in dict.fromkeys(wanted):
        if path in wiki.ignored:
            if named:
                skipped.append((path, "matches .karpignore: take it out of there to ingest it"))
        elif path not in members:
            new.append(path)
        elif _hash(wiki, path) == members[path]:
            known.append(path)
        else:
            skipped.append((path, CHANGED))
    return Batch(tuple(new), tuple(known), tuple(skipped))


def _hash(wiki: Wiki, path: str) -> str:
    return sha256(wiki.raw[path].absolute.read_bytes())


def _find(wiki: Wiki, name: Path, start: Path) -> list[str]:
    raw = wiki.root / "raw"
    for base in (start, wiki.root, raw):
        path = Path(base / name)
        if path.exists() and raw.resolve() in (path.resolve(), *path.resolve().parents):
            inside = path.resolve().relative_to(raw.resolve()).as_posix()
            if inside in wiki.raw:
                return [inside]
            if path.is_dir():
                return [p for p in wiki.raw if inside == "." or p.startswith(f"{inside}/")]
            raise UsageError(f"{name} cannot be read as a source: it is a link, a hidden file or under raw/assets/.")
    if any((base / name).exists() for base in (start, wiki.root)):
        raise UsageError(f"{name} is not under raw/. Copy it there first: sources live in {raw}.")
    raise UsageError(f"There is no file {name}, here or in the vault. `karpwiki status` lists what is not ingested.")


def ingest(
    root: Path,
    wiki: Wiki,
    settings: Settings,
    model: Model,
    batch: Batch,
    day: str,
    progress: Progress,
    compile_pages: bool = True,
) -> Ingested:
    """Read the new files of a batch and make everything that follows from them. Nothing is written here."""
    texts, outcomes, skipped = [], [], list(batch.skipped)
    for path in batch.new:
        raw = wiki.raw[path]
        try:
            if raw.size > settings.max_source_kb * 1000:
                outcomes.append(Outcome(path, _too_long(raw, day)))
            else:
                text = read_text(path, raw.absolute)
                if lines := marks(text.markdown):
                    skipped.append((path, f"has merge markers in lines {lines[0]} to {lines[-1]}: restore one side"))
                else:
                    texts.append(text)
        except Unreadable as error:
            skipped.append((path, "is " + str(error).partition(" is ")[2]))
        except OSError as error:
            skipped.append((path, f"cannot be read ({error.strerror}): make it readable and run the command again"))
    outcomes += summarize(root, settings, model, texts, day, progress)
    outcomes = [_unchanged(o, wiki, {t.path: t for t in texts}) for o in outcomes]
    sources = _bundled([o.source for o in outcomes if o.source], wiki, settings)
    batch = replace(batch, skipped=tuple(skipped))
    if not sources and not wiki.stale:
        return Ingested(ChangeSet(()), batch, outcomes=tuple(outcomes), settings=settings)
    settings, said, edits = _language(root, wiki, settings, sources)
    stopped = any(isinstance(o.error, Interrupted) for o in outcomes)
    known = with_sources(wiki, sources)
    ground = prepare(root, known, settings)
    made = build(root, ground, model if compile_pages and not stopped else None, settings.name or "Wiki", progress)
    entry = _entry(sources, [o for o in outcomes if o.source], made)
    changes = ChangeSet((*edits, *made.edits), (entry,))
    return Ingested(changes, batch, tuple(sources), tuple(outcomes), made, settings, said)


def _too_long(raw: RawFile, day: str) -> Source:
    title = raw.path.rpartition("/")[2].rpartition(".")[0]
    return Source(
        (Member(raw.path, sha256(raw.absolute.read_bytes())),), title, day, updated=day, status="too-long", coverage=0
    )


def _unchanged(outcome: Outcome, wiki: Wiki, texts: dict[str, Text]) -> Outcome:
    """The outcome, unless the file was changed while a model read it."""
    text = texts.get(outcome.path)
    if text and sha256(wiki.raw[outcome.path].absolute.read_bytes()) != text.sha256:
        return replace(outcome, source=None, error=BadAnswer("it changed while it was read; run the command again"))
    return outcome


def _bundled(sources: Sequence[Source], wiki: Wiki, settings: Settings) -> list[Source]:
    """Sources with the members of each bundle joined to its page."""
    patterns = settings.bundles
    out: list[Source] = []
    groups: dict[str, list[Source]] = {}
    for source in sources:
        path = source.members[0].path
        name = next((n for n, p in sorted(patterns.items()) if fnmatch(path, p.removeprefix("raw/"))), "")
        groups.setdefault(name, []).append(source) if name else out.append(source)
    for name, members in sorted(groups.items()):
        old = next((s for s in wiki.sources.values() if s.bundle == name), None)
        every = [old, *members] if old else members
        claims = [c for s in every for c in s.claims]
        paths = [m.path for s in every for m in s.members if m.path in wiki.raw]
        shares = {p: coverage(_text(wiki, p).plain, [c for c in claims if c.quote.path == p]) for p in paths}
        out.append(join_bundle(name, old, members, settings.subject_kinds, shares))
    return out


def _text(wiki: Wiki, path: str) -> Text:
    return read_text(path, wiki.raw[path].absolute)


def _language(
    root: Path, wiki: Wiki, settings: Settings, sources: Sequence[Source]
) -> tuple[Settings, tuple[str, ...], list[Edit]]:
    """The settings with the vault's language decided, at its first ingest: that of most sources."""
    if settings.language or wiki.sources:
        return settings, (), []
    language = min(Counter(s.language for s in sources).items(), key=lambda item: (-item[1], item[0]))[0]
    text = with_setting(read_optional(root / FILE), "language", language)
    edit = Edit(FILE, text, wiki.hashes.get(FILE))
    said = f"Pages will be in {language!r}, the language of most sources: language in {FILE} changes it."
    return replace(settings, language=language), (said,), [edit]


def _entry(sources: Sequence[Source], outcomes: Sequence[Outcome], made: Built) -> LogEntry:
    """The log entry of an ingest: what was read, what was made of it."""
    titles = [escape(s.title) for s in sources]
    # Git would join two entries of one day under an equal heading.
    subject = titles[0] if titles else "moved or merged files"
    subject += f" and {len(titles) - 1} more" if len(titles) > 1 else ""
    claims = sum(len(s.claims) for s in sources)
    summary = f"{claims} claims"
    dropped = sum(len(o.dropped) for o in outcomes)
    summary += f"; {dropped} not published" if dropped else ""
    failed = [f"{escape(s.title)} ({escape(s.status)})" for s in sources if s.status]
    read = ", ".join(f"raw/{escape(m.path)}" for o in outcomes if o.source for m in o.source.members)
    bullets = [("Source", read), ("Summary", summary)] if read else []
    bullets += made_bullets(made)
    bullets += [("Note", "without claims: " + ", ".join(failed))] if failed else []
    return LogEntry("ingest", subject, tuple(bullets))


def made_bullets(made: Built) -> list[tuple[str, str]]:
    """What a compile changed, as bullets of its log entry."""
    changed = [e.path for e in made.edits if e.text is not None and e.path not in made.new]
    deleted = [e.path for e in made.edits if e.text is None]
    rows = [("Updated", changed), ("New pages", made.new), ("Deleted", deleted), ("Unpolished", sorted(made.problems))]
    return [(word, ", ".join(_stem(p) for p in paths)) for word, paths in rows if paths]


def _stem(path: str) -> str:
    name = path.rpartition("/")[2]
    return escape(name.removesuffix(".md"))
