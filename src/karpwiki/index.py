"""index.md and tensions.md: catalogues that code makes whole each time, around a person's words at top and bottom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from . import tensions as views
from .assemble import footnotes
from .bundle import members_of
from .frame import Frame
from .habits import is_by_hand
from .hands import by_hand
from .inert import escape
from .kinds import Kind
from .links import Linker, resolver
from .markdown import catalogue
from .nouns import Tension
from .rows import Entry, with_rows
from .sourcepage import TYPE, shorten
from .wiki import INDEX, START, TENSIONS, Page

MAX_ROWS, MAX_BARE = 200, 50


def files(frame: Frame, summaries: Mapping[str, str], found: Sequence[Tension]) -> dict[str, str]:
    """The texts of index.md, of an index-<kind>.md for each kind with more than 200 pages, and of tensions.md."""
    made: dict[str, str] = {}
    old = frame.wiki.pages.get(TENSIONS)
    if found or (old and not is_by_hand(old)):
        made[TENSIONS] = _around(old, "# Tensions", _tensions(frame, found))
    kept = frame.wiki.dialect.of("index")
    if kept != "karpwiki":
        waits = frame.wiki.dialect.index in frame.wiki.conflicts  # a person chooses first what stays of it
        return made | (_by_hand(frame, summaries) if kept == "rows" and not waits else {})
    linker = frame.linker(INDEX)
    parts: list[str] = []
    for kind in frame.settings.kinds.values():
        rows = _rows(kind, frame, linker, summaries)
        if not rows or not kind.heading:
            continue
        if len(rows) - 2 > MAX_ROWS:
            path = f"wiki/index-{kind.name}.md"
            there = frame.linker(path)
            table = _table(_rows(kind, frame, there, summaries))
            made[path] = _around(frame.wiki.pages.get(path), f"# {kind.heading}", table)
            stem = f"index-{kind.name}"
            linked = Linker({}, {stem: path}, linker.style, INDEX).link(stem, f"{len(rows) - 2} pages")
            parts.append(f"## {kind.heading}\n\n{linked}")
        else:
            parts.append(f"## {kind.heading}\n\n{_table(rows)}")
    parts += [*_bare(frame), _coverage(frame)]
    here = frame.wiki.dialect.index
    made[here] = _around(frame.wiki.pages.get(here), "# Index", "\n\n".join(parts))
    return made


def _by_hand(frame: Frame, summaries: Mapping[str, str]) -> dict[str, str]:
    """The index that a person keeps, with rows for what is new."""
    wiki, here = frame.wiki, frame.wiki.dialect.index
    page = wiki.pages.get(here)
    if page is None:  # the settings say that there is one
        return {}
    kinds = set(frame.settings.subject_kinds)
    written = {path for path, p in wiki.pages.items() if p.state and p.kind in kinds and not by_hand(p)}
    gone = (written | wiki.sources.keys()) - set(frame.paths.values())
    gone |= {path for path, p in wiki.pages.items() if p.kind == TYPE and p.state and path not in wiki.sources}
    find = resolver({*wiki.pages, *frame.paths.values()}, wiki.dialect.prefixes)
    text = with_rows(page, _entries(frame, summaries), wiki, gone, find, wiki.dialect.style)
    return {here: text} if text != page.text else {}


def _entries(frame: Frame, summaries: Mapping[str, str]) -> list[Entry]:
    kinds = frame.settings.kinds
    made = []
    for s in sorted(frame.wiki.sources.values(), key=lambda s: frame.stems[s.key]):
        path, line = frame.paths[frame.stems[s.key]], next((c.text for c in s.claims if c.key), "")
        tags, trust = ", ".join(s.tags), s.status or s.credibility
        made.append(Entry(path, s.title, TYPE, kinds[TYPE].heading, shorten(line), s.created, tags, "1", trust))
    for subject in frame.names.pages:
        there = frame.wiki.pages.get(frame.path_of(subject))
        if there and is_by_hand(there):  # what a person lists of their own is theirs
            continue
        n = len({frame.names.claims[i][1].key for i in subject.claims})
        days = max(frame.names.claims[i][1].part_of(frame.names.claims[i][0]).created for i in subject.claims)
        line, kind = summaries.get(subject.slug, ""), kinds[subject.kind]
        made.append(Entry(frame.path_of(subject), subject.title, kind.name, kind.heading, line, days, "", str(n)))
    return made


def _around(old: Page | None, title: str, body: str) -> str:
    """Generated text under its title, with what a person wrote above it and under `## Notes` kept."""
    above, _, notes = catalogue(old.text) if old else (title, "", "")
    below = f"\n{notes}" if notes else ""
    return f"{above.rstrip(chr(10))}\n\n{START}\n\n{body}\n{below}"


def is_untouched(page: Page) -> bool:
    """Whether no word on index.md is a person's."""
    above, _, notes = catalogue(page.text)
    return above.strip() == "# Index" and not notes


