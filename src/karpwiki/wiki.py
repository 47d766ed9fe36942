"""Pages as they are parsed, and the snapshot of a vault that all verbs read.

Paths are POSIX strings, relative to the vault's root; texts are `str` with LF line ends; lines count from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

from .dialect import OURS, Dialect
from .nouns import Decision, Source
from .pattern import pattern

REFUSED = "refused"
START = "<!-- karpwiki writes from here -->"
"""On a catalogue (index.md, tensions.md) a person writes above it, code below it."""
INDEX, OVERVIEW, TENSIONS, LOG = "wiki/index.md", "wiki/overview.md", "wiki/tensions.md", "wiki/log.md"
MAX_LINES = 150_000
"""Lines with words in them of a file that is read as Markdown: what stands on them takes a kilobyte each in memory."""


def too_many_lines(text: str) -> bool:
    """Whether a file is not to be read as Markdown, since it has too many lines."""
    if len(text) <= MAX_LINES:
        return False
    ends = text.count("\n") + text.count("\r")
    return ends > MAX_LINES and sum(not line.isspace() for line in text.splitlines()) > MAX_LINES


Form = Literal["wiki", "markdown"]


class Link(NamedTuple):  # as it takes a quarter of the time to make, and a large vault has a hundred thousand
    """A link as written on a page."""

    target: str
    """Page name or path as written, without its heading."""
    anchor: str
    """The heading after `#`, or ''."""
    label: str
    line: int
    form: Form
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


class Footnote(NamedTuple):
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
    unpolished: str = ""
    """Claims were added by code since no usable answer could be had: `yes`, or `refused MODEL`, which is final."""
    mended: tuple[str, ...] = ()
    """On a source page: claims whose words a person changed; they outlive a new reading of the source."""

    @property
    def model(self) -> str:
        """What phrased the page: a model's name, `code`, or ''."""
        return self.by.partition("/")[0]

    def asks_again(self, model: str) -> bool:
        """Whether a page that is unpolished is to be asked for again: not of the model that refused it."""
        return bool(self.unpolished) and self.unpolished != f"{REFUSED} {model}"

    @property
    def is_better(self) -> bool:
        """Whether a model phrased the page, and not the embedded one: that one does not take its place."""
        return self.model not in ("", "code", "excerpt")


class Ballot(NamedTuple):
    """What one page by hand says of how its vault is written: most pages of a vault say the same."""

    folder: str
    titled: bool
    """Its file is called as `AsWeMayThink`."""
    fenced: bool
    """It begins as frontmatter does."""
    readable: bool
    """It has frontmatter, and that can be read."""
    keys: tuple[str, ...]
    types: tuple[tuple[str, str], ...]
    """Those of these keys that may say what the page is, and what they say."""
    naming: tuple[str, ...]
    """Those of these keys that may name sources, and name one."""
    forms: tuple[str, ...]
    """How its first links are written: see Page.forms."""
    citations: str
    """How it says where its words come from: inline, footnotes, claims, lines or ''."""
    led: bool
    """It has a paragraph or an item, by whose beginning its language is told."""
    mentions: bool
    """Its text names something below raw/."""


_SCHEME = pattern(r"[A-Za-z][\w+.-]*:|//")
_RAW = pattern(r"raw/(?<![\w/]raw/)([^\]\[|)>\"'`#\n^]+)")
FIRST_LINKS = 8
"""Links of a page that are looked at for how they are written."""
# A pattern that begins with its mark, and looks behind it only then, is found in a tenth of the time.
CITE = pattern(r"\[\^(?<!\\\[\^)([0-9A-Za-z_-]{1,64})\](?!:)")


def _form_of(link: Link) -> str:
    target = link.target
    if link.embed or not target or target.startswith("raw/"):
        return ""
    if link.form == "wiki":
        return "path" if "/" in target else "wiki"
    return "" if "raw/" in target or _SCHEME.match(target) else "relative"


