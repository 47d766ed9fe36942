"""The parts of a page that code owns, put around its text: frontmatter, related pages, sources, footnotes, state."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from . import tensions as tension_views
from .compose import words_of
from .frame import Frame
from .frontmatter import render
from .guests import DERIVED
from .hands import deleted, deleted_claims, merge, own_values, written_values
from .inert import code_span, escape
from .inert import value as inert_value
from .links import Linker
from .markdown import block_hash, join, statements, value_hash
from .names import key
from .nouns import Subject
from .sourcepage import shorten
from .state import render_state
from .wiki import CITE, Block, Page, State

MAX_RELATED = 8


def footnotes(frame: Frame, linker: Linker, cited: Sequence[str], extra: Mapping[str, Sequence[str]]) -> str:
    """The footnotes of a compiled page: source, quote and place; `extra`: ids of further claims that say the same."""
    lines = []
    for i in cited:
        claim, source = frame.names.claims[i]
        link = linker.link(frame.stems[source.key], frame.stems[source.key])
        text = f"{link} “{escape(claim.quote.text)}” {code_span(f'{claim.quote.path}:{claim.quote.line}')}"
        stems = dict.fromkeys(frame.stems[frame.names.claims[other][1].key] for other in extra.get(i, ()))
        text += "".join(f" · also {linker.link(s, s)}" for s in stems if s != frame.stems[source.key])
        lines.append(f"[^{i}]: {text}")
    return "\n".join(lines)


def related(frame: Frame, subject: Subject) -> list[Subject]:
    """Other pages by the claims that they share with this subject; at most eight."""
    weights = frame.names.shared.get(subject.slug, {})
    others = [s for slug in weights if (s := frame.names.by_slug[slug]).has_page]
    return sorted(others, key=lambda s: (-weights[s.slug], s.slug))[:MAX_RELATED]


def compiled(
    frame: Frame,
    subject: Subject,
    text: Sequence[Block],
    state: State,
    old: Page | None,
    summaries: Mapping[str, str],
    more: Sequence[str] = (),
) -> str:
    """A whole compiled page from the blocks of its text. `more`: ids of claims beyond the page's limit."""
    path = frame.path_of(subject)
    linker = frame.linker(path)
    mine = list(frame.tensions.get(subject.slug, ()))
    title, old = subject.title, _decided(old)
    blocks = [Block("heading", f"# {escape(title)}", 0, 1), *text]
    if mine:
        blocks.append(Block("heading", DERIVED[0], 0, 2))
        blocks += [tension_views.block(t, frame.names) for t in mine]
    sources: Counter[str] = Counter(frame.names.claims[i][1].key for i in subject.claims)
    by_key = frame.sources
    if more:
        blocks += [Block("heading", "## More", 0, 2), *more_items(frame, linker, more)]
    near = related(frame, subject)
    if near:
        blocks.append(Block("heading", "## Related", 0, 2))
    for other in near:
        line = summaries.get(other.slug, "")
        blocks.append(
            Block("item", f"- {linker.link(other.slug, other.title)}" + (f" — {escape(line)}" if line else ""))
        )
    rows = [["Source", "Date", "Credibility", "Claims"], ["---"] * 4]
    for k, n in sorted(sources.items(), key=lambda item: (by_key[item[0]].date, frame.stems[item[0]])):
        s = by_key[k]
        rows.append([linker.link(frame.stems[k], s.title, cell=True), escape(s.date, cell=True), s.credibility, str(n)])
    blocks.append(Block("heading", "## Sources", 0, 2))
    blocks.append(Block("table", "\n".join(f"| {' | '.join(row)} |" for row in rows).replace("|  |", "| |")))
    meta = _meta(frame, subject, title, text, old)
    written = tension_views.state_of(mine)
    return finish(frame, path, blocks, meta, replace(state, meta=written), old)


def more_items(frame: Frame, linker: Linker, ids: Sequence[str]) -> list[Block]:
    """The sources of claims beyond a page's limit, with how many."""
    counted = sorted(Counter(frame.names.claims[i][1].key for i in ids).items(), key=lambda n: frame.stems[n[0]])
    links = [(linker.link(frame.stems[k], frame.sources[k].title), n) for k, n in counted]
    return [Block("item", f"- {link} ({n} more claims)") for link, n in links]


