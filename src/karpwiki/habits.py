"""What the text of one page by hand tells of how its vault is written: what detect.py counts."""

from __future__ import annotations

import re

from .markdown import CITE, START
from .pattern import pattern
from .wiki import Habits, Page

_CLAIM = pattern(r"[0-9a-v]{8}[b-z]?")
_INLINE = pattern(r"\^\[(?:\[\[)?raw/[^\]\n]+\]")
_BOLD = pattern(
    r"^\*\*(?:Sources?|Raw|References?|来源|资料|出处)\*\*? ?[:：]|^\*\*(?:Sources?|来源)[:：]\*\*", re.M | re.I
)
_RAW = pattern(r"raw/(?<![\w/]raw/)([^\]\[|)>\"'`#\n^]+)")


def habits(page: Page) -> Habits:
    """What the text of a page by hand tells of how it is written."""
    if page.habits is not None:
        return page.habits
    text = page.text.partition(START)[0]
    raw = tuple(_RAW.findall(text)) if "raw/" in text else ()
    return Habits(text.startswith("---"), _citations(text), raw)


def _citations(text: str) -> str:
    """How a page by hand says where its words come from."""
    if "^[" in text and _INLINE.search(text):
        return "inline"
    labels = CITE.findall(text) if "[^" in text else ()
    if labels:
        return "claims" if all(map(_CLAIM.fullmatch, labels)) else "footnotes"
    return "lines" if "**" in text and _BOLD.search(text) else ""
