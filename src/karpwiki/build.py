"""Everything under wiki/ from its three sets: digests, decisions about names, settings.

`build` makes the text of every page that code owns and says which differ from the disk. The model is asked for the
pages of the plan and, when its leads changed, for the overview; all else is code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from . import answers, index, overview, same, sourcepage
from . import tensions as views
from .assemble import compiled, finish, more_items, summary_of
from .calls import Calls
from .changes import NOTHING, Decided, Edit, Plan
from .compile import Text, compile_pages
from .compose import relink
from .errors import Interrupted
from .frame import Frame
from .guests import alone, below, joined, text_blocks, under
from .habits import is_by_hand
from .hands import by_hand, is_guest, is_ours, lost_claims, mended, own_values, together
from .inert import escape
from .markdown import block_hash, parse
from .names import add_decisions, key
from .nouns import Source, Subject, Tension
from .plan import chosen
from .prepare import Ground
from .regroup import former
from .resolve import without_pages
from .translate import read_as
from .vault import read_optional
from .wiki import Block, Page, State, Wiki


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
    joined: tuple[str, ...] = ()
    """Near names that a model found to be one thing, and why."""
    interrupted: bool = False
    """A person stopped it: pages that were not answered are as they were, and stay planned."""


def build(
    root: Path,
    ground: Ground,
    calls: Calls | None,
    name: str,
    everything: bool = False,
    new: Sequence[Source] = (),
    tensions: Sequence[Tension] = (),
) -> Built:
    """The edits that bring wiki/ up to date. Without calls: only what needs none; planned pages stay.

    Near names of the planned pages, and of what the `new` sources speak of, are asked about first. `tensions`: found
    elsewhere than on pages; those of which both claims live are written.
    """
    ground, told = _names_asked(root, ground, calls, new)
    calls = None if told.interrupted else calls
    made = compile_pages(root, ground.frame, ground.shelf, ground.plan, calls) if calls else {}
    stopped = told.interrupted or (calls is not None and isinstance(calls.halted, Interrupted))
    left = [s.path for s in ground.plan.steps if ground.frame.subjects[s.path].slug not in made] if calls else []
    calls = None if stopped or left else calls
    texts = _texts(ground, made)
    names = without_pages(ground.frame.names, {s.slug for s in ground.frame.names.pages} - set(texts))
    ground = replace(ground, frame=replace(ground.frame, names=names))
    disagreeing = [*(t for text in made.values() for t in text.tensions), *views.by_figures(names), *tensions]
    found = views.collect(ground.wiki.pages.values(), disagreeing, names)
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
            path = fr.path_of(subject)
            if old and is_by_hand(old):
                out[path] = _joined(fr, subject, text, old, more)
            else:
                out[path] = compiled(fr, subject, text.blocks, text.state, old, summaries, more)
    problems = {fr.paths[slug]: text.problem for slug, text in made.items() if text.problem}
    problems |= {"names.txt": told.problem} if told.problem else {}
    problems |= {path: "a batch is asked for it: `karpwiki batch resume`" for path in left if not stopped}
    if _has_front(fr):
        given = overview.inputs(fr, name, {k: t.blocks for k, t in texts.items()}, summaries, found)
        old = ground.wiki.pages.get(overview.PATH)
        front = overview.front(root, fr, given, old, calls, everything or _refused(ground, old))
        problems |= {overview.PATH: front.problem} if front.problem else {}
        if front.asked or not is_split(ground.wiki, overview.PATH):
            out[overview.PATH] = overview.page(fr, name, front, given, old)
    out |= answers.files(fr) | index.files(fr, summaries, found)
    return replace(_finish(ground, fr, out, problems, found), interrupted=stopped, joined=told.joined)


def _has_front(fr: Frame) -> bool:
    """Whether code keeps the front page: not one by hand, and none beside an index by hand."""
    old = fr.wiki.pages.get(overview.PATH)
    return not is_by_hand(old) if old else bool(fr.names.claims) and fr.wiki.dialect.of("index") == "karpwiki"


def _refused(ground: Ground, old: Page | None) -> bool:
    return ground.retry and old is not None and old.state is not None and bool(old.state.unpolished)


def _names_asked(root: Path, ground: Ground, calls: Calls | None, new: Sequence[Source]) -> tuple[Ground, same.Told]:
    """The ground with what a model says of near names, and what it said. Two pages that are there stay two."""
    fr = ground.frame
    slugs = {fr.subjects[step.path].slug for step in ground.plan.steps}
    used = {key(name) for source in new for claim in source.claims for name in claim.subjects}
    slugs |= {fr.names.subjects[name].slug for name in used if name in fr.names.subjects}
    if calls is None or ground.again is None:
        return ground, same.Told()
    standing = () if ground.anew else ground.shelf.old
    told = same.decide(root, fr.names, ground.wiki, slugs, fr.settings, calls, standing)
    if told.decided == NOTHING:
        return ground, told
    added, dropped = (*ground.decisions, *told.decided.added), (*ground.dropped, *told.decided.dropped)
    return ground.again(Decided(added, dropped)), told


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
            blocks = (_cites_of(b, old) for b in text_blocks(old) if is_ours(old, b))
            # What a claim that is gone carried is not shown again, though the page could not be phrased anew.
            living = tuple(b for b in blocks if ground.frame.names.claims.keys() >= set(b.cites))
            texts[subject.slug] = Text(living, old.state)
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


def _joined(fr: Frame, subject: Subject, text: Text, old: Page, more: Sequence[str]) -> str:
    """The file of a page by hand with what sources say of its subject."""
    path, mine = fr.path_of(subject), fr.tensions.get(subject.slug, ())
    blocks = [*text.blocks, *(views.block(t, fr.names) for t in mine), *more_items(fr, fr.linker(path), more)]
    state = replace(text.state, meta=views.state_of(mine))
    return joined(old, finish(fr, path, under(blocks), None, state, below(old)))


def _source_pages(fr: Frame) -> dict[str, str]:
    """The text of every source page, by path: its digest with today's links."""
    out = {}
    on_disk = {s.key: path for path, s in fr.wiki.sources.items()}
    for source in fr.wiki.sources.values():
        path = fr.paths[fr.stems[source.key]]
        out[path] = source_page(fr, source, path, former(fr.wiki, source, on_disk[source.key]))
    return out


