"""Which names may stand for one thing without being spelled so: the few pairs that are worth a question.

A function of the digests, the decisions and the settings: a pair is near whichever of the two came first. Two names
are near when a digest gives one as another form of the other, when one abbreviates the other, when they are spelled
alike, when all words of one stand in the other, or when names, glosses and claims together are alike.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, combinations, pairwise

from .homonyms import AT, is_meaning
from .names import key, told_apart
from .nouns import Decision, Source, Subject
from .pattern import pattern
from .resolve import Names
from .settings import Settings

Pair = tuple[Subject, Subject]
"""Two subjects, in the order of their slugs."""
MOST = 3
"""Near names of one name that are ever asked about."""
SPELLED, CONTAINED, ALIKE = 88.0, 0.3, 0.2
"""The least likeness of spellings (0–100), share of a longer name's weight, and cosine of texts that make a pair."""
OTHER_KIND = 1.5
"""How much more alike texts must be when one is of an entity, say, and the other of a concept."""
COMMON = 0.05
"""A word in more than this share of the texts says nothing."""
TEXTS = 3
"""Claims of a subject that its text is taken from."""
_WORD = pattern(r"[a-z]{3,}?(?=s?(?![a-z]))|\d{2,}")


@dataclass(frozen=True)
class _Crowd:
    """All names of a wiki that claims are about, as they are compared."""

    names: Names
    settings: Settings
    claims: Mapping[str, Sequence[str]]
    """Slug → ids of the claims about it, in order."""
    first: Counter[str]
    """Slug → how many claims name it first."""
    keys: Mapping[str, Sequence[str]]
    """Slug → keys of its names."""
    spoken: dict[str, frozenset[str]] = field(default_factory=dict)

    def places(self, slug: str) -> frozenset[str]:
        """The raw files that speak of a subject."""
        if slug not in self.spoken:
            self.spoken[slug] = frozenset(self.names.claims[i][0].quote.path for i in self.claims[slug])
        return self.spoken[slug]

    def told(self, a: str, b: str) -> bool:
        """Whether numerals or qualifiers of their names tell two subjects apart."""
        return any(told_apart(x, y) for x in self.keys[a] for y in self.keys[b])

    def worth(self, a: str, b: str) -> bool:
        """Whether one of two subjects has a page, or both together would."""
        if self.names.by_slug[a].has_page or self.names.by_slug[b].has_page:
            return True
        n = self.settings.page_claims
        if self.first[a] + self.first[b] >= n:
            return True
        both = {*self.claims[a], *self.claims[b]}
        origins = {self.names.claims[i][1].key for i in both}
        return len(both) >= n and len(origins) >= self.settings.page_sources


def near(
    names: Names,
    sources: Iterable[Source],
    decisions: Sequence[Decision],
    slugs: Collection[str],
    settings: Settings,
) -> tuple[Pair, ...]:
    """The pairs of near subjects, one of them among `slugs`, that nobody decided; each pair once, in order.

    Of each of these at most three pairs count, decided ones included, so that the next best do not come up for ever.
    """
    crowd = _crowd(names, settings)
    mine = {slug for slug in slugs if slug in crowd.claims}
    if not mine:
        return ()
    scores: dict[tuple[str, str], float] = {}
    for score, a, b in _candidates(crowd, list(sources), sorted(mine)):
        pair = (a, b) if a < b else (b, a)
        scores[pair] = max(score, scores.get(pair, 0.0))
    kept: Counter[str] = Counter()
    found = set()
    for _, pair in sorted((-score, pair) for pair, score in scores.items()):
        open_sides = [slug for slug in pair if slug in mine and kept[slug] < MOST]
        if open_sides and crowd.worth(*pair) and not crowd.told(*pair):
            found.add(pair)
            kept.update(pair)
    known = decided(names, decisions)
    return tuple((names.by_slug[a], names.by_slug[b]) for a, b in sorted(found) if frozenset((a, b)) not in known)


