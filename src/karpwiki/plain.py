"""Markdown → plain text: what a reader sees, with the line of every word.

Quotes are proved against this text, when a source is digested and again by lint, so there is one function for it.
Plain text is the file without Markdown's own marks: emphasis, link targets, heading and list marks, table pipes,
escapes, tags, comments, frontmatter, footnote labels, invisible characters. Structure is markdown-it-py's.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from types import SimpleNamespace
from typing import TYPE_CHECKING

from .nouns import Span

if TYPE_CHECKING:  # loading the parser costs more than a command that needs none
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

# Controls and format characters that show nothing: a quote must not carry what its reader cannot see. The joiners
# U+200C and U+200D stay, since scripts and emoji are spelled with them.
_INVISIBLE = dict.fromkeys(
    [c for c in range(0x20) if c not in (0x09, 0x0A)]
    + [*range(0x7F, 0x85), *range(0x86, 0xA0), 0xAD, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F)]
    + [*range(0x2060, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080)]
)
_WIKILINK = re.compile(r"!?\[\[([^\[\]|#\n]*)(#[^\[\]|\n]*)?(?:\|([^\[\]\n]*))?\]\]")
_FOOTNOTE = re.compile(r"\[\^[^\]\s]{1,64}\]:?")
_FRONTMATTER = re.compile(r"\A---[ \t]*\n(?:[^\n]*\n)*?(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_KEY = re.compile(r"\A---[ \t]*\n\s*(?:#[^\n]*\n\s*)*(?:[^\s:#][^:\n]*:|---)")
_TAG = re.compile(r"<[/!?A-Za-z][^<>]*>")
_MAX_LABELS = 8
"""Depth of link labels in link labels."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One paragraph, list item, heading, table row or block of code: a quote never crosses its border."""

    kind: str
    """paragraph, item, heading, row, code or html."""
    text: str
    """Folded words."""
    span: Span
    heading: tuple[str, ...]
    """The headings it stands under, outermost first; of a heading: those above it."""
    lead_in: str = ""
    """Of a list item or a table row: the paragraph before its list or the head of its table."""
    level: int = 0
    terms: tuple[tuple[str, str], ...] = ()
    """What the author marked: (`strong`, `em`, `link` or `code`, words)."""
    lines: tuple[tuple[int, int], ...] = ()
    """(offset in `text`, line of the file), ascending."""

    def line_at(self, offset: int) -> int:
        """The line of the file that holds the character at `offset` of the text."""
        return self.lines[bisect_right(self.lines, (offset, 1 << 60)) - 1][1]


@dataclass(frozen=True, slots=True)
class Plain:
    """The plain text of one file: `text` is the passages joined by line feeds, which no folded quote holds."""

    passages: tuple[Passage, ...]
    text: str
    starts: tuple[int, ...]

    def find(self, quote: str, after: int = 0) -> int:
        """Offset of the first occurrence of a folded quote at or after `after`, else of the first at all, else −1."""
        if not quote or "\n" in quote:
            return -1
        at = self.text.find(quote, after)
        return at if at >= 0 or after == 0 else self.text.find(quote)

    def passage_at(self, offset: int) -> Passage:
        return self.passages[bisect_right(self.starts, offset) - 1]

    def line_at(self, offset: int) -> int:
        """The line of the file on which the character at `offset` of `text` stands."""
        n = bisect_right(self.starts, offset) - 1
        return self.passages[n].line_at(offset - self.starts[n])

    def lines_of(self, quote: str) -> set[int]:
        """Every line of the file on which a folded quote begins; empty: it does not occur."""
        found, at = set(), self.find(quote)
        while at >= 0:
            found.add(self.line_at(at))
            at = self.text.find(quote, at + 1)
        return found


def fold(text: str) -> str:
    """The form in which quotes are compared: visible characters, NFC, each run of white space as one space."""
    return " ".join(unicodedata.normalize("NFC", text.translate(_INVISIBLE)).split())


def visible(text: str) -> str:
    """Text without control and invisible format characters; tabs and line feeds stay."""
    return text.translate(_INVISIBLE)


