"""The front page: from the lead statements of the 40 most linked pages, asked for only when one of them changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .assemble import finish
from .bundle import counted_as
from .calls import Calls
from .check import Evidence
from .compose import relink, statement
from .errors import ModelError, Refused
from .forms import FormStatement, OverviewClaim, OverviewForm, OverviewInput, OverviewPage
from .frame import Frame
from .hands import is_ours
from .inert import escape
from .links import Linker
from .markdown import statements
from .marks import Marks
from .names import digest
from .nouns import Subject, Tension
from .plain import fold
from .prompts import MAX_PAGES, MAX_TENSIONS, request
from .wiki import OVERVIEW, REFUSED, Block, Page, State

PATH = OVERVIEW
MAX_LEADS = 3
MINUTES = ("5 minutes", "30 minutes")
OWNED = ("## Coverage", "## Open tensions")
"""Sections that code writes."""


@dataclass(frozen=True, slots=True)
class Front:
    """The blocks of the front page with its state, and why it is not what it should be."""

    blocks: tuple[Block, ...]
    state: State
    problem: str = ""
    asked: bool = False


def inbound(frame: Frame) -> Counter[str]:
    """How many claims elsewhere name each subject that has a page, by slug."""
    counted: Counter[str] = Counter()
    for named in frame.names.about.values():
        for s in named[1:]:
            if s.has_page:
                counted[s.slug] += 1
    return counted


def leads(
    frame: Frame, texts: Mapping[str, Sequence[Block]]
) -> list[tuple[Subject, list[tuple[str, tuple[str, ...]]]]]:
    """The most linked pages with their lead statements (words, claim ids), the most linked first."""
    counted = inbound(frame)
    ranked = sorted(frame.names.pages, key=lambda s: (-counted[s.slug] - len(s.claims), s.slug))[:MAX_PAGES]
    found = []
    for subject in ranked:
        first = next((b for b in texts.get(subject.slug, ()) if b.kind == "paragraph" and b.cites), None)
        made = statements(first.text)[:MAX_LEADS] if first else ()
        living = [s for s in made if s.claims and frame.names.claims.keys() >= set(s.claims)]
        found.append((subject, [(s.words[0], s.claims) for s in living]))
    return found


def inputs(
    frame: Frame,
    name: str,
    texts: Mapping[str, Sequence[Block]],
    summaries: Mapping[str, str],
    found: Sequence[Tension],
) -> OverviewInput:
    """The typed inputs of the overview: the leads' claims in their own words, each once."""
    counted, pages, claims = inbound(frame), [], dict[str, list[int]]()
    for number, (subject, stated) in enumerate(leads(frame, texts), 1):
        origins = len({counted_as(frame.names.claims[i][1]) for i in subject.claims})
        line = summaries.get(subject.slug, "")
        pages.append(OverviewPage(number, subject.title, subject.kind, counted[subject.slug], origins, line))
        for i in dict.fromkeys(i for _, ids in stated for i in ids):
            claims.setdefault(i, []).append(number)
    sources = list(frame.wiki.sources.values())
    days = sorted(s.date for s in sources if s.date)
    return OverviewInput(
        name=name,
        language=frame.settings.language,
        sources=len(sources),
        claims_total=len(frame.names.claims),
        pages_total=len(frame.names.pages),
        dates=f"{days[0]} – {days[-1]}" if days else "",
        pages=tuple(pages),
        claims=tuple(
            OverviewClaim(f"c{n}", i, tuple(numbers), frame.names.claims[i][0].text)
            for n, (i, numbers) in enumerate(claims.items(), 1)
        ),
        tensions=tuple(f"{t.topic}: {_said(frame, t)}" for t in found if t.status == "open")[:MAX_TENSIONS],
    )


def _said(frame: Frame, t: Tension) -> str:
    return " / ".join(frame.names.claims[i][0].text for i in (t.first, t.second))


