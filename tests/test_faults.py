"""Whatever a model's server does, a whole ingest of six sources ends well: the table of faults, and what follows.

    python tests/test_faults.py        # prints the table: fault → exit code, calls, what is written

A fault is a row of FAULTS: for which requests the server misbehaves, how, and what the user gets. Each row runs in a
vault of its own; then an honest server takes over, and the wiki must be the one that never saw the fault.

Four marks are looked for: KEYMARK in the key, HOUSEMARK in the house style and so in each system prompt, SOURCEMARK
with a letter in a sentence of each source, BADMARK in each bad answer.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import string
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest

from karpwiki import ledger, opened
from karpwiki.settings import Settings, read_settings
from karpwiki.vault import read_wiki
from karpwiki.wiki import Wiki
from loopback import Call, Loopback, Script
from test_real_sdk import FENCE, HAN, prompt
from test_real_sdk import answer as plain_answer
from vaults import RAW, karpwiki, make, pages

KEY = "sk-ant-KEYMARK-0123456789"
LOWER = KEY.lower()
SETTINGS, AMPLE = 'language = "en"\n', "max_cost = 50\n"
SCANT = ("--max-cost", "0.3", "--yes", "--jobs", "1")
"""Less than the longest answer costs: one that is shorter is asked for."""
SHORT_CALLS, SHORT_RUN = f"{AMPLE}call_seconds = 1\nrun_seconds = 2\n", f"{AMPLE}run_seconds = 1\n"
LONGER_CALLS, SOON = f"{AMPLE}call_seconds = 2\n", 0.001
BACKOFF = 0.003
MARKED = {
    "notes/memex-and-trails.md": "The **slip box** keeps this source under the word SOURCEMARKA.",
    "posts/2026-03-02-llms-txt-by-the-numbers.md": "The **slip box** is what SOURCEMARKB stands for on its lid.",
    "posts/2026-03-09-a-long-prompt-costs-double.md": "Two **slip boxes** hold the card SOURCEMARKC.",
    "posts/2026-04-20-stars-after-two-weeks.md": "The **slip box** keeps another one under the word SOURCEMARKD.",
    "posts/2026-07-06-one-price-then-more-tokens.md": "The **slip boxes** are told apart by SOURCEMARKE.",
    "zh/wikipedia-verifiability.md": "档案馆把这份资料的编号记作 SOURCEMARKF，卡片放在木盒里。",
}
"""The sources, copies of this repository's, each with a sentence of its own at its end."""
ONE = "notes/memex-and-trails.md"
"""The source that a fault for one source hits."""
FOREIGN = ("档案馆", json.dumps("档案馆")[1:-1])
"""A word of the Chinese sentence, as it is and as JSON writes it."""
REMEMBERED = opened.recall
"""conftest.py takes it out of every test; the runs after a fault have their memory of the last one here."""


# The honest server


@dataclass(frozen=True)
class Asked:
    """One request to the server."""

    body: dict[str, Any]
    number: int
    """From 1, in order of arrival."""

    @cached_property
    def prompt(self) -> tuple[str, str]:
        return prompt(self.body)

    @property
    def task(self) -> str:
        starts = {"Source file: ": "digest", "<<<": "same", "Page: ": "page", "Wiki: ": "overview"}
        return next(task for start, task in starts.items() if self.prompt[1].startswith(start))

    @property
    def path(self) -> str:
        """Of a digest, the raw path."""
        return self.prompt[1].split("\n", 1)[0].removeprefix("Source file: ").split(" (part ")[0]


@cache
def honest(user: str) -> str:
    """An honest answer to a prompt. Of a source it makes a claim of the marked sentence, whatever else it finds."""
    fence, form = FENCE.search(user), json.loads(plain_answer({"system": [], "messages": [{"content": user}]}))
    if "scope" in form and fence and "Language: English." in user:
        rows = [line.split(" | ") for line in fence[2].split("\n") if re.match(r"c\d+ \| ", line)]
        label, _, words = next((row for row in rows if not HAN.search(row[2])), (rows[0][0], "", "It is told of."))
        form["scope"] = [{"keep": 0, "words": [words], "claims": [label]}]
    for sentence in MARKED.values():
        if "claims" in form and fence and sentence in fence[2]:
            words, named = sentence.replace("**", ""), re.search(r"\*\*(.+)\*\*", sentence)
            subject = named[1] if named else "木盒"
            form["claims"] = [c for c in form["claims"] if mark_of(sentence) not in c["quote"]]
            form["claims"].append(claim(words, words, subject))
            form["names"] = [n for n in form["names"] if n["name"] != subject]
            form["names"].append({"name": subject, "kind": "concept", "gloss": "", "latin": "", "also": []})
    return json.dumps(form, ensure_ascii=False)


