"""What lint found and healing did → terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .changes import Finding
from .errors import FINDINGS, OK
from .show import as_json, count, err, out, receipt

if TYPE_CHECKING:
    from .lint import Report
    from .run import Healing


def finding_dict(f: Finding) -> dict[str, Any]:
    """A finding as lint --format json prints it: these keys are an interface."""
    return {
        "rule": f.rule, "name": f.name, "severity": f.severity, "path": f.path, "line": f.line, "message": f.message,
        "fix": f.fix,
    }  # fmt: skip


def summary(report: Report) -> dict[str, int]:
    return {"errors": report.count("error"), "warnings": report.count("warning"), "info": report.count("info"),
            "pages": report.pages, "by_hand": report.by_hand}  # fmt: skip


def report(found: Report, strict: bool, json: bool, **more: object) -> int:
    """What lint found. The exit code: 1 when an error is left, or, when strict, a warning."""
    if json:
        findings = [finding_dict(f) for f in found.findings]
        as_json({"findings": findings, "summary": summary(found), "off": dict(found.off), **more})
    else:
        report_text(found)
    return FINDINGS if found.count("error") or (strict and found.count("warning")) else OK


def report_text(report: Report) -> None:
    """Findings by file, a summary last."""
    for name, why in report.off:
        err(f"off: {name}: {why}")
    path = ""
    for f in report.findings:
        if f.path != path:
            path = f.path
            out(path)
        command = "ingest" if f.name == "uncompiled-raw" else "compile"
        mend = {"safe": " [--heal]", "unsafe": " [--heal --unsafe]", "model": f" [karpwiki {command}]"}.get(f.fix, "")
        out(f"  {f.line:>4}  {f.severity:7}  {f.rule} {f.name}: {f.message}{mend}")
    hands = f" {count(report.by_hand, 'block')} by hand." if report.by_hand else ""
    errors, warnings = count(report.count("error"), "error"), count(report.count("warning"), "warning")
    out(f"{errors}, {warnings} in {count(report.pages, 'page')}.{hands}")


def healed(done: Healing, strict: bool, json: bool, dry: bool) -> int:
    """What healing did, then what lint finds afterwards. The exit code is lint's."""
    made = done.made
    for rule, path in made.refused:
        err(f"not healed  {path}: the fix of {rule} would add an error; please report it")
    if not json:
        for rule, path, note in made.done:
            out(f"healed  {path}: {rule} ({note})")
        if made.done:
            receipt(done.receipt, dry)
    return report(made.report, strict, json, healed=made.done, refused=made.refused)
