"""The docs are true: nothing is undocumented, generated parts are fresh, links resolve, command lines parse."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import docs
from karpwiki.cli import app
from karpwiki.rules import every

HERE = Path(__file__).parent.parent
WRITTEN = [HERE / "README.md", HERE / "README.zh-CN.md", HERE / "CLAUDE.md"]
TEXTS = [*WRITTEN, *sorted(docs.DOCS.glob("*.md"))]
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
_FENCE = re.compile(r"^(?P<mark>`{3,})(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=mark)[ \t]*$", re.S | re.M)
_LINK = re.compile(r"(?<!\\)\[[^\]\n]*\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?)[ #]*$", re.M)
_PART = re.compile(r"\s*(?:&&|\|\||\||;)\s*")


def named(file: Path) -> str:
    return file.relative_to(HERE).as_posix()


def prose(file: Path) -> str:
    """A file without its fences and code spans."""
    return re.sub(r"`[^`\n]+`", "", _FENCE.sub("", file.read_text("utf-8")))


def anchors(file: Path) -> set[str]:
    """The anchors of a file's headings, as GitHub makes them."""
    text = _FENCE.sub("", file.read_text("utf-8"))
    found: list[str] = []
    for heading in _HEADING.findall(text):
        words = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        anchor = "".join(c for c in words.replace(" ", "-") if c.isalnum() or c in "-_")
        before = sum(re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", other) is not None for other in found)
        found.append(f"{anchor}-{before}" if before else anchor)
    return set(found)


def command_lines() -> Iterator[tuple[str, str]]:
    """(file, command line) of every `$ karpwiki …` in a console block."""
    for file in TEXTS:
        for fence in _FENCE.finditer(file.read_text("utf-8")):
            lines = fence["body"].split("\n") if fence["info"].strip() == "console" else ()
            for line in lines:
                parts = _PART.split(line.removeprefix("$ ").partition(" #")[0]) if line.startswith("$ ") else ()
                yield from ((named(file), part) for part in parts if part.split(" ")[0] == "karpwiki")


@pytest.mark.parametrize("name", docs.FILES)
def test_generated_docs_are_up_to_date(name: str) -> None:
    assert (docs.DOCS / name).read_text("utf-8") == docs.FILES[name](), "run `make docs`"


def test_every_command_and_option_is_documented_and_has_help() -> None:
    text = (docs.DOCS / "commands.md").read_text("utf-8")
    for name, command in COMMANDS.items():
        section = re.search(rf"^## karpwiki {re.escape(name)}\n(.*?)(?=^## |\Z)", text, re.S | re.M)
        assert section, f"docs/commands.md does not have {name}"
        assert command.help, f"{name} has no help"
        assert command.epilog and "Example:" in command.epilog, f"{name} has no example"
        for parameter in command.params:
            assert getattr(parameter, "help", ""), f"{name}: {parameter.name} has no help"
            for option in (*parameter.opts, *parameter.secondary_opts):
                if option.startswith("-"):
                    assert option in section[1], f"docs/commands.md: {name} without {option}"


def test_every_rule_is_documented() -> None:
    text = (docs.DOCS / "rules.md").read_text("utf-8")
    for rule in every():
        assert f"\n## {rule.NAME}\n\n`{rule.ID}` · {rule.SEVERITY}" in text, rule.NAME
        for heading in ("## What it finds", "## Why it hurts", "## Example", "## Fix"):
            assert heading in (rule.__doc__ or ""), f"{rule.NAME} has no {heading!r}"


def test_every_setting_is_documented() -> None:
    text = (docs.DOCS / "settings.md").read_text("utf-8")
    for name in docs.Settings.__dataclass_fields__:
        assert f"\n| `{name}` | " in text, name


@pytest.mark.parametrize("file", TEXTS, ids=named)
def test_every_link_leads_somewhere(file: Path) -> None:
    for target in _LINK.findall(prose(file)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (file.parent / path).resolve() if path else file
        assert there.is_relative_to(HERE), f"{target} leads out of the repository"
        assert there.exists(), f"{target}: there is no such file"
        assert not anchor or anchor in anchors(there), f"{target}: {named(there)} has no such heading"


def test_every_command_line_in_the_docs_parses() -> None:
    lines = list(command_lines())
    assert len(lines) >= 10, "the docs show hardly any command"
    for file, line in lines:
        name, *arguments = shlex.split(line)[1:]
        if name.startswith("-"):
            assert name in ("--help", "--version", "-V"), f"{file}: {line}"
            continue
        assert name in COMMANDS, f"{file}: {line}: there is no command {name}"
        try:
            COMMANDS[name].make_context(name, arguments, resilient_parsing=False)
        except typer.exceptions.TyperException as error:  # what the parser itself refuses
            pytest.fail(f"{file}: {line}: {error}")


def test_the_chinese_readme_shows_the_same_commands() -> None:
    """The same fences in the same order: all but the reading list of source files, which the README alone has."""
    english, chinese = (_FENCE.findall((HERE / name).read_text("utf-8")) for name in ("README.md", "README.zh-CN.md"))

    def shown(fences: list[tuple[str, str, str]]) -> list[str]:
        lines = [line for _, info, body in fences if info.strip() == "console" for line in body.split("\n")]
        return [line.partition(" #")[0].rstrip() for line in lines]

    assert shown(chinese) == shown(english)
