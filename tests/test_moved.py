"""A raw file that moved: no call, no doubled claim, words by hand kept, the wiki as if it had always stood there."""

from __future__ import annotations

from pathlib import Path

import pytest

from vaults import documents, make, tree
from vaults import karpwiki as run

SETTINGS = 'name = "Moved"\nlanguage = "en"\n'
NAMES = ("notes/zettelkasten.md", "notes/memex-and-trails.md", "notes/file-over-app.md")


def move(root: Path) -> None:
    (root / "raw/2026/old").mkdir(parents=True)
    (root / "raw/notes/zettelkasten.md").rename(root / "raw/2026/old/zettelkasten.md")


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    root = make(tmp_path / "vault", documents(*NAMES), SETTINGS)
    assert run(root, "ingest") == 0
    return root


@pytest.mark.parametrize("command", ["ingest", "compile"])
def test_the_wiki_is_as_if_the_file_had_always_stood_there(
    vault: Path, tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {name.replace("notes/z", "2026/old/z"): data for name, data in documents(*NAMES).items()}
    fresh = make(tmp_path / "fresh", files, SETTINGS)
    assert run(fresh, "ingest") == 0
    move(vault)
    assert run(vault, "lint") == 1
    assert "source-missing" in capsys.readouterr().out
    assert run(vault, "compile", "--dry-run") == 0
    assert "0 pages: nothing to ask" in capsys.readouterr().out, "nobody is asked"
    assert run(vault, command) == 0
    assert "raw/notes/zettelkasten.md is now raw/2026/old/zettelkasten.md" in capsys.readouterr().err
    assert run(vault, "lint", "--strict") == 0
    before = tree(vault / "wiki")
    assert run(vault, "ingest") == 0
    assert tree(vault / "wiki") == before
    assert run(vault, "compile", "--all") == 0, "the order of sources on a page is that of their paths"
    assert tree(vault / "wiki", ["log.md"]) == tree(fresh / "wiki", ["log.md"])


def test_words_by_hand_stay(vault: Path) -> None:
    page = vault / "wiki/entities/niklas-luhmann.md"
    text = page.read_text("utf-8")
    changed = text.replace("## Sources", "A line of mine.\n\n## Sources", 1).replace(
        "Niklas Luhmann (1927", "My Luhmann (1927", 1
    )
    page.write_text(changed + "\n## Notes\n\nMine.\n", "utf-8")
    move(vault)
    assert run(vault, "compile") == 0
    now = page.read_text("utf-8")
    assert "A line of mine." in now
    assert "My Luhmann (1927" in now
    assert now.endswith("\n## Notes\n\nMine.\n")
    assert "`2026/old/zettelkasten.md:" in now
    assert "notes/zettelkasten.md" not in now
    assert run(vault, "lint") == 0
