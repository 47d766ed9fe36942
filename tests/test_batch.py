"""Batches: what is submitted is never submitted twice, and the wiki is the one that live calls make."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batchserver import EXPIRED, BatchServer, errored, whole
from karpwiki import batchfiles, pay
from loopback import Loopback
from test_real_sdk import DOCUMENTS, answer
from vaults import documents, karpwiki, make, tree

SETTINGS = 'language = "en"\nname = "B"\n'


def reply(key: str, params: dict[str, Any]) -> str:
    return answer(params)


def notes(count: int) -> dict[str, str]:
    """Small sources that share some subjects."""
    told = "# Note {n}\n\nThe **Desk {m}** has {n} drawers. The Desk {m} came from Kiel in {year}. "
    told += "A **Lamp** stands on it.\n"
    return {f"n{n:03}.md": told.format(n=n, m=n % 7, year=1900 + n) for n in range(1, count + 1)}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    monkeypatch.setattr("karpwiki.batch.POLL", 0.01)
    monkeypatch.setattr("karpwiki.calls.BACKOFF", 0.01)


def live(root: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The wiki that calls one by one make of a vault's sources, but for the log."""
    with Loopback(answer) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(root, "ingest", "--yes") == 0
    return tree(root / "wiki", ["log.md"])


def ledger(root: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (root / ".karpwiki/costs.jsonl").read_text("utf-8").splitlines()]


def test_an_ingest_in_batches_makes_the_wiki_of_live_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alive = make(tmp_path / "live", documents(*DOCUMENTS), SETTINGS)
    wiki = live(alive, monkeypatch)
    root = make(tmp_path / "batch", documents(*DOCUMENTS), SETTINGS)
    with BatchServer(reply) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(root, "ingest", "--batch", "--max-cost", "50") == 0
        assert tree(root / "wiki", ["log.md"]) == wiki
        assert len(server.batches) == 3, "sources, pages, overview"
        assert set(server.asked.values()) == {1}
        asked = len(server.log)
        assert karpwiki(root, "ingest", "--batch") == karpwiki(root, "compile", "--batch") == 0
        assert len(server.log) == asked
    assert not batchfiles.under_way(root)
    for one, other in zip(ledger(alive), ledger(root), strict=True):
        assert other["batch"] and not one["batch"]
    assert sum(e["dollars"] for e in ledger(root)) == pytest.approx(sum(e["dollars"] for e in ledger(alive)) / 2)


def test_a_hundred_with_failures_and_two_kills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results shuffled, 5 errored, 5 expired; killed before the server's yes arrives, and while the batch is on."""
    wiki = live(make(tmp_path / "live", notes(100), SETTINGS), monkeypatch)
    root = make(tmp_path / "batch", notes(100), SETTINGS)
    times: Counter[str] = Counter()
    first: dict[str, int] = {}

    def flawed(key: str, params: dict[str, Any]) -> str | dict[str, Any]:
        number = first.setdefault(key, len(first))
        if number < 10 and server.asked[key] == 1:
            return errored("api_error") if number < 5 else EXPIRED
        return reply(key, params)

    with BatchServer(flawed, polls=10**6, created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())) as server:
        environment = {**os.environ, "ANTHROPIC_BASE_URL": server.url}
        command = [sys.executable, "-m", "karpwiki", "ingest", "--batch", "--max-cost", "50"]
        server.deaf = True  # takes the batch; its yes is lost
        killed(command, root, environment, lambda: bool(server.batches))
        server.deaf = False
        assert [b.id for b in batchfiles.under_way(root)] == [""]
        killed(command, root, environment, lambda: "GET v1/messages/batches/msgbatch_1" in server.log)
        assert [b.id for b in batchfiles.under_way(root)] == ["msgbatch_1"] and len(server.batches) == 1
        server.polls = 1
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        assert b"taken up again, 100 requests" in done.stderr
    times.update(server.asked.values())
    assert times[2] == 10 and len(server.batches["msgbatch_1"]) == 100 and len(server.batches["msgbatch_2"]) == 10
    assert tree(root / "wiki", ["log.md"]) == wiki
    assert not batchfiles.under_way(root)


def killed(command: list[str], root: Path, environment: dict[str, str], when: Callable[[], bool]) -> None:
    """Run a command and kill it as soon as something has happened."""
    with subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        end = time.monotonic() + 60
        while not when():
            assert run.poll() is None and time.monotonic() < end, run.communicate()
            time.sleep(0.005)
        run.send_signal(signal.SIGKILL)


