"""A raw file that moved is followed without asking anybody: same bytes, another path.

Claim ids hang on the raw path, so they change with it; here they are changed wherever they stand, as if the source had
been ingested under its new path, and words by hand stay a person's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .bundle import bundled
from .errors import ConflictError
from .extract import sha256
from .hands import is_ours
from .joins import contradictions
from .markdown import block_hash, parse
from .names import claim_id, parse_names
from .nouns import Claim, Source
from .pattern import pattern
from .vault import read_optional, unreadable
from .wiki import Page, Wiki

_TOKEN = pattern(r"(?<![0-9a-z])[0-9a-v]{8}[b-z]?(?![0-9a-z])")


def readable(wiki: Wiki) -> tuple[Wiki, tuple[str, ...]]:
    """The wiki with moved raw files followed, and what to say of these and of names.txt.

    Raises ConflictError when a page that karpwiki wrote cannot be read: its claims would be taken for gone.
    """
    if broken := unreadable(wiki):
        told = "; ".join(f"{path}{' ' if why.startswith('has ') else ': '}{why}" for path, why in broken[:5])
        them = "it" if len(broken) == 1 else "them"
        raise ConflictError(f"{told}. Mend {them}, or move {them} out of wiki/, first; nothing was written.")
    wiki, moved = follow(wiki)
    said = [f"raw/{old} is now raw/{new}: followed." for old, new in moved.items()]
    decisions, bad = parse_names(read_optional(wiki.root / "names.txt"))
    said += [f"names.txt line {n} is no decision and has no effect: {text}" for n, text in bad]
    said += [f"names.txt lines {a.line} and {b.line} contradict: neither acts." for a, b in contradictions(decisions)]
    return wiki, tuple(said)


def follow(wiki: Wiki) -> tuple[Wiki, dict[str, str]]:
    """The wiki with moved raw files under their new paths, and former path → new path of each (relative to raw/).

    A file has moved when a source's raw file is gone and one that no source has holds the same bytes.
    """
    members = {m.path: m.sha256 for s in wiki.sources.values() for m in s.members}
    gone = {sha: path for path, sha in members.items() if path not in wiki.raw}
    if not gone or not wiki.raw:
        return wiki, {}
    fresh = [path for path in sorted(wiki.raw) if path not in members]
    hashes = {sha256(wiki.raw[path].absolute.read_bytes()): path for path in reversed(fresh)}
    moved = {old: hashes[sha] for sha, old in sorted(gone.items(), key=lambda item: item[1]) if sha in hashes}
    if not moved:
        return wiki, {}
    sources, ids = {}, dict[str, str]()
    for path, source in wiki.sources.items():
        sources[path] = _source(source, moved, ids)
    pages = {path: _page(page, moved, ids) for path, page in wiki.pages.items()}
    stale = frozenset(path for path, page in pages.items() if page is not wiki.pages[path])
    return replace(wiki, pages=pages, sources=sources, stale=wiki.stale | stale, moved=moved), moved


def _source(source: Source, moved: Mapping[str, str], ids: dict[str, str]) -> Source:
    """A source under its new path; `ids` gets former id → new id of its claims."""
    if not any(m.path in moved for m in source.members):
        return source
    if source.parts:
        return bundled(source.bundle, [_source(p, moved, ids) for p in source.parts], source.period)
    members = tuple(replace(m, path=moved.get(m.path, m.path)) for m in source.members)
    claims: list[Claim] = []
    taken: set[str] = set()
    for claim in source.claims:
        if claim.quote.path in moved:
            path = moved[claim.quote.path]
            ids[claim.id] = claim_id(path, claim.quote.text, taken)
            claim = replace(claim, id=ids[claim.id], quote=replace(claim.quote, path=path))
        claims.append(claim)
        taken.add(claim.id)
    return replace(source, members=members, claims=tuple(claims))


def _page(page: Page, moved: Mapping[str, str], ids: Mapping[str, str]) -> Page:
    """A page with the ids changed in its text, its footnotes and its state."""
    if page.state is None or ids.keys().isdisjoint(_TOKEN.findall(page.text)):
        return page
    text = _TOKEN.sub(lambda m: ids.get(m.group(), m.group()), page.text)
    for old, new in moved.items():
        text = text.replace(f"`{old}:", f"`{new}:")
    made = parse(page.path, text)
    if made.state is None or len(made.blocks) != len(page.blocks):
        return page
    pairs = zip(page.blocks, made.blocks, strict=True)
    known = {block_hash(old.text): block_hash(new.text) for old, new in pairs if is_ours(page, old)}
    blocks = {known.get(name, name): cites for name, cites in made.state.blocks.items()}
    return replace(made, state=replace(made.state, blocks=blocks), notes=page.notes)
