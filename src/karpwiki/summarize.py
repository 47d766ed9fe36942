"""Text → Source: a model reads each source alone; every claim that is kept has its quote located and its numbers found.

A digest is a function of the source and the recipe: it sees nothing of the wiki, so that the order of ingests does
not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .bundle import MAX_NAME, join_names
from .errors import ModelError, Refused, TooLong
from .extract import Part, Text, parts
from .forms import DigestForm, DigestInput, FormClaim, FormName
from .ground import MAX_HAN, MAX_WORDS, Place, is_date, locate, missing_numbers, too_long
from .llm import Answer, Limits, Model, Progress, Request, ask
from .names import claim_id, key, slug
from .nouns import Claim, Figure, Member, Quote, Source
from .plain import Passage, Plain, fold
from .prompts import mend, request
from .settings import Settings

MAX_TEXT, MAX_SUBJECTS = 600, 3
_CREDIBILITY = {"一手": "primary", "二手": "secondary", "推测": "inferred"}


@dataclass(frozen=True, slots=True)
class Dropped:
    """A claim that was not published, and why."""

    path: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one raw file: a Source (without claims when it has a status), or why it is still pending."""

    path: str
    source: Source | None
    dropped: tuple[Dropped, ...] = ()
    error: ModelError | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    claim: FormClaim
    place: Place


def digest_requests(root: Path, settings: Settings, text: Text) -> list[Request]:
    """The requests that read a text: one for each of its parts."""
    made = parts(text, settings.part_chars)
    return [
        request(root, settings, DigestInput(text.path, part.text, n, len(made), settings.subject_kinds))
        for n, part in enumerate(made, 1)
    ]


def summarize(
    root: Path, settings: Settings, model: Model, texts: Sequence[Text], day: str, progress: Progress
) -> list[Outcome]:
    """One Outcome for each text, in order; claims that do not stand are asked again once. `day`: of this ingest."""
    limits = Limits(settings.jobs, settings.call_seconds, settings.run_seconds)
    asked = [digest_requests(root, settings, text) for text in texts]
    answers = iter(ask(root, model, [r for requests in asked for r in requests], limits, progress))
    read = [
        _Reading(text, settings, requests, [next(answers) for _ in requests])
        for text, requests in zip(texts, asked, strict=True)
    ]
    again = [(reading, n) for reading in read for n in reading.weak()]
    requests = [mend(root, settings, reading.requests[n], reading.problems(n)) for reading, n in again]
    for (reading, n), answer in zip(again, ask(root, model, requests, limits, progress), strict=True):
        if isinstance(answer.result, DigestForm):
            reading.add(n, answer.result)
    return [reading.outcome(day) for reading in read]