def mark_of(sentence: str) -> str:
    return sentence[sentence.index("SOURCEMARK") :][:11]


def claim(quote: str, text: str, subject: str) -> dict[str, Any]:
    form = {"quote": quote, "text": text, "subjects": [subject], "key": False, "as_of": "", "voice": "asserted"}
    return form | {"said_by": "", "basis": "", "figures": []}


# When it misbehaves


When = Callable[[Asked], bool]


def never(asked: Asked) -> bool:
    return False


def always(asked: Asked) -> bool:
    return True


def first(asked: Asked) -> bool:
    return asked.number == 1


def digests(asked: Asked) -> bool:
    return asked.task == "digest"


def undivided(asked: Asked) -> bool:
    """A source as a whole, not a part of it."""
    return digests(asked) and " (part " not in asked.prompt[1].split("\n", 1)[0]


def english(asked: Asked) -> bool:
    return digests(asked) and not asked.path.startswith("zh/")


def one(asked: Asked) -> bool:
    return digests(asked) and asked.path == ONE


def names(asked: Asked) -> bool:
    return asked.task == "same"


def at_pages(asked: Asked) -> bool:
    return asked.task == "page"


def overview(asked: Asked) -> bool:
    return asked.task == "overview"


# How it misbehaves: transport and errors


Does = Callable[[Asked], Script | str]
BUSY, LIMIT, INVALID, LARGE = "overloaded_error", "rate_limit_error", "invalid_request_error", "request_too_large"
SPENT, MAX, WINDOW = "enforced_spend_limit_reached", "max_tokens", "model_context_window_exceeded"
WRONG = '{"BADMARK": []}'


def echo(asked: Asked) -> str:
    """What a server may say that repeats what it was sent: the key, a sentence of the source, the house style."""
    system, user = asked.prompt
    at, house = max(0, user.find("SOURCEMARK") - 40), max(0, system.find("HOUSEMARK") - 10)
    return f"BADMARK {KEY} in {user[at : at + 90]} of {system[house : house + 60]}"


def error(status: int, kind: str = "api_error", words: str = "", code: str = "", **headers: str) -> Does:
    """An error that also repeats what it was sent."""
    return lambda asked: Script.error(status, kind, f"{words} {echo(asked)}".strip(), code, **headers)


def quoting(asked: Asked) -> Script:
    """An error with the request as it came: in JSON, whose escapes hide Chinese words from a plain search."""
    return Script.error(400, INVALID, f"cannot read {json.dumps(asked.prompt[1][-200:])}")


def html(status: int = 200) -> Does:
    def does(asked: Asked) -> Script:
        body = f"<html><p>Log in to the hotel. {echo(asked)}</p></html>"
        return Script(status=status, body=body.encode(), headers={"content-type": "text/html"})

    return does


def whole(value: object) -> Does:
    """One JSON body where a stream is due."""
    return lambda asked: Script.json(value)


def broken(asked: Asked) -> Script:
    """A stream that ends within an event."""
    return Script(body=b'event: message_start\ndata: {"type": "message_start", "message": {"BADMARK\n\n')


def midstream(kind: str) -> Does:
    """An error event in a stream that began well."""

    def does(asked: Asked) -> Script:
        usage = {"input_tokens": 11, "output_tokens": 1}
        start = {"type": "message_start", "message": {"model": asked.body["model"], "usage": usage}}
        text = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": WRONG[:-3]}}
        return Script(events=(start, text, {"type": "error", "error": {"type": kind, "message": echo(asked)}}))

    return does


def said(**changes: Any) -> Does:
    """An honest answer whose transport goes wrong."""
    return lambda asked: Script(text=honest(asked.prompt[1]), **changes)


def bad(**changes: Any) -> Does:
    """A bad answer."""
    return lambda asked: Script(**({"text": WRONG[:-3]} | changes))


def echoing(**changes: str) -> Does:
    """A bad answer where the key or the prompt stands in the place of a word of the server's."""

    def does(asked: Asked) -> Script:
        words = {"KEY": KEY, "PROMPT": echo(asked)}
        return Script(**({"text": WRONG[:-3]} | {name: words.get(word, word) for name, word in changes.items()}))

    return does


