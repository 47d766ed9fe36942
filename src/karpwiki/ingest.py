"""raw → source pages → wiki: which files are new, what was read out of them, and the one change set that follows."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path

from .build import Built, build
from .bundle import members_of
from .calls import Calls
from .changes import ChangeSet, Edit, LogEntry
from .conflict import marks
from .errors import BadAnswer, ConflictError, Interrupted, ModelError
from .extract import Text, Unreadable, read_text, sha256
from .inert import escape
from .layout import FILE
from .moved import readable
from .nouns import Source
from .pick import PLAINLY, Batch, Wish, cost, is_large
from .prepare import prepare
from .regroup import with_sources
from .reread import mended
from .settings import Settings, with_setting
from .summarize import Dropped, Outcome, summarize
from .vault import MAX_PAGE_BYTES, read_optional, read_wiki
from .wiki import Wiki

CHECKPOINT, SHARE = 5.0, 10.0
"""Seconds between two commits of what has come, at least; and how many times as long as the last one took."""


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
    def partial(self) -> bool:
        """Whether some of what was asked for is not done."""
        failed = any(o.error or (o.source and o.source.status) for o in self.outcomes)
        return bool(self.batch.skipped or failed or (self.built and self.built.problems))


def ingest(
    root: Path, wiki: Wiki, settings: Settings, calls: Calls, batch: Batch, day: str, wish: Wish = PLAINLY
) -> Generator[Ingested, bool | None, None]:
    """Read the new files of a batch and make everything that follows from them.

    Yields what is to be committed, at once: on long work the source pages that have come so far, from time to time, so
    that a stop loses nothing; at the end the rest with the pages. Sent False, that it could not be committed, it goes
    on and yields it again with what comes next. Nothing is written here.
    """
    texts, batch = _texts(root, wiki, settings, batch, wish.yes or calls.team.of("digest").free)
    by_path, pace = {t.path: t for t in texts}, _Pace()
    read: list[Outcome] = []
    fresh: list[Outcome] = []
    before: list[Source] = []
    for _, outcome in calls.converse(summarize(root, settings, text, day) for text in texts):
        read.append(_mended(_unchanged(outcome, wiki, by_path), wiki, by_path))
        fresh.append(read[-1])
        if len(read) < len(texts) and fresh_sources(fresh) and pace.due and not (calls.team.free or calls.halted):
            with pace:
                wiki = readable(read_wiki(root))[0]  # somebody may have edited a page meanwhile
                made = _made(root, wiki, settings, calls, batch, fresh, replace(wish, pages=False))
                if (yield made) is not False:
                    before += made.sources
                    fresh = []
    order = {t.path: n for n, t in enumerate(texts)}
    read.sort(key=lambda o: order[o.path])
    fresh.sort(key=lambda o: order[o.path])
    if any(o.error for o in read) and not fresh_sources(read):
        yield Ingested(ChangeSet(()), batch, outcomes=tuple(read), settings=settings)
        return
    if pace.is_long:
        wiki = readable(read_wiki(root))[0]
    said: tuple[str, ...] = ()
    edits: list[Edit] = []
    if not isinstance(calls.halted, Interrupted):  # what was read until then may be in another language than the rest
        settings, said, edits = _language(root, wiki, settings, fresh_sources(fresh))
    last = _made(root, wiki, settings, calls, batch, fresh, wish, before)
    changes = replace(last.changes, edits=(*edits, *last.changes.edits))
    sources = tuple({s.key: s for s in (*before, *last.sources)}.values())
    yield replace(last, changes=changes, sources=sources, outcomes=tuple(read), said=said)


def together(parts: Sequence[Ingested]) -> Ingested:
    """All that one ingest made, as its last part tells it: of a file in several, the last text, new if it ever was."""
    last = parts[-1]
    built = [p.built for p in parts if p.built]
    if len(built) < 2:
        return last
    edits = {e.path: e for b in built for e in b.edits}
    new = tuple(dict.fromkeys(path for b in built for path in b.new if edits[path].text is not None))
    return replace(last, built=replace(built[-1], edits=tuple(edits[p] for p in sorted(edits)), new=new))


class _Pace:
    """When what has come so far is to be committed: seldom enough that it takes a tenth of the time at most."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._next = self._start + CHECKPOINT

    @property
    def is_long(self) -> bool:
        """Whether the work took so long that the vault may have changed under it."""
        return time.monotonic() >= self._start + CHECKPOINT

    @property
    def due(self) -> bool:
        return time.monotonic() >= self._next

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        now = time.monotonic()
        self._next = now + max(CHECKPOINT, SHARE * (now - self._began))


