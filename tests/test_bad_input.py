"""What is wrong gives one sentence with the file and the next step, the right exit code, and the rest is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vaults import add, karpwiki, make, tree

GOOD = (
    "# Memex\n\nThe **memex** is a desk for books. The memex holds trails that join its pages. "
    "The memex was described in 1945 by Vannevar Bush.\n\nA memex keeps all books of its owner.\n"
)


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    return make(tmp_path / "vault", {"good.md": GOOD}, 'language = "en"\n')


def said(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return out, err


@pytest.mark.parametrize(
    ("name", "content", "code", "words"),
    [
        ("empty.md", b"", 3, "empty"),
        ("blank.md", b"\n \n\t\n", 3, "empty"),
        ("picture.md", b"\x89PNG\r\n\x1a\n\0\0\0", 3, "is a picture, not text"),
        ("paper.md", b"%PDF-1.7 \xe2\xe3\xcf\xd3", 3, "is a PDF file"),
        ("binary.md", b"abc\0\x01\x02" * 50, 3, "is a binary file"),
        ("latin.md", b"caf\xe9 na\xefve \xff\xfe\xfd", 3, "encoding cannot be told"),
        (
            "huge.md",
            b"word " * 2_500_000,
            3,
            "is 12,500 kB; the most that is read as one source are 10,000 kB: split it",
        ),
    ],
)
def test_a_file_that_cannot_be_read_stops_no_other(
    vault: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, code: int, words: str
) -> None:
    add(vault, {name: content})
    before = tree(vault / "raw")
    assert karpwiki(vault, "ingest", f"raw/{name}", "raw/good.md") == code
    out, err = said(capsys)
    assert name in out + err
    assert words in out + err
    assert (vault / "wiki/sources/memex.md").exists() or (vault / "wiki/sources/memex-source.md").exists()
    assert tree(vault / "raw") == before
    assert karpwiki(vault, "lint") == 0, said(capsys)


def test_chinese_in_gb18030_and_a_file_with_bom_and_crlf_are_read(vault: Path) -> None:
    chinese = "# 卡片盒\n\n**卡片盒**是卢曼的笔记方法。卡片盒里有九万张卡片。卡片盒分为两个部分，都用木柜存放。\n"
    add(vault, {"gb.md": chinese.encode("gb18030"), "crlf.md": b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()})
    assert karpwiki(vault, "ingest") == 0
    text = "".join(p.read_text("utf-8") for p in (vault / "wiki/sources").glob("*.md"))
    assert "`gb.md:3` “卡片盒里有九万张卡片。”" in text
    assert "`crlf.md:3` “The memex holds trails that join its pages.”" in text
    assert karpwiki(vault, "lint") == 0


def test_a_page_with_broken_yaml_is_named_and_its_words_stay(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert karpwiki(vault, "ingest") == 0
    page = vault / "wiki/concepts/mine.md"
    page.parent.mkdir(exist_ok=True)
    page.write_text("---\ntitle: [unclosed\n---\n\n# Mine\n", "utf-8")
    assert karpwiki(vault, "lint") == 1
    out, _ = said(capsys)
    assert "wiki/concepts/mine.md" in out
    assert "invalid-frontmatter" in out
    assert karpwiki(vault, "compile") == 0
    assert page.read_text("utf-8") == "---\ntitle: [unclosed\n---\n\n# Mine\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["ingest", "--model", "gpt-99"], 2, "There is no model 'gpt-99'"),
        (["ingest", "--model", "anthropic"], 5, "ANTHROPIC_API_KEY"),
        (["ingest", "raw/none.md"], 2, "There is no file raw/none.md"),
        (["ingest", "karpwiki.toml"], 2, "is not under raw/"),
        (["ingest", "--model", "replay:nowhere"], 2, "nowhere"),
        (["lint", "--format", "yaml"], 2, "yaml"),
        (["frobnicate"], 2, "frobnicate"),
        (["undo"], 2, "nothing to undo"),
    ],
)
def test_a_wrong_command_is_told_what_to_do(
    vault: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    before = tree(vault / "wiki")
    assert karpwiki(vault, *arguments) == code
    _, err = said(capsys)
    assert words in err
    assert tree(vault / "wiki") == before


def test_a_folder_that_is_no_vault_is_told_of_init(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("ingest", "compile", "lint", "status", "undo"):
        assert karpwiki(tmp_path, command) == 2
        assert "karpwiki init" in said(capsys)[1]


@pytest.mark.parametrize("line", ["colour = 1", 'language = ["en"]', "page_claims = 0", "x = [", 'links = "html"'])
def test_a_bad_setting_is_named(vault: Path, capsys: pytest.CaptureFixture[str], line: str) -> None:
    (vault / "karpwiki.toml").write_text(line + "\n", "utf-8")
    assert karpwiki(vault, "status") == 2
    assert "karpwiki.toml" in said(capsys)[1]


def test_a_source_that_was_changed_is_refused(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert karpwiki(vault, "ingest") == 0
    (vault / "raw/good.md").write_text(GOOD + "More.\n", "utf-8")
    assert karpwiki(vault, "ingest") == 3
    assert "raw/good.md was changed after it was ingested" in said(capsys)[1]
    assert karpwiki(vault, "lint") == 1
    assert "raw-changed" in said(capsys)[0]


def test_links_devices_and_hidden_files_under_raw_are_passed_over(vault: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# Secret\n", "utf-8")
    (vault / "raw/link.md").symlink_to(tmp_path / "secret.md")
    (vault / "raw/loop").symlink_to(vault / "raw")
    (vault / "raw/.hidden.md").write_text("# Hidden\n", "utf-8")
    assert karpwiki(vault, "ingest") == 0
    assert "Secret" not in "".join(p.read_text("utf-8") for p in (vault / "wiki").rglob("*.md"))


def test_a_vaults_own_kind_is_a_row_of_its_settings(vault: Path) -> None:
    toml = '[kinds.theorem]\nfolder = "theorems"\nheading = "Theorems"\nabout = "a proved statement"\n'
    (vault / "karpwiki.toml").write_text('language = "en"\n' + toml, "utf-8")
    (vault / "names.txt").write_text("memex: theorem # person\n", "utf-8")
    assert karpwiki(vault, "ingest") == 0
    assert "type: theorem" in (vault / "wiki/theorems/memex.md").read_text("utf-8")
    assert "## Theorems" in (vault / "wiki/index.md").read_text("utf-8")
    assert karpwiki(vault, "lint") == 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("title: ", "title: [", 1),
        lambda text: text.replace("## Claims", "<<<<<<< ours\n## Claims\n=======\n## Statements\n>>>>>>> theirs", 1),
        lambda text: text + "\n<!-- karpwiki 1\n-->\n",
        lambda text: text.encode("utf-8").replace("“".encode(), b"\xff", 1),
    ],
)
def test_a_page_of_ours_that_cannot_be_read_stops_before_anything_is_lost(
    vault: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[str], str | bytes]
) -> None:
    assert karpwiki(vault, "ingest") == 0
    page = vault / "wiki/sources/memex-source.md"
    broken = damage(page.read_text("utf-8"))
    page.write_bytes(broken if isinstance(broken, bytes) else broken.encode())
    before = tree(vault / "wiki")
    for command in (["compile"], ["ingest"]):
        assert karpwiki(vault, *command) == 3
        assert "wiki/sources/memex-source.md" in said(capsys)[1]
    assert karpwiki(vault, "lint", "--heal") == 1
    assert tree(vault / "wiki") == before


def test_lines_of_names_txt_that_say_nothing_or_contradict_are_named(
    vault: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (vault / "names.txt").write_text("just words\nMemex = Desk # person\nMemex != Desk # person\n", "utf-8")
    assert karpwiki(vault, "ingest") == 0
    _, err = said(capsys)
    assert "names.txt line 1 is no decision and has no effect: just words" in err
    assert "names.txt lines 2 and 3 contradict" in err
    assert "just words" in (vault / "names.txt").read_text("utf-8")
