"""Source ↔ the text of its page. The page alone is the digest: parsing it gives back all that was read out of raw."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from . import members
from .bundle import head, members_of
from .inert import code_span, escape, unescape
from .inert import value as inert_value
from .links import Linker
from .markdown import unlink
from .names import key
from .nouns import Claim, Figure, Member, Name, Quote, Source, Voice
from .pattern import pattern
from .wiki import CITE, Block, Footnote, Page

TYPE = "source-summary"
_FOOTNOTE = pattern(r"^`([^`]+):([0-9]{1,9})` “(.*?)”((?: · .*)?)$")
_MARK = pattern(r"(?:^| )\((?:(hedged|quoted|primary|secondary|inferred)|(as of|said by) ((?:[^()\\]|\\.)+))\)$")
# Summarize leaves no ` = ` in an attribute: the first one ends it, and no later one is tried.
_FIGURE = pattern(r"^(?>(.*?) = )((?:[^()\\]|\\.)*?)(?: \(((?:[^()\\]|\\.)+)\))?$")
_SUBJECT = pattern(
    r"(?<!\\)\[\[[^\[\]\n]*\]\]|(?<!\\)\[(?:\\.|[^\[\]\\\n])*\]\([^()\n]*\)|(?<!\\)\*\*(?:[^*\\]|\\.)+\*\*"
)


def footnote(claim: Claim) -> str:
    """`` `path:line` “quote” `` and the figures that the claim states."""
    figures = "".join(
        f" · {escape(f.attribute)} = {_bracketed(f.value)}" + (f" ({_bracketed(f.unit)})" if f.unit else "")
        for f in claim.figures
    )
    return f"{code_span(f'{claim.quote.path}:{claim.quote.line}')} “{escape(claim.quote.text)}”{figures}"


def claim_line(claim: Claim, linker: Linker) -> str:
    """A claim as a list item: words with their subjects marked, marks, footnote, and the subjects not in the words."""
    words, inside = linker.mention(escape(claim.text), [(s,) for s in claim.subjects], bold=True)
    rest = [s for s in claim.subjects if s not in inside]
    # In the words first and then the rest is the order of the subjects, unless the tail names them all.
    tail = rest if tuple(inside + rest) == claim.subjects else list(claim.subjects)
    marks: list[str] = (
        [claim.voice] if claim.voice == "hedged" or (claim.voice == "quoted" and not claim.said_by) else []
    )
    marks += [f"said by {_bracketed(claim.said_by)}"] if claim.said_by else []
    marks += [f"as of {_bracketed(claim.as_of)}"] if claim.as_of else []
    marks += [claim.basis] if claim.basis else []
    ending = f" · {', '.join(linker.name(s) for s in tail)}" if tail else ""
    return f"- {words}{''.join(f' ({m})' for m in marks)}[^{claim.id}]{ending}"


def _bracketed(text: str) -> str:
    return re.sub(r"([()])", r"\\\1", escape(text).replace(r"\(", "("))


def blocks(source: Source, linker: Linker) -> list[Block]:
    """The body of a source page, block by block."""
    out = [_block("heading", f"# {escape(source.title)}", level=1)]
    if source.status:
        out.append(_block("paragraph", f"This source has no claims: {escape(source.status)}."))
    keys = [c for c in source.claims if c.key]
    if keys:
        words = " ".join(f"{escape(c.text, start=not n)}[^{c.id}]" for n, c in enumerate(keys))
        out.append(_block("paragraph", words))
    if source.parts:
        out += [_block("heading", "## Members", level=2), _block("table", members.listed(source))]
    if source.claims:
        out.append(_block("heading", "## Claims", level=2))
    level = 4 if source.parts else 3
    for part in members_of(source):
        if source.parts and part.claims and head(part):
            out.append(_block("heading", f"### {escape(head(part))}", level=3))
        for heading, claims in groupby(part.claims, key=lambda c: c.heading):
            if heading:
                out.append(_block("heading", f"{'#' * level} {escape(heading)}", level=level))
            out += [_block("item", claim_line(c, linker)) for c in claims]
    names = members.named(source) if source.parts else dict.fromkeys(source.names, "")
    if names:
        out += [_block("heading", "## Subjects", level=2), _block("table", _table(names, linker))]
    return out


def _block(kind: str, text: str, level: int = 0) -> Block:
    return Block(kind, text, 0, level, tuple(dict.fromkeys(CITE.findall(text))))


def _table(names: Mapping[Name, str], linker: Linker) -> str:
    """The table of subjects. `names`: with the members of a bundle that list each."""
    latin, where = any(n.latin for n in names), any(names.values())
    columns = ["Subject", "Kind", "What it is", "Also", *(["Latin"] if latin else []), *([members.WHERE] * where)]
    rows = [columns]
    for n, listed in names.items():
        also = " · ".join(escape(a, cell=True) for a in n.also)
        row = [linker.name(n.name, cell=True, bold=False), escape(n.kind, cell=True), escape(n.gloss, cell=True), also]
        rows.append([*row, *([escape(n.latin, cell=True)] if latin else []), *([listed] * where)])
    return members.table(rows)


def meta(source: Source) -> dict[str, Any]:
    """The frontmatter of a source page."""
    first = next((c for c in source.claims if c.key), source.claims[0] if source.claims else None)
    values: dict[str, Any] = {
        "title": source.title,
        "type": TYPE,
        "created": source.created,
        "updated": source.updated or source.created,
        "sources": [m.path for m in source.members],
        "tags": list(source.tags),
        "summary": inert_value(shorten(first.text)) if first else "",
        "date": source.date,
        "author": source.author,
        "latin": source.title_latin,
        "bundle": source.bundle,
        "period": source.period,
        "credibility": source.credibility,
        "language": source.language,
        "coverage": round(source.coverage, 2),
        "status": source.status,
        "sha256": [m.sha256 for m in source.members],
    }
    optional = ("summary", "date", "author", "latin", "bundle", "period", "status")
    return {name: value for name, value in values.items() if value or name not in optional}


def shorten(text: str, limit: int = 160) -> str:
    """One line of at most `limit` characters, cut at a word."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut).rstrip(" ,;:，；：") + "…"


