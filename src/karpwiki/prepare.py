"""What stands before any page is phrased: the names, where pages stand, what is on disk, what must be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from .changes import NOTHING, Decided, Plan
from .forms import PageInput
from .frame import Frame, frame
from .guests import standing, stems_by_hand
from .homonyms import moved_meanings, respelled
from .links import resolver
from .names import stem_key
from .nouns import Decision
from .plan import Shelf, decisions_by_hand, plan, shelf
from .prompts import request
from .regroup import regrouped
from .resolve import resolve
from .retarget import Moves
from .settings import Settings, followed
from .wiki import LOG, Wiki


@dataclass(frozen=True, slots=True)
class Ground:
    """What stands before any page is phrased: the names, where pages stand, what is on disk, what must be made."""

    wiki: Wiki
    frame: Frame
    shelf: Shelf
    plan: Plan
    decisions: tuple[Decision, ...]
    """Those that a person made by editing pages, or by a command, to be written to names.txt."""
    dropped: tuple[Decision, ...] = ()
    """Lines of names.txt that these replace."""
    moves: Moves | None = None
    """The pages that stand elsewhere now; None: all are where they were."""
    again: Callable[[Decided], Ground] | None = None
    """The same ground with further decisions."""
    anew: bool = False
    """All pages are made again, whatever they say now."""
    retry: bool = False
    """What was refused is asked for again."""


def prepare(
    root: Path,
    wiki: Wiki,
    settings: Settings,
    model: str = "",
    everything: bool = False,
    upgrade: bool = False,
    decided: Decided = NOTHING,
    retry: bool = False,
) -> Ground:
    """Resolve names and plan; nothing is asked and nothing is written. `decided`: by a command, not yet on disk."""
    settings = followed(settings, wiki.dialect)
    added, dropped = moved_meanings(wiki.decisions, wiki.moved)
    decided = Decided(tuple(dict.fromkeys((*added, *decided.added))), (*dropped, *decided.dropped))
    given, kept = wiki, [d for d in wiki.decisions if d not in decided.dropped]
    there = standing(wiki, settings)
    taken = stems_by_hand(wiki) - {stem_key(d.value.rpartition("/")[2][:-3]) for d in there if d.relation == "path"}
    wiki = replace(wiki, decisions=(*kept, *decided.added, *there))
    wiki = regrouped(replace(wiki, sources=respelled(wiki.sources, wiki.decisions)))
    first = frame(wiki, settings, resolve(wiki.sources.values(), wiki.decisions, settings, taken))
    hand = decisions_by_hand(wiki, first)
    if hand != NOTHING:
        wiki = replace(wiki, decisions=(*(d for d in wiki.decisions if d not in hand.dropped), *hand.added))
        first = frame(wiki, settings, resolve(wiki.sources.values(), wiki.decisions, settings, taken))
    found = shelf(first)
    moves = _moves(first, found)
    if moves:
        wiki = _followed(wiki, moves)
        first = frame(wiki, settings, first.names)
        found = shelf(first)
    today = recipes(root, settings, model) if upgrade else {}
    steps = plan(first, found, today, model, everything, upgrade, retry)
    again = partial(prepare, root, given, settings, model, everything, upgrade, retry=retry)
    anew = everything or upgrade
    said, gone = (*decided.added, *hand.added), (*decided.dropped, *hand.dropped)
    return Ground(wiki, first, found, steps, said, gone, moves, again, anew, retry)


def recipes(root: Path, settings: Settings, model: str) -> dict[str, str]:
    """Kind → `model/recipe` of a page of that kind made today."""
    empty = {k: PageInput("", k, "", (), settings.language, 0, (), ()) for k in settings.subject_kinds}
    return {k: f"{model}/{request(root, settings, given).recipe}" for k, given in empty.items()}


def _moves(fr: Frame, found: Shelf) -> Moves | None:
    """The pages that stand elsewhere now, or have become part of another."""
    paths = {old.path: fr.paths[slug] for slug, old in found.old.items()}
    keys = {path: s.key for path, s in fr.wiki.sources.items()} | dict(fr.wiki.heirs)
    paths |= {path: fr.paths[fr.stems[key]] for path, key in keys.items() if path in fr.wiki.pages}
    paths = {old: new for old, new in paths.items() if old != new}
    paths |= {path: fr.paths[slug] for path, slug in found.absorbed.items()}
    if not paths:
        return None
    # Not over raw/: a raw file may well have the name of the page that was made of it.
    there = [*fr.wiki.pages, *fr.wiki.other, *fr.wiki.unread]
    return Moves(paths, frozenset(found.absorbed), resolver(there, fr.wiki.dialect.prefixes, fr.wiki.aside))


def _followed(wiki: Wiki, moves: Moves) -> Wiki:
    """The wiki with a person's links to pages that moved pointing at where they stand now."""
    pages = {path: moves.page(p) for path, p in wiki.pages.items() if path != LOG}
    changed = {path for path, p in pages.items() if p.text != wiki.pages[path].text}
    return replace(wiki, pages={**wiki.pages, **pages}, stale=wiki.stale | changed)
