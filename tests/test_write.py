"""The one door: every commit is whole or absent, whatever fails and wherever it stops.

The method is SQLite's: make call N of the disk fail, once and for ever, and stop the program at call N, for all N.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from karpwiki import disk, journal, undo, write
from karpwiki.changes import ChangeSet, Edit, LogEntry, Receipt
from karpwiki.errors import ConflictError, DiskError, LockedError, UsageError

DAY = date(2026, 11, 20)
OLD = {
    "wiki/a.md": "old a\n",
    "wiki/concepts/gone.md": "old gone\n",
    "names.txt": "old names\n",
    "wiki/log.md": "# Log\n\n## [2026-11-19] init | vault\n\n- Note: 一",
}
NEW = {"wiki/a.md": "new a é\n", "wiki/methods/deep/new.md": "new\n", "names.txt": "new names\n"}
ENTRY = LogEntry("ingest", "A talk", (("Source", "2025/talk.md"), ("New pages", "[[new]]")))
LOGGED = "\n\n## [2026-11-20] ingest | A talk\n\n- Source: 2025/talk.md\n- New pages: [[new]]\n\n"
# Nobody pulls the plug here, and a true fsync is most of the time of a commit.
QUICK = disk.Disk(fsync=lambda fd: None)


class Killed(BaseException):
    """Stands for SIGKILL."""


class Faulty:
    """A disk whose call N fails (`once`, or this and all later ones: `always`) or after which nothing runs (`kill`)."""

    def __init__(self, at: int, how: str, code: int = errno.ENOSPC) -> None:
        self.at, self.how, self.code, self.calls, self.open = at, how, code, 0, set[int]()
        self.disk = disk.Disk(**{f.name: self.wrap(f.name, getattr(QUICK, f.name)) for f in fields(QUICK)})

    @property
    def hit(self) -> bool:
        return self.calls > self.at

    def wrap(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any) -> Any:
            self.calls += 1
            if self.calls - 1 == self.at or (self.hit and self.how != "once"):
                if self.how == "kill":
                    if name == "write" and self.calls - 1 == self.at:
                        call(args[0], args[1][: len(args[1]) // 2])
                    raise Killed
                if name == "write":
                    call(args[0], args[1][: len(args[1]) // 2])
                if name == "close":
                    call(*args)
                raise OSError(self.code, os.strerror(self.code), "x")
            result = call(*args)
            if name == "open":
                self.open.add(result)
            if name == "close":
                self.open.discard(args[0])
            return result

        return wrapped

    def __enter__(self) -> Faulty:
        disk.system = self.disk
        return self

    def __exit__(self, *_: object) -> None:
        disk.system = QUICK
        for fd in self.open:
            with suppress(OSError):
                os.close(fd)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "system", QUICK)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return vault(tmp_path / "vault")


def vault(root: Path) -> Path:
    for path, text in OLD.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    (root / "raw").mkdir()
    (root / "raw/talk.md").write_text("raw\n")
    return root


def edit(root: Path, path: str, text: str | None) -> Edit:
    file = root / path
    return Edit(path, text, hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None)


def changes(root: Path) -> ChangeSet:
    edits = [edit(root, path, text) for path, text in NEW.items()] + [edit(root, "wiki/concepts/gone.md", None)]
    return ChangeSet(tuple(edits), (ENTRY,))


def commit(root: Path, change_set: ChangeSet | None = None) -> Receipt:
    return write.commit(root, change_set or changes(root), lambda: DAY)


def files(root: Path) -> dict[str, str]:
    """Every file but those of `.karpwiki/`, strays included."""
    found = (path for path in root.rglob("*") if path.is_file())
    texts = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in found}
    return {path: text for path, text in texts.items() if not path.startswith(".karpwiki/")}


BEFORE = {**OLD, "raw/talk.md": "raw\n"}
AFTER = {**BEFORE, **NEW, "wiki/log.md": OLD["wiki/log.md"] + LOGGED}
del AFTER["wiki/concepts/gone.md"]


def clean(root: Path) -> bool:
    """No journal, no temporary file, no undo folder without its manifest."""
    undo = [folder for folder in (root / ".karpwiki/undo").glob("*") if not (folder / "manifest.json").exists()]
    return not [*root.rglob("*.tmp"), *journal.pending(root), *undo]


def stamps(root: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in (root, *root.rglob("*"))}


def test_commit_writes_changes_and_deletes(root: Path) -> None:
    (root / "wiki/a.md").chmod(0o640)
    receipt = commit(root)
    assert receipt == Receipt(tuple(NEW), ("wiki/concepts/gone.md",))
    assert files(root) == AFTER
    assert (root / "wiki/a.md").stat().st_mode & 0o777 == 0o640
    assert clean(root) and not (root / ".karpwiki/lock.holder").exists()


@pytest.mark.parametrize(
    "path",
    [
        *("raw/new.md", "README.md", "wiki", "wiki/", "", "/etc/x", "../x", "wiki/../raw/x.md", "wiki/./a.md"),
        *("wiki//a.md", "wiki\\a.md", "wiki/a\0.md", "wiki/log.md", "wiki/Log.md", "wiki/.obsidian/app.json"),
        *(".karpwiki/x", "karpwiki.toml/x", "wiki/link.md", "wiki/linked/x.md", "wiki/a.md/x.md", "wiki/concepts"),
    ],
)
def test_paths_out_of_bounds_are_refused(root: Path, path: str) -> None:
    (root / "wiki/link.md").symlink_to(root / "raw/talk.md")
    (root / "wiki/linked").symlink_to(root / "raw")
    before = files(root)
    with pytest.raises(ConflictError):
        commit(root, ChangeSet((Edit("wiki/b.md", "b\n", None), Edit(path, "x\n", None)), (ENTRY,)))
    assert files(root) == before and clean(root)


def test_linked_state_folder_and_log_are_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (root / ".karpwiki").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConflictError, match=r"\.karpwiki is a link"):
        commit(root)
    (root / ".karpwiki").unlink()
    (root / "wiki/log.md").unlink()
    (root / "wiki/log.md").symlink_to(root / "raw/talk.md")
    with pytest.raises(ConflictError, match=r"log\.md is a link"):
        commit(root)
    assert (root / "raw/talk.md").read_text() == "raw\n"


def test_a_file_that_changed_meanwhile_is_refused(root: Path) -> None:
    planned = changes(root)
    (root / "wiki/a.md").write_text("a person's\n")
    with pytest.raises(ConflictError, match=r"wiki/a\.md changed meanwhile.*run the command again"):
        commit(root, planned)
    for stale in (Edit("names.txt", "x", None), Edit("wiki/none.md", "x", "0" * 64)):
        with pytest.raises(ConflictError, match="changed meanwhile"):
            commit(root, ChangeSet((stale,)))
    assert files(root) == {**BEFORE, "wiki/a.md": "a person's\n"}


def test_edits_that_meet_are_our_bug(root: Path) -> None:
    for second in ("wiki/b", "wiki/b/c.md"):
        with pytest.raises(ValueError, match="meet"):
            commit(root, ChangeSet((Edit("wiki/b", "1", None), Edit(second, "2", None))))


def test_pinned_files_are_left_out_and_listed(root: Path) -> None:
    for name in ("wiki/a.md", "wiki/concepts/gone.md"):
        (root / name).chmod(0o444)
    receipt = commit(root)
    assert receipt.pinned == ("wiki/a.md", "wiki/concepts/gone.md") and receipt.deleted == ()
    expected = {**AFTER, **{path: OLD[path] for path in receipt.pinned}}
    assert files(root) == expected


def test_a_read_only_log_stops_a_commit_before_it_begins(root: Path) -> None:
    (root / "wiki/log.md").chmod(0o444)
    with pytest.raises(DiskError, match=r"wiki/log\.md.*no page was changed: make it writable"):
        commit(root)
    assert files(root) == BEFORE and clean(root)


def test_nothing_to_write_touches_nothing(root: Path) -> None:
    commit(root)
    same = ChangeSet((*(edit(root, path, text) for path, text in NEW.items()), Edit("wiki/x.md", None, None)), (ENTRY,))
    with write.lock(root):
        before = stamps(root)
        assert write.recover(root) == ""
        assert commit(root, same) == Receipt()
        (root / "names.txt").chmod(0o444)
        assert commit(root, ChangeSet((edit(root, "names.txt", "x"),), (ENTRY,))) == Receipt(pinned=("names.txt",))
        assert stamps(root) == before


@pytest.mark.parametrize(
    ("log", "start"),
    [
        *((None, "# Log\n\n"), ("", "# Log\n\n"), ("# Log\n", "# Log\n\n"), ("# Log", "# Log\n\n")),
        *(("# Log\n\n- x\n\n", "# Log\n\n- x\n\n"), ("# Log\r\n\r\n- x\r\n", "# Log\n\n- x\n\n")),
    ],
)
def test_log_entries_stand_one_blank_line_apart(root: Path, log: str | None, start: str) -> None:
    path = root / "wiki/log.md"
    path.unlink()
    if log is not None:
        path.write_bytes(log.encode())
    entries = (LogEntry("add", "one"), LogEntry("ingest", "a\n## [b]\x1b[31m\u202e", (("Note", "c\u2028 d\r\n- e"),)))
    commit(root, ChangeSet((Edit("wiki/b.md", "b\n", None),), entries))
    first, second = "## [2026-11-20] add | one\n\n", "## [2026-11-20] ingest | a ## [b]\\u001b[31m\\u202e\n\n"
    ends = "\r\n" if log and "\r" in log else "\n"
    assert path.read_bytes().decode() == (start + first + second + "- Note: c d - e\n\n").replace("\n", ends)


def test_a_commit_without_wiki_folder_makes_the_log(tmp_path: Path) -> None:
    commit(tmp_path, ChangeSet((Edit("names.txt", "a = b\n", None),), (ENTRY,)))
    assert (tmp_path / "wiki/log.md").read_text() == "# Log\n\n" + LOGGED.lstrip()


def test_undo_restores_every_byte_but_the_log(root: Path) -> None:
    (root / "wiki/a.md").write_bytes(b"\xff\xfe not utf-8\r\n")
    (root / "wiki/concepts/gone.md").chmod(0o600)
    texts = {path: (root / path).read_bytes() for path in OLD}
    planned = changes(root)
    commit(root, planned)
    commit(root, ChangeSet((edit(root, "wiki/a.md", "third\n"),), (ENTRY, ENTRY)))
    assert undo.undo_preview(root) == Receipt(("wiki/a.md",))
    undo.undo(root, lambda: DAY)
    assert (root / "wiki/a.md").read_text() == NEW["wiki/a.md"]
    restored = Receipt(("wiki/a.md", "names.txt", "wiki/concepts/gone.md"), ("wiki/methods/deep/new.md",))
    assert undo.undo_preview(root) == restored == undo.undo(root, lambda: DAY)
    log = (root / "wiki/log.md").read_bytes()
    assert {path: (root / path).read_bytes() for path in OLD} == {**texts, "wiki/log.md": log}
    assert log.decode().endswith("## [2026-11-20] undo | A talk\n\n- Note: ingest taken back, 4 files as before\n\n")
    assert "undo | A talk and 1 more" in log.decode() and not (root / "wiki/methods/deep/new.md").exists()
    assert (root / "wiki/concepts/gone.md").stat().st_mode & 0o777 == 0o600
    for function in (undo.undo, undo.undo_preview):
        with pytest.raises(UsageError, match="nothing to undo"):
            function(root)


def test_undo_of_a_file_that_was_changed_or_pinned_since_is_refused(root: Path) -> None:
    commit(root)
    (root / "names.txt").chmod(0o444)
    with pytest.raises(ConflictError, match=r"names\.txt"):
        undo.undo(root)
    (root / "names.txt").chmod(0o644)
    (root / "wiki/a.md").write_text("a person's\n")
    for function in (undo.undo, undo.undo_preview):
        with pytest.raises(ConflictError, match=r"wiki/a\.md"):
            function(root)
    assert files(root) == {**AFTER, "wiki/a.md": "a person's\n"} and clean(root)


def test_the_last_twenty_commits_can_be_undone(root: Path) -> None:
    for n in range(22):
        commit(root, ChangeSet((edit(root, "names.txt", f"{n}\n"),)))
    assert len(list((root / ".karpwiki/undo").iterdir())) == 20
    for _ in range(20):
        undo.undo(root)
    assert (root / "names.txt").read_text() == "1\n"
    with pytest.raises(UsageError):
        undo.undo(root)


def undone(root: Path) -> dict[str, str]:
    note = "## [2026-11-20] undo | A talk\n\n- Note: ingest taken back, 4 files as before\n\n"
    return {**BEFORE, "wiki/log.md": AFTER["wiki/log.md"] + note}


@pytest.fixture(params=["commit", "undo"])
def task(request: pytest.FixtureRequest) -> tuple[Callable[[Path], object], dict[str, str], dict[str, str]]:
    """What to run, and the files before and after it."""
    if request.param == "commit":
        return commit, BEFORE, AFTER
    return lambda root: undo.undo(root, lambda: DAY), AFTER, undone(Path())


def rounds(tmp_path: Path, how: str, prepare: bool) -> Iterator[tuple[Path, Faulty]]:
    """A fresh vault and a disk that fails at call N, for N from 0 until no call is left to fail."""
    n = 0
    while True:
        root, faulty = vault(tmp_path / str(n)), Faulty(n, how)
        if prepare:
            commit(root)
        with write.lock(root):
            yield root, faulty
        if not faulty.hit:
            assert n > 40
            return
        n += 1


@pytest.mark.parametrize("how", ["once", "always"])
def test_a_disk_error_at_any_call(tmp_path: Path, task: Any, how: str) -> None:
    run, old, new = task
    for root, faulty in rounds(tmp_path, how, old is AFTER):
        said = "done"
        with faulty:
            try:
                run(root)
            except DiskError as error:
                said = str(error)
                assert "No space left on device" in said and "run the command again" in said
        noted = "the rest is noted" in said
        assert said == "done" or noted or "no page was changed" in said
        found = files(root)
        if noted:
            assert all(found.get(path) in (old.get(path), new.get(path)) for path in {*old, *new} - {"wiki/log.md"})
        elif how == "once":
            assert found == (new if said == "done" else old) and not list(root.rglob("*.tmp"))
        sentence = write.recover(root)
        assert noted == sentence.startswith("Finished an interrupted write")
        assert files(root) == (new if noted or said == "done" else old) and clean(root)
        assert write.recover(root) == ""


def test_a_stop_at_any_call(tmp_path: Path, task: Any) -> None:
    run, old, new = task
    ends = []
    for root, faulty in rounds(tmp_path, "kill", old is AFTER):
        with faulty, suppress(Killed):
            run(root)
        found = files(root)
        assert all(found.get(path) in (old.get(path), new.get(path)) for path in {*old, *new} - {"wiki/log.md"})
        write.recover(root)
        assert files(root) in (old, new) and clean(root)
        ends.append(files(root) == new)
        if ends[-1]:
            assert undo.undo_preview(root) if old is BEFORE else not (root / ".karpwiki/undo/00000001").exists()
        else:
            run(root)
            assert files(root) == new
    assert ends == sorted(ends) and {*ends} == {False, True}


def test_a_recovery_that_is_stopped_at_any_call(tmp_path: Path) -> None:
    done = Faulty(1 << 30, "kill")
    with done:
        commit(vault(tmp_path / "whole"))
    for n in range(done.calls):
        root, again = vault(tmp_path / f"r{n}"), Faulty(n // 2, "kill")
        with Faulty(n, "kill"), suppress(Killed):
            commit(root)
        with again, suppress(Killed):
            write.recover(root)
        write.recover(root)
        assert files(root) in (BEFORE, AFTER) and clean(root)


def stopped(root: Path) -> None:
    """Stop a commit when its journal is whole and no page is replaced yet."""
    calls = 0

    def replace(path: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if path.parent.name != ".karpwiki" and target.suffix != ".json":
            raise Killed
        return path.replace(target)

    disk.system = disk.Disk(replace=replace)
    with pytest.raises(Killed):
        commit(root)
    disk.system = QUICK
    assert journal.pending(root)


def test_recovery_keeps_what_a_person_edited_meanwhile(root: Path) -> None:
    stopped(root)
    (root / "wiki/a.md").write_text("a person's\n")
    with (root / "wiki/log.md").open("a") as log:
        log.write("\nby hand\n")
    said = write.recover(root)
    assert said.endswith("Left as they are, since they were edited meanwhile: wiki/a.md.")
    log_text = OLD["wiki/log.md"] + "\nby hand\n" + LOGGED.removeprefix("\n")
    assert files(root) == {**AFTER, "wiki/a.md": "a person's\n", "wiki/log.md": log_text} and clean(root)


def test_the_next_commit_finishes_the_last(root: Path) -> None:
    stopped(root)
    commit(root, ChangeSet((Edit("wiki/b.md", "b\n", None),)))
    assert files(root) == {**AFTER, "wiki/b.md": "b\n"}


@pytest.mark.parametrize(
    "forge",
    [
        lambda record: record["changes"][0].update(path="../outside.md"),
        lambda record: record["changes"][0].update(path="raw/talk.md", temp="raw/" + ".karpwiki-" + "0" * 16 + ".tmp"),
        lambda record: record["changes"][0].update(temp="wiki/b.md"),
        lambda record: record["changes"][0].update(temp=7),
        lambda record: record.update(number=2),
        lambda record: record.update(log_size="x"),
        lambda record: record.pop("title"),
    ],
)
def test_a_forged_journal_is_not_followed(root: Path, forge: Callable[[Any], object]) -> None:
    stopped(root)
    (path,) = journal.pending(root)
    record = json.loads(path.read_text())
    forge(record)
    path.write_text(json.dumps(record))
    with pytest.raises(ConflictError, match=r"delete \.karpwiki/journal/00000001\.json"):
        write.recover(root)
    path.unlink()
    assert "Removed" in write.recover(root)
    # The deletion came first; nothing else was done.
    assert files(root) == {path: text for path, text in BEFORE.items() if path != "wiki/concepts/gone.md"}
    assert clean(root)


def test_links_in_the_undo_folder_are_not_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter").write_text("dear\n")
    (root / ".karpwiki/undo").mkdir(parents=True)
    (root / ".karpwiki/undo/00000001").symlink_to(tmp_path / "mine")
    write.recover(root)
    commit(root)
    assert (tmp_path / "mine/letter").exists()


def test_store_and_append_line(root: Path) -> None:
    write.store(root, "answers/ab/x.json", b"1")
    write.store(root, "answers/ab/x.json", b"2")
    write.append_line(root, "costs.jsonl", "{}")
    (root / ".karpwiki/costs.jsonl").write_text("{}\n{torn")
    write.append_line(root, "costs.jsonl", "é")
    assert (root / ".karpwiki/answers/ab/x.json").read_bytes() == b"2"
    assert (root / ".karpwiki/costs.jsonl").read_text(encoding="utf-8") == "{}\n{torn\né\n"
    with pytest.raises(ValueError, match="one line"):
        write.append_line(root, "costs.jsonl", "a\nb")
    (root / ".karpwiki/rejected").symlink_to(root / "raw")
    for path in ("../wiki/a.md", "journal/x", "Undo/x", "lock", "/x", "", "a//b", "a\\b", "a/..", "rejected/talk.md"):
        with pytest.raises(ConflictError):
            write.store(root, path, b"")
        with pytest.raises(ConflictError):
            write.append_line(root, path, "")
    assert files(root) == BEFORE


@pytest.mark.parametrize("how", ["once", "always", "kill"])
def test_store_is_whole_or_absent(tmp_path: Path, how: str) -> None:
    for n in range(40):
        root = vault(tmp_path / f"{how}{n}")
        write.store(root, "answers/x.json", b"old")
        with Faulty(n, how, errno.EIO) as faulty, suppress(Killed, DiskError):
            write.store(root, "answers/x.json", b"new bytes")
        found = (root / ".karpwiki/answers/x.json").read_bytes()
        assert found in (b"old", b"new bytes")
        write.recover(root)
        assert clean(root)
        if not faulty.hit:
            assert found == b"new bytes"
            return
    pytest.fail("store makes more calls than it should")


def test_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86399")
    assert write.today() == date(1970, 1, 1)
    for wrong in ("soon", "9" * 30):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", wrong)
        with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH"):
            write.today()
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert abs((write.today() - date.today()).days) <= 1


WRITER = """
import sys
from pathlib import Path
from hashlib import sha256
from karpwiki import write
from karpwiki.changes import ChangeSet, Edit, LogEntry
root = Path(sys.argv[1])
with write.lock(root):
    write.recover(root)
    pages = sorted((root / "wiki").glob("p*.md"))
    print("ready", flush=True)
    if sys.argv[2] == "hold":
        sys.stdin.read()
    for n in range(int(pages[0].read_text()) + 1, 1 << 30):
        edits = [Edit(f"wiki/{p.name}", f"{n}\\n", sha256(p.read_bytes()).hexdigest()) for p in pages]
        write.commit(root, ChangeSet(tuple(edits), (LogEntry("compile", str(n)),)))
