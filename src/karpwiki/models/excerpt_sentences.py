"""Passages → sentences that can stand alone on a page, each a verbatim piece of its passage."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..names import CJK
from ..pattern import pattern
from ..plain import Passage
from . import excerpt_words as words

MIN_UNITS, MAX_UNITS = 4, 60
"""Words of the shortest and the longest claim; two Chinese characters count as one."""
_LONG = 400
"""Characters after which an open bracket or quotation mark is taken for a slip of the pen."""
_PAIRS = {"(": 1, "（": 1, "“": 1, "「": 1, "『": 1, "《": 1, "[": 1, "【": 1, ")": -1, "）": -1, "”": -1, "」": -1}
_PAIRS |= {"』": -1, "》": -1, "]": -1, "】": -1}
_BRACKETS = ("()", "（）", "“”", "「」", "《》", "[]")
_CLOSERS = ")）”」』》]】\"'’"
_MARK = pattern(r"[(（“「『《\[【)）”」』》\]】\"]|[.!?…]+|[。！？]+")
_HAN_CHAR = pattern(rf"[{CJK}]")
_LATIN_WORD = pattern(rf"[^\W\d_{CJK}][^\W_{CJK}]*")
_TERM = pattern(rf"^[^:：–—]{{1,48}}?(?:[:：]| [–—-] |[–—]{{1,2}}|(?<=[{CJK}])——)\s*(?=\S)")
_LABEL_START = pattern(r"^[\W\d_]*")
_CODE_CHARS = pattern(r"[=<>{}|\\$`~^#@]|->|::|\(\)|/\w+/|--\w")
_STRAY = pattern(r"^(?:(?:\[[ xX]\]|[-+|:*•·▪◦>~]+)\s+)+")
_MARKUP = pattern(r":[a-z]{2,9}:[~`\w]|^\.\. |^Copyright\b|^©|::$")
_TELLING = pattern(
    r"\b(?:please|make sure|we recommend|feel free|you(?:'ll| can| may| might| should| must| need| will| have to| want"
    r"| would| could))\b|请(?!求)|[你您][也还]?(?:可以|需要|应|必须|要|能)|欢迎|建议(?:[你您]|使用|参)",
    re.IGNORECASE,
)
_PERSON = pattern(r"(?:^|[ (])(?:I|I'd|I'm|I've|I'll) [a-z]|^我")
_ITSELF = pattern(
    r"^(?:This (?:[\w-]+ ){0,2}?[\w-]*(?:package|library|module|project|plugin|theme|tool|program|framework|toolkit)"
    r" (?!can\b|may\b)[a-z]+|本(?:项目|库|模块|插件|主题|工具|程序|框架|软件)(?:[是为提支用实基将])|这是一[个款套种])"
)
_FIRST = pattern(r"^(?:(?:This|It) is an? |[这它]是一[个款套种])")
_SAYS_ZH = pattern("是|指|用于|支持|提供|基于|实现|内置")
_SAYS = pattern(r"^[^,.;]{2,60} (?:is|are) (?:an?|the) ")
EARLY = 8
"""Sentences among which `this package` is the source's subject."""
_AT_START = pattern(rf"^[^\w{CJK}]*([^\W_]+(?:['’][^\W_]+)?)")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it stands in its passage."""

    order: int
    """Its place among the sentences of the part."""
    text: str
    passage: Passage
    where: int
    """Number of its passage."""
    first: bool
    """It opens its passage."""
    telling: bool
    """It tells the reader what to do, or what the writer did."""
    itself: bool
    """It says what the source's own subject is: `This package is …` near the top."""
    leaning: bool
    """It needs the sentence before it: it opens with a pronoun, a connective or in the middle of a phrase."""
    units: int


def units(text: str) -> int:
    """How long a text is in words; two Chinese characters count as one word."""
    return len(_LATIN_WORD.findall(text)) + (len(_HAN_CHAR.findall(text)) + 1) // 2


def label(text: str) -> str:
    """A heading or label as the word lists spell it: case folded, no number or ornament around it, `_` for a space."""
    bare = _LABEL_START.sub("", text.casefold()).rstrip(" :：.!?？！。…*#_\"'”）)")
    return "_".join(re.sub(r"[^\w+#]+", " ", bare).split())


