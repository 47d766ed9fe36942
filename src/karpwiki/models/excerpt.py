"""The embedded model: no network, no randomness. It chooses names and whole sentences and never invents a word."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import PurePosixPath
from typing import Literal

from ..errors import ModelError
from ..forms import DigestForm, DigestInput, Form, FormClaim, FormName, OverviewInput, PageInput
from ..hedges import HEDGES, HEDGES_ZH
from ..llm import Reply, Request
from ..names import CJK, is_latin, slug
from ..pattern import pattern
from ..plain import Passage, plain
from ..prices import Usage
from ..tags import strip_html
from . import excerpt_words as words
from .excerpt_candidates import Candidate
from .excerpt_names import defined, has_han
from .excerpt_pages import overview, page
from .excerpt_sentences import Sentence, label, sentences, units
from .excerpt_subjects import MIN_MENTIONS, Subjects, choose, kind_of

MAX_CLAIMS = 60
WORDS_PER_CLAIM = 30
MAX_KEY = 6
_ROLE = pattern(r":[a-z]+(?::[a-z]+)*:(?=`?[~\w])|\s*\|[\w .-]+\|(?=\s|$)")
_BARE = pattern(r"#{1,6}(?=[^\s#!\d])")
_AS_OF = pattern(r"(?:\b[Aa]s of |截至)\D{0,12}?(\d{4})(?:[-年/](\d{1,2})(?:[-月/](\d{1,2}))?)?")
_BASIS = pattern(r"[（(\[【](一手|二手|推测)|(一手|二手|推测)[)）\]】：:]")
_STOP = pattern(r"[.;:]\s|\s\(|\.$|\s[–—-]\s| that | which | who | where | with which ")
_CLAUSE = pattern(rf",\s|{_STOP.pattern}")
_SCRIPTS = (("ja", pattern("[぀-ヿ]")), ("ko", pattern("[가-힯]")), ("ru", pattern("[Ѐ-ӿ]")))
_ORPHAN = pattern(
    r"^(?:[A-Z][\w'-]* (?:[\w'-]+ ){0,4}?)?[Tt]he (?:old |new |other |first |second |last |default )?"
    r"(?:class(?:es|method|methods)?|functions?|decorators?|constructor|methods?|variables?|options?|"
    r"parameters?|arguments?|flags?|fields?|objects?|instances?|latter|former|other|others|"
    r"above|same|returned|given|resulting)\b|^(?:In|From|Until) (?:here|there)\b"
)
_HAN_CHAR = pattern("[㐀-鿿]")
_LATIN_WORD = pattern(rf"[^\W\d_{CJK}]{{2,}}")


class Excerpt:
    """The model that is there when no other is."""

    name = "excerpt"
    variant = ""
    free = True
    judges = False

    def complete(self, request: Request, deadline: float, began: Callable[[], None]) -> Reply:
        """The form of the request's task, filled in from its typed inputs."""
        form: Form
        match request.inputs:
            case DigestInput() as given:
                form = digest(given)
            case PageInput() as given:
                form = page(given)
            case OverviewInput() as given:
                form = overview(given)
            case _:
                raise ModelError(
                    f"The model excerpt has no answer to {request.task!r}. Say --model NAME for another one."
                )
        return Reply(form.model_dump_json(), self.name, Usage())


def digest(given: DigestInput) -> DigestForm:
    """One part of a source as claims and names: its own sentences, and what they are about."""
    passages = plain(given.text).passages
    heading = _heading(given, passages)
    file = _file_words(given.path)
    found = sentences(passages)
    top = given.part == 1 or any(p.kind == "heading" and p.level == 1 for p in passages)
    subjects = choose(heading if top else "", file, passages, found)
    claims = _claims(found, subjects)
    used = set(chain.from_iterable(c.subjects for c in claims))
    names = [_name(made, given.kinds, claims, subjects) for made in subjects.chosen if made.name in used]
    tags = [slug(n.name) for n in names if is_latin(n.name) and len(n.name) <= 30]
    return DigestForm(
        title=heading or file,
        title_latin=next((n.latin for n in names if n.name == subjects.title and n.latin), ""),
        author="",
        date="",
        language=_language(passages),
        credibility="secondary",
        tags=list(dict.fromkeys(tags))[:5],
        claims=claims,
        names=names,
    )


