"""The forms that a model fills in, and the typed inputs that a prompt is rendered from.

A form is flat: every field is required, nothing is optional, a union, a map or recursive, since structured output
refuses those. Code owns everything that is not here: paths, links, frontmatter, dates of pages, index and log.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    @cache
    def json_schema(cls) -> dict[str, Any]:
        """Its JSON schema, made once: that takes longer than reading a short source."""
        return cls.model_json_schema()


# digest: one part of one source


class FormFigure(Form):
    attribute: str
    value: str
    unit: str


class FormClaim(Form):
    quote: str
    text: str
    subjects: list[str]
    key: bool
    as_of: str
    voice: Literal["asserted", "hedged", "quoted"]
    said_by: str
    basis: Literal["", "primary", "secondary", "inferred"]
    figures: list[FormFigure]


class FormName(Form):
    name: str
    kind: str
    gloss: str
    latin: str
    also: list[str]


class DigestForm(Form):
    title: str
    title_latin: str
    author: str
    date: str
    language: str
    credibility: Literal["primary", "secondary", "inferred"]
    tags: list[str]
    claims: list[FormClaim]
    names: list[FormName]


# page: one page from its claims


class FormStatement(Form):
    keep: int
    words: list[str]
    claims: list[str]


class FormBlock(Form):
    shape: Literal["prose", "list", "steps", "timeline", "table", "quotation", "excerpt"]
    columns: list[str]
    statements: list[FormStatement]


class FormSection(Form):
    heading: str
    blocks: list[FormBlock]


class FormTension(Form):
    topic: str
    first: str
    second: str


class FormLeftOut(Form):
    claim: str
    reason: Literal["duplicate", "trivial", "off-subject", "no-room"]


class PageForm(Form):
    lead: list[FormStatement]
    sections: list[FormSection]
    tensions: list[FormTension]
    reading: list[FormStatement]
    left_out: list[FormLeftOut]


# overview: the front page


class FormCentral(Form):
    heading: str
    statements: list[FormStatement]


class FormQuestion(Form):
    text: str
    pages: list[int]


class FormPath(Form):
    theme: str
    why: str
    pages: list[int]


class OverviewForm(Form):
    scope: list[FormStatement]
    central: list[FormCentral]
    questions: list[FormQuestion]
    start: list[FormPath]


# same: do two names stand for one thing?


class FormVerdict(Form):
    pair: int
    reason: str
    answer: Literal["same", "different"]


class SameForm(Form):
    verdicts: list[FormVerdict]


# ping: is anybody there?


class PingForm(Form):
    answer: str


# The typed inputs. All are hashable and print the same bytes for the same content: they key recorded answers.


@dataclass(frozen=True, slots=True)
class DigestInput:
    path: str
    """Relative to raw/."""
    text: str
    """The part of the source, as Markdown, LF, without frontmatter."""
    part: int
    """From 1."""
    parts: int
    kinds: tuple[str, ...]
    """Page kinds a name may have, in their order."""


@dataclass(frozen=True, slots=True)
class PageClaim:
    """A claim as the page's prompt shows it."""

    label: str
    """`c1`, `c2` …: what the form cites."""
    id: str
    text: str
    quote: str
    source: str
    """Title of its source."""
    date: str
    credibility: str
    voice: str
    said_by: str
    as_of: str
    heading: str
    """The source's own heading that it stands under."""
    others: tuple[str, ...]
    """Its other subjects."""
    key: bool
    new: bool


@dataclass(frozen=True, slots=True)
class OldStatement:
    number: int
    section: str
    words: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageInput:
    title: str
    kind: str
    gloss: str
    aliases: tuple[str, ...]
    language: str
    budget: int
    """Characters of words at most."""
    claims: tuple[PageClaim, ...]
    old: tuple[OldStatement, ...]


@dataclass(frozen=True, slots=True)
class OverviewPage:
    number: int
    title: str
    kind: str
    inbound: int
    sources: int
    summary: str


@dataclass(frozen=True, slots=True)
class OverviewClaim:
    label: str
    id: str
    pages: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class OverviewInput:
    name: str
    language: str
    sources: int
    claims_total: int
    pages_total: int
    dates: str
    """`first – last` date of the sources, or ''."""
    pages: tuple[OverviewPage, ...]
    claims: tuple[OverviewClaim, ...]
    tensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SameSide:
    """One of two names, with a little of what is known of it."""

    name: str
    kind: str
    gloss: str
    also: tuple[str, ...]
    claims: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SamePair:
    number: int
    first: SameSide
    second: SameSide


@dataclass(frozen=True, slots=True)
class SameInput:
    pairs: tuple[SamePair, ...]


@dataclass(frozen=True, slots=True)
class SupportInput:
    title: str
    """Of the source that all of the claims are from."""
    claims: tuple[PageClaim, ...]


@dataclass(frozen=True, slots=True)
class ReviewInput:
    title: str
    kind: str
    gloss: str
    claims: tuple[PageClaim, ...]


Inputs = DigestInput | PageInput | OverviewInput | SameInput | SupportInput | ReviewInput