def frontmatter_lines(markdown: str) -> int:
    """How many lines at the top are frontmatter, its fences included; 0: there is none."""
    if not _KEY.match(markdown):
        return 0
    found = _FRONTMATTER.match(markdown)
    return found.group().count("\n") + (not found.group().endswith("\n")) if found else 0


@lru_cache(maxsize=64)
def plain(markdown: str) -> Plain:
    """The plain text of a Markdown file (str with LF ends), with the lines of that file."""
    passages = tuple(_passages(markdown))
    starts, at = [], 0
    for p in passages:
        starts.append(at)
        at += len(p.text) + 1
    return Plain(passages, "\n".join(p.text for p in passages), tuple(starts))


def new_parser() -> MarkdownIt:
    """CommonMark with tables, in time about linear in the text, whatever stands there."""
    from markdown_it import MarkdownIt, helpers

    # The parser drops what is nested deeper than its limit, silently, so the limit is high. But for each `[` it then
    # looks up to that deep, and to the end of the paragraph, for a `]`: a line of 100,000 `[` took ten seconds.
    def label(state: StateInline, start: int, disableNested: bool = False) -> int:
        spent = state.env.get("labels", 0)
        if state.level > _MAX_LABELS or spent > 500_000 + 4 * len(state.src):
            return -1
        end = helpers.parseLinkLabel(state, start, disableNested)
        state.env["labels"] = state.env.get("labels", 0) + (end if end >= 0 else state.posMax) - start
        return end

    md = MarkdownIt("commonmark", {"maxNesting": 200}).enable("table")
    md.helpers = SimpleNamespace(**{**vars(helpers), "parseLinkLabel": label})
    return md


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    # Without text_join, escapes and entities stay tokens of their own.
    return new_parser().enable("strikethrough").disable("text_join")


def _passages(markdown: str) -> Iterator[Passage]:
    skip = frontmatter_lines(markdown)
    body = "\n" * skip + "\n".join(visible(markdown).split("\n")[skip:])
    tokens = _parser().parse(body)
    heads: list[tuple[int, str]] = []
    lead, table_head, lists, n = "", "", 0, 0
    while n < len(tokens):
        token = tokens[n]
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists -= 1
        made: list[Passage] = []
        path = tuple(words for _, words in heads)
        if token.type == "inline" and token.map:
            before = tokens[n - 1]
            if before.type == "heading_open":
                level = int(before.tag[1])
                heads = [h for h in heads if h[0] < level]
                made = _inline(token, "heading", tuple(w for _, w in heads), "", level)
                heads += [(level, made[0].text)] if made else []
                lead = ""
            else:
                made = _inline(token, "item" if lists else "paragraph", path, lead if lists else "", 0)
                lead = made[0].text if made and not lists else lead
        elif token.type == "tr_open":
            row, n = _row(tokens, n)
            made = _inline(row, "row", path, table_head, 0)
            if made and tokens[n].level > 0 and token.map and _is_head(tokens, n):
                table_head = made[0].text
        elif token.type in ("fence", "code_block"):
            made = _lines(token, "code", token.content, path, token.type == "fence")
        elif token.type == "html_block":
            made = _lines(token, "html", strip_html(token.content), path, False)
        yield from made
        n += 1


def _is_head(tokens: list[Token], n: int) -> bool:
    return n + 1 < len(tokens) and tokens[n + 1].type == "thead_close"


def _row(tokens: list[Token], n: int) -> tuple[Token, int]:
    """The cells of a table row as one inline token, and the index of its end."""
    from markdown_it.token import Token

    row = Token("inline", "", 0, map=tokens[n].map, children=[], content="")
    while tokens[n].type != "tr_close":
        if tokens[n].type == "inline":
            row.children = [*(row.children or []), *(tokens[n].children or []), Token("text", "", 0, content=" ")]
            row.content += tokens[n].content + " "
        n += 1
    return row, n


