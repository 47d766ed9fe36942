"""The forms in which a model judges claims: of one source by their quotes, of one page by each other."""

from __future__ import annotations

from typing import Literal

from .forms import Form, FormTension

Said = Literal["carried", "more", "other"]
CARRIED: Said = "carried"


# support: does its quote carry a claim?


class FormSupport(Form):
    claim: str
    reason: str
    answer: Said


class SupportForm(Form):
    verdicts: list[FormSupport]


# review: what does not agree among the claims of a page, what is open, what has no page?


class FormHint(Form):
    words: str
    claims: list[str]


class ReviewForm(Form):
    tensions: list[FormTension]
    questions: list[FormHint]
    missing: list[FormHint]
