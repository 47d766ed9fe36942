"""Is a page's form carried by its claims? Checked by code before a word is published; what fails is told to the model.

In a trial of written summaries, numbers and names that stand in no cited claim, and cited claims that share no content
word with their statement, were six of eight wrong sentences.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from .forms import FormStatement, PageForm
from .ground import missing_numbers, spelled
from .names import is_latin
from .nouns import Claim, Source, Subject
from .pattern import pattern
from .plain import fold

MAX_WORDS = 700
"""Characters of one statement at most."""
_STOP = frozenset(
    "a an the of in on at to for and or but is are was were be been has have had it its they their which that this "
    "these those with by from as than not no into only just also more most so such one two first".split()
)
_HAN = pattern(r"[㐀-鿿]{2}")
_NAME = pattern(r"\b[A-Z][A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*")


@lru_cache(maxsize=4_000)
def content(text: str) -> frozenset[str]:
    """The content words of a text, roughly stemmed; of Han, each pair of neighbours."""
    text = unicodedata.normalize("NFKC", text).casefold()
    words = (w.rstrip(".") for w in re.findall(r"[a-z0-9][a-z0-9.+]*", text))
    latin = {re.sub(r"(ing|ed|es|s)$", "", w) for w in words if w not in _STOP}
    han = re.findall(r"[㐀-鿿]+", text)
    return frozenset(latin | {run[n : n + 2] for run in han for n in range(max(1, len(run) - 1))})


def is_han(text: str) -> bool:
    return len(re.findall(r"[㐀-鿿]", text)) > len(re.findall(r"[A-Za-z]", text)) / 2


class Evidence:
    """The claims of one page, as what its statements are held against."""

    def __init__(self, claims: Mapping[str, tuple[Claim, Source, Sequence[Subject]]]) -> None:
        self.words: dict[str, str] = {}
        for label, (claim, source, subjects) in claims.items():
            names = [form for s in subjects for form in s.names]
            parts = [
                claim.text,
                claim.quote.text,
                claim.as_of,
                claim.said_by,
                claim.heading,
                source.date_of(claim),
                source.part_of(claim).title,
                *names,
            ]
            self.words[label] = " ".join(parts)
        self.content = {label: content(words) for label, words in self.words.items()}
        self.texts = {label: claim.text for label, (claim, _, _) in claims.items()}
        self.names = [form for _, _, subjects in claims.values() for s in subjects for form in s.names]

    def problem(self, words: str, labels: Sequence[str]) -> str:
        """Why a statement is not carried by the claims that it cites; '' when it is."""
        unknown = [c for c in labels if c not in self.words]
        if unknown:
            return f"cites {', '.join(unknown[:5])}, which are not labels of the list"
        if not labels:
            return "cites no claim"
        if not words.strip():
            return "has no words"
        if len(words) > MAX_WORDS:
            return f"is longer than {MAX_WORDS} characters"
        evidence = [self.words[c] for c in labels]
        if lost := missing_numbers(words, evidence, self.names):
            return f"has numbers that its claims do not hold: {', '.join(lost)}"
        if lost := self._names(words, labels):
            return f"has names that its claims do not hold: {', '.join(lost)}"
        mine = content(words)
        strangers = [c for c in labels if is_han(self.texts[c]) == is_han(words) and not mine & self.content[c]]
        return f"shares no word with {', '.join(strangers)}, which it cites" if strangers else ""

    def _names(self, words: str, labels: Sequence[str]) -> list[str]:
        """Capitalised words inside a sentence that no cited claim has; not asked across scripts."""
        if _HAN.search(words) or any(_HAN.search(self.texts[c]) for c in labels):
            return []
        have = frozenset().union(*(self.content[c] for c in labels))
        found = [
            m.group()
            for m in _NAME.finditer(words)
            if m.start() > 0 and not re.search(r"[.!?:“\"]\s*$", words[: m.start()])
        ]
        found = [name for name in found if is_latin(name[0]) and not spelled(name)]  # March is a number: 2026-03
        return sorted({name for name in found if content(name) and not content(name) & have})


def check(form: PageForm, evidence: Evidence, kept: Mapping[int, Sequence[str]], budget: int) -> list[str]:
    """What is wrong with a page's form, one line for each thing. `kept`: the labels of each old statement."""
    problems, cited, size = [], set(), 0
    for place, made, columns in _statements(form):
        words = ": ".join(made.words)
        size += len(words)
        cited |= {*made.claims, *kept.get(made.keep, ())}
        problem = _problem(made, words, evidence, kept, place)
        if columns and made.words and len(made.words) != columns:
            problem = f"has {len(made.words)} cells, the table has {columns} columns"
        if problem:
            problems.append(f"{place}: “{words[:80]}” {problem}.")
    for t in form.tensions:
        cited |= {t.first, t.second}
        strange = [c for c in (t.first, t.second) if c not in evidence.words]
        if strange or t.first == t.second:
            problems.append(f"tension “{t.topic[:60]}”: {', '.join(strange) or t.first} is no pair of labels.")
    left = {x.claim for x in form.left_out}
    forgotten = [c for c in evidence.words if c not in cited and c not in left]
    if forgotten:
        problems.append(f"neither cited nor left out: {', '.join(forgotten)}.")
    if not form.lead:
        problems.append("the lead is empty.")
    if size > budget * 1.5:
        problems.append(f"the page has {size} characters of words; {budget} are allowed.")
    return problems