"""


def writer(root: Path, how: str) -> subprocess.Popen[str]:
    source = str(Path(write.__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root), how],
        env={**os.environ, "PYTHONPATH": source},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_process_killed_in_the_middle_of_a_commit(root: Path) -> None:
    for n in range(5):
        (root / f"wiki/p{n}.md").write_text("0\n")
    for n in range(8):
        process = writer(root, "run")
        time.sleep(0.03 + 0.0137 * n)
        end(process)
        write.recover(root)
        (number,) = {path.read_text() for path in (root / "wiki").glob("p*.md")}
        subjects = [line.split(" | ")[1] for line in files(root)["wiki/log.md"].splitlines() if "compile |" in line]
        assert subjects == [str(k + 1) for k in range(int(number))] and clean(root)
    assert int(number) > 0


def test_the_second_process_is_told_who_holds_the_lock(root: Path) -> None:
    (root / "wiki/p0.md").write_text("0\n")
    process = writer(root, "hold")
    try:
        with pytest.raises(LockedError, match=rf"process {process.pid}, since 20\d\d-.*run the command again"):
            commit(root)
        for garbled in ("{", "[]", '{"pid": "x"}'):
            (root / ".karpwiki/lock.holder").write_text(garbled)
            with pytest.raises(LockedError, match="another karpwiki is writing"):
                commit(root)
        assert files(root).keys() == {*BEFORE, "wiki/p0.md"}
    finally:
        end(process)
    commit(root)
    assert files(root) == {**AFTER, "wiki/p0.md": "0\n"}