def _crowd(names: Names, settings: Settings) -> _Crowd:
    claims: dict[str, list[str]] = defaultdict(list)
    for i in sorted(names.about):
        for subject in names.about[i]:
            claims[subject.slug].append(i)
    keys: dict[str, list[str]] = {slug: [] for slug in claims}
    for name, subject in names.subjects.items():
        if subject.slug in claims:
            keys[subject.slug].append(name)
    return _Crowd(names, settings, claims, Counter(named[0].slug for named in names.about.values() if named), keys)


def decided(names: Names, decisions: Iterable[Decision]) -> set[frozenset[str]]:
    """The pairs of slugs that lines of names.txt are about, whoever wrote them; parted meanings of one name too."""
    meanings: dict[str, set[str]] = defaultdict(set)
    found = set()
    for d in decisions:
        a, b = names.subjects.get(key(d.name)), names.subjects.get(key(d.value))
        if is_meaning(d):
            meanings[key(d.name.rpartition(AT)[0])].add(key(d.value))
        elif d.relation in ("=", "!=") and a and b:
            found.add(frozenset((a.slug, b.slug)))
    for name, others in meanings.items():
        slugs = sorted({names.subjects[k].slug for k in (name, *others) if k in names.subjects})
        found |= {frozenset(pair) for pair in combinations(slugs, 2)}
    return found


def _candidates(crowd: _Crowd, sources: list[Source], asked: Sequence[str]) -> Iterable[tuple[float, str, str]]:
    """(score, slug, slug) of what may be near. What one source tells apart is near only by that source's own word."""
    yield from _listed(crowd, sources, set(asked))
    for score, a, b in chain(_spelled(crowd, asked), _contained(crowd, asked), _alike(crowd, asked)):
        told = score <= 1 and not crowd.places(a).isdisjoint(crowd.places(b))
        if a != b and not told and set(crowd.claims[a]).isdisjoint(crowd.claims[b]):
            yield score, a, b


def _listed(crowd: _Crowd, sources: list[Source], asked: set[str]) -> Iterable[tuple[float, str, str]]:
    """Pairs where a digest lists a name of one under `also` of the other, or the same form under both."""
    owners: dict[str, set[str]] = defaultdict(set)
    for source in sources:
        for name in source.names:
            subject = crowd.names.subjects.get(key(name.name)) if name.also else None
            if subject and subject.slug in crowd.claims:
                for form in name.also:
                    owners[key(form)].add(subject.slug)
    for form, slugs in owners.items():
        holder = crowd.names.subjects.get(form)
        every = slugs | ({holder.slug} if holder and holder.slug in crowd.claims else set())
        for a in every & asked if len(every) <= MOST + 1 else ():  # what many are also called says nothing
            for b in every - {a}:
                yield 3.0, a, b


def _spelled(crowd: _Crowd, asked: Sequence[str]) -> Iterable[tuple[float, str, str]]:
    """Pairs of names that are spelled alike, or of which one is the other's initials."""
    from rapidfuzz import fuzz, process

    owner = {name: slug for slug, keys in crowd.keys.items() for name in keys}
    short, sized = defaultdict[str, list[str]](list), defaultdict[int, list[str]](list)
    for name in owner:
        short[_initials(name)].append(name)
        sized[len(name)].append(name)
    for a in asked:
        for name in crowd.keys[a]:
            letters = _initials(name)
            for other in [*short.get(name, ()), *([letters] if letters in owner else [])]:
                yield 2.0, a, owner[other]
            # Names whose lengths differ by more are less alike, whatever their letters.
            around = range(max(4, int(len(name) * 0.78)), int(len(name) * 1.28) + 1) if len(name) >= 4 else ()
            every = [other for size in around for other in sized.get(size, ())]
            for other, ratio, _ in process.extract(name, every, scorer=fuzz.ratio, score_cutoff=SPELLED, limit=None):
                yield 1 + ratio / 100, a, owner[other]


