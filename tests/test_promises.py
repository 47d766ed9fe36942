"""The promises of the design, kept on real documents with the embedded model: byte by byte."""

from __future__ import annotations

import itertools
import random
import shutil
from pathlib import Path

import pytest

from karpwiki.settings import read_settings
from karpwiki.vault import read_wiki
from vaults import documents, karpwiki, make, times, tree

SIX = (
    "notes/file-over-app.md",
    "notes/memex-and-trails.md",
    "notes/software-3-0.md",
    "notes/zettelkasten.md",
    "zh/llm-operating-system.md",
    "zh/llm-wiki.md",
)
SETTINGS = 'name = "Six"\nlanguage = "en"\n'


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    root = make(tmp_path / "vault", documents(*SIX), SETTINGS)
    assert karpwiki(root, "ingest") == 0
    return root


def test_a_second_run_writes_nothing_today_and_next_week(
    vault: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before, stamps = tree(vault / "wiki"), times(vault / "wiki")
    for epoch in ("1795219200", "1795824000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        for command in (["ingest"], ["compile"], ["compile", "--all"], ["lint", "--heal"]):
            assert karpwiki(vault, *command) == 0, command
            assert tree(vault / "wiki") == before, command
    assert times(vault / "wiki") == stamps
    assert "Nothing to do" in capsys.readouterr().out


def test_the_text_is_the_state(vault: Path) -> None:
    before, stamps = tree(vault / "wiki"), times(vault / "wiki")
    shutil.rmtree(vault / ".karpwiki")
    assert karpwiki(vault, "ingest") == 0
    assert karpwiki(vault, "compile") == 0
    assert (tree(vault / "wiki"), times(vault / "wiki")) == (before, stamps)


@pytest.mark.parametrize("seed", range(4))
def test_any_order_and_grouping_gives_the_same_wiki(vault: Path, tmp_path: Path, seed: int) -> None:
    order = random.Random(seed).sample(SIX, len(SIX))
    other = make(tmp_path / "other", documents(*SIX), SETTINGS)
    cut = sorted(random.Random(seed).sample(range(1, len(SIX)), 2))
    for first, last in itertools.pairwise([0, *cut, len(SIX)]):
        assert karpwiki(other, "ingest", *(f"raw/{name}" for name in order[first:last])) == 0
    assert tree(other / "wiki", ["log.md"]) == tree(vault / "wiki", ["log.md"])


def test_raw_is_never_touched(vault: Path) -> None:
    before, stamps = tree(vault / "raw"), times(vault / "raw")
    for command in (["ingest"], ["compile", "--all"], ["lint", "--heal", "--unsafe"], ["status"], ["undo"]):
        karpwiki(vault, *command)
    assert (tree(vault / "raw"), times(vault / "raw")) == (before, stamps)


def test_every_statement_is_grounded_and_lint_is_clean(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert karpwiki(vault, "lint", "--strict") == 0, capsys.readouterr().out
    wiki = read_wiki(vault)
    assert len(wiki.sources) == 6
    assert sum(len(s.claims) for s in wiki.sources.values()) > 100
    assert not read_settings(vault).model


def test_undo_restores_every_byte_but_the_log(vault: Path) -> None:
    before = tree(vault / "wiki", ["log.md"])
    (vault / "raw/more.md").write_text(
        "# Trails\n\nThe **memex** is a desk. The memex has trails. The memex is old.\n", "utf-8"
    )
    assert karpwiki(vault, "ingest") == 0
    assert tree(vault / "wiki", ["log.md"]) != before
    assert karpwiki(vault, "undo") == 0
    assert tree(vault / "wiki", ["log.md"]) == before


def test_a_name_that_two_parts_of_a_source_spell_otherwise_is_one(tmp_path: Path) -> None:
    said = "\n\n".join(f"The **{{0}}** module has {n} sockets for the north of town {n}." for n in range(2, 9))
    text = f"# Net\n\n## First\n\n{said.format('Net')}\n\n## Second\n\n{said.format('net')}\n"
    root = make(tmp_path / "vault", {"net.md": text}, 'language = "en"\npart_chars = 500\n')
    assert karpwiki(root, "ingest") == 0
    before = tree(root / "wiki")
    assert {"Net", "net"} & {s for c in next(iter(read_wiki(root).sources.values())).claims for s in c.subjects}
    assert karpwiki(root, "compile") == 0
    assert karpwiki(root, "lint", "--strict") == 0
    assert tree(root / "wiki") == before
