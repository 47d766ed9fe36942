"""`lint --heal` with a model: pages are phrased again as a compile does, within the budget, never worse."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from karpwiki.build import Built, build
from karpwiki.changes import Plan
from karpwiki.heal import heal
from karpwiki.names import parse_names
from karpwiki.prepare import prepare
from karpwiki.settings import read_settings
from karpwiki.vault import read_wiki
from karpwiki.wiki import Wiki
from loopback import Loopback, Script
from test_deep import BUSH, MEMEX, edit
from test_real_sdk import answer, prompt
from test_rules import ingested
from vaults import add, karpwiki, tree

MINE = "A word of mine about the [[zettelkasten]]."
LUHMANN = "wiki/entities/niklas-luhmann.md"


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A vault with one page that a model must phrase again, one that code mends, and words by hand."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    monkeypatch.setattr("karpwiki.calls.BACKOFF", 0.01)
    root = Path(shutil.copytree(ingested(), tmp_path / "vault"))
    edit(root, MEMEX, "never built the **memex**.", "never made the **memex**.")
    edit(root, BUSH, "## Sources", f"{MINE}\n\n## Sources")
    edit(root, LUHMANN, "updated: 2026-11-21\n", "")
    return root


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Any:
    with Loopback(answer) as running:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", running.url)
        yield running


def healed(root: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = karpwiki(root, "lint", "--heal", *options)
    said = capsys.readouterr()
    return code, said.out, said.err


def asked(server: Loopback) -> list[str]:
    """The first lines of what was asked."""
    return [prompt(r)[1].split("\n")[0] for r in server.requests]


def test_a_page_is_phrased_again(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    raw, log = tree(vault / "raw"), (vault / "wiki/log.md").read_text("utf-8")
    code, out, said = healed(vault, capsys)
    assert code == 0 and "Estimate: 1 call to claude-sonnet-5-5, about" in said
    assert f"healed  {BUSH}: page-out-of-date (phrased again: claims reworded)" in out
    assert f"healed  {LUHMANN}: missing-field" in out and "0 errors, 0 warnings" in out
    page = (vault / BUSH).read_text("utf-8")
    assert "never made the memex" in page and "by claude-sonnet-5-5/" in page and MINE in page
    added = (vault / "wiki/log.md").read_text("utf-8").removeprefix(log)
    assert added.count("## [") == 1 and "vannevar-bush.md: page-out-of-date (phrased again: claims reworded)" in added
    assert asked(server)[0].startswith("Page: Vannevar Bush (entity)") and tree(vault / "raw") == raw
    whole, calls = tree(vault / "wiki"), server.count
    assert healed(vault, capsys)[0] == 0 and karpwiki(vault, "compile") == 0
    assert tree(vault / "wiki") == whole and server.count == calls, "a second run asks and writes nothing"
    assert karpwiki(vault, "undo") == 0 and "never made" not in (vault / BUSH).read_text("utf-8")


def test_it_is_what_compile_makes(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    other = Path(shutil.copytree(vault, vault.parent / "other"))
    assert healed(vault, capsys)[0] == 0 and karpwiki(other, "compile") == 0
    assert tree(vault / "wiki", ["log.md"]) == tree(other / "wiki", ["log.md"])


def test_without_a_model_it_is_as_it_was(
    vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = Path(shutil.copytree(vault, vault.parent / "twin"))
    code, out, said = healed(vault, capsys, "--model", "excerpt")
    assert code == 0 and "C001 page-out-of-date: claims reworded [karpwiki compile]" in out and not said
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    assert healed(twin, capsys) == (code, out, said) and tree(twin / "wiki") == tree(vault / "wiki")
    assert server.count == 0
    (twin / "karpwiki.toml").write_text('model = "anthropic"\n')
    code, _, said = healed(twin, capsys)
    assert code == 0 and said.startswith("No model was asked: ") and "ANTHROPIC_API_KEY" in said
    assert healed(twin, capsys, "--model", "anthropic")[0] == 5, "one that is named must be there"


def test_nothing_is_opened_where_nothing_is_to_be_asked(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert karpwiki(vault, "compile", "--model", "excerpt") == 0
    edit(vault, LUHMANN, "updated: 2026-11-21\n", "")
    (vault / "karpwiki.toml").write_text('model = "replay:nowhere"\n')
    code, out, said = healed(vault, capsys)
    assert code == 0 and "missing-field" in out and not said


def test_a_dry_run_says_what_it_would_ask(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(vault / "wiki")
    code, out, _ = healed(vault, capsys, "--dry-run")
    assert code == 0 and "+updated: 2026-11-21" in out and "never made" not in out.split("1 page to be")[0]
    assert "  wiki/entities/vannevar-bush.md: claims reworded (4 claims)\n" in out
    assert "1 page to be phrased again: 1 call to claude-sonnet-5-5, about" in out
    assert server.count == 0 and tree(vault / "wiki") == before


def test_the_budget_stops_it_before_any_call(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(vault / "wiki")
    code, _, said = healed(vault, capsys, "--max-cost", "0.0001")
    assert code == 5 and "Nothing was asked" in said and server.count == 0 and tree(vault / "wiki") == before


def test_a_call_that_fails_leaves_the_page_unpolished(
    vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    server.handler = lambda body: Script.error(500)
    code, out, said = healed(vault, capsys)
    assert code == 3 and f"unpolished: {BUSH}: " in said and f"{LUHMANN}: missing-field" in out
    page = (vault / BUSH).read_text("utf-8")
    assert "unpolished yes" in page and MINE in page
    server.handler = answer
    assert healed(vault, capsys)[0] == 0 and "by claude-sonnet-5-5/" in (vault / BUSH).read_text("utf-8")


def test_a_model_that_cannot_be_opened_stops_no_repair(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (vault / "karpwiki.toml").write_text('model = "replay:nowhere"\n')
    code, out, said = healed(vault, capsys)
    assert code == 0 and "missing-field" in out and "No model was asked: There is no folder" in said
    assert healed(vault, capsys, "--model", "replay:nowhere")[0] == 2


def test_a_page_that_cannot_be_read_stops_it(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    edit(vault, "wiki/entities/zettelkasten.md", "title: Zettelkasten", "title: [Zettelkasten")
    assert healed(vault, capsys)[0] == 1 and server.count == 0


def test_a_source_that_is_not_read_is_left_to_ingest(
    vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    assert karpwiki(vault, "compile", "--model", "excerpt") == 0
    add(vault, {"new.md": "# New\n\nNobody read this.\n"})
    code, out, _ = healed(vault, capsys)
    assert code == 0 and "is not ingested: run `karpwiki ingest`" in out and server.count == 0


def test_a_rule_that_is_off_asks_for_nothing(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = healed(vault, capsys, "--ignore", "page-out-of-date")
    assert code == 0 and "missing-field" in out and server.count == 0


def test_what_a_model_made_that_adds_an_error_is_taken_back(vault: Path) -> None:
    wiki, settings = read_wiki(vault), read_settings(vault)

    def phrase(given: Wiki, tensions: object, asks: bool) -> Built:
        assert asks and not tensions
        made = build(vault, prepare(vault, given, settings), None, "W")
        [bad] = [e for e in made.edits if e.path == BUSH] or [None]
        text = (bad.text if bad else given.pages[BUSH].text) or ""
        edits = [e for e in made.edits if e.path != BUSH]
        broken = replace(made.edits[0], path=BUSH, text=text.replace("# Vannevar", "[[nowhere]]\n\n# Vannevar", 1))
        return Built((*edits, broken), Plan())

    made = heal(wiki, settings, phrase=phrase)
    assert ("page-out-of-date", BUSH) in made.refused
    assert all("[[nowhere]]" not in (e.text or "") for e in made.changes.edits)
    assert LUHMANN in {e.path for e in made.changes.edits}, "what code mended stays"


def test_a_line_of_names_that_is_replaced_goes(tmp_path: Path) -> None:
    """Healing writes names.txt as a compile does."""
    root = Path(shutil.copytree(ingested(), tmp_path / "vault"))
    for title in ("Vannevar Bush (engineer)", "V. Bush"):
        text = (root / BUSH).read_text("utf-8")
        head, _, rest = text.partition("\ntype: ")
        (root / BUSH).write_text(f"---\ntitle: {title}\ntype: {rest}", "utf-8")
        assert head.startswith("---\ntitle: ") and karpwiki(root, "lint", "--heal") == 0
    titles = [d.value for d in parse_names((root / "names.txt").read_text("utf-8"))[0] if d.relation == "title"]
    assert titles == ["V. Bush"]


def test_json_tells_what_is_left(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    server.handler = lambda body: Script.error(500)
    code, out, _ = healed(vault, capsys, "--json")
    data = json.loads(out)
    assert code == 3 and BUSH in data["unpolished"] and data["refused"] == []
