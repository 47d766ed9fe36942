"""What the rules on addresses share: every address on a page that a reader follows or loads, as a browser sees it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..commonmark import UNREAD, fill, new_parser
from ..findings import Grade
from ..frontmatter import split
from ..markdown import parse
from ..pattern import pattern
from ..wiki import Page
from . import Context
from ._ours import our_lines
from ._text import MAX_PASSAGE

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

TAG = pattern(r"<(?!https?:|mailto:)[A-Za-z]")
"""Where HTML, or an address between angle brackets, may begin."""
LOADED = pattern(
    r"[\s\"'/](?:src|(?:image)?srcset|poster|background|data|style)\s*+=|<(?:image|use|feimage|link)\b", re.I
)
"""What a page has that loads something by HTML."""
ACTING = pattern(
    r"[\s\"'/](?:(?:image)?srcset\s*+=|(?:src|poster|background|data|href|xlink:href|action|formaction|cite|ping|longdesc)"
    r"\s*+=\s*+(?:[\"']\s*+)?+(?!https?:|mailto:)[\x00-\x1fA-Za-z0-9+.-]*+[:&]|"
    r"style\s*+=[^<>]{0,400}?url\()|"
    r"<(?!https?:|mailto:)[A-Za-z][A-Za-z0-9+.-]{1,31}:(?!:)",
    re.I,
)
"""What a page has that has an address of another scheme in HTML or between angle brackets."""
_HTML = pattern(r"<\s*([A-Za-z][\w:-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)")
_ATTRIBUTE = pattern(r"(?:^|[\s\"'/])([A-Za-z][\w:-]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>`]+))")
_COMMENT = pattern(r"<!--.*?(?:-->|\Z)", re.S)
_STYLE_URL = pattern(r"url\(\s*[\"']?([^\"')]*)", re.I)
_LOADED = frozenset("src srcset imagesrcset poster background data".split())
_FOLLOWED = frozenset("href xlink:href action formaction cite ping longdesc".split())
_LOADS_HREF = frozenset("image use feimage link".split())
UNREAD_LINKS = "a passage that is too long, or has too many brackets, for its links to be checked"
_CONTROLS = pattern(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Address:
    """One address on a page."""

    url: str
    """Without what hides it from a reader and not from a browser: escapes, entities, control characters."""
    line: int
    loaded: bool
    """It is loaded when the page is shown; else when someone follows it."""
    in_html: bool = False
    unread: bool = False
    """There may be more behind it: the passage has more brackets, or is longer, than what is read."""


def addresses(page: Page) -> Iterator[Address]:
    """The addresses of all links, images, reference definitions and HTML attributes of a page, a person's notes too."""
    _, body, skipped = split(page.text)
    env: dict[str, Any] = {"size": len(body)}
    for token in _parser().parse(body, env):
        line = skipped + (token.map[0] if token.map else 0) + 1
        yield from _of(token, line)
        if token.type == "inline":
            fill(_parser(), token, env, MAX_PASSAGE)
        children, token.children = token.children or (), None
        for child in children:
            yield from _of(child, line)
            line += child.type in ("softbreak", "hardbreak") or child.content.count("\n")
    for made in (*env.get("references", {}).values(), *env.get("duplicate_refs", ())):
        yield Address(_clean(made["href"]), skipped + made["map"][0] + 1, False)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    """CommonMark that takes any address for one, and leaves it as it is written."""
    from markdown_it.rules_block import reference

    def definition(state: StateBlock, first: int, last: int, silent: bool) -> bool:
        # A footnote of one word would be taken for the address of a link.
        footnote = state.src.startswith("[^", state.bMarks[first] + state.tShift[first])
        return not footnote and reference(state, first, last, silent)

    md = new_parser().disable("inline")
    md.block.ruler.at("reference", definition)
    vars(md).update(validateLink=lambda url: True, normalizeLink=lambda url: url)
    return md


def _of(token: Token, line: int) -> Iterator[Address]:
    if token.type == UNREAD:
        yield Address("", line, False, unread=True)
    elif token.type == "image":
        yield Address(_clean(str(token.attrGet("src") or "")), line, True)
    elif token.type == "link_open":
        yield Address(_clean(str(token.attrGet("href") or "")), line, False)
    elif token.type in ("html_block", "html_inline"):
        text = _COMMENT.sub(lambda m: "\n" * m[0].count("\n"), token.content)
        for tag in _HTML.finditer(text):
            at = line + text.count("\n", 0, tag.start())
            for url, loaded in _in_tag(tag[1].lower(), tag[2]):
                yield Address(_clean(url), at, loaded, in_html=True)


def _in_tag(tag: str, attributes: str) -> Iterator[tuple[str, bool]]:
    """(address, whether it is loaded) of each attribute of a tag that holds one."""
    for name, *values in _ATTRIBUTE.findall(attributes):
        name, value = name.lower(), html.unescape("".join(values))
        if name == "style":
            yield from ((url, True) for url in _STYLE_URL.findall(value))
        elif name in ("srcset", "imagesrcset"):
            yield from ((part.split()[0], True) for part in value.split(",") if part.strip())
        elif name in _LOADED or (name in _FOLLOWED and tag in _LOADS_HREF):
            yield value, True
        elif name in _FOLLOWED:
            yield value, False


def _clean(url: str) -> str:
    # Once more: the parser leaves references to controls as they are, which a browser takes out.
    return _CONTROLS.sub("", html.unescape(url)).strip()


def weighed(ctx: Context, page: Page, found: list[Address]) -> Iterator[tuple[Address, bool, Grade]]:
    """Each of some addresses of a page, whether it stands in what karpwiki wrote, and how that is mended."""
    ours = our_lines(page) if found else frozenset[int]()
    text = ctx.rewritten.get(page.path) if any(a.line in ours for a in found) else None
    left = {a.url for a in addresses(parse(page.path, text))} if text else {a.url for a in found}
    for at in found:
        by_us = at.line in ours
        yield at, by_us, "safe" if by_us and at.url not in left else "none"
