"""A whole ingest and compile through the real SDK, structured output and all, over loopback."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from karpwiki import calls
from karpwiki.forms import DigestInput
from karpwiki.models.excerpt import digest
from karpwiki.vault import read_wiki
from loopback import Loopback, Script
from vaults import RAW, documents, karpwiki, make, pages, tree

DOCUMENTS = ("notes/zettelkasten.md", "notes/memex-and-trails.md", "notes/file-over-app.md", "zh/llm-wiki.md")
HAN = re.compile("[一-鿿]")
SAME = {"slip box", "slip boxes"}
FENCE = re.compile(r"<<<(?:SOURCE|CLAIMS) ([0-9a-f]{16})\n(.*)\n\1 (?:SOURCE|CLAIMS)>>>", re.S)


def prompt(body: dict[str, Any]) -> tuple[str, str]:
    """(system, user) of a request."""
    system = "".join(block["text"] for block in body["system"])
    content = body["messages"][0]["content"]
    return system, content if isinstance(content, str) else "".join(block["text"] for block in content)


def answer(body: dict[str, Any]) -> str:
    """What a plain but honest model would say, from nothing but the prompt."""
    _, user = prompt(body)
    fence = FENCE.search(user)
    assert fence, user[:200]
    if user.startswith("Source file: "):
        path = user.split("\n", 1)[0].removeprefix("Source file: ").split(" (part ")[0]
        return digest(DigestInput(path, fence[2], 1, 1, ("concept", "entity", "method"))).model_dump_json()
    if user.startswith("<<<"):
        pairs = re.findall(r"^(\d+)\nA: (.+?) \(.*\n(?: .*\n)*B: (.+?) \(", fence[2], re.M)
        verdicts = [
            {"pair": int(n), "reason": "one box", "answer": "same" if {a, b} == SAME else "different"}
            for n, a, b in pairs
        ]
        return json.dumps({"verdicts": verdicts})
    rows = [line.lstrip("+").split(" | ") for line in fence[2].split("\n") if re.match(r"\+?c\d+ \| ", line)]
    if user.startswith("Page: "):
        title = user.split("\n", 1)[0].removeprefix("Page: ").split(" (")[0]
        # The wiki is English; what stands in Chinese is told of, as far as this model knows Chinese.
        words = [f"{title} is told of." if HAN.search(row[5]) else row[5] for row in rows]
        said = [{"keep": 0, "words": [word], "claims": [row[0]]} for word, row in zip(words, rows, strict=True)]
        block = {"shape": "list", "columns": [], "statements": said[1:]}
        sections = [{"heading": "What is known", "blocks": [block]}] if said[1:] else []
        form = {"lead": said[:1], "sections": sections, "tensions": [], "reading": [], "left_out": []}
        return json.dumps(form)
    scope = [{"keep": 0, "words": [rows[0][2]], "claims": [rows[0][0]]}]
    start = [{"theme": "First", "why": "The most linked.", "pages": [1]}]
    return json.dumps({"scope": scope, "central": [], "questions": [], "start": start})


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    monkeypatch.setattr(calls, "BACKOFF", 0.01)
    return make(tmp_path / "vault", documents(*DOCUMENTS), 'language = "en"\n')


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with Loopback(answer) as running:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", running.url + "/v1")
        yield running


def test_ingest_compile_lint_and_a_second_run_without_a_call(vault: Path, server: Loopback) -> None:
    assert karpwiki(vault, "ingest") == 0
    asked = server.count
    wiki = read_wiki(vault)
    assert len(wiki.sources) == 4
    made = [p for p in wiki.pages.values() if p.kind in ("concept", "entity", "method")]
    assert len(made) >= 5
    assert asked == 4 + len(made) + 1, "one call a source, one a page, one for the overview"
    assert all(p.state and p.state.by.startswith("claude-sonnet-5-5/") for p in made)
    assert all(r["output_config"]["format"]["type"] == "json_schema" for r in server.requests)
    assert karpwiki(vault, "lint", "--strict") == 0
    before = tree(vault / "wiki")
    assert karpwiki(vault, "ingest") == 0
    assert karpwiki(vault, "compile") == 0
    assert (server.count, tree(vault / "wiki")) == (asked, before)


def test_near_names_are_asked_in_one_call_and_answered_in_names_txt(
    tmp_path: Path, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    text = "# {0}\n\nThe **{0}** is wide. The {0} is brown. The {0} has a lid. The {0} came from Kiel.\n"
    raw = {f"{n}.md": text.format(name) for n, name in enumerate(("slip box", "slip boxes", "slip box 2"))}
    vault = make(tmp_path / "near", raw, 'language = "en"\n')
    assert karpwiki(vault, "ingest") == 0
    same = [r for r in server.requests if prompt(r)[1].startswith("<<<")]
    assert len(same) == 1
    assert same[0]["output_config"]["format"]["schema"]["properties"].keys() == {"verdicts"}
    told = (vault / "names.txt").read_text("utf-8")
    assert "slip box = slip boxes # model\n" in told and "slip box 2" not in told
    asked = server.count
    for command in (["ingest"], ["compile"], ["lint", "--strict"]):
        assert karpwiki(vault, *command) == 0
    assert server.count == asked
    costs = [json.loads(line) for line in (vault / ".karpwiki/costs.jsonl").read_text("utf-8").splitlines()]
    assert [c["task"] for c in costs].count("same") == 1


def test_a_refused_source_and_a_cut_answer_are_listed_and_the_rest_is_done(
    vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    def handler(body: dict[str, Any]) -> Script | str:
        _, user = prompt(body)
        if user.startswith("Source file: notes/memex"):
            return Script.refusal("cyber")
        text = answer(body)
        return (
            Script(text=text[: len(text) // 2], stop_reason="max_tokens")
            if user.startswith("Source file: zh/")
            else text
        )

    server.handler = handler
    assert karpwiki(vault, "ingest") == 3
    said = "".join(capsys.readouterr())
    assert "notes/memex-and-trails.md: refused (cyber)" in said
    assert "zh/llm-wiki.md: too-long" in said
    wiki = read_wiki(vault)
    assert sorted(s.status for s in wiki.sources.values()) == ["", "", "refused (cyber)", "too-long"]
    asked = server.count
    assert karpwiki(vault, "ingest") == 0, "what was refused is not asked again by itself"
    assert server.count == asked
    assert karpwiki(vault, "status") == 0
    assert "refused (cyber)" in capsys.readouterr().out
    assert karpwiki(vault, "lint") == 0


def test_a_page_that_is_refused_gets_its_claims_as_they_stand(
    vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    server.handler = lambda body: (
        Script.refusal() if prompt(body)[1].startswith("Page: Niklas Luhmann") else answer(body)
    )
    assert karpwiki(vault, "ingest") == 3
    page = vault / "wiki/entities/niklas-luhmann.md"
    assert "unpolished" in capsys.readouterr().err
    assert "unpolished refused claude-sonnet-5-5" in page.read_text("utf-8")
    assert karpwiki(vault, "lint") == 0
    server.handler = answer
    assert karpwiki(vault, "compile", "--retry") == 0
    assert "unpolished" not in page.read_text("utf-8")


def test_answers_that_invent_are_not_published(
    vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    def handler(body: dict[str, Any]) -> str:
        form = json.loads(answer(body))
        if form.get("claims"):
            form["claims"][0]["quote"] = "Words that no source ever said about this or that."
            form["claims"][1]["text"] += " This happened 4711 times."
        if form.get("lead"):
            form["lead"][0]["words"] = ["It was founded by Napoleon Bonaparte in 1804."]
        return json.dumps(form)

    server.handler = handler
    assert karpwiki(vault, "ingest") == 3
    text = "".join(pages(vault).values())
    assert "Words that no source" not in text
    assert "4711" not in text
    assert "Napoleon" not in text
    assert "not published" in capsys.readouterr().err
    assert karpwiki(vault, "lint") == 0


def test_active_marks_of_a_model_come_out_as_words(vault: Path, server: Loopback) -> None:
    hostile = "<% tp.x %> `= this` $= [[evil]] ![[x]] {{y}} <iframe> #tag k:: v ```dataviewjs"

    def handler(body: dict[str, Any]) -> str:
        form = json.loads(answer(body))
        for name in form.get("names", []):
            name["gloss"] = hostile
        for section in form.get("sections", []):
            section["heading"] = hostile
        return json.dumps(form)

    server.handler = handler
    assert karpwiki(vault, "ingest") in (0, 3)
    wiki = read_wiki(vault)
    assert not [link for p in wiki.pages.values() for link in p.links if link.target in ("evil", "x")]
    assert karpwiki(vault, "lint") == 0


def test_ctrl_c_keeps_what_is_whole_and_buys_nothing_more(vault: Path, tmp_path: Path) -> None:
    asked = threading.Event()

    def handler(body: dict[str, Any]) -> Script | str:
        if prompt(body)[1].startswith("Page: "):
            asked.set()
            return Script(text=answer(body), flaw="drip", pause=0.001)
        return answer(body)

    with Loopback(handler) as server:
        environment = {**os.environ, "ANTHROPIC_BASE_URL": server.url}
        command = [sys.executable, "-m", "karpwiki", "ingest"]
        started = subprocess.Popen(command, cwd=vault, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        assert asked.wait(180)
        started.send_signal(signal.SIGINT)
        _, err = started.communicate(timeout=180)
        assert started.returncode == 130, err.decode()
        assert b"Traceback" not in err
        wiki = read_wiki(vault)
        assert len(wiki.sources) == 4, "what was read is kept"
        overviews = [r for r in server.requests if prompt(r)[1].startswith("Wiki: ")]
        digests = [r for r in server.requests if prompt(r)[1].startswith("Source file: ")]
        assert not overviews
        server.handler = answer
        done = subprocess.run([*command[:-1], "compile"], cwd=vault, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        again = [r for r in server.requests if prompt(r)[1].startswith("Source file: ")]
        assert len(again) == len(digests), "no source is read twice"
    assert karpwiki(vault, "lint", "--strict") == 0


def test_what_was_refused_is_asked_again_on_request_or_of_another_model_only(
    vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sources, a page and the front page: a second run asks nothing, `--retry` and another model do."""

    def refusing(body: dict[str, Any]) -> Script | str:
        user = prompt(body)[1]
        mine = user.startswith(("Source file: notes/memex", "Page: Niklas Luhmann", "Wiki: "))
        return Script.refusal("cyber") if mine else answer(body)

    server.handler = refusing
    assert karpwiki(vault, "ingest") == 3
    count = server.count
    assert karpwiki(vault, "ingest") == karpwiki(vault, "compile") == 0
    assert server.count == count
    assert "unpolished refused claude-sonnet-5-5" in (vault / "wiki/overview.md").read_text("utf-8")
    assert karpwiki(vault, "compile", "--retry") == 3
    assert server.count == count + 2, "the page and the front page"
    assert karpwiki(vault, "ingest", "--model", "excerpt") in (0, 3)
    assert "refused (cyber)" in "".join(pages(vault).values()), "the embedded model does not step in by itself"
    server.handler = answer
    assert karpwiki(vault, "ingest", "--model", "claude-opus-5-5") == 0
    assert server.count > count + 2
    made = "".join(text for path, text in pages(vault).items() if path != "log.md")
    assert "refused (" not in made and "unpolished" not in made
    assert karpwiki(vault, "lint", "--strict") == 0


