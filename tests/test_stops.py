"""Stopped in the middle of long work: what was paid for is not paid for again, what has come is in the wiki."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from karpwiki import journal, ledger, llm
from karpwiki.cli import run
from karpwiki.vault import read_wiki
from loopback import Loopback, Script
from test_batch import notes
from test_real_sdk import answer, prompt
from vaults import karpwiki, make, tree

SETTINGS = 'language = "en"\nname = "S"\n'


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    monkeypatch.setattr("karpwiki.calls.BACKOFF", 0.01)


def count_of(server: Loopback) -> int:
    return sum(prompt(r)[1].startswith("Source file: ") for r in server.requests)


def test_killed_in_the_middle_of_two_hundred_answered_calls(tmp_path: Path) -> None:
    """The re-run pays for the rest, and at most for the calls that were in flight."""
    total, jobs = 200, 8
    root = make(tmp_path / "v", notes(total), SETTINGS)
    half = threading.Event()

    def handler(body: dict[str, Any]) -> str:
        if server.count > total // 2:
            half.set()
        time.sleep(0.02)
        return answer(body)

    with Loopback(handler) as server:
        environment = {**os.environ, "ANTHROPIC_BASE_URL": server.url}
        command = [sys.executable, "-m", "karpwiki", "ingest", "--no-compile", "--jobs", str(jobs), "--yes"]
        with subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.DEVNULL) as process:
            assert half.wait(60)
            process.send_signal(signal.SIGKILL)
        first = count_of(server)
        kept = len(list((root / ".karpwiki" / llm.ANSWERS).glob("*.json")))
        assert total // 2 - jobs <= kept <= first < total
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        assert total <= count_of(server) <= total + jobs
        assert count_of(server) - first == total - kept, "what was answered is not asked again"
    assert len(read_wiki(root).sources) == total
    paid = [entry for entry in ledger.read(root) if entry.paid]
    assert total <= len(paid) <= total + jobs, "an answer that the kill kept from the ledger is booked when it is found"


def test_long_work_is_in_the_wiki_as_it_comes_and_undone_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("karpwiki.ingest.CHECKPOINT", 0.0)
    monkeypatch.setattr("karpwiki.ingest.SHARE", 0.0)
    raw = notes(14)
    whole = make(tmp_path / "whole", raw, SETTINGS)
    root = make(tmp_path / "parts", raw, SETTINGS)
    before = tree(root)
    seen: list[int] = []

    def watching(body: dict[str, Any]) -> str:
        seen.append(len(list((root / "wiki/sources").glob("*.md"))))
        return answer(body)

    with Loopback(watching) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(root, "ingest", "--jobs", "1") == 0
        assert len(set(seen)) > 5 and seen == sorted(seen), "source pages come one by one"
        log = (root / "wiki/log.md").read_text("utf-8")
        assert 5 < log.count("ingest | Note ") <= 14 and "compile | " not in log
        monkeypatch.setattr("karpwiki.ingest.CHECKPOINT", 999.0)
        assert karpwiki(whole, "ingest") == 0
        assert tree(root / "wiki", ["log.md"]) == tree(whole / "wiki", ["log.md"])
        capsys.readouterr()
        assert karpwiki(root, "undo", "--dry-run") == 0
        assert capsys.readouterr().out.count("deleted") >= 12
        assert karpwiki(root, "undo") == 0
        left = {p: h for p, h in tree(root, ["log.md"]).items() if not p.startswith(".karpwiki")}
        assert left == {p: h for p, h in before.items() if not p.startswith(".karpwiki")}
        assert karpwiki(root, "undo") == 2
        asked = server.count
        assert karpwiki(root, "ingest") == 0
        assert server.count == asked, "all answers are there"
    assert karpwiki(root, "lint", "--strict") == 0


def test_killed_after_some_sources_are_in_the_wiki(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A valid wiki, which the same command completes to the one that was never stopped."""
    raw = notes(30)
    whole, root = make(tmp_path / "whole", raw, SETTINGS), make(tmp_path / "killed", raw, SETTINGS)
    slow = threading.Event()

    def handler(body: dict[str, Any]) -> str:
        if slow.is_set():
            time.sleep(0.5)
        return answer(body)

    with Loopback(handler) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(whole, "ingest") == 0
        slow.set()
        code = "import sys, karpwiki.ingest as ingest; from karpwiki.cli import run\n"
        code += "ingest.CHECKPOINT = 0.3; sys.exit(run(['ingest', '--jobs', '2']))"
        command, environment = [sys.executable, "-c", code], dict(os.environ)
        with subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.DEVNULL) as process:
            end = time.monotonic() + 60
            while len(list((root / "wiki/sources").glob("*.md"))) < 4:
                assert process.poll() is None and time.monotonic() < end
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        slow.clear()
        assert karpwiki(root, "lint") == 0
        assert 4 <= len(read_wiki(root).sources) < 30
        assert karpwiki(root, "ingest") == 0
    assert tree(root / "wiki", ["log.md"]) == tree(whole / "wiki", ["log.md"])


