"""HTML in Markdown: what is a tag, which a reader does not see, and what is a placeholder such as <repository>."""

from __future__ import annotations

import re
from html import unescape

from .pattern import pattern

_NAMES = frozenset(
    "a abbr acronym address area article aside audio b base bdi bdo big blockquote body br button canvas caption "
    "center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed fieldset "
    "figcaption figure font footer form frame frameset g h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe "
    "img input ins kbd label legend li link main map mark marquee math menu meta meter nav noframes noscript "
    "object ol optgroup option output p param path picture pre progress q rp rt ruby s samp script search section "
    "select slot small source span strike strong style sub summary sup svg table tbody td template textarea tfoot "
    "th thead time title tr track tt u ul use var video wbr".split()
)
_TAG = pattern(r"<(?:/?([A-Za-z][A-Za-z0-9:-]*)|[!?])[^<>]*>")
_UNSHOWN = pattern(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.S | re.I)


def is_placeholder(tag: str) -> bool:
    """Whether something in angle brackets is no HTML, so that a reader is meant to see it."""
    found = _TAG.match(tag)
    return bool(found and found[1] and found[1].lower() not in _NAMES)


def strip_html(html: str) -> str:
    """HTML without tags, comments, scripts and styles; line feeds stay where they were."""
    html = _TAG.sub(_gap, _UNSHOWN.sub(lambda m: "\n" * m.group().count("\n"), html))
    return "\n".join(unescape(line).replace("\n", " ") for line in html.split("\n"))


def _gap(tag: re.Match[str]) -> str:
    """What stands in the place of a tag: its own line feeds, or a space where it parts words."""
    if is_placeholder(tag.group()):
        return tag.group()
    return "\n" * tag.group().count("\n") or (" " if tag.group()[1:3].lower() in ("br", "/p", "/t") else "")
