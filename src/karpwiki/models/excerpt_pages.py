"""Pages and the front page from claims as they stand: code groups and orders them, and no word is added."""

from __future__ import annotations

from collections.abc import Iterable

from ..forms import (
    FormBlock,
    FormCentral,
    FormPath,
    FormSection,
    FormStatement,
    OverviewForm,
    OverviewInput,
    OverviewPage,
    PageClaim,
    PageForm,
    PageInput,
)
from ..plain import fold
from . import excerpt_words as words
from .excerpt_names import IS, IS_ZH, Finder, clean, has_han, name_key, unnumbered
from .excerpt_sentences import describes_itself, is_leaning, is_telling, label, units

MAX_LEAD = 3
MAX_CITED = 4
MAX_BLOCK = 4
"""Statements of a paragraph of prose."""
MIN_SECTIONED = 6
"""Claims below which a page has no sections."""
MIN_GROUP = 2
MAX_CENTRAL, MAX_PATH = 8, 8

Group = list[PageClaim]
"""Claims with the same words."""


def page(given: PageInput) -> PageForm:
    """A page made of its claims' own words, each claim cited once."""
    groups = _merge(given.claims)
    names = Finder([(given.title, (given.title, *given.aliases))])
    worth = {g[0].label: _lead_worth(g, names, given.language) for g in groups}
    ranked = sorted(groups, key=lambda g: -worth[g[0].label])
    enough = 3.5 if ranked and worth[ranked[0][0].label] >= 5 else 3
    best = [g for g in ranked if worth[g[0].label] >= enough][:MAX_LEAD] or ranked[:1]
    lead = best[:1] if len(groups) < 4 else best
    rest = [g for g in groups if g not in lead]
    return PageForm(
        lead=[_statement(g) for g in lead],
        sections=_sections(rest, given.title, len(given.claims) < MIN_SECTIONED),
        tensions=[],
        reading=[],
        left_out=[],
    )


def _merge(claims: Iterable[PageClaim]) -> list[Group]:
    """Claims of the same words together, at most four; further ones make a statement of their own."""
    groups: list[Group] = []
    open_: dict[str, Group] = {}
    for claim in claims:
        same = fold(claim.text).casefold()
        group = open_.get(same)
        if group is None or len(group) >= MAX_CITED:
            group = open_[same] = []
            groups.append(group)
        group.append(claim)
    return groups


def _lead_worth(group: Group, names: Finder, language: str) -> float:
    """How well a claim opens the page: a definition of its title first, then what its source marks as key."""
    claim = group[0]
    hits = names.find(claim.text)
    opens = bool(hits) and units(claim.text[: hits[0][0]]) <= 1
    rest = claim.text[hits[0][1] :] if hits else ""
    defines = opens and (IS_ZH if has_han(claim.text) else IS).match(rest) is not None
    itself = any(c.key for c in group) and describes_itself(claim.text)
    weak = is_telling(claim.text) or (not opens and not itself and is_leaning(claim.text))
    native = has_han(claim.text) == (language[:2] in ("zh", "ja", "ko"))
    return (
        native
        + 4.0 * defines
        + 3.0 * itself
        + 2.0 * any(c.key for c in group)
        + 1.0 * opens
        + 0.2 * len(group)
        - 6.0 * weak
    )


def _statement(group: Group) -> FormStatement:
    return FormStatement(keep=0, words=[group[0].text], claims=[c.label for c in group])


def _sections(groups: list[Group], title: str, short: bool) -> list[FormSection]:
    """Groups under their source's headings; what is alone under one, or on a short page, under its source's title."""
    by_heading: dict[str, list[Group]] = {}
    for group in groups:
        heading = group[0].source if short else _heading(group[0], title)
        by_heading.setdefault(heading, []).append(group)
    made: dict[str, list[Group]] = {}
    for heading, members in by_heading.items():
        for group in members:
            made.setdefault(heading if len(members) >= MIN_GROUP else group[0].source, []).append(group)
    return [FormSection(heading=heading, blocks=_blocks(members)) for heading, members in made.items()]


def _heading(claim: PageClaim, title: str) -> str:
    """The heading of a claim if it says something, else the title of its source."""
    heading = unnumbered(claim.heading)
    dull = not heading or label(heading) in words.GENERIC or name_key(clean(heading)) == name_key(title)
    return claim.source if dull or len(heading) > 80 else heading


def _blocks(groups: list[Group]) -> list[FormBlock]:
    """Paragraphs of consecutive claims from one source."""
    blocks: list[tuple[str, list[Group]]] = []
    for group in groups:
        source = group[0].source
        if blocks and blocks[-1][0] == source and len(blocks[-1][1]) < MAX_BLOCK:
            blocks[-1][1].append(group)
        else:
            blocks.append((source, [group]))
    return [FormBlock(shape="prose", columns=[], statements=[_statement(g) for g in members]) for _, members in blocks]


def overview(given: OverviewInput) -> OverviewForm:
    """The front page: what the most linked pages say first."""
    labels = words.ZH_LABELS if given.language.startswith("zh") else words.EN_LABELS
    ranked = sorted(given.pages, key=lambda p: (-p.inbound, -p.sources, p.number))
    said: dict[int, list[FormStatement]] = {}
    for claim in given.claims:
        for number in claim.pages[:1]:
            said.setdefault(number, []).append(FormStatement(keep=0, words=[claim.text], claims=[claim.label]))
    told = [p for p in ranked if p.number in said]
    scope = [said[p.number].pop(0) for p in told[:2]]
    central = [FormCentral(heading=p.title, statements=said[p.number][:2]) for p in told if said[p.number]]
    return OverviewForm(scope=scope, central=central[:MAX_CENTRAL], questions=[], start=_paths(given.pages, labels))


def _paths(pages: tuple[OverviewPage, ...], labels: tuple[tuple[str, str], ...]) -> list[FormPath]:
    """Reading paths that need no judgement: by links, and by sources where that names other pages."""
    linked = [p.number for p in sorted(pages, key=lambda p: (-p.inbound, p.number))][:MAX_PATH]
    sourced = [p.number for p in sorted(pages, key=lambda p: (-p.sources, p.number))][:MAX_PATH]
    orders = [linked] if set(linked) == set(sourced) else [linked, sourced]
    return [FormPath(theme=t, why=why, pages=order) for (t, why), order in zip(labels, orders, strict=False) if order]