def test_a_source_that_was_refused_is_read_again_with_retry(vault: Path, server: Loopback) -> None:
    server.handler = lambda body: Script.refusal() if "memex" in prompt(body)[1][:40] else answer(body)
    assert karpwiki(vault, "ingest") == 3
    server.handler = answer
    count = server.count
    assert karpwiki(vault, "ingest", "--retry") == 0
    assert server.count > count
    assert not any(s.status for s in read_wiki(vault).sources.values())


def test_an_answer_that_does_not_fit_is_asked_for_in_two_halves(vault: Path, server: Loopback) -> None:
    """What is too long for one answer, or for the server: then it fits."""
    cut: list[int] = []

    def short(body: dict[str, Any]) -> Script | str:
        user = prompt(body)[1]
        if user.startswith("Source file: ") and len(user) > 4_500:
            cut.append(len(user))
            full = Script.error(413, "request_too_large")
            return full if len(cut) % 2 else Script(text="{", stop_reason="max_tokens")
        return answer(body)

    server.handler = short
    assert karpwiki(vault, "ingest") == 0
    assert cut, "no source was long enough"
    assert not any(s.status for s in read_wiki(vault).sources.values())
    halves = [prompt(r)[1].split("\n", 1)[0] for r in server.requests if " (part 1 of 2)" in prompt(r)[1][:80]]
    assert len(halves) == len(cut)
    assert karpwiki(vault, "lint") == 0