def test_status_cancel_and_resume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make(tmp_path / "v", documents(*DOCUMENTS), SETTINGS)
    assert karpwiki(root, "batch") == 0
    assert "No batch is under way" in capsys.readouterr().out
    with BatchServer(reply, polls=10**6) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        environment = dict(os.environ)
        command = [sys.executable, "-m", "karpwiki", "ingest", "raw/notes", "--batch", "--max-cost", "50"]
        with subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.PIPE) as run:
            while "GET v1/messages/batches/msgbatch_1" not in server.log:
                time.sleep(0.01)
            run.send_signal(signal.SIGINT)
            assert run.wait(60) == 130
            assert run.stderr and b"karpwiki batch resume" in run.stderr.read()
        assert karpwiki(root, "batch", "status", "--json") == 0
        [told] = json.loads(capsys.readouterr().out)
        assert (told["id"], told["status"], told["requests"]) == ("msgbatch_1", "in_progress", 3)
        assert karpwiki(root, "batch", "cancel", "msgbatch_9") == 2
        server.polls = 1
        assert karpwiki(root, "batch", "resume") == 0
        out = capsys.readouterr()
        assert "3 source" in out.err + out.out or "notes/zettelkasten.md" in out.out
    assert len(list((root / "wiki/sources").glob("*.md"))) == 3, "the sources that were named, and no other"
    assert not batchfiles.under_way(root) and set(server.asked.values()) == {1}


def test_a_batch_is_told_the_files_that_its_command_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the same name in the working folder, outside raw/, is none of them; the folder may be any."""
    root = make(tmp_path / "v", {"notes/n.md": "# N\n\nA text.\n"}, SETTINGS)
    (root / "n").mkdir()
    (root / "n/notes").mkdir()
    (root / "n/notes/n.md").write_text("# Other\n", "utf-8")
    monkeypatch.chdir(root / "n")
    for name in ("notes/n.md", "../raw/notes/n.md", "raw/notes/n.md"):
        aim = pay.aim("ingest", None, pay.Purse(batch=True), [Path(name)]).aim
        assert aim["options"]["files"] == ["raw/notes/n.md"]


def test_what_is_cancelled_stays_pending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make(tmp_path / "v", documents(*DOCUMENTS), SETTINGS)
    with BatchServer(reply, polls=10**6) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        command = [sys.executable, "-m", "karpwiki", "ingest", "--batch", "--max-cost", "50"]
        killed(command, root, dict(os.environ), lambda: "GET v1/messages/batches/msgbatch_1" in server.log)
        assert karpwiki(root, "batch", "cancel") == 0
        assert "canceling" in capsys.readouterr().out
        assert karpwiki(root, "batch", "resume") == 3
        assert capsys.readouterr().err.count("pending: raw/") == 4
        assert not batchfiles.under_way(root) and len(server.batches) == 1


def test_refusals_cut_answers_and_lies_in_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def odd(key: str, params: dict[str, Any]) -> str | dict[str, Any]:
        user = params["messages"][0]["content"]
        if "notes/memex" in user[:60]:
            details = {"type": "refusal", "category": "cyber"}
            return {"type": "succeeded", "message": whole("", params, stop_reason="refusal", stop_details=details)}
        if "zh/" in user[:60]:
            return {"type": "succeeded", "message": "nothing"}
        if "notes/file" in user[:60]:
            return errored("invalid_request_error", f"no {user[:200]}")
        return reply(key, params)

    root = make(tmp_path / "v", documents(*DOCUMENTS), SETTINGS)
    with BatchServer(odd) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(root, "ingest", "--batch", "--max-cost", "50") == 3
    said = "".join(capsys.readouterr())
    assert "notes/memex-and-trails.md: refused (cyber)" in said
    assert "pending: raw/zh/llm-wiki.md" in said and "pending: raw/notes/file-over-app.md" in said
    assert "Obsidian" not in said.partition("pending: raw/notes/file-over-app.md")[2].partition("\n")[0]


def test_only_models_of_anthropic_are_asked_in_batches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = SETTINGS + '[models.local]\nbase_url = "http://127.0.0.1:9/v1"\ninput = 0\noutput = 0\n'
    root = make(tmp_path / "v", notes(1), settings)
    assert karpwiki(root, "ingest", "--batch", "--model", "local") == 2
    assert "Only models of Anthropic" in capsys.readouterr().err


def test_a_damaged_file_of_a_batch_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / ".karpwiki/batches"
    folder.mkdir(parents=True)
    for n, text in enumerate(('{"', "[]", "{}", '{"model": "m", "since": 1, "requests": {"../../x": {}}}')):
        (folder / f"{n}.json").write_text(text)
    assert batchfiles.under_way(tmp_path) == []


def test_a_live_run_does_not_pay_for_what_a_batch_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And what a batch has brought that no command asks for any more is taken all the same."""
    root = make(tmp_path / "v", documents(*DOCUMENTS), SETTINGS)
    with BatchServer(reply, polls=10**6) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        command = [sys.executable, "-m", "karpwiki", "ingest", "--batch", "--max-cost", "50"]
        killed(command, root, dict(os.environ), lambda: "GET v1/messages/batches/msgbatch_1" in server.log)
        assert karpwiki(root, "ingest") == 3
        assert capsys.readouterr().err.count("`karpwiki batch resume` takes its answer") == 4
        [batch] = batchfiles.under_way(root)
        path = root / f".karpwiki/batches/{batch.name}.json"
        path.write_text(path.read_text("utf-8").replace('"verb": "ingest"', '"verb": "none"'), "utf-8")
        server.polls = 1
        server.poll("msgbatch_1")
        assert karpwiki(root, "batch", "resume") == 0
        assert not batchfiles.under_way(root)
        assert len(list((root / ".karpwiki/answers").glob("*.json"))) == 4
        assert len(ledger(root)) == 4 and {entry["batch"] for entry in ledger(root)} == {True}
        assert karpwiki(root, "ingest", "--batch", "--no-compile") == 0
        assert len(server.batches) == 1


