"""Markdown → plain text: what a reader sees, with the line of every word.

Quotes are proved against this text, when a source is digested and again by lint, so there is one function for it.
Plain text is the file without Markdown's own marks: emphasis, link targets, heading and list marks, table pipes,
escapes, tags, comments, frontmatter, footnote labels, invisible characters. Structure is markdown-it-py's.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Any

from .commonmark import fill, new_parser
from .nouns import Span
from .pattern import pattern
from .tags import is_placeholder, strip_html

if TYPE_CHECKING:  # loading the parser costs more than a command that needs none
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

# Controls and format characters that show nothing: a quote must not carry what its reader cannot see. The joiners
# U+200C and U+200D and the selectors U+FE0E and U+FE0F stay, since scripts and emoji are spelled with them.
_INVISIBLE: dict[int, str | None] = {
    **dict.fromkeys([*range(0x20), *range(0x7F, 0x85), *range(0x86, 0xA0), 0xAD, 0x34F, 0x61C, *range(0x180B, 0x180F)]),
    **dict.fromkeys([0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164, 0xFEFF, 0xFFA0]),
    **dict.fromkeys([*range(0xFE00, 0xFE0E), *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE01F0)]),
    **dict.fromkeys([*range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B)]),
    **{0x09: "\t", 0x0A: "\n", 0x0B: " ", 0x0C: " ", 0x0D: " "},
}
_WIKILINK = pattern(r"!?\[\[([^\[\]|#\n]*)(#[^\[\]|\n]*)?(?:\|([^\[\]\n]*))?\]\]")
_FOOTNOTE = pattern(r"\[\^[^\]\s]{1,64}\]:?")
_KEY = r"(?=\s*(?:#[^\n]*\n\s*)*(?:[^\s:#][^:\n]*:|---))"
_FRONTMATTER = pattern(rf"\A---[ \t]*\n{_KEY}(?:[^\n]*\n)*?(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_LITERAL = {ord("["): "\0", ord("\n"): " "}  # in code and escapes a bracket is no wiki link's; no NUL comes this far
LONG = 200_000
"""Characters from which on few texts are kept at a time, since their plain text takes ten times their size."""
_MAX_TERM = 60
"""Tokens between the marks of a term, since marks in marks could take their square."""


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

    def find(self, quote: str, after: int = 0, within: tuple[int, int] = (0, 0)) -> int:
        """Offset of a folded quote: the first at or after `after` and `within` a range, there, at all; else −1."""
        if not quote or "\n" in quote:
            return -1
        first, last = within if within[1] else (0, len(self.text))
        ranges = dict.fromkeys([(after, last), (first, last), (0, len(self.text))])
        return next((at for there in ranges if (at := self.text.find(quote, *there)) >= 0), -1)

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
    if text.isascii() and text.isprintable():  # most are: nothing of it is invisible, or has another form
        return " ".join(text.split())
    return " ".join(unicodedata.normalize("NFC", text.translate(_INVISIBLE)).split())


def visible(text: str) -> str:
    """Text without control and invisible format characters; tabs and line feeds stay."""
    return text.translate(_INVISIBLE)


def frontmatter_lines(markdown: str) -> int:
    """How many lines at the top are frontmatter, its fences included; 0: there is none."""
    found = _FRONTMATTER.match(markdown)
    return found.group().count("\n") + (not found.group().endswith("\n")) if found else 0


def plain(markdown: str) -> Plain:
    """The plain text of a Markdown file (str with LF ends), with the lines of that file; the latest are kept."""
    return (_plain if len(markdown) < LONG else _plain_long)(markdown)


def _make(markdown: str) -> Plain:
    passages = tuple(_passages(markdown))
    starts = tuple(accumulate((len(p.text) + 1 for p in passages), initial=0))[:-1]
    return Plain(passages, "\n".join(p.text for p in passages), starts)


_plain, _plain_long = lru_cache(maxsize=64)(_make), lru_cache(maxsize=2)(_make)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it.rules_block import reference
    from markdown_it.rules_inline import backtick, image, link

    def placed(rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
        """The rule, its last token with the source it was made of: only so are the line feeds in it known."""

        def parse(state: StateInline, silent: bool) -> bool:
            start, before = state.pos, len(state.tokens)
            found = rule(state, silent)
            if found and len(state.tokens) > before:
                state.tokens[-1].meta["source"] = state.src[start : state.pos]
            return found

        return parse

    def definition(state: StateBlock, first: int, last: int, silent: bool) -> bool:
        # A footnote of one word would be taken for a link's target, and vanish.
        footnote = state.src.startswith("[^", state.bMarks[first] + state.tShift[first])
        return not footnote and reference(state, first, last, silent)

    # Without text_join, escapes and entities stay tokens of their own.
    md = new_parser().enable("strikethrough").disable(["inline", "text_join"])
    for name, rule in (("backticks", backtick), ("link", link), ("image", image)):
        md.inline.ruler.at(name, placed(rule))
    md.block.ruler.at("reference", definition)
    return md


def _passages(markdown: str) -> Iterator[Passage]:
    skip = frontmatter_lines(markdown)
    body = "\n" * skip + "\n".join(visible(markdown).split("\n")[skip:])
    env: dict[str, Any] = {}
    tokens = _parser().parse(body, env)
    heads: list[tuple[int, str]] = []
    lead, table_head, lists, n = "", "", 0, 0
    while n < len(tokens):
        token = tokens[n]
        made: list[Passage] = []
        path = tuple(words for _, words in heads)
        if token.type.startswith(("bullet_list_", "ordered_list_")):
            lists += token.nesting
        elif token.type == "table_open":
            table_head = ""
        elif token.type == "inline" and token.map:
            before = tokens[n - 1]
            fill(_parser(), token, env)
            if before.type == "heading_open":
                level = int(before.tag[1])
                heads = [h for h in heads if h[0] < level]
                made = _inline(token.children, token, "heading", tuple(w for _, w in heads), "", level)
                heads += [(level, made[0].text)] if made else []
                lead = ""
            elif lists:
                made = _inline(token.children, token, "item", path, lead)
            else:
                made = _inline(token.children, token, "paragraph", path)
                lead = made[0].text if made else lead
        elif token.type == "tr_open":
            cells: list[Token] = []
            while tokens[n].type != "tr_close":
                if tokens[n].type == "inline":
                    fill(_parser(), tokens[n], env)
                cells += tokens[n].children or (tokens[n],)
                n += 1
            made = _inline(cells, token, "row", path, table_head)
            if made and tokens[n + 1].type == "thead_close":
                table_head = made[0].text
        elif token.type in ("fence", "code_block"):
            made = _lines(token, "code", token.content, path, token.type == "fence")
        elif token.type == "html_block":
            made = _lines(token, "html", strip_html(token.content), path, False)
        yield from made
        token.children = None
        n += 1


def _inline(
    children: Iterable[Token] | None, block: Token, kind: str, path: tuple[str, ...], lead: str = "", level: int = 0
) -> list[Passage]:
    """The passage of a block's inline tokens: its words line by line, and what is marked in it."""
    first, last = (block.map or [0, 1])[0] + 1, (block.map or [0, 1])[1]
    said, terms, opened = [(first, "")], list[tuple[str, str]](), list[int]()
    line = first
    for child in children or ():
        source, words = child.meta.get("source", ""), [""]
        match child.type:
            case "softbreak" | "hardbreak":
                words = ["", ""]
            case "td_close" | "th_close":
                words = [" "]
            case "text":
                words = [child.content]
            case "text_special":
                words = [child.content.translate(_LITERAL)]
            case "code_inline":
                terms.append(("code", fold(child.content)))
                inside = source[len(child.markup) : -len(child.markup)] if "\n" in source else child.content
                words = [part.translate(_LITERAL) for part in inside.split("\n")]
            case "html_inline" if is_placeholder(child.content):
                words = child.content.split("\n")
            case "html_inline":
                words = [" " if child.content.lower().startswith("<br") else "", *[""] * child.content.count("\n")]
            case "image":
                words = [""] * (1 + source.count("\n"))
            case "strong_open" | "em_open" | "link_open":
                opened.append(len(said))
            case "strong_close" | "em_close" | "link_close":
                start = opened.pop()
                if len(said) - start <= _MAX_TERM:
                    terms.append((child.type[:-6], fold(" ".join(_shown(w) for _, w in _by_line(said[start:])))))
                if source:
                    line = said[start][0] + source.count("\n")
        said += [(line + n, word) for n, word in enumerate(words)]
        line += len(words) - 1
    by_line = _by_line(said)
    for _, written in by_line:
        terms += [("link", fold(_shown(m[3] or m[1]))) for m in _WIKILINK.finditer(written)]
    text, offsets = _join((n, _shown(written)) for n, written in by_line)
    found, span = tuple(dict.fromkeys(t for t in terms if t[1])), Span(first, max(first, last))
    return [Passage(kind, text, span, path, lead, level, found, offsets)] if text else []


def _by_line(said: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    return [(line, "".join(words for _, words in pieces)) for line, pieces in groupby(said, lambda piece: piece[0])]


def _shown(line: str) -> str:
    """A line without the marks of wiki links and footnotes, which are text to CommonMark."""
    line = _WIKILINK.sub(lambda m: m[3] or m[1] or (m[2] or "").lstrip("#"), line)
    return _FOOTNOTE.sub("", line).replace("\0", "[")


def _lines(token: Token, kind: str, content: str, path: tuple[str, ...], fenced: bool) -> list[Passage]:
    """Code, or what is left of an HTML block, as one passage."""
    text, offsets = _join(enumerate(content.split("\n"), (token.map or [0, 0])[0] + 1 + fenced))
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
