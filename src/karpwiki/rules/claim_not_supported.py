"""A claim that its quote does not carry, as a model judges.

## What it finds

Only with `--deep`. A model reads each claim beside its quote and says whether who believes the quote must believe the
claim. It is reported when the claim says more than its quote, or something else. The reason is in the model's words,
and may be wrong. A claim in the very words of its quote is not asked about, nor one that was judged before.

## Why it hurts

A quote that stands in the source proves nothing when it does not say what the claim says; and every page that cites
the claim repeats it.

## Example

    - About 105 sites had llms.txt, more than any other such file.[^4o7otu8j]

    [^4o7otu8j]: `a.md:3` “About 105 sites had it in May 2025.”

## Fix

None: read the quote in its place. On the source page, change the words of the claim so that they say no more, and
`karpwiki compile` phrases the pages again that cite it; or delete its line. Where the model is wrong, allow it on a
line of its own before the claim.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..sourcepage import shorten
from . import Context
from ._judged import place, shown

ID, NAME, SEVERITY, FIX = "G010", "claim-not-supported", "warning", "none"
NEEDS, ASKS = "model", "support"
MAX_QUOTE = 160
"""Characters of a quote that a finding shows."""
_SAYS = {"more": "says more", "other": "says something else"}


def check(ctx: Context) -> Iterator[Finding]:
    for claim_id, (answer, reason) in ctx.judged.verdicts.items() if ctx.judged else ():
        if answer in _SAYS and claim_id in ctx.claims:
            quote = shorten(ctx.claims[claim_id][1].quote.text, MAX_QUOTE)
            what = f"{_SAYS[answer]} than its quote{reason and f' ({reason})'}: {shown(ctx, claim_id)} / “{quote}”"
            yield Finding(ID, NAME, "warning", *place(ctx, claim_id), what)
