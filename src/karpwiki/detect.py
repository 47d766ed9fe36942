"""Pages → their Dialect: told from those that karpwiki did not write, by clear majorities; the settings can say better.

Two of three, and two at least: fewer than that is one page's habit, and a page that differs from such a majority has a
finding. Nothing here depends on an order, and a page that karpwiki wrote has no vote.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from .dialect import FIELDS, KEYS, KINDS, LISTS, OURS, Dialect
from .habits import habits
from .hands import is_guest
from .logbook import is_foreign, newest_first
from .markdown import START
from .names import CJK, RESERVED, stem_key
from .pattern import pattern
from .wiki import LOG, Habits, Page

LEAST, SHARE = 2, 2 / 3
_CATALOGUE = pattern(r"wiki/(?:index(?:-[^/]*)?|tensions)\.md\Z", re.I)
"""Pages that karpwiki writes without a state comment."""
_LEADS = 200
"""Beginnings of pages by which their language is told."""
_KEYS = {theirs: ours for ours, words in KEYS.items() for theirs in words}
_KINDS = {word: kind for kind, (words, _) in KINDS.items() for word in words}
_FOLDERS = {word: kind for kind, (_, words) in KINDS.items() for word in words}
_ENGLISH = frozenset("a an and are as by for in is it of on that the to was with".split())
_HAN = pattern(f"[{CJK}]")
_TITLED = pattern(r"[A-Z][^\s]*[a-z][^\s]*(?:[A-Z -].*)?|[A-Z]\w+")
_CAMEL = pattern(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def detect(
    pages: Mapping[str, Page], other: Sequence[str], said: Mapping[str, Any], kinds: Iterable[str] = ()
) -> Dialect:
    """How the pages by hand among some are written.

    `other`: further files below wiki/; `said`: the [dialect] table of the settings; `kinds`: those of the settings.
    """
    hand = {path: p for path, p in pages.items() if is_by_hand(p)}
    seen = _Seen(pages, hand, other)
    if not seen.about and not said:
        return OURS
    traits = {name: vote(seen) for name, vote in _VOTES.items()}
    traits |= {name: value for name, value in said.items() if isinstance(value, str)}
    keys = dict(said["keys"]) if "keys" in said else _keys(seen)
    found = Dialect(
        {name: value for name, value in traits.items() if value and value != OURS.of(name)},
        keys,
        dict(said["prefixes"]) if "prefixes" in said else _prefixes(seen),
        types=_types(seen, keys) | (set(kinds) - KINDS.keys()),
        style=said.get("links", _style(seen)).removeprefix("wiki"),
        language=_language(seen),
        index=seen.path("wiki/index.md"),
        log=seen.path(LOG),
    )
    read = [read_as(p, found) for p in seen.about]
    ours = [p for p in pages.values() if p.state and not is_by_hand(p) and not _serves(p.path)]
    folders = dict(said["folders"]) if "folders" in said else _folders([*read, *ours])
    found = replace(found, folders=folders, needless=_needless(read, folders))
    by_hand = "raw" not in said and (_of_sources(read, found) or traits["raw"])
    return replace(found, traits={**found.traits, "raw": "by-hand"}) if by_hand else found


def is_by_hand(page: Page) -> bool:
    """Whether a person wrote a page, though karpwiki may have added to it."""
    return is_guest(page) or (page.state is None and not (_CATALOGUE.match(page.path) and START in page.text))


def read_as(page: Page, dialect: Dialect) -> Page:
    """A page by hand with the frontmatter that it would have in our words; how it spells them stays with it."""
    if page.problem or not page.meta or not is_by_hand(page):
        return page
    if dialect.keys.keys().isdisjoint(page.meta) and _KINDS.get(page.kind.casefold(), page.kind) == page.kind:
        return page  # it says all in our words
    meta: dict[str, Any] = {}
    spelled: dict[str, str] = {}
    for name, value in page.meta.items():
        ours = dialect.keys.get(name, name)
        if ours == name or ours in page.meta or ours in meta:
            meta[name] = value
        else:
            spelled[ours] = name
            meta[ours] = [value] if ours in LISTS and isinstance(value, str) and value else value
    kind = meta.get("type")
    if isinstance(kind, str) and kind.casefold() in _KINDS and kind not in dialect.types:
        meta["type"] = _KINDS[kind.casefold()]
    return page.spelled_as(meta, spelled) if meta != page.meta else page


def names_of(page: Page, dialect: Dialect) -> tuple[str, ...]:
    """What a page by hand is called by its file: its stem, in words."""
    return (_CAMEL.sub(" ", page.stem),) if dialect.of("names") == "title" else (page.stem,)


def kind_of(page: Page, dialect: Dialect) -> str:
    """The kind of a page by hand: by its type, else by its folder, else ''."""
    if page.kind:
        return page.kind
    folder = page.path.removeprefix("wiki/").rpartition("/")[0]
    named = next((kind for kind, there in dialect.folders.items() if there and there == folder), "")
    return named or _FOLDERS.get(folder.rpartition("/")[2].casefold(), "")


def read_by_hand(pages: Iterable[Page], raw: Mapping[str, object], dialect: Dialect) -> frozenset[str]:
    """The raw files that pages by hand are made of: that pages of sources name; without such pages, that any names."""
    if dialect.of("raw") != "by-hand":
        return frozenset()
    hand = [p for p in pages if is_by_hand(p) and not _serves(p.path)]
    return frozenset(path for p in _of_sources(hand, dialect) or hand for path in _raw_named(p) if path in raw)


def _of_sources(pages: Iterable[Page], dialect: Dialect) -> list[Page]:
    return [p for p in pages if kind_of(p, dialect) == "source-summary" and any(_raw_named(p))]


def _raw_named(page: Page) -> Iterable[str]:
    listed = page.meta.get("sources")
    for value in listed if isinstance(listed, list) else ():
        if isinstance(value, str):
            yield value.strip("[] ").partition("|")[0].removeprefix("raw/")
    for found in habits(page).raw:
        yield found.strip()
        yield "".join(found.split()[:1]).rstrip(".,;，。")


@dataclass(frozen=True)
class _Seen:
    """What the votes look at."""

    pages: Mapping[str, Page]
    hand: Mapping[str, Page]
    other: Sequence[str]

    @cached_property
    def about(self) -> tuple[Page, ...]:
        """Pages by hand about something: neither index nor log."""
        return tuple(p for path, p in sorted(self.hand.items()) if not _serves(path))

    @cached_property
    def habits(self) -> tuple[Habits, ...]:
        return tuple(map(habits, self.about))

    @cached_property
    def shapes(self) -> Counter[tuple[str, ...]]:
        """How many of these pages have which keys: most have the same."""
        return Counter(tuple(p.meta) for p in self.about)

    def path(self, wanted: str) -> str:
        """The path of a page in the letters that it has on disk."""
        if wanted in self.pages:
            return wanted
        return next((path for path in sorted(self.pages) if path.casefold() == wanted), wanted)

    @property
    def log(self) -> str:
        page = self.pages.get(self.path(LOG))
        return page.text if page else ""


def _style(seen: _Seen) -> str:
    form = _clear(form for p in seen.pages.values() for form in p.forms)
    return form if form != "wiki" else ""


def _serves(path: str) -> bool:
    return path.rpartition("/")[2].removesuffix(".md").casefold() in RESERVED


def _clear(votes: Iterable[str]) -> str:
    """What most of those say that say something; '' when no clear majority says one thing."""
    counted = Counter(filter(None, votes))
    value, n = max(counted.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    return value if n >= LEAST and n >= SHARE * counted.total() else ""


def _index(seen: _Seen) -> str:
    """Who keeps the index: `rows` when it is by hand and lists pages, `none` when it is by a plugin, or not there."""
    page = seen.pages.get(seen.path("wiki/index.md"))
    if page is not None and not is_by_hand(page):
        return ""
    lines, linking = (page.text.split("\n"), {link.line for link in page.links}) if page else ([], set[int]())
    listing = sum(lines[n - 1].lstrip()[:1] in "|-*+0123456789" for n in linking)
    return "rows" if listing >= LEAST else "none" if len(seen.about) > LEAST else ""


_VOTES: Mapping[str, Callable[[_Seen], str]] = {
    "frontmatter": lambda seen: _clear("yes" if h.fenced else "none" for h in seen.habits),
    "links": lambda seen: _clear(form for p in seen.about for form in p.forms),
    "names": lambda seen: _clear("title" if _TITLED.fullmatch(p.stem) else "slug" for p in seen.about),
    "citations": lambda seen: _clear(h.citations for h in seen.habits),
    "raw": lambda seen: "by-hand" if _clear("yes" if any(_raw_named(p)) else "no" for p in seen.about) == "yes" else "",
    "index": _index,
    "log": lambda seen: "first" if newest_first(seen.log) else "",
    "entries": lambda seen: "own" if is_foreign(seen.log, newest_first(seen.log)) else "",
}


def _keys(seen: _Seen) -> dict[str, str]:
    """The keys that stand for ours: those of several pages that do not have ours, where few have ours."""
    having, instead = Counter[str](), Counter[str]()
    for keys, n in seen.shapes.items():
        having.update(dict.fromkeys(keys, n))
        instead.update({key: n for key in keys if key in _KEYS and _KEYS[key] not in keys})
    every: Counter[str] = Counter()
    for theirs, n in instead.items():
        every[_KEYS[theirs]] += n
    found = {theirs: _KEYS[theirs] for theirs, n in sorted(instead.items()) if n >= LEAST}
    return {theirs: ours for theirs, ours in found.items() if every[ours] >= SHARE * (every[ours] + having[ours])}


def _types(seen: _Seen, keys: Mapping[str, str]) -> frozenset[str]:
    """Types beyond ours: those of several pages, and those that a folder is called after."""
    word = {theirs for theirs, ours in keys.items() if ours == "type"} | {"type"}
    said = [(p, v) for p in seen.about for k in word if isinstance(v := p.meta.get(k), str)]
    counted = Counter(v for _, v in said)
    named = {v for p, v in said if p.path.split("/")[-2].casefold() in (v, f"{v}s", f"{v[:-1]}ies")}
    own = {t for t, n in counted.items() if n >= LEAST} | named
    return frozenset(t for t in own if t.casefold() not in _KINDS and t not in KINDS)


def _prefixes(seen: _Seen) -> dict[str, str]:
    """The first folders of links that are no folders, where most of these links lead to a page without them."""
    paths = [p for p in seen.hand.values() if any("/" in target for target in p.aims[0])]
    if not paths:
        return {}
    known = {stem_key(path.removesuffix(".md")) for path in seen.pages}
    folders = {part for path in (*known, *map(stem_key, seen.other)) for part in path.split("/")[:-1]}
    leads: dict[str, list[bool]] = defaultdict(list)
    for link in (link for p in paths for link in p.links if link.form == "wiki" and "/" in link.target):
        first, _, rest = link.target.removesuffix(".md").partition("/")
        if first and first not in (".", "..", "raw") and stem_key(first) not in folders:
            leads[first].append(stem_key(f"wiki/{rest}") in known)
    return {first: "" for first, hits in sorted(leads.items()) if sum(hits) >= max(LEAST, SHARE * len(hits))}


def _folders(read: Sequence[Page]) -> dict[str, str]:
    """Where pages of each kind stand: in the folder of most of them, else flat in wiki/ when most pages do.

    Those of karpwiki count too, or what a person adds would move them.
    """
    there: dict[str, list[str]] = defaultdict(list)
    for p in read:
        there[kind_of(p, OURS)].append(posixpath.dirname(p.path).removeprefix("wiki").strip("/"))
    flat = _clear("flat" if not folder else "deep" for folders in there.values() for folder in folders) == "flat"
    found = {}
    for kind in (kind for kind in KINDS if kind != "overview"):
        named = sorted({f for f in there[kind] if _FOLDERS.get(f.rpartition("/")[2].casefold()) == kind})
        most = max(sorted(set(there[kind])), key=there[kind].count, default="")
        if there[kind].count(most) >= LEAST and there[kind].count(most) >= SHARE * len(there[kind]):
            found[kind] = most
        elif named or flat:
            found[kind] = named[0] if named else ""
    return found


def _needless(read: Sequence[Page], folders: Mapping[str, str]) -> dict[bool, frozenset[str]]:
    within = Dialect(folders=folders)
    shapes = Counter((kind_of(p, within) == "source-summary", tuple(p.meta)) for p in read if p.meta and not p.problem)
    lacking: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for (is_source, keys), n in shapes.items():
        lacking[is_source].update({name: n for name in FIELDS if name not in keys})
    total = {of: sum(n for (is_source, _), n in shapes.items() if is_source is of) for of in lacking}
    return {
        of: frozenset(name for name, n in lacking[of].items() if n >= LEAST and n >= SHARE * total[of])
        for of in lacking
    }


def _language(seen: _Seen) -> str:
    """`zh` or `en` when most of the words are; '' when it cannot be told."""
    leads = [p.lead for p in seen.about if p.lead]
    text = "\n".join(leads[:: 1 + len(leads) // _LEADS])
    words = re.findall(r"[^\W\d_]+", _HAN.sub(" ", text.lower()))
    if len(_HAN.findall(text)) > len(words):
        return "zh"
    return "en" if sum(word in _ENGLISH for word in words) > len(words) / 8 else ""
