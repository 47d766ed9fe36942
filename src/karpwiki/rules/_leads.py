"""Where all links of a vault lead: most of these many lead where others do, so each place is asked for once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from ..links import Resolver, target_of
from ..wiki import Form, Link, Page

_Place = tuple[Form, str]
"""The form of some links, and the folder of their pages where that matters; else ''."""


class Way(NamedTuple):
    """Links of one form with one target, on pages of one folder where that matters: all lead to the same place."""

    link: Link
    """One of them, without its line."""
    folder: str
    """Of the pages that they stand on; '': of any."""
    found: tuple[str, ...] | None
    """The paths that they may lead to; None: they stay on their page, or leave the vault."""


class Leads(NamedTuple):
    """What rules ask of all links at once."""

    linked: Container[str]
    """The paths that a page which does not serve the wiki links, other than its own."""
    odd: Sequence[tuple[Page, Link, tuple[str, ...]]]
    """(page, link, paths) of each link that leads to no file, or to several, in the order of pages and lines."""
    ways: Sequence[Way]


def leads(pages: Sequence[Page], services: Container[str], resolver: Resolver) -> Leads:
    """Where the links of some pages lead. `services`: the paths of those that serve the wiki."""
    about: dict[_Place, list[tuple[str, Sequence[str]]]] = defaultdict(list)
    serving: dict[_Place, set[str]] = defaultdict(set)
    for page in pages:
        for place, targets in _named(page):
            if page.path in services:
                serving[place].update(targets)
            else:
                about[place].append((page.path, targets))
    linked, ways = set[str](), []
    for place in about | serving:
        counted = Counter(chain.from_iterable(targets for _, targets in about[place]))
        only = {target: path for path, targets in about[place] for target in targets if counted[target] == 1}
        form, folder = place
        for target in (*counted, *sorted(serving[place] - counted.keys())):
            link = Link(target, "", "", 0, form)
            found = resolver.targets(link, f"{folder}/") if target_of(link) else None
            ways.append(Way(link, folder, found))
            if found and target in counted:
                linked.update(path for path in found if path != only.get(target))
    odd = on(pages, [way for way in ways if way.found is not None and len(way.found) != 1])
    return Leads(linked, [(page, link, way.found or ()) for page, link, way in odd], ways)


def on(pages: Sequence[Page], ways: Sequence[Way]) -> list[tuple[Page, Link, Way]]:
    """All links of some ways, in the order of pages and lines."""
    wanted = {(way.link.form, way.folder, way.link.target): way for way in ways}
    targets = {way.link.target for way in ways}
    made: list[tuple[Page, Link, Way]] = []
    for page in pages if wanted else ():
        if not all(map(targets.isdisjoint, page.aims)):
            here = page.path.rpartition("/")[0]
            at = ((link, wanted.get((*_place(link, here), link.target))) for link in page.links)
            made += sorted(((page, link, way) for link, way in at if way), key=lambda found: found[1].line)
    return made


def _place(link: Link, here: str) -> _Place:
    return link.form, here if link.form == "markdown" or "/" in link.target else ""


def _named(page: Page) -> Iterator[tuple[_Place, Sequence[str]]]:
    """What the links of a page name, by place."""
    here = page.path.rpartition("/")[0]
    by_name, by_place = page.aims
    paths = [target for target in by_name if "/" in target]
    if by_place:
        yield ("markdown", here), by_place
    if paths:
        yield ("wiki", here), paths
    if len(paths) < len(by_name):
        yield ("wiki", ""), [target for target in by_name if "/" not in target] if paths else by_name