def finish(
    frame: Frame,
    path: str,
    blocks: Sequence[Block],
    meta: Mapping[str, Any] | None,
    state: State,
    old: Page | None,
    consumed: Iterable[int] = (),
    notes: str | None = None,
) -> str:
    """A page's file: frontmatter, generated blocks merged with a person's, footnotes, state, a person's notes.

    `meta`: None leaves the frontmatter out, where that is a person's. `notes`: footnotes already written (a source
    page's); else those of the cited claims are made.
    """
    merged = merge(blocks, old, consumed)
    linker = frame.linker(path)
    shown = {i for b in merged for i in _shown(b)}
    cited = list(dict.fromkeys(i for b in merged for i in _shown(b) if i in frame.names.claims))
    extra: dict[str, list[str]] = defaultdict(list)
    for b in merged:
        first = [i for i in _shown(b) if i in frame.names.claims]
        for i in b.cites:
            if first and i not in shown and i in frame.names.claims and i not in extra[first[-1]]:
                extra[first[-1]].append(i)
    own = own_values(old)
    values = {**(meta or {}), **own}
    # Those shown first, as they are read back.
    ours = {block_hash(b.text): tuple(dict.fromkeys((*_shown(b), *b.cites))) for b in blocks}
    gone = {name: ids for name, ids in deleted(old).items() if name in ours}
    kept = replace(
        state,
        blocks=ours | gone,
        meta={**written_values(values, own, old), **state.meta},
        deleted=tuple(sorted({*state.deleted, *(i for i in deleted_claims(old) if i in frame.names.claims)})),
        at=path,
    )
    parts = [join(merged).rstrip("\n")]
    definitions = footnotes(frame, linker, cited, extra) if notes is None else notes
    own_notes = _own_footnotes(
        old, set(cited) | ({n.label for n in old.footnotes} if notes is not None and old else set())
    )
    parts += [part for part in ("\n".join(filter(None, (definitions, own_notes))),) if part]
    text = "\n\n".join(parts) + "\n\n" + render_state(kept)
    head = "" if meta is None else f"{render(values, old)}\n"
    return head + text + (("\n" if not old.notes.startswith("\n") else "") + old.notes if old and old.notes else "")


def _shown(block: Block) -> list[str]:
    return [] if block.kind in ("fence", "html") else CITE.findall(block.text)


def _own_footnotes(old: Page | None, written: Iterable[str]) -> str:
    """A person's own footnotes: those of the old page that no claim stands behind and that their words still cite."""
    if old is None:
        return ""
    ours = {i for ids in (old.state.blocks if old.state else {}).values() for i in ids} | set(written)
    own = {label for b in old.blocks for label in _shown(b)} - ours
    keep = [n for n in old.footnotes if n.label in own]
    return "\n".join(f"[^{n.label}]: {n.text}" for n in keep)


def summary_of(subject: Subject, text: Sequence[Block]) -> str:
    """One line on a page: the first statement of its lead."""
    first = next((b for b in text if b.kind in ("paragraph", "item")), None)
    lead = statements(first.text) if first else ()
    return inert_value(shorten(words_of(lead[0].words[0])[-1]) if lead else subject.gloss)


def _decided(old: Page | None) -> Page | None:
    """The page on disk, with a title that a person gave it as ours: it is a line of names.txt, which may change."""
    title = old.meta.get("title") if old else None
    if not (old and old.state and isinstance(title, str) and title.strip()):
        return old
    return replace(old, state=replace(old.state, meta={**old.state.meta, "title": value_hash(title)}))


def _meta(frame: Frame, subject: Subject, title: str, text: Sequence[Block], old: Page | None) -> dict[str, Any]:
    claims = [frame.names.claims[i] for i in subject.claims]
    days = sorted(s.part_of(c).created for c, s in claims)
    aliases = [n for n in subject.names if n != title and frame.titles.get(key(n), subject.slug) == subject.slug]
    tagged = Counter(t for s in {s.key: s for _, s in claims}.values() for t in set(s.tags))
    tags = sorted(t for t, n in tagged.items() if n > 1)[:5]  # what one source is tagged with may be another thing
    values: dict[str, Any] = {
        "title": title,
        "type": subject.kind,
        **dict(zip(("created", "updated"), (days[0], days[-1]) if days else ("", ""), strict=True)),
        "sources": sorted({c.quote.path for c, _ in claims}),
        "tags": tags,
        "aliases": aliases,
        "summary": summary_of(subject, text),
    }
    return {name: value for name, value in values.items() if value or name not in ("aliases", "summary")}
