"""Something on a page that Obsidian, a plugin or a browser would run.

## What it finds

Code that Dataview, Tasks, Templater, Meta Bind and their like execute: fences with their names, inline `=` and `$=`,
`INPUT[…]`, `<% … %>` anywhere (Templater does not heed fences, and runs none that is not closed); scripts, frames,
forms and event handlers in HTML; links with `javascript:`; the same in strings of the frontmatter, and its `TQ_` keys.
Reported too is what cannot be checked: a page nested so deep that its end is not seen, and a paragraph of more than
100,000 characters, a pasted picture left out. Inside another fence, as an example, code is only shown.

## Why it hurts

A vault is opened by people with plugins and with rights on their machine. A page made from other people's texts must
not be able to act.

## Example

    `$= app.vault.delete(…)`

## Fix

None: a page by karpwiki cannot hold such code, so someone put it there: take it out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from ..commonmark import UNREAD
from ..findings import Finding
from ..frontmatter import split
from ..pattern import pattern
from ..scan import outline
from ..wiki import Page
from . import Context
from ._ours import frontmatter_keys
from ._text import BLANK, DEEP, LARGE, MAX_PASSAGE, screen, tokens

ID, NAME, SEVERITY, FIX = "S001", "active-code", "error", "none"
TAGS = frozenset(
    "script iframe frame frameset object embed applet form link meta base style svg math webview portal".split()
)
MAX_NESTING = 32
_PLUGINS = (
    r"\{?\.?(dataview(?:js)?|tasks|templater|meta-bind[\w-]*|js-engine|run-[\w]+|button|buttons|customjs|quickadd|"
    r"react|jsx:component|tsx:component|datacorejsx?|datacoretsx?|excalidraw|widgets?|leaflet|tracker|chartsview|"
    r"advanced-tables|execute[\w]*)"
)
_FENCES = pattern(rf"{_PLUGINS}(?![\w:.-])", re.I)
_FENCED = _PLUGINS.encode().replace(rb"\w", rb"\w\x80-\xff") + rb"(?![\w:.-])"
_INLINE = pattern(r"\$=|=\s*[\w\"'(\[]|\$\$=|(?:INPUT|VIEW|BUTTON|EMBED)\[|(?:input|button|js|dv):")
_SCHEME = pattern(r"(?:[(<='\"]|\]:)\s*(?:javascript|vbscript|data:text/html)\s*:?", re.I)
_LINK = pattern(r"(?:\[[^\[\]]*\]\(|\]:|<)\s*(?:javascript|vbscript|data:text/html)\s*:?", re.I)
_TAG = pattern(r"<\s*/?\s*([A-Za-z][\w:-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)")
_HANDLER = pattern(r"[\s/\"']on[a-z]+\s*=", re.I)
SIGNS = {
    "```": rb"(?<!````)`*+" + BLANK + b"*+(?:" + _FENCED + b")",
    "~~~": rb"(?<!~~~~)~*+" + BLANK + b"*+(?:" + _FENCED + b")",
    "`": rb"(?:>|" + BLANK + rb")*+(?:\$|=|input|view|button|embed|js|dv)",
    "<": rb"(?!!-- karpwiki)(?:[a-z/?!%<]|" + BLANK + b")",
    **dict.fromkeys(("&#", "&colon;", "data:text/html"), b""),
}
MARKS = ("script", "tq_", "\\", DEEP, LARGE)
_ADDRESS = pattern(rb"(?:[(<='\"]|\]:)" + BLANK + rb"*+(?:java|vb)script")
_OPENS = pattern(r"(?:[ \t>]|[-*+] |\d+[.)] ){16}")


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.suspected(NAME):
        found = [*_in_frontmatter(page), *_templater(page), *_in_body(page)]
        for line, what in dict.fromkeys(found):
            yield Finding(ID, NAME, "error", page.path, line, what)


def suspect(page: Page) -> bool:
    """Whether an address, a key or a value of the frontmatter, or a passage is there that SIGNS do not tell of."""
    small, _, deep = screen(page.text)
    if any(map(_OPENS.match, deep)) or _may_be_long(page.text) or (b"script" in small and _ADDRESS.search(small)):
        return True
    return any(True for _ in _in_frontmatter(page))


def _may_be_long(text: str) -> bool:
    """Whether some passage may be too long to be checked; none goes over an empty line, and in a table over a row."""
    if len(text) <= MAX_PASSAGE or max(map(len, text.split("\n\n"))) <= MAX_PASSAGE:
        return False
    body = split(text)[1]
    lines = body.split("\n")
    lengths = [len(line) + 1 for line in lines]
    return any(
        (max if piece.kind == "table" else sum)(lengths[piece.first : piece.last]) > MAX_PASSAGE
        for piece in outline(body, lines).pieces
    )


def _templater(page: Page) -> Iterator[tuple[int, str]]:
    end = page.text.rfind("%>")
    for number, line in enumerate(page.text[: max(end, 0)].split("\n"), 1) if "<%" in page.text else ():
        if "<%" in line:
            yield number, "code of Templater: <%"


def _in_body(page: Page) -> Iterator[tuple[int, str]]:
    for token, line in tokens(page):
        if token.level > MAX_NESTING:
            yield line, "nested too deep to be checked"
        elif token.type == UNREAD:
            yield line, "a passage that is too long, or has too many brackets, to be checked"
        elif token.type == "fence" and (found := _FENCES.match(token.info.strip())):
            yield line, f"a fence that a plugin runs: {found[1]}"
        elif token.type == "code_inline" and (found := _INLINE.match(token.content.strip())):
            yield line, f"inline code that a plugin runs: {found[0].strip()}"
        elif token.type in ("html_block", "html_inline"):
            yield from ((line, f"HTML that acts: <{name}>") for name in _acting(token.content))
        elif token.type == "link_open" and re.match(r"\s*(?:javascript|vbscript):", str(token.attrGet("href")), re.I):
            yield line, "a link that runs code"
        elif token.type == "inline":
            shown = "".join(c.content if c.type.startswith("text") else " " for c in token.children or ())
            if "script" in shown.lower() and _LINK.search(shown) and _LINK.search(_unescaped(token.content)):
                yield line, "a link that runs code"


def _unescaped(text: str) -> str:
    """Markdown without the brackets that stand behind a backslash, which begin no link."""
    return html.unescape(re.sub(r"\\[\[(<]", " ", text))


def _acting(markup: str) -> list[str]:
    """The tags in some HTML, comments left out, that act by themselves."""
    tags = _TAG.findall(re.sub(r"<!--.*?(?:-->|\Z)", "", markup, flags=re.S))
    return [name for name, rest in tags if name.lower() in TAGS or _HANDLER.search(rest) or _SCHEME.search(rest)]


def _in_frontmatter(page: Page) -> Iterator[tuple[int, str]]:
    found = [(name, f"a key that Tasks acts on: {name}") for name in page.meta if name.startswith("TQ_")]
    found += [
        (name, f"a value that may be run: {name}")
        for name, value in page.meta.items()
        if any(map(_runs, _strings(value)))
    ]
    lines = dict((key, line) for line, key in reversed([*frontmatter_keys(page)])) if found else {}
    yield from ((lines.get(name, 1), what) for name, what in found)


def _runs(text: str) -> bool:
    if ":" not in text and "`" not in text and "<" not in text:
        return False
    spans = re.findall(r"`([^`]+)`", text) if "`" in text else ()
    if any(_INLINE.match(s.strip()) for s in spans) or re.match(r"\s*javascript:\S", text, re.I):
        return True
    return "<" in text and bool(_acting(text))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for part in pair for text in _strings(part))
    elif isinstance(value, list):
        yield from (text for part in value for text in _strings(part))