def _heading(given: DigestInput, passages: Sequence[Passage]) -> str:
    """The first heading of level 1 that says something, else the first heading if it does, else ''."""
    heads = [(p.level, _ROLE.sub("", p.text).strip("=-~*#_` ")) for p in passages if p.kind == "heading"]
    if passages and passages[0].kind == "paragraph" and _BARE.match(passages[0].text) and len(passages[0].text) < 120:
        return passages[0].text.lstrip("#")
    told = [(n, text) for n, text in heads if text and label(text) not in words.GENERIC | words.SKIPPED]
    tops = [(n, text) for n, text in heads[:2] if n == 1][:1]
    first = next((text for n, text in told if (n, text) in tops), "") or _html_title(given.text)
    if not first and told and told[0] == heads[0]:
        first = told[0][1]
    return first[:200]


def _file_words(path: str) -> str:
    """The words of a file's name; of a README those of its folder."""
    file = PurePosixPath(path)
    stem = file.parent.name if file.stem.casefold() in ("readme", "index") and file.parent.name else file.stem
    return " ".join(re.split(r"[\s_-]+", stem)).strip() or path


def _html_title(markdown: str) -> str:
    """The words of a first heading that is written in HTML."""
    low = markdown[:4000].lower()
    start = low.find("<h1")
    end = low.find("</h1>", start)
    words_of = " ".join(strip_html(markdown[start:end]).split()) if 0 <= start < end else ""
    return words_of if 0 < len(words_of) <= 120 else ""


def _language(passages: Sequence[Passage]) -> str:
    """The language of most of the text, as far as its script shows it."""
    text = "\n".join(p.text for p in passages if p.kind not in ("code", "html"))
    han, latin = len(_HAN_CHAR.findall(text)), len(_LATIN_WORD.findall(text))
    for name, script in _SCRIPTS:
        if len(script.findall(text)) > max(0.1 * (han or len(text)), latin if name == "ru" else 0):
            return name
    return "zh" if han > latin else "en"


def _claims(found: list[Sentence], subjects: Subjects) -> list[FormClaim]:
    """The sentences that are kept, in the source's order."""
    about: dict[int, tuple[str, ...]] = {}
    known = {c.name for c in subjects.chosen if c.mentions > 1}
    topic: tuple[str, ...] = ()
    for s in found:
        topic = () if s.first else topic
        about[s.order] = _about(s, subjects) or topic
        topic = topic or tuple(n for n in about[s.order][:1] if n in known and _opens(s.text, subjects))
    offered = [s for s in found if about[s.order] and _fits(s, about[s.order], subjects)]
    taken = _select(offered, about, subjects, sum(s.units for s in found))
    keys = _keys(taken, about, subjects)
    return [_claim(s, about[s.order], s.order in keys) for s in taken]


def _about(sentence: Sentence, subjects: Subjects) -> tuple[str, ...]:
    """Its subjects: what it begins with, else what its headings are about, then the others it names."""
    hits = subjects.finder.find(sentence.text)
    under = next((s for h in sentence.passage.heading[-1:] if (s := subjects.headings[h])), subjects.title)
    named = list(dict.fromkeys(name for _, _, name in hits))
    opens = [name for _, _, name in hits[:1] if _opens(sentence.text, subjects)]
    return tuple(dict.fromkeys([*opens, *([under] if under else []), *named]))[:3]


def _opens(text: str, subjects: Subjects) -> bool:
    """Whether a text begins with a subject, an article before it aside."""
    hits = subjects.finder.find(text)
    return bool(hits) and units(text[: hits[0][0]]) <= 1


def _fits(sentence: Sentence, about: tuple[str, ...], subjects: Subjects) -> bool:
    """Whether the sentence can stand alone on the page of its subject."""
    hits = subjects.finder.find(sentence.text)
    opens = bool(hits) and hits[0][0] <= 1
    near = bool(hits) and units(sentence.text[: hits[0][0]]) <= 3
    if not near and _ORPHAN.match(sentence.text):
        return False
    return opens or not (sentence.leaning or (sentence.itself and not subjects.title))


def _defines(text: str, subjects: Subjects) -> int:
    """Where the words after `X is` begin when the sentence opens with a subject X, else 0."""
    return defined(text, subjects.finder)[1]


def _worth(sentence: Sentence, about: tuple[str, ...], subjects: Subjects) -> float:
    """How much a sentence says."""
    hits = {name for _, _, name in subjects.finder.find(sentence.text)}
    score = (
        3.0 * (sentence.itself or bool(_defines(sentence.text, subjects)))
        - 2.0 * sentence.telling
        + min(3, len(hits))
        + 0.5 * sentence.first
    )
    score += 0.5 * (8 <= sentence.units <= 35) + 0.5 * any(c.isdigit() for c in sentence.text)
    return score - 0.5 * (sentence.passage.kind == "row")


