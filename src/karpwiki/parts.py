"""Text → parts that fit a prompt: cut where a reader would pause; whatever stands there, nothing is lost or doubled."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from .extract import Text
from .nouns import Span
from .pattern import pattern
from .plain import Passage, frontmatter_lines

_SENTENCE = pattern(r"[.!?…][)\]\"'”’»]*\s+|[。！？…][”’」』）]*")
_FENCE = pattern(r" {0,3}(`{3,}|~{3,})")
_FRAME = 8
"""What a part repeats of a table or of code that was cut is at most an eighth of it."""


@dataclass(frozen=True, slots=True)
class Part:
    """What of a Text goes into one prompt. Of the first and the last line of its span it may hold a piece."""

    span: Span
    text: str


def parts(text: Text, size: int) -> tuple[Part, ...]:
    """A text without its frontmatter in parts of about `size` bytes of UTF-8, none above 1.25 times that.

    Bytes, since a Chinese character asks for as many tokens of answer as three Latin letters. A part that begins in a
    table or in code repeats the head of it, so that it reads as what it is.
    """
    lines = text.markdown.split("\n")
    begins = list(accumulate((len(line) + 1 for line in lines), initial=0))
    made, head = [], ""
    for first, last in pairwise(cuts(text, size)):
        goes_on = last < len(text.markdown)
        end = bisect_right(begins, last - 1) if goes_on else len(lines)
        words = text.markdown[first:last].strip("\n")
        cut = (bisect_right(begins, last), begins[end] == last)
        after, closing = _frame(text.plain.passages, lines, *cut) if goes_on else ("", "")
        after = after if len(after.encode()) + len(closing) < size // _FRAME else ""
        framed = [head, words, closing if after else ""]
        made.append(Part(Span(bisect_right(begins, first), end), "\n".join(filter(None, framed))))
        head = after
    return tuple(made)


def halves(text: Text, part: Part) -> tuple[Part, ...]:
    """A part in two, cut at the blank line, else the line, that is nearest to its middle; () when it is one line."""
    lines = text.markdown.split("\n")[part.span.first - 1 : part.span.last]
    if len(lines) < 2:
        return ()
    middle = len(lines) / 2
    blank = [n for n, line in enumerate(lines) if 0 < n < len(lines) - 1 and not line.strip()]
    cut = min(blank or range(1, len(lines)), key=lambda n: abs(n - middle))
    first, last = part.span.first, part.span.last
    spans = Span(first, first + cut - 1), Span(first + cut, last)
    return tuple(
        Part(span, "\n".join(some).strip("\n")) for span, some in zip(spans, (lines[:cut], lines[cut:]), strict=True)
    )


def _frame(passages: Sequence[Passage], lines: Sequence[str], line: int, whole: bool) -> tuple[str, str]:
    """The lines that say what a cut before (or, if not `whole`, in) a line goes through, and the one that ends it."""
    n = bisect_right(passages, line, key=lambda p: p.span.first) - 1
    found = passages[max(n, 0)]
    if found.kind == "code":
        above = next((text for text in reversed(lines[: found.span.first - 1]) if text.strip()), "")
        fence = _FENCE.match(above)
        if fence and not any(map(_FENCE.match, lines[found.span.last : line - 1])):
            return above, fence[1]
    if found.kind == "row" and found.lead_in and found.span.first == line and whole:
        while passages[n].lead_in:
            n -= 1
        return "\n".join(lines[passages[n].span.first - 1 :][:2]), ""
    return "", ""


def cuts(text: Text, size: int) -> list[int]:
    """Where the parts of a text begin, as offsets, and its end; []: nothing can be read in it.

    A heading in the second half of a part is preferred to the last paragraph of it, that to the last item of a list.
    What is longer than a part by itself is cut at lines (tables, code) or at the ends of sentences, else anywhere.
    """
    passages, markdown = text.plain.passages, text.markdown
    if not passages:
        return []
    lines = markdown.split("\n")
    begins = list(accumulate((len(line) + 1 for line in lines), initial=0))
    sizes = list(accumulate((len(line.encode()) + 1 for line in lines), initial=0))
    places: list[int] = []
    for first, last in _runs(passages, lines, sizes, frontmatter_lines(markdown) + 1, size):
        places.append(begins[first - 1])
        if sizes[last] - sizes[first - 1] > size * 1.25:
            end = min(begins[last], len(markdown))
            rest = sizes[last] - sizes[first - 1]
            while rest > size:
                target = -(-rest // -(-rest // size))  # equal shares: no scrap at the end
                near = markdown[places[-1] : places[-1] + target].encode()[:target].decode(errors="ignore")
                stop = min(places[-1] + max(1, len(near)), end)
                if stop == end:
                    break
                by_line = passages[_at(passages, bisect_right(begins, stop))].kind in ("row", "code", "html")
                cut = _pause(markdown, places[-1] + len(near) // 2 + 1, stop, by_line)
                rest -= len(markdown[places[-1] : cut].encode())
                places.append(cut)
    return [*places, len(markdown)]


def _at(passages: Sequence[Passage], line: int) -> int:
    """The number of the last passage that begins at or before a line."""
    return max(0, bisect_right(passages, line, key=lambda p: p.span.first) - 1)


def _pause(words: str, first: int, last: int, by_line: bool) -> int:
    """The best place for a cut between two offsets: after a blank line, a line, a sentence or a word, the last one."""
    blank, line, space = (words.rfind(mark, first, last) for mark in ("\n\n", "\n", " "))
    if blank >= 0:
        return blank + 2
    if by_line and line >= 0:
        return line + 1
    sentence = max((m.end() for m in _SENTENCE.finditer(words, first, last)), default=0)
    return sentence or line + 1 or space + 1 or last


def _runs(
    passages: Sequence[Passage], lines: Sequence[str], sizes: Sequence[int], first: int, size: int
) -> Iterator[tuple[int, int]]:
    """(first, last line) of runs of whole passages of at most 1.25 times `size`, or of one that is longer."""
    starts = [
        p
        for p in passages
        if p.kind in ("heading", "paragraph", "html", "item")
        or (p.kind == "row" and not p.lead_in and "|" not in lines[p.span.first - 2])  # the head of a table
    ]
    at = [sizes[p.span.first - 1] for p in starts]
    while not lines[first - 1].strip():
        first += 1
    head = first  # of a run that is too short to stand before a long one
    while sizes[-1] - sizes[first - 1] > size * 1.25:
        here = sizes[first - 1]
        i, j = bisect_right(at, here), bisect_right(at, here + size)
        heads = (p for p in reversed(starts[bisect_right(at, here + size // 2) : j]) if p.kind == "heading")
        inside = [next(heads, None), next((p for p in reversed(starts[i:j]) if p.kind != "item"), None)]
        cut = next((p for p in (*inside, *starts[i:j][-1:], *starts[i : i + 1]) if p), None)
        if cut is None:
            break
        after = bisect_right(at, sizes[cut.span.first - 1])
        following = (at[after] if after < len(at) else sizes[-1]) - sizes[cut.span.first - 1]
        if not (following > size * 1.25 and sizes[cut.span.first - 1] - sizes[head - 1] < size // 2):
            yield head, cut.span.first - 1
            head = cut.span.first
        first = cut.span.first
    yield head, len(lines)
