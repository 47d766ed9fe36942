"""What lint found as text: for people, for programs (json), for GitHub's annotations, for code scanners (sarif).

Words of a page stand in all of them, and may be anybody's: each format has one encoder, and no line begins with them.
"""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Mapping
from typing import Any
from unicodedata import east_asian_width
from urllib.parse import quote

from . import __version__
from .findings import Finding, Report
from .pattern import pattern
from .printable import pure_json, terminal

LineOf = Callable[[str, int], str]
"""(path, line) → the words of that line, or ''."""
WIDTH, LEAST, MARGIN = 96, 24, "        | "
"""How much of a line is shown, at most and at least; what stands before it."""
MAX_LINE = 20_000
"""Characters of a line in which what is meant is looked for: many findings may stand on it."""
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MENDED = {"uncompiled-raw": "karpwiki ingest", "tension": "--deep --heal"}
"""What has a model mend the findings of a rule, where it is not a compile."""
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_LEADS = ("[[", "](", "[^", "#", "")
"""What the words of a message stand behind on their line, where they name what a link leads to."""
_QUOTED = pattern(r"'((?:[^'\\]|\\.)+)'|\"((?:[^\"\\]|\\.)+)\"")


def count(n: int, one: str) -> str:
    """`1 page`, `3 pages`."""
    return f"{n} {one}" if n == 1 else f"{n} {one}s"


def summary(report: Report) -> str:
    """The last line of the text: how much was found, in how much."""
    hands = f" {count(report.by_hand, 'block')} by hand." if report.by_hand else ""
    quiet = f" {count(report.silenced, 'finding')} allowed where they stand." if report.silenced else ""
    found = [count(report.count("error"), "error"), count(report.count("warning"), "warning")]
    found += [count(report.count("info"), "hint")] if report.count("info") else []
    places = (terminal(path).replace("\n", "\\n") for path in report.paths)
    where = ", ".join(places) or count(report.pages, "page")
    return f"{', '.join(found)} in {where}.{hands}{quiet}"


def _blank(path: str, line: int) -> str:
    return ""


def text(report: Report, line_of: LineOf = _blank, columns: int = 0) -> str:
    """Findings by file, each with the line that it is about and a caret under the words that are meant.

    `columns`: of the terminal, which no such line is to exceed; 0: there is none.
    """
    width = max(LEAST, min(WIDTH, columns - len(MARGIN) - 2)) if columns else WIDTH
    out, path = [], ""
    for f in report.findings:
        if f.path != path:
            path = f.path
            out.append(path)
        by_model = MENDED.get(f.name, "karpwiki compile")
        by_model = "" if by_model in f.message else f" [{by_model}]"
        mend = {"safe": " [--heal]", "unsafe": " [--heal --unsafe]", "model": by_model}.get(f.fix, "")
        out.append(f"  {f.line:>4}  {f.severity:7}  {f.rule} {f.name}: {f.message}{mend}")
        out += _excerpt(line_of(f.path, f.line), f.message, width)
    return "\n".join([*out, summary(report)])


def span(line: str, message: str) -> tuple[int, int] | None:
    """Where on a line (from 0) the words stand that a message quotes from it; None where they do not."""
    for found in _QUOTED.finditer(message) if len(line) <= MAX_LINE else ():
        words = found[1] or found[2]
        places = ((lead, line.find(lead + words)) for lead in _LEADS)
        if at := next(((lead, at) for lead, at in places if at >= 0), None):
            first = at[1] + len(at[0])
            return first, first + len(words)
    return None


def _excerpt(line: str, message: str, width: int) -> list[str]:
    """The line, cut around the words that a message quotes from it, and carets under them; nothing without them."""
    meant = span(line, message)
    if meant is None:
        return []
    at, end = meant
    first, last = _window(line, at, width)
    left, right = "…" * (first > 0), "…" * (last < len(line))
    pad = _width(line[first:at]) + len(left)
    marks = "^" * max(1, _width(line[at : min(last, end)]))
    return [f"{MARGIN}{left}{line[first:last]}{right}", f"{MARGIN}{' ' * pad}{marks}"]


def _window(line: str, at: int, width: int) -> tuple[int, int]:
    """The part of a line around a place that is as wide as that in a terminal, a third of it before the place."""
    first, room = at, width // 3
    while first and (wide := _width(line[first - 1])) <= room:
        first, room = first - 1, room - wide
    last, room = first, width
    while last < len(line) and (wide := _width(line[last])) <= room:
        last, room = last + 1, room - wide
    while first and (wide := _width(line[first - 1])) <= room:  # where the line ends there is room before it
        first, room = first - 1, room - wide
    return first, last