def origin(given: OverviewInput, frame: Frame) -> str:
    """What the front page is made from: its leads and tensions, not the counts, which code keeps up to date."""
    seen = [f"{p.kind}|{p.title}|{s.slug}" for s, p in _numbered(given, frame)]
    seen += [f"{c.id}|{c.text}" for c in given.claims]
    return digest("\n".join([*seen, *given.tensions]), 16)


def front(
    root: Path,
    frame: Frame,
    given: OverviewInput,
    old: Page | None,
    calls: Calls | None,
    force: bool = False,
) -> Front:
    """The front page's text; the model is asked only when what it is made from changed."""
    by = origin(given, frame)
    model = calls.team.of("overview").name if calls else ""
    fresh = old and old.state and old.state.origin == by and not old.state.asks_again(model) and not force
    if old and old.state and (fresh or calls is None):
        return Front(tuple(_written(old)), replace(old.state, meta={}))  # or what code changes now would look by hand
    if calls is None:
        return Front((), State())
    if old and old.state and old.state.is_better and model == "excerpt":
        kept = _written(old)
        if frame.names.claims.keys() >= {i for b in kept for i in b.cites}:
            why = f"{old.state.model} phrased it, and it stays as it is until such a model is used"
            return Front(tuple(kept), replace(old.state, meta={}), why if old.state.origin != by else "")
    if not given.claims:
        return Front((), State(by, "code"))
    asked = request(root, frame.settings, given)
    [answer] = calls.ask([asked])
    if not isinstance(answer.result, OverviewForm):
        problem = str(answer.result) if isinstance(answer.result, ModelError) else "no overview"
        why = f"{REFUSED} {model}" if isinstance(answer.result, Refused) else "yes"
        state = State(by, "code", unpolished=why)
        living = [b for b in _written(old) if frame.names.claims.keys() >= set(b.cites)] if old and old.state else []
        if old and old.state and any(b.cites for b in living):
            return Front(tuple(living), replace(old.state, meta={}, origin=by, unpolished=why), problem, True)
        empty = OverviewForm(scope=[], central=[], questions=[], start=[])
        return Front(tuple(_blocks(empty, given, frame)), state, problem, True)
    blocks = _blocks(answer.result, given, frame)
    return Front(tuple(blocks), State(by, f"{answer.model}/{asked.recipe}"), "", True)


def _blocks(form: OverviewForm, given: OverviewInput, frame: Frame) -> list[Block]:
    ids = {c.label: c.id for c in given.claims}
    evidence = Evidence({label: (*frame.names.claims[i], frame.names.about[i]) for label, i in ids.items()})
    linker = frame.linker(PATH)
    stems = {n: s.slug for n, (s, _) in enumerate(_numbered(given, frame), 1)}

    told: set[tuple[str, ...]] = set()

    def good(made: FormStatement) -> bool:
        if (words := (fold(" ".join(made.words)), *made.claims)) in told:  # a page says it once
            return False
        told.add(words)
        return not evidence.problem(" ".join(made.words), made.claims)

    def said(made: FormStatement, start: bool) -> str:
        return statement(" ".join(made.words), [ids[c] for c in made.claims], Marks(frame.names), start)

    def cites(all_made: Sequence[FormStatement]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(ids[c] for m in all_made for c in m.claims))

    scope = [m for m in form.scope if good(m)]
    out = (
        [Block("paragraph", " ".join(said(m, not n) for n, m in enumerate(scope)), 0, 0, cites(scope))] if scope else []
    )
    central = [(c.heading, [m for m in c.statements if good(m)]) for c in form.central]
    central = [
        (h, made) for h, made in central if made and not evidence.problem(h, [c for m in made for c in m.claims])
    ]
    if central:
        out.append(Block("heading", "## Central claims", 0, 2))
    for n, (heading, made) in enumerate(central, 1):
        text = " ".join(said(m, False) for m in made)
        out.append(
            Block(
                "item",
                f"{n}. **{escape(heading)}.** {text}".replace(".**", "**" if heading[-1:] in "。？！.?!" else ".**", 1),
                0,
                0,
                cites(made),
            )
        )
    questions = [(q.text, [stems[p] for p in q.pages if p in stems]) for q in form.questions if q.text.strip()][:10]
    if questions:
        out.append(Block("heading", "## Open questions", 0, 2))
    for text, pages in questions:
        where = f" ({', '.join(linker.link(p, _title(frame, p)) for p in pages)})" if pages else ""
        out.append(Block("item", f"- {escape(text, start=True)}{where}"))
    paths = [(p, [stems[n] for n in p.pages if n in stems]) for p in form.start]
    paths = [(p, pages) for p, pages in paths if pages]
    if paths:
        out.append(Block("heading", "## Where to start", 0, 2))
    for n, (path, pages) in enumerate(paths):
        minutes = f" ({MINUTES[n]})" if n < len(MINUTES) else ""
        links = " → ".join(linker.link(p, _title(frame, p)) for p in pages)
        why = f" {escape(path.why)}" if path.why.strip() else ""
        out.append(Block("item", f"- **{escape(path.theme)}**{minutes}: {links}.{why}"))
    return out


