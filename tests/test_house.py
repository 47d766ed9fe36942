"""The house rules: reading order is import order, one door per effect, ceilings, nothing heavy at start-up."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
SOURCE = HERE / "src/karpwiki"
FILES = sorted(SOURCE.rglob("*.py"))
MAX_LINES, MAX_FUNCTION, MAX_COMMAND = 300, 60, 12
LINE = re.compile(r"^([\w/]+\.py)\s{2,}\S")


def reading_list() -> list[str]:
    """The files of the README's reading list, in its order; a folder stands for its files."""
    text = (HERE / "README.md").read_text("utf-8")
    block = re.search(r"```text\nsrc/karpwiki/\n(.*?)```", text, re.S)
    assert block, "the README has no reading list"
    return [m[1] for line in block[1].split("\n") if (m := LINE.match(line.strip()))]


def imports(file: Path) -> set[str]:
    """The files of the package that a file imports, relative to it; imports for type checkers do not count."""
    found: set[str] = set()
    for node in _nodes(ast.parse(file.read_text("utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = file.parent
        for _ in range(node.level - 1):
            base = base.parent
        base = base.joinpath(*(node.module or "").split(".")) if node.module else base
        modules = [base / f"{a.name}.py" for a in node.names]
        package = [] if all(m.exists() for m in modules) else [base / "__init__.py"]
        names = [base.with_suffix(".py"), *package, *modules]
        found |= {
            n.relative_to(SOURCE).as_posix() for n in names if n.exists() and n != file and n != SOURCE / "__init__.py"
        }
    return found


def _nodes(tree: ast.AST) -> list[ast.AST]:
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    return [n for n in ast.walk(tree) if id(n) not in skipped]


def name_of(file: Path) -> str:
    return file.relative_to(SOURCE).as_posix()


def test_the_readme_lists_every_file_once() -> None:
    listed = reading_list()
    rules = {name_of(f) for f in FILES if f.parent.name == "rules" and f.name != "__init__.py"}
    assert sorted(listed) == sorted({name_of(f) for f in FILES} - rules)


def test_a_file_imports_only_files_above_it() -> None:
    order = {name: n for n, name in enumerate(reading_list())}
    for file in FILES:
        mine = order.get(name_of(file), order["rules/__init__.py"])
        for other in imports(file):
            if file.parent.name == "rules" and other.startswith("rules/"):
                continue  # one module a rule: no order among them
            assert order.get(other, order["rules/__init__.py"]) < mine, f"{name_of(file)} imports {other}"


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("rich", {"show.py"}),
        ("typer", {"cli.py", "options.py"}),
        ("anthropic", {"models/anthropic.py", "models/batches.py"}),
        ("httpx2", {"models/anthropic.py", "models/batches.py", "models/chat.py"}),
        ("socket", {"models/wire.py"}),
        ("urllib.request", set()),
        ("filelock", {"write.py"}),
        ("subprocess", {"models/command.py", "git.py"}),
    ],
)
def test_one_door_per_effect(module: str, allowed: set[str]) -> None:
    for file in FILES:
        names = set()
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {a.name for a in node.names}
            if isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module or "")
        used = any(n == module or n.startswith(module + ".") for n in names)
        assert not used or name_of(file) in allowed, f"{name_of(file)} imports {module}"


def test_only_the_door_writes() -> None:
    writing = re.compile(
        r"\.write_(text|bytes)\(|\.(unlink|rename|replace|mkdir|touch|rmdir)\(\)|open\([^)]*[\"'][wax]b?\+?[\"']|os\.(write|replace|unlink|rename|remove|makedirs|mkdir)\("
    )
    for file in FILES:
        # What processes hand over to each other is no file.
        if name_of(file) not in ("write.py", "journal.py", "disk.py", "spread.py"):
            assert not writing.search(file.read_text("utf-8")), name_of(file)


def test_only_show_and_the_entry_point_print() -> None:
    for file in FILES:
        text = file.read_text("utf-8")
        if name_of(file) not in ("show.py", "__main__.py", "cli.py"):
            assert not re.search(r"\bprint\(|sys\.std(out|err)\.write", text), name_of(file)


def test_files_functions_and_commands_keep_their_ceilings() -> None:
    for file in FILES:
        text = file.read_text("utf-8")
        assert text.count("\n") <= MAX_LINES, f"{name_of(file)} has {text.count(chr(10))} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= MAX_FUNCTION, f"{name_of(file)}: {node.name} has {length} lines"
                decorated = any("app.command" in ast.unparse(d) for d in node.decorator_list)
                decorated |= name_of(file) in ("cli_edits.py", "cli_models.py")
                body = sum((n.end_lineno or 0) - n.lineno + 1 for n in node.body[1:])
                assert not decorated or body <= MAX_COMMAND, f"command {node.name} has a body of {body} lines"


def test_public_functions_have_docstrings() -> None:
    for file in FILES:
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                short = isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno < 9
                named = node.name in ("check", "fix") or file.name == "cli.py" or "forms" in file.name
                assert short or named or ast.get_docstring(node), f"{name_of(file)}: {node.name}"


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    code = "import sys, karpwiki.cli; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"anthropic", "httpx2", "rich", "markdown_it", "yaml", "rapidfuzz"} & set(loaded)


def test_the_project_speaks_of_itself_alone() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=HERE, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    bad = re.compile(r"/work/|/root/|\bhelper[- ]\d|issue #\d|shared/(DESIGN|STYLE|TECH|FACTS)")
    for name in tracked:
        file = HERE / name
        if (
            name
            and file.suffix in (".py", ".md", ".toml", ".yaml", ".yml", "")
            and file.is_file()
            and name != "tests/test_house.py"
        ):
            assert not bad.search(file.read_text("utf-8", "replace")), name
