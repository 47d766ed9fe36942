"""Keys, slugs, claim ids, and names.txt: everything that makes a name a path, and two names one."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from .nouns import Decision
from .plain import fold

CJK = "㐀-䶿一-鿿豈-﫿぀-ヿ가-힯"
_BESIDE_CJK = re.compile(rf"(?<=[{CJK}]) | (?=[{CJK}])")
_BASE32 = "0123456789abcdefghijklmnopqrstuv"
_DEVICES = frozenset(["con", "prn", "aux", "nul"] + [f"{port}{n}" for port in ("com", "lpt") for n in range(10)])
RESERVED = frozenset({"index", "log", "overview", "tensions", "readme"})
"""Stems that code writes itself: no source and no subject may have them."""
SLUG_BYTES = 120


def digest(data: bytes | str, length: int = 16) -> str:
    """The first `length` hex digits of the sha256 of some bytes, or of a text as UTF-8."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return hashlib.sha256(raw).hexdigest()[:length]


def claim_id(path: str, quote: str, taken: Iterable[str] = ()) -> str:
    """The id of a claim: eight base-32 characters of a hash of its quote's raw path and folded words.

    It hangs on the evidence and not on the claim's words, so that a rephrased claim keeps it. Further claims of one
    quote get `b`, `c` … appended: `taken` holds the ids already given.
    """
    number = int.from_bytes(hashlib.sha256(f"{path}\n{fold(quote)}".encode()).digest()[:5], "big")
    base = "".join(_BASE32[number >> shift & 31] for shift in range(35, -1, -5))
    used = set(taken)
    free = next((i for i in (base + letter for letter in ("", *"bcdefghijklmnopqrstuvwxyz")) if i not in used), None)
    return free or claim_id(f"{path}\n", quote, used)


@lru_cache(maxsize=50_000)
def key(name: str) -> str:
    """What two spellings of one name share: NFKC, case, punctuation and spaces folded.

    `+` and `#` stay (C, C++, C#), so does a point between digits (3.0 is not 30).
    """
    text = unicodedata.normalize("NFKC", fold(name)).casefold()
    text = re.sub(r"(?<=\w)['’](?=\w)", "", text)
    text = re.sub(r"(?<=\d)\.(?=\d)", "\0", text)
    text = "".join(
        c if c in "+#\0" or not unicodedata.category(c).startswith(("P", "Z", "C")) or c == "\0" else " " for c in text
    )
    text = _BESIDE_CJK.sub("", " ".join(text.replace("\0", ".").split()))
    return text or unicodedata.normalize("NFKC", name).casefold().strip()


def is_latin(name: str) -> bool:
    """True when at least one letter is Latin and none is of another script."""
    letters = [c for c in name if c.isalpha()]
    return bool(letters) and all(unicodedata.name(c, "").startswith(("LATIN", "FULLWIDTH LATIN")) for c in letters)


def by_rank(name: str) -> tuple[bool, int, str]:
    """Sort key under which the smallest of a set of names gives its page the slug: Latin, shorter, alphabetical."""
    return (not is_latin(name), len(name), key(name))


def slug(name: str) -> str:
    """A file stem for a name: lower case, words joined by `-`, letters of every script, at most 120 bytes.

    Equal keys give equal slugs. A stem that code or Windows reserves, or that had to be cut, gets a hash suffix.
    """
    text = "".join(
        c for c in unicodedata.normalize("NFKD", key(name)) if not unicodedata.combining(c) or ord(c) > 0x36F
    )
    text = unicodedata.normalize("NFC", text).replace("+", " plus ").replace("#", " sharp ")
    stem = "-".join("".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in text).split())
    if not stem:
        stem = f"name-{digest(key(name), 8)}"
    if len(stem.encode()) > SLUG_BYTES:
        cut = stem.encode()[: SLUG_BYTES - 9].decode("utf-8", "ignore").rstrip("-")
        stem = f"{cut}-{digest(key(name), 8)}"
    return f"{stem}-{digest(key(name), 4)}" if stem in RESERVED or stem in _DEVICES else stem


def stem_key(stem: str) -> str:
    """What two file stems share that are one file on some file system: NFC and case folded."""
    return unicodedata.normalize("NFC", stem).casefold()


# names.txt

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_LINE = re.compile(
    rf"^(?P<name>{_QUOTED}|.+?)"
    rf"(?: (?P<relation>!?=) (?P<other>{_QUOTED}|.+?)|: (?:(?P<word>path|title) )?(?P<value>{_QUOTED}|.+?))"
    r"\s+# (?P<by>model|person)$"
)
_MISREAD = re.compile(r'^["#]| !?= |: | # |^(?:path|title) ')
MAX_LINE = 2_000
NAMES_HEAD = "# Decisions about names, one a line; see docs/formats.md. Lines may be added and removed by hand.\n"


def parse_names(text: str) -> tuple[tuple[Decision, ...], tuple[tuple[int, str], ...]]:
    """The decisions of names.txt, and (line, text) of those that are none. A line without `# model` is a person's."""
    made, bad = [], []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if not line or _is_comment(line):
            continue
        found = (_LINE.match(line) or _LINE.match(f"{line} # person")) if len(line) <= MAX_LINE else None
        if not found:
            bad.append((number, line))
            continue
        relation = found["relation"] or found["word"] or "kind"
        name, value = _unquoted(found["name"]), _unquoted(found["other"] or found["value"])
        made.append(Decision(name, relation, value, found["by"], number))  # type: ignore[arg-type]
    return tuple(made), tuple(bad)


def _is_comment(line: str) -> bool:
    return line == "#" or line.startswith("# ")


def _quoted(text: str) -> str:
    """A name as it stands in a line: in quotes when it would be read as something else."""
    text = fold(text)
    return json.dumps(text, ensure_ascii=False) if _MISREAD.search(f"{text} ") else text


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if re.fullmatch(_QUOTED, text) else text.strip()


def render_decision(decision: Decision) -> str:
    """A decision as its line of names.txt."""
    match decision.relation:
        case "=" | "!=":
            middle = f" {decision.relation} {_quoted(decision.value)}"
        case "kind":
            middle = f": {_quoted(decision.value)}"
        case word:
            middle = f": {word} {_quoted(decision.value)}"
    return f"{_quoted(decision.name)}{middle} # {decision.by}"


def add_decisions(text: str, new: Iterable[Decision]) -> str:
    """names.txt with further decisions: sorted, each line once, comments first; lines that say nothing stay."""
    lines = [line.strip() for line in (text or NAMES_HEAD).split("\n") if line.strip()]
    lines += [render_decision(d) for d in new]
    heads = [line for line in lines if _is_comment(line)]
    rest = sorted({line for line in lines if not _is_comment(line)})
    return "".join(f"{line}\n" for line in dict.fromkeys(heads + rest))