@dataclass(frozen=True)
class Page:
    """One wiki file, parsed; its blocks when they are first asked for, since few readers of a large vault do."""

    path: str
    text: str
    meta: Mapping[str, Any] = field(default_factory=dict)
    footnotes: tuple[Footnote, ...] = ()
    links: tuple[Link, ...] = ()
    state: State | None = None
    notes: str = ""
    """From `## Notes` to the end of the file, byte for byte; a person's."""
    problem: str = ""
    """Why the frontmatter cannot be read, or ''."""
    problem_line: int = 1
    spelled: Mapping[str, str] = field(default_factory=dict)
    """Keys of `meta` that a page by hand spells otherwise → how."""
    cut: Callable[[str], tuple[Block, ...]] = field(default=lambda text: (), compare=False, repr=False)
    """What makes the blocks of its text."""
    traces: frozenset[str] | None = field(default=None, compare=False, repr=False)
    """The rules that have something to look at in its text, where that is known."""
    ballot: Ballot | None = field(default=None, compare=False, repr=False)
    """How a person wrote it, where that is known."""
    lead: str = field(default="", compare=False, repr=False)
    """The beginning of its first paragraph or item."""

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """How its first links in the vault are written: `wiki`, `path` (a wiki link by a path) or `relative`."""
        return tuple(filter(None, map(_form_of, self.links[:FIRST_LINKS])))

    @cached_property
    def cited(self) -> tuple[str, ...]:
        """The labels in its text that stand as a footnote's do, in code too."""
        return tuple(CITE.findall(self.text)) if "[^" in self.text else ()

    @property
    def above(self) -> str:
        """Its text without what karpwiki writes on a catalogue."""
        return self.text.partition(START)[0] if "<" in self.text and START in self.text else self.text

    @cached_property
    def mentioned(self) -> tuple[str, ...]:
        """What a person's text names below raw/, as written."""
        return tuple(_RAW.findall(self.above)) if "raw/" in self.text else ()

    @cached_property
    def aims(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The targets of its wiki links and of its Markdown links, each once."""
        wiki, markdown = (
            dict.fromkeys(x.target for x in self.links if x.form == form) for form in ("wiki", "markdown")
        )
        return tuple(wiki), tuple(markdown)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return self.cut(self.text)

    def with_blocks(self, blocks: tuple[Block, ...]) -> Page:
        """The same page with other blocks."""
        return replace(self, cut=lambda text: blocks)

    def spelled_as(self, meta: Mapping[str, Any], spelled: Mapping[str, str]) -> Page:
        """The same page with its frontmatter in other words; its text need not be read for it."""
        made = object.__new__(type(self))
        vars(made).update(vars(self), meta=meta, spelled=spelled)
        vars(made).pop("kind", None)  # what was read of the frontmatter as it was
        return made

    @property
    def stem(self) -> str:
        return self.path.rsplit("/", 1)[-1].removesuffix(".md")

    @cached_property
    def kind(self) -> str:
        value = self.meta.get("type", "")
        return value if isinstance(value, str) else ""

    @property
    def title(self) -> str:
        value = self.meta.get("title", "")
        return value if isinstance(value, str) and value else self.heading or self.stem

    @cached_property
    def heading(self) -> str:
        """The words of its heading of the first level, when that comes first; ''."""
        first = self.blocks[0] if self.blocks else None
        return first.text.strip("#*_ ") if first and first.kind == "heading" and first.level == 1 else ""


@dataclass(frozen=True, slots=True)
class RawFile:
    """A regular file below `raw/`: read when asked for, never written."""

    path: str
    place: str
    """Where it is on the disk."""
    size: int

    @property
    def absolute(self) -> Path:
        return Path(self.place)


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
    moved: Mapping[str, str] = field(default_factory=dict)
    """Former path → path of raw files that moved."""
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)
    """Files that git left in two sides, by path."""
    dialect: Dialect = OURS
    """How its pages by hand are written."""
    read: frozenset[str] = frozenset()
    """Raw files that pages by hand are made of."""
    aside: tuple[str, ...] = ()
    """Pages in archives, templates and raw trees below wiki/: they can be linked, and are not read."""
    heirs: Mapping[str, str] = field(default_factory=dict)
    """Page of a bundle that is grouped otherwise now → key of the source that takes over a person's words on it."""