def _select(
    offered: list[Sentence], about: dict[int, tuple[str, ...]], subjects: Subjects, total: int
) -> list[Sentence]:
    """First the best sentence of every passage, then the best of the rest, each wording once."""
    room = min(MAX_CLAIMS, max(10, total // WORDS_PER_CLAIM + 4))
    ranked = sorted(offered, key=lambda s: (-_worth(s, about[s.order], subjects), s.order))
    unique = list({s.text: s for s in reversed(ranked)}.values())[::-1]
    best: dict[int, Sentence] = {}
    for s in unique:
        best.setdefault(s.where, s)
    firsts = {s.order for s in best.values()} | {s.order for s in unique if s.itself or _defines(s.text, subjects)}
    queue = [s for s in unique if s.order in firsts] + [s for s in unique if s.order not in firsts]
    telling = [s for s in queue if s.telling]
    queue = [s for s in queue if not s.telling][:room]
    queue += telling[: min(room - len(queue), max(MIN_MENTIONS - len(queue), len(queue) // 4))]
    taken = {s.order for s in queue}
    for made in subjects.chosen:
        mine = [s for s in unique if made.name in about[s.order] and not s.telling]
        missing = MIN_MENTIONS - sum(s.order in taken for s in mine)
        taken.update(s.order for s in [s for s in mine if s.order not in taken][: max(0, missing)])
    return [s for s in offered if s.order in taken][:MAX_CLAIMS]


def _keys(taken: list[Sentence], about: dict[int, tuple[str, ...]], subjects: Subjects) -> set[int]:
    """The sentences that a reader should see who reads nothing else."""
    last = max((s.order for s in taken), default=0) or 1

    def rank(s: Sentence) -> tuple[float, int]:
        early = 2.0 * (1 - s.order / last)
        central = 1.0 * (bool(subjects.title) and about[s.order][0] == subjects.title)
        says = 2.0 * (s.itself or bool(_defines(s.text, subjects)))
        return -(_worth(s, about[s.order], subjects) + says + early + central), s.order

    whole = [s for s in taken if s.passage.kind == "paragraph" and not (s.telling or s.leaning)] or taken
    number = min(MAX_KEY, max(3, len(taken) // 5))
    return {s.order for s in sorted(whole, key=rank)[:number]}


def _claim(sentence: Sentence, about: tuple[str, ...], key: bool) -> FormClaim:
    text = sentence.text
    spoken = _LATIN_WORD.findall(text)
    hedged = "may" in spoken or any(w.casefold() in HEDGES for w in spoken)
    hedged = hedged or any(w in text for w in HEDGES_ZH)
    date = _AS_OF.search(text)
    voice: Literal["asserted", "hedged"] = "hedged" if hedged else "asserted"
    return FormClaim(
        quote=text,
        text=text,
        subjects=list(about),
        key=key,
        as_of=_date(date),
        voice=voice,
        said_by="",
        basis=_basis(sentence.passage.text),
        figures=[],
    )


def _basis(text: str) -> Literal["", "primary", "secondary", "inferred"]:
    """What a passage says it rests on: a label in brackets or before a colon."""
    found = _BASIS.search(text)
    match found and (found[1] or found[2]):
        case "一手":
            return "primary"
        case "二手":
            return "secondary"
        case "推测":
            return "inferred"
    return ""


def _date(found: re.Match[str] | None) -> str:
    if not found or not 1000 <= int(found[1]) <= 2999:
        return ""
    parts = [found[1]]
    for group, most in ((found[2], 12), (found[3], 31)):
        if group is None or not 1 <= int(group) <= most:
            break
        parts.append(f"{int(group):02}")
    return "-".join(parts)


def _name(made: Candidate, kinds: Sequence[str], claims: list[FormClaim], subjects: Subjects) -> FormName:
    """A subject with its gloss and other forms, all from the source's words."""
    gloss = ""
    for claim in claims:
        at = _defines(claim.text, subjects) if claim.subjects[0] == made.name else 0
        if at and (gloss := _gloss(claim.text[at:])):
            break
    forms = sorted(f for f in made.forms if f != made.name)
    latin = "" if is_latin(made.name) else made.latin
    return FormName(name=made.name, kind=kind_of(made, kinds), gloss=gloss, latin=latin, also=forms[:6])


def _gloss(text: str) -> str:
    """The opening of a definition, up to its first pause and at most 12 words."""
    if has_han(text[:40]):
        short = re.split(r"[，。；：、！？]", text)[0].strip()
        return short if 4 <= len(short) <= 30 and not re.search(r"[（()）“”]", short) else ""
    short = _CLAUSE.split(text)[0].split()[:12]
    if len(short) < 4:
        short = _STOP.split(text)[0].split()[:12]
    while short and short[-1].casefold().rstrip(",") in words.VERBISH | words.GENERIC_LAST | words.OPENERS:
        short.pop()
    return " ".join(short).rstrip(",;") if len(short) > 2 else ""
