"""A page whose heading says another title than its frontmatter.

## What it finds

Pages whose first heading is their only one of the first level, and says other words than `title`. Case, marks and
emoji do not count, nor do names that the page has otherwise (an alias, its file's name), nor a title with words before
or after it, unless a number or a version is among these (GPT-4 and GPT-4 mini).

## Why it hurts

The page has one name in the index, in links and in searches, and another one for who reads it. Often it was copied
from another page.

## Example

    title: LLM OS
    ---
    # Software 3.0

## Fix

None: only its writer knows which is right. Where karpwiki wrote the heading, `page-out-of-date` says that it follows.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..hands import is_ours
from ..inert import unescape
from ..markdown import unlink
from ..names import key, told_apart
from ..wiki import Block, Page
from . import Context, aliases, is_service
from ._frontmatter import shown

ID, NAME, SEVERITY, FIX = "F007", "title-mismatch", "warning", "none"


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.suspected(NAME):
        title = page.meta["title"]
        head = _heading(page, title)
        if head is None:
            continue
        words = _words(head)
        if words and not _is_named(page, title, words) and not (is_ours(page, head) and page.path in ctx.rewritten):
            message = f"the heading is {shown(words)}, the title is {shown(title)}"
            yield Finding(ID, NAME, "warning", page.path, head.line, message)


def suspect(page: Page) -> bool:
    title = page.meta.get("title")
    if not isinstance(title, str) or not title or page.problem or is_service(page.path):
        return False
    return page.heading != title or f"# {title}\n" not in page.text


def _heading(page: Page, title: str) -> Block | None:
    """The heading that names a page: its first one, when no other is of the first level. None: it is the title."""
    first = next((b for b in page.blocks if b.kind == "heading"), None)
    if first is None or first.level != 1 or first.text == f"# {title}":
        return None
    return first if sum(b.kind == "heading" and b.level == 1 for b in page.blocks) == 1 else None


def _words(head: Block) -> str:
    """What a heading says."""
    line = head.text.split("\n")[0] if head.text.startswith("#") else head.text.rpartition("\n")[0]
    return unescape(unlink(line).lstrip("#").rstrip("#").strip())


def _letters(text: str) -> str:
    """A text as words of letters and digits alone."""
    return " ".join("".join(c if c.isalnum() or c in "+#." else " " for c in key(text)).split())


def _is_named(page: Page, title: str, words: str) -> bool:
    """Whether a heading says a name of the page, or its title with other words before or after it."""
    said = _letters(words)
    if not said or said in map(_letters, (title, page.stem, *aliases(page))):
        return True
    long, short = sorted((said, _letters(title)), key=len, reverse=True)
    inside = long.startswith(f"{short} ") or long.endswith(f" {short}")
    return not short or (inside and not told_apart(words, title))
