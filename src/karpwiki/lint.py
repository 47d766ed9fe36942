"""One snapshot, every rule, all findings. Nothing is written, no model is asked, no network is used."""

from __future__ import annotations

from dataclasses import dataclass

from .changes import Finding
from .rules import Context, every
from .settings import Settings
from .wiki import Wiki

OFF = {"raw": "the vault has no raw/ folder", "state": "karpwiki wrote no page of this vault"}
"""What a rule may need → why it is off."""


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


def lint(wiki: Wiki, settings: Settings) -> Report:
    """Every finding of every rule. A rule that crashes is our bug: its exception passes through."""
    ctx = Context(wiki, settings)
    lacks = {"raw": not ctx.has_raw, "state": not ctx.has_state}
    off = {rule.NAME: OFF[rule.NEEDS] for rule in every() if lacks.get(getattr(rule, "NEEDS", ""))}
    findings: list[Finding] = [f for rule in every() if rule.NAME not in off for f in rule.check(ctx)]
    findings.sort(key=lambda f: (f.path, f.line, f.rule, f.message))
    hands = sum(len(p.blocks) - sum(1 for _ in ctx.written(p)) for p in ctx.pages if ctx.is_compiled(p))
    return Report(tuple(dict.fromkeys(findings)), tuple(sorted(off.items())), len(wiki.pages), hands)
