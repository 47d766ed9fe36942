"""What the program talks about, as frozen data. Verbs live in the files below this one.

Paths are POSIX strings: of raw files relative to `raw/`, of everything else relative to the vault's root.
Texts are `str` with LF line ends; lines count from 1 as on disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Voice = Literal["asserted", "hedged", "quoted"]
Basis = Literal["", "primary", "secondary", "inferred"]


@dataclass(frozen=True, slots=True)
class Span:
    """A line range in a raw file, both ends included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that occur verbatim in the plain text of a raw file."""

    path: str
    line: int
    """The line of the raw file on which the quote begins."""
    text: str
    """Folded: NFC, runs of white space as one space."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What a claim measures: the same attribute with another value is a tension."""

    attribute: str
    value: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence that a Source holds, with its Quote and what it is about."""

    id: str
    """Hash of the quote's raw path and folded words; also the footnote label."""
    text: str
    quote: Quote
    subjects: tuple[str, ...]
    """Names as the source uses them; the one whose page should carry the claim first."""
    heading: str = ""
    """The source's own heading that it stands under."""
    key: bool = False
    as_of: str = ""
    voice: Voice = "asserted"
    said_by: str = ""
    basis: Basis = ""
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class Name:
    """How one source names a Subject."""

    name: str
    kind: str
    gloss: str = ""
    latin: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """One raw file of a Source: most have one, a bundle has many."""

    path: str
    sha256: str
    """The first 16 hex digits of the hash of its bytes."""


@dataclass(frozen=True, slots=True)
class Source:
    """One raw file, or one bundle of them, with all that was read out of it: the object file of the compiler."""

    members: tuple[Member, ...]
    title: str
    created: str
    """The day of its first ingest, `YYYY-MM-DD`."""
    title_latin: str = ""
    updated: str = ""
    date: str = ""
    author: str = ""
    language: str = "en"
    credibility: str = "secondary"
    tags: tuple[str, ...] = ()
    coverage: float = 1.0
    """Share of the paragraphs that have a claim."""
    status: str = ""
    """Empty, or why it has no claims: `refused (category)`, `too-long`, `empty`."""
    bundle: str = ""
    period: str = ""
    """Of a large bundle: the year or month of the members that stand here."""
    claims: tuple[Claim, ...] = ()
    names: tuple[Name, ...] = ()
    by: str = ""
    """Model and recipe that read it."""
    parts: tuple[Source, ...] = ()
    """Of a bundle: the digests of its members, one file each. All else that it holds follows from them."""

    @property
    def key(self) -> str:
        """What it is known by whatever its title: the bundle's name and period, or its raw path."""
        return ":".join(filter(None, ("bundle", self.bundle, self.period))) if self.bundle else self.members[0].path

    def part_of(self, claim: Claim) -> Source:
        """The digest that a claim comes from: the source itself, or that of a bundle's member."""
        return next((p for p in self.parts if p.key == claim.quote.path), self)

    def date_of(self, claim: Claim) -> str:
        """The day a claim was made: that of its source, or of the bundle's member."""
        return self.part_of(claim).date


@dataclass(frozen=True, slots=True)
class Subject:
    """What claims are about: a set of names resolved to one page, or to bold text."""

    names: tuple[str, ...]
    title: str
    kind: str
    slug: str
    gloss: str = ""
    claims: tuple[str, ...] = ()
    """Ids of the claims that have their home here (page), or that name it first (no page)."""
    has_page: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence or two, or the cells of a row, with the claims that carry every part of it."""

    words: tuple[str, ...]
    claims: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tension:
    """Two claims that do not agree, kept side by side."""

    topic: str
    first: str
    second: str
    status: str = "open"

    @property
    def pair(self) -> frozenset[str]:
        return frozenset((self.first, self.second))


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of names.txt."""

    name: str
    relation: Literal["=", "!=", "?", "kind", "path", "title"]
    value: str
    by: Literal["model", "person", "page"]
    """`page`: no line, but what a page by hand says by being there."""
    line: int = 0
