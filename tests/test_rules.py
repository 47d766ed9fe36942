"""Lint, rule by rule: small vaults written in Markdown, in `tests/rules/`.

A case is a `## heading` with fenced blocks that are carried out in their order:

    ```vault                     the vault of rules/_vault.md, ingested; without it, the case begins with nothing
    ```md file=wiki/x.md         this file is written
    ```append file=wiki/x.md     the text is added at the end
    ```replace file=wiki/x.md    the text above a line `→` is replaced by the text below it
    ```delete file=wiki/x.md     the file or folder is deleted
    ```move file=a to=b          the file is moved
    ```mode file=a               the file gets this mode
    ```compile                   ingest and compile once more
    ```judged                    opinions of a model on claims, as judging.py reads them
    ```commit                    all is committed to git; what lint finds is what changed since
    ```findings                  what lint finds for the rule of this file
    ```healed                    what `lint --heal` changes, but for the closing comments

KARPWIKI_RECORD=1 writes the last two anew.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from types import ModuleType

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from judging import Judge, opinions
from karpwiki import commonmark, markdown, write
from karpwiki.build import with_texts
from karpwiki.calls import Calls
from karpwiki.changes import Edit
from karpwiki.findings import Report
from karpwiki.git import since
from karpwiki.heal import heal
from karpwiki.inert import code_span, escape
from karpwiki.ingest import ingest
from karpwiki.judge import REVIEW, SUPPORT, Judged, judge, questions
from karpwiki.lint import lint
from karpwiki.models import open_model
from karpwiki.pick import sort_files
from karpwiki.plain import fold
from karpwiki.prepare import prepare
from karpwiki.rules import _evidence, every
from karpwiki.settings import Settings, read_settings
from karpwiki.vault import read_wiki
from karpwiki.wiki import Wiki

FOLDER = Path(__file__).parent / "rules"
RECORD = bool(os.environ.get("KARPWIKI_RECORD"))
_STATE = re.compile(r"^(?:at|from|by|blocks|meta|left|deleted) ")


@dataclass(frozen=True)
class Step:
    """A fenced block of a case."""

    word: str
    file: str
    to: str
    content: str
    first: int
    last: int
    """Its lines in the file of the rule, from 0, without its fences."""


@dataclass(frozen=True)
class Case:
    rule: str
    name: str
    steps: tuple[Step, ...]


def cases(pattern: str = "[a-z]*.md") -> Iterator[Case]:
    for file in sorted(FOLDER.glob(pattern)):
        name, steps = "", list[Step]()
        tokens = commonmark.new_parser().disable("reference").parse(file.read_text("utf-8"))
        for n, token in enumerate(tokens):
            if token.type == "heading_open" and token.level == 0:
                if steps:
                    yield Case(file.stem, name, tuple(steps))
                name, steps = tokens[n + 1].content, []
            elif token.type == "fence" and token.map:
                word, *rest = shlex.split(token.info)  # a file may have spaces in its name
                options = dict(part.split("=", 1) for part in rest)
                lines = token.map[0] + 1, token.map[1] - 1
                steps.append(Step(word, options.get("file", ""), options.get("to", ""), token.content, *lines))
        yield Case(file.stem, name, tuple(steps))


def compile_all(root: Path) -> None:
    wiki, settings = read_wiki(root), read_settings(root)
    batch = sort_files(wiki, [], root)
    [made] = ingest(root, wiki, settings, Calls(root, open_model("excerpt")), batch, "2026-11-21")
    write.commit(root, made.changes)


@lru_cache(maxsize=1)
def ingested() -> Path:
    """The vault of _vault.md, made once."""
    root = Path(mkdtemp()) / "vault"
    (root / "wiki").mkdir(parents=True)
    for step in next(cases("_vault.md")).steps:
        put(root / step.file, step.content)
    compile_all(root)
    return root


def put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())


def carry_out(case: Case, root: Path) -> None:
    """Make the vault of a case."""
    (root / "wiki").mkdir(parents=True)
    for step in case.steps:
        file, content = root / step.file, step.content
        match step.word:
            case "vault":
                shutil.copytree(ingested(), root, dirs_exist_ok=True)
            case "md" | "toml" | "text":
                put(file, content)
            case "append":
                put(file, file.read_text("utf-8") + content)
            case "replace":
                old, _, new = (part.strip("\n") for part in content.partition("\n→\n"))
                assert old in file.read_text("utf-8"), f"{step.file} does not hold {old!r}"
                put(file, file.read_text("utf-8").replace(old, new))
            case "delete":
                shutil.rmtree(file) if file.is_dir() else file.unlink()
            case "move":
                (root / step.to).parent.mkdir(parents=True, exist_ok=True)
                file.rename(root / step.to)
            case "mode":
                file.chmod(int(content, 8))
            case "compile":
                compile_all(root)
            case "commit":
                for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all", "--no-gpg-sign"]):
                    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
                    subprocess.run(["git", *who, *arguments], cwd=root, check=True)
            case "findings" | "healed" | "judged":
                pass
            case word:
                raise AssertionError(f"{case.rule}.md: unknown block {word}")


def shown(report: Report, rule: str) -> str:
    """The findings of a rule as the files of this folder have them."""
    found = [f for f in report.findings if f.name == rule]
    mends = {"none": "", "safe": " [safe]", "unsafe": " [unsafe]", "model": " [model]"}
    return "".join(f"{f.severity} {f.path}:{f.line} {f.message}{mends[f.fix]}\n" for f in found)


def changes(before: Path, texts: dict[str, str | None]) -> str:
    """What the new texts change, line by line; the closing comment left out."""
    out = []
    for path, new in sorted(texts.items()):
        old = (before / path).read_text("utf-8") if (before / path).is_file() else ""
        lines = list(difflib.unified_diff(old.split("\n"), (new or "").split("\n"), n=0, lineterm=""))[2:]
        kept = [line for line in lines if not line.startswith("@@") and not _STATE.match(line[1:])]
        out.append(f"{path}{' deleted' if new is None else ''}\n" + "".join(f"{line}\n" for line in kept))
    return "".join(out)


def record(case: Case, found: dict[str, str]) -> None:
    """Write what was found into the file of the rule."""
    file = FOLDER / f"{case.rule}.md"
    now = next(c for c in cases(file.name) if c.name == case.name)
    lines = file.read_text("utf-8").split("\n")
    for step in reversed(now.steps):
        if step.word in found:
            lines[step.first : step.last] = found[step.word].split("\n")[:-1]
    put(file, "\n".join(lines))


@pytest.mark.parametrize("case", tuple(cases()), ids=lambda c: f"{c.rule}: {c.name}")
def test_case(case: Case, tmp_path: Path) -> None:
    root = tmp_path / "vault"
    carry_out(case, root)
    wiki, settings = read_wiki(root), read_settings(root)
    changed = since(root, "HEAD") if any(step.word == "commit" for step in case.steps) else None
    judged = opinion(root, wiki, settings, case)
    found = {"findings": shown(lint(wiki, settings, since=changed, judged=judged), case.rule)}
    healed = heal(wiki, settings)
    found["healed"] = changes(root, {e.path: e.text for e in healed.changes.edits})
    errors = _errors(lint(wiki, settings))
    assert all(n <= errors.get(where, 0) for where, n in _errors(healed.report).items()), "healing made it worse"
    write.commit(root, healed.changes)
    assert not heal(read_wiki(root), settings).changes.edits, "a second healing changes something"
    if RECORD:
        record(case, found)
    else:
        expected = {step.word: step.content for step in case.steps if step.word in found}
        assert expected == {word: text for word, text in found.items() if word in expected} != {}


def opinion(root: Path, wiki: Wiki, settings: Settings, case: Case) -> Judged | None:
    """What a model says that has the opinions of a case, where it has some."""
    held = [o for step in case.steps if step.word == "judged" for o in opinions(step.content)]
    ground = prepare(root, wiki, settings)
    asked = questions(root, ground, settings, (SUPPORT, REVIEW))
    return judge(asked, ground.frame.names, Calls(root, Judge(held)), {}) if held else None


def _errors(report: Report) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for f in report.findings:
        if f.severity == "error":
            found[f.name, f.path] = found.get((f.name, f.path), 0) + 1
    return found


@pytest.mark.parametrize("rule", every(), ids=lambda rule: rule.NAME)
def test_a_rule_is_documented_and_tested(rule: ModuleType) -> None:
    first, *rest = (rule.__doc__ or "").split("\n")
    assert re.fullmatch(r"[A-Z][^.]*\.", first), "the first line is one sentence"
    heads = [line for line in rest if line.startswith("## ")]
    assert heads == ["## What it finds", "## Why it hurts", "## Example", "## Fix"]
    assert rule.__name__.endswith(f".{rule.NAME.replace('-', '_')}")
    assert re.fullmatch(r"[LFGCIDSV]\d{3}", rule.ID) and rule.SEVERITY in ("error", "warning", "info")
    assert hasattr(rule, "fix") == (rule.FIX in ("safe", "unsafe"))
    written = [c for c in cases() if c.rule == rule.NAME]
    expected = ["".join(s.content for s in c.steps if s.word == "findings") for c in written]
    assert any(expected) and not all(expected), "a rule has a case that it finds and a near miss that it does not"


def test_ids_and_names_are_given_once() -> None:
    assert len({rule.ID for rule in every()}) == len({rule.NAME for rule in every()}) == len(every())


def test_a_compiled_vault_has_no_findings() -> None:
    report = lint(read_wiki(ingested()), read_settings(ingested()))
    assert report.findings == () and report.off == () and report.pages > 5


# Whatever is altered in the evidence of a claim is found.


@lru_cache(maxsize=1)
def evidence() -> tuple[Wiki, Settings, tuple[tuple[str, markdown.Footnote, _evidence.Evidence], ...], tuple[str, ...]]:
    """The vault, every footnote of a claim on every page, and passages of raw that quotes may be taken from."""
    wiki, settings = read_wiki(ingested()), read_settings(ingested())
    pages = wiki.pages.values()
    notes = tuple((p.path, n, e) for p in pages for n in p.footnotes if (e := _evidence.read(p, n)))
    words = tuple(w for path in wiki.raw for w in fold((ingested() / "raw" / path).read_text("utf-8")).split(". "))
    assert {path.split("/")[1] for path, *_ in notes} >= {"sources", "entities", "overview.md"}
    return wiki, settings, notes, words


def altered(path: str, note: markdown.Footnote, new: str) -> Report:
    """Lint of the vault with one footnote altered."""
    wiki, settings, _, _ = evidence()
    lines = wiki.pages[path].text.split("\n")
    assert lines[note.line - 1] == _evidence.definition(note)
    lines[note.line - 1] = new
    return lint(with_texts(wiki, [Edit(path, "\n".join(lines), None)]), settings)


@st.composite
def forged(draw: st.DrawFn, quote: str, passages: tuple[str, ...]) -> str:
    """Another quote: a word of it changed, cut, added, or other words of raw."""
    words = quote.split()
    n = draw(st.integers(0, len(words) - 1))
    how = draw(st.sampled_from(["change", "cut", "add", "swap", "letter", "elsewhere", "part", "any"]))
    match how:
        case "change":
            words[n] = draw(st.sampled_from(["not", "never", "1953", "Ted Nelson", "“", "⁣x"]))
        case "cut":
            del words[n]
        case "add":
            words.insert(n, draw(st.sampled_from(["not", "hardly", "[[memex]]", "*", "\\", "&amp;", "”", "` `"])))
        case "swap":
            words = [*words[n:], *words[:n]]
        case "letter":
            words[n] = words[n].swapcase() if words[n].swapcase() != words[n] else words[n] + "s"
        case "elsewhere":
            return draw(st.sampled_from(passages))
        case "part":
            return " ".join(words[: n + 1])
        case _:
            return draw(st.text(min_size=1, max_size=60))
    return " ".join(words)


@given(st.data())
def test_every_altered_quote_is_found(data: st.DataObject) -> None:
    _, _, notes, passages = evidence()
    path, note, seen = data.draw(st.sampled_from(notes))
    quote = data.draw(forged(seen.quote, passages))
    assume(fold(quote) and fold(quote) != seen.quote)
    old = escape(seen.quote)
    assert old in note.text
    report = altered(path, note, _evidence.definition(note).replace(old, escape(quote)))
    assert any(f.path == path and f.severity == "error" for f in report.findings), quote


@given(st.data())
def test_every_altered_place_and_label_is_found(data: st.DataObject) -> None:
    wiki, _, notes, _ = evidence()
    path, note, seen = data.draw(st.sampled_from(notes))
    place = code_span(f"{seen.path}:{seen.line}")
    line = data.draw(st.integers(0, 99).filter(lambda n: n != seen.line))
    other = data.draw(st.sampled_from([*(p for p in wiki.raw if p != seen.path), "notes/none.md", "../karpwiki.toml"]))
    label = data.draw(st.sampled_from([n.label for _, n, _ in notes if n.label != note.label] + ["00000000", "x"]))
    for new in (
        _evidence.definition(note).replace(place, code_span(f"{seen.path}:{line}")),
        _evidence.definition(note).replace(place, code_span(f"{other}:{seen.line}")),
        f"[^{label}]: {note.text}",
        f"[^{note.label}]: see the source",
        "",
    ):
        report = altered(path, note, new)
        assert any(f.path == path and f.severity == "error" for f in report.findings), new


# No page makes a rule crash.

HOSTILE = [
    "---", "title: [1, {a: b}]", "type: {x: y}", "type: concept", "created: 5", "sources: nothing", "tags: null",
    "sha256: [1]", "aliases: [[x]]", "- [[", "[[a|b]]", "![[x.png]]", "[[#]]", "[[#^x]]", "[x](#%zz)",
    "[x](../../..)", "> > > [!warning] Tension: x", "> Status: open", "| a | b |", "| --- |", "[^a]: x",
    "[^00000000]: `x:1` “y”", "[^00000000]", "<!-- karpwiki 1", "-->", "<!-- karpwiki 9", "blocks x:y,z",
    "<!-- karpwiki writes from here -->", "```", "````dataview", "`= 1`", "<b", "<x y='", "\0", "\u2028",
    "## Claims", "## Subjects", "| Subject | Kind | What it is | Also |", "| x | nothing | | |", "- x[^00000000]",
    "## Notes", "# Log", "## [2026-13-01] x | y", "<<<<<<< a", "=======", ">>>>>>> b", "====", ">" * 300, "&#0;",
    "1. " * 40,
]  # fmt: skip
PATHS = [
    "wiki/index.md",
    "wiki/log.md",
    "wiki/tensions.md",
    "wiki/overview.md",
    "wiki/concepts/memex.md",
    "wiki/x/y.md",
]


@given(st.data())
def test_no_page_makes_a_rule_crash(data: st.DataObject) -> None:
    wiki, settings, _, _ = evidence()
    edits = []
    for path in data.draw(st.lists(st.sampled_from([*PATHS, *wiki.pages]), min_size=1, max_size=3, unique=True)):
        lines = wiki.pages[path].text.split("\n") if path in wiki.pages and data.draw(st.booleans()) else []
        for new in data.draw(st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=12)):
            at = data.draw(st.integers(0, len(lines)))
            lines[at : at + data.draw(st.integers(0, 2))] = [new]
        edits.append(Edit(path, "\n".join(lines), None))
    lint(with_texts(wiki, edits), settings)
