"""What lint is asked for and what it finds, as frozen data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
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
    """Only these, also those that are off by themselves; none: all that are on. What the settings put off, by name."""
    ignore: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    """Only what is found in these files and folders of the vault is shown and mended; none: in all."""


def covers(paths: Collection[str], path: str) -> bool:
    """Whether a file of a vault is one of some files, or in one of some folders; of none: whether it is any."""
    return not paths or any(path == p or path.startswith(f"{p}/") for p in paths)


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
    paths: tuple[str, ...] = ()
    """The files and folders that this is about; none: all of the vault."""

    def within(self, paths: tuple[str, ...]) -> Report:
        """What was found in some files and folders."""
        if not paths:
            return self
        kept = tuple(f for f in self.findings if covers(paths, f.path))
        return replace(self, findings=kept, by_hand=0, silenced=0, paths=paths)

    def count(self, severity: str) -> int:
        return sum(f.severity == severity for f in self.findings)
