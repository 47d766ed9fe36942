"""Who said it, how sure it is and what it rests on come from the claims, whatever the words of a page leave out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from karpwiki.compose import statement, words_of
from karpwiki.inert import escape
from karpwiki.marks import MARKS, Marks
from karpwiki.nouns import Claim, Member, Quote, Source, Subject
from karpwiki.resolve import Names

CLAIM = Claim("aaaaaaaa", "A decade.", Quote("a.md", 1, "q"), ("Agents",))
BUSH = Subject(("Vannevar Bush", "Bush", "布什"), "Vannevar Bush", "entity", "vannevar-bush")


def marks(*claims: Claim, primary: bool = False, credibility: str = "secondary") -> Marks:
    found = {
        c.id: (c, Source((Member(f"{n}.md", "0" * 16),), "T", "2026-11-21", credibility=credibility, claims=(c,)))
        for n, c in enumerate(claims)
    }
    return Marks(Names({"vannevar bush": BUSH, "布什": BUSH}, found, {}), primary)


def claim(n: int, **changes: object) -> Claim:
    return replace(CLAIM, id="abcdefgh"[n] * 8, quote=Quote(f"{n}.md", 1, f"q{n}"), **changes)  # type: ignore[arg-type]


HEDGED, ASSERTED = claim(0, voice="hedged"), claim(1)
SAID = claim(2, voice="quoted", said_by="Vannevar Bush")
FOREIGN = claim(3, voice="quoted", said_by="布什")
GUESSED = claim(4, basis="inferred")


@pytest.mark.parametrize(
    ("words", "claims", "options", "mark"),
    [
        ("Agents take a decade.", [HEDGED], {}, " (hedged)"),
        ("Agents probably take a decade.", [HEDGED], {}, ""),
        ("智能体要十年。", [HEDGED], {}, " (hedged)"),
        ("智能体可能要十年。", [HEDGED], {}, ""),
        ("Agents take a decade.", [HEDGED, ASSERTED], {}, ""),
        ("It is in force.", [SAID], {}, " (said by Vannevar Bush)"),
        ("Bush wrote that it is in force.", [SAID], {}, ""),
        ("Its maker says so.", [FOREIGN], {}, " (said by Vannevar Bush)"),
        ("布什说它有效。", [SAID], {}, ""),
        ("A guess.", [GUESSED], {}, " (inferred)"),
        ("A fact.", [ASSERTED], {}, ""),
        ("A fact.", [ASSERTED], {"primary": True}, " (secondary)"),
        ("A fact.", [ASSERTED, claim(7, basis="primary")], {"primary": True}, ""),
        ("A fact.", [claim(5), claim(6), claim(7, basis="primary")], {"primary": True}, " (3 sources)"),
        ("So it is.", [claim(5, voice="hedged", basis="inferred")], {"primary": True}, " (hedged; inferred)"),
    ],
)
def test_marks_come_from_the_claims(words: str, claims: list[Claim], options: dict[str, bool], mark: str) -> None:
    ending = marks(*claims, **options).after(words, [c.id for c in claims])
    assert ending == mark + "".join(f"[^{c.id}]" for c in claims)


@given(st.text("abc (;)hedged0123 sources.", min_size=1, max_size=40).map(lambda t: " ".join(t.split())))
def test_the_words_of_a_statement_come_back_without_its_marks(words: str) -> None:
    assume(words and escape(words, start=True) == words and not MARKS.search(words))
    made = statement(words, [GUESSED.id, HEDGED.id], marks(GUESSED, HEDGED))
    assert words_of(made.partition("[^")[0]) == (words,)
