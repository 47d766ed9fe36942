"""`lint --deep`: findings are what the answers say; each claim is asked about once, within the budget."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchserver import BatchServer
from judging import Judge, opinions, review, rows, support
from karpwiki import ledger
from karpwiki.calls import Calls
from karpwiki.forms_judge import ReviewForm, SupportForm
from karpwiki.judge import REVIEW, SUPPORT, Judged, Question, judge, questions
from karpwiki.lint import lint
from karpwiki.llm import Reply, Request, fill
from karpwiki.prepare import Ground, prepare
from karpwiki.prices import Usage
from karpwiki.settings import Settings, read_settings
from karpwiki.vault import read_wiki
from karpwiki.wiki import Wiki
from loopback import Loopback, Script
from test_batch import killed
from test_lint_cli import git
from test_real_sdk import answer, prompt
from test_rules import ingested
from vaults import add, karpwiki, tree

HERE = Path(__file__).parent.parent
BUSH, MEMEX, BOX = "wiki/entities/vannevar-bush.md", "wiki/sources/the-memex.md", "wiki/sources/zettelkasten-notes.md"
HELD = """
more: for want of money | the quote gives no reason
other: sold a Zettelkasten | kept, not sold
tension: described in 1945 | never built the memex | Was the memex a desk, or was it never built?
question: Why was the memex never built? | never built the memex
missing: office of research | office of research
"""
JUDGED = ("claim-not-supported", "tension", "open-question", "missing-page")
MINE = "A word of mine about the [[vannevar-bush]]."


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def edit(root: Path, path: str, old: str, new: str) -> None:
    text = (root / path).read_text("utf-8")
    assert old in text
    (root / path).write_text(text.replace(old, new, 1), "utf-8")


@lru_cache(maxsize=1)
def reworded() -> Path:
    """A vault with three claims that say other words than their quotes, one of which its quote carries."""
    root = Path(shutil.copytree(ingested(), Path(mkdtemp()) / "vault"))
    edit(root, MEMEX, "never built the **memex**.", "never built the **memex**, for want of money.")
    edit(root, MEMEX, "an office of research during the war.", "an office of research in wartime.")
    edit(root, BOX, "kept a [[zettelkasten|Zettelkasten]]", "sold a [[zettelkasten|Zettelkasten]]")
    assert karpwiki(root, "compile", "--model", "excerpt") == 0
    return root


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    monkeypatch.setattr("karpwiki.calls.BACKOFF", 0.01)
    return Path(shutil.copytree(reworded(), tmp_path / "vault"))


def judging(held: str = HELD) -> Callable[[dict[str, Any]], str]:
    """What a server answers that has these opinions; what is no question about claims, as an honest model does."""

    def handle(body: dict[str, Any]) -> str:
        user = prompt(body)[1]
        if "Fill in the three lists." in user:
            return review(rows(user), opinions(held))
        return support(rows(user), opinions(held)) if "Fill in a verdict" in user else answer(body)

    return handle


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with Loopback(judging()) as running:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", running.url)
        yield running


def deep(root: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, JSON and what was said of a run."""
    capsys.readouterr()
    code = karpwiki(root, "lint", "--deep", "--json", *options)
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else {}, said.err


def found(data: dict[str, Any]) -> dict[str, list[str]]:
    """Messages by rule, of the rules that a model judges for."""
    by_name: dict[str, list[str]] = {}
    for f in data["findings"]:
        if f["name"] in JUDGED:
            by_name.setdefault(f["name"], []).append(f["message"])
    return by_name


# What is asked


