"""This repository's own wiki: up to date with raw/, clean, and made again from nothing, byte for byte."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from karpwiki.frontmatter import load, split
from karpwiki.vault import read_wiki
from vaults import karpwiki, tree

HERE = Path(__file__).parent.parent
PARTS = ("raw", "names.txt", "karpwiki.toml", "CLAUDE.md", ".karpignore")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The vault without its pages."""
    for part in PARTS:
        source, target = HERE / part, tmp_path / part
        if source.is_dir():
            shutil.copytree(source, target)
        elif source.exists():
            shutil.copy(source, target)
    (tmp_path / "tests").mkdir()
    shutil.copytree(HERE / "tests/answers", tmp_path / "tests/answers")
    (tmp_path / "wiki").mkdir()
    return tmp_path


def test_the_wiki_is_up_to_date_and_clean(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(copy / "wiki")
    shutil.copytree(HERE / "wiki", copy / "wiki")
    before = tree(copy / "wiki")
    assert karpwiki(copy, "ingest") == 0
    assert karpwiki(copy, "compile") == 0
    assert tree(copy / "wiki") == before
    assert "another prompt" not in capsys.readouterr().err, "the answers were recorded with today's prompts"
    assert karpwiki(copy, "lint", "--strict") == 0, capsys.readouterr().out


def test_the_wiki_can_be_made_again_from_nothing(copy: Path) -> None:
    assert karpwiki(copy, "ingest") == 0
    assert tree(copy / "wiki", ["log.md"]) == tree(HERE / "wiki", ["log.md"])


def test_pages_say_which_model_made_them() -> None:
    wiki = read_wiki(HERE)
    assert {p.state.by.split("/")[0] for p in wiki.pages.values() if p.state} == {"claude-recorded"}


def test_raw_is_what_it_must_be() -> None:
    notes = {p.relative_to(HERE / "raw").as_posix(): p.read_text("utf-8") for p in (HERE / "raw").rglob("*.md")}
    assert len(notes) >= 14
    chinese = [n for n, text in notes.items() if sum("\u4e00" <= c <= "\u9fff" for c in text) > len(text) / 4]
    assert len(chinese) >= 3
    posts = [n for n in notes if n.startswith("posts/")]
    assert len(posts) >= 5
    assert max(len(text.split()) for text in notes.values()) > 3_000
    for name, text in notes.items():
        meta = load(split(text)[0])
        assert meta.get("title"), name
        assert meta.get("date"), name
        assert "eference" in text or "参考资料" in text, name
    wiki = read_wiki(HERE)
    assert sorted(len(s.members) for s in wiki.sources.values())[-1] == len(posts), "the posts are one bundle"
    assert any("> [!warning] Tension" in p.text for p in wiki.pages.values())


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_what_the_readme_shows_of_a_page_stands_there(name: str) -> None:
    shown = re.search(r"wicer\.md\).*?```markdown\n(.*?)```", (HERE / name).read_text("utf-8"), re.S)
    assert shown
    page = " ".join((HERE / "wiki/methods/wicer.md").read_text("utf-8").split())
    for block in re.split(r"\n\n|\n(?=\||\[\^)", shown[1].strip()):
        assert " ".join(block.split()) in page
