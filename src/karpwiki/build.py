"""Everything under wiki/ from its three sets: digests, decisions about names, settings.

`build` makes the text of every page that code owns and says which differ from the disk. The model is asked for the
pages of the plan and, when its leads changed, for the overview; all else is code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from . import index, overview, sourcepage
from . import tensions as views
from .assemble import Frame, compiled, finish, frame, summary_of, text_blocks
from .changes import Edit, Plan
from .compile import Text, compile_pages
from .compose import relink
from .forms import PageInput
from .hands import by_hand, is_ours
from .llm import Model, Progress
from .markdown import block_hash, parse, retarget
from .names import add_decisions
from .nouns import Block, Decision, Page, Source, State, Tension, Wiki
from .plan import Shelf, chosen, decisions_by_hand, plan, shelf
from .prompts import request
from .resolve import resolve, without_pages
from .settings import Settings
from .vault import read_optional


@dataclass(frozen=True, slots=True)
class Built:
    """What a compile makes: the edits, and what to say of them."""

    edits: tuple[Edit, ...]
    plan: Plan
    new: tuple[str, ...] = ()
    """Paths of pages that were not there before."""
    problems: Mapping[str, str] = field(default_factory=dict)
    """Path → why a page is unpolished."""
    kept: tuple[str, ...] = ()
    """Pages that no claim carries any more, kept since a person wrote on them."""
    tensions: tuple[Tension, ...] = ()
    interrupted: bool = False
    """A person stopped it: pages that were not answered are as they were, and stay planned."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What stands before any page is phrased: the names, where pages stand, what is on disk, what must be made."""

    wiki: Wiki
    frame: Frame
    shelf: Shelf
    plan: Plan
    decisions: tuple[Decision, ...]
    """Those that a person made by editing pages, to be written to names.txt."""


def prepare(
    root: Path, wiki: Wiki, settings: Settings, model: str = "", everything: bool = False, upgrade: bool = False
) -> Ground:
    """Resolve names and plan; nothing is asked and nothing is written."""
    first = frame(wiki, settings, resolve(wiki.sources.values(), wiki.decisions, settings))
    made = decisions_by_hand(wiki, first)
    if made:
        wiki = replace(wiki, decisions=(*wiki.decisions, *made))
        first = frame(wiki, settings, resolve(wiki.sources.values(), wiki.decisions, settings))
    found = shelf(first)
    recipes = _recipes(root, settings, model) if upgrade else {}
    return Ground(wiki, first, found, plan(first, found, recipes, everything, upgrade), tuple(made))


def _recipes(root: Path, settings: Settings, model: str) -> dict[str, str]:
    empty = {k: PageInput("", k, "", (), settings.language, 0, (), ()) for k in settings.subject_kinds}
    return {k: f"{model}/{request(root, settings, given).recipe}" for k, given in empty.items()}


def build(
    root: Path, ground: Ground, model: Model | None, name: str, progress: Progress, everything: bool = False
) -> Built:
    """The edits that bring wiki/ up to date. Without a model: only what needs none; planned pages stay."""
    made = compile_pages(root, ground.frame, ground.shelf, ground.plan, model, progress) if model else {}
    stopped = bool(model) and len(made) < len(ground.plan.steps)
    model = None if stopped else model
    texts = _texts(ground, made)
    names = without_pages(ground.frame.names, {s.slug for s in ground.frame.names.pages} - set(texts))
    ground = replace(ground, frame=replace(ground.frame, names=names))
    new = [t for text in made.values() for t in text.tensions] + views.by_figures(names)
    found = views.collect(ground.wiki.pages.values(), new, names)
    fr = replace(ground.frame, tensions=views.homes(found, names))
    texts = _linked(texts, fr)
    summaries = {s.slug: summary_of(s, texts[s.slug].blocks) for s in names.pages if s.slug in texts}
    out = _source_pages(fr)
    for subject in names.pages:
        if subject.slug in texts and (subject.slug in made or not is_split(ground.wiki, fr.path_of(subject))):
            text = texts[subject.slug]
            shown = set(chosen(subject, names, fr.settings.page_limit))
            more = [i for i in subject.claims if i not in shown]
            old = ground.shelf.old.get(subject.slug)
            out[fr.path_of(subject)] = compiled(fr, subject, text.blocks, text.state, old, summaries, more)
    problems = {fr.paths[slug]: text.problem for slug, text in made.items() if text.problem}
    if names.claims or overview.PATH in ground.wiki.pages:
        given = overview.inputs(fr, name, {k: t.blocks for k, t in texts.items()}, summaries, found)
        old = ground.wiki.pages.get(overview.PATH)
        front = overview.front(root, fr, given, old, model, progress, everything)
        problems |= {overview.PATH: front.problem} if front.problem else {}
        if front.asked or not is_split(ground.wiki, overview.PATH):
            out[overview.PATH] = overview.page(fr, name, front, given, old)
    out |= index.files(fr, summaries, found)
    return replace(_finish(ground, fr, out, problems, found), interrupted=stopped)


def is_split(wiki: Wiki, path: str) -> bool:
    """Whether a page has two texts, of the two sides of a conflict, that only a model can make one."""
    page = wiki.pages.get(path)
    unmade = page is not None and page.state is not None and not page.state.origin
    return unmade and path in wiki.conflicts and path not in wiki.sources