def refusal(category: str) -> Does:
    return echoing(stop_reason="refusal", category=category)


# How it misbehaves: what it says


def text(change: Callable[[str], str]) -> Does:
    """The text of an honest form, changed."""
    return lambda asked: change(honest(asked.prompt[1]))


def form(change: Callable[[dict[str, Any]], object]) -> Does:
    """An honest form, changed."""

    def does(asked: Asked) -> str:
        made = json.loads(honest(asked.prompt[1]))
        change(made)
        return json.dumps(made, ensure_ascii=False)

    return does


def surrogate(written: str) -> Does:
    """Half of a character that takes two in UTF-16, as a server sends it that cuts its tokens there."""
    return text(lambda form: form.replace("SOURCE", f"{written}BADMARK", 1))


def extra(made: dict[str, Any]) -> None:
    made["BADMARK"] = "BADMARK"


def longer(made: dict[str, Any]) -> None:
    """Claims of hundreds of letters, no two alike: far more than a source can hold."""
    made["claims"] += [made["claims"][0] | {"text": f"BADMARK {words}"} for words in babble(400)]


def longer_page(made: dict[str, Any]) -> None:
    """Ten more statements of each one, no two alike."""
    many = [each | {"words": [f"{each['words'][0]} badmark {words}"]} for each in stated(made) for words in babble(10)]
    made["sections"].append({"heading": "Further", "blocks": [{"shape": "list", "columns": [], "statements": many}]})


def longer_overview(made: dict[str, Any]) -> None:
    first = made["scope"][0]
    made["scope"] += [first | {"words": [f"{first['words'][0]} badmark {words}"]} for words in babble(40)]


def babble(lines: int) -> list[str]:
    some = random.Random(7)
    return [" ".join("".join(some.choices(string.ascii_lowercase, k=9)) for _ in range(12)) for _ in range(lines)]


def repeated(made: dict[str, Any]) -> None:
    """One claim over and over."""
    made["claims"] = [made["claims"][0] | {"text": f"BADMARK {made['claims'][0]['text']}"}] * 200


def repeated_page(made: dict[str, Any]) -> None:
    made["lead"] *= 200


CHINESE = "这句话是坏答案 BADMARK，用错了语言，读者看不懂它。"


def in_chinese(made: dict[str, Any]) -> None:
    for each in made.get("claims", ()):
        each["text"] = CHINESE
    for each in stated(made):
        each["words"] = [CHINESE]