@pytest.mark.parametrize("jobs", ["1", "3", "16"])
def test_the_order_of_answers_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: str) -> None:
    """The same answers, late or early: the same wiki."""
    monkeypatch.setattr("karpwiki.ingest.CHECKPOINT", 0.02)
    raw = notes(16)
    plain, late = make(tmp_path / "plain", raw, 'name = "S"\n'), make(tmp_path / "late", raw, 'name = "S"\n')

    def lagging(body: dict[str, Any]) -> Script | str:
        time.sleep((hash(json.dumps(body["messages"])) % 7) / 100)
        return answer(body)

    with Loopback(answer) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(plain, "ingest") == 0
        server.handler = lagging
        assert karpwiki(late, "ingest", "--jobs", jobs) == 0
    assert tree(late / "wiki", ["log.md"]) == tree(plain / "wiki", ["log.md"])
    assert (late / "karpwiki.toml").read_text() == (plain / "karpwiki.toml").read_text()


def test_a_page_edited_while_sources_are_read_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person goes on working in the vault: the words stay, the run goes on."""
    monkeypatch.setattr("karpwiki.ingest.CHECKPOINT", 0.02)
    monkeypatch.setattr("karpwiki.ingest.SHARE", 0.0)
    root = make(tmp_path / "v", notes(14), SETTINGS)
    edits, one = [0], threading.Lock()

    def handler(body: dict[str, Any]) -> str:
        index = root / "wiki/index.md"
        if index.exists() and prompt(body)[1].startswith("Source file: "):
            with one:  # two calls at once are not two persons
                edits[0] += 1
                index.write_text(f"A word of mine, {edits[0]}.\n\n" + index.read_text("utf-8"), "utf-8")
        time.sleep(0.02)
        return answer(body)

    with Loopback(handler) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(root, "ingest", "--jobs", "2") in (0, 3)
        server.handler = answer
        asked = count_of(server)
        assert karpwiki(root, "ingest") == 0
        assert count_of(server) == asked == 14
    assert edits[0] > 2 and "A word of mine, 1." in (root / "wiki/index.md").read_text("utf-8")
    assert len(read_wiki(root).sources) == 14


def test_a_source_deleted_while_it_is_read_is_pending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make(tmp_path / "v", notes(3), SETTINGS)

    def handler(body: dict[str, Any]) -> str:
        (root / "raw/n002.md").unlink(missing_ok=True)
        return answer(body)

    with Loopback(handler) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        monkeypatch.chdir(root)
        assert run(["ingest"]) == 3
    assert "pending: raw/n002.md: it changed while it was read" in capsys.readouterr().err
    assert len(read_wiki(root).sources) == 2


def test_ctrl_c_in_a_commit_lets_it_finish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(tmp_path / "v", notes(3), SETTINGS)
    replaced = journal.disk.system.replace

    def slow(source: Path, target: Path) -> Path:
        if target.suffix == ".md":
            os.kill(os.getpid(), signal.SIGINT)
        return replaced(source, target)

    monkeypatch.setattr("karpwiki.disk.system", replace(journal.disk.system, replace=slow))
    with Loopback(answer) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(root, "ingest") == 130
    monkeypatch.undo()
    assert not [path for path in root.rglob("*") if path.suffix == ".tmp"]
    assert karpwiki(root, "lint") == 0


def test_a_stop_does_not_choose_the_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(tmp_path / "v", notes(6), 'name = "S"\n')

    def handler(body: dict[str, Any]) -> str:
        if count_of(server) == 2:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)
        return answer(body)

    with Loopback(handler) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(root, "ingest", "--jobs", "1") == 130
        assert "language" not in (root / "karpwiki.toml").read_text()
        server.handler = answer
        assert karpwiki(root, "ingest") == 0
        assert 'language = "en"' in (root / "karpwiki.toml").read_text()
