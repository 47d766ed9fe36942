"""Page text ↔ Page: blocks, links, footnotes, the state comment. Structure is markdown-it-py's, or the same by scan.py.

A page that karpwiki wrote ends with one HTML comment that says what it was built from and which blocks it wrote, so
that a person's words are told from ours without any file beside the page.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .errors import BadYaml
from .frontmatter import load, split
from .names import digest
from .nouns import Statement
from .pattern import pattern
from .plain import fold
from .scan import Piece, outline
from .state import NOTES, is_newer, split_state
from .wiki import CITE, START, Block, Footnote, Link, Page

RUN = pattern(r"\[\^(?<!\\\[\^)[0-9A-Za-z_-]{1,64}\](?:\[\^[0-9A-Za-z_-]{1,64}\])*+")
_DEFINITION = pattern(r"^ {0,3}\[\^([^\]\s]{1,64})\]:[ \t]*(.*)$")
_WIKILINK = pattern(r"(?<!\\)(!?)\[\[([^\[\]|#\n]*)(?:#([^\[\]|\n]*?))?(?:\\?\|([^\[\]\n]*))?\\?\]\]")
_WIKI = pattern(r"\[\[(?<!\\\[\[)([^\[\]|#\n]*)(?:#([^\[\]|\n]*?))?(?:\\?\|([^\[\]\n]*))?\\?\]\]")
"""The same without its `!`, for it is found faster so."""
_PATH = r"<([^<>\n]*+)>|([^()\s<>]*+(?:\([^()\s<>]*+\)[^()\s<>]*+)?+)"
_LABEL = r"([^\[\]\\\n]*+(?:\\.[^\[\]\\\n]*+)*+)"
_IN_BRACKETS = rf"{_LABEL}\]\((?:{_PATH})(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'))?[ \t]*\)"
_MDLINK, _MARKDOWN = pattern(rf"(?<!\\)!?\[{_IN_BRACKETS}"), pattern(rf"\[(?<!\\\[){_IN_BRACKETS}")
MAX_LEAD = 200
"""Characters of a page's first paragraph that tell its language."""
_TICKS = pattern(r"`+")
_COMMENT = pattern(r"%%.*?%%|<!--.*?-->")
_BULLET = pattern(r"^([ \t]*)[-*+] ", re.M)
_STATUS = pattern(r"^> Status:.*$", re.M)
_RULED = pattern(r"-{3,}")
_MADE = pattern(r"^(?:## |\| |No tensions are open\.$)", re.M)


def parse(path: str, text: str) -> Page:
    """A wiki file as a Page. `text` is what is on disk, decoded; nothing is raised: problems are told by the page."""
    text = lf(text)
    yaml_text, body, skipped = split(text)
    meta: Mapping[str, Any] = {}
    problem, line = "", 1
    try:
        meta = load(yaml_text)
    except BadYaml as error:
        problem, line = str(error), error.line
    state, body, notes = split_state(body)
    if state is None and "<" in text and "<!-- karpwiki" in text and is_newer(text):
        problem = problem or "this page was written by a newer karpwiki: update karpwiki to change it"
    lines = body.split("\n")
    pieces, hidden = outline(body, lines)
    footnotes = tuple(n for p in pieces if _is_note(lines, p) for n in _definitions(lines, p, skipped))
    unseen = hidden | _commented(lines, hidden) if "%" in body and "%%" in body else hidden
    links = tuple(_links(lines, unseen, skipped))
    first = next((p for p in pieces if not _is_note(lines, p)), None)
    opening = next((p for p in pieces if p.kind in ("paragraph", "item") and not _is_note(lines, p)), None)
    lead = "\n".join(lines[opening.first : opening.last])[:MAX_LEAD] if opening else ""
    if notes:
        links += tuple(find_links(notes, code_lines(notes), text.count("\n") - notes.count("\n")))
    page = Page(path, text, meta, footnotes, links, state, notes, problem, line, cut=blocks_of, lead=lead)
    # What would be asked of the blocks is known here, and they need not be made for it.
    is_title = first is not None and first.kind == "heading" and first.level == 1
    vars(page)["heading"] = "\n".join(lines[first.first : first.last]).strip("#*_ ") if first and is_title else ""
    return page


def lf(text: str) -> str:
    """A page's text without a byte order mark, its line ends LF."""
    return (text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text).removeprefix("\ufeff")


