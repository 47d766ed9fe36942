"""What the text of one page by hand tells of how its vault is written: what detect.py counts."""

from __future__ import annotations

import re
from collections.abc import Collection

from .markdown import START
from .pattern import pattern
from .wiki import CITE, Habits, Page

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
    text, is_catalogue, _ = page.text.partition(START) if START in page.text else (page.text, "", "")
    raw = tuple(_RAW.findall(text)) if "raw/" in text else ()
    labels = CITE.findall(text) if is_catalogue else page.cited
    return Habits(text.startswith("---"), _citations(text, labels), raw)


def _citations(text: str, labels: Collection[str]) -> str:
    """How a page by hand says where its words come from."""
    if "^[" in text and _INLINE.search(text):
        return "inline"
    if labels:
        return "claims" if all(map(_CLAIM.fullmatch, labels)) else "footnotes"
    return "lines" if "**" in text and _BOLD.search(text) else ""