def _rows(kind: Kind, frame: Frame, linker: Linker, summaries: Mapping[str, str]) -> list[list[str]]:
    if kind.name == TYPE:
        rows = [["File", "Title", "Date Added", "Tags", "Credibility"], ["---"] * 5]
        for s in sorted(frame.wiki.sources.values(), key=lambda s: frame.stems[s.key]):
            stem = frame.stems[s.key]
            credibility = (s.status and escape(s.status, cell=True)) or s.credibility
            tags = ", ".join(escape(t, cell=True) for t in s.tags)
            rows.append([linker.link(stem, stem, cell=True), escape(s.title, cell=True), s.created, tags, credibility])
        return rows if len(rows) > 2 else []
    rows = [["File", "Name", "Summary", "Sources"], ["---"] * 4]
    for subject in (s for s in frame.names.pages if s.kind == kind.name):
        n = len({frame.names.claims[i][1].key for i in subject.claims})
        name, summary = escape(subject.title, cell=True), escape(summaries.get(subject.slug, ""), cell=True)
        rows.append([linker.link(subject.slug, subject.slug, cell=True), name, summary, str(n)])
    for page in sorted(frame.wiki.pages.values(), key=lambda p: p.stem):
        if page.kind == kind.name and not kind.claims:
            stem = page.stem
            link = Linker({}, {stem: page.path}, linker.style, linker.page).link(stem, stem, cell=True)
            line = page.meta.get("summary")
            shown = escape(line, cell=True) if isinstance(line, str) else ""
            count = page.meta.get("sources")
            rows.append([link, escape(page.title, cell=True), shown, str(len(count) if isinstance(count, list) else 0)])
    return rows if len(rows) > 2 else []


def _table(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows).replace("|  |", "| |")


def _bare(frame: Frame) -> list[str]:
    """The subjects without a page that most claims are about, and how many more there are."""
    about: Counter[str] = Counter(s.slug for named in frame.names.about.values() for s in named if not s.has_page)
    ranked = sorted(about.items(), key=lambda item: (-item[1], item[0]))
    if not ranked:
        return []
    rows = [["Subject", "Claims"], ["---"] * 2] + [
        [escape(frame.names.by_slug[s].title, cell=True), str(n)] for s, n in ranked[:MAX_BARE]
    ]
    more = f"\n\nAnd {len(ranked) - MAX_BARE} more." if len(ranked) > MAX_BARE else ""
    return [f"## Subjects without a page\n\n{_table(rows)}{more}"]


def coverage(frame: Frame) -> list[tuple[str, int]]:
    """What of raw is in the wiki, as the rows of the coverage table."""
    wiki = frame.wiki
    ignored = set(wiki.ignored)
    digests = [part for s in wiki.sources.values() for part in members_of(s)]
    read = {s.key for s in digests if not s.status}
    refused = {s.key for s in digests if s.status}
    counted = [p for p in wiki.raw if p not in ignored]
    kinds = Counter(s.kind for s in frame.names.pages)
    return [
        ("Files in raw", len(counted)),
        ("Ingested", sum(p in read for p in counted)),
        ("Not yet", sum(p not in read | refused | wiki.read for p in counted)),
        *((("Read by hand", len(wiki.read - read - refused)),) if wiki.read - read - refused else ()),
        ("Without claims (refused, too long, empty)", sum(p in refused for p in counted)),
        ("Claims", len(frame.names.claims)),
        ("Source pages", len(wiki.sources)),
        *((f"{k.heading}", kinds[k.name]) for k in frame.settings.kinds.values() if k.claims),
    ]


def _coverage(frame: Frame) -> str:
    day = max((part.created for s in frame.wiki.sources.values() for part in members_of(s)), default="")
    rows = [["What", "Count"], ["---"] * 2] + [[what, str(n)] for what, n in coverage(frame)]
    return f"## Coverage\n\n{f'As of {day}.' if day else 'Nothing is ingested yet.'}\n\n{_table(rows)}"


def _tensions(frame: Frame, found: Sequence[Tension]) -> str:
    """All tensions by the page that is their home, each with its status, and the footnotes of their claims."""
    linker = frame.linker(TENSIONS)
    parts = []
    for slug, mine in sorted(views.homes(found, frame.names).items()):
        title = frame.names.by_slug[slug].title
        parts.append(f"## {linker.link(slug, title)}")
        parts += [views.block(t, frame.names).text for t in mine]
    homeless = [t for t in found if not any(t in mine for mine in views.homes(found, frame.names).values())]
    parts += ["## Without a page", *(views.block(t, frame.names).text for t in homeless)] if homeless else []
    cited = list(dict.fromkeys(i for t in found for i in (t.first, t.second)))
    return "\n\n".join([*parts, footnotes(frame, linker, cited, {})] if parts else ["No tensions are open."])
