"""Keys, slugs, claim ids, and names.txt: everything that makes a name a path, and two names one."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Container, Iterable
from functools import lru_cache

from .nouns import Decision
from .pattern import pattern
from .plain import fold

CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af"
_BESIDE_CJK = pattern(rf"(?<=[{CJK}]) | (?=[{CJK}])")
_COMMON = pattern(r"[A-Za-z0-9]+(?:[ _-][A-Za-z0-9]+)*+")
"""Names without letters of other scripts and without marks, and slugs: most are."""
_WITHIN, _POINT = pattern(r"(?<=\w)['’](?=\w)"), pattern(r"(?<=\d)\.(?=\d)")
_BASE32 = "0123456789abcdefghijklmnopqrstuv"
_DEVICES = frozenset(["con", "prn", "aux", "nul"] + [f"{port}{n}" for port in ("com", "lpt") for n in range(10)])
RESERVED = frozenset({"index", "log", "overview", "tensions", "readme"})
"""Stems that code writes itself: no source and no subject may have them."""
SLUG_BYTES = 120


def digest(data: bytes | str, length: int = 16) -> str:
    """The first `length` hex digits of the sha256 of some bytes, or of a text as UTF-8."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return hashlib.sha256(raw).hexdigest()[:length]


def claim_id(path: str, quote: str, taken: Container[str] = ()) -> str:
    """The id of a claim: eight base-32 characters of a hash of its quote's raw path and folded words.

    It hangs on the evidence and not on the claim's words, so that a rephrased claim keeps it. Further claims of one
    quote get `b`, `c` … appended: `taken` holds the ids already given.
    """
    number = int.from_bytes(hashlib.sha256(f"{path}\n{fold(quote)}".encode()).digest()[:5], "big")
    base = "".join(_BASE32[number >> shift & 31] for shift in range(35, -1, -5))
    free = next((i for i in (base + letter for letter in ("", *"bcdefghijklmnopqrstuvwxyz")) if i not in taken), None)
    return free or claim_id(f"{path}\n", quote, taken)


@lru_cache(1 << 17)
def key(name: str) -> str:
    """What two spellings of one name share: NFKC, case, punctuation and spaces folded.

    `+` and `#` stay (C, C++, C#), so does a point between digits (3.0 is not 30).
    """
    if _COMMON.fullmatch(name):
        return name.lower().replace("-", " ").replace("_", " ")
    text = unicodedata.normalize("NFKC", fold(name)).casefold()
    if "'" in text or "’" in text:
        text = _WITHIN.sub("", text)
    if "." in text:
        text = _POINT.sub("\0", text)
    text = "".join(
        c if c in "+#\0" or not unicodedata.category(c).startswith(("P", "Z", "C")) or c == "\0" else " " for c in text
    )
    text = _BESIDE_CJK.sub("", " ".join(text.replace("\0", ".").split()))
    return text or unicodedata.normalize("NFKC", name).casefold().strip()


def is_latin(name: str) -> bool:
    """True when at least one letter is Latin and none is of another script."""
    letters = [c for c in name if c.isalpha()]
    return bool(letters) and all(unicodedata.name(c, "").startswith(("LATIN", "FULLWIDTH LATIN")) for c in letters)


def initials(short: str, long: str) -> bool:
    """Whether `short` is made of the first letters of the words of `long`: RAG, retrieval-augmented generation."""
    letters = re.sub(r"[^A-Za-z]", "", short)
    words = [w for w in re.split(r"[\W_]+", long) if w]
    every = "".join(w[0] for w in words)
    main = "".join(w[0] for w in words if w.lower() not in ("of", "the", "and", "for", "a", "an", "in", "on", "to"))
    return len(letters) > 1 and len(words) > 1 and letters.casefold() in (every.casefold(), main.casefold())


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


# Numerals and qualifiers: what tells v2 from v3

_NUMERALS = {
    word: str(n)
    for n, words in enumerate(
        "〇 零 zero|一 i one first|二 两 ii two second|三 iii three third|四 iv four fourth|五 v five fifth|"
        "六 vi six sixth|七 vii seven seventh|八 viii eight eighth|九 ix nine ninth|十 x ten tenth|xi eleven|"
        "xii twelve".split("|")
    )
    for word in words.split()
}
_QUALIFIERS = frozenset(
    "alpha base beta chat draft early ed edition extended final instruct jr large late legacy light lite max medium "
    "mini nano new old original part plus preview pro rc release revised revision season small sr turbo ultra updated "
    "ver version vol volume 代 修订 初 卷 届 新 旧 最终 期 版 第 终 草稿 部 + #".split()
)
_PIECE = pattern(rf"\d+(?:\.\d+)*[a-z]{{0,2}}(?![a-z])|修订|最终|草稿|[{CJK}]|[^\W\d_{CJK}]+|[+#]")


def told_apart(one: str, two: str) -> bool:
    """Whether numerals, years, versions, editions or qualifiers make two names those of two things.

    They do when nothing else differs (GPT-4 and GPT-4 mini, 卡片盒一 and 卡片盒二), and when both names have numerals
    and not the same ones.
    """
    (rest, numbers, words), (other_rest, other_numbers, other_words) = _marks(one), _marks(two)
    if rest == other_rest:
        return (numbers, words) != (other_numbers, other_words)
    return bool(numbers and other_numbers) and numbers != other_numbers


def _marks(name: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """A name without its marks, its numerals as values, its qualifiers."""
    rest: list[str] = []
    numbers: list[str] = []
    words: list[str] = []
    for piece in _PIECE.findall(key(name)):
        if piece[0].isdigit():
            numbers.append(re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", piece).lstrip("0") or "0")
        elif piece in _NUMERALS:
            numbers.append(_NUMERALS[piece])
        else:
            (words if piece in _QUALIFIERS else rest).append(piece)
    return "".join(rest), tuple(sorted(numbers)), tuple(sorted(words))


# names.txt

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_LINE = pattern(
    rf"^(?P<name>{_QUOTED}|.+?)"
    rf"(?: (?P<relation>!?=|\?) (?P<other>{_QUOTED}|.+?)|: (?:(?P<word>path|title) )?(?P<value>{_QUOTED}|.+?))"
    r"\s+# (?P<by>model|person)$"
)
_MISREAD = pattern(r'^["#]| !?= | \? |: | # |^(?:path|title) ')
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
        case "=" | "!=" | "?":
            middle = f" {decision.relation} {_quoted(decision.value)}"
        case "kind":
            middle = f": {_quoted(decision.value)}"
        case word:
            middle = f": {word} {_quoted(decision.value)}"
    return f"{_quoted(decision.name)}{middle} # {decision.by}"


def add_decisions(text: str, new: Iterable[Decision], dropped: Iterable[int] = ()) -> str:
    """names.txt with further decisions and without some lines, by number: sorted, each line once, comments first.

    Lines that say nothing stay.
    """
    away = set(dropped)
    told = enumerate((text or NAMES_HEAD).split("\n"), 1)
    lines = [line.strip() for n, line in told if line.strip() and n not in away]
    lines += [render_decision(d) for d in new]
    heads = [line for line in lines if _is_comment(line)]
    rest = sorted({line for line in lines if not _is_comment(line)})
    return "".join(f"{line}\n" for line in dict.fromkeys(heads + rest))