# The page → its Source


def parse_source(page: Page) -> tuple[Source | None, frozenset[int]]:
    """The Source that a source page holds, and the lines of its blocks that are claims or subjects.

    None: it is no source page. An item that cannot be read as a claim is a person's note and not among the lines.
    """
    values = page.meta
    if page.kind != TYPE:
        return None, frozenset()
    paths, hashes = _texts(values.get("sources")), _texts(values.get("sha256"))
    if not paths or len(paths) != len(hashes):
        return None, frozenset()
    notes = {n.label: n for n in page.footnotes}
    names, used = _names(page.blocks)
    spelled = {key(n.name): n.name for n, _ in names}
    opening = [b for b in _before(page.blocks, "## Claims") if b.kind == "paragraph"]
    keys = {i for b in opening for i in b.cites}
    bundle = _text(values.get("bundle"))
    claims, heads, heading, member = [], {}, "", ""
    for block in _section(page.blocks, "## Claims"):
        if block.kind == "heading":
            heading = unescape(block.text.lstrip("#").strip())
        if block.kind == "heading" and bundle and block.level == 3:
            member, heading = heading, ""
        claim = parse_claim(block, notes, heading, spelled) if block.kind == "item" else None
        if claim:
            used.add(block.line)
            heads[claim.id] = member
            claims.append(Claim(**{**_fields(claim), "key": claim.id in keys}))
    made = Source(
        members=tuple(Member(p, h) for p, h in zip(paths, hashes, strict=True)),
        title=page.title,
        created=_text(values.get("created")),
        title_latin=_text(values.get("latin")),
        updated=_text(values.get("updated")),
        date=_text(values.get("date")),
        author=_text(values.get("author")),
        language=_text(values.get("language")) or "en",
        credibility=_text(values.get("credibility")) or "secondary",
        tags=tuple(_texts(values.get("tags"))),
        coverage=_number(values.get("coverage")),
        status=_text(values.get("status")),
        bundle=bundle,
        period=_text(values.get("period")),
        claims=tuple(claims),
        names=() if bundle else tuple(n for n, _ in names),
        by=page.state.by if page.state else "",
    )
    if bundle:
        listed = next((b for b in _section(page.blocks, "## Members") if b.kind == "table"), None)
        used |= {listed.line} if listed else set()
        made = members.read(made, members.cells(listed.text) if listed else [], names, heads)
    return made, frozenset(used)


