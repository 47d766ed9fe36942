"""Links to a page that moved follow it, in whatever form a person wrote them; nothing else of their words changes."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from .frontmatter import split
from .hands import by_hand, own_values
from .links import UNSAFE, Resolver
from .markdown import Spot, code_lines, spots
from .wiki import Page


@dataclass(frozen=True)
class Moves:
    """Which pages stand elsewhere, and where links lead before the move."""

    paths: Mapping[str, str]
    """Former path → path."""
    absorbed: frozenset[str]
    """Former paths of pages that became part of another one: their headings are gone."""
    resolver: Resolver

    def text(self, text: str, at: str) -> str:
        """A whole page's text, or a part of it, that stands at the path `at` before the move."""
        if not self.paths or "[" not in text:
            return text
        _, body, skipped = split(text)
        hidden = {n + skipped for n in code_lines(body)}
        return self._lines(text, at, hidden.__contains__)

    def page(self, page: Page) -> Page:
        """A page with its text changed, and with it a person's blocks, footnotes, notes and values."""
        hands = {b.line for b in by_hand(page)}
        own = own_values(page)

        def plain(text: str) -> str:
            return self.text(text, page.path)

        return replace(
            page.with_blocks(tuple(replace(b, text=plain(b.text)) if b.line in hands else b for b in page.blocks)),
            text=plain(page.text),
            footnotes=tuple(n._replace(text=plain(n.text)) for n in page.footnotes),
            notes=plain(page.notes),
            meta={k: _deep(v, plain) if k in own else v for k, v in page.meta.items()},
        )

    def _lines(self, text: str, at: str, is_code: Callable[[int], bool]) -> str:
        out = []
        for n, line in enumerate(text.split("\n")):
            if "[" in line and not is_code(n):
                for spot in sorted(spots(line), key=lambda s: -s.first):
                    new = self._target(spot, at)
                    line = line if new is None else line[: spot.first] + new + line[spot.last :]
            out.append(line)
        return "\n".join(out)

    def _target(self, spot: Spot, at: str) -> str | None:
        """What is written for a link's target (and heading) now; None: as it is."""
        link = spot.link
        if not link.target:
            return None
        found = self.resolver.targets(link, at)
        if len(found) != 1 or (found[0] == at and (":" in link.target or link.target.startswith("//"))):
            return None
        to, here = self.paths.get(found[0], found[0]), self.paths.get(at, at)
        anchor = f"#{link.anchor}" if link.anchor and found[0] not in self.absorbed else ""
        if link.form == "wiki":
            return None if to == found[0] else _like(link.target, to) + anchor
        target = posixpath.relpath(to, posixpath.dirname(here))
        if (
            posixpath.normpath(posixpath.join(posixpath.dirname(at), link.target))
            == posixpath.normpath(posixpath.join(posixpath.dirname(here), link.target))
            and to == found[0]
        ):
            return None
        return UNSAFE.sub(lambda m: quote(m[0]), target) + anchor


def _like(written: str, path: str) -> str:
    """A wiki link's target for a path: as many folders, and the ending, as it was written with."""
    depth = written.strip("/").count("/") + 1
    parts = path.split("/")[-depth:]
    name = "/".join(parts)
    return name if written.endswith(".md") else name.removesuffix(".md")


def _deep(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return change(value)
    return [_deep(v, change) for v in value] if isinstance(value, list) else value
