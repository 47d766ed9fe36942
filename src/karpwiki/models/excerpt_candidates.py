"""Everything in a source that looks like a name, with what speaks for it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..names import CJK
from ..pattern import pattern
from ..plain import Passage
from . import excerpt_words as words
from .excerpt_names import Finder, clean, defined, has_han, is_namelike, name_key, stem, undone
from .excerpt_sentences import Sentence, label

_POOL = 300  # candidates that are counted at most: a bound for hostile sources
_CAP = r"[A-Z][^\W_㐀-鿿]*(?:[’'.&-][^\W_㐀-鿿]+)*(?:\+\+|#)?"
_RUN = pattern(rf"(?<![\w/@.\\-]){_CAP}(?: (?:(?:of|de|von|van|du|la) )?{_CAP})*(?: \d+(?:\.\d+)+)?")
_LEAD = pattern(
    r"^(?:(?:an?|the|quick|short|brief|gentle|complete|user) )*(?:(?:guide|introduction|intro|overview|primer|tutorial"
    r"|notes?|how) (?:to|of|on|for) (?:us(?:e|ing) )?|(?:using|understanding|supporting|working with|about|writing"
    r"|getting started with|introducing) )(?:the )?",
    re.IGNORECASE,
)
_TAIL = pattern(r" (?:in|for|with|on|of|at|from|by|under|using) .*$")
_TAIL_ZH = pattern(r"的?(?:使用|用户|开发|入门|快速)?(?:指南|教程|简介|入门|介绍|说明|文档|手册|概述)$")
_CONSTANT = pattern(r"[A-Z][A-Z0-9]{4,}$")
OPENING = tuple(":.!?•–—-)]")
TITLE_PARTS = pattern(r"\s*(?::|：|——| [–—|-] )\s*")
_LISTED = pattern(r"\s*(?::|：|——| [–—|-] |，|,|、| and | & |与|和|['’]s )\s*")
_INLINE_LATIN = pattern(r"[A-Za-z][\w.+#-]*(?: [A-Za-z][\w.+#-]*){0,4}")
_BOOK = pattern(r"《([^《》]{2,40})》")
_COINED = pattern(r"[“「]([^“”「」]{2,30})[”」]|(?<!\w)\"([^\"]{2,40})\"(?!\w)")
_ACRONYM = pattern(r"(?<=[\w)]) \(([A-Z][A-Za-z]{1,7}?)s?\)")
_BESIDE = pattern(rf"([{CJK}·]{{2,20}})[（(]([^（()）]{{2,80}})[）)]")
_DOTTED = pattern(rf"[{CJK}]{{1,8}}(?:·[{CJK}]{{1,8}})+")
_CITED = pattern(r"[(（][^()（）]{0,120}?(?:\b\d{4}[a-z]?|n\.d\.)[)）]")
_BEFORE_PERSON = pattern(r"^[^·]*[到是由和与在为对把被给让向从说的了于家授师者员](?=[^·])")
_WEIGHT = {
    "title": 4.0, "project": 4.0, "intitle": 2.0, "file": 2.0, "heading": 2.0, "beside": 2.0, "strong": 1.5,
    "book": 1.5, "person": 1.5, "expanded": 1.5, "link": 1.2, "defined": 1.0, "infile": 1.0, "coined": 1.0, "caps": 1.0,
    "inline": 0.8, "em": 0.6, "code": 0.0,
}  # fmt: skip


@dataclass(slots=True)
class Candidate:
    """A name that may become a subject."""

    forms: Counter[str] = field(default_factory=Counter)
    evidence: Counter[str] = field(default_factory=Counter)
    first: int = 0
    latin: str = ""
    mentions: int = 0
    large: int = 0  # mentions with capitals within a sentence
    small: int = 0  # mentions without

    @property
    def name(self) -> str:
        """The form that the source uses most; of equals the longer, then the first of the alphabet."""
        loud = {f for f in self.forms if f.isupper() and self.evidence["project"] and f.casefold() in self.forms}
        return min(self.forms, key=lambda f: (bool(_CONSTANT.match(f)) or f in loud, -self.forms[f], -len(f), f))

    @property
    def weight(self) -> float:
        return sum(_WEIGHT[e] for e in self.evidence) + 0.1 * min(10, sum(self.evidence.values()))


class Pool:
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


def collect(
    title: str, file: str, project: str, passages: Sequence[Passage], found: Sequence[Sentence]
) -> list[Candidate]:
    """Everything that may be a name in a part, best supported first."""
    pool = Pool()
    _from_title(pool, title)
    _from_start(pool, title, file, passages)
    for form, evidence in (("" if title else file, "file"), (project, "project")):
        if made := pool.add(form, evidence):
            made.forms[clean(form)] -= 1
    _from_marks(pool, passages)
    for sentence in found:
        _from_words(pool, sentence.text)
    _from_brackets(pool, [title, *(p.text for p in passages if p.kind == "heading"), *(s.text for s in found)])
    _shorten(pool)
    for hit in Finder((n, m.forms) for n, m in pool.all.items()).find(title):
        pool.all[hit[2]].evidence["intitle"] += 1
    for name in [] if title else [n for n in pool.all if f" {n} " in f" {name_key(file)} "]:
        pool.all[name].evidence["infile"] += 1
    best = sorted(pool.all.items(), key=lambda item: (-item[1].weight, item[1].first))[:_POOL]
    finder = Finder((n, m.forms) for n, m in best)
    for sentence in found:
        if name := defined(sentence.text, finder)[0]:
            pool.all[name].evidence["defined"] += 1
    return sorted((m for _, m in best), key=lambda c: (-c.weight, c.first))


def _from_title(pool: Pool, title: str) -> None:
    """A title, its parts, and the names in it; without a version at the end."""
    for piece in dict.fromkeys([title, *TITLE_PARTS.split(title)]):
        piece = undone(piece)
        pool.add(re.sub(r" v?\d+(?:\.\d+)+$", "", piece), "title")
    latin = _INLINE_LATIN.findall(title) if has_han(title) else _RUN.findall(title)
    thing = _TAIL_ZH.sub("", title) if has_han(title) else _TAIL.sub("", _LEAD.sub("", title))
    parts = thing.split()
    while parts and parts[-1].casefold() in words.GENERIC | words.GENERIC_LAST:
        parts.pop()
    for piece in dict.fromkeys([*_LISTED.split(title), *latin, thing, " ".join(parts)]):
        pool.add(piece, "intitle")


def _from_start(pool: Pool, title: str, file: str, passages: Sequence[Passage]) -> None:
    """The opening of a title that the text calls its subject, though made of common words: `email package`."""
    parts = title.split()
    if has_han(title) or len(parts) < 3 or parts[0].casefold() not in file.casefold().split():
        return
    prose = "\n".join(p.text for p in passages if p.kind != "code")
    for size in (3, 2):
        form = " ".join(parts[:size])
        seen = re.findall(rf"\b{re.escape(form)}\b", prose, re.IGNORECASE)
        if (
            size < len(parts)
            and len(seen) > 2
            and parts[size - 1].casefold() in words.GENERIC
            and form.replace(" ", "").isalpha()
        ):
            made = pool.all.setdefault(name_key(form), Candidate())
            made.forms.update(seen[1:])
            made.evidence["title"] += 1
            return


def _from_marks(pool: Pool, passages: Sequence[Passage]) -> None:
    for passage in passages:
        if any(label(h) in words.SKIPPED for h in passage.heading):
            continue
        if passage.kind == "heading":
            if undone(passage.text) == passage.text or has_han(passage.text):
                pool.add(passage.text, "heading")
            for run in _latin_in_han(passage.text):
                pool.add(run, "heading")
        for kind, text in passage.terms:
            made = pool.add(text, kind)
            if made and passage.kind == "heading":
                made.evidence["heading"] += 1


def _from_words(pool: Pool, text: str) -> None:
    """Names that the running text itself shows: capitals, titles of works, coinages, Latin terms in Chinese."""
    text = _CITED.sub(" ", text)
    for found in _BOOK.finditer(text):
        pool.add(found[1], "book")
    for found in _COINED.finditer(text):
        pool.add(found[1] or found[2], "coined")
    for name in _DOTTED.findall(text):
        pool.add(_BEFORE_PERSON.sub("", name), "person")
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
        before = text[max(0, found.start() - 3) : found.start()].strip("\"'“‘(* ")
        opening = (found.start() < 4 and not before.strip("-")) or before[-1:] in OPENING
        first, _, rest = run.partition(" ")
        if first.casefold() in words.COMMON_OPENING:
            run, opening = rest, False
        run = re.sub(r" \d[\d.]*$", "", run)
        part = "::" in (text[found.start() - 2 : found.start()], text[found.end() : found.end() + 2])
        if run and not part and not (run.isupper() and len(run) > 6):
            yield run, opening


def _latin_in_han(text: str) -> Iterator[str]:
    """Latin terms in a Chinese text that have a capital."""
    if not has_han(text):
        return
    for found in _INLINE_LATIN.finditer(text):
        run = found.group().rstrip(".-")
        if any(c.isupper() for c in run):
            yield run


def _from_brackets(pool: Pool, texts: Sequence[str]) -> None:
    """`long form (LF)` and `中文名（Latin name，LN）`: one subject with its other forms."""
    whole = "\n".join(texts)
    for text in texts:
        for hit in _ACRONYM.finditer(text):
            long = _expansion(text[max(0, hit.start() - 90) : hit.start()], hit[1])
            if long and pool.add(long, "expanded"):
                pool.add(hit[1], "expanded")
                pool.merge(name_key(clean(long)), name_key(hit[1]))
        for hit in _BESIDE.finditer(text):
            _beside(pool, hit[1], hit[2], whole)


def _expansion(before: str, acronym: str) -> str:
    """The words before a bracket whose initials are the acronym in it."""
    parts = [(m.start(), m.group()) for m in re.finditer(r"[A-Za-z][\w’']*", before)]
    for start, _ in parts[-2 * len(acronym) :]:
        initials = "".join(w[0] for at, w in parts if at >= start and w not in ("of", "the", "and", "for", "in", "to"))
        if initials.casefold() == acronym.rstrip("s").casefold():
            return before[start:]
    return ""


def _beside(pool: Pool, run: str, inside: str, whole: str) -> None:
    """A Chinese name with its Latin form in brackets behind it."""
    latin = [
        p.strip() for p in re.split(r"[,，、;；]|简称|以下", inside) if re.match(r"\s*[A-Za-z][A-Za-zÀ-ɏ .’'&-]+$", p)
    ]
    latin = [p for p in latin if clean(p) == p and 1 < len(p) <= 50 and label(p) not in words.GENERIC]
    if not latin:
        return
    ends = [run[n:] for n in range(len(run) - 1)]
    known = [e for e in ends if name_key(e) in pool.all]
    often = [e for e in ends if (3 <= len(e) <= 10 or e == run) and whole.count(e) > 1]
    name = (known or often or [run if len(run) <= 6 else ""])[0].lstrip(words.HAN_LEADING)
    made = pool.add(name, "beside")
    if not made:
        return
    made.latin = made.latin or max((f for f in latin if not _CONSTANT.match(f)), key=len, default="")
    for form in latin:
        if pool.add(form, "beside"):
            pool.merge(name_key(clean(name)), name_key(form))


def _shorten(pool: Pool) -> None:
    """`Karpathy` after `Andrej Karpathy`, `卡帕西` after `安德烈·卡帕西`, `RAG` for its words: one subject."""
    ends: dict[str, list[str]] = {}
    for name, made in pool.all.items():
        parts = made.name.split("·") if "·" in made.name else made.name.split()
        if len(parts) in (2, 3) and all(p[:1].isupper() or has_han(p) for p in parts) and _personal(parts[-1]):
            ends.setdefault(name_key(parts[-1]), []).append(name)
    for last, fulls in sorted(ends.items()):
        if len(fulls) == 1 and last in pool.all and pool.all[last].first > pool.all[fulls[0]].first:
            pool.merge(fulls[0], last)
    longs: dict[str, list[str]] = {}
    for name in pool.all:
        longs.setdefault("".join(w[0] for w in name.split()), []).append(name)
    for short in [n for n, m in pool.all.items() if m.name.isupper() and 3 <= len(n) <= 6]:
        if len(fulls := [n for n in longs.get(short, []) if n != short]) == 1:
            pool.merge(fulls[0], short)
    for made in pool.all.values():
        if "·" in made.name and len(made.name.rsplit("·", 1)[1]) > 1:
            made.forms.setdefault(made.name.rsplit("·", 1)[1], 0)


def _personal(last: str) -> bool:
    """Whether a last word may stand for the whole name."""
    low = last.casefold()
    return (
        "-" not in last
        and (len(last) > 3 or has_han(last))
        and stem(low) not in words.CONCEPT_ENDS
        and not low.endswith(("ing", "tion", "ment", "ity"))
    )