def _width(words: str) -> int:
    """As wide as it is in a terminal: Chinese characters are two."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in words)


def as_dict(f: Finding, line_of: LineOf = _blank) -> dict[str, Any]:
    """A finding as `--format json` has it: these keys are an interface. Columns count characters from 1."""
    meant = span(line_of(f.path, f.line), f.message)
    first, end = (meant[0] + 1, meant[1] + 1) if meant else (None, None)
    return {
        "rule": f.rule, "name": f.name, "severity": f.severity, "path": f.path, "line": f.line, "column": first,
        "end_column": end, "message": f.message, "fix": f.fix,
    }  # fmt: skip


def counts(report: Report) -> dict[str, int]:
    """The summary as `--format json` has it."""
    return {"errors": report.count("error"), "warnings": report.count("warning"), "info": report.count("info"),
            "pages": report.pages, "by_hand": report.by_hand, "silenced": report.silenced}  # fmt: skip


def as_json(report: Report, more: Mapping[str, Any], line_of: LineOf = _blank) -> str:
    """Findings, summary, rules that are off and what was asked for as JSON. `more`: further keys."""
    found = [as_dict(f, line_of) for f in report.findings]
    data = {"findings": found, "summary": counts(report), "off": dict(report.off), "paths": [*report.paths]}
    return pure_json(json.dumps({**data, **more}, ensure_ascii=False, indent=2))


def github(report: Report, prefix: str = "", line_of: LineOf = _blank) -> str:
    """Workflow commands that GitHub shows as annotations. `prefix`: the vault's folder in the repository, with `/`.

    The encoding is that of GitHub's own toolkit: what could end a command or a property is a percent code.
    """
    out = []
    for f in report.findings:
        level = "notice" if f.severity == "info" else f.severity
        meant = span(line_of(f.path, f.line), f.message)
        columns = f",col={meant[0] + 1},endColumn={meant[1]}" if meant else ""
        what = _property(f"{f.rule} {f.name}")
        where = f"file={_property(prefix + f.path)},line={f.line}{columns},title={what}"
        out.append(f"::{level} {where}::{_data(f.message)}")
    return "\n".join([*out, summary(report)])


def _data(words: str) -> str:
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in words)
    return plain.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(words: str) -> str:
    return _data(words).replace(":", "%3A").replace(",", "%2C")


def sarif(report: Report, prefix: str = "", line_of: LineOf = _blank) -> str:
    """The log of one run in the Static Analysis Results Interchange Format 2.1.0, for code scanning."""
    from .rules import every

    rules = {rule.ID: n for n, rule in enumerate(every())}
    results = []
    for f in report.findings:
        meant = span(line_of(f.path, f.line), f.message)
        columns = {"startColumn": meant[0] + 1, "endColumn": meant[1] + 1} if meant else {}
        place = {
            "artifactLocation": {"uri": quote(os.fsencode(prefix + f.path))},
            "region": {"startLine": max(1, f.line), **columns},
        }
        results.append(
            {
                "ruleId": f.rule,
                "ruleIndex": rules[f.rule],
                "level": _LEVELS[f.severity],
                "message": {"text": f.message},
                "locations": [{"physicalLocation": place}],
            }
        )
    tool = {"driver": {"name": "karpwiki", "version": __version__, "rules": [_described(rule) for rule in every()]}}
    run = {"tool": tool, "columnKind": "unicodeCodePoints", "results": results}
    return pure_json(json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2))


def _described(rule: Any) -> dict[str, Any]:
    documentation = inspect.cleandoc(rule.__doc__ or "")
    return {
        "id": rule.ID,
        "name": "".join(word.capitalize() for word in rule.NAME.split("-")),
        "shortDescription": {"text": documentation.partition("\n")[0]},
        "fullDescription": {"text": documentation.partition("## What it finds\n\n")[2].partition("\n\n## ")[0]},
        "help": {"text": documentation, "markdown": documentation},
        "defaultConfiguration": {"level": _LEVELS[rule.SEVERITY], "enabled": getattr(rule, "ON", True)},
    }


def explained(word: str) -> str:
    """The documentation of a rule, by name or id. Raises UsageError when there is none."""
    from .lint import rule_named

    rule = rule_named(word)
    grade = "" if getattr(rule, "ON", True) else ", off by itself"
    grade += ", only with --deep" if getattr(rule, "NEEDS", "") == "model" else ""
    return f"{rule.ID} {rule.NAME} ({rule.SEVERITY}{grade}, fix: {rule.FIX})\n\n{inspect.cleandoc(rule.__doc__ or '')}"
