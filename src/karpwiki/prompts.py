"""Prompts: plain files that become messages. A vault's own copy in prompts/ wins over the packaged one.

A prompt has `## system` and `## user`, and names in double braces; a name that is not given, or not asked for, is an
error. Text of a source stands in a fence whose nonce is a hash of that text: a text cannot hold its own hash, and the
same source gives the same request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from .errors import UsageError
from .forms import (
    DigestForm,
    DigestInput,
    Form,
    Inputs,
    OverviewForm,
    OverviewInput,
    PageClaim,
    PageForm,
    PageInput,
    ReviewInput,
    SameForm,
    SameInput,
    SameSide,
    SupportInput,
)
from .forms_judge import ReviewForm, SupportForm
from .llm import Request
from .names import digest
from .pattern import pattern
from .plain import fold
from .settings import Settings

_HOLE = pattern(r"\{\{([a-z_]+)\}\}")
_HIDDEN = pattern(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_FENCE = pattern(r"<<<|>>>")
DENSITY = {
    "full": "A source of 1,000 words usually holds 25 to 50 claims.",
    "brief": "Keep to what matters most: a source of 1,000 words should give about 15 claims.",
}
HOUSE_STYLE = (
    "Plain words, short sentences, active voice. The present tense for what holds, the past for what happened. No "
    'praise, no filler ("notably", "it is worth noting"), no rhetorical questions. Names in full at first mention. '
    "Foreign coinages keep their original form in brackets once."
)
LINE, QUOTE, NAME, NAMES = 700, 600, 300, 1_000
"""Characters of a claim, a quote, a name and a list of names that a prompt shows at most; hardly one is longer."""
MAX_PAGES, MAX_TENSIONS, LEADS = 40, 20, 100_000
"""Of the overview: its pages, the open tensions, and the characters of all lead claims."""
MAX_PAIRS, MAX_JUDGED = 12, 20
"""Of a question about near names, and of one about claims and their quotes."""
LANGUAGES = {
    "en": "English", "zh": "Chinese", "ja": "Japanese", "ko": "Korean", "de": "German", "fr": "French", "es": "Spanish",
}  # fmt: skip


def room(settings: Settings) -> dict[str, dict[str, int]]:
    """Task → characters that each untrusted text of its prompt has at most, whatever the wiki and its sources."""
    claim = LINE + QUOTE + 4 * NAME
    return {
        "digest": {"text": 2 * settings.part_chars},
        "page": {"old": settings.page_limit * (LINE + NAME), "claims": settings.page_limit * claim},
        "overview": {
            "pages": MAX_PAGES * 3 * NAME,
            "claims": LEADS,
            "tensions": MAX_TENSIONS * 3 * LINE,
        },
        "same": {"pairs": MAX_PAIRS * 2 * (2 * LINE + NAMES)},
        "mend": {"problems": 2 * settings.part_chars},
        "support": {"claims": MAX_JUDGED * (LINE + QUOTE + 3 * NAME)},
        "review": {"claims": settings.page_limit * (LINE + 3 * NAME)},
    }


def cap(settings: Settings, task: str) -> int:
    """How long the user's part of a prompt may be at most, with the 4,000 characters of a repair.

    The rest of a prompt is the same for all of a task: its file, the house style, the kinds.
    """
    rooms = room(settings)
    first = cap(settings, "digest") if task == "mend" else 7_000 + 3 * NAME + 2 * NAMES
    return first + sum(rooms[task].values()) + (1_000 if task == "mend" else 0)


def cut(text: str, most: int) -> str:
    """Text of at most so many characters: what is longer ends with an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def read_prompt(root: Path, name: str) -> tuple[str, str]:
    """(system, user) of a prompt. Raises UsageError when a vault's copy has not both parts."""
    own = root / "prompts" / f"{name}.md"
    packaged = files("karpwiki").joinpath(f"prompts/{name}.md")
    try:
        text = own.read_text("utf-8-sig") if own.is_file() else packaged.read_text("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"prompts/{name}.md is not UTF-8; save it so, or delete it.") from None
    head, found, user = text.partition("## user\n")
    system = head.partition("## system\n")[2]
    if not found or ("{{" in head and not system):
        raise UsageError(f"prompts/{name}.md needs the lines '## system' and '## user'; mend it or delete it.")
    return system.strip(), user.strip()


def fill(name: str, text: str, values: Mapping[str, str]) -> str:
    """A prompt's text with its names filled in, once. Raises UsageError for a name that is not given."""
    for hole in _HOLE.findall(text):
        if hole not in values:
            known = ", ".join(sorted(values))
            raise UsageError(f"prompts/{name}.md asks for {{{{{hole}}}}}, which is not known; known are {known}.")
    return _HOLE.sub(lambda m: values[m[1]], text)


def fenced(text: str) -> tuple[str, str]:
    """(nonce, the prompt's copy of an untrusted text): fences in it broken, invisible characters shown as escapes."""
    copy = _HIDDEN.sub(lambda m: f"\\u{{{ord(m[0]):x}}}", text)
    copy = _FENCE.sub(lambda m: m[0][0] + "\\" + m[0][1:], copy)
    return digest(copy, 16), copy


def house_style(root: Path) -> str:
    """The section "House style" of the vault's CLAUDE.md, or the packaged one."""
    schema = root / "CLAUDE.md"
    text = schema.read_text("utf-8-sig", "replace") if schema.is_file() else ""
    found = re.search(r"^#{1,6} House style[ \t]*\n(.*?)(?=^#{1,6} |\Z)", text, re.S | re.M)
    own = re.sub(r"(?<!\n)\n(?![\n#*-])", " ", found[1].strip()) if found else ""
    return own or HOUSE_STYLE


def request(root: Path, settings: Settings, inputs: Inputs) -> Request:
    """The request that these inputs are for; the same inputs and prompts give the same bytes."""
    task, form, subject, values, material = _parts(settings, inputs)
    system, user = read_prompt(root, task)
    values["house_style"] = house_style(root)
    values["language"] = LANGUAGES.get(settings.language, settings.language) or "the language of the claims"
    most = room(settings)[task]
    copies = {name: cut(fenced(text)[1], most[name]) for name, text in material.items()}
    values |= copies
    values["fence"] = digest("".join(digest(copy, 16) for copy in copies.values()), 16)
    rules = fill(task, system, values)
    return Request(task, rules, fill(task, user, values), form, inputs, digest(rules + user, 4), subject)


def mend(root: Path, settings: Settings, first: Request, problems: Sequence[str]) -> Request:
    """A digest's request once more, for the claims that did not stand: `problems` has a line for each."""
    _, user = read_prompt(root, "mend")
    most = room(settings)["mend"]["problems"]
    told = fill("mend", user, {"problems": cut(fenced("\n".join(problems))[1], most)})
    return replace(first, task="mend", user=f"{first.user}\n\n{told}")


Values = dict[str, str]


def _parts(settings: Settings, inputs: Inputs) -> tuple[str, type[Form], str, Values, Values]:
    """(task, form, what it is for, plain values, untrusted texts that go into the fence)."""
    match inputs:
        case DigestInput():
            names = [settings.kinds[k] for k in inputs.kinds]
            part = f" (part {inputs.part} of {inputs.parts})" if inputs.parts > 1 else ""
            values = {
                "path": line(inputs.path, NAMES),
                "part": part,
                "kinds": "\n".join(f"- `{k.name}`: {k.about}" for k in names),
                "density": DENSITY[settings.density],
            }
            return "digest", DigestForm, inputs.path + part, values, {"text": inputs.text}
        case PageInput():
            kind = settings.kinds[inputs.kind]
            values = {
                "title": line(inputs.title),
                "kind": inputs.kind,
                "gloss": _gloss(inputs.gloss),
                "aliases": line("; ".join(inputs.aliases), NAMES) or "—",
                "budget": str(inputs.budget),
                "advice": f"**A page of this kind ({kind.name}).** {kind.advice}" if kind.advice else "",
            }
            old = "\n".join(
                f"{o.number} | {cut(o.section, NAME) or 'lead'} | {cut(o.words, LINE)} | {' '.join(o.labels)}"
                for o in inputs.old
            )
            pairs = zip((None, *inputs.claims), inputs.claims, strict=False)
            claims = "\n".join(_claim(c, before) for before, c in pairs)
            return "page", PageForm, inputs.title, values, {"old": old or "(none)", "claims": claims}
        case SameInput():
            rows = "\n\n".join(f"{p.number}\n{_side('A', p.first)}\n{_side('B', p.second)}" for p in inputs.pairs)
            asked = " · ".join(f"{p.first.name} / {p.second.name}" for p in inputs.pairs)
            return "same", SameForm, asked if len(asked) <= 60 else f"{asked[:59]}…", {}, {"pairs": rows}
        case SupportInput() | ReviewInput():
            return _judging(inputs)
        case OverviewInput():
            values = {
                "name": line(inputs.name),
                "sources": str(inputs.sources),
                "claims_total": str(inputs.claims_total),
                "pages_total": str(inputs.pages_total),
                "dates": inputs.dates or "unknown",
            }
            pages = "\n".join(
                f"{p.number} | {p.kind} | {cut(p.title, NAME)} | {p.inbound} | {p.sources} | {cut(p.summary, NAME)}"
                for p in inputs.pages
            )
            claims = "\n".join(
                f"{c.label} | {' '.join(map(str, c.pages))} | {cut(c.text, LINE)}" for c in inputs.claims
            )
            tensions = "\n".join(f"- {cut(t, 2 * LINE + NAME)}" for t in inputs.tensions) or "(none)"
            return (
                "overview",
                OverviewForm,
                "overview",
                values,
                {"pages": pages, "claims": claims, "tensions": tensions},
            )


def _claim(c: PageClaim, before: PageClaim | None) -> str:
    """A claim as a row; what it shares with the row before, and a quote in the claim's very words, is not repeated."""
    shared = _shared(_context(c), _context(before) if before else ())
    row = " | ".join([*shared[:2], c.as_of, shared[2], cut(c.text, LINE), _quoted(c)])
    return f"{'+' if c.new else ''}{c.label} | {row}"


def _judging(inputs: SupportInput | ReviewInput) -> tuple[str, type[Form], str, Values, Values]:
    """The parts of a prompt about claims: of one source, each with its quote, or of one page, each with its source."""
    values = {"title": line(inputs.title)}
    if isinstance(inputs, SupportInput):
        rows = _rows([((cut(c.heading, NAME), _voice(c)), c, [_quoted(c)]) for c in inputs.claims])
        return "support", SupportForm, inputs.title, values, {"claims": rows}
    values |= {"kind": inputs.kind, "gloss": _gloss(inputs.gloss)}
    rows = _rows([((_source(c), _voice(c), c.as_of), c, []) for c in inputs.claims])
    return "review", ReviewForm, inputs.title, values, {"claims": rows}


def _rows(claims: Sequence[tuple[Sequence[str], PageClaim, Sequence[str]]]) -> str:
    """Claims as rows: label, what stands before the text (not repeated from row to row), the text, what follows it."""
    above = [(), *(before for before, _, _ in claims)]
    cells = (
        [c.label, *_shared(before, shown), cut(c.text, LINE), *after]
        for (before, c, after), shown in zip(claims, above, strict=False)
    )
    return "\n".join(map(" | ".join, cells))


def _gloss(gloss: str) -> str:
    return f"In short: {line(gloss)}. " if gloss else ""


def _shared(mine: Sequence[str], above: Sequence[str]) -> list[str]:
    """The cells of a row, with ″ for what stands in the row above."""
    return ["″" if text and above and text == above[n] else text for n, text in enumerate(mine)]


def _context(c: PageClaim) -> tuple[str, str, str]:
    """Where a claim comes from, whose words it is, and what else it is about."""
    return _source(c), _voice(c), cut("; ".join(c.others), 2 * NAME)


def _source(c: PageClaim) -> str:
    return ", ".join(filter(None, (cut(c.source, NAME), c.date, c.credibility)))


def _voice(c: PageClaim) -> str:
    return c.voice + (f", said by {cut(c.said_by, NAME)}" if c.said_by else "")


def _quoted(c: PageClaim) -> str:
    return "″" if c.quote == c.text else f"“{cut(c.quote, QUOTE)}”"


def _side(letter: str, side: SameSide) -> str:
    also = f"; also {'; '.join(side.also)}" if side.also else ""
    said = [f"   - {text}" for text in side.claims]
    return "\n".join([f"{letter}: {side.name} ({side.kind}{also}): {side.gloss or '—'}", *said])


def line(text: str, most: int = NAME) -> str:
    """An untrusted name on one line outside the fence."""
    return cut(fenced(fold(text))[1], most)
