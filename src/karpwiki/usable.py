"""Is an answer one that can be used? Its form, its length, whether it repeats itself, the language that it is in.

What the form says is checked later, against the source (summarize.py) or the claims (check.py).
"""

from __future__ import annotations

import zlib

from .forms import DigestForm, DigestInput, Form, FormStatement, OverviewForm, OverviewInput, PageForm, PageInput
from .llm import Request, fill

LONGEST, ALLOWANCE = 12, 6_000
"""An answer has at most so many characters for each of what it is about, and these besides: twice what is usual."""
DENSEST, DENSER = 15, 4
"""Text that shrinks to less than such a part of its length says one thing over and over, unless what it was made from
does so too; a usual form shrinks to a fourth, and about three times as far as its source."""
WORDIEST = 3
"""How many times as many words as there should be a page may have."""
WIDE = ("zh", "ja", "ko")


def usable(request: Request, text: str) -> Form | list[str]:
    """The form that an answer fills in, or what is wrong with it, as sentences for the model that gave it."""
    given = request.inputs
    material = given.text if isinstance(given, DigestInput) else request.user
    most = LONGEST * len(material) + ALLOWANCE
    if len(text) > most:
        return [f"It has {len(text):,} characters; at most {most:,} are read."]
    if repeats(text, material):
        return ["It says the same over and over."]
    form = fill(request.form, text)
    if isinstance(form, list):
        return form
    return _length(form, given) or _language(form, given) or form


def _length(form: Form, given: object) -> list[str]:
    """What is wrong with how much a page says: check.py asks for less, and takes what is a little too long."""
    match form, given:
        case PageForm(), PageInput():
            most = WORDIEST * given.budget
        case OverviewForm(), OverviewInput():
            most = WORDIEST * (1_000 + sum(len(c.text) for c in given.claims))
        case _:
            return []
    size = sum(len(words) for s in _statements(form) for words in s.words)
    return [f"It has {size:,} characters of words; at most {most:,} are read."] if size > most else []


def repeats(text: str, material: str = "") -> bool:
    """Whether a text of some length is one passage over and over, as a model gives it that has lost its way."""
    return len(text) > 8_000 and _density(text) > max(DENSEST, DENSER * _density(material))


def _density(text: str) -> float:
    """How many times shorter a text becomes by compression."""
    data = text.encode(errors="replace")
    return len(data) / len(zlib.compress(data)) if data else 1.0


def _language(form: Form, given: object) -> list[str]:
    """What is wrong with the language: told by its script alone, for more than half of what is said."""
    if isinstance(form, DigestForm):
        pairs = [{_script(c.text), _script(c.quote)} for c in form.claims]
        if 2 * pairs.count({"wide", "narrow"}) > len(pairs):
            return ["The claims are not in the language of the source: a claim is in the language of its quote."]
    if isinstance(form, PageForm | OverviewForm) and isinstance(given, PageInput | OverviewInput) and given.language:
        said = [_script("".join(s.words)) for s in _statements(form) if "".join(s.words).strip()]
        if 2 * said.count("narrow" if given.language.startswith(WIDE) else "wide") > len(said):
            return [f"The statements are not in the language of this wiki, {given.language!r}."]
    return []


def _statements(form: PageForm | OverviewForm) -> list[FormStatement]:
    if isinstance(form, OverviewForm):
        return [*form.scope, *(s for c in form.central for s in c.statements)]
    return [*form.lead, *form.reading, *(s for x in form.sections for b in x.blocks for s in b.statements)]


def _script(text: str) -> str:
    """`wide`: more characters of Chinese, Japanese or Korean than letters; `narrow`: hardly any; else ''."""
    wide = sum("぀" <= c <= "鿿" or "가" <= c <= "힯" for c in text)
    letters = sum(c.isalpha() for c in text) - wide
    return "wide" if wide > letters else "narrow" if wide < 2 <= letters else ""