def split(text: str) -> Iterator[str]:
    """The sentences of a folded text, in English or Chinese; each is a piece of it, stripped."""
    start = seen = depth = 0
    quoted = False
    for mark in _MARK.finditer(text):
        if mark.start() < seen:
            continue
        char = mark.group()
        if char == '"':
            depth = depth - 1 if quoted else depth + 1
            quoted = not quoted
            continue
        if char in _PAIRS:
            depth = max(0, depth + _PAIRS[char])
            continue
        end = mark.end()
        while end < len(text) and text[end] in _CLOSERS and (text[end] != '"' or quoted):
            depth -= text[end] not in "'’" and depth > 0
            quoted = quoted and text[end] != '"'
            end += 1
        seen = end
        if (depth <= 0 or mark.start() - start > _LONG) and _ends(text, start, mark.start(), mark.end(), end):
            yield text[start:end].strip()
            start, depth, quoted = end, 0, False
    if text[start:].strip():
        yield text[start:].strip()


def _ends(text: str, start: int, dot: int, after: int, end: int) -> bool:
    """Whether the stop at `dot` ends a sentence, closing marks included up to `end`."""
    if text[dot] in "。！？" or end >= len(text):
        return True
    if text[end] != " ":
        return bool(_HAN_CHAR.match(text[end])) and text[dot] != "…" and text[end - 1] in _CLOSERS
    follow = text[end + 1] if end + 1 < len(text) else ""
    token = re.split(r"[\s(（\[“\"]", text[max(start, dot - 16) : dot])[-1]
    if text[dot] != "." or end > after:
        return not follow.islower()
    if len(token) == 1 and token.isalpha() and token.isupper():
        return False
    if token.casefold() in words.ABBREVIATIONS:
        return False
    if token.isdigit() and dot - start < 6 and text[start:dot].strip() == token:
        return False
    return not follow.islower() or (after - dot == 1 and token.isalpha() and len(token) > 2) or token.endswith(")")


def sentences(passages: Sequence[Passage]) -> list[Sentence]:
    """Every sentence that is worth a claim, in order."""
    found: list[Sentence] = []
    for where, passage in enumerate(passages):
        if not _readable(passage):
            continue
        for n, text in enumerate(_pieces(passage)):
            length = units(text)
            if _stands(text, passage, length):
                order, telling = len(found), is_telling(text)
                itself = (order < EARLY and describes_itself(text)) or (order == 0 and bool(_FIRST.match(text)))
                leaning = not itself and is_leaning(text)
                found.append(Sentence(order, text, passage, where, n == 0, telling, itself, leaning, length))
    return found


def _pieces(passage: Passage) -> Iterator[str]:
    """Sentences; one that is a mere label goes with the next, a Chinese one that is too long is cut at semicolons."""
    text, at, labels = passage.text, 0, {words for kind, words in passage.terms if kind == "strong"}
    for sentence in split(text):
        start, at = at, text.index(sentence, at) + len(sentence)
        if sentence[-1] in ".。:：" and at < len(text) and (units(sentence) < MIN_UNITS or sentence in labels):
            at = start
            continue
        whole = text[start:at].strip()
        whole = sentence if units(whole) > MAX_UNITS else whole
        if units(whole) > MAX_UNITS and "；" in whole:
            yield from (part.strip() for part in re.split(r"(?<=；)", whole) if part.strip())
        elif bare := _STRAY.sub("", whole):
            yield bare


def _readable(passage: Passage) -> bool:
    """Whether a passage is prose rather than a heading, code, navigation, a list of links or of references."""
    if passage.kind not in ("paragraph", "item", "row", "html") or (passage.kind == "html" and len(passage.text) > 600):
        return False
    if any(label(h) in words.SKIPPED or any(w in h.casefold() for w in words.FOR_HELPERS) for h in passage.heading):
        return False
    if passage.kind != "paragraph" and any(label(h) == "history" for h in passage.heading):
        return False
    marked = {name: sum(len(w) for n, w in passage.terms if n == name) for name in ("link", "code")}
    return marked["link"] <= 0.6 * len(passage.text) and marked["code"] <= 0.5 * len(passage.text)


