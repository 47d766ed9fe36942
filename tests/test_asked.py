"""The common options of `lint` are read without the command line's library: always as that one reads them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from karpwiki import asked, cli, show_lint
from vaults import make

FLAGS = ["--strict", "--json", "--cache", "--no-cache", "--heal", "--dry-run", "--unknown", "-y"]
NAMES = ["--vault", "--select", "--ignore", "--diff", "--format", "--output", "--explain", "--max-cost"]
VALUES = [
    "text",
    "json",
    "sarif",
    "csv",
    "",
    ".",
    "L001",
    "l001,F",
    "HEAD~1",
    "out.json",
    "-",
    "--strict",
    "a=b",
    "wiki 2",
    "wiki/a.md",
]
word = st.one_of(
    st.sampled_from([*FLAGS, *NAMES, *VALUES]),
    st.builds("{}={}".format, st.sampled_from([*NAMES, *FLAGS]), st.sampled_from(VALUES)),
)


def vault(root: Path, link: str) -> Path:
    """A vault of one page with a link."""
    make(root, {})
    (root / "wiki/a.md").write_text(f"# A\n\n{link}\n", "utf-8")
    return root


def by_the_library(words: list[str]) -> object:
    """What the command line makes of the words: Asked; None when it refuses them, or does something else."""
    seen: list[asked.Asked] = []

    def linted(wish: asked.Asked) -> int:
        seen.append(wish)
        return 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(show_lint, "linted", linted)
        patch.setattr(cli, "outcome", lambda command: command())
        cli.run(["lint", *words])
    return seen[0] if seen else None


@settings(max_examples=300, deadline=None)
@given(st.lists(word, max_size=5))
@example(["--no-cache", "--cache", "--json", "--format", "sarif"])
@example(["--select=L001,F", "--select", "S", "--ignore=D"])
@example(["--vault", "a=b"])
@example(["--strict=1"])
@example(["--vault", "-"])
@example(["--vault="])
def test_what_is_read_is_what_the_command_line_would_read(words: list[str]) -> None:
    if (read := asked.read(words)) is not None:
        assert read == by_the_library(words)


@pytest.mark.parametrize(
    "words",
    [[], ["--strict"], ["--vault", "x", "--format", "github"], ["--diff=main", "--no-cache"], ["--select", "L"]],
)
def test_what_hooks_and_workflows_say_is_read(words: list[str]) -> None:
    assert asked.read(words) is not None


@pytest.mark.parametrize(
    "words", [["--help"], ["--heal"], ["--deep"], ["--format", "csv"], ["--vault"], ["a=b"], ["--", "-y"], ["-y"]]
)
def test_all_else_is_for_the_command_line(words: list[str]) -> None:
    assert asked.read(words) is None


def test_a_lint_loads_neither_the_command_lines_library_nor_what_it_does_not_need(tmp_path: Path) -> None:
    root = vault(tmp_path / "vault", "[[a]]")
    code = """
import os, sys
import karpwiki.__main__ as entry
def leave(code):
    print(*sorted({m.split(".")[0] for m in sys.modules}))
    sys.exit(code)
os._exit = leave
sys.argv = ["karpwiki", "lint", "--no-cache"]
entry.main()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    loaded = done.stdout.splitlines()[-1].split()
    assert "karpwiki" in loaded
    assert not {"typer", "pydantic", "yaml", "subprocess", "logging", "rich", "anthropic", "markdown_it"} & set(loaded)


def test_what_is_said_reaches_a_pipe_and_the_exit_code_its_caller(tmp_path: Path) -> None:
    root = vault(tmp_path / "vault", "[[nowhere]]")
    command = [sys.executable, "-m", "karpwiki", "lint", "--format", "json"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and '"broken-link"' in done.stdout
    gone = subprocess.run([*command, "--vault", "nowhere"], cwd=root, capture_output=True, text=True, check=False)
    assert gone.returncode == 2 and gone.stderr.startswith("error: ")
