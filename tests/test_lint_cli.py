"""`karpwiki lint` as people and workflows use it: which rules, which format, what a change brought."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from karpwiki import formats
from karpwiki.cli import run as main
from karpwiki.findings import Finding, Report
from karpwiki.layout import placed
from karpwiki.rules import every
from test_rules import ingested
from vaults import karpwiki, make, tree

GIT = {**{n: v for n, v in os.environ.items() if not n.startswith("GIT_")}, "GIT_CONFIG_GLOBAL": os.devnull}
GIT |= {f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, env=GIT, check=True, capture_output=True)


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    root = tmp_path / "repository" / "notes"
    shutil.copytree(ingested(), root)
    git(root.parent, "init", "-q", "-b", "main")
    (root.parent / ".gitignore").write_text(".karpwiki/\n")
    git(root.parent, "add", "-A")
    git(root.parent, "commit", "-qm", "first")
    return root


def edit(root: Path, path: str, old: str, new: str) -> None:
    text = (root / path).read_text("utf-8")
    assert old in text
    (root / path).write_text(text.replace(old, new, 1), "utf-8")


def lint(root: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    capsys.readouterr()
    code = karpwiki(root, "lint", *options)
    return code, capsys.readouterr().out


# Which files


def test_files_and_folders(vault: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    box, bush = "wiki/entities/zettelkasten.md", "wiki/entities/vannevar-bush.md"
    edit(vault, box, "# ", "See [[Nowhere]].\n\n# ")
    edit(vault, "wiki/overview.md", "# ", "See [[Elsewhere]].\n\n# ")

    def told(*words: str) -> tuple[int, set[str]]:
        code, out = lint(vault, capsys, "--select", "broken-link", "--json", *words)
        data = json.loads(out)
        assert data["summary"]["errors"] == len(data["findings"])
        return code, {f["path"] for f in data["findings"]}

    def here(path: str) -> str:
        return box if path == "zettelkasten.md" else "wiki/entities"

    both = (1, {box, "wiki/overview.md"})
    assert told() == told(str(vault)) == told(str(vault / "wiki")) == told(str(vault), str(vault / box)) == both
    assert told(str(vault / box)) == told(str(vault / "wiki/entities")) == (1, {box})
    assert told(str(vault / bush)) == (0, set())
    assert told(str(vault / bush), str(vault / "wiki/overview.md")) == (1, {"wiki/overview.md"})
    assert lint(vault, capsys, "--diff", "HEAD", box, "--select", "broken-link")[0] == 1
    monkeypatch.chdir(vault / "wiki/entities")
    for path in ("zettelkasten.md", box, ".", "../entities/"):
        capsys.readouterr()
        assert main(["lint", "--select", "broken-link", path]) == 1
        assert capsys.readouterr().out.endswith(f"1 error, 0 warnings in {path if path == box else here(path)}.\n")
    monkeypatch.chdir("/")
    assert main(["lint", str(vault / box), "--select", "broken-link"]) == 1  # the vault is that of the file


def test_a_file_that_is_not_there_or_elsewhere(vault: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.md"
    other.write_text("# Other\n")
    assert karpwiki(vault, "lint", "wiki/nowhere.md") == 2
    assert "wiki/nowhere.md: no such file or folder." in capsys.readouterr().err
    assert karpwiki(vault, "lint", str(other)) == 2
    assert "is not in the vault" in capsys.readouterr().err


def test_a_page_that_is_a_link_is_what_it_is_called(vault: Path, tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Other\n")
    (vault / "wiki/other.md").symlink_to(tmp_path / "other.md")
    assert placed(vault.resolve(), [vault / "wiki/other.md"]) == ("wiki/other.md",)
    (tmp_path / "way").symlink_to(vault)
    assert placed(vault.resolve(), [tmp_path / "way/wiki/overview.md"]) == ("wiki/overview.md",)


def test_only_these_files_are_mended(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box, bush = "wiki/entities/zettelkasten.md", "wiki/entities/vannevar-bush.md"
    for path in (box, bush):
        edit(vault, path, "# ", "A word\u200bof [[Vannevar-Bush]].\n\n# ")
    before = tree(vault)
    assert karpwiki(vault, "lint", "--heal", "--dry-run", box) == 0
    assert "wiki/log.md gets an entry: heal | case-mismatch-link\n" in capsys.readouterr().out
    assert tree(vault) == before
    assert karpwiki(vault, "lint", "--heal", box) == 0
    changed = {path for path, h in tree(vault).items() if before.get(path) != h and not path.startswith(".karpwiki/")}
    assert changed == {box, "wiki/log.md"}
    assert "[[Vannevar-Bush]]" in (vault / bush).read_text("utf-8")
    assert "[[Vannevar-Bush]]" not in (vault / box).read_text("utf-8")
    capsys.readouterr()
    assert lint(vault, capsys, box)[1].endswith(f"in {box}.\n") and "Vannevar-Bush" in lint(vault, capsys)[1]


def test_where_on_its_line_a_finding_is(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(vault, "wiki/entities/zettelkasten.md", "# ", "中 Nowhere [[Nowhere]] AKIAQZ7XW3VB5NM2LK4J.\n\n# ")
    page = "wiki/entities/zettelkasten.md"
    line = next(n for n, text in enumerate((vault / page).read_text("utf-8").split("\n"), 1) if "中" in text)
    select = ("--select", "broken-link,orphan-page", str(vault / page))
    [f] = json.loads(lint(vault, capsys, "--json", *select)[1])["findings"]
    assert (f["line"], f["column"], f["end_column"]) == (line, 13, 20)
    assert f"line={line},col=13,endColumn=19,title=" in lint(vault, capsys, "--format", "github", *select)[1]
    data = json.loads(lint(vault, capsys, "--format", "sarif", *select)[1])
    region = data["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": line, "startColumn": 13, "endColumn": 20}
    assert formats.as_dict(Finding("L004", "orphan-page", "warning", page, 1, "no page links here"))["column"] is None


# Which rules


def test_rules_are_switched_and_graded_in_the_settings(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(vault, "wiki/entities/zettelkasten.md", "# ", "See [[Nowhere]] and [[vannevar-bush#None]].\n\n# ")
    assert lint(vault, capsys)[0] == 1
    (vault / "karpwiki.toml").write_text('[rules]\nbroken-link = "warning"\nbroken-anchor = "off"\n')
    code, out = lint(vault, capsys, "--select", "L")
    assert "warning  L001 broken-link" in out, "what is selected runs, graded as the settings say"
    code, out = lint(vault, capsys)
    assert code == 0 and "warning  L001 broken-link" in out and "broken-anchor" not in out
    code, out = lint(vault, capsys, "--strict", "--select", "broken-link")
    assert code == 1
    (vault / "karpwiki.toml").write_text('[rules]\nbroken-lnik = "off"\n')
    assert lint(vault, capsys)[0] == 2
    (vault / "karpwiki.toml").write_text('[rules]\nbroken-link = "loud"\n')
    assert lint(vault, capsys)[0] == 2


def test_a_group_that_is_selected_leaves_off_what_the_settings_put_off(
    vault: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(vault, "wiki/entities/zettelkasten.md", "# ", "See [[Nowhere]] and [[vannevar-bush#None]].\n\n# ")
    (vault / "karpwiki.toml").write_text('[rules]\nbroken-link = "off"\n')

    def told(select: str) -> set[str]:
        return set(re.findall(r"L\d{3} ([a-z-]+):", lint(vault, capsys, "--select", select)[1]))

    assert "broken-link" not in told("L") and {"broken-anchor", "broken-link"} <= told("L,L001")
    assert told("broken-link") == {"broken-link"}


def test_select_and_ignore(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(vault, "wiki/entities/zettelkasten.md", "# ", "See [[Nowhere]] and [[vannevar-bush#None]].\n\n# ")
    names = {
        options: {f["name"] for f in json.loads(lint(vault, capsys, *options, "--json")[1])["findings"]}
        for options in (("--select", "l001"), ("--select", "L", "--ignore", "L001"), ("--select", "broken-link,L002"))
    }
    assert names[("--select", "l001")] == {"broken-link"}
    assert "broken-link" not in names[("--select", "L", "--ignore", "L001")]
    assert names[("--select", "broken-link,L002")] == {"broken-link", "broken-anchor"}
    assert lint(vault, capsys, "--select", "broken-lnik")[0] == 2


def test_what_a_person_allows_is_counted(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(vault, "wiki/entities/zettelkasten.md", "# ", "See [[Nowhere]]. <!-- karpwiki: allow broken-link -->\n\n# ")
    code, out = lint(vault, capsys)
    assert code == 0 and "1 finding allowed where they stand." in out


def test_an_allowance_may_be_an_id_have_a_reason_and_stand_in_a_quotation_or_above_a_page(
    vault: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (vault / "wiki/concepts").mkdir(exist_ok=True)
    page = vault / "wiki/concepts/mine.md"
    head = "---\ntitle: Mine\ntype: concept\ncreated: 2026-01-01\nupdated: 2026-01-01\nsources: []\ntags: []\n"
    body = "> <!-- karpwiki: allow L001 -- to come -->\n> [[Nowhere]]\n\n[[Gone]] <!-- karpwiki: allow L001, -->\n"
    page.write_text(f"{head}# karpwiki: allow orphan-page, not-in-index\n---\n\n# Mine\n\n{body}", "utf-8")
    _, out = lint(vault, capsys, "--json", "--select", "L001,L004,V002")
    data = json.loads(out)
    assert data["findings"] == [] and data["summary"]["silenced"] == 3
    page.write_text(page.read_text("utf-8").replace("L001, -->", "broken-link: soon -->"), "utf-8")
    _, out = lint(vault, capsys)
    assert "'broken-link: soon' is no rule" in out


def test_a_group_in_the_settings(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(vault, "wiki/entities/zettelkasten.md", "# ", "See [[Nowhere]] and [[vannevar-bush#None]].\n\n# ")
    (vault / "karpwiki.toml").write_text('[rules]\nL = "off"\nbroken-anchor = "warning"\n')
    code, out = lint(vault, capsys)
    assert code == 0 and "L001" not in out and "warning  L002 broken-anchor" in out


def test_a_raw_file_that_is_no_text_is_not_to_be_ingested(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (vault / "raw/picture.bin").write_bytes(bytes(range(256)) * 20)
    (vault / "raw/new.md").write_text("Words.\n", "utf-8")
    _, out = lint(vault, capsys, "--json", "--select", "uncompiled-raw")
    told = {f["path"]: (f["message"], f["fix"]) for f in json.loads(out)["findings"]}
    assert "convert it to Markdown" in told["raw/picture.bin"][0] and told["raw/picture.bin"][1] == "none"
    assert "karpwiki ingest" in told["raw/new.md"][0] and told["raw/new.md"][1] == "model"


def test_what_is_not_linted_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path / "vault", {})
    (tmp_path / "vault/notes").mkdir()
    for name in ("a.md", "notes/b.md"):
        (tmp_path / "vault" / name).write_text("# A\n", "utf-8")
    assert karpwiki(tmp_path / "vault", "lint") == 0
    assert "2 Markdown files outside wiki/ and raw/" in capsys.readouterr().err


@pytest.mark.parametrize("rule", every(), ids=lambda rule: rule.NAME)
def test_every_rule_is_explained(rule: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert formats.explained(rule.ID.lower()) == formats.explained(rule.NAME)
    assert karpwiki(tmp_path, "lint", "--explain", rule.NAME) == 0
    by_name = capsys.readouterr().out
    assert karpwiki(tmp_path, "lint", "--explain", rule.ID) == 0
    assert capsys.readouterr().out == by_name and "## Why it hurts" in by_name


# Formats


def test_the_text_shows_the_line_and_what_is_meant(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(vault, "wiki/entities/zettelkasten.md", "# ", f"{'软件 ' * 40}See [[Nowhere]] {'x ' * 80}\n\n# ")
    _, out = lint(vault, capsys, "--select", "broken-link")
    line, marks = next((a, b) for a, b in zip(out.split("\n"), out.split("\n")[1:], strict=False) if "^" in b)
    assert "Nowhere" in line and len(line) < 120 and marks.strip().strip("|").strip() == "^" * len("Nowhere")
    at = formats._width(line[: line.index("Nowhere")])
    assert marks.index("^") == at, "Chinese characters are two columns wide"


def test_a_secret_is_shown_by_its_beginning_and_lines_fit_the_terminal(
    vault: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "ghp_9fK2xQ7bLmT4vZsR8wYcP3nHd6JgA1Ue5oXi"
    edit(vault, "wiki/entities/zettelkasten.md", "# ", f"{'词 ' * 30}{token} [[Nowhere]] {'x ' * 80}\n\n# ")
    for columns in (50, 200):
        monkeypatch.setenv("COLUMNS", str(columns))
        _, out = lint(vault, capsys, "--select", "secret,broken-link")
        shown = [line for line in out.split("\n") if line.startswith(formats.MARGIN)]
        assert len(shown) == 4 and token not in out and any("ghp_…" in line for line in shown)
        assert all(formats._width(line) <= columns for line in shown)


def test_annotations_of_github_are_encoded() -> None:
    words = "a%b\r\n::set-output name=x::y \x1b[31m, : ‮"
    report = Report((Finding("L001", "broken-link", "error", "wiki/a,b: c%.md", 3, words),), pages=1)
    first, last = formats.github(report, "notes/").split("\n")
    assert first.startswith("::error file=notes/wiki/a%2Cb%3A c%25.md,line=3,title=L001 broken-link::a%25b")
    assert last == "1 error, 0 warnings in 1 page."
    assert not re.search("[\x00-\x1f‮]", first)


def test_no_line_of_github_output_begins_with_words_of_a_page(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(vault, "wiki/entities/zettelkasten.md", "# ", "[[::stop-commands::x]] [[a%0A::error::b]]\n\n# ")
    _, out = lint(vault, capsys, "--format", "github", "--select", "L001")
    lines = out.strip().split("\n")
    assert len(lines) == 3 and all(line.startswith("::error file=notes/wiki/") for line in lines[:-1])
    assert re.fullmatch(r"\d+ errors?, .*", lines[-1])


def test_json_goes_to_a_file(vault: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(vault, "wiki/entities/zettelkasten.md", "# ", "See [[Nowhere]].\n\n# ")
    code, out = lint(vault, capsys, "--format", "json", "--output", str(tmp_path / "out.json"))
    assert code == 1 and out == ""
    data = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert data["summary"]["errors"] == 1 and data["findings"][0]["name"] == "broken-link"
    before = tree(vault, ("cache.db",))
    for place in ("wiki/x.md", "raw/x.md", ".karpwiki/x", "wiki"):
        assert lint(vault, capsys, "--output", str(vault / place))[0] == 2
    assert tree(vault, ("cache.db",)) == before


# What a change brought


def test_only_what_changed_is_reported(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(vault, "wiki/entities/zettelkasten.md", "# ", "See [[Nowhere]].\n\n# ")
    git(vault, "commit", "-qam", "an old mistake")
    edit(vault, "wiki/entities/vannevar-bush.md", "# ", "See [[Gone]].\n\n# ")
    (vault / "wiki/entities/new.md").write_text("---\ntitle: New\n---\n\n# New\n\nSee [[Void]] and [[zettelkasten]].\n")
    code, out = lint(vault, capsys, "--diff", "HEAD", "--select", "L001")
    assert code == 1 and "Gone" in out and "Void" in out and "Nowhere" not in out
    code, out = lint(vault, capsys, "--diff", "HEAD~1", "--select", "L001")
    assert "Nowhere" in out


def test_a_page_that_a_change_deletes_breaks_links_elsewhere(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (vault / "wiki/entities/vannevar-bush.md").unlink()
    code, out = lint(vault, capsys, "--diff", "HEAD", "--select", "L001")
    assert code == 1 and "no page 'vannevar-bush'" in out
    git(vault, "commit", "-qam", "gone")
    assert lint(vault, capsys, "--diff", "HEAD", "--select", "L001")[0] == 0


def test_sources_and_log_are_not_rewritten(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    added = vault / "raw/notes/more.md"
    added.write_text("More words.\n")
    assert lint(vault, capsys, "--diff", "HEAD", "--select", "I004,V006")[0] == 0
    (vault / "raw/notes/memex.md").rename(vault / "raw/notes/moved.md")
    assert lint(vault, capsys, "--diff", "HEAD", "--select", "I004,V006")[0] == 0, "a move is followed"
    with (vault / "raw/notes/zettelkasten.md").open("a") as file:
        file.write("Another word.\n")
    (vault / "raw/notes/moved.md").unlink()
    with (vault / "wiki/log.md").open("a") as log:
        log.write("\n## [2026-11-22] ask | A question\n")
    code, out = lint(vault, capsys, "--diff", "HEAD", "--select", "I004,V006")
    assert code == 1 and "memex.md" in out and "was deleted" in out and "was changed" in out and "I004" not in out
    log_text = (vault / "wiki/log.md").read_text("utf-8")
    (vault / "wiki/log.md").write_text(re.sub(r"\d+ claims", "9 claims", log_text), "utf-8")
    code, out = lint(vault, capsys, "--diff", "HEAD", "--select", "I004")
    assert code == 1 and "the log said" in out


def test_a_pull_request_that_only_adds_sources_passes(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(vault, "checkout", "-qb", "more")
    (vault / "raw/notes/more.md").write_text("# More\n\nThe memex is a desk.\n")
    git(vault, "add", "-A")
    git(vault, "commit", "-qm", "more")
    code, out = lint(vault, capsys, "--diff", "main")
    assert code == 0 and "uncompiled-raw" in out


def test_no_such_commit_no_repository(vault: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint(vault, capsys, "--diff", "no-such-branch")[0] == 2
    assert lint(vault, capsys, "--diff", "--output=x")[0] == 2
    bare = tmp_path / "bare"
    shutil.copytree(ingested(), bare)
    assert lint(bare, capsys, "--diff", "HEAD")[0] == 2


SARIF = json.loads((Path(__file__).parent / "sarif-2.1.0.json").read_text("utf-8"))


def test_sarif_fits_its_schema(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (vault / "wiki/entities/ü b.md").write_text("# Ü\n\n[[Void]] <iframe>\n", "utf-8")
    edit(vault, "wiki/entities/zettelkasten.md", "# ", "See [[Nowhere]].\n\n# ")
    code, out = lint(vault, capsys, "--format", "sarif")
    log = json.loads(out)
    jsonschema.validate(log, SARIF)
    [run] = log["runs"]
    assert code == 1 and len(run["results"]) >= 3 and len(run["tool"]["driver"]["rules"]) == len(every())
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    places = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]}
    assert "notes/wiki/entities/%C3%BC%20b.md" in places, "relative to the repository"


def test_a_clean_vault_in_every_format(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint(vault, capsys, "--format", "github") == (0, "0 errors, 0 warnings in 8 pages.\n")
    code, out = lint(vault, capsys, "--format", "sarif")
    jsonschema.validate(json.loads(out), SARIF)
    assert code == 0 and json.loads(out)["runs"][0]["results"] == []
