"""Which pages must be made again, and why: the list that `--dry-run` prints and that compile works through."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from .absorb import joined
from .bundle import counted_as
from .changes import Decided, Plan, Step
from .frame import Frame
from .hands import by_hand, deleted_claims, is_guest, own_values
from .homonyms import is_meaning
from .names import digest, key
from .nouns import Claim, Decision, Source, Subject
from .resolve import Names
from .wiki import Page, Wiki


@dataclass(frozen=True, slots=True)
class Shelf:
    """The pages on disk as they belong to the subjects of today."""

    old: Mapping[str, Page] = field(default_factory=dict)
    """The page of a subject as it is on disk, by today's slug."""
    orphans: tuple[Page, ...] = ()
    """Pages that karpwiki wrote and no subject has any more, or that stand under a former path."""
    absorbed: Mapping[str, str] = field(default_factory=dict)
    """Path → slug of pages whose subject became one with that of another page; a person's words went there."""


def shelf(frame: Frame) -> Shelf:
    """Match the pages on disk to the subjects: by path, else (a subject whose slug changed) by title or alias."""
    wiki, names = frame.wiki, frame.names
    old: dict[str, Page] = {}
    for subject in names.pages:
        page = wiki.pages.get(frame.path_of(subject))
        if page is not None:
            old[subject.slug] = page
    taken = {p.path for p in old.values()}
    kinds = set(frame.settings.subject_kinds)
    ours = (p for p in wiki.pages.values() if p.state and p.kind in kinds and not is_guest(p))
    rest = [p for p in ours if p.path not in taken]
    moved = {p.state.at: p for p in rest if p.state and p.state.at != p.path}
    for subject in names.pages:
        # A page that a person moved says where it stood, whatever its title is now.
        there = moved.get(frame.path_of(subject))
        if there is not None and subject.slug not in old:
            old[subject.slug] = there
            rest.remove(there)
    absorbed: dict[str, list[Page]] = defaultdict(list)
    for page in sorted(rest, key=lambda p: p.path):
        found = names.subjects.get(key(page.title)) or names.subjects.get(key(page.stem))
        if found and found.has_page:
            absorbed[found.slug].append(page) if found.slug in old else old.setdefault(found.slug, page)
    old |= {slug: joined(old[slug], pages) for slug, pages in absorbed.items()}
    into = {page.path: slug for slug, pages in absorbed.items() for page in pages}
    return Shelf(old, tuple(p for p in rest if p.path not in {frame.paths.get(s) for s in old}), into)


def decisions_by_hand(wiki: Wiki, frame: Frame) -> Decided:
    """What a person said of names by editing a page: its title, its aliases, or the place of its file.

    It replaces what names.txt said of that until now; what a command is about to say of it, stands.
    """
    made: list[Decision] = []
    gone: list[Decision] = []
    of = frame.names.by_slug
    for slug, page in shelf(frame).old.items():
        if page.state is None:
            continue
        subject, name = of[slug], frame.names.name_of(of[slug])
        found = _renamed(subject, page, name)
        if page.state.at and page.state.at != page.path and page.path != frame.path_of(subject):
            found.append(Decision(name, "path", page.path, "person"))
        for new in found:
            told = said_of(wiki, subject, (new.relation,)) if new.relation in ("path", "title") else ()
            if all(d.line for d in told):
                made.append(new)
                gone += [d for d in told if d.value != new.value]
    known = {_said(d) for d in wiki.decisions}
    return Decided(tuple(d for d in made if _said(d) not in known), tuple(gone))


def said_of(wiki: Wiki, subject: Subject, relations: Iterable[str]) -> tuple[Decision, ...]:
    """The decisions that say these things of a subject."""
    names = {key(n) for n in subject.names}
    lines = (d for d in wiki.decisions if d.by != "page" and d.relation in relations and not is_meaning(d))
    return tuple(d for d in lines if key(d.name) in names)


def _said(d: Decision) -> tuple[str, str, str]:
    return (key(d.name), d.relation, key(d.value) if d.relation in ("=", "!=") else d.value)


def _renamed(subject: Subject, page: Page, name: str) -> list[Decision]:
    own = own_values(page)
    keys = {key(n) for n in subject.names}
    made = []
    title = own.get("title")
    if isinstance(title, str) and title.strip() and title != subject.title:
        made.append(Decision(name, "title", title.strip(), "person"))
        made += [Decision(name, "=", title.strip(), "person")] if key(title) not in keys else []
    aliases = own.get("aliases")
    for alias in aliases if isinstance(aliases, list) else []:
        if isinstance(alias, str) and alias.strip() and key(alias) not in keys:
            made.append(Decision(name, "=", alias.strip(), "person"))
    return made