def test_an_answer_may_be_long_where_the_limit_allows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(tmp_path / "v", notes(3), SETTINGS)
    asked: list[int] = []

    def noting(key: str, params: dict[str, Any]) -> str:
        asked.append(params["max_tokens"])
        return reply(key, params)

    with BatchServer(noting) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(root, "ingest", "--batch", "--no-compile", "--max-cost", "9") == 0
        assert set(asked) == {32_000}


def test_a_batch_of_somebody_else_is_not_taken_for_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the same size and time, and newer: ours is found all the same, and the other one is left alone."""
    root = make(tmp_path / "v", notes(3), SETTINGS)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with BatchServer(reply, polls=10**6, created=now) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        command = [sys.executable, "-m", "karpwiki", "ingest", "--batch", "--no-compile", "--max-cost", "50"]
        server.deaf = True
        killed(command, root, dict(os.environ), lambda: bool(server.batches))
        server.deaf = False
        theirs = [{"custom_id": f"their-{n}", "params": {"model": "m"}} for n in range(3)]
        ours = server.batches.pop("msgbatch_1")
        server.batches |= {"msgbatch_0": theirs, "msgbatch_1": ours}
        server.polls = 0
        monkeypatch.setattr(
            server, "answer", lambda key, params: "{}" if key.startswith("their") else reply(key, params)
        )
        server.batches = dict(sorted(server.batches.items(), reverse=True))  # the newest first is theirs
        assert karpwiki(root, "ingest", "--batch", "--no-compile", "--max-cost", "50") == 0
        assert not server.canceled and set(server.asked.values()) == {1}
    assert not batchfiles.under_way(root)


def test_a_batch_that_never_reached_the_server_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make(tmp_path / "v", notes(2), SETTINGS)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    assert karpwiki(root, "ingest", "--batch", "--max-cost", "50") == 3
    assert len(batchfiles.under_way(root)) >= 1
    with BatchServer(reply) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(root, "batch", "cancel") == 0
    assert not batchfiles.under_way(root)


def test_a_live_run_leaves_pages_alone_that_a_batch_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(tmp_path / "v", documents(*DOCUMENTS), SETTINGS)
    with BatchServer(reply, polls=1) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(root, "ingest", "--batch", "--no-compile", "--max-cost", "50") == 0
        server.polls = 10**6
        command = [sys.executable, "-m", "karpwiki", "compile", "--batch", "--max-cost", "50"]
        killed(command, root, dict(os.environ), lambda: "GET v1/messages/batches/msgbatch_2" in server.log)
        before = tree(root / "wiki")
        assert karpwiki(root, "compile") == 3
        assert tree(root / "wiki") == before
        server.polls = 1
        assert karpwiki(root, "batch", "resume") == 0
        assert set(server.asked.values()) == {1}, "what the batch brings still fits"
