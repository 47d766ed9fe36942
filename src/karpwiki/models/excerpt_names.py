"""What may be a subject, by its form, and where names stand in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from ..names import CJK, key
from ..pattern import pattern
from . import excerpt_words as words
from .excerpt_sentences import label, units

_HAN_CHAR = pattern(rf"[{CJK}]")
_TOKEN = pattern(rf"[^\W_{CJK}]+(?:[.’'][^\W_{CJK}]+)*(?:\+\+|#)?")
_NUMBERING = pattern(
    r"^(?:(?:chapter|part|step|section)\s+\d+\W*|第[一二三四五六七八九十百\d]+[章节部分步篇回条][\s:：、.]*"
    r"|[（(]?[一二三四五六七八九十]{1,3}[）)、.]\s*|[（(]?\d{1,3}(?:\.\d+)*(?:[）)]|、|\.(?=\s))\s*|\d{1,3}(?:\.\d+)+\s+)",
    re.IGNORECASE,
)
_WHAT_IS = pattern(r"^(?:what(?:'s|’s| is| are)\s+(?:an?\s+|the\s+)?|什么是|何为|the\s+|关于)", re.IGNORECASE)
_BRACKET = pattern(r"\s*[（(][^（()）]{0,80}[)）]\s*$")
_BAD = pattern(r"[/_=<>{}\[\]()（）@$|\\:;,?!*~^%\"“”，。：；、？！…→©®™]|\s[-–—]\s|--|\.\.|\d{4}-\d\d|https?")
_FILE = pattern(
    r"\.(?:md|txt|py|json|ya?ml|toml|html?|css|sh|cfg|ini|rst|log|exe|zip|csv|xml|lock|c|h|cc|cpp|com|org|cn|dict|utf8)$",
    re.IGNORECASE,
)
_VERSION = pattern(r"^(?:\d[\d.]*\w{0,2}|v\d[\d.]*\w{0,2}|[vV]?\d+(?:\.\d+)+\w*)$")
_CITED = pattern(r"[(（][^()（）]{0,120}?(?:\b\d{4}[a-z]?|n\.d\.)[)）]")
_HAN_COUNT = pattern(r"^[一二三四五六七八九十两几多\d]+[种个层条点步类大项次年月日]")
IS = pattern(
    r"^[\"'”’]?(?: \([^()]*\)|,[^,]{2,60},)?,? ?(?:is|are|was|were|means|refers to|stands for)"
    r" (?:basically |essentially |simply )?(?=(?:an?|the|one|any)\b)"
)
IS_ZH = pattern(r"^[”》」\s]*(?:[（(][^（()）]*[)）])?\s*，?(?:是指?|指的?是?|即)")
_GLUE = ("/", "_", "@", "\\", "=")
MAX_TOKENS = 5


def has_han(text: str) -> bool:
    """Whether any Chinese, Japanese or Korean character stands in a text."""
    return _HAN_CHAR.search(text) is not None


@lru_cache(maxsize=50_000)
def stem(token: str) -> str:
    """A word without case, possessive and plural."""
    low = token.casefold()
    for ending in ("'s", "’s"):
        low = low.removesuffix(ending)
    if len(low) > 4 and low.endswith("ies"):
        return low[:-3] + "y"
    if len(low) > 3 and low.endswith(("ches", "shes", "xes", "sses")):
        return low[:-2]
    return low[:-1] if len(low) > 3 and low.endswith("s") and not low.endswith(("ss", "us", "is")) else low


def tokens(text: str) -> list[tuple[int, str]]:
    """The words of a text that are not Chinese, with their offsets."""
    return [(m.start(), m.group()) for m in _TOKEN.finditer(text)]


def name_key(name: str) -> str:
    """What the variants of a name share: case, plural, hyphens and spaces folded."""
    return key(name) if has_han(name) else " ".join(stem(t) for _, t in tokens(name))


def undone(title: str) -> str:
    """What is being done something with: `OpenSSL` of `Maintaining OpenSSL`, where names in capitals follow."""
    first, _, rest = title.partition(" ")
    doing = first.casefold().endswith("ing") and first.casefold() not in words.NOT_DOING and first[:1].isupper()
    return rest if doing and rest[:1].isupper() and is_namelike(rest) and any(map(str.isupper, rest[1:])) else title


def unnumbered(heading: str) -> str:
    """A heading without its number."""
    return _NUMBERING.sub("", heading).strip() or heading


def clean(text: str) -> str:
    """A marked piece of text without numbering, ornament, a closing bracket or `What is` around it."""
    text = text.strip()
    bare = _NUMBERING.sub("", text)
    bare = _BRACKET.sub("", bare).strip(" .:：。*#`'’‘“”\"「」《》-–—·•,，?？!！")
    bare = _WHAT_IS.sub("", bare).strip()
    return bare[:-2] if bare.endswith(("'s", "’s")) else bare


def is_namelike(name: str) -> bool:
    """Whether the form of a cleaned piece of text is that of a name or a term, in any script."""
    if not 2 <= len(name) <= 60 or _BAD.search(name) or _FILE.search(name) or _VERSION.match(name):
        return False
    if is_odd(name):
        return True
    if any(w in name.casefold() for w in words.FOR_HELPERS):
        return False
    if {label(name), stem(label(name))} & (words.GENERIC | words.SKIPPED) or not any(c.isalpha() for c in name):
        return False
    return _han_namelike(name) if has_han(name) else _latin_namelike(name)


def is_odd(name: str) -> bool:
    """Whether a single word has capitals inside: NexT, PyTorch, GraphQL."""
    return (
        name.isalnum() and not has_han(name) and not name.rstrip("s").isupper() and any(c.isupper() for c in name[1:])
    )


def _han_namelike(name: str) -> bool:
    han = len(_HAN_CHAR.findall(name))
    if not 2 <= han <= 10 or len(name) > 24 or name.startswith(words.LEANING_ZH) or _HAN_COUNT.match(name):
        return False
    if any(c in name for c in words.HAN_SENTENCE) or any(c in name[1:-1] for c in "与和及或"):
        return False
    rest = _TOKEN.sub("", name)
    return name[0] not in words.HAN_LEADING and label(rest) not in words.GENERIC


def _latin_namelike(name: str) -> bool:
    parts = [t.casefold() for t in name.split()]
    if (
        len(parts) > MAX_TOKENS
        or any(p in words.VERBISH or p in words.MONTHS for p in parts)
        or "and" in parts
        or "or" in parts
    ):
        return False
    if parts[0] in words.GENERIC_FIRST or (len(parts) > 1 and parts[-1] in words.GENERIC_LAST):
        return False
    if parts[0].endswith("ing") and len(parts) > 1 and not all(w[0].isupper() for w in name.split()):
        return False
    if any(p in words.PREPOSITIONS for p in parts) and any(t.islower() and t not in words.SMALL for t in name.split()):
        return False
    if "'s " in name or "’s " in name or (len(parts) == 1 and parts[0].endswith("ly")):
        return False
    if name[0] in "-+.%'" or not any(len(t) > 1 and any(c.isalpha() for c in t) for t in parts):
        return False
    dull = words.GENERIC | words.GENERIC_FIRST
    return not all({t.casefold(), stem(t)} & dull or _VERSION.match(t) for t in name.split())


class Finder:
    """Finds where names stand in a sentence: by whole words, or by characters for Chinese ones."""

    def __init__(self, names: Iterable[tuple[str, Iterable[str]]]) -> None:
        """`names`: a name with all its forms, itself included."""
        self._latin: dict[str, tuple[str, str]] = {}
        self._han: dict[str, list[tuple[str, str]]] = {}
        self._found: dict[str, list[tuple[int, int, str]]] = {}
        self.longest = 1
        for name, forms in names:
            for form in forms:
                if has_han(form):
                    self._han.setdefault(form[:1].casefold(), []).append((form.casefold(), name))
                elif name_key(form):
                    known = self._latin.setdefault(name_key(form), (form, name))
                    if form.islower() and known[1] == name:
                        self._latin[name_key(form)] = (form, name)
                    self.longest = max(self.longest, min(MAX_TOKENS + 2, len(tokens(form))))
        for same in self._han.values():
            same.sort(key=lambda pair: (-len(pair[0]), pair))

    def find(self, text: str) -> list[tuple[int, int, str]]:
        """(start, end, name) of every mention, the longest where they overlap, in order."""
        if text not in self._found:
            self._found[text] = self._find(text)
        return self._found[text]

    def _find(self, text: str) -> list[tuple[int, int, str]]:
        masked = _CITED.sub(lambda m: " " * len(m.group()), text) if "(" in text or "（" in text else text
        low = masked.casefold()
        if len(low) != len(masked):
            low = masked
        found, taken = [], bytearray(len(text))
        for at, char in enumerate(low):
            for form, name in self._han.get(char, ()):
                if not taken[at] and low.startswith(form, at):
                    found.append((at, at + len(form), name))
                    taken[at : at + len(form)] = b"\1" * len(form)
                    break
        found += [hit for hit in self._words(masked) if not any(taken[hit[0] : hit[1]])]
        return sorted(found)

    def _words(self, text: str) -> Iterator[tuple[int, int, str]]:
        spans = tokens(text)
        stems = [stem(t) for _, t in spans]
        n = 0
        while n < len(spans):
            for size in range(min(self.longest, len(spans) - n), 0, -1):
                hit = self._latin.get(" ".join(stems[n : n + size]))
                start, end = spans[n][0], spans[n + size - 1][0] + len(spans[n + size - 1][1])
                if hit and _same_case(hit[0], text[start:end], size) and _joined(text, spans, n, size):
                    yield start, end, hit[1]
                    n += size - 1
                    break
            n += 1


def _same_case(form: str, seen: str, size: int) -> bool:
    """A name of one word with a capital is not the common word spelled like it."""
    return size > 1 or is_odd(form) or form.islower() or seen[:1].isupper() or seen == form


def _joined(text: str, spans: list[tuple[int, str]], n: int, size: int) -> bool:
    """Only spaces and hyphens stand between the words of a mention, and it is no part of a path or an identifier."""
    for k in range(n, n + size - 1):
        gap = text[spans[k][0] + len(spans[k][1]) : spans[k + 1][0]]
        if gap.strip(" -‐–") or len(gap) > 3:
            return False
    end = spans[n + size - 1][0] + len(spans[n + size - 1][1])
    before, after = text[spans[n][0] - 1 : spans[n][0]], text[end : end + 1]
    return before not in _GLUE and after not in _GLUE


def defined(text: str, finder: Finder) -> tuple[str, int]:
    """The name that a sentence opens with and says what it is, and where the words after `X is` begin; else ('', 0)."""
    hits = finder.find(text)
    if not hits or units(text[: hits[0][0]]) > 1:
        return "", 0
    end = hits[0][1]
    found = IS_ZH.match(text[end:]) if has_han(text) else IS.match(text[end:])
    return (hits[0][2], end + found.end()) if found else ("", 0)