def chosen(subject: Subject, names: Names, limit: int) -> tuple[str, ...]:
    """The claims that a page is made of, at most `limit`: distinct sources first, then primary, newer, by id."""
    rank = {"primary": 0, "secondary": 1, "inferred": 2}
    by_source: dict[str, list[str]] = {}

    def order(i: str) -> tuple[int, str, str]:
        claim, source = names.claims[i]
        weight = rank.get(claim.basis or source.part_of(claim).credibility, 1)
        return (weight, _newest_first(claim.as_of or source.date_of(claim)), i)

    for i in sorted(subject.claims, key=order):
        by_source.setdefault(counted_as(names.claims[i][1]), []).append(i)
    rounds = max((len(ids) for ids in by_source.values()), default=0)
    turns = [
        i
        for n in range(rounds)
        for ids in sorted(by_source.values(), key=lambda x: order(x[0]))
        for i in ids[n : n + 1]
    ]
    return tuple(sorted(turns[:limit], key=lambda i: place(names.claims[i])))


@lru_cache(maxsize=10_000)
def _newest_first(date: str) -> str:
    return "".join(chr(0x7F - ord(c)) for c in date.ljust(10, "0")[:10])


def place(item: tuple[Claim, Source]) -> tuple[str, str, int, str]:
    """Where a claim stands: date of its source, raw path, line, id. The order of claims in prompts and pages."""
    claim, source = item
    return (source.date_of(claim), claim.quote.path, claim.quote.line, claim.id)


def origin(ids: Sequence[str], names: Names) -> str:
    """What a page was made from: a hash of its claims with all that its prompt shows of them."""
    seen = []
    for i in ids:
        c, s = names.claims[i]
        told = (c.text, c.quote.text, c.as_of, c.voice, c.said_by, c.basis, s.date_of(c), s.part_of(c).credibility)
        parts = (*told, c.heading, "" if s.bundle else s.title)
        seen.append("|".join(parts))
    return digest("\n".join(sorted(seen)), 16)


def offered(subject: Subject, page: Page | None, frame: Frame) -> tuple[str, ...]:
    """The claims that a page's text is made of: chosen, without those a person deleted or cites in words by hand."""
    gone = deleted_claims(page)
    hands = {i for b in by_hand(page) for i in b.cites}
    return tuple(i for i in chosen(subject, frame.names, frame.settings.page_limit) if i not in gone and i not in hands)


def plan(
    frame: Frame,
    shelf: Shelf,
    recipes: Mapping[str, str],
    model: str = "",
    everything: bool = False,
    upgrade: bool = False,
    retry: bool = False,
) -> Plan:
    """The steps of a compile, by path. `recipes`: kind → `model/recipe` of today, for `upgrade`.

    What `model` has refused is planned again only with `retry`.
    """
    steps = []
    for subject in frame.names.pages:
        page = shelf.old.get(subject.slug)
        reason = _reason(page, chosen(subject, frame.names, frame.settings.page_limit), frame.names)
        if not reason and everything:
            reason = "asked"
        if not reason and page and page.state and (page.state.asks_again(model) or (retry and page.state.unpolished)):
            reason = "unpolished"
        if not reason and upgrade and page and page.state and page.state.by != recipes.get(subject.kind, page.state.by):
            reason = "recipe"
        stays = model == "excerpt" and page is not None and page.state is not None and page.state.is_better
        if reason and not (stays and reason in ("asked", "unpolished", "recipe")):
            ids = offered(subject, page, frame)
            steps.append(Step(frame.path_of(subject), subject.title, subject.kind, reason, ids, calls=int(bool(ids))))
    return Plan(tuple(sorted(steps, key=lambda s: s.path)), tuple(p.path for p in shelf.orphans))


def _reason(page: Page | None, ids: Sequence[str], names: Names) -> str:
    if page is None or page.state is None:
        return "new" if page is None else "joins a page by hand"
    if page.state.origin == origin(ids, names):
        return ""
    if not page.state.origin:
        return "changed on both sides of a merge"
    before = {i for cites in page.state.blocks.values() for i in cites} | set(page.state.left)
    more, less = len(set(ids) - before), len(before - set(ids))
    counts = [f"+{more}" if more else "", f"−{less}" if less else ""]
    return " ".join(filter(None, ("claims", *counts))) if more or less else "claims reworded"
