"""Page text ↔ Page: blocks, links, footnotes, the state comment. Structure is markdown-it-py's.

A page that karpwiki wrote ends with one HTML comment that says what it was built from and which blocks it wrote, so
that a person's words are told from ours without any file beside the page.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from .commonmark import new_parser
from .frontmatter import BadYaml, load, split
from .names import digest
from .nouns import Statement
from .plain import fold
from .wiki import Block, Footnote, Link, Page, State

VERSION = 1
CITE = re.compile(r"(?<!\\)\[\^([0-9A-Za-z_-]{1,64})\](?!:)")
RUN = re.compile(r"(?:(?<!\\)\[\^[0-9A-Za-z_-]{1,64}\])+")
_DEFINITION = re.compile(r"^ {0,3}\[\^([^\]\s]{1,64})\]:[ \t]*(.*)$")
_WIKILINK = re.compile(r"(?<!\\)(!?)\[\[([^\[\]|#\n]*)(?:#([^\[\]|\n]*?))?(?:\\?\|([^\[\]\n]*))?\\?\]\]")
_PATH = r"<([^<>\n]*)>|([^()\s<>]*(?:\([^()\s<>]*\)[^()\s<>]*)?)"
_MDLINK = re.compile(
    rf"(?<!\\)(!?)\[((?:\\.|[^\[\]\\\n])*)\]\((?:{_PATH})(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'))?[ \t]*\)"
)
_TICKS = re.compile(r"`+")
_STATE = re.compile(r"^<!-- karpwiki (\d{1,9})\n((?:(?!<!--|-->).*\n)*)-->[ \t]*$", re.M)
_NOTES = re.compile(r"^## Notes[ \t]*$", re.M)
START = "<!-- karpwiki writes from here -->"
_MADE = re.compile(r"^(?:## |\| |No tensions are open\.$)", re.M)
"""On a catalogue (index.md, tensions.md) a person writes above it, code below it."""
_KINDS = {
    "heading_open": "heading", "paragraph_open": "paragraph", "blockquote_open": "quote", "table_open": "table",
    "fence": "fence", "code_block": "fence", "html_block": "html", "hr": "rule", "list_item_open": "item",
}  # fmt: skip


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    # A footnote of one word would be taken for a link reference and vanish.
    return new_parser().disable("reference")


@lru_cache(maxsize=1)
def _block_parser() -> MarkdownIt:
    return new_parser().disable(["reference", "inline", "text_join"])


def parse(path: str, text: str) -> Page:
    """A wiki file as a Page. `text` is what is on disk, decoded; nothing is raised: problems are told by the page."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    yaml_text, body, skipped = split(text)
    meta: Mapping[str, Any] = {}
    problem, line = "", 1
    try:
        meta = load(yaml_text)
    except BadYaml as error:
        problem, line = str(error), error.line
    state, body, notes = _split_state(body)
    if state is None and "<!-- karpwiki" in text and _newer(text):
        problem = problem or "this page was written by a newer karpwiki: update karpwiki to change it"
    blocks, footnotes, hidden = _blocks(body, skipped)
    links = tuple(find_links(body, hidden, skipped)) + tuple(
        find_links(notes, _hidden(_block_parser().parse(notes)), text.count("\n") - notes.count("\n"))
    )
    return Page(path, text, meta, blocks, footnotes, links, state, notes, problem, line)


def _newer(text: str) -> bool:
    found = re.search(r"^<!-- karpwiki (\d{1,9})$", text, re.M)
    return bool(found and int(found[1]) > VERSION)


def _split_state(body: str) -> tuple[State | None, str, str]:
    """The state, the body before it, and a person's words after it, byte for byte."""
    for found in reversed(list(_STATE.finditer(body))):
        if int(found[1]) == VERSION:
            notes = body[found.end() :].removeprefix("\n")
            return parse_state(found[2]), body[: found.start()], notes if notes.strip() else ""
    by_hand = _NOTES.search(body)
    at = by_hand.start() if by_hand else len(body)
    return None, body[:at], body[at:]


def _blocks(body: str, skipped: int) -> tuple[tuple[Block, ...], tuple[Footnote, ...], set[int]]:
    """Blocks and footnotes of a body whose first line is line `skipped + 1`, and its lines that are code."""
    lines = body.split("\n")
    tokens = _block_parser().parse(body)
    blocks: list[Block] = []
    notes: list[Footnote] = []
    for token in tokens:
        kind = _KINDS.get(token.type)
        if kind is None or not token.map or token.level != (kind == "item"):
            continue
        first, last = token.map
        while last > first + 1 and not lines[last - 1].strip():
            last -= 1
        if kind == "paragraph" and _DEFINITION.match(lines[first]):
            notes += _definitions(lines[first:last], first + skipped + 1)
            continue
        text = "\n".join(lines[first:last])
        level = int(token.tag[1]) if kind == "heading" else 0
        cites = () if kind in ("fence", "html") else tuple(dict.fromkeys(CITE.findall(text)))
        blocks.append(Block(kind, text, first + skipped + 1, level, cites))
    return tuple(blocks), tuple(notes), _hidden(tokens)


