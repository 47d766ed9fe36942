"""What git knows of a vault: the files that a change touched, line by line, and what they were before. Reads only."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .errors import UsageError
from .pattern import pattern

SECONDS = 120
"""Of one git command."""
_HUNK = pattern(rb"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@", re.M)


@dataclass(frozen=True, slots=True)
class Since:
    """What changed in a vault since a commit. Paths are relative to the vault's root."""

    ref: str
    lines: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """Path → the lines of today that are new or changed; of a file that is gone, none."""
    before: Mapping[str, bytes | None] = field(default_factory=dict)
    """Path → the bytes that each of these had; None: there was no such file."""


def since(root: Path, ref: str) -> Since:
    """What changed since the commit where the present branch and `ref` parted, uncommitted changes and new files too.

    Raises UsageError when there is no git, no repository or no such commit.
    """
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if not commit:
        raise UsageError(f"git knows no commit {ref!r}. In a workflow, check out with fetch-depth: 0.")
    base = _git(root, "merge-base", commit.decode().strip(), "HEAD").decode().strip()
    if not base:
        raise UsageError(f"{ref!r} and the present commit have nothing in common. Check out with fetch-depth: 0.")
    options = ("--no-ext-diff", "--no-color", "--no-renames", "--no-textconv", "--relative", base)
    names = _git(root, "diff", "--name-only", "-z", *options, "--", ".").split(b"\0")
    new = _git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", ".").split(b"\0")
    changed = [os.fsdecode(name) for name in names if name]
    lines = {path: _lines(_git(root, "diff", "-U0", *options, "--", f":(literal){path}")) for path in changed}
    before: dict[str, bytes | None] = {path: _at(root, base, path) for path in changed}
    for path in (os.fsdecode(name) for name in new if name):
        if not path.startswith(".karpwiki/"):
            lines[path], before[path] = frozenset(range(1, _count(root / path) + 1)), None
    return Since(ref, lines, before)


def _lines(diff: bytes) -> frozenset[int]:
    """The lines of today that a diff without context changes."""
    found: set[int] = set()
    for first, count in _HUNK.findall(diff):
        found |= set(range(int(first), int(first) + int(count or 1)))
    return frozenset(found)


def _at(root: Path, commit: str, path: str) -> bytes | None:
    """The bytes that a file had at a commit."""
    listed = _git(root, "ls-tree", "-z", commit, "--", path)
    kind = listed.split(b"\t")[0].split(b" ")
    return _git(root, "cat-file", "blob", kind[2].decode()) if len(kind) == 3 and kind[1] == b"blob" else None


def _count(file: Path) -> int:
    try:
        return file.read_bytes().count(b"\n") + 1 if file.is_file() and not file.is_symlink() else 0
    except OSError:
        return 0


def _git(root: Path, *arguments: str) -> bytes:
    """What a git command prints; b'' when it fails. Raises UsageError when there is no git or no repository."""
    import subprocess

    command: Sequence[str] = ("git", "-c", "core.quotepath=off", "-c", "core.fsmonitor=false", *arguments)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, timeout=SECONDS, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:
        raise UsageError("--diff needs git, which is not installed here.") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"git {arguments[0]} took longer than {SECONDS} seconds.") from None
    if b"not a git repository" in done.stderr:
        raise UsageError(f"--diff needs a git repository; {root} is in none.")
    return done.stdout if done.returncode == 0 else b""
