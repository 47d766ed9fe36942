"""Pages by hand in our words: their keys, their kinds and their names, as a Dialect says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .dialect import KINDS, LISTS, OURS, Dialect
from .habits import ballot, folder_of, is_by_hand, names_raw
from .pattern import pattern
from .wiki import Ballot, Page

KNOWN = {word: kind for kind, (words, _) in KINDS.items() for word in words}
"""Other word for a kind → ours."""
_FOLDERS = {word: kind for kind, (_, words) in KINDS.items() for word in words}
_CAMEL = pattern(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def read_as(page: Page, dialect: Dialect) -> Page:
    """A page by hand with the frontmatter that it would have in our words; how it spells them stays with it."""
    if dialect.keys.keys().isdisjoint(page.meta) and _in_ours(page.kind, dialect) == page.kind:
        return page  # it says all in our words
    if page.problem or not is_by_hand(page):
        return page
    keys = _keys(tuple(page.meta), dialect)
    spelled = {ours: theirs for ours, theirs in keys.items() if ours != theirs}
    meta: dict[str, Any] = {ours: page.meta[theirs] for ours, theirs in keys.items()}
    for ours in spelled.keys() & set(LISTS):
        if isinstance(meta[ours], str) and meta[ours]:
            meta[ours] = [meta[ours]]
    if isinstance(kind := meta.get("type"), str):
        meta["type"] = _in_ours(kind, dialect)
    return page.spelled_as(meta, spelled) if meta != page.meta else page


def _keys(theirs: tuple[str, ...], dialect: Dialect) -> dict[str, str]:
    """Keys in our words → as they are spelled; one of ours that is there, and the first of several, stands for it."""
    made: dict[str, str] = {}
    for name in theirs:
        ours = dialect.keys.get(name, name)
        made[name if ours in theirs or ours in made else ours] = name
    return made


def _in_ours(kind: str, dialect: Dialect) -> str:
    return kind if kind in dialect.types else KNOWN.get(kind.casefold(), kind)


def keys_of(said: Ballot, dialect: Dialect) -> Mapping[str, str]:
    """The keys of a page in our words → as it spells them."""
    return _keys(said.keys, dialect) if said.readable else dict(zip(said.keys, said.keys, strict=True))


def kind_said(said: Ballot, dialect: Dialect) -> str:
    """The kind of a page in our words: by its type, else by its folder, else ''."""
    kind = dict(said.types).get(keys_of(said, dialect).get("type", ""), "")
    return (_in_ours(kind, dialect) if said.readable else kind) or kind_in(said.folder, dialect)


def is_of_source(said: Ballot, dialect: Dialect) -> bool:
    """Whether a page is about a source that it names."""
    names = said.mentions or keys_of(said, dialect).get("sources") in said.naming
    return names and kind_said(said, dialect) == "source-summary"


def kind_of(page: Page, dialect: Dialect) -> str:
    """The kind of a page by hand: by its type, else by its folder, else ''."""
    return page.kind or kind_in(folder_of(page.path), dialect)


def kind_in(folder: str, dialect: Dialect = OURS) -> str:
    """The kind of the pages that stand in a folder below wiki/, by what it is called; ''."""
    named = next((kind for kind, there in dialect.folders.items() if there and there == folder), "")
    return named or _FOLDERS.get(folder.rpartition("/")[2].casefold(), "")


def names_of(page: Page, dialect: Dialect) -> tuple[str, ...]:
    """What a page by hand is called by its file: its stem, in words."""
    return (_CAMEL.sub(" ", page.stem),) if dialect.of("names") == "title" else (page.stem,)


def read_by_hand(pages: Iterable[Page], raw: Mapping[str, object], dialect: Dialect) -> frozenset[str]:
    """The raw files that pages by hand are made of: that pages of sources name; without such pages, that any names."""
    if dialect.of("raw") != "by-hand":
        return frozenset()
    named = [(p, [*_raw_named(p, said)]) for p in pages if (said := ballot(p))]
    of_sources = [names for p, names in named if any(names) and kind_of(p, dialect) == "source-summary"]
    return frozenset(path for names in of_sources or (n for _, n in named) for path in names if path in raw)


def _raw_named(page: Page, said: Ballot) -> Iterable[str]:
    yield from names_raw(page.meta.get("sources"))
    for found in page.mentioned if said.mentions else ():
        yield found.strip()
        yield "".join(found.split()[:1]).rstrip(".,;，。")
