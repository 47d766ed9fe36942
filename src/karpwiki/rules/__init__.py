"""The rules of lint, one module each: its docstring is its documentation, `check` finds, `fix` (when it has one) mends.

A rule module has ID (group letter and three digits), NAME (the problem, not the cure), SEVERITY, FIX (the best grade of
its fix), `check(ctx) -> Iterator[Finding]`, and, when FIX is safe or unsafe, `fix(ctx, path) -> Fix | None`, which
mends its findings on one page. NEEDS, when it is there, says without what the rule is off: `raw`, `state` or `since`.
With NEEDS = "model" it finds what a model said (`ctx.judged`) that was asked for what ASKS names; else it is not run.
A rule that reads the text of pages looks at `ctx.suspected(NAME)`: pages with one of its SIGNS, each a mark → what has
to follow it there (a pattern in bytes; b"": nothing); and pages with one of its MARKS, or any page when it has none, of
which its `suspect(page) -> bool`, a cheap test, tells from the page alone that there is something to look at. Both are
searched in small letters; a mark may be one of _text.py. ON = False: it is off until the
settings grade it or a command line selects it. A rule reads the Context and nothing else: no clock, no network. One
that has `judge(unused)` instead of `check` is told of the silences that were of no use.
Modules whose name begins with `_` are shared by rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from ..changes import Fix
from ..extract import Text, Unreadable, read_text
from ..git import Since
from ..hands import is_guest, is_ours
from ..kinds import Kind
from ..layout import is_flat
from ..links import Resolver, resolver
from ..names import RESERVED, key
from ..nouns import Claim
from ..seen import walk
from ..settings import Settings
from ..vault import unreadable
from ..wiki import INDEX, TENSIONS, Block, Footnote, Page, Wiki
from ._every import every as every
from ._every import traces as traces
from ._leads import Leads, leads

if TYPE_CHECKING:
    from ..build import Built
    from ..judge import Judged
    from ..prepare import Ground
    from ._evidence import Evidence

INDEX_MARK = "<!-- karpwiki writes from here -->"
MAX_LISTED = 5
"""Names in one message."""


@dataclass
class Search:
    """Words like those of damaged quotes: to seek them takes long, so each is sought once, and not without end."""

    found: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """(page, label, words) of a footnote → how it should read; ''."""
    left: int = 10_000_000
    """Characters of raw that may still be looked at: when none are left, what is damaged is not mended."""


@dataclass(frozen=True)
class Context:
    """One snapshot of a vault and what follows from it, made when a rule first asks, once for all rules."""

    wiki: Wiki
    settings: Settings
    since: Since | None = None
    """What changed, and what was there before, where that is asked for."""
    judged: Judged | None = None
    """What a model said of the claims, where that is asked for."""

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        """All pages, in the order of their paths."""
        return tuple(page for _, page in sorted(self.wiki.pages.items()))

    def suspected(self, name: str) -> Sequence[Page]:
        """The pages whose text a rule has something to look at in, in the order of their paths."""
        return self._suspected.get(name, ())

    @cached_property
    def _suspected(self) -> Mapping[str, Sequence[Page]]:
        found: dict[str, list[Page]] = defaultdict(list)
        for page in self.pages:
            for name in traces(page) if page.traces is None else page.traces:
                found[name].append(page)
        return found

    @cached_property
    def named(self) -> Mapping[str, tuple[Page, ...]]:
        """Pages by the key of their title, their stem and each of their aliases."""
        found: dict[str, list[Page]] = defaultdict(list)
        for page in self.pages:
            for name in dict.fromkeys(map(key, (page.title, page.stem, *aliases(page)))):
                found[name].append(page)
        return {name: tuple(pages) for name, pages in found.items()}

    @cached_property
    def resolver(self) -> Resolver:
        """Where links lead: over the pages, attachments and raw files of the vault."""
        assets = [file.relative_to(self.wiki.root).as_posix() for file in walk(self.wiki.root / "raw" / "assets")]
        raw = [f"raw/{path}" for path in self.wiki.raw]
        there = [*self.wiki.pages, *self.wiki.other, *self.wiki.unread, *raw, *assets]
        beside = [f"wiki/{path}" for path in (*raw, *assets)] if self.is_flat else []
        return resolver(there, self.wiki.dialect.prefixes, (*self.wiki.aside, *beside))

    @cached_property
    def services(self) -> frozenset[str]:
        """The paths of the pages that serve the wiki and are about nothing."""
        return frozenset(filter(is_service, self.wiki.pages))

    @cached_property
    def leads(self) -> Leads:
        """Where the links of all pages lead."""
        return leads(self.pages, self.services, self.resolver)

    @cached_property
    def is_flat(self) -> bool:
        """Whether the pages stand beside raw/, so that links lead from one to the other."""
        return is_flat(self.wiki.root)

    @cached_property
    def has_raw(self) -> bool:
        """Whether the vault has its sources with it; without them, what needs them is off."""
        return (self.wiki.root / "raw").is_dir()

    @cached_property
    def has_state(self) -> bool:
        """Whether karpwiki ever wrote a page of this vault."""
        return bool(self.wiki.sources) or any(
            p.state or (is_index(p.path) and INDEX_MARK in p.text) for p in self.pages
        )

    @cached_property
    def claims(self) -> Mapping[str, tuple[str, Claim]]:
        """Claim id → path of the source page that holds it, and the claim."""
        return {c.id: (path, c) for path, source in sorted(self.wiki.sources.items()) for c in source.claims}

    @cached_property
    def notes(self) -> Mapping[str, Sequence[tuple[Page, Footnote]]]:
        """Every footnote of every page by its label."""
        found: dict[str, list[tuple[Page, Footnote]]] = defaultdict(list)
        for page in self.pages:
            for note in page.footnotes:
                found[note.label].append((page, note))
        return found

    @cached_property
    def evidence(self) -> dict[str, Sequence[tuple[Footnote, Evidence | None]]]:
        """What `claim_notes` found on pages that a rule has asked for: several rules ask for each."""
        return {}

    @cached_property
    def search(self) -> Search:
        """What was sought in raw for footnotes that are damaged."""
        return Search()

    @cached_property
    def ground(self) -> Ground:
        """Names, places of pages, and the plan of what a compile would make again."""
        from ..prepare import prepare

        return prepare(self.wiki.root, self.wiki, self.settings)

    @cached_property
    def built(self) -> Built:
        """What code alone would write, without asking a model."""
        from ..build import build

        return build(self.wiki.root, self.ground, None, self.settings.name or "Wiki")

    @cached_property
    def is_settled(self) -> bool:
        """Whether it can be told what code would write: karpwiki has written here, and all of that can be read."""
        return self.has_state and not unreadable(self.wiki)

    @cached_property
    def rewritten(self) -> Mapping[str, str | None]:
        """Path → text that code alone would write there, where it differs from the disk; None: it would delete it."""
        if not self.is_settled:
            return {}
        # Without raw/ the coverage that index.md shows cannot be counted.
        off = {INDEX} if not self.has_raw else set[str]()
        return {e.path: e.text for e in self.built.edits if e.path not in off and not self._has_lost_claims(e.path)}

    def _has_lost_claims(self, path: str) -> bool:
        """Whether karpwiki made a page from claims that no source page has any more: a model must phrase it again."""
        page = self.wiki.pages.get(path)
        if page is None or page.state is None or path in self.wiki.sources or path not in self._kept:
            return False
        return any(i not in self.claims for ids in page.state.blocks.values() for i in ids)

    @cached_property
    def _kept(self) -> frozenset[str]:
        """Paths that code would not delete."""
        return frozenset(e.path for e in self.built.edits if e.text is not None)

    @cached_property
    def moves(self) -> Mapping[str, str]:
        """Former path → path of the pages that code would put elsewhere."""
        return self.ground.moves.paths if self.ground.moves else {}

    def rewrite(self, path: str, note: str) -> Fix | None:
        """Have code write a page again: alone, with the other indexes, or, where pages move, with all it writes."""
        if path not in self.rewritten:
            return None
        group = {p for p in self.rewritten if self.moves or p == path or (is_index(p) and is_index(path))}
        texts = {p: self.rewritten[p] for p in group if self.rewritten[p] is not None or p in self.moves}
        return Fix(texts, note) if texts else None

    def raw_text(self, path: str) -> Text | None:
        """The decoded text of a raw file; None when it is gone or is no text."""
        raw = self.wiki.raw.get(path)
        try:
            return read_text(path, raw.absolute) if raw else None
        except (OSError, Unreadable):
            return None

    def is_compiled(self, page: Page) -> bool:
        """Whether karpwiki made this page, or a part of it, from claims."""
        return page.state is not None and (page.kind in self.settings.subject_kinds or is_guest(page))

    def written(self, page: Page) -> Iterator[Block]:
        """The blocks of a page that karpwiki wrote and nobody changed."""
        return (b for b in page.blocks if is_ours(page, b))

    def kind_at(self, path: str) -> Kind | None:
        """The kind whose folder a page stands in."""
        folder = path.removeprefix("wiki/").rpartition("/")[0] + "/"
        kinds = self.settings.kinds.values()
        return next((k for k in kinds if k.folder and folder.startswith(f"{k.folder}/")), None)


def aliases(page: Page) -> list[str]:
    """The aliases that a page's frontmatter gives."""
    value = page.meta.get("aliases")
    return [alias for alias in value if isinstance(alias, str) and alias] if isinstance(value, list) else []


def is_index(path: str) -> bool:
    """Whether a path is one of the catalogues that code makes whole."""
    return path.casefold() in (INDEX, TENSIONS) or (path.startswith("wiki/index-") and path.count("/") == 1)


def is_service(path: str) -> bool:
    """Whether a page serves the wiki and is about nothing: index, overview, log, tensions, readme."""
    return is_index(path) or path.rpartition("/")[2].removesuffix(".md").casefold() in RESERVED


def listed(names: Iterable[str], total: int, joint: str = ", ") -> str:
    """Names for a message: the first of them, and how many of the total are left."""
    more = f" and {total - MAX_LISTED} more" if total > MAX_LISTED else ""
    return joint.join(islice(names, MAX_LISTED)) + more


def meta_line(page: Page, name: str) -> int:
    """The line on which a key of the frontmatter stands; 1 when it has none."""
    head = page.text[: page.text.find("\n---", 3)].split("\n") if page.text.startswith("---") else []
    name = page.spelled.get(name, name)
    return next((n for n, line in enumerate(head, 1) if line.startswith(f"{name}:")), 1)
