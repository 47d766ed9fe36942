"""Pages → their Dialect: told from those that karpwiki did not write, by clear majorities; the settings can say better.

Two of three, and two at least: fewer than that is one page's habit, and a page that differs from such a majority has a
finding. Nothing here depends on an order, and a page that karpwiki wrote has no vote.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from .dialect import FIELDS, KEYS, KINDS, OURS, Dialect
from .habits import SOURCES, TYPES, ballot, folder_of, is_by_hand, serves
from .logbook import is_foreign, newest_first
from .names import stem_key
from .pattern import pattern
from .translate import KNOWN, is_of_source, keys_of, kind_in, kind_of, kind_said
from .wiki import LOG, Ballot, Page

LEAST, SHARE = 2, 2 / 3
_LEADS = 100
"""Beginnings of pages by which their language is told."""
_KEYS = {theirs: ours for ours, words in KEYS.items() for theirs in words}
_ENGLISH = frozenset("a an and are as by for in is it of on that the to was with".split())
_LETTERS = pattern(r"[^\W\d_]+")


def detect(
    pages: Mapping[str, Page], other: Sequence[str], said: Mapping[str, Any], kinds: Iterable[str] = ()
) -> Dialect:
    """How the pages by hand among some are written.

    `other`: further files below wiki/; `said`: the [dialect] table of the settings; `kinds`: those of the settings.
    """
    seen = _Seen(pages, other, said.get("keys", {}))
    if not seen.ballots and not said:
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
    found = replace(found, folders=dict(said["folders"]) if "folders" in said else _folders(seen, found))
    found = replace(found, needless=_needless(seen, found))
    by_hand = "raw" not in said and (any(is_of_source(b, found) for b in seen.ballots) or traits["raw"])
    return replace(found, traits={**found.traits, "raw": "by-hand"}) if by_hand else found


@dataclass(frozen=True)
class _Seen:
    """What the votes look at."""

    pages: Mapping[str, Page]
    other: Sequence[str]
    said: Mapping[str, str]
    """Keys that the settings say stand for ours."""

    @cached_property
    def about(self) -> tuple[tuple[Page, Ballot], ...]:
        """Pages by hand about something, neither index nor log, each with its ballot, in the order of their paths."""
        types, sources = (
            known | {theirs for theirs, of in self.said.items() if of == ours}
            for ours, known in (("type", TYPES), ("sources", SOURCES))
        )
        cast = ((page, ballot(page, types, sources)) for _, page in sorted(self.pages.items()))
        return tuple((page, b) for page, b in cast if b)

    @cached_property
    def ballots(self) -> Counter[Ballot]:
        """How many of these pages say the same."""
        return Counter(b for _, b in self.about)

    def tally(self, of: Callable[[Ballot], str]) -> Counter[str]:
        """How many of these pages say what."""
        counted = Counter[str]()
        for b, n in self.ballots.items():
            counted[of(b)] += n
        return counted

    def path(self, wanted: str) -> str:
        """The path of a page in the letters that it has on disk."""
        if wanted in self.pages:
            return wanted
        return next((path for path in sorted(self.pages) if path.casefold() == wanted), wanted)

    @cached_property
    def log(self) -> str:
        page = self.pages.get(self.path(LOG))
        return page.text if page else ""


def _counted(forms: Mapping[tuple[str, ...], int]) -> Counter[str]:
    counted = Counter[str]()
    for words, n in forms.items():
        for word in words:
            counted[word] += n
    return counted


def _style(seen: _Seen) -> str:
    form = _clear(_counted(Counter(p.forms for p in seen.pages.values())))
    return form if form != "wiki" else ""


def _clear(votes: Counter[str]) -> str:
    """What most of those say that say something; '' when no clear majority says one thing."""
    total = votes.total() - votes[""]
    value, n = max(((v, n) for v, n in votes.items() if v), key=lambda item: (item[1], item[0]), default=("", 0))
    return value if n >= LEAST and n >= SHARE * total else ""


def _index(seen: _Seen) -> str:
    """Who keeps the index: `rows` when it is by hand and lists pages, `none` when it is by a plugin, or not there."""
    page = seen.pages.get(seen.path("wiki/index.md"))
    if page is not None and not is_by_hand(page):
        return ""
    lines, linking = (page.text.split("\n"), {link.line for link in page.links}) if page else ([], set[int]())
    listing = sum(lines[n - 1].lstrip()[:1] in "|-*+0123456789" for n in linking)
    return "rows" if listing >= LEAST else "none" if len(seen.about) > LEAST else ""


_VOTES: Mapping[str, Callable[[_Seen], str]] = {
    "frontmatter": lambda seen: _clear(seen.tally(lambda b: "yes" if b.fenced else "none")),
    "links": lambda seen: _clear(_counted(Counter(b.forms for _, b in seen.about))),
    "names": lambda seen: _clear(seen.tally(lambda b: "title" if b.titled else "slug")),
    "citations": lambda seen: _clear(seen.tally(lambda b: b.citations)),
    "raw": lambda seen: "by-hand" if _clear(seen.tally(_names_any)) == "yes" else "",
    "index": _index,
    "log": lambda seen: "first" if newest_first(seen.log) else "",
    "entries": lambda seen: "own" if is_foreign(seen.log, newest_first(seen.log)) else "",
}


def _names_any(b: Ballot) -> str:
    return "yes" if b.mentions or "sources" in b.naming else "no"


def _keys(seen: _Seen) -> dict[str, str]:
    """The keys that stand for ours: those of several pages that do not have ours, where few have ours."""
    having, instead = Counter[str](), Counter[str]()
    for b, n in seen.ballots.items():
        for key in b.keys:
            having[key] += n
            if key in _KEYS and _KEYS[key] not in b.keys:
                instead[key] += n
    every: Counter[str] = Counter()
    for theirs, n in instead.items():
        every[_KEYS[theirs]] += n
    found = {theirs: _KEYS[theirs] for theirs, n in sorted(instead.items()) if n >= LEAST}
    return {theirs: ours for theirs, ours in found.items() if every[ours] >= SHARE * (every[ours] + having[ours])}


def _types(seen: _Seen, keys: Mapping[str, str]) -> frozenset[str]:
    """Types beyond ours: those of several pages, and those that a folder is called after."""
    words = {theirs for theirs, ours in keys.items() if ours == "type"} | {"type"}
    counted, named = Counter[str](), set[str]()
    for b, n in seen.ballots.items():
        folder = (b.folder or "wiki").rpartition("/")[2].casefold()
        for said in (said for word, said in b.types if word in words):
            counted[said] += n
            named |= {said} if folder in (said, f"{said}s", f"{said[:-1]}ies") else set()
    own = {t for t, n in counted.items() if n >= LEAST} | named
    return frozenset(t for t in own if t.casefold() not in KNOWN and t not in KINDS)


def _prefixes(seen: _Seen) -> dict[str, str]:
    """The first folders of links that are no folders, where most of these links lead to a page without them."""
    paths = [p for p in seen.pages.values() if any("/" in target for target in p.aims[0]) and is_by_hand(p)]
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


def _folders(seen: _Seen, dialect: Dialect) -> dict[str, str]:
    """Where pages of each kind stand: in the folder of most of them, else flat in wiki/ when most pages do.

    Those of karpwiki count too, or what a person adds would move them.
    """
    there: dict[str, Counter[str]] = defaultdict(Counter)
    for b, n in seen.ballots.items():
        there[kind_said(b, dialect)][b.folder] += n
    for p in seen.pages.values():
        if p.state and not is_by_hand(p) and not serves(p.path):
            there[kind_of(p, OURS)][folder_of(p.path)] += 1
    depth = Counter[str]()
    for folders in there.values():
        for folder, n in folders.items():
            depth["deep" if folder else "flat"] += n
    found = {}
    for kind in (kind for kind in KINDS if kind != "overview"):
        named = sorted({f for f in there[kind] if kind_in(f) == kind})
        most, n = max(sorted(there[kind].items()), key=lambda item: item[1], default=("", 0))
        if n >= LEAST and n >= SHARE * there[kind].total():
            found[kind] = most
        elif named or _clear(depth) == "flat":
            found[kind] = named[0] if named else ""
    return found


def _needless(seen: _Seen, dialect: Dialect) -> dict[bool, frozenset[str]]:
    """The fields of ours that most pages by hand do without: those of sources, and the others."""
    lacking: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    total = Counter[bool]()
    for b, n in seen.ballots.items():
        if b.readable:
            is_source = kind_said(b, dialect) == "source-summary"
            keys = keys_of(b, dialect)
            total[is_source] += n
            lacking[is_source].update({name: n for name in FIELDS if name not in keys})
    return {
        of: frozenset(name for name, n in lacking[of].items() if n >= LEAST and n >= SHARE * total[of])
        for of in lacking
    }


def _language(seen: _Seen) -> str:
    """`zh` or `en` when most of the words are; '' when it cannot be told."""
    led = [p for p, b in seen.about if b.led]
    text = "\n".join(p.lead for p in led[:: 1 + len(led) // _LEADS])
    # Where Chinese and Latin letters are one word, it counts as Chinese.
    words = [word for word in _LETTERS.findall(text.lower()) if not _is_han(word[0])]
    if sum(map(_is_han, text)) > len(words):
        return "zh"
    return "en" if sum(word in _ENGLISH for word in words) > len(words) / 8 else ""


def _is_han(c: str) -> bool:
    """Whether a character is of East Asia. A pattern of such a range takes longer to compile than all else here."""
    return "\u3040" <= c <= "\ufaff"
