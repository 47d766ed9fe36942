"""What one page by hand tells of how its vault is written: what detect.py counts."""

from __future__ import annotations

import re
from collections.abc import Collection, Container

from .dialect import KEYS
from .hands import is_guest
from .names import RESERVED
from .pattern import pattern
from .wiki import CITE, START, Ballot, Page

TYPES, SOURCES = (frozenset((ours, *KEYS[ours])) for ours in ("type", "sources"))
"""Keys that may say what a page is, and what it is made from."""
_CATALOGUE = pattern(r"wiki/(?:index(?:-[^/]*)?|tensions)\.md\Z", re.I)
"""Pages that karpwiki writes without a state comment."""
_TITLED = pattern(r"[A-Z][^\s]*[a-z][^\s]*(?:[A-Z -].*)?|[A-Z]\w+")
_CLAIM = pattern(r"[0-9a-v]{8}[b-z]?")
_INLINE = pattern(r"\^\[(?:\[\[)?raw/[^\]\n]+\]")
_BOLD = pattern(
    r"^\*\*(?:Sources?|Raw|References?|来源|资料|出处)\*\*? ?[:：]|^\*\*(?:Sources?|来源)[:：]\*\*", re.M | re.I
)


def is_by_hand(page: Page) -> bool:
    """Whether a person wrote a page, though karpwiki may have added to it."""
    if page.state is not None:
        return is_guest(page)
    return page.ballot is not None or not (_CATALOGUE.match(page.path) and START in page.text)


def serves(path: str) -> bool:
    """Whether a page is about nothing, by its name: an index, a log, a readme."""
    return path.rpartition("/")[2].removesuffix(".md").casefold() in RESERVED


def folder_of(path: str) -> str:
    """The folder of a page below wiki/; '' for wiki/ itself."""
    return path.rpartition("/")[0].removeprefix("wiki").strip("/")


def ballot(page: Page, types: Container[str] = TYPES, sources: Container[str] = SOURCES) -> Ballot | None:
    """What a page says of how its vault is written; None when karpwiki wrote it, or it is about nothing.

    `types`, `sources`: the keys that may say what it is, and what it is made from.
    """
    if page.ballot is not None and (types, sources) == (TYPES, SOURCES):
        return page.ballot
    if serves(page.path) or not is_by_hand(page):
        return None
    return Ballot(
        folder=folder_of(page.path),
        titled=bool(_TITLED.fullmatch(page.stem)),
        fenced=page.text.startswith("---"),
        readable=bool(page.meta) and not page.problem,
        keys=tuple(page.meta),
        types=tuple((name, v) for name, v in page.meta.items() if name in types and isinstance(v, str)),
        naming=tuple(
            name
            for name, v in page.meta.items()
            if name in sources and any(names_raw([v] if name != "sources" and isinstance(v, str) else v))
        ),
        forms=page.forms,
        citations=_citations(page),
        led=bool(page.lead),
        mentions=any(found.strip() for found in page.mentioned),
    )


def names_raw(value: object) -> list[str]:
    """The raw files that a list of sources names; what is no list names none."""
    listed = value if isinstance(value, list) else ()
    return [v.strip("[] ").partition("|")[0].removeprefix("raw/") for v in listed if isinstance(v, str)]


def _citations(page: Page) -> str:
    """How a page by hand says where its words come from."""
    text = page.above
    if "raw/" in text and "^[" in text and _INLINE.search(text):
        return "inline"
    labels: Collection[str] = page.cited if text is page.text else CITE.findall(text)
    if labels:
        return "claims" if all(map(_CLAIM.fullmatch, labels)) else "footnotes"
    return "lines" if "*" in text and _BOLD.search(text) else ""
