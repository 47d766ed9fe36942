"""What the program talks about, as frozen data. Verbs live in the files below this one.

Paths are POSIX strings: of raw files relative to `raw/`, of everything else relative to the vault's root.
Texts are `str` with LF line ends; lines count from 1 as on disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

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
    claims: tuple[Claim, ...] = ()
    names: tuple[Name, ...] = ()
    by: str = ""
    """Model and recipe that read it."""

    @property
    def key(self) -> str:
        """What it is known by whatever its title: the bundle's name, or its raw path."""
        return f"bundle:{self.bundle}" if self.bundle else self.members[0].path

    def date_of(self, claim: Claim) -> str:
        """The day a claim was made: that of its source, or of the bundle's member that its heading names."""
        return claim.heading[:10] if self.bundle and claim.heading[4:5] == "-" else self.date


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
class Link:
    """A link as written on a page."""

    target: str
    """Page name or path as written, without its heading."""
    anchor: str
    """The heading after `#`, or ''."""
    label: str
    line: int
    form: Literal["wiki", "markdown"]
    embed: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, heading, list item, table, callout or fence of a page, as it stands."""

    kind: str
    """heading, paragraph, item, table, quote, fence, html or rule."""
    text: str
    line: int = 0
    level: int = 0
    """Of a heading: 1 to 6."""
    cites: tuple[str, ...] = ()
    """Claim ids cited in it, in order."""


@dataclass(frozen=True, slots=True)
class Footnote:
    """`[^label]: words` of a page."""

    label: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class State:
    """What a page was built from and by, kept in its closing comment."""

    origin: str = ""
    """Hash of the claims that it was made from."""
    by: str = ""
    """`model/recipe`."""
    blocks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Hash of each block that karpwiki wrote → claim ids that it cites."""
    meta: Mapping[str, str] = field(default_factory=dict)
    """Frontmatter key → hash of the value that karpwiki wrote."""
    left: tuple[str, ...] = ()
    """Claim ids that the model left out; they are offered again when the page is made anew."""
    deleted: tuple[str, ...] = ()
    """Claim ids whose statement a person deleted; they are not offered again."""
    at: str = ""
    """The path that karpwiki wrote the page to: another one on disk means that a person moved it."""
    unpolished: bool = False
    """Claims were added by code since no usable answer could be had."""


@dataclass(frozen=True, slots=True)
class Page:
    """One wiki file, parsed."""

    path: str
    text: str
    meta: Mapping[str, Any] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    footnotes: tuple[Footnote, ...] = ()
    links: tuple[Link, ...] = ()
    state: State | None = None
    notes: str = ""
    """From `## Notes` to the end of the file, byte for byte; a person's."""
    problem: str = ""
    """Why the frontmatter cannot be read, or ''."""
    problem_line: int = 1

    @property
    def stem(self) -> str:
        return self.path.rsplit("/", 1)[-1].removesuffix(".md")

    @property
    def kind(self) -> str:
        value = self.meta.get("type", "")
        return value if isinstance(value, str) else ""

    @property
    def title(self) -> str:
        value = self.meta.get("title", "")
        return value if isinstance(value, str) and value else self.stem


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of names.txt."""

    name: str
    relation: Literal["=", "!=", "kind", "path", "title"]
    value: str
    by: Literal["model", "person"]
    line: int = 0


@dataclass(frozen=True, slots=True)
class RawFile:
    """A regular file below `raw/`: read when asked for, never written."""

    path: str
    absolute: Path
    size: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """The two sides that git left in a file."""

    lines: tuple[int, ...]
    """Where its marks are on disk."""
    problem: str = ""
    """Why the two sides cannot be read as one; '': they are, and a compile makes the page from both."""


@dataclass(frozen=True, slots=True)
class Wiki:
    """An immutable snapshot of a vault: what is on disk, parsed once."""

    root: Path
    pages: Mapping[str, Page] = field(default_factory=dict)
    """Every Markdown file under wiki/ by path."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    """Source pages read back, by the path of their page."""
    raw: Mapping[str, RawFile] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()
    ignored: tuple[str, ...] = ()
    """Raw paths that .karpignore matches."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    """sha256 of each text file read, by path: what edits are checked against."""
    other: tuple[str, ...] = ()
    """Files under wiki/ that are not Markdown, for links to attachments."""
    unread: Mapping[str, str] = field(default_factory=dict)
    """Wiki files that could not be read, and why."""
    stale: frozenset[str] = frozenset()
    """Pages whose text here is not what is on disk: a raw file moved, or two sides of a conflict are read as one."""
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)
    """Files that git left in two sides, by path."""
