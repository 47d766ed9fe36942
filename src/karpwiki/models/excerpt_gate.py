"""The last question to a candidate: does the running text treat it as a name, or is it a phrase like any other?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ..pattern import pattern
from . import excerpt_words as words
from .excerpt_candidates import Candidate
from .excerpt_names import has_han, is_odd, stem

_DOING = pattern(r"(?:ing|tions?|sions?|ments?|ity|ities|ness|ances?|ences?|ed|ly|able|ible)$")
_INITIALS = pattern(r"^(?:[A-Z]\.[ ]?){1,4}$|^[A-Z]\. \w+$")
"""Who speaks in an interview, and a person by initial and surname: no name to look up."""
_MEMBER = pattern(r"^[a-z]\w*\.[a-z]\w*$")
_HUMP = pattern(r"[a-z][A-Z]|[A-Z](?=[A-Z][a-z])")
_SITE = (".js", ".io", ".ai", ".py", ".rs")
_COUNTED = pattern(r"^([A-Za-z]+) \d[\d.]*$")


def stands(made: Candidate, plainly: Counter[str], often: Mapping[str, int]) -> bool:
    """Whether a name may be a subject.

    `plainly`: how often each word of the text stands there as it is written; `often`: the mentions of all candidates.
    """
    marks, name = made.evidence, made.name
    told = bool(marks["defined"] + marks["expanded"] + marks["beside"] + marks["book"] + marks["person"])
    own = bool(marks["project"] + marks["file"])
    first, _, rest = name.partition(" ")
    if _INITIALS.match(name):
        return False
    if rest.isdigit() and first in often and not marks["strong"]:
        return False
    if " & " in name or (not own and _identifier(made)):
        return False
    if has_han(name):
        return told or own or _stands_han(made)
    if _activity(name) and not own:
        if told or (made.large > 2 and not marks["heading"] + marks["title"]):
            return made.large > (made.small if told else 0)
        titled = marks["title"] and made.large > 0 and not (made.small or _doing(first) or plainly[first.casefold()])
        return bool(titled) or (bool(marks["strong"]) and "-" in name)
    if own or told:
        return own or bool(marks["strong"] + marks["title"]) or made.large + marks["expanded"] > made.small
    counted = _COUNTED.match(name)
    if counted and not marks["strong"] + marks["intitle"] and (plainly[counted[1].casefold()] or not marks["caps"]):
        return False
    apart = often.get(first, 0) > 2 * made.mentions or first.casefold() in words.LANGUAGES
    if rest and not marks["strong"] + marks["title"] and apart:
        return False
    if marks["title"]:
        return _titled(made, plainly)
    if " " in name:
        return _phrase(made, plainly)
    return _word(made, plainly)


def _identifier(made: Candidate) -> bool:
    """Whether a name is that of a part of a program: `inspector.url`, `bodyTimeout`."""
    marks, name = made.evidence, made.name
    if _MEMBER.match(name) and not name.endswith(_SITE):
        return True
    if set(marks) <= {"caps", "code", "inline"} and len(_HUMP.findall(name)) > 1 and " " not in name:
        return True
    return is_odd(name) and name[0].islower() and not marks["title"] + marks["link"] + marks["intitle"]


def _activity(name: str) -> bool:
    """Whether the last word says that something is done, or is a part of something."""
    last = name.split()[-1].casefold()
    return " " in name and bool({last, stem(last)} & words.PART_ENDS)


def _stands_han(made: Candidate) -> bool:
    """A Chinese name that the text marks, or uses often; never one that only headings have."""
    marks = made.evidence
    if made.name.endswith(words.PART_ENDS_ZH) and not marks["strong"] + marks["coined"]:
        return False
    if marks["strong"] + marks["coined"] + marks["inline"]:
        return True
    return bool(marks["title"] + marks["intitle"]) and made.mentions > 1


def _titled(made: Candidate, plainly: Counter[str]) -> bool:
    """A title that is a name by its form, or that the text uses as one."""
    marks, name = made.evidence, made.name
    if " " in name:
        inside = made.large > 1 or bool(marks["strong"]) or (_coined(name) and made.mentions > 0)
        return inside or (made.mentions > 2 and not _doing(name))
    if name.islower() or _coined(name):
        return True
    if _doing(name):
        return made.large > 1 + plainly[name.casefold()]
    unheard = made.mentions > 0 and not plainly[name.casefold()]
    return made.large > 0 or unheard or any(f.islower() for f in made.forms)


def _phrase(made: Candidate, plainly: Counter[str]) -> bool:
    """Several words: in bold, or in capitals within sentences and hardly ever without."""
    marks, name = made.evidence, made.name
    parts = name.split()
    if parts[0].casefold().endswith("ing") and parts[0].casefold() not in words.NOT_DOING:
        return False
    if marks["strong"]:
        return True
    if name.islower() or made.small >= max(1, made.large):
        return False
    if not made.large and (plainly[parts[0].casefold()] or " of " in name):
        return False
    if any(w.isupper() and len(w) > 6 for w in parts):
        return False
    if parts[0].casefold() in words.SMALL or parts[0].casefold().endswith("ly"):
        return False
    if marks["heading"] or set(marks) <= {"intitle", "code", "em", "coined"}:
        return made.large > 1
    return made.large > 0 or bool(marks["caps"])


def _word(made: Candidate, plainly: Counter[str]) -> bool:
    """One word: in bold or a title, of a form of its own, or in capitals within sentences and hardly ever without."""
    marks, name = made.evidence, made.name
    if marks["strong"] and made.mentions > 0 and not name.islower():
        return True
    if _coined(name):
        return made.large > 0 or bool(marks["link"] + marks["intitle"])
    if name.islower():
        return bool(marks["intitle"] + marks["infile"])
    if _doing(name) and not marks["link"]:
        return False
    return made.large > 1 and made.large > 2 * plainly[name.casefold()]


def _doing(name: str) -> bool:
    """Whether a name ends like something done, or like a quality."""
    last = name.split()[-1].casefold()
    return bool(_DOING.search(last)) and last not in words.NOT_DOING


def _coined(name: str) -> bool:
    """Whether a word of a name is no common one by its form: capitals inside, digits."""
    return any(any(c.isupper() or c.isdigit() for c in w[1:]) for w in name.split())
