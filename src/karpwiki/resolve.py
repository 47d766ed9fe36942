"""Names → Subjects: which names are one thing, which things have a page, and what each page is called.

Everything here is a function of the digests, the decisions in names.txt and the settings: no order matters, and
nothing is remembered.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from .bundle import counted_as
from .homonyms import is_meaning
from .joins import join
from .names import by_rank, digest, is_latin, key, slug, stem_key
from .nouns import Claim, Decision, Name, Source, Subject
from .settings import Settings

MIN_HOME = 2
"""A page is dropped, and its claims go to their next subject, when fewer claims than this have their home on it."""


@dataclass(frozen=True)
class Names:
    """What the names of a wiki stand for."""

    subjects: Mapping[str, Subject]
    """By the key of every name."""
    claims: Mapping[str, tuple[Claim, Source]]
    """Every claim with its source, by id."""
    about: Mapping[str, tuple[Subject, ...]]
    """Claim id → its subjects, the first first."""

    @cached_property
    def by_slug(self) -> dict[str, Subject]:
        """All subjects, each once, in the order of their slugs."""
        found = {s.slug: s for s in self.subjects.values()}
        return {slug: found[slug] for slug in sorted(found)}

    @cached_property
    def every(self) -> tuple[Subject, ...]:
        return tuple(self.by_slug.values())

    def name_of(self, subject: Subject) -> str:
        """A name by which lines of names.txt find a subject: its title, if that is one."""
        owned = [n for n in subject.names if self.subjects.get(key(n)) == subject]
        return subject.title if subject.title in owned or not owned else min(owned, key=by_rank)

    @cached_property
    def pages(self) -> tuple[Subject, ...]:
        """Those whose page has claims."""
        return tuple(s for s in self.linked if s.claims)

    @cached_property
    def linked(self) -> tuple[Subject, ...]:
        return tuple(s for s in self.every if s.has_page)

    @cached_property
    def shared(self) -> dict[str, dict[str, float]]:
        """Slug → slug → the claims that two subjects share, each weighing 1/(its subjects − 1)."""
        found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for named in self.about.values():
            for a in named:
                for b in named:
                    if a is not b:
                        found[a.slug][b.slug] += 1 / (len(named) - 1)
        return found


def resolve(
    sources: Iterable[Source], decisions: Sequence[Decision], settings: Settings, reserved: Collection[str] = ()
) -> Names:
    """The subjects of all sources, their pages, the claims at home there. `reserved`: stems of pages by hand."""
    sources = sorted(sources, key=lambda s: s.key)
    claims = {c.id: (c, s) for s in sources for c in s.claims}
    listed: dict[str, list[tuple[Name, int]]] = defaultdict(list)
    for source in sources:
        uses = Counter(key(name) for c in source.claims for name in c.subjects)
        for name in source.names:
            listed[key(name.name)].append((name, uses[key(name.name)]))
    sets, said = join(listed, decisions).frozen(), defaultdict[str, list[int]](list)
    for n, d in enumerate(decisions):
        for k in {key(d.name), key(d.value)}:
            said[k].append(n)
    lines = {g: [decisions[n] for n in sorted({n for k in g for n in said[k]})] for g in set(sets.values())}
    groups = {group: _subject(group, sets, listed, mine, settings) for group, mine in lines.items()}
    subjects = _unique(groups, reserved)
    standing = {key(d.name) for d in decisions if d.by == "page" and d.relation == "path"}
    about = {
        i: tuple(dict.fromkeys(subjects[key(name)] for name in c.subjects if key(name) in subjects))
        for i, (c, _) in claims.items()
    }
    return _with_pages(subjects, claims, about, settings, {s.slug for k, s in subjects.items() if k in standing})


def _subject(
    group: frozenset[str],
    known: Mapping[str, frozenset[str]],
    listed: Mapping[str, list[tuple[Name, int]]],
    decisions: Sequence[Decision],
    settings: Settings,
) -> Subject:
    """One set of names as a Subject: title, kind, slug and gloss each by a rule that no order can change."""
    names = [(n, uses) for k in sorted(group) for n, uses in listed.get(k, ())]
    spelled: Counter[str] = Counter()
    forms: dict[str, str] = {}
    for n, uses in names:
        spelled[n.name] += max(uses, 1)
        for form in (n.name, n.latin, *n.also):
            if form and known.get(key(form), group) == group:  # another subject's name is no alias
                forms[key(form)] = min(forms.get(key(form), form), form)
    for d in decisions:
        if d.relation == "=" and {key(d.name), key(d.value)} & group and not is_meaning(d):
            for form in (d.name, d.value):
                forms.setdefault(key(form), form)
    kinds: Counter[str] = Counter()
    glosses: Counter[str] = Counter()
    for n, uses in names:
        kinds[n.kind] += uses
        glosses[n.gloss] += uses if n.gloss else 0
    order = settings.subject_kinds
    said = {
        d.relation: d.value
        for d in sorted(decisions, key=lambda d: (d.by == "person", d.value))
        if key(d.name) in group
    }
    kind = max(kinds, key=lambda k: (kinds[k], -order.index(k) if k in order else -99), default=order[0])
    wanted = [f for f in spelled if is_latin(f) != (settings.language == "zh")] if settings.language else []
    if not wanted and settings.language not in ("", "zh", "ja", "ko"):
        wanted = [n.latin for n, _ in names if n.latin and key(n.latin) in group]
    title = said.get("title") or min(wanted or list(spelled), key=lambda f: (-spelled[f], f))
    # Of the names that sources use: an alias that a person adds renames no file.
    stem = slug(min((f for n, _ in names for f in (n.name, n.latin) if f and key(f) in group), key=by_rank))
    if "path" in said and said["path"].endswith(".md"):
        stem = said["path"].rpartition("/")[2].removesuffix(".md")
    return Subject(
        names=tuple(sorted({title, *spelled, *forms.values()}, key=lambda f: (f != title, key(f), f))),
        title=title,
        kind=said["kind"] if said.get("kind") in order else kind,
        slug=stem,
        gloss=min(glosses, key=lambda g: (-glosses[g], g), default=""),
    )


def _unique(groups: Mapping[frozenset[str], Subject], reserved: Collection[str]) -> dict[str, Subject]:
    """Subjects by the key of every name, with stems that are one file only: of a clash, all but one get a suffix."""
    taken = set(reserved)
    made: dict[str, Subject] = {}
    for group, subject in sorted(groups.items(), key=lambda item: (item[1].slug, min(item[0]))):
        if stem_key(subject.slug) in taken:
            subject = replace(subject, slug=f"{subject.slug}-{digest(min(group), 4)}")
        taken.add(stem_key(subject.slug))
        made |= dict.fromkeys(group, subject)
    return made


def _with_pages(
    subjects: Mapping[str, Subject],
    claims: Mapping[str, tuple[Claim, Source]],
    about: Mapping[str, tuple[Subject, ...]],
    settings: Settings,
    standing: Collection[str],
) -> Names:
    """Decide which subjects have a page, and give each claim its home: the first of its subjects that has one.

    `standing`: slugs of those that have one already, by hand; they need no number of claims.
    """
    first: Counter[str] = Counter(named[0].slug for named in about.values() if named)
    every: Counter[str] = Counter(s.slug for named in about.values() for s in named)
    origins: dict[str, set[str]] = defaultdict(set)
    for i, named in about.items():
        for subject in named:
            origins[subject.slug].add(counted_as(claims[i][1]))
    n = settings.page_claims
    having = {
        slug for slug in every if first[slug] >= n or (every[slug] >= n and len(origins[slug]) >= settings.page_sources)
    }
    having |= every.keys() & set(standing)
    while True:
        homes: dict[str, list[str]] = {slug: [] for slug in having}
        for i in sorted(about):
            home = next((s.slug for s in about[i] if s.slug in having), None)
            if home:
                homes[home].append(i)
        poor = {slug for slug in having - set(standing) if len(homes[slug]) < min(MIN_HOME, n)}
        if not poor:
            break
        having -= poor
    bare: dict[str, list[str]] = defaultdict(list)
    for i in sorted(about):
        if about[i] and about[i][0].slug not in having:
            bare[about[i][0].slug].append(i)
    made = {
        s.slug: replace(s, has_page=s.slug in having, claims=tuple(homes.get(s.slug, bare[s.slug])))
        for s in subjects.values()
    }
    return Names(
        {k: made[s.slug] for k, s in subjects.items()},
        claims,
        {i: tuple(made[s.slug] for s in named) for i, named in about.items()},
    )


def without_pages(names: Names, slugs: Collection[str]) -> Names:
    """The same names, where subjects whose page is still to be phrased have none: nothing links to them yet."""
    if not slugs:
        return names
    made = {s.slug: replace(s, has_page=s.has_page and s.slug not in slugs) for s in names.every}
    return Names(
        {k: made[s.slug] for k, s in names.subjects.items()},
        names.claims,
        {i: tuple(made[s.slug] for s in named) for i, named in names.about.items()},
    )
