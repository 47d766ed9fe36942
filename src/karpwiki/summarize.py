"""Text → Source: a model reads each source alone; every claim that is kept has its quote located and its numbers found.

A digest is a function of the source and the recipe: it sees nothing of the wiki, so that the order of ingests does
not matter.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from .bundle import MAX_NAME, join_names, spelled_alike
from .errors import ModelError, Refused, TooLong
from .extract import Text
from .forms import DigestForm, DigestInput, FormClaim, FormName
from .ground import MAX_HAN, MAX_WORDS, Place, is_date, locate, missing_numbers, too_long
from .inert import value as inert_value
from .llm import Answer, Request, Talk
from .names import claim_id, key, slug
from .nouns import Claim, Figure, Member, Quote, Source
from .parts import Part, halves, parts
from .plain import Passage, Plain, fold
from .prompts import mend, request
from .settings import Settings

MAX_TEXT, MAX_SUBJECTS = 600, 3
EMPTY = "empty"
"""The status of a source in which nothing can be read."""
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
    why: str = ""
    """Of a source with a status: what the model or its server said."""


@dataclass(frozen=True, slots=True)
class _Found:
    claim: FormClaim
    place: Place


def digest_requests(root: Path, settings: Settings, text: Text) -> list[Request]:
    """The requests that read a text: one for each of its parts."""
    return _requests(root, settings, text.path, parts(text, settings.part_chars))


def _requests(root: Path, settings: Settings, path: str, made: Sequence[Part]) -> list[Request]:
    return [
        request(root, settings, DigestInput(path, part.text, n, len(made), settings.subject_kinds))
        for n, part in enumerate(made, 1)
    ]


def digest_recipe(root: Path, settings: Settings) -> str:
    """The recipe of a digest today: with the model's name, what a source page says that it was made by."""
    return request(root, settings, DigestInput("", "", 1, 1, settings.subject_kinds)).recipe


def summarize(root: Path, settings: Settings, text: Text, day: str) -> Talk[Outcome]:
    """Read one text: what became of it. `day`: of this ingest.

    A part that does not fit is asked for once more in two halves; claims that do not stand are asked again once.
    """
    made = list(parts(text, settings.part_chars))
    requests = _requests(root, settings, text.path, made)
    answers = yield requests
    wide = {n: cut for n, a in enumerate(answers) if isinstance(a.result, TooLong) and (cut := halves(text, made[n]))}
    if wide:
        made = [part for n, whole in enumerate(made) for part in wide.get(n, (whole,))]
        again = iter(_requests(root, settings, text.path, made))
        counts = [len(wide.get(n, "1")) for n in range(len(answers))]
        numbered = [[next(again) for _ in range(count)] for count in counts]
        new = iter((yield [r for n, row in enumerate(numbered) if n in wide for r in row]))
        rows = [[next(new) for _ in numbered[n]] if n in wide else [old] for n, old in enumerate(answers)]
        requests = [r for n, row in enumerate(numbered) for r in (row if n in wide else [requests[n]])]
        answers = [answer for row in rows for answer in row]
    reading = _Reading(text, settings, made, requests, answers)
    weak = reading.weak()
    if weak:
        mended = yield [mend(root, settings, requests[n], reading.problems(n)) for n in weak]
        for n, answer in zip(weak, mended, strict=True):
            if isinstance(answer.result, DigestForm):
                reading.add(n, answer.result)
    return reading.outcome(day)