def _fields(claim: Claim) -> dict[str, Any]:
    return {name: getattr(claim, name) for name in Claim.__slots__}


def parse_claim(block: Block, notes: dict[str, Footnote], heading: str, spelled: dict[str, str]) -> Claim | None:
    """A claim from its list item and its footnote; None when it is not one."""
    found = CITE.search(block.text)
    evidence = _FOOTNOTE.match(notes[found[1]].text) if found and found[1] in notes else None
    if not found or not evidence or not block.text.startswith(("- ", "* ", "+ ")):
        return None
    words, tail = block.text[2 : found.start()].strip(), block.text[found.end() :].strip()
    marks: dict[str, str] = {}
    # Each once: to look for further ones takes as long as the words are.
    while (mark := _MARK.search(words)) and (mark[1] or mark[2]) not in marks:
        marks[mark[1] or mark[2]] = unescape(mark[3] or "")
        words = words[: mark.start()]
    inside = [_label(m) for m in _SUBJECT.findall(words)]
    last = [_label(m) for m in _SUBJECT.findall(tail)] if tail.startswith("· ") else []
    subjects = last if set(map(key, inside)) & set(map(key, last)) else inside + last
    voice: Voice = (
        "hedged" if "hedged" in marks else "quoted" if "quoted" in marks or "said by" in marks else "asserted"
    )
    figures = tuple(
        Figure(*(unescape(part or "") for part in found_figure.groups()))
        for found_figure in map(_FIGURE.match, evidence[4].split(" · ")[1:])
        if found_figure
    )
    return Claim(
        id=found[1],
        text=unescape(_SUBJECT.sub(lambda m: _raw_label(m.group()), words)),
        quote=Quote(evidence[1], int(evidence[2]), unescape(evidence[3])),
        subjects=tuple(dict.fromkeys(spelled.get(key(s), s) for s in subjects)),
        heading=heading,
        as_of=marks.get("as of", ""),
        voice=voice,
        said_by=marks.get("said by", ""),
        basis=next((b for b in ("primary", "secondary", "inferred") if b in marks), ""),
        figures=figures,
    )


def _raw_label(marked: str) -> str:
    return marked[2:-2] if marked.startswith("**") else unlink(marked)


def _label(marked: str) -> str:
    return unescape(_raw_label(marked))


def _names(all_blocks: Iterable[Block]) -> tuple[list[tuple[Name, str]], set[int]]:
    """The names of the table under Subjects with the members that list each, and the line of the table."""
    table = next((b for b in _section(all_blocks, "## Subjects") if b.kind == "table"), None)
    if table is None:
        return [], set()
    made = []
    for cell in members.cells(table.text):
        name = unescape(unlink(cell.get("subject", "")))
        also = tuple(unescape(a) for a in cell.get("also", "").split(" · ") if a)
        if name:
            gloss, latin = unescape(cell.get("what it is", "")), unescape(cell.get("latin", ""))
            listed = cell.get(members.WHERE.casefold(), "")
            made.append((Name(name, unescape(cell.get("kind", "")), gloss, latin, also), listed))
    return made, {table.line}


def _before(all_blocks: Iterable[Block], heading: str) -> list[Block]:
    out = []
    for block in all_blocks:
        if block.kind == "heading" and block.text.strip() == heading:
            break
        out.append(block)
    return out


def _section(all_blocks: Iterable[Block], heading: str) -> list[Block]:
    """The blocks between a second-level heading and the next one."""
    out, inside = [], False
    for block in all_blocks:
        if block.kind == "heading" and block.level <= 2:
            inside = block.text.strip() == heading
        elif inside:
            out.append(block)
    return out


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def _number(value: object) -> float:
    try:
        return min(1.0, max(0.0, float(str(value))))
    except ValueError:
        return 0.0
