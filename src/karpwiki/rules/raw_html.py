"""HTML on a page.

## What it finds

HTML tags outside code. Comments are fine (karpwiki keeps its state in one), and so are the few tags without
attributes that Markdown has no mark for: `<br>`, `<sub>`, `<sup>`, `<kbd>`, `<mark>`, `<u>`, `<wbr>`, `<details>`,
`<summary>`. Tags that act are reported by active-code.

## Why it hurts

Readers differ in what they do with HTML: some show it, some drop it with all that it holds, some load what it names.

## Example

    <img src="https://example.org/pixel.png">

## Fix

None: write it in Markdown, or put a backslash before the `<`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..findings import Finding
from ..pattern import pattern
from ..wiki import Page
from . import Context
from ._text import tokens
from .active_code import TAGS

ID, NAME, SEVERITY, FIX = "S002", "raw-html", "error", "none"
MARKS = ("<",)
_HARMLESS = frozenset("br sub sup kbd mark u wbr details summary".split())
_TAG = pattern(r"<(/?)([A-Za-z][\w:-]*)\s*([^<>]*?)\s*/?(?:>|\Z)")
_SUSPECT = pattern(r"<[A-Za-z/?!]")


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.suspected(NAME):
        for line, tag in dict.fromkeys(_tags(page)):
            yield Finding(ID, NAME, "error", page.path, line, f"HTML: <{tag}>")


def suspect(page: Page) -> bool:
    return bool(_SUSPECT.search(page.text.partition("<!-- karpwiki ")[0]) or _SUSPECT.search(page.notes))


def _tags(page: Page) -> Iterator[tuple[int, str]]:
    for token, line in tokens(page):
        if token.type in ("html_block", "html_inline"):
            # What a comment holds is not shown; its line feeds count.
            html = re.sub(r"<!--.*?(?:-->|\Z)", lambda m: "\n" * m[0].count("\n"), token.content, flags=re.S)
            for found in _TAG.finditer(html):
                name = found[2].lower()
                if name not in TAGS and not (name in _HARMLESS and not found[3]):
                    yield line + html.count("\n", 0, found.start()), name