def stated(made: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements of a page or of the overview."""
    in_blocks = [each for x in made.get("sections", ()) for block in x["blocks"] for each in block["statements"]]
    return [*made.get("lead", ()), *in_blocks, *made.get("scope", ())]


def invented(made: dict[str, Any]) -> None:
    """One more statement, with a name and a number that its claims do not hold."""
    where = made["lead"] if "lead" in made else made["scope"]
    where.append(where[0] | {"words": ["It was founded by Napoleon BADMARK in 1804."]})


def false_quote(made: dict[str, Any]) -> None:
    made["claims"].append(claim("BADMARK words that no source ever said.", "BADMARK is said.", "slip box"))


def false_number(made: dict[str, Any]) -> None:
    made["claims"].append(made["claims"][-1] | {"text": "BADMARK has 4711 of them."})


HOSTILE = (
    "BADMARK [[evil]] ![[evil]] [x](https://evil.example/a) ../../evil.md <script>evil()</script> <% tp.evil %> "
    "`= this.evil` {{evil}} #evil evil:: evil ^evil"
)
WORDS = "they are words like others"


def hostile(made: dict[str, Any]) -> None:
    """Paths, links, HTML, YAML and frontmatter in every field that takes a text."""
    made |= {"title": f"---\ntitle: evil\n---\n{HOSTILE}", "title_latin": "../../evil", "author": f"{HOSTILE}\n---"}
    made["tags"] = ["../evil", "[[evil]]", "evil: true"]
    for each in made["claims"]:
        each["text"] = f"{each['text']} {HOSTILE}"
    for each in made["names"]:
        each["gloss"] = f"---\nsources: [../../evil]\n---\n{HOSTILE}"


def hostile_reason(made: dict[str, Any]) -> None:
    for each in made["verdicts"]:
        each["reason"] = HOSTILE


# The table


def asked(digest: int = 6, same: int = 1, page: int = 5, overview: int = 1) -> tuple[int, int, int, int]:
    """Calls by what is asked: as many as without a fault where nothing is said."""
    return digest, same, page, overview


def only(digest: int) -> tuple[int, int, int, int]:
    return asked(digest, 0, 0, 0)


@dataclass(frozen=True)
class Fault:
    """What the server does, and what the user gets."""

    name: str
    when: When
    does: Does
    code: int
    calls: tuple[int, int, int, int]
    """Digests, questions about names, pages, the overview."""
    read: int = 6
    refused: int = 0
    too_long: int = 0
    """Of the six sources; those that are left are pending."""
    unpolished: int = 0
    """Files that are said not to be as they should: pages, the overview, names.txt."""
    rejected: int = 0
    """Answers put aside below .karpwiki/rejected/."""
    settings: str = AMPLE
    options: tuple[str, ...] = ()
    key: str = KEY
    differs: str = ""
    """Why the wiki is not the one without the fault."""

    @property
    def pending(self) -> int:
        return 6 - self.read - self.refused - self.too_long


FAULTS = [
    Fault("none", never, html(), 0, asked()),
    # No message, or not to its end: asked once more, then the source stays pending.
    Fault("200 with HTML", always, html(), 3, only(12), read=0),
    Fault("truncated JSON in the stream", always, broken, 3, only(12), read=0),
    Fault("a list", always, whole(["BADMARK"]), 3, only(12), read=0),
    Fault("no message", always, whole({"id": "BADMARK"}), 3, only(12), read=0),
    Fault("content null", always, whole({"id": "x", "type": "message", "content": None}), 3, only(12), read=0),
    Fault("stream cut", always, said(flaw="cut"), 3, only(12), read=0),
    Fault("empty answer", always, bad(text=""), 3, only(12), read=0),
    Fault("no stop reason", always, bad(stop_reason=None), 3, only(12), read=0),
    Fault("unknown stop reason", always, bad(stop_reason="badmark_new"), 3, only(12), read=0),
    Fault("stop reason repeats the key", always, echoing(stop_reason="KEY"), 3, only(12), read=0),
    Fault("stop reason repeats the prompt", always, echoing(stop_reason="PROMPT"), 3, only(12), read=0),
    Fault("model name repeats the key", always, echoing(stop_reason="x", model="KEY"), 3, only(12), read=0),
    Fault("model name repeats the prompt", always, echoing(stop_reason="x", model="PROMPT"), 3, only(12), read=0),
    # Busy, out of order, out of reach: four tries.
    Fault("529", always, error(529, BUSY), 3, only(24), read=0),
    Fault("529 in mid-stream", always, midstream(BUSY), 3, only(24), read=0),
    Fault("500", always, error(500), 3, only(24), read=0),
    Fault("502 with HTML", always, html(502), 3, only(24), read=0),
    Fault("reset at once", always, said(flaw="reset"), 3, only(24), read=0),
    Fault("reset in mid-stream", always, said(flaw="reset midway"), 3, only(24), read=0),
    Fault("body shorter than its length", always, said(flaw="truncated"), 3, only(24), read=0),
    # Too many calls: eight refusals in a row, if the server does not say how long to wait.
    Fault("429, on and on", always, error(429, LIMIT), 3, only(48), read=0),
    Fault("429, short retry-after, once", first, error(429, LIMIT, retry_after="0.2"), 0, asked(7)),
    Fault("429, long retry-after", always, error(429, LIMIT, retry_after="3600"), 3, only(1), read=0),
    # Nothing that asking again would mend.
    Fault("429, spend limit", always, error(429, LIMIT, code=SPENT), 5, only(1), read=0),
    Fault("400, credit balance", always, error(400, INVALID, "Your credit balance is too low."), 5, only(1), read=0),
    Fault("400", always, error(400, INVALID), 3, only(6), read=0),
    Fault("400 that quotes the request", always, quoting, 3, only(6), read=0),
    Fault("401", always, error(401, "authentication_error"), 5, only(1), read=0),
    Fault("403", always, error(403, "permission_error"), 5, only(1), read=0),
    Fault("404, unknown model", always, error(404, "not_found_error"), 5, only(1), read=0),
    Fault("413", always, error(413, LARGE), 3, only(18), read=0, too_long=6),
    Fault("413, but not for halves", undivided, error(413, LARGE), 0, asked(18), differs="read in halves"),
    # Slow: a call has its second, or the run has.
    Fault("drip", always, said(flaw="drip", pause=0.5), 3, only(2), read=0, settings=SHORT_CALLS),
    Fault("slow headers", always, said(flaw="slow headers", pause=0.5), 3, only(1), read=0, settings=SHORT_RUN),
    Fault("silence", always, said(flaw="silent"), 3, only(1), read=0, settings=SHORT_RUN),
    # It does not want to, or it does not fit.
    Fault("refusal", always, refusal("bio"), 3, only(6), read=0, refused=6),
    Fault("refusal repeats the key", always, refusal("KEY"), 3, only(6), read=0, refused=6),
    Fault("refusal repeats a key in small letters", always, refusal(LOWER), 3, only(6), read=0, refused=6, key=LOWER),
    Fault("refusal repeats the prompt", always, refusal("PROMPT"), 3, only(6), read=0, refused=6),
    Fault("max_tokens", always, bad(stop_reason=MAX), 3, only(18), read=0, too_long=6),
    Fault("max_tokens, endless", always, bad(text="BADMARK " * 20_000, stop_reason=MAX), 3, only(18), 0, 0, 6),
    Fault("context window exceeded", always, bad(stop_reason=WINDOW), 3, only(18), read=0, too_long=6),
    Fault("context window, money scant", always, bad(stop_reason=WINDOW), 3, only(18), 0, 0, 6, options=SCANT),
    # What scant money cut short is not too long: another run may have more.
    Fault("max_tokens, money scant", always, bad(stop_reason=MAX), 5, only(6), read=0, options=SCANT),
    # Answers that end well and are no good: one repair, then put aside.
    Fault("wrong schema", always, bad(text=WRONG), 3, only(12), read=0, rejected=6),
    Fault("extra keys", always, form(extra), 3, only(12), read=0, rejected=6),
    Fault("JSON in prose", always, text("Here is your BADMARK:\n{}".format), 3, only(12), read=0, rejected=6),
    Fault("ten times as long", always, form(longer), 3, only(12), read=0, rejected=6),
    Fault("repetition loop", always, form(repeated), 3, only(12), read=0, rejected=6),
    Fault("lone surrogate", always, surrogate("\\ud800"), 3, only(12), read=0, rejected=6),
    Fault("lone surrogate in the stream", always, surrogate("\ud800"), 3, only(12), read=0, rejected=6),
    Fault("Chinese of English sources", english, form(in_chinese), 3, asked(11, 0, 2), read=1, rejected=5),
    # Forms that fit and say what is not so, or more than words: not published, or published as words.
    Fault("quotes that no source has", digests, form(false_quote), 0, asked(12)),
    Fault("numbers that no quote has", digests, form(false_number), 0, asked(12)),
    Fault("paths, links, HTML, YAML", english, form(hostile), 0, asked(), differs=WORDS),
    # Only at one source.
    Fault("500, one source", one, error(500), 3, asked(9, 1, 3), read=5),
    Fault("400, one source", one, error(400, INVALID), 3, asked(6, 1, 3), read=5),
    # It begins in time and does not end: what was heard of it is paid for.
    Fault("slow, one source", one, said(flaw="drip", pause=SOON), 3, asked(6, 1, 3), 5, settings=LONGER_CALLS),
    Fault("refusal, one source", one, refusal("cyber"), 3, asked(6, 1, 3), read=5, refused=1),
    Fault("max_tokens, one source", one, bad(stop_reason=MAX), 3, asked(8, 1, 3), read=5, too_long=1),
    Fault("wrong schema, one source", one, bad(text=WRONG), 3, asked(7, 1, 3), read=5, rejected=1),
    # Only at the question about names.
    Fault("500, names", names, error(500), 3, asked(6, 4), unpolished=1),
    Fault("wrong schema, names", names, bad(text=WRONG), 3, asked(6, 2), unpolished=1, rejected=1),
    Fault("paths, links, HTML, names", names, form(hostile_reason), 0, asked(), differs=WORDS),
    # Only at pages, whose claims are put down as they stand.
    Fault("500, pages", at_pages, error(500), 3, asked(page=20), unpolished=5),
    Fault("400, pages", at_pages, error(400, INVALID), 3, asked(), unpolished=5),
    Fault("429, spend limit, pages", at_pages, error(429, code=SPENT), 5, asked(page=2, overview=0), unpolished=6),
    Fault("refusal, pages", at_pages, refusal("cyber"), 3, asked(), unpolished=5),
    Fault("max_tokens, pages", at_pages, bad(stop_reason=MAX), 3, asked(), unpolished=5),
    Fault("wrong schema, pages", at_pages, bad(text=WRONG), 3, asked(page=10), unpolished=5, rejected=5),
    Fault("Chinese pages", at_pages, form(in_chinese), 3, asked(page=10), unpolished=5, rejected=5),
    Fault("ten times as long, pages", at_pages, form(longer_page), 3, asked(page=10), unpolished=5, rejected=5),
    Fault("repetition loop, pages", at_pages, form(repeated_page), 3, asked(page=10), unpolished=5, rejected=5),
    Fault("invented names and numbers, pages", at_pages, form(invented), 0, asked(page=10)),
    # Only at the overview.
    Fault("500, overview", overview, error(500), 3, asked(overview=4), unpolished=1),
    Fault("refusal, overview", overview, refusal("cyber"), 3, asked(), unpolished=1),
    Fault("wrong schema, overview", overview, bad(text=WRONG), 3, asked(overview=2), unpolished=1, rejected=1),
    Fault("Chinese overview", overview, form(in_chinese), 3, asked(overview=2), unpolished=1, rejected=1),
    Fault("ten times as long, overview", overview, form(longer_overview), 3, asked(overview=2), 6, 0, 0, 1, 1),
    Fault("invented names and numbers, overview", overview, form(invented), 0, asked()),
    # Only at the first call.
    Fault("200 with HTML, once", first, html(), 0, asked(7)),
    Fault("stream cut, once", first, said(flaw="cut"), 0, asked(7)),
    Fault("empty answer, once", first, bad(text=""), 0, asked(7)),
    Fault("529, once", first, error(529, BUSY), 0, asked(7)),
    Fault("reset, once", first, said(flaw="reset"), 0, asked(7)),
    Fault("wrong schema, once", first, bad(text=WRONG), 0, asked(7)),
    Fault("max_tokens, once", first, bad(stop_reason=MAX), 0, asked(8), differs="read in halves"),
]


# One run


@dataclass(frozen=True)
class Run:
    """What one command did."""

    root: Path
    code: int
    said: str
    calls: list[Call]
    took: float
    limits: Settings

    @cached_property
    def wiki(self) -> Wiki:
        return read_wiki(self.root)

    @property
    def by_task(self) -> tuple[int, ...]:
        tasks = [Asked(call.body, 0).task for call in self.calls]
        return tuple(tasks.count(task) for task in ("digest", "same", "page", "overview"))

    @cached_property
    def statuses(self) -> dict[str, str]:
        """Raw path → '' when it was read, else refused or too-long; pending ones are not there."""
        return {s.key: s.status for s in self.wiki.sources.values()}

    @property
    def read(self) -> set[str]:
        return {path for path, status in self.statuses.items() if not status}

    def lines(self, word: str) -> list[str]:
        return [line for line in self.said.split("\n") if line.startswith(f"{word}: ")]

    @cached_property
    def rejected(self) -> int:
        return sum(1 for _ in (self.root / ".karpwiki").glob("rejected/*"))

    def row(self, name: str) -> str:
        """The run as a row of the table."""
        states = list(self.statuses.values())
        counts = {
            "read": states.count(""),
            "refused": sum(s.startswith("refused") for s in states),
            "too long": states.count("too-long"),
            "pending": len(self.lines("pending")),
            "pages": sum(p.kind in ("concept", "entity", "method") for p in self.wiki.pages.values()),
            "unpolished": len(self.lines("unpolished")),
            "rejected": self.rejected,
        }
        told = ", ".join(f"{n} {word}" for word, n in counts.items() if n)
        calls = " + ".join(map(str, self.by_task))
        return f"{name:40} {self.code}  {sum(self.by_task):>2} = {calls:15} {told}"


@contextmanager
def served(fault: Fault | None) -> Iterator[Loopback]:
    """A server that misbehaves as a row says (None: never), and the environment to find it."""

    def handler(body: dict[str, Any]) -> Script | str:
        request = Asked(body, server.count)
        return fault.does(request) if fault and fault.when(request) else honest(request.prompt[1])

    with Loopback(handler) as server, pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("ANTHROPIC_", "KARPWIKI_")) or name.lower().endswith("_proxy"):
                patch.delenv(name)
        patch.setenv("ANTHROPIC_API_KEY", fault.key if fault else KEY)
        patch.setenv("ANTHROPIC_BASE_URL", server.url)
        patch.setenv("SOURCE_DATE_EPOCH", "1795219200")
        patch.setattr("karpwiki.calls.BACKOFF", BACKOFF)
        patch.setattr("karpwiki.opened.recall", REMEMBERED)
        yield server


def run(root: Path, fault: Fault | None, *command: str) -> Run:
    with served(fault) as server:
        out, began = io.StringIO(), time.monotonic()
        with redirect_stdout(out), redirect_stderr(out):
            code = karpwiki(root, *command)
        took, patience = time.monotonic() - began, time.monotonic() + 1.2
        while any(call.ended == float("inf") for call in server.calls) and time.monotonic() < patience:
            time.sleep(0.01)  # a server learns a little later that nobody listens any more
        return Run(root, code, out.getvalue(), [replace(call) for call in server.calls], took, read_settings(root))


def new(folder: Path, settings: str = AMPLE) -> Path:
    """A vault with the six sources."""
    raw = {path: (RAW / path).read_text("utf-8") + f"\n## Kept\n\n{marked}\n" for path, marked in MARKED.items()}
    root = make(folder, raw, SETTINGS + settings)
    (root / "CLAUDE.md").write_text("# Schema\n\n## House style\n\nHOUSEMARK: plain words, short sentences.\n", "utf-8")
    return root


# What holds of every run


@dataclass(frozen=True)
class Healthy:
    """The vault that never saw a fault."""

    took: float
    files: Mapping[str, str]


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Healthy:
    root = new(tmp_path_factory.mktemp("healthy") / "vault")
    done = run(root, None, "ingest")
    assert done.code == 0, done.said
    return Healthy(done.took, files(root))


def files(root: Path) -> dict[str, str]:
    """Path → text of all that a run may write for people to read, but the log."""
    paths = [*(root / "wiki").rglob("*"), root / "names.txt", root / "karpwiki.toml"]
    found = {p.relative_to(root).as_posix(): p.read_text("utf-8") for p in paths if p.is_file()}
    return {path: text for path, text in found.items() if path != "wiki/log.md"}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_ends_as_told_and_leaves_no_trace(fault: Fault, tmp_path: Path, healthy: Healthy) -> None:
    root = new(tmp_path / "vault", fault.settings)
    hit = run(root, fault, "ingest", *fault.options)
    ended_as_told(fault, hit)
    wiki_is_sound(fault, hit, healthy)

    (root / "karpwiki.toml").write_text(SETTINGS + AMPLE, "utf-8")
    final = fault.too_long or any(call.script and call.script.stop_reason == "refusal" for call in hit.calls)
    if final and not fault.pending:
        assert run(root, None, "ingest").calls == [], "nobody asks again by themselves"
    after = run(root, None, "ingest", *(["--retry"] if final else []))
    assert after.code == 0, after.said
    paid_once(hit, after)
    now = files(root)
    assert fault.differs or now == healthy.files
    idle = run(root, None, "ingest")
    assert (idle.code, idle.calls, files(root)) == (0, [], now)
    tells_no_secret(hit)
    in_time(hit, healthy)


@pytest.mark.parametrize("does", [refusal("bio"), bad(stop_reason=MAX)], ids=["refusal", "max_tokens"])
def test_a_source_that_was_not_read_does_not_choose_the_language(does: Does, tmp_path: Path) -> None:
    path = "zh/wikipedia-verifiability.md"
    first, second = (make(tmp_path / name, {path: (RAW / path).read_bytes()}, AMPLE) for name in ("hit", "healthy"))
    assert run(first, Fault("all", always, does, 3, only(1)), "ingest").code == 3
    assert (run(first, None, "ingest", "--retry").code, run(second, None, "ingest").code) == (0, 0)
    assert files(first) == files(second)


def ended_as_told(fault: Fault, hit: Run) -> None:
    """Exit code, calls, and what became of which source."""
    assert (hit.code, hit.by_task) == (fault.code, fault.calls), hit.said
    struck = {one: {ONE}, english: {p for p in MARKED if not p.startswith("zh/")}}.get(fault.when, set(MARKED))
    for status, some in (("refused (", fault.refused), ("too-long", fault.too_long)):
        assert {p for p, s in hit.statuses.items() if s.startswith(status)} == (struck if some else set())
    assert {line.split(": ")[1] for line in hit.lines("pending")} == {f"raw/{p}" for p in struck if fault.pending}
    assert hit.read == MARKED.keys() - (struck if fault.read < 6 else set())
    assert (len(hit.lines("unpolished")), hit.rejected) == (fault.unpolished, fault.rejected), hit.said


def wiki_is_sound(fault: Fault, hit: Run, healthy: Healthy) -> None:
    """It holds what was read and nothing else, proved by quotes, and nothing of a bad answer."""
    lint = run(hit.root, None, "lint")
    assert lint.code == 0, lint.said
    told = pages(hit.root)
    for line in "\n".join(told.values()).split("\n"):
        if found := re.match(r"\[\^.*?“(.*)”", line):
            assert letters(found[1]) in raw_letters(next(path for path in MARKED if path in line)), line
    for path, sentence in MARKED.items():
        marked = {at for at, text in told.items() if mark_of(sentence) in text}
        own = {at for at, source in hit.wiki.sources.items() if source.key == path and path in hit.read}
        assert bool(marked) == (path in hit.read) and {f"wiki/{at}" for at in marked} >= own
    every = "".join([*told.values(), *files(hit.root).values()]).lower()
    assert ("badmark" in every) == (fault.differs == WORDS)
    if fault.differs == WORDS:
        assert files(hit.root).keys() == healthy.files.keys()
        assert not re.search(r"(?<!\\)<(script|%)", every)
        assert not [link for page in hit.wiki.pages.values() for link in page.links if "evil" in link.target]
        assert all("evil" not in page.title for page in hit.wiki.pages.values())


@cache
def raw_letters(path: str) -> str:
    raw = (RAW / path).read_text("utf-8") + MARKED[path]
    return letters(re.sub(r"\]\([^)]*\)", "", raw))


def letters(text: str) -> str:
    """Its letters and digits: what stands of a quote whatever marks are around it."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())


def paid_once(hit: Run, after: Run) -> None:
    """Every answer that the server counts is booked, and none that came whole is asked for again."""
    calls, whole = [*hit.calls, *after.calls], set()
    assert sum(entry.paid for entry in ledger.read(hit.root)) == sum(map(is_paid, calls))
    for call in calls:
        question, script = prompt(call.body), call.script
        repair = "Your last answer was not usable" in question[1]
        assert question not in whole or repair, question[1][:60]
        if is_paid(call) and script and script.text and (script.flaw, script.stop_reason) == ("", "end_turn"):
            whole.add(question)


def is_paid(call: Call) -> bool:
    """Whether the server said what it takes for a call."""
    script = call.script
    if script is None or script.events is not None:
        return script is not None
    begun = script.flaw in ("", "cut", "truncated", "reset midway") or (script.flaw == "drip" and script.pause == SOON)
    return script.status == 200 and script.body is None and begun


def tells_no_secret(hit: Run) -> None:
    """Neither the key nor words of a prompt are said or booked, and nowhere in the vault is the key."""
    booked = hit.root / ".karpwiki/costs.jsonl"
    told = hit.said + (booked.read_text("utf-8") if booked.is_file() else "")
    for mark in ("keymark", "housemark", "sourcemark", *FOREIGN):
        assert mark not in told.lower()
    for file in hit.root.rglob("*"):
        assert not file.is_file() or b"keymark" not in file.read_bytes().lower(), file
    assert "HOUSEMARK" not in "".join(files(hit.root).values())


def in_time(hit: Run, healthy: Healthy) -> None:
    """All tries of one request end within call_seconds, the run within run_seconds; one second is granted."""
    most = min(hit.limits.call_seconds, hit.limits.run_seconds) + 1
    for question in {prompt(call.body) for call in hit.calls}:
        tries = [call for call in hit.calls if prompt(call.body) == question]
        assert max(call.ended for call in tries) - min(call.began for call in tries) < most
    assert hit.took < hit.limits.run_seconds + 1 + healthy.took


def main() -> None:
    """Print the table as it is now."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for n, fault in enumerate(FAULTS):
            hit = run(new(Path(folder) / str(n), fault.settings), fault, "ingest", *fault.options)
            print(hit.row(fault.name), flush=True)
    print(f"{len(FAULTS)} rows in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
