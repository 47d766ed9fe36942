"""One snapshot, every rule, all findings. Nothing is written, no model is asked, no network is used."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from .nouns import Finding, Wiki
from .rules import Context, every
from .settings import Settings

NEEDS_RAW = frozenset({"quote-not-in-raw", "raw-changed", "source-missing", "uncompiled-raw"})


@dataclass(frozen=True, slots=True)
class Report:
    """What lint found, in the order of paths and lines, and which rules were off and why."""

    findings: tuple[Finding, ...]
    off: tuple[tuple[str, str], ...] = ()
    pages: int = 0
    by_hand: int = 0
    """Blocks on pages of ours that a person wrote."""

    def count(self, severity: str) -> int:
        return sum(f.severity == severity for f in self.findings)

    @property
    def by_rule(self) -> list[tuple[str, int]]:
        return sorted(Counter(f.name for f in self.findings).items(), key=lambda item: (-item[1], item[0]))


def lint(wiki: Wiki, settings: Settings) -> Report:
    """Every finding of every rule. A rule that crashes is our bug: its exception passes through."""
    ctx = Context(wiki, settings)
    findings: list[Finding] = [f for rule in every() for f in rule.check(ctx)]
    off = [] if ctx.has_raw else [(name, "the vault has no raw/ folder") for name in sorted(NEEDS_RAW)]
    hands = sum(len(p.blocks) - sum(1 for _ in ctx.written(p)) for p in ctx.pages if ctx.is_compiled(p))
    order = {rule.ID: n for n, rule in enumerate(every())}
    findings.sort(key=lambda f: (f.path, f.line, order[f.rule], f.message))
    return Report(tuple(dict.fromkeys(findings)), tuple(off), len(wiki.pages), hands)