def source_page(fr: Frame, source: Source, path: str, before: Sequence[Page]) -> str:
    """The file of one source page. `before`: the pages on disk that it comes after."""
    linker = fr.linker(path)
    old, consumed = together([(page, sourcepage.parse_source(page)[1]) for page in before])
    notes = "\n".join(f"[^{c.id}]: {sourcepage.footnote(c)}" for c in source.claims)
    known = {c.id for c in source.claims}
    in_bundle = fr.wiki.pages.values() if source.bundle else ()
    every = [p for p in in_bundle if p.meta.get("bundle") == source.bundle] or before
    gone = {i for page in every for i in lost_claims(page)} - known
    changed = {i for page in every for i in mended(page)} & known
    state = State(by=source.by, deleted=tuple(sorted(gone)), mended=tuple(sorted(changed)))
    return finish(fr, path, sourcepage.blocks(source, linker), sourcepage.meta(source), state, old, consumed, notes)


def _finish(
    ground: Ground, fr: Frame, out: dict[str, str], problems: dict[str, str], found: Sequence[Tension]
) -> Built:
    """The edits: what differs from the disk, pages that moved or that no claim carries, links to them by hand."""
    wiki = ground.wiki
    moves = ground.moves
    gone = {p for p in moves.paths if p not in out} if moves else set()
    kept = []
    for page in _abandoned(ground, fr, out):
        if is_guest(page):
            out[page.path] = alone(page)
        elif not _is_source(page) and (by_hand(page) or page.notes or own_values(page)):
            kept.append(page.path)
            out[page.path] = _by_hand_alone(fr, page)
        else:
            gone.add(page.path)
    for path in wiki.stale - out.keys() - gone:
        out[path] = wiki.pages[path].text
    if ground.decisions or ground.dropped:
        lines = [d.line for d in ground.dropped]
        out["names.txt"] = add_decisions(read_optional(wiki.root / "names.txt"), ground.decisions, lines)
    edits = [Edit(p, text, wiki.hashes.get(p)) for p, text in sorted(out.items()) if _differs(wiki, p, text)]
    edits += [Edit(p, None, wiki.hashes.get(p)) for p in sorted(gone) if p in wiki.hashes]
    new = tuple(e.path for e in edits if e.before is None and e.text is not None and e.path.startswith("wiki/"))
    return Built(tuple(edits), ground.plan, new, problems, tuple(kept), tuple(found))


def _by_hand_alone(fr: Frame, page: Page) -> str:
    """The file of a page that no claim carries any more: a person's words, and nothing that code or a model wrote."""
    head = Block("heading", f"# {escape(page.title)}", 0, 1)
    days = {name: page.meta[name] for name in ("created", "updated") if name in page.meta}
    meta = {"title": page.title, "type": page.kind, **days, "sources": [], "tags": []}
    return finish(fr, page.path, [head], meta, State(), page)


def _differs(wiki: Wiki, path: str, text: str) -> bool:
    return path not in wiki.pages or path in wiki.stale or wiki.pages[path].text != text


def _abandoned(ground: Ground, fr: Frame, out: Mapping[str, str]) -> list[Page]:
    """Pages that karpwiki wrote and that nothing stands behind any more."""
    kinds = set(fr.settings.subject_kinds)
    used = {*ground.wiki.heirs, *ground.shelf.absorbed, *(p.path for p in ground.shelf.old.values())}
    pages = ground.wiki.pages.values()
    found = [p for p in pages if p.state and (p.kind in kinds or is_guest(p)) and p.path not in {*out, *used}]
    # A source page that is no longer among the sources was retracted.
    used |= {*ground.wiki.sources, *out}
    return found + [p for p in pages if p.path not in used and _is_source(p)]


def _is_source(page: Page) -> bool:
    return page.state is not None and sourcepage.parse_source(page)[0] is not None


def with_texts(wiki: Wiki, edits: Sequence[Edit]) -> Wiki:
    """The wiki as it will be when some edits are made: for checks before the disk is touched."""
    pages = dict(wiki.pages)
    new = {e.path for e in edits}
    conflicts = {path: conflict for path, conflict in wiki.conflicts.items() if path not in new}
    for e in edits:
        if e.text is None:
            pages.pop(e.path, None)
        elif e.path.startswith("wiki/") and e.path.endswith(".md"):
            pages[e.path] = read_as(parse(e.path, e.text), wiki.dialect)
    sources = {p: s for p, page in pages.items() if (s := sourcepage.parse_source(page)[0])}
    return replace(wiki, pages=pages, sources=sources, stale=wiki.stale - new, conflicts=conflicts)
