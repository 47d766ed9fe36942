"""The rules of lint, one module each: its docstring is its documentation, `check` finds, `fix` (when it has one) mends.

A rule module has ID (group letter and three digits), NAME (the problem, not the cure), SEVERITY, FIX (the grade of its
fix), `check(ctx) -> Iterator[Finding]`, and, when FIX is safe or unsafe, `fix(ctx, path) -> Fix | None`, which mends all
of its findings on one page. A rule reads the Context and nothing else: no disk, no clock, no network.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from ..extract import Text, Unreadable, read_text
from ..hands import is_ours
from ..links import Resolver, resolver
from ..nouns import Block, Page, Wiki
from ..settings import Settings

if TYPE_CHECKING:
    from ..build import Built, Ground


@lru_cache(maxsize=1)
def every() -> tuple[ModuleType, ...]:
    """All rule modules, by their ids."""
    found = [import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
    return tuple(sorted(found, key=lambda rule: str(rule.ID)))


@dataclass(frozen=True)
class Context:
    """One snapshot of a vault and what follows from it, made when a rule first asks, once for all rules."""

    wiki: Wiki
    settings: Settings

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        """All pages, in the order of their paths."""
        return tuple(page for _, page in sorted(self.wiki.pages.items()))

    @cached_property
    def resolver(self) -> Resolver:
        """Where links lead: over the pages, attachments and raw files of the vault."""
        raw = [f"raw/{path}" for path in self.wiki.raw]
        return resolver([*self.wiki.pages, *self.wiki.other, *self.wiki.unread, *raw])

    @cached_property
    def has_raw(self) -> bool:
        """Whether the vault has its sources with it; without them, what needs them is off."""
        return (self.wiki.root / "raw").is_dir()

    @cached_property
    def claims(self) -> Mapping[str, str]:
        """Claim id → path of the source page that holds it."""
        return {c.id: path for path, source in self.wiki.sources.items() for c in source.claims}

    @cached_property
    def ground(self) -> Ground:
        """Names, places of pages, and the plan of what a compile would make again."""
        from ..build import prepare

        return prepare(self.wiki.root, self.wiki, self.settings)

    @cached_property
    def built(self) -> Built:
        """What code alone would write, without asking a model."""
        from ..build import build

        return build(self.wiki.root, self.ground, None, self.settings.name or self.wiki.root.name, lambda *_: None)

    @cached_property
    def rewritten(self) -> Mapping[str, str | None]:
        """Path → text that code alone would write there, where it differs from the disk; None: it would delete it."""
        return {e.path: e.text for e in self.built.edits}

    def raw_text(self, path: str) -> Text | None:
        """The decoded text of a raw file; None when it is gone or is no text."""
        raw = self.wiki.raw.get(path)
        try:
            return read_text(path, Path(raw.absolute)) if raw else None
        except (OSError, Unreadable):
            return None

    def is_compiled(self, page: Page) -> bool:
        """Whether karpwiki made this page from claims."""
        return page.state is not None and page.kind in self.settings.subject_kinds

    def written(self, page: Page) -> Iterator[Block]:
        """The blocks of a page that karpwiki wrote and nobody changed."""
        return (b for b in page.blocks if is_ours(page, b))