def test_only_some_files_are_judged(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    def told(*words: str) -> tuple[int, int]:
        data = deep(vault, capsys, "--dry-run", *words)[1]["to_judge"]
        return data["claims"], data["pages"]

    claims, pages = told()
    assert told("wiki") == (claims, pages) and told(BOX) == (1, 0) and told(BUSH) == (0, 1)
    assert claims > 1 and told(MEMEX, BOX) == (claims, 0) and not server.count
    code, data, _ = deep(vault, capsys, BOX)
    assert code == 0 and list(found(data)) == ["claim-not-supported"] and server.count == 1


def test_only_what_changed_is_judged(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    git(vault, "init", "-q", "-b", "main")
    git(vault, "add", "-A")
    git(vault, "commit", "-qm", "first")
    deep(vault, capsys, "--diff", "HEAD")
    assert not server.count
    edit(vault, BUSH, "# ", f"{MINE}\n\n# ")
    deep(vault, capsys, "--diff", "HEAD")
    assert server.count == 1


# What is found


def test_claims_are_told_apart_as_the_answers_say(
    vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(vault / "wiki")
    code, data, said = deep(vault, capsys)
    assert code == 0 and re.search(r"^Estimate: \d+ calls to claude-sonnet-5-5, about [\d,]+ tokens, \$0\.\d\d", said)
    messages = found(data)
    assert sorted(messages) == sorted(JUDGED)
    first, second = messages["claim-not-supported"]
    assert first == (
        "says more than its quote (the quote gives no reason): “Vannevar Bush never built the memex, for want of "
        "money.” [^vsp4remb] / “Vannevar Bush never built the memex.”"
    )
    assert second.startswith("says something else than its quote (kept, not sold): “Niklas Luhmann sold a Zettelkasten")
    assert "wartime" not in str(messages), "its quote carries it"
    assert messages["tension"][0].startswith("Was the memex a desk, or was it never built? “The memex is a desk")
    assert messages["open-question"] == ["Why was the memex never built? ([^vsp4remb])"]
    assert messages["missing-page"] == ["“office of research” has no page ([^4rl5p743])"]
    assert data["not_judged"] == [] and data["left_out"] == 0
    assert tree(vault / "wiki") == before, "nothing is written"
    claims = [list(rows(prompt(r)[1]).values()) for r in server.requests if "Fill in a verdict" in prompt(r)[1]]
    assert sorted(map(len, claims)) == [1, 2], "what is quoted as it stands is not asked about"


def test_a_second_run_asks_nothing(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    code, data, _ = deep(vault, capsys)
    asked = server.count
    assert asked == 5 and sum(e.paid for e in ledger.read(vault)) == 5
    for lost in ("", "judged.json"):
        (vault / ".karpwiki" / lost).unlink() if lost else None
        again = deep(vault, capsys)
        assert (again[0], again[1]) == (code, data) and server.count == asked, "verdicts and answers are kept"
        assert "Estimate" not in again[2]
    shutil.rmtree(vault / ".karpwiki/answers")
    deep(vault, capsys, "--select", "claim-not-supported")
    assert server.count == asked, "a verdict outlives its prompt"


def test_only_what_changed_is_asked_again(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    deep(vault, capsys)
    edit(vault, MEMEX, "in wartime", "in a time of war")
    server.requests.clear()
    deep(vault, capsys, "--select", "claim-not-supported")
    [once] = server.requests
    assert [row.split(" | ")[2] for row in rows(prompt(once)[1]).values()] == [
        "Vannevar Bush led an office of research in a time of war."
    ]
    (vault / ".karpwiki/judged.json").write_text('{"by": 1, "verdicts": [[]]}')
    assert deep(vault, capsys, "--select", "G010")[0] == 0, "a damaged file is as good as none"


def asked_of(root: Path, settings: Settings | None = None) -> list[Question]:
    settings = settings or read_settings(root)
    return questions(root, prepare(root, read_wiki(root), settings), settings, (SUPPORT, REVIEW))


def test_an_added_source_changes_no_other_prompt(vault: Path) -> None:
    before = {q.path: q.asked.user for q in asked_of(vault)}
    add(vault, {"notes/trails.md": "# Trails\n\nA trail joins pages. Ted Nelson liked trails. Trails are links.\n"})
    assert karpwiki(vault, "ingest", "--model", "excerpt") == 0
    after = {q.path: q.asked.user for q in asked_of(vault)}
    assert before.items() <= after.items()


def test_prompts_are_bounded_and_in_the_order_of_the_source() -> None:
    """On this repository's own wiki: twenty claims of a source, `page_limit` of a page, none left out or doubled."""
    settings, wiki = read_settings(HERE), read_wiki(HERE)
    ground = prepare(HERE, wiki, settings)
    asked = questions(HERE, ground, settings, (SUPPORT, REVIEW))
    for path, source in wiki.sources.items():
        mine = [q for q in asked if q.path == path]
        ids = [i for q in mine for i in q.ids.values()]
        assert ids == [c.id for c in source.claims if c.text != c.quote.text]
        assert all(len(q.ids) == 20 for q in mine[:-1]) and all(len(q.ids) <= 20 for q in mine[-1:])
    pages = [q for q in asked if q.asked.task == REVIEW]
    assert max(len(q.ids) for q in pages) == settings.page_limit and len({q.path for q in pages}) == len(pages) > 30


# Which rules, which formats


def test_rules_are_switched_graded_and_allowed(
    vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    _, data, _ = deep(vault, capsys, "--select", "claim-not-supported")
    assert list(found(data)) == ["claim-not-supported"]
    assert all("Fill in a verdict" in prompt(r)[1] for r in server.requests), "the other questions are not asked"
    (vault / "karpwiki.toml").write_text('[rules]\nclaim-not-supported = "error"\ntension = "off"\n')
    code, data, _ = deep(vault, capsys, "--ignore", "L009")
    assert code == 1 and sorted(found(data)) == ["claim-not-supported", "open-question"]
    edit(
        vault,
        MEMEX,
        "- [[vannevar-bush|Vannevar Bush]] never",
        "<!-- karpwiki: allow claim-not-supported -->\n- [[vannevar-bush|Vannevar Bush]] never",
    )
    _, data, _ = deep(vault, capsys)
    assert len(found(data)["claim-not-supported"]) == 1 and data["summary"]["silenced"] == 1
    asked = server.count
    assert deep(vault, capsys, "--select", "L001")[0] == 0 and server.count == asked


def test_without_deep_the_rules_are_neither_run_nor_called_off(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(
        vault,
        MEMEX,
        "- [[vannevar-bush|Vannevar Bush]] never",
        "<!-- karpwiki: allow claim-not-supported -->\n- [[vannevar-bush|Vannevar Bush]] never",
    )
    capsys.readouterr()
    assert karpwiki(vault, "lint", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert not found(data) and data["off"] == {} and not any(f["name"] == "unused-allow" for f in data["findings"])
    assert karpwiki(vault, "lint", "--explain", "claim-not-supported") == 0
    assert "only with --deep" in capsys.readouterr().out


def test_all_formats_show_them(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    outs = {}
    for form in ("text", "json", "github", "sarif"):
        assert karpwiki(vault, "lint", "--deep", "--format", form) == 0
        outs[form] = capsys.readouterr().out
        for name in JUDGED:
            assert name in outs[form] or form == "sarif"
        assert "the quote gives no reason" in outs[form]
    assert "for want of money.” [^vsp4remb] [--deep --heal]" in outs["text"]
    log = json.loads(outs["sarif"])
    jsonschema.validate(log, json.loads((Path(__file__).parent / "sarif-2.1.0.json").read_text("utf-8")))
    assert {r["ruleId"] for r in log["runs"][0]["results"]} >= {"G010", "C006", "C007", "L009"}


def test_of_a_change_only_what_it_brought_is_told(
    vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        git(vault, *arguments)
    assert found(deep(vault, capsys, "--diff", "HEAD")[1]) == {}
    edit(vault, BOX, "no fixed order of topics", "no order of topics at all")
    server.handler = judging(HELD + "other: at all | no fixed order is not none\n")
    messages = found(deep(vault, capsys, "--diff", "HEAD")[1])
    assert list(messages) == ["claim-not-supported"] and len(messages["claim-not-supported"]) == 1


# What it may cost, and who is asked


def test_the_budget_stops_it_before_any_call(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(vault)
    code, data, said = deep(vault, capsys, "--max-cost", "0.0001")
    assert code == 5 and not data and server.count == 0 and "Nothing was asked" in said
    assert {p: h for p, h in tree(vault).items() if "lock" not in p} == {
        p: h for p, h in before.items() if "lock" not in p
    }
    assert deep(vault, capsys, "--max-cost", "1")[0] == 0


def test_a_dry_run_asks_nothing(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert karpwiki(vault, "lint", "--deep", "--dry-run") == 0
    said = capsys.readouterr().out
    assert said.startswith(
        "To judge: 3 claims beside their quotes, the claims of 3 pages beside each other: 5 calls to "
    )
    assert deep(vault, capsys, "--dry-run")[1]["to_judge"]["bill"]["calls"] == 5
    edit(vault, BUSH, "updated: 2026-11-21\n", "")
    edit(vault, MEMEX, "in wartime", "in a time of war")
    before = tree(vault / "wiki")
    data = deep(vault, capsys, "--heal", "--dry-run")[1]
    assert data["to_judge"]["claims"] == 3 and data["to_phrase"]["pages"] == [BUSH] and data["healed"]
    assert tree(vault / "wiki") == before
    assert server.count == 0


def test_the_embedded_model_says_that_it_cannot(
    vault: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, said = deep(vault, capsys, "--model", "excerpt")
    assert code == 5 and "cannot judge claims" in said and "--model NAME" in said
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    assert deep(vault, capsys)[0] == 5 and karpwiki(vault, "lint", "--deep", "--heal", "--dry-run") == 5


def test_judging_may_have_a_model_of_its_own(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    (vault / "karpwiki.toml").write_text('model = "excerpt"\n[tasks]\njudge = {model = "claude-haiku-5-5"}\n')
    code, data, said = deep(vault, capsys)
    assert code == 0 and found(data) and "calls to claude-haiku-5-5, about" in said
    assert {r["model"] for r in server.requests} == {"claude-haiku-5-5"}
    asked = server.count
    assert karpwiki(vault, "compile", "--all") == 0 and server.count == asked, "it does nothing else"


def test_recorded_answers_say_the_same(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    _, data, _ = deep(vault, capsys)
    folder = Path(shutil.copytree(vault / ".karpwiki/answers", vault.parent / "answers"))
    shutil.rmtree(vault / ".karpwiki")
    code, again, _ = deep(vault, capsys, "--model", f"replay:{folder}")
    assert code == 0 and again == data
    kept = {f: json.loads(f.read_text("utf-8")) for f in folder.glob("*.json")}
    [of_memex] = [f for f, k in kept.items() if (k["task"], k["subject"]) == ("support", "The memex")]
    of_memex.unlink()
    code, again, said = deep(vault, capsys, "--model", f"replay:{folder}")
    assert code == 3 and "gives no reason" not in str(again) and "kept, not sold" in str(again)
    assert f"not judged: {MEMEX}, 2 claims: No recorded answer" in said and len(again["not_judged"]) == 1


def test_a_batch_says_the_same_and_is_taken_up_again(
    vault: Path, server: Loopback, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("karpwiki.batch.POLL", 0.01)
    alike = Path(shutil.copytree(vault, vault.parent / "alike"))
    _, data, _ = deep(vault, capsys)
    with BatchServer(lambda key, params: judging()(params), polls=10**6, created=now()) as batches:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", batches.url)
        command = [sys.executable, "-m", "karpwiki", "lint", "--deep", "--batch", "--max-cost", "9", "--strict"]
        killed(command, alike, dict(os.environ), lambda: any(line.startswith("GET") for line in batches.log))
        batches.polls = 1
        capsys.readouterr()
        assert karpwiki(alike, "batch", "resume", "--json") == 1, "warnings are left, and it was told to be strict"
        assert json.loads(capsys.readouterr().out) == data
        assert len(batches.batches) == 1 and set(batches.asked.values()) == {1}


# When something goes wrong


def test_a_call_that_fails_is_listed(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    good = server.handler

    def handler(body: dict[str, Any]) -> Script | str:
        return Script.error(500) if "Source: The memex" in prompt(body)[1] else good(body)

    server.handler = handler
    code, data, said = deep(vault, capsys)
    assert code == 3 and [about for about, _ in data["not_judged"]] == [f"{MEMEX}, 2 claims"]
    assert f"not judged: {MEMEX}, 2 claims: " in said
    assert len(found(data)["claim-not-supported"]) == 1, "the others are judged"
    server.handler = good
    server.requests.clear()
    assert deep(vault, capsys)[0] == 0 and server.count == 1, "the next run asks what is left"


def test_a_verdict_that_is_missing_is_asked_for_again(
    vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    server.handler = lambda body: '{"verdicts": []}' if "Fill in a verdict" in prompt(body)[1] else judging("")(body)
    code, data, _ = deep(vault, capsys)
    assert code == 3 and {why for _, why in data["not_judged"]} >= {
        "the answer has no verdict, or two, for 2 of its claims"
    }
    server.handler = judging()
    assert "there must be one verdict for each claim" in str(server.requests)


def test_ctrl_c_keeps_what_was_answered(vault: Path) -> None:
    class Stopped(Judge):
        free = True

        def complete(self, request: Request, deadline: float, began: Any) -> Reply:
            if len(self.asked) == 2:
                raise KeyboardInterrupt
            return super().complete(request, deadline, began)

    ground = prepare(vault, read_wiki(vault), Settings())
    asked = questions(vault, ground, Settings(), (SUPPORT, REVIEW))
    made = judge(asked, ground.frame.names, Calls(vault, Stopped(opinions(HELD))), {})
    assert made.interrupted and made.verdicts and not made.failed and not made.questions


# Hostile answers

LABELS = st.sampled_from(["c1", "c2", "c3", "c99", "vsp4remb", "../../x", "", "c1\x1b[2J", "[[c1]]"])
WORDS = st.sampled_from(["", "plain", "\x1b]0;title\x07\x1b[31m", "x " * 3_000, "<script>alert(1)</script>",
                         "[[index]] ![](http://x.example) `= 1`", "a\n::error ::b\n\n# c", "\u202eevil\u2066", "\ud800",
                         "Vannevar Bush", "office of research", "memex"])  # fmt: skip
VERDICTS = st.lists(
    st.fixed_dictionaries({"claim": LABELS, "reason": WORDS, "answer": st.sampled_from(["carried", "more", "other"])}),
    max_size=6,
)
HINTS = st.lists(st.fixed_dictionaries({"words": WORDS, "claims": st.lists(LABELS, max_size=3)}), max_size=6)
PAIRS = st.lists(st.fixed_dictionaries({"topic": WORDS, "first": LABELS, "second": LABELS}), max_size=9)
JUNK = st.sampled_from(["", "null", "[]", "{", '{"verdicts": 1}', '{"tensions": []}', "no\x1b[2J"])


@lru_cache(maxsize=1)
def asking() -> tuple[Wiki, Ground, list[Question]]:
    wiki = read_wiki(reworded())
    ground = prepare(reworded(), wiki, Settings())
    return wiki, ground, questions(reworded(), ground, Settings(), (SUPPORT, REVIEW))


@given(
    verdicts=VERDICTS,
    form=st.fixed_dictionaries({"tensions": PAIRS, "questions": HINTS, "missing": HINTS}),
    junk=JUNK | st.none(),
)
def test_a_hostile_answer_changes_nothing(
    verdicts: list[Any], form: dict[str, Any], junk: str | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever it holds: findings are about claims that were shown, of bounded length, on one line, inert."""

    class Hostile(Judge):
        free = True

        def complete(self, request: Request, deadline: float, began: Any) -> Reply:
            text = json.dumps({"verdicts": verdicts} if request.task == SUPPORT else form)
            return Reply(text if junk is None else junk, self.name, Usage())

    wiki, ground, asked = asking()
    before = tree(reworded())
    made = judge(asked, ground.frame.names, Calls(tmp_path_factory.mktemp("calls"), Hostile([])), {})
    shown = {i for q in asked for i in q.ids.values()}
    assert made.verdicts.keys() <= {i for q in asked if q.asked.task == SUPPORT for i in q.ids.values()}
    for f in lint(wiki, Settings(), judged=made).findings:
        assert f.name in JUDGED and f.path in wiki.pages and f.severity != "error"
        assert set(re.findall(r"\[\^(\w+)\]", f.message)) & shown
        assert f.message.isprintable() and len(f.message) < 900
        assert f.name != "missing-page" or "office of research" in f.message or "memex" in f.message
    lost = [h for h in (*form["questions"], *form["missing"]) if not {"c1", "c2", "c3"} & set(h["claims"])]
    assert made.failed or made.strange >= len(lost)
    assert made.failed or junk is None
    assert tree(reworded()) == before


def test_ten_times_too_long_is_not_read(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    long = json.dumps({"verdicts": [{"claim": f"c{n}", "reason": f"r{n} " * 90, "answer": "more"} for n in range(900)]})
    server.handler = lambda body: long if "Fill in a verdict" in prompt(body)[1] else judging("")(body)
    code, data, said = deep(vault, capsys)
    assert code == 3 and not found(data) and len(data["not_judged"]) == 2 and "at most" in str(server.requests)
    assert ".karpwiki/rejected/" in said


def test_the_forms_are_what_a_server_can_keep_to() -> None:
    for form in (SupportForm, ReviewForm):
        schema = json.dumps(form.json_schema())
        assert "anyOf" not in schema and 'additionalProperties": true' not in schema
    assert isinstance(fill(ReviewForm, '{"tensions": [], "questions": [], "missing": []}'), ReviewForm)
    assert Judged().failed == ()


# Healing


def test_heal_writes_a_tension_that_was_found(
    vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(vault, BUSH, "## Sources", f"{MINE}\n\n## Sources")
    with (vault / BUSH).open("a") as file:
        file.write("\n## Notes\n\nKeep  this.\n")
    log = (vault / "wiki/log.md").read_text("utf-8")
    code, data, _ = deep(vault, capsys, "--heal")
    assert code == 0 and "tension" not in found(data) and len(found(data)["claim-not-supported"]) == 2
    page = (vault / BUSH).read_text("utf-8")
    assert "> [!warning] Tension: Was the memex a desk, or was it never built?" in page
    assert "> Status: open" in page and MINE in page and page.endswith("\n## Notes\n\nKeep  this.\n")
    assert "Was the memex a desk" in (vault / "wiki/tensions.md").read_text("utf-8")
    added = (vault / "wiki/log.md").read_text("utf-8").removeprefix(log)
    assert added.count("## [") == 1 and "heal | " in added and "vannevar-bush.md: tension (tension written)" in added
    whole, asked = tree(vault / "wiki"), server.count
    for options in (["--heal"], []):
        assert deep(vault, capsys, *options)[0] == 0
        assert tree(vault / "wiki") == whole and server.count == asked, "a second run asks and writes nothing"
    assert karpwiki(vault, "compile") == 0 and karpwiki(vault, "lint", "--strict", "--ignore", "C004") == 0
    assert tree(vault / "wiki") == whole, "once found it stays"
    assert karpwiki(vault, "undo") == 0 and "[!warning]" not in (vault / BUSH).read_text("utf-8")


def test_a_hostile_question_is_inert_on_the_page(
    vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    held = "tension: described in 1945 | never built the memex | [[x]] <img src=y> \x1b[2J `= 1` ^b # h --> "
    server.handler = judging(held)
    assert deep(vault, capsys, "--heal")[0] == 0
    assert "[!warning] Tension: " in (vault / BUSH).read_text("utf-8")
    capsys.readouterr()
    assert karpwiki(vault, "lint", "--strict", "--ignore", "C004") == 0, capsys.readouterr().out
    whole = tree(vault / "wiki")
    assert deep(vault, capsys, "--heal")[0] == 0 and tree(vault / "wiki") == whole


def test_a_tension_is_written_where_no_model_phrases_pages(
    vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    (vault / "karpwiki.toml").write_text('model = "excerpt"\n[tasks]\njudge = {model = "claude-haiku-5-5"}\n')
    assert deep(vault, capsys, "--heal")[0] == 0
    assert "[!warning] Tension: Was the memex" in (vault / BUSH).read_text("utf-8")
    assert {r["model"] for r in server.requests} == {"claude-haiku-5-5"} and server.count == 5


def test_tensions_alone_are_written_without_asking_for_pages(
    vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(vault, BOX, "no fixed order of topics", "no order of topics at all")
    assert deep(vault, capsys, "--heal", "--select", "tension")[0] == 0
    assert "[!warning] Tension: Was the memex" in (vault / BUSH).read_text("utf-8")
    assert server.count == 3 and "at all" not in (vault / "wiki/entities/zettelkasten.md").read_text("utf-8")


def test_the_log_names_both_of_a_page_that_is_phrased_again_and_gets_a_tension(
    vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(vault, MEMEX, "in wartime", "in a time of war")
    (vault / "karpwiki.toml").write_text('[rules]\nopen-question = "error"\n')
    code, data, said = deep(vault, capsys, "--heal")
    assert code == 1 and data["refused"] == [] and "Estimate: 6 calls" in said
    log = (vault / "wiki/log.md").read_text("utf-8")
    assert "vannevar-bush.md: page-out-of-date (phrased again: claims reworded; tension written)" in log
    page = (vault / BUSH).read_text("utf-8")
    assert "[!warning] Tension: Was the memex" in page and "in a time of war" in page
    whole, asked = tree(vault / "wiki"), server.count
    assert deep(vault, capsys, "--heal")[0] == 1 and tree(vault / "wiki") == whole and server.count == asked


def test_heal_with_tensions_off_writes_none(vault: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    whole = tree(vault / "wiki")
    assert deep(vault, capsys, "--heal", "--ignore", "tension")[0] == 0
    assert tree(vault / "wiki") == whole