def blocks_of(text: str) -> tuple[Block, ...]:
    """The blocks of a page's text but for its footnotes."""
    _, body, skipped = split(text)
    body = split_state(body)[1]
    lines = body.split("\n")
    return tuple(_block(lines, p, skipped) for p in outline(body, lines).pieces if not _is_note(lines, p))


def _block(lines: Sequence[str], piece: Piece, skipped: int) -> Block:
    text = "\n".join(lines[piece.first : piece.last])
    cites = tuple(dict.fromkeys(CITE.findall(text))) if "[^" in text and piece.kind not in ("fence", "html") else ()
    return Block(piece.kind, text, piece.first + skipped + 1, piece.level, cites)


def _is_note(lines: Sequence[str], piece: Piece) -> bool:
    if piece.kind != "paragraph":
        return False
    first = lines[piece.first]
    return "[^" in first[:5] and bool(_DEFINITION.match(first))


def _definitions(lines: Sequence[str], piece: Piece, skipped: int) -> Iterator[Footnote]:
    """The footnotes that a paragraph defines which begins with one."""
    made: list[tuple[str, list[str], int]] = []
    for number in range(piece.first, piece.last):
        if found := _DEFINITION.match(lines[number]):
            made.append((found[1], [found[2]], number + skipped + 1))
        else:
            made[-1][1].append(lines[number].strip())
    yield from (Footnote(label, " ".join(words), number) for label, words, number in made)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where on a line the target of a link (and its heading) is written."""

    first: int
    last: int
    link: Link


def find_links(text: str, hidden: Container[int], skipped: int = 0) -> list[Link]:
    """Wiki links and Markdown links in text, with their lines; those in code are none."""
    return _links(text.split("\n"), hidden, skipped)


def _links(lines: Sequence[str], hidden: Container[int], skipped: int) -> list[Link]:
    made: list[Link] = []
    for at, line in enumerate(lines):
        if "[" in line and ("](" in line or "[[" in line) and at not in hidden:
            shown, number = legible(line) if "`" in line or "%" in line or "<" in line else line, at + skipped + 1
            if "[[" in shown:
                made += [_wiki_link(m, number) for m in _WIKI.finditer(shown)]
            if "!" in shown and "![" in shown:
                made += [_markdown_link(m, number) for m in _MARKDOWN.finditer(shown)]
                continue
            for label, quoted, plain in _MARKDOWN.findall(shown):  # the same links, sooner
                target, _, anchor = (quoted or plain).partition("#")
                made.append(Link(target, anchor, label, number, "markdown"))
    return made


def spots(line: str, number: int = 0) -> Iterator[Spot]:
    """The links of one line that is no code: wiki links, then Markdown links."""
    shown = legible(line)
    for m in _WIKI.finditer(shown):
        last = m.end(2) if m[2] is not None else m.end(1) - m[1].endswith("\\")
        yield Spot(m.start(1), last, _wiki_link(m, number))
    for m in _MARKDOWN.finditer(shown):
        group = 3 if m[2] is None else 2
        yield Spot(m.start(group), m.end(group), _markdown_link(m, number))


def _wiki_link(found: re.Match[str], number: int) -> Link:
    target, anchor, label = found.groups()
    heading = anchor.strip() if anchor else ""
    return Link(target.rstrip("\\").strip(), heading, (label or target).strip(), number, "wiki", _is_embed(found))


def _markdown_link(found: re.Match[str], number: int) -> Link:
    label, quoted, plain = found.groups()
    target, _, anchor = (plain if quoted is None else quoted).partition("#")
    return Link(target, anchor, label, number, "markdown", _is_embed(found))


def _is_embed(found: re.Match[str]) -> bool:
    line, at = found.string, found.start()
    return at > 0 and line[at - 1] == "!" and not line.endswith("\\!", 0, at)


def code_lines(body: str) -> set[int]:
    """The lines (from 0) of a page without frontmatter that are code, HTML or comments of Obsidian's."""
    lines = body.split("\n")
    hidden = outline(body, lines).hidden
    return hidden | _commented(lines, hidden)


def _commented(lines: Sequence[str], hidden: Container[int]) -> set[int]:
    """The lines within comments of Obsidian's, from one `%%` to the next; one that is not closed is none."""
    found, since = set[int](), -1
    for at, line in enumerate(lines):
        if "%" in line and at not in hidden and legible(line).count("%%") % 2:
            found.update(range(since, at + 1) if since >= 0 else ())
            since = -1 if since >= 0 else at
    return found