class _Reading:
    """One text on its way to a Source: what stands, and what does not yet."""

    def __init__(
        self, text: Text, settings: Settings, made: Sequence[Part], requests: list[Request], answers: list[Answer]
    ) -> None:
        self.text, self.settings, self.parts, self.requests = text, settings, made, requests
        # What ends a source for good counts more than what another run may mend, whichever part it came from.
        errors = [a.result for a in answers if isinstance(a.result, ModelError)]
        final = [e for e in errors if isinstance(e, Refused)] + [e for e in errors if isinstance(e, TooLong)]
        self.error = next(iter([*final, *errors]), None)
        self.forms = [a.result for a in answers if isinstance(a.result, DigestForm)]
        self.by = "/".join((answers[0].model, requests[0].recipe)) if answers else ""
        self.names: list[list[FormName]] = [[] for _ in made]
        self.found: list[list[_Found]] = [[] for _ in made]
        self.failed: list[list[tuple[FormClaim, str]]] = [[] for _ in made]
        for n, form in enumerate(self.forms if not self.error else []):
            self._take(n, form)

    def _take(self, n: int, form: DigestForm) -> None:
        self.names[n] += form.names
        source, part, after = self.text.plain, self.parts[n] if len(self.parts) > 1 else None, 0
        for claim in form.claims:
            place = locate(source, claim.quote, after, part)
            reason = _reason(claim, place, source, [x.name for x in self.names[n]])
            if place is None or reason:
                self.failed[n].append((claim, reason))
            else:
                self.found[n].append(_Found(claim, place))
                after = place.offset

    def weak(self) -> list[int]:
        return [n for n, failed in enumerate(self.failed) if failed]

    def problems(self, n: int) -> list[str]:
        return [f"- {reason} Claim: {claim.text} Quote: “{claim.quote}”" for claim, reason in self.failed[n]]

    def add(self, n: int, form: DigestForm) -> None:
        """Take a mended answer: what stands now joins, the rest is dropped."""
        failed, self.failed[n] = self.failed[n], []
        self._take(n, form)
        mended = {fold(words) for f in self.found[n] for words in (f.claim.quote, f.claim.text)}
        again = {fold(claim.text) for claim, _ in self.failed[n]}
        self.failed[n] += [
            (c, r) for c, r in failed if not {fold(c.text), fold(c.quote)} & mended and fold(c.text) not in again
        ]

    def outcome(self, day: str) -> Outcome:
        dropped = tuple(Dropped(self.text.path, c.text, reason) for failed in self.failed for c, reason in failed)
        if isinstance(self.error, Refused):
            refused = f"refused ({fold(self.error.category)[:40]})"
            return Outcome(self.text.path, self._source(day, refused), why=str(self.error))
        if isinstance(self.error, TooLong):
            return Outcome(self.text.path, self._source(day, "too-long"), why=str(self.error))
        if self.error:
            return Outcome(self.text.path, None, error=self.error)
        return Outcome(self.text.path, self._source(day, "" if self.parts else EMPTY), dropped)

    def _source(self, day: str, status: str) -> Source:
        own, forms = self.text.meta, self.forms
        title = _own(own, "title") or _first(f.title for f in forms)
        title = title or self.text.path.rpartition("/")[2].rpartition(".")[0]
        claims = () if status else tuple(self._claims())
        names = join_names((name for names in self.names for name in names), claims, self.settings.subject_kinds)
        claims = spelled_alike(claims, names)
        given = _own(own, "credibility") or self._by_pattern() or _first(f.credibility for f in forms)
        stated = _own(own, "date", "published", "created") or _first(f.date for f in forms if is_date(f.date))
        latin = next((f.title_latin for f in forms if fold(f.title) and not slug(title).isascii()), "")
        languages = Counter(f.language.strip().lower()[:2] for f in forms if f.language.strip())
        return Source(
            members=(Member(self.text.path, self.text.sha256),),
            title=inert_value(fold(title)[:300]),
            created=day,
            updated=day,
            title_latin=inert_value(fold(latin)[:MAX_NAME]),
            date=stated if is_date(stated) else "",
            author=inert_value((_own(own, "author", "speaker") or _first(f.author for f in forms))[:MAX_NAME]),
            language=languages.most_common(1)[0][0] if languages else "en",  # of equal ones the first
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

    def _by_pattern(self) -> str:
        """The credibility that the settings give to this raw file, or ''."""
        patterns = self.settings.credibility.items()
        return next((level for level, p in patterns if fnmatch(self.text.path, p.removeprefix("raw/"))), "")

    def _claims(self) -> Iterable[Claim]:
        """The claims in the order of their quotes, with ids and headings."""
        title = next((p.text for p in self.text.plain.passages if p.kind == "heading" and p.level == 1), "")
        taken: set[str] = set()
        seen: set[tuple[str, str]] = set()
        heading = ""
        for f in sorted((f for found in self.found for f in found), key=lambda f: f.place.offset):
            text = fold(f.claim.text)
            if (text, f.place.text) in seen:
                continue
            seen.add((text, f.place.text))
            path = f.place.passage.heading
            own = path[-1] if path else ""
            heading = own if own != title or heading else ""
            new = self._claim(f, text, heading, taken)
            taken.add(new.id)
            yield new

    def _claim(self, f: _Found, text: str, heading: str, taken: Container[str]) -> Claim:
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


def _first(texts: Iterable[str]) -> str:
    """The first text that says something: of a source's parts, the first that does."""
    return next((fold(text) for text in texts if fold(text)), "")


def coverage(source: Plain, claims: Iterable[Claim]) -> float:
    """The share of a source's paragraphs, items and rows of some length in which a claim's quote stands."""
    lines = sorted({c.quote.line for c in claims})

    def counts(p: Passage) -> bool:
        # What gives an address is a reference or a link list, not a statement.
        return p.kind in ("paragraph", "item", "row") and len(p.text.encode()) >= 40 and "://" not in p.text

    body = [p for p in source.passages if counts(p)]
    covered = sum(bisect_right(lines, p.span.last) > bisect_left(lines, p.span.first) for p in body)
    return covered / len(body) if body else float(bool(lines))