def _problem(made: FormStatement, words: str, evidence: Evidence, kept: Mapping[int, Sequence[str]], place: str) -> str:
    if made.keep:
        known = made.keep in kept and not made.words and all(c in evidence.words for c in made.claims)
        return "" if known else "keeps a statement that is not in the list, or has words too"
    if place.endswith(("quotation", "excerpt")) and len(made.claims) == 1 and not words:
        return "" if made.claims[0] in evidence.words else "cites an unknown claim"
    return evidence.problem(words, made.claims)


def _statements(form: PageForm) -> Iterable[tuple[str, FormStatement, int]]:
    """(place, statement, columns of its table or 0) of a form."""
    for made in form.lead:
        yield "lead", made, 0
    for section in form.sections:
        for block in section.blocks:
            for made in block.statements:
                yield (
                    f"{section.heading[:40]}, {block.shape}",
                    made,
                    len(block.columns) if block.shape == "table" else 0,
                )
    for made in form.reading:
        yield "reading", made, 0


def sound(form: PageForm, evidence: Evidence, kept: Mapping[int, Sequence[str]]) -> PageForm:
    """A form without the statements, tensions and blocks that its claims do not carry, and without what it repeats."""

    said: set[tuple[object, ...]] = set()

    def good(made: FormStatement, place: str, columns: int = 0) -> bool:
        cells = not columns or not made.words or len(made.words) == columns
        if (what := (made.keep, *map(fold, made.words), *made.claims)) in said:  # a page says it once
            return False
        said.add(what)
        return cells and not _problem(made, ": ".join(made.words), evidence, kept, place)

    sections = []
    for section in form.sections:
        blocks = [
            block.model_copy(update={"statements": [s for s in block.statements if good(s, block.shape, columns)]})
            for block in section.blocks
            for columns in [len(block.columns) if block.shape == "table" else 0]
        ]
        full = [b for b in blocks if b.statements and (b.shape != "table" or 2 <= len(b.columns) <= 6)]
        sections += [section.model_copy(update={"blocks": full})] if full else []
    known = evidence.words
    return form.model_copy(
        update={
            "lead": [s for s in form.lead if good(s, "lead")],
            "sections": sections,
            "reading": [s for s in form.reading if good(s, "reading") and len(s.claims) > 1][:2],
            "tensions": [t for t in form.tensions if t.first in known and t.second in known and t.first != t.second],
            "left_out": [x for x in form.left_out if x.claim in known],
        }
    )