def test_the_embedded_model_takes_the_place_of_no_better_one(
    tmp_path: Path, server: Loopback, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    head, *sections = (RAW / "notes/memex-and-trails.md").read_text("utf-8").split("\n## ")
    parts = ["\n## ".join([head, *sections[n::2]]) for n in range(2)]
    vault = make(tmp_path / "two", {"one.md": parts[0]}, 'language = "en"\n')
    assert karpwiki(vault, "ingest") == 0
    before = pages(vault)
    for command in (["compile", "--all"], ["compile", "--upgrade"], ["ingest", "--upgrade"]):
        assert karpwiki(vault, *command, "--model", "excerpt") == 0
        assert {p: t for p, t in pages(vault).items() if p != "log.md"} == {
            p: t for p, t in before.items() if p != "log.md"
        }
    (vault / "raw/two.md").write_text(parts[1].replace("The memex and its trails", "More of the memex"), "utf-8")
    assert karpwiki(vault, "ingest", "--model", "excerpt") == 3
    said = capsys.readouterr().err
    assert "unpolished: wiki/concepts/memex.md: claude-sonnet-5-5 phrased it" in said
    new = pages(vault)["concepts/memex.md"]
    old = before["concepts/memex.md"].partition("## Related")[0].split("---\n", 2)[2]
    assert "two.md:" in new, "the new claims stand there"
    assert all(line in new for line in old.split("\n") if line.startswith("- ")), "its words stay"
    count = server.count
    assert karpwiki(vault, "compile") == 0
    assert server.count > count and "unpolished" not in pages(vault)["concepts/memex.md"]
    assert karpwiki(vault, "lint", "--strict") == 0