def _numbered(given: OverviewInput, frame: Frame) -> list[tuple[Subject, OverviewPage]]:
    by_title = {(s.title, s.kind): s for s in frame.names.pages}
    return [(by_title[p.title, p.kind], p) for p in given.pages]


def _title(frame: Frame, slug: str) -> str:
    return frame.names.by_slug[slug].title


def _written(old: Page) -> list[Block]:
    """The blocks that a model wrote on the present front page: all of ours that code does not write."""
    return [b for b in old.blocks if is_ours(old, b) and _is_models(b)]


def _is_models(block: Block) -> bool:
    """Told by its form, not by its section: a person may have deleted the heading over what code wrote.

    Code's paragraphs cite nothing, and its items begin with a link.
    """
    if block.kind == "heading":
        return block.level != 1 and block.text.strip() not in OWNED
    return bool(block.cites) or (block.kind == "item" and not block.text.startswith("- ["))


def page(frame: Frame, name: str, made: Front, given: OverviewInput, old: Page | None) -> str:
    """The file overview.md: the front page's text, with the counts and open tensions that code keeps up to date."""
    linker = frame.linker(PATH)
    dates = f", dated {given.dates}" if given.dates else ""
    counts = f"{given.sources} sources{dates}; {given.claims_total} claims; {given.pages_total} pages."
    text = [relink(b, frame.names, linker) for b in made.blocks]
    head = [b for b in text[:1] if b.kind == "paragraph"]
    blocks = [Block("heading", f"# {escape(name)}", 0, 1), *head, Block("heading", OWNED[0], 0, 2)]
    blocks += [Block("paragraph", f"{counts} All pages: {linker.link('index', 'index')}."), *text[len(head) :]]
    if given.tensions:
        blocks.append(Block("heading", OWNED[1], 0, 2))
        blocks += [Block("item", line) for line in _open_tensions(frame, linker)]
        blocks.append(Block("paragraph", f"Both sides with their sources: {linker.link('tensions', 'tensions')}."))
    sources = sorted(s.created for s in frame.wiki.sources.values())
    cited = {i for b in made.blocks for i in b.cites if i in frame.names.claims}
    meta = {
        "title": name,
        "type": "overview",
        "created": sources[0] if sources else "",
        "updated": sources[-1] if sources else "",
        "sources": sorted({frame.names.claims[i][0].quote.path for i in cited}),
        "tags": [],
    }
    return finish(frame, PATH, blocks, meta, made.state, old)


def _open_tensions(frame: Frame, linker: Linker) -> list[str]:
    """The topics of the open tensions, by the page that is their home."""
    lines = []
    for slug, mine in sorted(frame.tensions.items()):
        topics = dict.fromkeys(t.topic for t in mine if t.status == "open")
        if topics:
            lines.append(f"- {linker.link(slug, frame.names.by_slug[slug].title)}: {escape('; '.join(topics))}")
    return lines
