"""What lint keeps of the last run saves reading, and never changes what is found."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from karpwiki import conflict, proof, seen, shelf, vault
from karpwiki.errors import ConflictError, UsageError
from karpwiki.findings import Choice, Report
from karpwiki.habits import ballot, is_by_hand
from karpwiki.lint import lint
from karpwiki.proof import proved
from karpwiki.settings import read_settings
from karpwiki.shelf import KeptPage, Shelf
from karpwiki.spread import spread
from karpwiki.vault import read_wiki
from karpwiki.wiki import Page
from vaults import documents, karpwiki, make, tree

NOTES = ("notes/memex-and-trails.md", "notes/zettelkasten.md", "zh/llm-wiki.md")
DATABASE = ".karpwiki/cache.db"
PAGE = "wiki/concepts/memex.md"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make(tmp_path_factory.mktemp("made") / "vault", documents(*NOTES), 'language = "en"\n')
    assert karpwiki(root, "ingest") == 0
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A vault all of whose files were written long ago."""
    monkeypatch.setattr(seen, "YOUNG", -(10**15))
    return Path(shutil.copytree(made, tmp_path / "vault"))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that were opened."""
    names: list[str] = []

    def noted(read: Callable[[Path | str], tuple[str, str]]) -> Callable[[Path | str], tuple[str, str]]:
        def reading(file: Path | str) -> tuple[str, str]:
            names.append(Path(file).name)
            return read(file)

        return reading

    for module in (shelf, vault):
        monkeypatch.setattr(module, "read_page", noted(vault.read_page))
    return names


def found(root: Path, cache: bool = True, choice: Choice | None = None) -> Report:
    return proved(root, choice or Choice(), cache=cache)


def anew(root: Path) -> Report:
    """What lint finds when nothing is kept and every page is held."""
    return lint(read_wiki(root), read_settings(root), Choice())


def test_a_run_over_an_unchanged_vault_opens_no_page(root: Path, opened: list[str]) -> None:
    (root / "wiki/new.md").write_text("# New\n\nSee [[nowhere]] and [[memex#nothing]].\n", "utf-8")
    first = found(root)
    assert first.count("error") >= 2 and len(opened) >= len(read_wiki(root).pages)
    opened.clear()
    assert found(root) == first == anew(root)
    opened.clear()
    assert found(root) == first and opened == []


def test_one_changed_page_is_the_only_one_parsed(
    root: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found(root)
    parsed = list[str]()
    read = vault.read
    monkeypatch.setattr(vault, "read", lambda path, text: parsed.append(path) or read(path, text))
    page = root / PAGE
    page.write_text(page.read_text("utf-8") + "\n## Notes\n\nSee [[nowhere]].\n", "utf-8")
    report = found(root)
    assert parsed == [PAGE] and [f.path for f in report.findings if f.name == "broken-link"] == [PAGE]
    monkeypatch.undo()
    assert report == anew(root)


CHANGES: dict[str, Callable[[Path], object]] = {
    "a page gone": lambda root: (root / PAGE).unlink(),
    "a page elsewhere": lambda root: (root / PAGE).rename(root / "wiki/entities/memex.md"),
    "a page more": lambda root: (root / "wiki/concepts/trail.md").write_text("# Trail\n\n[[memex]]\n", "utf-8"),
    "marks of a conflict": lambda root: (root / PAGE).write_text("<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n", "utf-8"),
    "a page that is no text": lambda root: (root / PAGE).write_bytes(b"\xff\xfe\xff"),
    "a quote altered": lambda root: (root / PAGE).write_text(
        (root / PAGE).read_text("utf-8").replace("“", "“Not ", 1), "utf-8"
    ),
    "raw altered": lambda root: (root / "raw/notes/memex-and-trails.md").write_text("Other words.\n", "utf-8"),
    "raw gone": lambda root: (root / "raw/notes/memex-and-trails.md").unlink(),
    "raw more": lambda root: (root / "raw/more.md").write_text("More words.\n", "utf-8"),
    "a decision": lambda root: (root / "names.txt").write_text("memex = Memex 2\n", "utf-8"),
    "settings": lambda root: (root / "karpwiki.toml").write_text('[rules]\norphan-page = "error"\n', "utf-8"),
    "ignored": lambda root: (root / ".karpignore").write_text("notes/\n", "utf-8"),
    "a plugin": lambda root: (root / "wiki/.obsidian/plugins/dataview").mkdir(parents=True),
    "a link that leads nowhere": lambda root: (root / ".karpignore").symlink_to("/nowhere/at/all"),
    "a raw folder that is empty": lambda root: [shutil.rmtree(root / "raw"), (root / "raw").mkdir()],
    "a placeholder": lambda root: (root / "wiki/.x.md.icloud").write_bytes(b""),
    "an attachment": lambda root: (root / "raw/assets").mkdir() or (root / "raw/assets/a.png").write_bytes(b"x"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_seen(root: Path, change: str) -> None:
    before = found(root)
    CHANGES[change](root)
    after = found(root)
    assert after == anew(root) == found(root) == found(root, cache=False)
    assert after != before or change in ("an attachment", "a decision", "ignored", "a plugin")


def test_each_choice_of_rules_has_a_report_of_its_own(root: Path) -> None:
    (root / "wiki/new.md").write_text("# New\n\nSee [[nowhere]].\n", "utf-8")
    whole, links, none = (
        Choice(),
        Choice(select=("broken-link",)),
        Choice(ignore=("L", "F", "I", "G", "C", "D", "S", "V")),
    )
    for _ in range(2):
        assert found(root, choice=none).findings == ()
        assert {f.name for f in found(root, choice=links).findings} == {"broken-link"}
        assert len(found(root, choice=whole).findings) > 1


def test_young_files_are_read_each_time(made: Path, tmp_path: Path, opened: list[str]) -> None:
    root = Path(shutil.copytree(made, tmp_path / "vault"))
    for _ in range(2):
        opened.clear()
        assert found(root) == anew(root) and "memex.md" in opened
    database = sqlite3.connect(root / DATABASE)
    assert database.execute("SELECT count(*) FROM pages").fetchone() == (0,)
    assert database.execute("SELECT count(*) FROM reports").fetchone() == (0,)
    database.close()


def test_what_was_edited_is_known_from_the_second_run_on(
    made: Path, tmp_path: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(shutil.copytree(made, tmp_path / "vault"))
    monkeypatch.setattr(seen, "YOUNG", 0)
    for words in ("One.", "Two."):
        (root / PAGE).write_text((root / PAGE).read_text("utf-8") + f"\n{words}\n", "utf-8")
        time.sleep(0.05)
        found(root)
        opened.clear()
        found(root)
        assert opened == []


@pytest.mark.parametrize("bad", [b"", b"no database", b"SQLite format 3\0" + b"x" * 5_000])
def test_a_file_that_cannot_be_used_is_as_good_as_none(root: Path, bad: bytes) -> None:
    want = found(root)
    (root / DATABASE).write_bytes(bad)
    assert found(root) == want
    assert found(root) == want and (root / DATABASE).read_bytes()[:6] == b"SQLite"


def test_a_cache_that_breaks_while_it_is_read_is_as_good_as_none(root: Path) -> None:
    want = found(root)
    whole = (root / DATABASE).read_bytes()
    (root / DATABASE).write_bytes(whole[:4_096] + b"\xff" * (len(whole) - 4_096))
    assert found(root) == want
    assert found(root) == want and len((root / DATABASE).read_bytes()) == len(whole)


def test_a_cache_that_another_run_uses_is_left_alone(root: Path) -> None:
    want = found(root)
    whole = (root / DATABASE).read_bytes()
    other = sqlite3.connect(root / DATABASE)
    other.execute("BEGIN EXCLUSIVE")
    assert found(root) == want
    other.close()
    assert (root / DATABASE).read_bytes() == whole and found(root) == want


def test_names_that_are_no_text(root: Path) -> None:
    """Where a system takes no such name for a file, there is none, and the rest holds all the same."""
    with suppress(OSError):
        (root / "wiki" / os.fsdecode(b"b\xff.md")).write_text("# B\n", "utf-8")
    want = found(root, cache=False)
    assert found(root) == found(root) == want == anew(root)


def test_folders_without_end(root: Path) -> None:
    places = [root / "wiki"]
    for _ in range(1_200):
        places.append(places[-1] / "d")
        places[-1].mkdir()
    page = places[-1] / "deep.md"
    page.write_text("[[nowhere]]\n", "utf-8")
    try:
        want = found(root, cache=False)
        assert found(root) == found(root) == want and any(f.path.endswith("deep.md") for f in want.findings)
    finally:
        page.unlink()
        for place in reversed(places[1:]):  # what cleans up after a test would go down as deep, and fail
            place.rmdir()


def test_a_working_folder_that_is_gone(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert proof.proof(root, Choice(), "", True)[1] == root
    with pytest.raises(UsageError, match="working folder is gone"):
        proof.proof(None, Choice(), "", True)


@pytest.mark.parametrize("bad", ["", "[]", "{", '{"findings": 1}', '{"sha256": 1}', "[" * 5_000])
def test_what_is_kept_is_not_trusted(root: Path, bad: str) -> None:
    want = found(root)
    database = sqlite3.connect(root / DATABASE)
    with database:
        database.execute("UPDATE reports SET report = ?", (bad,))
        database.execute("UPDATE pages SET facts = ?", (bad,))
    database.close()
    assert found(root) == want


def test_a_cache_that_another_version_made_is_emptied(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found(root)
    monkeypatch.setattr(proof, "__version__", "9.9.9")
    page = json.dumps({"lies": True})
    database = sqlite3.connect(root / DATABASE)
    with database:
        database.execute("UPDATE pages SET facts = ?", (page,))
    database.close()
    assert found(root) == anew(root)


def test_nothing_outside_the_vault_is_written(root: Path, tmp_path: Path) -> None:
    shutil.rmtree(root / ".karpwiki")
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / ".karpwiki").symlink_to(outside)
    assert found(root) == anew(root) and not list(outside.iterdir())


def test_a_vault_that_was_never_set_up_stays_clean(tmp_path: Path) -> None:
    root = make(tmp_path / "vault", {"wiki/a.md": "# A\n\n[[b]]\n", "wiki/b.md": "# B\n\n[[a]]\n"})
    shutil.rmtree(root / ".karpwiki", ignore_errors=True)
    before = tree(root)
    found(root)
    assert {path: h for path, h in tree(root).items() if not path.startswith(".karpwiki/")} == before
    assert (root / ".karpwiki/.gitignore").read_text("utf-8") == "*\n"


def test_kept_pages_are_the_pages(root: Path) -> None:
    (root / "wiki/notes.md").write_bytes("\ufeff# N\r\n\r\n[[a|b]]\r\n\r\n## Notes\r\n\r\nMine.\r\n".encode())
    whole, kept = read_wiki(root), read_wiki(root, Shelf(None))
    assert whole.pages.keys() == kept.pages.keys()
    for path, page in whole.pages.items():
        other = kept.pages[path]
        assert isinstance(other, KeptPage) and "text" not in vars(other)
        for name in (*Page.__dataclass_fields__, "blocks"):
            if name not in ("cut", "traces", "ballot", "mentioned", "lead"):
                assert getattr(other, name) == getattr(page, name), (path, name)
        assert ballot(other) == ballot(page)
        assert not is_by_hand(page) or other.lead == page.lead
    assert kept.sources == whole.sources and kept.hashes == whole.hashes


def test_many_pages_are_read_by_several_processes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "wiki/bad.md").write_bytes(b"\xff")
    (root / "wiki/two.md").write_text("<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n", "utf-8")
    alone = read_wiki(root, Shelf(None))
    monkeypatch.setattr(shelf, "MANY", 4)
    monkeypatch.setattr(shelf, "processors", lambda: 2)
    read_here: list[str] = []
    monkeypatch.setattr(vault, "read", lambda path, text: (read_here.append(path), conflict.read(path, text))[1])
    together = read_wiki(root, Shelf(None))
    assert read_here == ["wiki/two.md"]  # all that there is more to say of
    assert together.pages == alone.pages and together.unread == alone.unread
    assert together.conflicts == alone.conflicts and together.hashes == alone.hashes


def test_what_a_process_left_undone_is_read_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone, parent, calls = read_wiki(root, Shelf(None)), os.getpid(), []

    def dying(path: str, text: str) -> object:
        calls.append(path)
        if os.getpid() != parent and len(calls) > 3:
            os._exit(9)
        return conflict.read(path, text)

    monkeypatch.setattr(shelf, "read", dying)
    monkeypatch.setattr(shelf, "MANY", 4)
    monkeypatch.setattr(shelf, "processors", lambda: 2)
    assert read_wiki(root, Shelf(None)).pages == alone.pages


def test_a_page_changed_while_it_is_read_is_told(root: Path) -> None:
    wiki = read_wiki(root, Shelf(None))
    (root / PAGE).write_text("other", "utf-8")
    with pytest.raises(ConflictError, match="changed while it was read"):
        _ = wiki.pages[PAGE].text


@pytest.mark.parametrize(
    "wrong",
    [
        {"cold": "{"},
        {"cold": '[[], [["a"]], "", [], ""]'},
        {"cold": '[[["a", "b"]], [], "", [], ""]'},
        {"cold": '[[], [["a", "b", "c", Infinity, "w", 0]], "", [], ""]'},
        {"cold": '[[], [], "", 1, ""]'},
        {"facts": "{"},
        {"facts": '["a", [], [[], []], null, ""]'},
        {"facts": '["a", {}, [["a"]], null, ""]'},
        {"facts": '["a", {}, 1, null, ""]'},
        {"facts": '["a", {}, [[1], []], null, ""]'},
        {"facts": '["a", {}, [[], []], {"x": 1}, ""]'},
        {"alike": "[1]"},
        {"alike": '[[1], [], [], "", 1]'},
        {"alike": '[null, 1, [], "", 1]'},
        {"alike": '[null, [], [], "", "x"]'},
    ],
)
def test_what_is_kept_of_a_page_and_is_not_ours_is_read_again(root: Path, wrong: dict[str, str]) -> None:
    whole = read_wiki(root, Shelf(None))
    database = sqlite3.connect(":memory:")
    proof._prepare(database)
    kept = Shelf(database, time.time_ns() + 10**12)
    kept.save(read_wiki(root, kept))
    ((column, text),) = wrong.items()
    assert database.execute(f"UPDATE pages SET {column} = ?", (text,)).rowcount > 3
    assert read_wiki(root, Shelf(database, time.time_ns() + 10**12)).pages == whole.pages


def test_a_form_of_links_that_is_none_harms_nothing(root: Path) -> None:
    database = sqlite3.connect(":memory:")
    proof._prepare(database)
    kept = Shelf(database, time.time_ns() + 10**12)
    kept.save(read_wiki(root, kept))
    database.execute("UPDATE pages SET cold = ?", ('[[], [["no", "", "x", 1, [["a"]], false]], "", [], ""]',))
    wiki = read_wiki(root, Shelf(database, time.time_ns() + 10**12))
    assert {link.form for page in wiki.pages.values() for link in page.links} == {"wiki"}


def test_a_page_made_from_a_kept_one_is_whole(root: Path) -> None:
    page = next(p for p in read_wiki(root, Shelf(None)).pages.values() if p.state is None)
    made = replace(page, text="# A\n\nSee raw/x.md here.\n")
    assert isinstance(made, KeptPage) and made.mentioned == ("x.md here.",) and made.links == page.links


def test_results_are_read_where_nobody_is_told_of_a_childs_end() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert spread(lambda n: bytes([n]), list(range(9)), 2) == [bytes([n]) for n in range(9)]
    finally:
        signal.signal(signal.SIGCHLD, before)
