"""A filled-in page form → blocks of Markdown. The model chose words and shapes; code writes every mark."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .inert import escape, unescape
from .links import Linker
from .markdown import RUN, unlink
from .marks import MARKS, Marks
from .names import key
from .nouns import Claim, Statement, Subject
from .pattern import pattern
from .resolve import Names
from .wiki import CITE, Block

if TYPE_CHECKING:  # pydantic takes its time, and to read what was composed needs none of it
    from .forms import FormBlock, FormStatement, PageForm

_SPOKEN = pattern(r"[“\"「]([^”\"」]{12,})[”\"」]")
_ITEM = pattern(r"^(?:[-*+]|\d{1,9}[.)]) ")
_TERM = pattern(r"^\*\*((?:[^*\\]|\\.)+)\*\* — (.*)$")
RESERVED = frozenset({"more", "related", "sources", "notes", "claims", "subjects", "tensions"})


def statement(words: str, claims: Sequence[str], marks: Marks, start: bool = True) -> str:
    """One statement: inert words, what code has to say of them, and at most four footnotes."""
    return escape(words, start=start) + marks.after(words, claims)


def relink(block: Block, names: Names, linker: Linker) -> Block:
    """A block that karpwiki wrote, with its links made anew: the first mention of each subject of its claims.

    Links are a function of the words and of today's pages: the same for a block just made and one read back.
    """
    callout = "[!" in block.text.split("\n")[0]
    quoted = block.kind == "quote" and not callout
    if block.kind in ("heading", "fence", "html") or quoted or not RUN.search(block.text):
        return block
    linked: set[str] = set()
    if block.kind == "table":
        head, rule, *rows = unlink(block.text).split("\n")
        lines = [head, rule, *(_relink(row, names, linker, linked, cell=True) for row in rows)]
        return replace(block, text="\n".join(lines))
    return replace(block, text=_relink(unlink(block.text), names, linker, linked))


def _relink(text: str, names: Names, linker: Linker, linked: set[str], cell: bool = False) -> str:
    """Statements with links; `linked` holds the slugs that the block has linked already."""
    out, at = [], 0
    for run in RUN.finditer(text):
        subjects = dict.fromkeys(s for i in CITE.findall(run.group()) for s in names.about.get(i, ()))
        forms = [sorted(_own(s, names), key=lambda n: (-len(n), n)) for s in subjects if s.slug not in linked]
        words, found = linker.mention(text[at : run.start()], forms, bold=False, cell=cell)
        linked |= {names.subjects[key(name)].slug for name in found}
        out += [words, run.group()]
        at = run.end()
    return "".join([*out, text[at:]])


def _own(subject: Subject, names: Names) -> list[str]:
    """The forms of a subject's name that stand for it and for no other."""
    return [n for n in subject.names if (s := names.subjects.get(key(n))) and s.slug == subject.slug]


def words_of(text: str) -> tuple[str, ...]:
    """The words of a statement as `statements` gives it: without list mark, bold term apart, marks dropped."""
    text = MARKS.sub("", _ITEM.sub("", text))
    term = _TERM.match(text)
    return tuple(unescape(t) for t in (term.groups() if term else (text,)))


Resolve = Callable[["FormStatement"], Statement]
Code = Callable[[Claim], str]


def compose(form: PageForm, resolve: Resolve, names: Names, code: Code, marks: Marks) -> list[Block]:
    """The text of a page as blocks, from its lead to its readings.

    `resolve` turns a form's statement (labels, perhaps a kept one) into words and claim ids; `code` gives the raw lines
    of a claim whose quote is code, else ''.
    """
    out = [_prose([resolve(s) for s in form.lead], marks)] if form.lead else []
    for section in form.sections:
        blocks = [b for block in section.blocks for b in _blocks(block, resolve, names, code, marks)]
        heading = escape(section.heading)
        if heading.casefold() in RESERVED:
            heading += " of the subject"
        if blocks and heading:
            out.append(Block("heading", f"## {heading}", 0, 2))
        out += blocks
    for reading in form.reading:
        made = resolve(reading)
        text = f"> [!note] Reading\n> {statement(' '.join(made.words), made.claims, marks)}"
        out.append(Block("quote", text, 0, 0, made.claims))
    return out


def _blocks(block: FormBlock, resolve: Resolve, names: Names, code: Code, marks: Marks) -> list[Block]:
    made = [resolve(s) for s in block.statements]
    match block.shape:
        case "prose":
            return [_prose(made, marks)] if made else []
        case "list" | "steps" | "timeline":
            if block.shape == "timeline":
                made.sort(key=lambda s: [int(n) for n in re.findall(r"\d+", s.words[0])])
            return [_item(n, s, block.shape == "steps", marks) for n, s in enumerate(made, 1)]
        case "table":
            return [_table(block.columns, made, marks)] if made else []
        case _:
            return [b for s in made for b in _quoted(s, names, marks, code if block.shape == "excerpt" else None)]


def _prose(statements: Sequence[Statement], marks: Marks) -> Block:
    text = " ".join(statement(" ".join(s.words), s.claims, marks, not n) for n, s in enumerate(statements))
    return Block("paragraph", text, 0, 0, _cites(statements))


def _item(number: int, made: Statement, ordered: bool, marks: Marks) -> Block:
    mark = f"{number}. " if ordered else "- "
    term, words = (made.words[0], " ".join(made.words[1:])) if len(made.words) > 1 else ("", made.words[0])
    text = statement(words, made.claims, marks, start=not term)
    head = f"**{escape(term)}** — " if term else ""
    return Block("item", f"{mark}{head}{text}", 0, 0, made.claims)


def _table(columns: Sequence[str], rows: Sequence[Statement], marks: Marks) -> Block:
    lines = [[escape(c, cell=True) for c in columns], ["---"] * len(columns)]
    for row in rows:
        cells = [escape(w, cell=True) for w in row.words]
        last = max((n for n, cell in enumerate(cells) if cell.strip("—–- ")), default=0)
        cells[last] += marks.after(" ".join(row.words), row.claims)
        lines.append(cells)
    text = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return Block("table", text, 0, 0, _cites(rows))


def _quoted(made: Statement, names: Names, marks: Marks, code: Code | None) -> list[Block]:
    """Somebody's words that the source quotes, or raw code as it stands; what is neither becomes a statement."""
    said = " ".join(made.words)
    claim = names.claims[made.claims[0]][0]
    lines = code(claim) if code else ""
    if lines and not re.search(r"<%|%>|\{\{|\{%", lines):
        fence = "`" * max(3, 1 + max((len(m) for m in re.findall(r"`+", lines)), default=0))
        head = Block("paragraph", statement(said or claim.text, made.claims, marks), 0, 0, made.claims)
        return [head, Block("fence", f"{fence}\n{lines}\n{fence}")]
    spoken = _SPOKEN.search(claim.quote.text)
    if not spoken:  # the words are the source's own, not somebody's
        return [_prose([Statement((claim.text,), made.claims)], marks)]
    speaker = claim.said_by or said
    by = f" — {escape(speaker)}" if speaker else ""
    return [
        Block(
            "quote",
            f"> “{escape(spoken[1])}”{by}{marks.after(f'{spoken[1]} {speaker}', made.claims)}",
            0,
            0,
            made.claims,
        )
    ]


def _cites(statements: Iterable[Statement]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for s in statements for i in s.claims))
