"""A link that does something else than open a page of the web or write a mail.

## What it finds

Links, images, definitions (`[a]: …`), addresses between angle brackets and attributes of HTML with another scheme than
`http`, `https` or `mailto`. They are read as a browser reads them: without escapes, entities and control characters,
in any case. Of the values in frontmatter, those that run code or make Obsidian act.

- An error: what runs code (`javascript:`, `vbscript:`, `data:`), and any such link in what karpwiki wrote.
- A warning: what opens a file of the reader's machine (`file:`, `C:\\`), makes Obsidian do more than show a note
  (`obsidian://new`, the actions of plugins), or opens a program that is not known here (`ms-msdt:`, `name://…`).
- For information: what shows a note, dials, or opens a well-known program (`obsidian://open`, `tel:`, `zotero://…`).

Wiki links, pictures that stand in the page itself (`data:image/…`), and words with a colon such as `notes.py:12`,
`std::fs` or `Category:Paper` are none of these.

## Why it hurts

One click runs code, opens a file, or tells another program what to do.

## Example

    [more](obsidian://new?file=diary&content=gone&overwrite)

## Fix

Safe, where karpwiki wrote the words, and code can write them again without the link. Else none: write the address as
code, so that it is only shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..changes import Fix
from ..findings import Finding, Grade, Severity
from ..pattern import pattern
from ..wiki import Page
from . import Context
from ._ours import frontmatter_keys
from ._text import BLANK, screen
from ._web import ACTING, TAG, UNREAD_LINKS, addresses, weighed

ID, NAME, SEVERITY, FIX = "S004", "forbidden-scheme", "error", "safe"
# A scheme, or what may turn out to be one, behind `](` or `]:`; footnotes begin with other marks.
_MAY_BE = pattern(
    rb"\][(:](?:>|"
    + BLANK
    + rb")*+<?+"
    + BLANK
    + rb"*+(?!https?://|mailto:)(?:[\x01-\x1f]*+(?:[&\\]|[a-z][\x01-\x1fa-z0-9+.-]*+[:&\\]))"
)
_SCHEME = pattern(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.S)
_SHOWS = pattern(r"//(?:open|search|vault)\b(?!.*[?&](?:append|prepend|content|clipboard)\b)", re.I | re.S)
_CODE = frozenset({"javascript", "vbscript", "data"})
# Of those that are written without `//`; any other name with a colon may be a word.
_ACTING = frozenset({"search", "search-ms", "shell", "onenote", "view-source", "jar", "intent", "hcp", "ldap", "mk"})
_VALUES = ("javascript:", "vbscript:", "data:", "obsidian:")
_KNOWN = frozenset(
    "bookends evernote facetime ftp ftps geo irc ircs magnet matrix mendeley message omnifocus sftp sms tel things "
    "webcal x-devonthink-item xmpp zotero".split()
)


def check(ctx: Context) -> Iterator[Finding]:
    for page in ctx.suspected(NAME):
        told: dict[tuple[int, str], tuple[Severity, Grade]] = {}
        read = list(addresses(page))
        found = {at: judged for at in read if (judged := _judge(at.url, at.loaded))}
        told |= {(at.line, UNREAD_LINKS): ("error", "none") for at in read if at.unread}
        for at, by_us, grade in weighed(ctx, page, list(found)):
            severity, what = found[at]
            told[at.line, what] = ("error" if by_us else severity, grade)
        for line, severity, what in _in_frontmatter(page):
            told[line, what] = (severity, "none")
        for (line, what), (severity, grade) in told.items():
            yield Finding(ID, NAME, severity, page.path, line, what, grade)


def suspect(page: Page) -> bool:
    """Whether an address may have another scheme than those of the web and of mail."""
    small = screen(page.text).small
    return bool(
        _MAY_BE.search(small)
        or (b"<" in small and TAG.search(page.text) and ACTING.search(page.text))
        or any(True for _ in _in_frontmatter(page))
    )


def _judge(url: str, loaded: bool) -> tuple[Severity, str] | None:
    """What is to be said of an address; None: nothing."""
    found = _SCHEME.match(url)
    scheme, rest = (found[1].lower(), found[2]) if found else ("", "")
    if scheme in ("", "http", "https", "mailto") or (scheme == "data" and loaded and rest.lower().startswith("image/")):
        return None
    if scheme in _CODE:
        return "error", f"a link with {scheme + ':'!r}, which runs what stands in it"
    slashed = rest.startswith(("/", "\\"))
    if (scheme == "file" or len(scheme) == 1) and slashed:
        return "warning", f"a link with {scheme + ':'!r}, which opens a file of the reader's machine"
    if scheme == "obsidian":
        shows = _SHOWS.match(rest)
        return ("info", "a link that opens Obsidian") if shows else ("warning", "a link that makes Obsidian act")
    if scheme in _KNOWN:
        return "info", f"a link with {scheme + ':'!r}, which opens another program"
    if rest.startswith("//") or scheme in _ACTING or scheme.startswith("ms-"):
        return "warning", f"a link with {scheme + ':'!r}, which opens a program that is not known here"
    return None


def _in_frontmatter(page: Page) -> Iterator[tuple[int, Severity, str]]:
    """Values of frontmatter that Obsidian would show as links that run code or make it act."""
    found = [
        (name, judged)
        for name, value in page.meta.items()
        for text in (value if isinstance(value, list) else (value,))
        # A title such as "JavaScript: the good parts" is no address.
        if isinstance(text, str)
        and ":" in text
        and text.strip()[:11].lower().startswith(_VALUES)
        and len(text.split()) == 1
        if (judged := _judge(text.strip(), False)) and judged[0] != "info"
    ]
    lines = dict((key, line) for line, key in reversed([*frontmatter_keys(page)])) if found else {}
    return ((lines.get(name, 1), *judged) for name, judged in found)


def fix(ctx: Context, path: str) -> Fix | None:
    return ctx.rewrite(path, "links made anew")
