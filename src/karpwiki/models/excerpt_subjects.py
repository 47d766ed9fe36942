"""Which names of a source are its subjects: few, and each one that a reader would look up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import log2

from ..plain import Passage
from . import excerpt_words as words
from .excerpt_names import Finder, clean, has_han, is_namelike, name_key, stem, tokens
from .excerpt_sentences import HAN, Sentence, label

MAX_NAMES = 12
MIN_MENTIONS = 3
_POOL = 300
"""Candidates that are counted at most: a bound for hostile sources."""
_CAP = r"[A-Z][^\W_㐀-鿿]*(?:[’'.&-][^\W_㐀-鿿]+)*(?:\+\+|#)?"
_RUN = re.compile(rf"(?<![\w/@.\\-]){_CAP}(?: (?:(?:of the|of|for|de|von|van|du|la) )?{_CAP})*(?: \d+(?:\.\d+)+)?")
_TITLE_PARTS = re.compile(r"\s*(?::|：|——| [–—|-] |，|,| and | & |与|和|['’]s )\s*")
_INLINE_LATIN = re.compile(r"[A-Za-z][\w.+#-]*(?: [A-Za-z][\w.+#-]*){0,4}")
_BOOK = re.compile(r"《([^《》]{2,40})》")
_COINED = re.compile(r"[“「]([^“”「」]{2,30})[”」]|(?<!\w)\"([^\"]{2,40})\"(?!\w)")
_ACRONYM = re.compile(r"(?<=[\w)]) \(([A-Z][A-Za-z]{1,7}?)s?\)")
_BESIDE = re.compile(rf"([{HAN}·]{{2,20}})[（(]([^（()）]{{2,80}})[）)]")
_DOTTED = re.compile(rf"[{HAN}]{{1,8}}(?:·[{HAN}]{{1,8}})+")
_CITED = re.compile(r"[(（][^()（）]{0,120}?(?:\b\d{4}[a-z]?|n\.d\.)[)）]")
_WEIGHT = {"title": 4.0, "heading": 2.0, "strong": 1.5, "book": 1.5, "link": 1.2, "beside": 2.0, "person": 1.5}
_WEIGHT |= {"em": 0.6, "coined": 1.0, "expanded": 1.5, "caps": 1.0, "inline": 0.8, "code": 0.0}


@dataclass(slots=True)
class Candidate:
    """A name that may become a subject, with what speaks for it."""

    forms: Counter[str] = field(default_factory=Counter)
    evidence: Counter[str] = field(default_factory=Counter)
    first: int = 0
    latin: str = ""
    mentions: int = 0

    @property
    def name(self) -> str:
        """The form that the source uses most; of equals the longer, then the first of the alphabet."""
        return min(self.forms, key=lambda f: (-self.forms[f], -len(f), f))

    @property
    def weight(self) -> float:
        return sum(_WEIGHT[e] for e in self.evidence) + 0.1 * min(10, sum(self.evidence.values()))


@dataclass(frozen=True, slots=True)
class Subjects:
    """The subjects of one part of a source."""

    chosen: tuple[Candidate, ...]
    finder: Finder
    title: str
    """The one subject that the title names, or ''."""
    headings: dict[str, str]
    """Heading → the one subject that it names."""


class _Pool:
    """Candidates by what their variants share."""

    def __init__(self) -> None:
        self.all: dict[str, Candidate] = {}
        self.seen = 0

    def add(self, form: str, evidence: str) -> Candidate | None:
        form = clean(form)
        if not is_namelike(form):
            return None
        name = name_key(form)
        self.seen += 1
        made = self.all.setdefault(name, Candidate(first=self.seen))
        made.forms[form] += 1
        made.evidence[evidence] += 1
        return made

    def merge(self, keep: str, other: str) -> None:
        """Two keys become one candidate; the forms of the kept one come first."""
        if keep == other or keep not in self.all or other not in self.all:
            return
        a, b = self.all[keep], self.all.pop(other)
        top = max(b.forms.values()) + 1
        main = a.name
        a.forms.update(b.forms)
        a.forms[main] += top
        a.evidence.update(b.evidence)
        a.first, a.latin = min(a.first, b.first), a.latin or b.latin


def choose(title: str, passages: Sequence[Passage], found: Sequence[Sentence]) -> Subjects:
    """The subjects of a part, best first."""
    pool = _Pool()
    _from_title(pool, title)
    _from_marks(pool, passages)
    plainly = Counter(t for p in passages if p.kind != "code" for _, t in tokens(p.text))
    for sentence in found:
        _from_words(pool, sentence)
    _from_brackets(pool, found)
    _shorten(pool)
    _in_title(pool, title)
    kept = sorted(pool.all.items(), key=lambda kv: (-kv[1].weight, kv[1].first))[:_POOL]
    counted = _count([c for _, c in kept], found)
    good = [c for c in counted if _accept(c, plainly)]
    good.sort(key=lambda c: (-_score(c), c.first))
    chosen = tuple(_distinct(good))[:MAX_NAMES]
    finder = Finder((c.name, c.forms) for c in chosen)
    headings = {h: _only(finder, h) for p in passages for h in p.heading}
    return Subjects(chosen, finder, _main(chosen, finder, title), headings)


def _only(finder: Finder, text: str) -> str:
    """The subject that a heading is about: the one it names, if it names one."""
    named = {name for _, _, name in finder.find(text)}
    return named.pop() if len(named) == 1 else ""


def _main(chosen: Sequence[Candidate], finder: Finder, title: str) -> str:
    """The subject of the whole source: the one that its title names; of several the one that its text is about."""
    only = _only(finder, title)
    if only and len([p for p in _TITLE_PARTS.split(title) if p]) == 1:
        return only
    most = max(chosen, key=lambda c: c.mentions, default=None)
    named = {name for _, _, name in finder.find(title)}
    return most.name if most and most.name in named else ""


def _from_title(pool: _Pool, title: str) -> None:
    for piece in [title, *_TITLE_PARTS.split(title)]:
        pool.add(piece, "title")
    for run in _RUN.findall(title):
        pool.add(run, "title")


def _in_title(pool: _Pool, title: str) -> None:
    """A candidate that the title mentions has the title as evidence."""
    for found in Finder((n, m.forms) for n, m in pool.all.items()).find(title):
        pool.all[found[2]].evidence["title"] += 1


def _from_marks(pool: _Pool, passages: Sequence[Passage]) -> None:
    for passage in passages:
        if any(label(h) in words.SKIPPED for h in passage.heading):
            continue
        if passage.kind == "heading":
            pool.add(passage.text, "heading")
            for run in _latin_in_han(passage.text):
                pool.add(run, "heading")
        for kind, text in passage.terms:
            made = pool.add(text, kind)
            if made and passage.kind == "heading":
                made.evidence["heading"] += 1


def _from_words(pool: _Pool, sentence: Sentence) -> None:
    """Names that the running text itself shows: capitals, titles of works, coinages, Latin terms in Chinese."""
    text = _CITED.sub(" ", sentence.text)
    for found in _BOOK.finditer(text):
        pool.add(found[1], "book")
    for found in _COINED.finditer(text):
        pool.add(found[1] or found[2], "coined")
    for name in _DOTTED.findall(text):
        pool.add(name.lstrip(words.HAN_LEADING), "person")
    if has_han(text):
        for run in _latin_in_han(text):
            pool.add(run, "inline")
        return
    for run, opening in _mid_runs(text):
        if not opening or " " in run:
            pool.add(run, "caps")


def _mid_runs(text: str) -> Iterator[tuple[str, bool]]:
    """Capitalised names, and whether each opens the sentence; a common word at the opening is left out."""
    for found in _RUN.finditer(text):
        run = found.group()
        before = text[max(0, found.start() - 3) : found.start()].strip("\"'“‘(*- ")
        opening = found.start() < 4 and not before or before[-1:] in tuple(":.!?•–—")
        first, _, rest = run.partition(" ")
        if first.casefold() in words.COMMON_OPENING:
            run, opening = rest, False
        run = re.sub(r" \d[\d.]*$", "", run)
        if run and not (run.isupper() and len(run) > 6):
            yield run, opening


def _latin_in_han(text: str) -> Iterator[str]:
    """Latin terms in a Chinese text that have a capital."""
    if not has_han(text):
        return
    for found in _INLINE_LATIN.finditer(text):
        run = found.group().rstrip(".-")
        if any(c.isupper() for c in run):
            yield run


def _from_brackets(pool: _Pool, found: Sequence[Sentence]) -> None:
    """`long form (LF)` and `中文名（Latin name，LN）`: one subject with its other forms."""
    whole = "\n".join(s.text for s in found)
    for sentence in found:
        for hit in _ACRONYM.finditer(sentence.text):
            long = _expansion(sentence.text[max(0, hit.start() - 90) : hit.start()], hit[1])
            if long and pool.add(long, "expanded"):
                pool.add(hit[1], "expanded")
                pool.merge(name_key(clean(long)), name_key(hit[1]))
        for hit in _BESIDE.finditer(sentence.text):
            _beside(pool, hit[1], hit[2], whole)


def _expansion(before: str, acronym: str) -> str:
    """The words before a bracket whose initials are the acronym in it."""
    parts = [(m.start(), m.group()) for m in re.finditer(r"[A-Za-z][\w’']*", before)]
    for start, _ in parts[-2 * len(acronym) :]:
        initials = "".join(w[0] for at, w in parts if at >= start and w not in ("of", "the", "and", "for", "in", "to"))
        if initials.casefold() == acronym.rstrip("s").casefold():
            return before[start:]
    return ""


def _beside(pool: _Pool, run: str, inside: str, whole: str) -> None:
    """A Chinese name with its Latin form in brackets behind it."""
    latin = [p.strip() for p in re.split(r"[,，、;；]|简称|以下", inside) if re.match(r"\s*[A-Za-z][\w .’'&-]+$", p)]
    latin = [p for p in latin if clean(p) == p and 1 < len(p) <= 50 and not re.search(r"\d{4}", p)]
    if not latin:
        return
    ends = [run[n:] for n in range(len(run) - 1)]
    known = [e for e in ends if name_key(e) in pool.all]
    often = [e for e in ends if len(e) <= 10 and whole.count(e) > 1]
    name = (known or often or [run.lstrip(words.HAN_LEADING) if len(run) <= 8 else ""])[0].lstrip(words.HAN_LEADING)
    made = pool.add(name, "beside")
    if not made:
        return
    made.latin = made.latin or max(latin, key=len)
    for form in latin:
        if pool.add(form, "beside"):
            pool.merge(name_key(clean(name)), name_key(form))


def _shorten(pool: _Pool) -> None:
    """`Karpathy` after `Andrej Karpathy`, `卡帕西` after `安德烈·卡帕西`: one person."""
    ends: dict[str, list[str]] = {}
    for name, made in pool.all.items():
        parts = made.name.split("·") if "·" in made.name else made.name.split()
        if len(parts) in (2, 3) and all(p[:1].isupper() or has_han(p) for p in parts):
            ends.setdefault(name_key(parts[-1]), []).append(name)
    for last, fulls in sorted(ends.items()):
        if len(fulls) == 1 and last in pool.all and pool.all[last].first > pool.all[fulls[0]].first:
            pool.merge(fulls[0], last)
    for made in pool.all.values():
        if "·" in made.name and len(made.name.rsplit("·", 1)[1]) > 1:
            made.forms.setdefault(made.name.rsplit("·", 1)[1], 0)


def _count(pool: list[Candidate], found: Iterable[Sentence]) -> list[Candidate]:
    """Candidates with the number of sentences that mention them."""
    by_name: dict[str, Candidate] = {}
    for made in pool:
        by_name.setdefault(made.name, made)
    finder = Finder((name, made.forms) for name, made in by_name.items())
    for sentence in found:
        for name in {name for _, _, name in finder.find(sentence.text)}:
            by_name[name].mentions += 1
    return list(by_name.values())


def _accept(made: Candidate, plainly: Counter[str]) -> bool:
    """Whether enough speaks for a candidate: mentions, and marks that fit its form."""
    marks, name = made.evidence, made.name
    strong = len(set(marks) - {"code", "em"}) > 1 or bool(marks["person"] + marks["book"])
    if made.mentions < (1 if "title" in marks else MIN_MENTIONS - strong):
        return False
    if set(marks) <= {"code", "em"} or marks["code"] > sum(marks.values()) / 2:
        return False
    if has_han(name):
        return set(marks) != {"coined"} or made.mentions > MIN_MENTIONS
    if " " in name or "-" in name:
        return set(marks) != {"coined"} and (marks["caps"] != 1 or len(marks) > 1)
    if name.isupper() and len(name) <= 6:
        return made.mentions > MIN_MENTIONS or len(marks) > 1
    common = plainly[name.casefold()] if name != name.casefold() else plainly[name]
    if name.islower() or 3 * common > plainly[name]:
        return bool(marks["strong"] + marks["link"]) and (len(marks) > 1 or made.mentions > MIN_MENTIONS)
    return bool(marks["caps"] + marks["inline"]) and sum(marks.values()) > 1 or ("title" in marks and made.mentions > 1)


def _score(made: Candidate) -> float:
    return made.weight + 1.5 * log2(1 + made.mentions)


def _distinct(good: list[Candidate]) -> Iterator[Candidate]:
    """Each candidate whose forms no better one has."""
    seen: set[str] = set()
    for made in good:
        keys = {name_key(f) for f in made.forms}
        if not keys & seen:
            seen |= keys
            yield made


def kind_of(made: Candidate, kinds: Sequence[str]) -> str:
    """Entity, method or concept, as far as the form shows, of the kinds that there are."""
    name = made.name
    low = name.casefold()
    if low.endswith(words.METHOD_ENDS) and not low.endswith(words.NOT_METHOD_ENDS):
        guess = "method"
    elif has_han(name):
        proper = made.evidence["book"] or made.evidence["person"] or made.latin.istitle()
        guess = "entity" if proper else "concept"
    elif stem(low.split()[-1]) in words.CONCEPT_ENDS or re.search(r" \d", name):
        guess = "concept"
    else:
        proper = made.evidence["caps"] + made.evidence["inline"] or "title" in made.evidence
        guess = "entity" if proper and name != low and "expanded" not in made.evidence else "concept"
    return guess if guess in kinds else ("concept" if "concept" in kinds or not kinds else kinds[0])