def legible(line: str) -> str:
    """A line with its code spans blanked, and comments that begin and end on it."""
    shown = _without_code(line) if "`" in line else line
    return _COMMENT.sub(lambda m: " " * len(m[0]), shown) if "%%" in shown or "<!--" in shown else shown


def _without_code(line: str) -> str:
    """A run of backticks goes up to the next run of the same length."""
    runs = [m.span() for m in _TICKS.finditer(line)]
    by_length: dict[int, list[int]] = {}
    for first, last in runs:
        by_length.setdefault(last - first, []).append(first)
    out, at = "", 0
    for first, last in runs:
        first += line.endswith("\\", 0, first)
        closers = by_length.get(last - first, [])
        n = bisect_left(closers, last)
        if first >= at and first < last and n < len(closers):
            end = closers[n] + last - first
            out, at = out + line[at:first] + " " * (end - first), end
    return out + line[at:]


def unlink(text: str) -> str:
    """Text with each link replaced by its label."""
    if "[[" in text:
        text = _WIKILINK.sub(lambda m: (m[4] or m[2]).rstrip("\\"), text)
    return _MDLINK.sub(lambda m: m[1], text) if "](" in text else text


def catalogue(text: str) -> tuple[str, str, str]:
    """What a person wrote above the generated part of a catalogue, that part, and the notes under it.

    A text that code never wrote to is all a person's; so is what stands between the mark and the first table.
    """
    head, mark, rest = text.partition(START)
    made = _MADE.search(rest)
    if made and (typed := rest[: made.start()].strip("\n")):
        head, rest = f"{head.rstrip(chr(10))}\n\n{typed}\n\n", f"\n\n{rest[made.start() :]}"
    found = NOTES.search(rest if mark else head)
    notes = (rest if mark else head)[found.start() :] if found else ""
    return (head, rest.removesuffix(notes), notes) if mark else (head.removesuffix(notes), "", notes)


@lru_cache(maxsize=1 << 14)
def block_hash(text: str) -> str:
    """What a block is known by: eight hex digits of its words; white space, list marks and link targets folded."""
    text = unlink(text)
    if "* " in text or "+ " in text:
        text = _BULLET.sub(r"\1- ", text)
    if "> Status:" in text:
        text = _STATUS.sub("", text)  # of a tension: a person's to edit
    if "----" in text:
        text = _RULED.sub("---", text)  # editors pad the rule under a table's head
    return digest(fold(text), 8)


def value_hash(value: object) -> str:
    """What a frontmatter value is known by: its words, so that a number is what it reads back as."""
    parts = [str(v) for v in value] if isinstance(value, list | tuple) else [str(value)]
    return digest(fold("\n".join(parts)), 8)


def statements(text: str) -> tuple[Statement, ...]:
    """The statements of a block that karpwiki wrote: words (links as labels) with their run of footnotes."""
    made, at = [], 0
    for run in RUN.finditer(text):
        words = unlink(text[at : run.start()]).strip()
        made.append(Statement((words,), tuple(CITE.findall(run.group()))))
        at = run.end()
    rest = unlink(text[at:]).strip()
    return tuple(made) if not rest.strip("|> ") else (*made, Statement((rest,), ()))


def join(blocks: Iterable[Block | str]) -> str:
    """Blocks as Markdown: a blank line between them, none between the items of one list."""
    out, before = "", ""
    for block in blocks:
        text = block if isinstance(block, str) else _closed(block)
        mark = _list_mark(text)
        out += ("" if not out else "\n" if mark and mark == before else "\n\n") + text
        before = mark
    return out + "\n"


def _closed(block: Block) -> str:
    """A block's text; a fence that a person left open is closed, or it would swallow what comes after it."""
    mark = re.match(r" {0,3}(`{3,}|~{3,})", block.text) if block.kind == "fence" else None
    end = rf"\n {{0,3}}{mark[1][0]}{{{len(mark[1])},}}[ \t]*\Z" if mark else ""
    return f"{block.text}\n{mark[1]}" if mark and not re.search(end, block.text) else block.text


def _list_mark(text: str) -> str:
    return "-" if text.startswith(("- ", "* ", "+ ")) else "1" if re.match(r"\d{1,9}[.)] ", text) else ""