def fresh_sources(outcomes: Sequence[Outcome]) -> list[Source]:
    """The digests among some outcomes."""
    return [o.source for o in outcomes if o.source]


def _texts(root: Path, wiki: Wiki, settings: Settings, batch: Batch, large: bool) -> tuple[list[Text], Batch]:
    """The texts of a batch's new files, and the batch with those that cannot be read among the skipped."""
    texts, skipped = [], list(batch.skipped)
    for path in batch.new:
        raw = wiki.raw[path]
        try:
            if is_large(settings, raw, large):
                skipped.append((path, cost(root, settings, raw)))
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
    return texts, replace(batch, skipped=tuple(skipped))


def _made(
    root: Path,
    wiki: Wiki,
    settings: Settings,
    calls: Calls,
    batch: Batch,
    outcomes: Sequence[Outcome],
    wish: Wish,
    new: Sequence[Source] = (),
) -> Ingested:
    """What follows from some outcomes: their source pages and, if wished, all pages that change.

    `new`: every source that this command read, also those whose pages are written already.
    """
    digests = _bundled(fresh_sources(outcomes), wiki, settings, batch.bundle)
    known = with_sources(wiki, digests)
    paths = {m.path for s in digests for m in s.members}
    sources = [s for s in known.sources.values() if any(m.path in paths for m in s.members)]
    ground = prepare(root, known, settings, calls.team.of("page").name, upgrade=wish.upgrade, retry=wish.retry)
    phrasing = calls if wish.pages and not isinstance(calls.halted, Interrupted) else None
    made = build(root, ground, phrasing, settings.name or "Wiki", new=[*sources, *new])
    if big := [e.path for e in made.edits if e.text and len(e.text.encode()) > MAX_PAGE_BYTES]:
        why = f"would be larger than {MAX_PAGE_BYTES // 1_000_000} MB and could not be read back"
        raise ConflictError(f"{', '.join(big)} {why}: split the raw file or the bundle. Nothing was written.")
    read = [o for o in outcomes if o.source]
    entry = compile_entry(made) if new and not read else _entry(sources, read, made)
    return Ingested(ChangeSet(made.edits, (entry,)), batch, tuple(sources), tuple(outcomes), made, settings)


def _unchanged(outcome: Outcome, wiki: Wiki, texts: dict[str, Text]) -> Outcome:
    """The outcome, unless the file was changed while a model read it."""
    text, raw = texts.get(outcome.path), wiki.raw.get(outcome.path)
    try:
        now = sha256(raw.absolute.read_bytes()) if raw else ""
    except OSError:
        now = ""
    if text and now != text.sha256:
        return replace(outcome, source=None, error=BadAnswer("it changed while it was read; run the command again"))
    return outcome


def _mended(outcome: Outcome, wiki: Wiki, texts: dict[str, Text]) -> Outcome:
    """The outcome with what a person mended on the page of a source that is read again."""
    new = outcome.source
    read = ((at, p) for at, s in wiki.sources.items() for p in members_of(s) if new and p.key == new.members[0].path)
    at, old = next(read, ("", None))
    if new is None or old is None or at not in wiki.pages:
        return outcome
    if new.status and not old.status and new.members == old.members:
        why = ModelError(f"It was not read again ({new.status}), and its page stays. Try another --model.")
        return replace(outcome, source=None, error=why)
    made, lost = mended(new, old, wiki.pages[at], texts[outcome.path].plain)
    reason = "a person mended it, and its quote is no longer in the source"
    dropped = tuple(Dropped(outcome.path, claim.text, reason) for claim in lost)
    return replace(outcome, source=made, dropped=(*outcome.dropped, *dropped))