def _contained(crowd: _Crowd, asked: Sequence[str]) -> Iterable[tuple[float, str, str]]:
    """Pairs where all words of one name stand in the other, and weigh enough there."""
    every = [(slug, _pieces(name)) for slug, keys in crowd.keys.items() for name in keys]
    counts = Counter(chain.from_iterable(words for _, words in every))
    mine = [(slug, frozenset(_pieces(name))) for slug in asked for name in crowd.keys[slug]]
    having: dict[str, list[tuple[str, frozenset[str]]]] = {word: [] for _, words in mine for word in words}
    for slug, words in every:
        for word in having.keys() & words:
            having[word].append((slug, frozenset(words)))

    def weight(words: frozenset[str]) -> float:
        return sum(math.log(1 + max(len(every), 1_000) / counts[word]) for word in sorted(words))

    for a, own in mine:
        for b, other in {found for word in own for found in having[word]}:
            if b != a and (own <= other or other <= own):
                share = weight(own & other) / weight(own | other)
                if share >= CONTAINED:
                    yield share, a, b


def _alike(crowd: _Crowd, asked: Sequence[str]) -> Iterable[tuple[float, str, str]]:
    """Pairs that are alike by name, gloss and claims together: the cosine of their weighed words.

    Between a text in Han characters and one in Latin letters only Latin words and numbers count.
    """
    texts = {slug: _text(crowd, slug) for slug in sorted(crowd.claims) if slug in set(asked) or _known(crowd, slug)}
    latin = {slug: sum(map(str.isascii, text)) * 2 >= len(text) for slug, text in texts.items()}
    counts = Counter(chain.from_iterable(texts.values()))
    total, kinds = len(texts), crowd.names.by_slug
    idf = {word: math.log(total / n) if n <= max(COMMON * total, 12) else 0.0 for word, n in counts.items()}
    postings: dict[str, list[str]] = {word: [] for slug in asked for word in texts[slug] if idf[word]}
    for slug, text in texts.items():
        for word in text.keys() & postings.keys():
            postings[word].append(slug)

    @cache
    def norm(slug: str, across: bool) -> float:
        words = ((word, n) for word, n in texts[slug].items() if word.isascii() or not across)
        return math.sqrt(sum((n * idf[word]) ** 2 for word, n in words)) or 1.0

    for a in asked:
        shared, words = defaultdict[str, float](float), Counter[str]()
        for word, n in sorted(texts[a].items()):
            for b in postings.get(word, ()):
                if word.isascii() or latin[a] == latin[b]:
                    shared[b] += n * texts[b][word] * idf[word] ** 2
                    words[b] += 1
        for b, value in shared.items():
            across = latin[a] != latin[b]
            least = ALIKE if kinds[a].kind == kinds[b].kind else ALIKE * OTHER_KIND
            if b != a and words[b] > 1 and value >= least * norm(a, across) * norm(b, across):
                yield value / norm(a, across) / norm(b, across), a, b


def _known(crowd: _Crowd, slug: str) -> bool:
    """Whether enough is said of a subject to compare what is said."""
    return crowd.names.by_slug[slug].has_page or len(crowd.claims[slug]) > 1


def _text(crowd: _Crowd, slug: str) -> Counter[str]:
    """The words of a subject by weight: three in a name, two in the gloss, one in a claim."""
    claims = crowd.names.claims
    said = " ".join([claims[i][0].text for i in crowd.claims[slug][:TEXTS]])
    name, gloss = " ".join(crowd.keys[slug]), crowd.names.by_slug[slug].gloss
    return Counter([*_words(name) * 3, *_words(gloss) * 2, *set(_words(said))])


def _words(text: str) -> list[str]:
    """Latin words, numbers of two digits and more, pairs of Han characters."""
    found: list[str] = _WORD.findall(text.casefold())
    return found if text.isascii() else found + [a + b for a, b in pairwise(text) if min(a, b) >= "\u3040"]


def _pieces(name: str) -> list[str]:
    """The words of a name's key, and its signs where words are not parted."""
    return [piece for word in name.split() for piece in (word if "\u3040" <= word[0] <= "\ud7af" else (word,))]


def _initials(name: str) -> str:
    words = [w for w in name.split() if w not in ("of", "the", "and", "for", "a", "an", "in", "on", "to")]
    return "".join(w[0] for w in words) if len(words) > 1 and name.isascii() else ""
