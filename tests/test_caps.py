"""No prompt is longer than its task's cap, whatever the wiki; what is of ordinary length stands in it whole."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from karpwiki.forms import (
    DigestInput,
    Inputs,
    OldStatement,
    OverviewClaim,
    OverviewInput,
    OverviewPage,
    PageClaim,
    PageInput,
    ReviewInput,
    SupportInput,
)
from karpwiki.llm import again
from karpwiki.prompts import MAX_JUDGED, cap, mend, request
from karpwiki.settings import Settings

ROOT = Path("/nowhere")
WORDS = st.sampled_from(("a word ", "<<<>>>", "\u200b", "\U000e0041", "软件", "x", "\n", "| ")).flatmap(
    lambda word: st.integers(0, 40_000).map(lambda n: word * n)
)


def page(text: str, claims: int, old: int) -> PageInput:
    made = (
        PageClaim(f"c{n}", "k3f9a1cq", text, f"q{text}", f"{n}{text}", "2026-01-01", "secondary", "quoted",
                  f"{n}{text}", "2026", text, (f"{n}{text}", text), True, True) for n in range(claims)
    )  # fmt: skip
    said = (OldStatement(n, text, text, ("c1",) * 30) for n in range(old))
    return PageInput(text, "concept", text, (text[:20_000],) * 3, "en", 900, tuple(made), tuple(said))


def overview(text: str) -> OverviewInput:
    pages = tuple(OverviewPage(n, text, "concept", 1, 1, text) for n in range(40))
    claims = tuple(OverviewClaim(f"c{n}", "k3f9a1cq", (1, 2), text) for n in range(480))
    return OverviewInput(text, "en", 1, 1, 1, "2020 – 2026", pages, claims, (text,) * 20)


@given(WORDS, st.integers(1, 12), st.integers(1, 400))
def test_no_prompt_is_longer_than_its_cap(text: str, limit: int, old: int) -> None:
    settings = Settings(page_limit=limit)
    given_: list[Inputs] = [DigestInput(text, text, 1, 2, settings.subject_kinds), page(text, limit, old)]
    judged = given_[1].claims if isinstance(given_[1], PageInput) else ()
    given_ += [SupportInput(text, (judged * 20)[:MAX_JUDGED]), ReviewInput(text, "concept", text, judged)]
    for inputs in (*given_, overview(text)):
        asked = request(ROOT, settings, inputs)
        assert len(again(asked, [text] * 50).user) <= cap(settings, asked.task)
    first = request(ROOT, settings, given_[0])
    assert len(again(mend(ROOT, settings, first, [text] * 50), [text]).user) <= cap(settings, "mend")


def test_what_is_of_ordinary_length_is_not_cut() -> None:
    words = "Ordinary words of a claim, as they stand in a source. " * 11
    for inputs in (DigestInput("a.md", words * 35, 1, 1, ("concept",)), page(words[:280], 40, 40)):
        assert "…" not in request(ROOT, Settings(), inputs).user
    assert "…" not in request(ROOT, Settings(), overview(words[:150])).user
    claims = page(words[:280], 40, 0).claims
    for judged in (SupportInput("A source", claims[:MAX_JUDGED]), ReviewInput("A page", "concept", "", claims)):
        assert "…" not in request(ROOT, Settings(), judged).user
    shown = request(ROOT, Settings(), page(words, 40, 0)).user
    assert shown.count(f"| {words} |") == shown.count(f"“q{words}”") == 40, "a claim and its quote; a name is cut"
