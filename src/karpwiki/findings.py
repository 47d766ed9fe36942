"""What lint is asked for and what it finds, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]
Grade = Literal["safe", "unsafe", "model", "show", "none"]
SEVERITIES: Mapping[str, Severity] = {"info": "info", "warning": "warning", "error": "error"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a Rule found."""

    rule: str
    name: str
    severity: Severity
    path: str
    line: int
    message: str
    fix: Grade = "none"
    """How its fix is graded, if it has one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rules a command line asks for: names, ids (`L001`) or groups (`L`)."""

    select: tuple[str, ...] = ()
    """Only these, also those that are off by themselves; none: all that are on."""
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What lint found, in the order of paths and lines, and which rules were off and why."""

    findings: tuple[Finding, ...]
    off: tuple[tuple[str, str], ...] = ()
    pages: int = 0
    by_hand: int = 0
    """Blocks on pages of ours that a person wrote."""
    silenced: int = 0
    """Findings that a person allowed where they stand."""

    def count(self, severity: str) -> int:
        return sum(f.severity == severity for f in self.findings)
