"""The comment that ends a page which karpwiki wrote: what the page was built from and by, which blocks are ours."""

from __future__ import annotations

import re

from .pattern import pattern
from .wiki import State

VERSION = 1
NOTES = pattern(r"^## Notes[ \t]*$", re.M)
_STATE = pattern(r"^<!-- karpwiki (\d{1,9})\n((?:(?!<!--|-->).*\n)*)-->[ \t]*$", re.M)


def is_newer(text: str) -> bool:
    """Whether a page was written by a newer program than this."""
    found = re.search(r"^<!-- karpwiki (\d{1,9})$", text, re.M)
    return bool(found and int(found[1]) > VERSION)


def split_state(body: str) -> tuple[State | None, str, str]:
    """The state, the body before it, and a person's words after it, byte for byte."""
    # One character is sought ten times as fast as a word, and most pages by hand have no comment.
    may_be = "<" in body and "<!-- karpwiki" in body
    for found in reversed(list(_STATE.finditer(body))) if may_be else ():
        if int(found[1]) == VERSION:
            notes = body[found.end() :].removeprefix("\n")
            return parse_state(found[2]), body[: found.start()], notes if notes.strip() else ""
    by_hand = NOTES.search(body) if "## Notes" in body else None
    at = by_hand.start() if by_hand else len(body)
    return None, body[:at], body[at:]


def read_state(text: str) -> State | None:
    """The State of a page's text, which need not be parsed for it."""
    return split_state(text)[0]


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
