"""A page that a compile would write otherwise.

## What it finds

A page whose claims came, went or were reworded; one that is listed as unpolished; one that is still to be made
(reported on index.md); an overview whose lead statements changed; and what code alone would change: frontmatter,
links, related pages, sources, footnotes, the path of a page whose name changed, names.txt, pages whose subject has too
few claims left. A page that shows or links one of these says so as information: it may change with it. Blank lines
between blocks do not count.

## Why it hurts

The page does not say what the sources say today.

## Example

    from 45d022f41a2d9cf6        <!-- the page was made from 12 claims; there are 15 now -->

## Fix

Safe, where code alone can mend it. `karpwiki compile`, or `--heal` where a model is set, makes a page whose words must
be made anew, and deletes one whose subject has too few claims left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..changes import Fix
from ..findings import Finding
from ..guests import text_blocks
from ..hands import is_ours
from ..markdown import parse
from ..wiki import INDEX, OVERVIEW, Page
from . import Context, is_index

ID, NAME, SEVERITY, FIX = "C001", "page-out-of-date", "warning", "safe"
NEEDS = "state"


def check(ctx: Context) -> Iterator[Finding]:
    if not ctx.is_settled:
        return
    steps = {step.path: step for step in ctx.ground.plan.steps}
    standing = {new: old for old, new in ctx.moves.items()}
    for path, step in steps.items():
        there = path if path in ctx.wiki.pages else standing.get(path, "")
        what = step.reason if there else f"{step.title!r} has claims enough for a page: {path} is still to be made"
        yield Finding(ID, NAME, "warning", there or INDEX, 1, what, "model")
    if _front_changed(ctx):
        yield Finding(ID, NAME, "warning", OVERVIEW, 1, "its lead statements changed", "model")
    for path, title in _following(ctx, set(steps)).items():
        what = f"may change with the page of {title!r}, which is to be made"
        yield Finding(ID, NAME, "info", path, 1, what, "model")
    for path, text in ctx.rewritten.items():
        if path in steps or is_index(path):
            continue
        if text is None:
            to = ctx.moves.get(path)
            what = f"moves to {to}" if to else "its subject has too few claims for a page"
            yield Finding(ID, NAME, "warning", path, 1, what, "safe" if to else "model")
        elif path in ctx.wiki.pages:
            if _lines(ctx.wiki.pages[path].text) == _lines(text):
                continue
            what = f"code would change its {_changed(ctx.wiki.pages[path], text)}"
            yield Finding(ID, NAME, "warning", path, 1, what, "safe")
        elif path not in standing:
            yield Finding(ID, NAME, "warning", path, 1, "is to be written by code", "safe")


def _lines(text: str) -> list[str]:
    """The lines of a page but for blank ones: that a compile sets blocks apart by them makes no page out of date."""
    return [line for line in text.split("\n") if line.strip()]


def _following(ctx: Context, planned: set[str]) -> dict[str, str]:
    """Pages on disk that link a page of the plan → its title: one that is new to them, or whose summary they show."""
    if not planned:
        return {}
    from ..assemble import related

    frame = ctx.ground.frame
    slugs = {frame.subjects[path].slug for path in planned}
    new = slugs - set(ctx.ground.shelf.old)
    found = {}
    for path, subject in frame.subjects.items():
        about = {s.slug: s for i in subject.claims for s in frame.names.about[i] if s.slug in new}
        found[path] = about | {s.slug: s for s in related(frame, subject) if s.slug in slugs}
    for path, source in ctx.wiki.sources.items():
        found[path] = {s.slug: s for c in source.claims for s in frame.names.about[c.id] if s.slug in new}
    left = set(ctx.wiki.pages) - planned - set(ctx.rewritten)
    return {path: min(s.title for s in near.values()) for path, near in found.items() if near and path in left}


def _changed(old: Page, text: str) -> str:
    """What differs between a page and its new text, in a few words."""
    new = parse(old.path, text)
    keys = [k for k in dict.fromkeys((*old.meta, *new.meta)) if old.meta.get(k) != new.meta.get(k)]
    parts = {
        f"frontmatter ({', '.join(keys)})": bool(keys),
        "text": [b.text for b in old.blocks] != [b.text for b in new.blocks],
        "footnotes": [(n.label, n.text) for n in old.footnotes] != [(n.label, n.text) for n in new.footnotes],
    }
    return ", ".join(name for name, differs in parts.items() if differs) or "closing comment"


def _front_changed(ctx: Context) -> bool:
    """Whether the overview would be asked for again."""
    from .. import overview  # the embedded model, and what it takes to ask one
    from ..resolve import without_pages

    old = ctx.wiki.pages.get(OVERVIEW)
    if old is None or old.state is None:
        return False
    frame, shelf = ctx.ground.frame, ctx.ground.shelf
    texts = {slug: [b for b in text_blocks(p) if is_ours(p, b)] for slug, p in shelf.old.items() if p.state}
    names = without_pages(frame.names, {s.slug for s in frame.names.pages} - set(texts))
    frame = replace(frame, names=names)
    given = overview.inputs(frame, "", texts, {}, ctx.built.tensions)
    return bool(old.state.unpolished) or overview.origin(given, frame) != old.state.origin


def fix(ctx: Context, path: str) -> Fix | None:
    return ctx.rewrite(path, "brought up to date")
