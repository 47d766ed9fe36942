"""index.md and tensions.md: catalogues that code makes whole each time, around a person's words at top and bottom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from . import tensions as views
from .assemble import Frame, footnotes
from .bundle import members_of
from .inert import escape
from .kinds import Kind
from .links import Linker
from .markdown import START, catalogue
from .nouns import Tension
from .sourcepage import TYPE
from .wiki import Page

PATH, TENSIONS = "wiki/index.md", "wiki/tensions.md"
MAX_ROWS, MAX_BARE = 200, 50


def files(frame: Frame, summaries: Mapping[str, str], found: Sequence[Tension]) -> dict[str, str]:
    """The texts of index.md, of an index-<kind>.md for each kind with more than 200 pages, and of tensions.md."""
    made: dict[str, str] = {}
    linker = frame.linker(PATH)
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
            linked = Linker({}, {stem: path}, linker.style, PATH).link(stem, f"{len(rows) - 2} pages")
            parts.append(f"## {kind.heading}\n\n{linked}")
        else:
            parts.append(f"## {kind.heading}\n\n{_table(rows)}")
    parts += [*_bare(frame), _coverage(frame)]
    made[PATH] = _around(frame.wiki.pages.get(PATH), "# Index", "\n\n".join(parts))
    if found or TENSIONS in frame.wiki.pages:
        made[TENSIONS] = _around(frame.wiki.pages.get(TENSIONS), "# Tensions", _tensions(frame, found))
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
        ("Not yet", sum(p not in read and p not in refused for p in counted)),
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
