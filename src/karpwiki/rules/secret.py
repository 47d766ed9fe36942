"""A key or a token in a page or a setting.

## What it finds

In pages, names.txt and karpwiki.toml: private keys, and tokens that their makers have given a mark of their own
(Anthropic, OpenAI and others with `sk-`, GitHub, GitLab, AWS, Google, Slack, Stripe, Hugging Face, npm, PyPI and some
more). A token counts when it has the length of a real one and looks drawn by lot: `sk-ant-xxxx`, `AKIA…EXAMPLE`,
`ghp_your_token_here` and other examples are fine. Neither the message nor the line shown below it has more than the
first four characters.

## Why it hurts

A wiki is copied, published and put into prompts; whoever reads the token can use it. In git it stays in the history.

## Example

    export ANTHROPIC_API_KEY=sk-ant-api03-…

## Fix

None: have the key replaced where it was made, since it is known by now, and take it out. When it comes from raw, take
it out there too.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from ..findings import Finding
from ..layout import FILE
from ..pattern import pattern
from ..vault import read_optional
from ..wiki import Page
from . import Context

ID, NAME, SEVERITY, FIX = "S006", "secret", "error", "none"
# On a page that karpwiki wrote a `_` may stand behind a backslash.
_B64 = r"(?:[A-Za-z0-9-]|\\?_)"
_FORMS = {
    "an Anthropic key": rf"sk-ant-{_B64}{{24,}}",
    "an OpenRouter key": r"sk-or-v1-[0-9a-f]{64}",
    "an OpenAI key": rf"sk-(?:proj|svcacct|admin|None)-{_B64}{{24,}}",
    "a Stripe key": r"[sr]k\\?_live\\?_[A-Za-z0-9]{20,}",
    "an API key": r"sk-[A-Za-z0-9]{32,}",
    "a GitHub token": r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_(?:[A-Za-z0-9]|\\?_){40,})",
    "a GitLab token": rf"glpat-{_B64}{{20,}}",
    "an AWS key id": r"A(?:KI|SI)A[A-Z2-7]{16}",
    "a Google key": rf"AIza{_B64}{{35}}",
    "a Google client secret": rf"GOCSPX-{_B64}{{28}}",
    "a Slack token": r"xox[abeoprs]-[A-Za-z0-9-]{24,}|xapp-\d-[A-Za-z0-9-]{40,}",
    "a Slack webhook": r"hooks\.slack\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{24}",
    "a Hugging Face token": r"hf_[A-Za-z0-9]{34,}",
    "an npm token": r"npm_[A-Za-z0-9]{36}",
    "a PyPI token": rf"pypi-AgE{_B64}{{60,}}",
    "a SendGrid key": rf"SG\.{_B64}{{22}}\.{_B64}{{43}}",
    "a Groq key": r"gsk_[A-Za-z0-9]{40,}",
    "an xAI key": r"xai-[A-Za-z0-9]{60,}",
    "a Perplexity key": r"pplx-[A-Za-z0-9]{40,}",
    "a Replicate token": r"r8_[A-Za-z0-9]{37}",
    "a Tavily key": r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{28,}",
    "a Notion token": r"ntn_[A-Za-z0-9]{40,}",
    "a Linear key": r"lin_api_[A-Za-z0-9]{40}",
    "a DigitalOcean token": r"do[opr]_v1_[0-9a-f]{64}",
    "a Shopify token": r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
    "an age key": r"AGE-SECRET-KEY-1[0-9A-Z]{58}",
}
_TOKEN = pattern("(?:" + "|".join(f"({form})" for form in _FORMS.values()) + ")(?![A-Za-z0-9])")
MARKS = (
    "sk-", "k_live", "k\\_live", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "akia", "asia",
    "aiza", "gocspx-", "xox", "xapp-", "hooks.slack.com", "hf_", "npm_", "pypi-", "sg.", "gsk_", "xai-", "pplx-", "r8_",
    "tvly-", "ntn_", "lin_api_", "_v1_", "shpat_", "shpca_", "shppa_", "shpss_", "age-secret-key-1", "private key",
)  # fmt: skip
# Where the end of such a mark may stand: all these forms tried at every place take fifty times as long.
_MARKS_INSIDE = (
    pattern(r"-(?=[A-Za-z0-9_\\-]{16})(?<=sk-|at-|x[abeoprs]-|pp-|PX-|pi-|ai-|lx-|ly-|EY-)"),
    pattern(r"_(?=[A-Za-z0-9_\\-]{16})(?<=sk_|rk_|hf_|r8_|hp_|ho_|hu_|hs_|hr_|at_|ve_|pm_|pi_|tn_|v1_|ca_|pa_|ss_)"),
)
_MARKS_FIRST = (pattern(r"A(?:[KS]IA|Iza)"), pattern(r"SG\."))
_WORD = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_KINDS = tuple(_FORMS)
# What its maker puts before the part that is drawn by lot.
_MARK = pattern(r"\A(?:(?:[A-Za-z0-9]{1,8}[_.-]){1,3}|A(?:KI|SI)A|AIza|hooks\S+/|AGE-SECRET-KEY-1)")
_BEGIN = pattern(r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_BODY = pattern(r"[A-Za-z0-9+/=]{32,}")
_EXAMPLE = pattern(
    r"example|sample|dummy|fake|test|demo|your|here|token|secret|placeholder|redacted|change|insert|replace|"
    r"xxx|1234|abcd|0000|qwert|(.)\1{4}|(.{2,8})\2\2", re.I
)  # fmt: skip
_HEX = pattern(r"[0-9a-fA-F]+")
MAX_BLOCK = 8_000


def check(ctx: Context) -> Iterator[Finding]:
    texts = {name: read_optional(ctx.wiki.root / name) for name in ("names.txt", FILE)}
    for path, text in (*texts.items(), *((page.path, page.text) for page in ctx.suspected(NAME))):
        line, at = 1, 0
        for start, kind in sorted(_secrets(text)):
            line, at = line + text.count("\n", at, start), start
            what = f"{kind} that begins with {text[start : start + 4]!r}: have it replaced, and take it out"
            yield Finding(ID, NAME, "error", path, line, what)


def suspect(page: Page) -> bool:
    return any(True for _ in _secrets(page.text))


def _secrets(text: str) -> Iterator[tuple[int, str]]:
    """Where a secret begins, and what it is."""
    for found in _tokens(text):
        number = found.lastindex or 1
        cut_short = text.startswith(("...", "…", "***"), found.end())
        if not cut_short and _is_drawn(_MARK.sub("", found[0].replace("\\", ""), 1)):
            yield found.start(), _KINDS[number - 1]
    for found in _BEGIN.finditer(text) if "PRIVATE KEY" in text else ():
        block = text[found.end() : found.end() + MAX_BLOCK].partition("-----")[0]
        body = "".join(_BODY.findall(block))
        if len(body) >= 96 and _entropy(body) > 4 and "..." not in block and "…" not in block:
            yield found.start(), "a private key"


def masked(line: str) -> str:
    """A line in which of all that has the form of a secret only the first four characters are shown."""
    for found in sorted(_tokens(line), key=lambda m: -m.start()):
        line = f"{line[: found.start() + 4]}…{line[found.end() :]}"
    return line


def _tokens(text: str) -> Iterator[re.Match[str]]:
    """What has the form of a token."""
    marks = [m.start() for pattern in (*_MARKS_INSIDE, *_MARKS_FIRST) for m in pattern.finditer(text)]
    if "hooks.slack.com" in text:
        marks += [m.start() for m in re.finditer("hooks", text)]
    starts = dict.fromkeys(_start(text, at) for at in marks)
    return (found for start in starts if start >= 0 and (found := _TOKEN.match(text, start)))


def _start(text: str, at: int) -> int:
    """Where the word begins that a mark stands in; -1: too far before it."""
    for start in range(at, max(0, at - 24), -1):
        if text[start - 1] not in _WORD:
            return start
    return 0 if at < 24 else -1


def _is_drawn(body: str) -> bool:
    """Whether the part of a token that its maker draws looks drawn, and not written by somebody for an example."""
    if _EXAMPLE.search(body):
        return False
    short = len(body) < 20  # of capitals and digits, by chance perhaps without any
    words = "-" in body or "_" in body  # which somebody may have written
    kinds = sum(any(map(test, body)) for test in (str.islower, str.isupper, str.isdigit))
    return kinds >= 2 + words - short and _entropy(body) >= (2.5 if short or _HEX.fullmatch(body) else 3.3)


def _entropy(text: str) -> float:
    """Bits a character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())