def _hidden(tokens: Iterable[Token]) -> set[int]:
    """Lines (from 0) of fences, indented code and HTML blocks at any depth."""
    kinds = ("fence", "code_block", "html_block")
    return {n for t in tokens if t.type in kinds and t.map for n in range(*t.map)}


def _definitions(lines: list[str], first: int) -> Iterator[Footnote]:
    made: list[tuple[str, list[str], int]] = []
    for number, line in enumerate(lines, first):
        if found := _DEFINITION.match(line):
            made.append((found[1], [found[2]], number))
        elif made:
            made[-1][1].append(line.strip())
    return (Footnote(label, " ".join(words), number) for label, words, number in made)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where on a line the target of a link (and its heading) is written."""

    first: int
    last: int
    link: Link


def find_links(text: str, hidden: set[int], skipped: int = 0) -> Iterator[Link]:
    """Wiki links and Markdown links in text, with their lines; those in code are none."""
    for number, line in enumerate(text.split("\n")):
        if "[" in line and number not in hidden:
            yield from (spot.link for spot in spots(line, number + skipped + 1))


def spots(line: str, number: int = 0) -> Iterator[Spot]:
    """The links of one line that is no code: wiki links, then Markdown links."""
    shown = _without_code(line)
    for m in _WIKILINK.finditer(shown):
        anchor, label = (m[3] or "").strip(), (m[4] or m[2]).strip()
        last = m.end(3) if m[3] is not None else m.end(2) - m[2].endswith("\\")
        link = Link(m[2].rstrip("\\").strip(), anchor, label, number, "wiki", bool(m[1]))
        yield Spot(m.start(2), last, link)
    for m in _MDLINK.finditer(shown):
        group = 4 if m[3] is None else 3
        target, _, anchor = m[group].partition("#")
        yield Spot(m.start(group), m.end(group), Link(target, anchor, m[2], number, "markdown", bool(m[1])))


def code_lines(body: str) -> set[int]:
    """The lines (from 0) of a page without frontmatter that are code or HTML."""
    return _hidden(_block_parser().parse(body))


def _without_code(line: str) -> str:
    """A line with its code spans blanked: a run of backticks up to the next run of the same length."""
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
    text = _WIKILINK.sub(lambda m: (m[4] or m[2]).rstrip("\\"), text)
    return _MDLINK.sub(lambda m: m[2], text)


def catalogue(text: str) -> tuple[str, str, str]:
    """What a person wrote above the generated part of a catalogue, that part, and the notes under it.

    A text that code never wrote to is all a person's; so is what stands between the mark and the first table.
    """
    head, mark, rest = text.partition(START)
    made = _MADE.search(rest)
    if made and (typed := rest[: made.start()].strip("\n")):
        head, rest = f"{head.rstrip(chr(10))}\n\n{typed}\n\n", f"\n\n{rest[made.start() :]}"
    found = _NOTES.search(rest if mark else head)
    notes = (rest if mark else head)[found.start() :] if found else ""
    return (head, rest.removesuffix(notes), notes) if mark else (head.removesuffix(notes), "", notes)


@lru_cache(maxsize=4_000)
def block_hash(text: str) -> str:
    """What a block is known by: eight hex digits of its words; white space, list marks and link targets folded."""
    text = re.sub(r"^([ \t]*)[-*+] ", r"\1- ", unlink(text), flags=re.M)
    text = re.sub(r"^> Status:.*$", "", text, flags=re.M)  # of a tension: a person's to edit
    text = re.sub(r"-{3,}", "---", text)  # editors pad the rule under a table's head
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


# The state comment


def read_state(text: str) -> State | None:
    """The State of a page's text, which need not be parsed for it."""
    return _split_state(text)[0]


def parse_state(text: str) -> State:
    """The State that `render_state` wrote; words it does not know are ignored."""
    rows = {word: rest for word, _, rest in (line.partition(" ") for line in text.split("\n")) if word}
    blocks = {}
    for part in rows.get("blocks", "").split():
        name, _, ids = part.partition(":")
        blocks[name] = tuple(filter(None, ids.split(",")))
    meta = dict(part.split("=", 1) for part in rows.get("meta", "").split() if "=" in part)
    listed = {word: tuple(rows.get(word, "").split()) for word in ("left", "deleted", "mended")}
    return State(
        rows.get("from", ""), rows.get("by", ""), blocks, meta, at=rows.get("at", ""),
        unpolished=rows.get("unpolished", ""), **listed,
    )  # fmt: skip


def render_state(state: State) -> str:
    """The comment at the end of a page."""
    blocks = " ".join(f"{name}:{','.join(ids)}" if ids else name for name, ids in state.blocks.items())
    meta = " ".join(f"{name}={value}" for name, value in state.meta.items())
    rows = [
        ("at", state.at),
        ("from", state.origin),
        ("by", state.by),
        ("blocks", blocks),
        ("meta", meta),
        ("left", " ".join(state.left)),
        ("deleted", " ".join(state.deleted)),
        ("mended", " ".join(state.mended)),
        ("unpolished", state.unpolished),
    ]
    body = "".join(f"{word} {rest}\n" for word, rest in rows if rest)
    return f"<!-- karpwiki {VERSION}\n{body}-->\n"


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
