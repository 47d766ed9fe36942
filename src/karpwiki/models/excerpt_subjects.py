"""Which names of a source are its subjects: few, and each one that a reader would look up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log2

from ..names import key, slug
from ..pattern import pattern
from ..plain import Passage
from . import excerpt_words as words
from .excerpt_candidates import OPENING, TITLE_PARTS, Candidate, collect
from .excerpt_gate import stands
from .excerpt_names import Finder, has_han, name_key, stem, tokens
from .excerpt_sentences import Sentence, label

_INSTALL = pattern(
    r"\b(?:pip3?|pipx|uv|conda|gem|brew|cargo|npm|pnpm|yarn|apt|apt-get) (?:install|i|add)(?: -{1,2}[\w-]+)*"
    r" [\"']?([A-Za-z][\w.-]*)"
)
_RAW = pattern(r"=(?:head|over|item|pod|begin|encoding)|\.(?:TH|Dd|S[hH]) |\.\\?\"|@node|\\input|\\documentclass")
"""How markup opens that was not understood."""
MAX_NAMES = 12
MIN_MENTIONS = 3


@dataclass(frozen=True, slots=True)
class Subjects:
    """The subjects of one part of a source."""

    chosen: tuple[Candidate, ...]
    finder: Finder
    title: str
    """The one subject that the title names, or ''."""
    headings: dict[str, str]
    """Heading → the one subject that it names."""


def choose(title: str, file: str, passages: Sequence[Passage], found: Sequence[Sentence]) -> Subjects:
    """The subjects of a part, best first. `title`: the heading that names it, or ''; `file`: the words of its file."""
    whole = "\n".join(p.text for p in passages)
    plainly = Counter(t for p in passages if p.kind != "code" for _, t in tokens(p.text))
    project = _project(title, file, passages)
    raw = any(_RAW.match(p.text) for p in passages)
    counted = [c for c in _count(collect(title, file, project, passages, found), found) if c.name in whole]
    if any(c.evidence["project"] for c in counted):
        poor = [c for c in counted if c.evidence["title"] and (_describes(c.name) or c.mentions < 2)]
        counted = [c for c in counted if c.evidence["project"] or c not in poor]
    counted = [c for c in counted if not raw or c.evidence["project"] + c.evidence["file"] + c.evidence["infile"]]
    filed = {w for c in counted if c.evidence["file"] and c.mentions >= MIN_MENTIONS for w in name_key(c.name).split()}
    counted = [c for c in counted if c.evidence["file"] or not (c.evidence["infile"] and name_key(c.name) in filed)]
    counted.sort(key=lambda c: (-_score(c), c.first))
    often = {c.name: c.mentions for c in counted}
    main = ""
    chosen: tuple[Candidate, ...] = ()
    for loose in (False, True):
        if not main:
            chosen = tuple(_distinct(c for c in counted if _accept(c, plainly, loose) and stands(c, plainly, often)))[
                :MAX_NAMES
            ]
            main = _main(chosen, title, file, len(found))
    finder = Finder((c.name, c.forms) for c in chosen)
    headings = {h: _only(finder, h) for p in passages for h in p.heading[-1:]}
    return Subjects(chosen, finder, main, headings)


def _project(title: str, file: str, passages: Sequence[Passage]) -> str:
    """What the project is called that a source installs by name, where its title does not say so, else ''."""
    told = [p.text for p in passages if p.kind != "code"]
    shown = [p.text for p in passages if p.kind == "code"]
    installed = Counter(m[1].rstrip(".-") for text in shown + told for m in _INSTALL.finditer(text))
    prose, file_key, title_key = "\n".join(told).casefold(), key(file), key(title)
    names = [n for n in installed if title_key.startswith(key(n)) or not slug(title).startswith(slug(n))]
    for name in sorted(names, key=lambda n: (key(n) != file_key, -installed[n], n)):
        if key(name) == file_key or (len(name) > 3 and title_key.startswith(key(name))):
            return name
        if _describes(title) and prose.count(name.casefold()) >= MIN_MENTIONS:
            return name
    forms = dict.fromkeys("-_ "[n].join(file.split()) for n in range(2))
    if title and not _describes(title):
        other = slug(file) not in slug(title) and prose.count(title.casefold()) < 2 and len(file) > 2
        often = (f for f in forms if len(re.findall(rf"\b{re.escape(f.casefold())}\b", prose)) > 2 * MIN_MENTIONS)
        return next(often, "") if other else ""
    return next((f for f in forms if prose.count(f.casefold()) > 1 and any(f in text for text in shown)), "")


def _describes(title: str) -> bool:
    """Whether a title says what a thing is rather than what it is called."""
    bare = re.sub(r"\s*[（(][^（()）]*[)）]$", "", title).casefold()
    last = bare.split()[-1] if bare.split() else ""
    ends = bare.endswith(words.DESCRIBING) if has_han(last) else last in words.DESCRIBING
    return ends and len(TITLE_PARTS.split(bare)) == 1


def _only(finder: Finder, text: str) -> str:
    """The subject that a heading is about: the one it names, if it names one."""
    named = {name for _, _, name in finder.find(text)}
    return named.pop() if len(named) == 1 else ""


def _main(chosen: Sequence[Candidate], title: str, file: str, sentences: int) -> str:
    """The subject of the whole source: what its title is, else what its title names and the text is about."""
    project = next((c for c in chosen if c.evidence["project"]), None)
    inside = project and f" {name_key(project.name)} " in f" {name_key(title)} "
    if project and (inside or _describes(title) or not any(c.evidence["title"] for c in chosen)):
        return project.name
    whole = [c for c in chosen if c.evidence["title"] or c.evidence["file"]]
    parts = [p for p in TITLE_PARTS.split(title) if label(p) not in words.GENERIC]
    alone = len(parts) == 1 or (bool(whole) and name_key(whole[0].name) == name_key(file))
    if len(whole) == 1 and (alone or 4 * whole[0].mentions >= sentences):
        return whole[0].name
    told = ("title", "intitle") if title else ("infile", "file")
    named = [c for c in whole or chosen if any(c.evidence[e] for e in told) and not c.name[-1].isdigit()]
    start = name_key(re.sub(r"^(?:the|an?) ", "", title, flags=re.IGNORECASE))
    most = max(named, key=lambda c: (start.startswith(name_key(c.name)), c.mentions), default=None)
    if most is None:
        return ""
    opens = len(named) == 1 and start.startswith(name_key(most.name))
    several = re.search(r"[,，、&与和]| and (?!its |their )", title) and not opens
    least = sentences / 4 if several else 1 if len(named) == 1 else MIN_MENTIONS
    return most.name if most.mentions >= least else ""


def _count(pool: list[Candidate], found: Iterable[Sentence]) -> list[Candidate]:
    """Candidates with the number of sentences that mention them."""
    by_name: dict[str, Candidate] = {}
    for made in pool:
        by_name.setdefault(made.name, made)
    finder = Finder((name, made.forms) for name, made in by_name.items())
    for sentence in found:
        hits = finder.find(sentence.text)
        for name in {name for _, _, name in hits}:
            by_name[name].mentions += 1
        for start, end, name in hits:
            seen = sentence.text[start:end]
            large = has_han(seen) or (seen[0].isupper() and _capital(seen))
            inside = start > 3 and not sentence.text[:start].rstrip("\"'“‘(* ").endswith(OPENING)
            by_name[name].large += large and (inside or has_han(sentence.text))
            by_name[name].small += not large and (start > 0 or seen[0].islower())
    return list(by_name.values())


def _accept(made: Candidate, plainly: Counter[str], loose: bool) -> bool:
    """Whether enough speaks for a candidate: mentions, and marks that fit its form."""
    marks, name = made.evidence, made.name
    if marks["project"] or (marks["file"] + marks["infile"] and marks["defined"]):
        return True
    if marks["defined"] and marks["strong"] + marks["intitle"] and made.mentions >= MIN_MENTIONS - 1:
        return True
    if marks["infile"] and made.mentions >= MIN_MENTIONS + 2 and not set(marks) <= {"code", "coined", "infile"}:
        return True
    if name.isupper() and len(name) > 3 and marks["code"] and not marks["title"] + marks["heading"]:
        return False
    if marks["title"] and _titular(name):
        return not has_han(name) or made.mentions > 0
    if marks["file"] and made.mentions >= MIN_MENTIONS:
        return True
    if marks["intitle"] and name.isalnum() and not has_han(name) and made.mentions >= MIN_MENTIONS:
        return True
    if made.mentions < _least(made, loose) or set(marks) <= {"code", "em"} or 2 * marks["code"] > sum(marks.values()):
        return False
    if has_han(name) and len(name) == 2:
        return bool(marks["book"]) or (" " in made.latin and made.latin.istitle())
    if has_han(name):
        return set(marks) != {"coined"} or made.mentions > MIN_MENTIONS
    if " " in name or ("-" in name and not name.islower()):
        return set(marks) != {"coined"} and (marks["caps"] != 1 or len(marks) > 1 or _capital(name))
    if marks["intitle"] + marks["strong"] and any(c.isupper() for c in name[1:]) and not marks["code"]:
        return True
    common = plainly[name.casefold()] if name != name.casefold() else plainly[name]
    if name.islower() and marks["code"]:
        return False
    if name.islower() or 3 * common > plainly[name]:
        return bool(marks["strong"] + marks["link"]) and bool(marks["heading"] + marks["intitle"])
    if marks["code"] > 1 or (marks["code"] and any(c.isupper() for c in name[1:]) and not name.isupper()):
        return False
    return marks["caps"] + marks["inline"] > 1 or (marks["caps"] + marks["inline"] > 0 and len(marks) > 1)


def _capital(name: str) -> bool:
    """Whether every word of a name but the small ones has a capital."""
    return all(not w[0].islower() or w in words.SMALL for w in name.split())


def _titular(name: str) -> bool:
    """Whether a title is itself a name: short, or in capitals, and not of something being done."""
    parts = name.split()
    doing = parts[0].casefold().endswith("ing") and len(parts) > 1
    return not doing and (len(parts) <= 2 or (len(parts) <= 5 and _capital(name)) or has_han(name))


def _least(made: Candidate, loose: bool) -> int:
    """How many sentences must mention a candidate: fewer, the more it looks like a proper name or a marked term.

    `loose`: the source as a whole has no subject, so that its sentences need some of their own.
    """
    marks, name = set(made.evidence) - {"code", "em", "coined"}, made.name
    inner = any(c.isupper() for c in name[1:]) and not name.isupper()
    if (
        marks & {"title", "book", "person"}
        or {"heading", "strong"} <= marks
        or (inner and "strong" in marks)
        or ("intitle" in marks and len(marks) > 1)
    ):
        return 1
    proper = (has_han(name) or name[:1].isupper()) and bool(marks & {"strong", "beside", "expanded", "link", "heading"})
    full = " " in name and _capital(name) and not has_han(name)
    if loose and (full or (proper and marks & {"strong", "expanded"})):
        return 1
    return MIN_MENTIONS - (len(marks) > 1 or proper or full)


def _score(made: Candidate) -> float:
    return made.weight + 1.5 * log2(1 + made.mentions)


def _distinct(good: Iterable[Candidate]) -> Iterator[Candidate]:
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
        proper = made.evidence["book"] or made.evidence["person"] or (made.latin.istitle() and " " in made.latin)
        guess = "entity" if proper else "concept"
    elif stem(low.split()[-1]) in words.CONCEPT_ENDS or re.search(r" \d", name):
        guess = "concept"
    else:
        proper = made.evidence["caps"] + made.evidence["inline"] or "title" in made.evidence
        guess = "entity" if proper and name != low and _capital(name) and "expanded" not in made.evidence else "concept"
    return guess if guess in kinds else ("concept" if "concept" in kinds or not kinds else kinds[0])