class _Reading:
    """One text on its way to a Source: what stands, and what does not yet."""

    def __init__(self, text: Text, settings: Settings, requests: list[Request], answers: list[Answer]) -> None:
        self.text, self.settings, self.requests = text, settings, requests
        self.parts: tuple[Part, ...] = parts(text, settings.part_chars)
        self.error = next((a.result for a in answers if isinstance(a.result, ModelError)), None)
        self.forms = [a.result for a in answers if isinstance(a.result, DigestForm)]
        self.by = "/".join((answers[0].model, requests[0].recipe)) if answers else ""
        self.names: list[FormName] = [name for form in self.forms for name in form.names]
        self.found: list[_Found] = []
        self.failed: list[list[tuple[FormClaim, str]]] = [[] for _ in self.parts]
        for n, form in enumerate(self.forms if not self.error else []):
            self._take(n, form.claims)

    def _take(self, n: int, claims: Iterable[FormClaim]) -> None:
        source, after = self.text.plain, self._start(n)
        for claim in claims:
            place = locate(source, claim.quote, after)
            reason = _reason(claim, place, source, [x.name for x in self.names])
            if place is None or reason:
                self.failed[n].append((claim, reason))
            else:
                self.found.append(_Found(claim, place))
                after = place.offset

    def _start(self, n: int) -> int:
        first = self.parts[n].span.first
        plain = self.text.plain
        return next((at for p, at in zip(plain.passages, plain.starts, strict=True) if p.span.first >= first), 0)

    def weak(self) -> list[int]:
        return [n for n, failed in enumerate(self.failed) if failed]

    def problems(self, n: int) -> list[str]:
        return [f"- {reason} Claim: {claim.text} Quote: “{claim.quote}”" for claim, reason in self.failed[n]]

    def add(self, n: int, form: DigestForm) -> None:
        """Take a mended answer: what stands now joins, the rest is dropped."""
        failed, self.failed[n] = self.failed[n], []
        self.names += form.names
        self._take(n, form.claims)
        mended = {fold(f.claim.quote) for f in self.found} | {fold(f.claim.text) for f in self.found}
        again = {fold(claim.text) for claim, _ in self.failed[n]}
        self.failed[n] += [
            (c, r) for c, r in failed if not {fold(c.text), fold(c.quote)} & mended and fold(c.text) not in again
        ]

    def outcome(self, day: str) -> Outcome:
        dropped = tuple(Dropped(self.text.path, c.text, reason) for failed in self.failed for c, reason in failed)
        if isinstance(self.error, Refused):
            return Outcome(self.text.path, self._source(day, f"refused ({fold(self.error.category)[:40]})"))
        if isinstance(self.error, TooLong):
            return Outcome(self.text.path, self._source(day, "too-long"))
        if self.error:
            return Outcome(self.text.path, None, error=self.error)
        return Outcome(self.text.path, self._source(day, "" if self.parts else "empty"), dropped)

    def _source(self, day: str, status: str) -> Source:
        form, own = (self.forms[0] if self.forms else None), self.text.meta
        title = (
            _own(own, "title") or (form.title if form else "") or self.text.path.rpartition("/")[2].rpartition(".")[0]
        )
        claims = () if status else tuple(self._claims())
        names = join_names(self.names, claims, self.settings.subject_kinds)
        given = _own(own, "credibility") or (form.credibility if form else "")
        stated = _own(own, "date", "published", "created") or (form.date if form else "")
        latin = form.title_latin if form and not slug(title).isascii() else ""
        return Source(
            members=(Member(self.text.path, self.text.sha256),),
            title=fold(title)[:300],
            created=day,
            updated=day,
            title_latin=fold(latin)[:MAX_NAME],
            date=stated if is_date(stated) else "",
            author=fold(_own(own, "author", "speaker") or (form.author if form else ""))[:MAX_NAME],
            language=(form.language if form else "en").strip().lower()[:2] or "en",
            credibility=_CREDIBILITY.get(given, given)
            if _CREDIBILITY.get(given, given) in _CREDIBILITY.values()
            else "secondary",
            tags=tuple(dict.fromkeys(t for t in (slug(t) for f in self.forms for t in f.tags) if t))[:5],
            coverage=coverage(self.text.plain, claims),
            status=status,
            claims=claims,
            names=names,
            by=self.by,
        )

    def _claims(self) -> Iterable[Claim]:
        """The claims in the order of their quotes, with ids and headings."""
        title = next((p.text for p in self.text.plain.passages if p.kind == "heading" and p.level == 1), "")
        taken: list[str] = []
        seen: set[tuple[str, str]] = set()
        heading = ""
        for f in sorted(self.found, key=lambda f: f.place.offset):
            text = fold(f.claim.text)
            if (text, f.place.text) in seen:
                continue
            seen.add((text, f.place.text))
            path = f.place.passage.heading
            own = path[-1] if path else ""
            heading = own if own != title or heading else ""
            new = self._claim(f, text, heading, taken)
            taken.append(new.id)
            yield new

    def _claim(self, f: _Found, text: str, heading: str, taken: list[str]) -> Claim:
        form, quote = f.claim, f.place
        said_by = fold(form.said_by)[:MAX_NAME] if form.voice == "quoted" else ""
        return Claim(
            id=claim_id(self.text.path, quote.text, taken),
            text=text,
            quote=Quote(self.text.path, quote.line, quote.text),
            subjects=_subjects(form.subjects),
            heading=heading,
            key=form.key,
            as_of=_as_of(form.as_of, quote, self.text),
            voice=form.voice,
            said_by=said_by,
            basis=form.basis,
            figures=tuple(
                Figure(fold(g.attribute).replace(" = ", ": ")[:MAX_NAME], fold(g.value)[:60], fold(g.unit)[:60])
                for g in form.figures
                if g.attribute.strip() and g.value.strip() and not missing_numbers(g.value, [quote.text])
            ),
        )


def _reason(claim: FormClaim, place: Place | None, source: Plain, names: list[str]) -> str:
    """Why a claim cannot be published, as a sentence for the model and the user; '' when it can."""
    if place is None:
        return "The quote does not stand in the source."
    if not fold(claim.text) or len(claim.text) > MAX_TEXT:
        return "The text is empty or longer than 600 characters."
    if not _subjects(claim.subjects):
        return "It has no subject."
    if too_long(place.text):
        return f"The quote is too long: at most {MAX_WORDS} words or {MAX_HAN} Chinese characters."
    evidence = [place.text, place.passage.lead_in, *place.passage.heading, claim.said_by]
    if lost := missing_numbers(claim.text, evidence, [*names, *claim.subjects]):
        return f"The quote does not hold these numbers of the text: {', '.join(lost)}."
    return ""


def _subjects(names: Iterable[str]) -> tuple[str, ...]:
    by_key = {key(n): fold(n) for n in reversed([n for n in names if fold(n) and len(n) <= MAX_NAME])}
    return tuple(dict.fromkeys(by_key[key(n)] for n in names if key(n) in by_key))[:MAX_SUBJECTS]


def _as_of(text: str, place: Place, source: Text) -> str:
    """The date if its numbers stand by the quote or in the source's own date; a bad one is blanked, the claim stays."""
    near = [place.passage.text, place.passage.lead_in, *place.passage.heading, _own(source.meta, "date", "published")]
    return text if is_date(text) and not missing_numbers(text.replace("-", " "), near) else ""


def _own(meta: Mapping[str, Any], *words: str) -> str:
    return next((fold(meta[w]) for w in words if isinstance(meta.get(w), str) and fold(meta[w])), "")


def coverage(source: Plain, claims: Iterable[Claim]) -> float:
    """The share of a source's paragraphs, items and rows of some length in which a claim's quote stands."""
    lines = {c.quote.line for c in claims}

    def counts(p: Passage) -> bool:
        # What gives an address is a reference or a link list, not a statement.
        return p.kind in ("paragraph", "item", "row") and len(p.text.encode()) >= 40 and "://" not in p.text

    body = [p for p in source.passages if counts(p)]
    covered = sum(any(p.span.first <= line <= p.span.last for line in lines) for p in body)
    return covered / len(body) if body else float(bool(lines))