def _texts(ground: Ground, made: Mapping[str, Text]) -> dict[str, Text]:
    """The text of every page: as just made, else as it stands."""
    texts = dict(made)
    for subject in ground.frame.names.pages:
        old = ground.shelf.old.get(subject.slug)
        if subject.slug not in texts and old is not None and old.state is not None:
            texts[subject.slug] = Text(tuple(_cites_of(b, old) for b in text_blocks(old) if is_ours(old, b)), old.state)
    return texts


def _linked(texts: Mapping[str, Text], fr: Frame) -> dict[str, Text]:
    """The texts with the links of today."""
    return {
        slug: replace(text, blocks=tuple(relink(b, fr.names, fr.linker(fr.paths[slug])) for b in text.blocks))
        for slug, text in texts.items()
    }


def _cites_of(block: Block, page: Page) -> Block:
    """A block with all claims that the state says it rests on, also those beyond its footnotes."""
    ids = page.state.blocks.get(block_hash(block.text), ()) if page.state else ()
    return replace(block, cites=tuple(dict.fromkeys((*block.cites, *ids))))


def _source_pages(fr: Frame) -> dict[str, str]:
    """The text of every source page, by path: its digest with today's links."""
    out = {}
    on_disk = {s.key: path for path, s in fr.wiki.sources.items()}
    for source in fr.wiki.sources.values():
        path = fr.paths[fr.stems[source.key]]
        old = fr.wiki.pages.get(on_disk[source.key])
        out[path] = source_page(fr, source, path, old)
    return out


def source_page(fr: Frame, source: Source, path: str, old: Page | None) -> str:
    """The file of one source page."""
    linker = fr.linker(path)
    consumed = sourcepage.parse_source(old)[1] if old else frozenset[int]()
    notes = "\n".join(f"[^{c.id}]: {sourcepage.footnote(c)}" for c in source.claims)
    state = State(by=source.by)
    return finish(fr, path, sourcepage.blocks(source, linker), sourcepage.meta(source), state, old, consumed, notes)


def _finish(
    ground: Ground, fr: Frame, out: dict[str, str], problems: dict[str, str], found: Sequence[Tension]
) -> Built:
    """The edits: what differs from the disk, pages that moved or that no claim carries, links to them by hand."""
    wiki = ground.wiki
    moved = _moved(ground, fr)
    gone = {p for p in moved if p not in out}
    kept = []
    for page in _abandoned(ground, fr, out):
        if by_hand(page) or page.notes:
            kept.append(page.path)
            if page.path in wiki.stale:
                out[page.path] = page.text
        else:
            gone.add(page.path)
    stems = {p.rpartition("/")[2][:-3]: new.rpartition("/")[2][:-3] for p, new in moved.items()}
    if stems:
        for path in wiki.pages:
            if path not in gone and path != "wiki/log.md":
                out[path] = retarget(out.get(path, wiki.pages[path].text), stems)
    if ground.decisions:
        out["names.txt"] = add_decisions(read_optional(wiki.root / "names.txt"), ground.decisions)
    edits = [Edit(p, text, wiki.hashes.get(p)) for p, text in sorted(out.items()) if _differs(wiki, p, text)]
    edits += [Edit(p, None, wiki.hashes.get(p)) for p in sorted(gone) if p in wiki.hashes]
    new = tuple(e.path for e in edits if e.before is None and e.text is not None)
    return Built(tuple(edits), ground.plan, new, problems, tuple(kept), tuple(found))


def _differs(wiki: Wiki, path: str, text: str) -> bool:
    return path not in wiki.pages or path in wiki.stale or wiki.pages[path].text != text


def _moved(ground: Ground, fr: Frame) -> dict[str, str]:
    """Former path → path of every page that stands elsewhere now."""
    moved = {old.path: fr.paths[slug] for slug, old in ground.shelf.old.items() if old.path != fr.paths[slug]}
    for path, source in ground.wiki.sources.items():
        now = fr.paths[fr.stems[source.key]]
        if path != now and path in ground.wiki.pages:
            moved[path] = now
    return {**moved, **ground.shelf.joined}


def _abandoned(ground: Ground, fr: Frame, out: Mapping[str, str]) -> list[Page]:
    """Compiled pages that karpwiki wrote and that nothing stands behind any more."""
    kinds = set(fr.settings.subject_kinds)
    used = {p.path for p in ground.shelf.old.values()}
    pages = ground.wiki.pages.values()
    return [p for p in pages if p.state and p.kind in kinds and p.path not in out and p.path not in used]


def with_sources(wiki: Wiki, new: Sequence[Source]) -> Wiki:
    """The wiki with further digests, not yet on disk; a source with the same key is replaced."""
    keys = {s.key for s in new}
    sources = {path: s for path, s in wiki.sources.items() if s.key not in keys}
    on_disk = {s.key: path for path, s in wiki.sources.items()}
    for source in new:
        sources[on_disk.get(source.key, f"new:{source.key}")] = source
    return replace(wiki, sources=sources)


def with_texts(wiki: Wiki, edits: Sequence[Edit]) -> Wiki:
    """The wiki as it will be when some edits are made: for checks before the disk is touched."""
    pages = dict(wiki.pages)
    new = {e.path for e in edits}
    conflicts = {path: conflict for path, conflict in wiki.conflicts.items() if path not in new}
    for e in edits:
        if e.text is None:
            pages.pop(e.path, None)
        elif e.path.startswith("wiki/") and e.path.endswith(".md"):
            pages[e.path] = parse(e.path, e.text)
    sources = {p: s for p, page in pages.items() if (s := sourcepage.parse_source(page)[0])}
    return replace(wiki, pages=pages, sources=sources, stale=wiki.stale - new, conflicts=conflicts)
