"""Pages by hand that karpwiki adds to: found by their names, kept byte for byte, with what sources say of them below.

Above the mark `<!-- karpwiki writes from here -->` everything is a person's, frontmatter too. Below it stand the
statements, under a heading of their own, their footnotes and the state comment; a person's `## Notes` stay last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .habits import is_by_hand
from .hands import is_guest, is_ours
from .names import RESERVED, key, stem_key
from .nouns import Decision
from .pattern import pattern
from .settings import Settings
from .translate import kind_of, names_of
from .wiki import START, Block, Page, Wiki

ADDED = "## Added from sources"
"""Over what karpwiki adds to a page by hand."""
DERIVED = ("## Tensions", "## More", "## Related", "## Sources")
"""Over the parts of a page of ours that are no text: code makes each from the claims."""


def added(page: Page) -> tuple[Block, ...]:
    """The blocks that karpwiki added to a page by hand, without their heading, with what a person changed in them."""
    return tuple(b for b in _part(page) if b.text != ADDED)


def _part(page: Page) -> tuple[Block, ...]:
    mark = next((n for n, b in enumerate(page.blocks, 1) if b.kind == "html" and START in b.text), None)
    # Without the mark, which a person may take out, it begins with the first block that is karpwiki's.
    first = next((n for n, b in enumerate(page.blocks) if is_ours(page, b)), len(page.blocks))
    return page.blocks[first if mark is None else mark :]


def alone(page: Page) -> str:
    """The text of a page by hand without what karpwiki added."""
    head = _above(page)
    if not page.notes:
        return head.rstrip("\n") + "\n"
    # After a state comment a blank line belongs to the notes.
    return head + page.notes.removeprefix("\n" if head.endswith("\n\n") else "")


def _above(page: Page) -> str:
    head, mark, _ = page.text.partition(START)
    if mark or page.state is None:
        return head if mark else head.removesuffix(page.notes)
    lines = page.text.partition("<!-- karpwiki ")[0].split("\n")
    part = _part(page)
    return "\n".join([*lines[: part[0].line - 1], ""] if part else lines)


def first_added(page: Page) -> int:
    """The line behind the last one of a page by hand that is a person's."""
    return _above(page).count("\n") + 1


def below(page: Page) -> Page:
    """What karpwiki added to a page by hand, as a page of its own, to be made again around a person's changes."""
    last = first_added(page)
    notes = tuple(n for n in page.footnotes if page.state and n.line > last)
    return replace(page.with_blocks(_part(page)), meta={}, footnotes=notes)


def under(blocks: Sequence[Block]) -> list[Block]:
    """Blocks of a page's text as they stand under the heading of what is added."""
    if not blocks:
        return []
    deeper = (replace(b, text=f"#{b.text}", level=3) if b.kind == "heading" and b.level == 2 else b for b in blocks)
    return [Block("heading", ADDED, 0, 2), *deeper]


def joined(page: Page, part: str) -> str:
    """A page by hand with what code makes below the mark."""
    head = _above(page)
    head += "" if head.endswith("\n") or not head else "\n"
    blank = "" if head.endswith("\n\n") or not head else "\n"
    return f"{head}{blank}{START}\n\n{part}"


def stems_by_hand(wiki: Wiki) -> frozenset[str]:
    """The stems, folded, of pages that karpwiki did not write: no other page may have them."""
    return frozenset(stem_key(p.stem) for path, p in wiki.pages.items() if is_by_hand(p) and path not in wiki.sources)


def standing(wiki: Wiki, settings: Settings) -> tuple[Decision, ...]:
    """What the pages by hand about subjects say of names, as lines of names.txt would: path, title, kind, aliases.

    A name that several pages have counts for none of them, unless it is one's title or, next, its file's.
    """
    pages = [p for _, p in sorted(wiki.pages.items()) if _is_about(p, wiki)]
    owners: dict[str, list[tuple[int, Page]]] = {}
    for page in pages:
        for rank, names in enumerate(((page.title,), names_of(page, wiki.dialect), _aliases(page))):
            for name in names:
                owners.setdefault(key(name), []).append((rank, page))
    made: list[Decision] = []
    for page in pages:
        if _owner(owners[key(page.title)]) is page:
            made += _said(page, wiki, settings, [n for n in _others(page, wiki) if _owner(owners[key(n)]) is page])
    return tuple(made)


def _is_about(page: Page, wiki: Wiki) -> bool:
    service = page.stem.casefold() in RESERVED
    conflict = wiki.conflicts.get(page.path)
    known = page.path in wiki.sources or page.problem or (conflict is not None and conflict.problem)
    about = is_by_hand(page) and not (service or known) and kind_of(page, wiki.dialect) not in _APART
    return about and not _is_open(page)


def _is_open(page: Page) -> bool:
    """Whether code or HTML that a person left open would swallow what is added below."""
    last = page.blocks[-1] if page.blocks and page.state is None else None
    if last is None or last.kind not in ("fence", "html"):
        return False
    fence = _FENCE.match(last.text)
    if last.kind == "fence":
        closed = fence and re.search(rf"\n {{0,3}}{fence[1][0]}{{{len(fence[1])},}}[ \t]*\Z", last.text)
        return bool(fence) and not closed
    return any(last.text.lower().rfind(start) > last.text.lower().rfind(end) for start, end in _HTML)


_FENCE = pattern(r" {0,3}(`{3,}|~{3,})")
_HTML = (("<!--", "-->"), ("<?", "?>"), ("<![cdata[", "]]>"), ("<pre", "</pre"), ("<script", "</script"),
         ("<style", "</style"), ("<textarea", "</textarea"))  # fmt: skip
"""What HTML a blank line does not end."""
_APART = ("source-summary", "answer", "overview")


def _owner(claimed: list[tuple[int, Page]]) -> Page | None:
    """The one page that a name is: of those that have it in the best way, when it is one."""
    best = min(rank for rank, _ in claimed)
    found = {page.path: page for rank, page in claimed if rank == best}
    return next(iter(found.values())) if len(found) == 1 else None


def _others(page: Page, wiki: Wiki) -> Iterator[str]:
    yield from (name for name in (*names_of(page, wiki.dialect), *_aliases(page)) if key(name) != key(page.title))


def _aliases(page: Page) -> tuple[str, ...]:
    value = page.meta.get("aliases")
    return tuple(a.strip() for a in value if isinstance(a, str) and a.strip()) if isinstance(value, list) else ()


def _said(page: Page, wiki: Wiki, settings: Settings, others: list[str]) -> Iterator[Decision]:
    title, kind = " ".join(page.title.split()), kind_of(page, wiki.dialect)
    yield Decision(title, "path", page.path, "page")
    yield Decision(title, "title", title, "page")
    if kind in settings.subject_kinds:
        yield Decision(title, "kind", kind, "page")
    yield from (Decision(title, "=", name, "page") for name in others)


def text_blocks(page: Page) -> list[Block]:
    """The blocks of a page's text, up to its tensions, More, Related or Sources; of one by hand, what was added."""
    out: list[Block] = []
    for b in added(page) if is_guest(page) else page.blocks:
        if b.kind == "heading" and b.text.strip() in DERIVED:
            break
        if not (b.kind == "heading" and b.level == 1) and not b.text.startswith("> [!warning] Tension:"):
            out.append(b)
    return out