def _stands(text: str, passage: Passage, length: int) -> bool:
    """Whether the words read as a whole statement."""
    if (
        not MIN_UNITS <= length <= MAX_UNITS
        or text[-1] in "?？:：、,，;"
        or text[0] in "[#*"
        or "://" in text
        or "www." in text
        or _MARKUP.search(text)
    ):
        return False
    if text.count('"') % 2 or any(text.count(pair[0]) != text.count(pair[1]) for pair in _BRACKETS):
        return False
    letters, alnum = sum(c.isalpha() for c in text), sum(c.isalnum() for c in text)
    solid = sum(not c.isspace() for c in text)
    if alnum < 0.7 * solid or letters < 0.45 * solid or 20 * len(_CODE_CHARS.findall(text)) > solid:
        return False
    tail = re.sub(r"[\W_]+$", "", text)
    if text[-1] in "时后前" and passage.kind == "item":
        return False
    if tail.endswith(("如下", "所示", "下面", "as follows", "following", "below")):
        return False
    han = len(_HAN_CHAR.findall(text))
    finished = text.rstrip(_CLOSERS)[-1:] in tuple(".!。！…；") and text[-1] != "…"
    verb = any(w.casefold() in words.VERBS for w in _LATIN_WORD.findall(text))
    says = passage.kind in ("item", "paragraph") and text == _STRAY.sub("", passage.text)
    if han >= 6:
        if passage.kind == "item" and han >= 12:
            return True
        return finished or (says and units(text) >= 5 and _SAYS_ZH.search(text) is not None)
    if says and not finished and passage.kind == "paragraph":
        return length >= 6 and _SAYS.match(text) is not None
    if passage.kind in ("row", "html"):
        return length >= 8 and finished and verb
    if finished:
        return length >= 5
    term = _TERM.match(text)
    return passage.kind == "item" and length >= 6 and (verb or (term is not None and units(text[term.end() :]) >= 5))


def describes_itself(text: str) -> bool:
    """Whether a sentence says what `this package` is."""
    return _ITSELF.match(text) is not None


def is_telling(text: str) -> bool:
    """Whether a sentence tells its reader what to do, or what its writer did."""
    return _TELLING.search(text) is not None or _PERSON.search(text) is not None


def is_leaning(text: str) -> bool:
    """Whether a sentence cannot be understood without the one before it, or has lost its subject."""
    return _leans(text) or _headless(text)


def _headless(text: str) -> bool:
    """Whether a sentence opens with a verb and has lost its subject: `Runs before the package is packed.`"""
    spoken = _LATIN_WORD.findall(text[:80])[:2]
    if len(spoken) < 2 or _HAN_CHAR.search(text[:40]):
        return False
    first, second = spoken[0].casefold(), spoken[1].casefold()
    if second in words.VERBS:
        return False
    verb = first.endswith("s") and not first.endswith(("ss", "us", "is")) and len(first) > 3
    return first in words.VERBS or (verb and second in words.AFTER_VERB)


def _leans(text: str) -> bool:
    """Whether a sentence cannot be understood without the one before it."""
    if _HAN_CHAR.match(text.lstrip("“「（*")):
        return text.lstrip("“「（*").startswith(words.LEANING_ZH)
    found = _AT_START.match(text)
    if not found:
        return True
    opening = re.split("['’]", found[1].casefold())[0]
    if opening in words.PRONOUNS or opening in words.OPENERS or text.casefold().startswith(words.LEANING):
        return True
    if text.endswith((" this.", " that.", " it.", " them.", " these.")) and len(text) < 80:
        return True
    early = _LATIN_WORD.findall(text[:60])[:6]
    at = next((n for n, w in enumerate(early) if w in words.PERSONAL), 6)
    if at < 3 or (at < 6 and not any(w[0].isupper() for w in early[1:at])):
        return True
    return found[1][0].islower() and not _HAN_CHAR.search(text)