def _bundled(digests: Sequence[Source], wiki: Wiki, settings: Settings, bundle: str) -> list[Source]:
    """Digests with the bundle that each is to join: where it is already, else the one named, else by the patterns."""
    home = {m.path: s.bundle for s in wiki.sources.values() for m in s.members}
    patterns = sorted(settings.bundles.items())
    out = []
    for digest in digests:
        matching = next((n for n, p in patterns if fnmatch(digest.members[0].path, p.removeprefix("raw/"))), "")
        out.append(replace(digest, bundle=home.get(digest.members[0].path, bundle or matching)))
    return out


def _language(
    root: Path, wiki: Wiki, settings: Settings, sources: Sequence[Source]
) -> tuple[Settings, tuple[str, ...], list[Edit]]:
    """The settings with the vault's language decided, before its first pages: that of most sources."""
    every = [s for s in (*wiki.sources.values(), *sources) if s.claims]
    known = settings.language or wiki.dialect.language
    if known or any(p.kind in settings.subject_kinds for p in wiki.pages.values()) or not every:
        return settings, (), []
    language = min(Counter(s.language for s in every).items(), key=lambda item: (-item[1], item[0]))[0]
    text = with_setting(read_optional(root / FILE), "language", language)
    edit = Edit(FILE, text, wiki.hashes.get(FILE))
    said = f"Pages will be in {language!r}, the language of most sources: language in {FILE} changes it."
    return replace(settings, language=language), (said,), [edit]


def _entry(sources: Sequence[Source], outcomes: Sequence[Outcome], made: Built) -> LogEntry:
    """The log entry of an ingest: what was read, what was made of it."""
    titles = [escape(s.title) for s in sources]
    # Git would join two entries of one day under an equal heading.
    subject = titles[0] if titles else "no new source"
    subject += f" and {len(titles) - 1} more" if len(titles) > 1 else ""
    digests = [o.source for o in outcomes if o.source]
    summary = f"{sum(len(s.claims) for s in digests)} claims"
    dropped = sum(len(o.dropped) for o in outcomes)
    summary += f"; {dropped} not published" if dropped else ""
    failed = [f"{escape(s.title)} ({escape(s.status)})" for s in digests if s.status]
    read = ", ".join(f"raw/{escape(m.path)}" for o in outcomes if o.source for m in o.source.members)
    bullets = [("Source", read), ("Summary", summary)] if read else []
    bullets += made_bullets(made)
    bullets += [("Note", "without claims: " + ", ".join(failed))] if failed else []
    return LogEntry("ingest", subject, tuple(bullets))


def compile_entry(made: Built) -> LogEntry:
    """The log entry of a compile."""
    count = sum(e.path.startswith("wiki/") for e in made.edits)
    return LogEntry("compile", f"{count} page{'s' * (count != 1)}", tuple(made_bullets(made)))


def made_bullets(made: Built) -> list[tuple[str, str]]:
    """What a compile changed, as bullets of its log entry."""
    changed = [e.path for e in made.edits if e.text is not None and e.path not in made.new]
    deleted = [e.path for e in made.edits if e.text is None]
    rows = [("Updated", changed), ("New pages", made.new), ("Deleted", deleted), ("Unpolished", sorted(made.problems))]
    bullets = [(word, ", ".join(_stem(p) for p in paths)) for word, paths in rows if paths]
    return [*bullets, ("Note", f"one thing: {'; '.join(map(escape, made.joined))}")] if made.joined else bullets


def _stem(path: str) -> str:
    name = path.rpartition("/")[2]
    return escape(name.removesuffix(".md"))