def _inline(token: Token, kind: str, path: tuple[str, ...], lead: str, level: int) -> list[Passage]:
    """The passage of an inline token: its words line by line, and what is marked in it."""
    first, last = (token.map or [0, 1])[0] + 1, (token.map or [0, 1])[1]
    lines: dict[int, list[str]] = {first: []}
    marks: list[tuple[str, int, list[str]]] = []
    terms: list[tuple[str, str]] = []
    line, cursor, source = first, 0, token.content
    for child in token.children or []:
        words = ""
        if child.type in ("softbreak", "hardbreak"):
            cursor = source.find("\n", cursor) + 1 or cursor
            line += 1
            words = "\n"
        elif child.type in ("text", "text_special", "code_inline"):
            words, cursor, crossed = _words(child, source, cursor)
            if child.type == "code_inline":
                terms.append(("code", fold(words)))
            line += crossed
        elif child.type == "html_inline":
            line += child.content.count("\n")
            words = " " if child.content.lower().startswith("<br") else ""
        elif child.type in ("strong_open", "em_open", "link_open"):
            marks.append((child.type[:-5], len(marks), []))
        elif child.type in ("strong_close", "em_close", "link_close") and marks:
            name, _, inner = marks.pop()
            terms.append((name, fold("".join(inner))))
        for _, _, inner in marks:
            inner.append(words)
        if words == "\n":
            lines.setdefault(line, [])
        elif words:
            lines.setdefault(line, []).append(words)
        if child.type == "text":
            terms.extend(("link", fold(m[3] or m[1])) for m in _WIKILINK.finditer(child.content))
    text, offsets = _join((n, "".join(parts)) for n, parts in sorted(lines.items()))
    if not text:
        return []
    found = tuple(dict.fromkeys(t for t in terms if t[1]))
    return [Passage(kind, text, Span(first, max(first, last)), path, lead, level, found, offsets)]


def _words(child: Token, source: str, cursor: int) -> tuple[str, int, int]:
    """What a text or code token shows, the cursor after it in the block's source, and the line feeds in it."""
    if child.type == "code_inline":
        start = max(source.find(child.markup, cursor), cursor)
        end = source.find(child.markup, start + len(child.markup))
        end = end + len(child.markup) if end >= 0 else start
        return child.content, end, source.count("\n", start, end)
    if child.type == "text_special":
        return child.content, cursor, 0
    at = source.find(child.content, cursor)
    words = _WIKILINK.sub(lambda m: m[3] or m[1] or (m[2] or "").lstrip("#"), child.content)
    return _FOOTNOTE.sub("", words), (at + len(child.content) if at >= 0 else cursor), 0


def _lines(token: Token, kind: str, content: str, path: tuple[str, ...], fenced: bool) -> list[Passage]:
    """Code, or what is left of an HTML block, as one passage."""
    first = (token.map or [0, 0])[0] + 1 + fenced
    numbered = [(first + k, words) for k, words in enumerate(content.split("\n"))]
    text, offsets = _join(numbered)
    return [Passage(kind, text, Span(offsets[0][1], offsets[-1][1]), path, lines=offsets)] if text else []


def _join(numbered: Iterable[tuple[int, str]]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Fold each (line, words) and join the lines that hold something with a space."""
    text, offsets = "", []
    for line, words in numbered:
        folded = fold(words)
        if folded:
            text += " " if text else ""
            offsets.append((len(text), line))
            text += folded
    return text, tuple(offsets)


def strip_html(html: str) -> str:
    """HTML without tags, comments, scripts and styles; line feeds stay where they were."""
    low = html.lower()
    for opening, closing in (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>")):
        out: list[str] = []
        at = 0
        while (start := low.find(opening, at)) >= 0:
            end = low.find(closing, start)
            end = end + len(closing) if end >= 0 else len(html)
            out += [html[at:start], "\n" * html.count("\n", start, end)]
            at = end
        html = "".join(out) + html[at:]
        low = html.lower()
    return unescape(_TAG.sub(_gap, html))


def _gap(tag: re.Match[str]) -> str:
    """What stands in the place of a tag: its own line feeds, or a space where it parts words."""
    return "\n" * tag.group().count("\n") or (" " if tag.group()[1:3].lower() in ("br", "/p", "/t") else "")
