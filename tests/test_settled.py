"""What the last run left saves the reading of everything, and never hides work."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from karpwiki import cli, journal, opened, run, seen, settled, write
from karpwiki.vault import read_wiki
from loopback import Loopback
from test_batch import notes
from test_real_sdk import answer
from vaults import add, documents, karpwiki, make, tree

NOTES = ("notes/memex-and-trails.md", "notes/zettelkasten.md", "zh/llm-wiki.md")
PAGE = "wiki/concepts/memex.md"
STAMP = ".karpwiki/settled.json"


@pytest.fixture(params=["known by its bytes", "known by its times"])
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A vault after its ingest. All of its files are young; or none is, as if the ingest had been long ago."""
    if request.param == "known by its times":
        monkeypatch.setattr(seen, "YOUNG", -(10**15))
    root = make(tmp_path / "vault", documents(*NOTES), 'language = "en"\n')
    assert karpwiki(root, "ingest") == 0
    assert (root / PAGE).is_file()
    return root


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """One entry for each time that a command reads everything."""
    done: list[Path] = []

    def noted(root: Path, **given: Any) -> object:
        done.append(root)
        return read_wiki(root, **given)

    monkeypatch.setattr(opened, "read_wiki", noted)
    return done


def out(capsys: pytest.CaptureFixture[str], root: Path, *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = karpwiki(root, *arguments)
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize("command", [["compile"], ["compile", "--json"], ["ingest"], ["ingest", "--json"]])
def test_a_run_with_nothing_to_do_reads_nothing_and_says_the_same(
    vault: Path, command: list[str], reads: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(vault / "wiki")
    first, second = out(capsys, vault, *command), out(capsys, vault, *command)
    assert not reads
    (vault / STAMP).unlink()
    assert out(capsys, vault, *command) == first == second
    assert reads and tree(vault / "wiki") == before


def test_a_compile_that_found_nothing_to_do_keeps_that_for_a_clone(
    vault: Path, tmp_path: Path, reads: list[Path]
) -> None:
    clone = tmp_path / "clone"
    shutil.copytree(vault, clone, ignore=shutil.ignore_patterns(".karpwiki"))
    assert karpwiki(clone, "compile") == 0
    assert len(reads) == 1
    assert karpwiki(clone, "compile") == karpwiki(clone, "ingest") == 0
    assert len(reads) == 1


def rewrite(file: Path, change: Callable[[bytes], bytes]) -> None:
    """Other bytes, and the old time."""
    stat = file.stat()
    file.write_bytes(change(file.read_bytes()))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def touched(root: Path) -> None:
    for file in (root / "wiki").rglob("*.md"):
        os.utime(file, (1, 1))
    (root / "raw" / NOTES[0]).touch()


def checked_out(root: Path) -> None:
    for file in (root / PAGE, root / "raw" / NOTES[0]):
        data = file.read_bytes()
        file.unlink()
        file.write_bytes(data)


def other_permissions(root: Path) -> None:
    (root / PAGE).chmod(0o444)


def other_files(root: Path) -> None:
    (root / "notes.txt").write_text("not ours", "utf-8")
    (root / "wiki/.obsidian").mkdir()
    (root / "wiki/.obsidian/app.json").write_text("{}", "utf-8")


@pytest.mark.parametrize("change", [touched, checked_out, other_permissions, other_files])
def test_what_changes_no_byte_is_no_work(vault: Path, change: Callable[[Path], None], reads: list[Path]) -> None:
    change(vault)
    assert karpwiki(vault, "compile") == karpwiki(vault, "ingest") == karpwiki(vault, "compile") == 0
    assert not reads


def swapped(root: Path) -> None:
    (root / "wiki/index.md").replace(root / "wiki/kept.md")
    (root / "wiki/overview.md").replace(root / "wiki/index.md")
    (root / "wiki/kept.md").replace(root / "wiki/overview.md")


def linked(root: Path) -> None:
    (root / "elsewhere.md").write_bytes((root / PAGE).read_bytes())
    (root / PAGE).unlink()
    (root / PAGE).symlink_to(root / "elsewhere.md")


CHANGES: dict[str, Callable[[Path], object]] = {
    "same size and time": lambda root: rewrite(root / PAGE, lambda b: b.replace(b"Memex", b"Memix", 1)),
    "a page edited": lambda root: rewrite(root / PAGE, lambda b: b + b"\nMine.\n"),
    "a page deleted": lambda root: (root / PAGE).unlink(),
    "a page added": lambda root: (root / "wiki/mine.md").write_text("# Mine\n", "utf-8"),
    "a page moved": lambda root: (root / PAGE).rename(root / "wiki/entities/memex.md"),
    "two pages swapped": swapped,
    "a page made a link": linked,
    "the index emptied": lambda root: (root / "wiki/index.md").write_bytes(b""),
    "a new raw file": lambda root: add(root, documents("notes/file-over-app.md")),
    "a raw file deleted": lambda root: (root / "raw" / NOTES[1]).unlink(),
    "a raw file changed": lambda root: rewrite(root / "raw" / NOTES[1], lambda b: b.replace(b"e", b"o", 1)),
    "a raw file moved": lambda root: (root / "raw" / NOTES[1]).rename(root / "raw/notes/moved.md"),
    "names.txt": lambda root: (root / "names.txt").write_text("Memex: entity  # person\n", "utf-8"),
    "ignored": lambda root: (root / ".karpignore").write_text("zh/\n", "utf-8"),
    "settings": lambda root: (root / "karpwiki.toml").write_text('language = "en"\npage_claims = 9\n', "utf-8"),
    "settings of one size": lambda root: rewrite(root / "karpwiki.toml", lambda b: b.replace(b"en", b"zh")),
    "no settings": lambda root: (root / "karpwiki.toml").unlink(),
    "house style": lambda root: (root / "CLAUDE.md").write_text("## House style\n\nShort.\n", "utf-8"),
}


@pytest.mark.parametrize("commands", [("ingest", "compile"), ("compile", "ingest")])
@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_seen(
    vault: Path,
    tmp_path: Path,
    name: str,
    commands: tuple[str, str],
    reads: list[Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    CHANGES[name](vault)
    other = tmp_path / "other"
    shutil.copytree(vault, other, symlinks=True, ignore=shutil.ignore_patterns(".karpwiki"))
    for command in commands:
        shutil.rmtree(other / ".karpwiki", ignore_errors=True)
        assert out(capsys, vault, command) == out(capsys, other, command), command
        assert reads[0] == vault, "the first of the two looks at everything"
        assert tree(vault / "wiki") == tree(other / "wiki"), command


def test_a_prompt_of_the_vaults_own_is_seen(vault: Path, reads: list[Path]) -> None:
    (vault / "prompts").mkdir()
    shutil.copy(Path(run.__file__).parent / "prompts/page.md", vault / "prompts/page.md")
    assert karpwiki(vault, "compile") == 0
    assert reads


@pytest.mark.parametrize("arguments", [["--all"], ["--upgrade"], ["--dry-run"]])
def test_who_asks_for_more_gets_more(vault: Path, arguments: list[str], reads: list[Path]) -> None:
    assert karpwiki(vault, "compile", *arguments) == 0
    assert reads


def test_another_version_other_code_or_other_libraries_look_again(
    vault: Path, tmp_path: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(settled, "__version__", "99")
        assert karpwiki(vault, "compile") == 0
    code = tmp_path / "code"
    code.mkdir()
    (code / "a.py").write_text("a = 1", "utf-8")
    monkeypatch.setattr(seen, "CODE", code)
    for n in (2, 3):
        assert karpwiki(vault, "compile") == 0
        assert len(reads) == n
        assert karpwiki(vault, "compile") == 0
        assert len(reads) == n
        rewrite(code / "a.py", lambda b: b.replace(b"1", b"2"))
    data = json.loads((vault / STAMP).read_bytes())
    data["files"]["libraries"][1] -= 1
    (vault / STAMP).write_text(json.dumps(data), "utf-8")
    assert karpwiki(vault, "compile") == 0
    assert len(reads) == 4


def test_what_is_true_for_one_model_is_asked_anew_for_another(
    vault: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    assert karpwiki(vault, "compile") == 0, "nothing is asked, since nothing is to be done"
    assert len(reads) == 1
    assert karpwiki(vault, "compile", "--model", "claude-x") == 0
    assert len(reads) == 2


def test_a_missing_key_is_still_an_error(vault: Path) -> None:
    assert karpwiki(vault, "compile", "--model", "anthropic") == 5
    for page in (vault / "wiki").rglob("*.md"):
        rewrite(page, lambda b: b.replace(b"\nby excerpt/", b"\nby claude-sonnet-5-5/"))
    for _ in range(2):
        assert karpwiki(vault, "compile", "--model", "excerpt") == 0
        assert karpwiki(vault, "compile") == karpwiki(vault, "ingest") == 5, "excerpt is not chosen by itself here"


@pytest.mark.parametrize("junk", [b"", b"{}", b"[]", b"\xff", b'{"at": "x"}', b"[" * 5_000])
def test_a_broken_memory_is_none(vault: Path, junk: bytes, reads: list[Path]) -> None:
    (vault / STAMP).write_bytes(junk)
    assert karpwiki(vault, "compile") == 0
    assert len(reads) == 1
    assert karpwiki(vault, "compile") == 0
    assert len(reads) == 1


def pinned(root: Path) -> None:
    (root / "wiki/index.md").write_bytes(b"# Index\n")
    (root / "wiki/index.md").chmod(0o444)


LEFT: dict[str, Callable[[Path], object]] = {
    "a page without its pages": lambda root: add(root, documents("notes/file-over-app.md")),
    "pinned": pinned,
    "a line that is no decision": lambda root: (root / "names.txt").write_text("what is this\n", "utf-8"),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_has_something_left_to_do_or_to_say_is_not_kept(
    vault: Path, name: str, reads: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    LEFT[name](vault)
    karpwiki(vault, "ingest", "--no-compile")
    first = out(capsys, vault, "compile") if name != "a page without its pages" else None
    del reads[:]
    assert first in (None, out(capsys, vault, "compile"))
    assert len(reads) == 1 or first is None
    assert reads


def test_raw_files_that_cannot_be_read_are_named_each_time(
    vault: Path, reads: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    add(vault, {"notes/picture.md": b"\x89PNG\r\n\x1a\n\0\0"})
    assert karpwiki(vault, "compile") == 0
    del reads[:]
    for _ in range(2):
        code, _, said = out(capsys, vault, "ingest")
        assert (code, "notes/picture.md is a picture" in said) == (3, True)
    assert len(reads) == 2
    assert karpwiki(vault, "compile") == 0
    assert len(reads) == 2, "for a compile there is nothing to do"


@pytest.mark.parametrize("path", [PAGE, "wiki/new.md", "raw/new.md", "karpwiki.toml"])
def test_a_file_changed_while_a_run_works_is_looked_at_by_the_next(
    vault: Path, path: str, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (vault / STAMP).unlink()
    real = run.build

    def meanwhile(*arguments: object, **words: object) -> object:
        made = real(*arguments, **words)  # type: ignore[arg-type]
        with (vault / path).open("ab") as file:
            file.write(b"\n# meanwhile\n")
        return made

    with monkeypatch.context() as patch:
        patch.setattr(run, "build", meanwhile)
        assert karpwiki_raw(vault, "compile") == 0
    assert not (vault / STAMP).exists()
    assert karpwiki(vault, "compile") == 0
    assert len(reads) == 2


@pytest.mark.parametrize("edited", [False, True])
def test_long_work_committed_as_it_came_is_as_settled_as_any(
    tmp_path: Path, edited: bool, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless a person changed, between two parts of it, what the first had written."""
    monkeypatch.setattr("karpwiki.ingest.CHECKPOINT", 0.0)
    monkeypatch.setattr("karpwiki.ingest.SHARE", 0.0)
    monkeypatch.setattr(seen, "YOUNG", -(10**15))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    root = make(tmp_path / "v", notes(14), 'language = "en"\n')
    real, parts = write.commit, list[object]()

    def committed(*arguments: object, **words: object) -> object:
        parts.append(real(*arguments, **words))  # type: ignore[arg-type]
        if edited and len(parts) == 1:
            page = min((root / "wiki/sources").glob("*.md"))
            page.write_text(page.read_text("utf-8") + "\nA word of mine.\n", "utf-8")
        return parts[-1]

    monkeypatch.setattr(write, "commit", committed)
    with Loopback(answer) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(root, "ingest", "--jobs", "1") == 0
        assert len(parts) > 5
        reads.clear()
        assert karpwiki(root, "compile") == 0
    assert bool(reads) == edited


def karpwiki_raw(root: Path, *arguments: str) -> int:
    """Without the check that nobody touches raw/: here somebody does."""
    before = Path.cwd()
    os.chdir(root)
    try:
        return cli.run(list(arguments))
    finally:
        os.chdir(before)


def test_an_interrupted_write_is_finished_first(
    vault: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: object) -> list[str]:
        raise OSError(5, "stopped")

    add(vault, documents("notes/file-over-app.md"))
    with monkeypatch.context() as patch:
        patch.setattr(journal, "finish", stop)
        assert karpwiki(vault, "ingest") == 3
    del reads[:]
    code, _, said = out(capsys, vault, "compile")
    assert (code, len(reads)) == (0, 1)
    assert "Finished an interrupted write" in said


def test_undo_brings_work_back(vault: Path, reads: list[Path]) -> None:
    add(vault, documents("notes/file-over-app.md"))
    assert karpwiki(vault, "ingest") == 0
    assert karpwiki(vault, "undo") == 0
    del reads[:]
    assert karpwiki(vault, "compile") == 0
    assert karpwiki(vault, "ingest") == 0
    assert len(reads) == 2
    assert len(read_wiki(vault).sources) == 4


def test_a_vault_that_grows_by_ingests_alone_is_never_read_for_nothing(tmp_path: Path, reads: list[Path]) -> None:
    root = tmp_path / "vault"
    (root / "raw").mkdir(parents=True)
    assert karpwiki(root, "init", ".") == 0
    for n, name in enumerate(NOTES, 1):
        add(root, documents(name))
        assert karpwiki(root, "ingest") == karpwiki(root, "compile") == karpwiki(root, "ingest") == 0
        assert len(reads) == n


def test_what_is_written_on_top_of_a_persons_change_is_looked_at_once_more(vault: Path, reads: list[Path]) -> None:
    (vault / PAGE).unlink()
    for n in (1, 2, 2):
        assert karpwiki(vault, "compile") == 0
        assert len(reads) == n


@pytest.mark.parametrize("name", ["names.txt", ".karpignore"])
def test_a_link_in_the_place_of_a_file_is_told_each_time(
    vault: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (vault / name).unlink(missing_ok=True)
    (vault / name).symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_bytes(b"")
    for _ in range(2):
        code, _, said = out(capsys, vault, "compile")
        assert code == 3 and name in said and "link" in said


def test_what_a_link_leads_to_is_looked_at(vault: Path, tmp_path: Path, reads: list[Path]) -> None:
    name, target = "karpwiki.toml", tmp_path / "elsewhere"
    target.write_bytes((vault / name).read_bytes())
    (vault / name).unlink()
    (vault / name).symlink_to(target)
    assert karpwiki(vault, "compile") == 0
    del reads[:]
    assert karpwiki(vault, "compile") == 0
    assert not reads
    target.write_bytes(target.read_bytes() + b"# more\n")
    assert karpwiki(vault, "compile") == 0
    assert reads
