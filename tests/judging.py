"""A model with opinions on claims: told by their words what it is to say of them, it answers with labels.

    Judge(opinions("more: The memex was never built | never"))

One opinion a line: `more: CLAIM | REASON`, `other: CLAIM | REASON`, `tension: CLAIM | CLAIM | QUESTION`,
`question: WORDS | CLAIM`, `missing: NAME | CLAIM`. A claim is told by words that it holds. What is not shown in a
prompt is not spoken of there; of all other claims it says `carried`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from karpwiki.forms import ReviewInput, SupportInput
from karpwiki.llm import Reply, Request
from karpwiki.models.excerpt import Excerpt
from karpwiki.prices import Usage

Opinion = tuple[str, tuple[str, ...]]
_ROW = re.compile(r"^(c\d+) \| (.*)$", re.M)


def opinions(text: str) -> list[Opinion]:
    """Opinions from their lines."""
    lines = [line.partition(": ") for line in text.split("\n") if line.strip()]
    return [(word, tuple(part.strip() for part in rest.split(" | "))) for word, _, rest in lines]


def support(rows: Mapping[str, str], held: list[Opinion]) -> str:
    """The form about claims and their quotes. `rows`: label → what holds the words of the claim."""
    said = {}
    for label, text in rows.items():
        found = [(word, parts[1]) for word, parts in held if word in ("more", "other") and parts[0] in text]
        said[label] = found[0] if found else ("carried", "")
    return json.dumps({"verdicts": [{"claim": c, "reason": why, "answer": word} for c, (word, why) in said.items()]})


def review(rows: Mapping[str, str], held: list[Opinion]) -> str:
    """The form about the claims of one subject."""
    form: dict[str, list[dict[str, Any]]] = {"tensions": [], "questions": [], "missing": []}
    for word, parts in held:
        claims = parts[:2] if word == "tension" else parts[1:]
        labels = [label for words in claims for label, text in rows.items() if words in text]
        if word == "tension" and len(labels) == 2:
            form["tensions"].append({"topic": parts[2], "first": labels[0], "second": labels[1]})
        elif word in ("question", "missing") and labels:
            form["questions" if word == "question" else word].append({"words": parts[0], "claims": labels})
    return json.dumps(form)


def rows(prompt: str) -> dict[str, str]:
    """Label → row of a prompt's claims, for a server that sees nothing else."""
    return dict(_ROW.findall(prompt))


class Judge:
    """The model. It says what else is to be done as the embedded one does."""

    variant, free = "", False

    def __init__(self, held: list[Opinion], name: str = "judge") -> None:
        self.held, self.name = held, name
        self.asked: list[Request] = []

    def complete(self, request: Request, deadline: float, began: Any) -> Reply:
        self.asked.append(request)
        match request.inputs:
            case SupportInput(claims=claims):
                text = support({c.label: c.text for c in claims}, self.held)
            case ReviewInput(claims=claims):
                text = review({c.label: c.text for c in claims}, self.held)
            case _:
                text = Excerpt().complete(request, deadline, began).text
        return Reply(text, self.name, Usage(10, 10))
