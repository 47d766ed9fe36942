"""What .karpignore matches is not read, not counted, and said to be left out when it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from karpwiki.ignore import ignored, line_for
from karpwiki.vault import read_wiki
from vaults import karpwiki, make

CLIP = "---\ntitle: A clip\nurl: https://blog.example.com/2026/a?b=c\n---\n\n# A clip\n\nThe **memex** is a desk.\n"


@pytest.mark.parametrize("path", ["a.md", "a b.md", "!a#.md", "a[1]*?.md", "x\\y.md", "end ", "中文/笔记.md", "#a.md"])
def test_a_line_matches_one_path(path: str) -> None:
    from pathspec import GitIgnoreSpec

    spec = GitIgnoreSpec.from_lines([line_for(path)])
    assert spec.match_file(path)
    others = ["b.md", "x/" + path, path[1:], "a1.md", "ab.md"]
    assert not any(spec.match_file(o) for o in others if o and o != path)


@pytest.mark.parametrize(
    ("line", "matches"),
    [("example.com", True), ("blog.example.com", True), ("EXAMPLE.com", True), ("ample.com", False),
     ("other.com", False), ("clips/", True), ("*.txt", False), ("# example.com", False), ("", False)],
)  # fmt: skip
def test_paths_and_sites(tmp_path: Path, line: str, matches: bool) -> None:
    root = make(tmp_path / "vault", {"clips/a.md": CLIP})
    assert (ignored(f"# notes\n{line}\n", read_wiki(root).raw) == ("clips/a.md",)) == matches


def test_what_is_ignored_is_refused_and_said_and_does_not_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make(tmp_path / "vault", {"a.md": CLIP, "b.md": CLIP.replace("https://blog.example.com", "https://b.org")})
    (root / ".karpignore").write_text("example.com\n", "utf-8")
    assert karpwiki(root, "ingest") == 0
    assert [s.members[0].path for s in read_wiki(root).sources.values()] == ["b.md"]
    assert "| Files in raw | 1 |" in (root / "wiki/index.md").read_text("utf-8")
    capsys.readouterr()
    assert karpwiki(root, "ingest", "raw/a.md") == 3
    assert "matches .karpignore" in capsys.readouterr().err
    assert karpwiki(root, "lint", "--strict") == 0
