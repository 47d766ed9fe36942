"""No surprise on the bill: prices, estimates, the limit of a run, the ledger, `karpwiki costs`."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karpwiki import ledger
from karpwiki.budget import Budget
from karpwiki.calls import Calls
from karpwiki.costs import costs
from karpwiki.errors import ModelError, OverBudget, Refused, Transient, UsageError
from karpwiki.estimate import allowed
from karpwiki.forms import DigestInput, FormFigure
from karpwiki.llm import Limits, Reply, Request
from karpwiki.prices import Bill, Call, Price, Rates, Usage, bill, expected, listed, make_price, most, tokens
from loopback import Loopback, Script
from test_real_sdk import answer
from vaults import documents, karpwiki, make, tree

HAIKU, SONNET = "claude-haiku-5-5", "claude-sonnet-5-5"
GOOD = '{"attribute": "size", "value": "3", "unit": "MB"}'


def request(n: int, size: int = 10, **changes: object) -> Request:
    values = {"task": "digest", "system": "s", "user": f"{n} " + "x" * size, "form": FormFigure, "recipe": "abcd"}
    values |= {"subject": f"{n}.md", "inputs": DigestInput(f"{n}.md", "x" * size, 1, 1, ("concept",))}
    return Request(**(values | changes))  # type: ignore[arg-type]


class Spender:
    """A model that takes as much as a seeded chance says, within what a server may count."""

    name, variant, free = HAIKU, "", False

    def __init__(self, seed: int, mishaps: bool = True) -> None:
        self.chance, self.mishaps, self.most_at_once = random.Random(seed), mishaps, 0

    def complete(self, request: Request, deadline: float, began: Callable[[], None]) -> Reply:
        began()
        prompt = self.chance.choice([0, most(request) // 4, most(request)])
        parts = sorted(self.chance.choices(range(prompt + 1), k=2))
        usage = Usage(parts[0], self.chance.choice([1, request.max_tokens]), parts[1] - parts[0], prompt - parts[1])
        kind = self.chance.randrange(6) if self.mishaps else 5
        if kind == 0:
            raise Transient("busy")
        error = Refused("no") if kind == 1 else None
        return Reply(GOOD if kind > 2 else "{}", self.name, usage, error=error)


# The limit


@given(
    sizes=st.lists(st.integers(0, 30_000), max_size=12),
    limit=st.sampled_from([0.0, 0.0001, 0.003, 0.01, 0.05]),
    jobs=st.integers(1, 8),
    seed=st.integers(0, 2**32),
)
def test_a_limit_is_never_overspent(
    sizes: list[int], limit: float, jobs: int, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By the ledger, for any order and size of sources, whatever the server counts within what it may count."""
    root = tmp_path_factory.mktemp("vault")
    budget = Budget(limit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("karpwiki.calls.BACKOFF", 0.0)
        calls = Calls(root, Spender(seed), Limits(jobs), budget=budget)
        answers = calls.ask([request(n, size) for n, size in enumerate(sizes)])
    spent = math.fsum(entry.dollars or 0.0 for entry in ledger.read(root))
    assert spent <= limit and budget.spent == pytest.approx(spent) and budget.aside == pytest.approx(0)
    assert len(answers) == len(sizes)
    for got in answers:
        assert isinstance(got.result, FormFigure | ModelError)


def test_what_fits_is_asked_and_the_rest_is_pending(tmp_path: Path) -> None:
    """A whole limit is used: a call waits for what another one leaves, and only then is too dear."""
    calls = Calls(tmp_path, Spender(1, mishaps=False), Limits(8), budget=Budget(0.02))
    answers = calls.ask([request(n, 400) for n in range(200)])
    over = [a.result for a in answers if isinstance(a.result, OverBudget)]
    assert 0 < len(over) < 200 and "--max-cost" in str(over[0])
    spent = sum(entry.dollars or 0 for entry in ledger.read(tmp_path))
    assert 0.02 * 0.6 < spent <= 0.02


def test_an_answer_is_cut_rather_than_a_limit_passed(tmp_path: Path) -> None:
    asked: list[int] = []

    class Long(Spender):
        def complete(self, request: Request, deadline: float, began: Callable[[], None]) -> Reply:
            asked.append(request.max_tokens)
            from karpwiki.errors import Cut

            usage = Usage(10, request.max_tokens)
            return Reply("{", self.name, usage, error=Cut("max_tokens"))

    [got] = Calls(tmp_path, Long(1), budget=Budget(0.005)).ask([request(1)])
    assert isinstance(got.result, OverBudget), "it is no matter of the source that the money did not last"
    assert 1_000 <= asked[0] < 32_000
    [got] = Calls(tmp_path, Long(1), budget=Budget(5.0)).ask([request(2)])
    assert not isinstance(got.result, OverBudget) and asked[1] == 32_000


def test_a_model_at_price_0_and_a_dear_one_share_a_limit(tmp_path: Path) -> None:
    rates = Rates({"local": Price(0, 0)})
    budget = Budget(0.01, rates)
    for n in range(5):
        taken = budget.take("local", request(n))
        assert taken and taken.dollars == 0 and not taken.cut
        budget.settle(taken, 0.0)
    first = budget.take(HAIKU, request(6))
    assert first and budget.take(HAIKU, request(7)) is None, "it waits"
    budget.settle(first, 0.0099)
    with pytest.raises(OverBudget):
        budget.take(HAIKU, request(7))


def test_answers_that_are_there_cost_nothing(tmp_path: Path) -> None:
    Calls(tmp_path, Spender(3, mishaps=False)).ask([request(1)])
    [got] = Calls(tmp_path, Spender(3), budget=Budget(0.0)).ask([request(1)])
    assert isinstance(got.result, FormFigure)
    paid, saved = ledger.read(tmp_path)
    assert (paid.paid and not saved.paid and saved.dollars == 0.0) or saved.outcome == "cached"


# Prices


def test_prices_of_long_prompts_and_of_the_cache() -> None:
    haiku, sonnet = listed()[HAIKU], listed()[SONNET]
    assert haiku.of(Usage(100_000, 1_000)) == pytest.approx(0.0105)
    assert haiku.of(Usage(100_001, 1_000)) == pytest.approx(0.0525005)
    assert sonnet.of(Usage(0, 0, cache_read=1_000_000)) == pytest.approx(0.10)
    assert sonnet.of(Usage(0, 0, cache_write=1_000_000)) == pytest.approx(2.50)
    assert sonnet.worst(1_000_000, 0) == pytest.approx(2.50)


@given(st.integers(0, 300_000), st.integers(0, 50_000), st.randoms(use_true_random=False))
def test_the_worst_is_never_less_than_what_is_paid(prompt: int, answer: int, chance: random.Random) -> None:
    for price in listed().values():
        cut = sorted(chance.randint(0, prompt) for _ in range(2))
        usage = Usage(cut[0], chance.randint(0, answer), cut[1] - cut[0], prompt - cut[1])
        longest = price.worst(prompt, answer)
        assert price.of(usage) <= longest * (1 + 1e-12)


@pytest.mark.parametrize(
    "row",
    [1, {}, {"input": 1}, {"input": -1, "output": 1}, {"input": "1", "output": 1}, {"input": True, "output": 1},
     {"input": float("nan"), "output": 1}, {"input": 1, "output": 1, "more": 1},
     {"input": 1, "output": 1, "above": {"input": 1, "output": 2}}],
)  # fmt: skip
def test_what_is_no_price(row: object) -> None:
    with pytest.raises(UsageError, match="price of m"):
        make_price("m", row)


def test_a_token_is_never_shorter_than_a_byte() -> None:
    assert most(request(1, 4_000)) > 4_000 and most(request(1, user="汉" * 100)) > 300


# Estimates


def test_the_ledger_corrects_what_is_expected(tmp_path: Path) -> None:
    asked = request(1, 3_600)
    before = bill([expected(HAIKU, asked)], Rates())
    for n in range(ledger.ENOUGH):
        about = expected(HAIKU, asked)
        reply = Reply(GOOD, HAIKU, Usage(2 * about.prompt, 2 * about.answer))
        ledger.book(tmp_path, "", request(n, 3_600), HAIKU, reply, Rates())
    rates = Rates(really=ledger.really(tmp_path, Rates()))
    after = bill([expected(HAIKU, asked)], rates)
    assert after.tokens == pytest.approx(2 * before.tokens, rel=0.01)
    assert after.dollars == pytest.approx(2 * (before.dollars or 0), rel=0.01)
    other = bill([Call(HAIKU, "page", 100, 100)], rates)
    assert other == bill([Call(HAIKU, "page", 100, 100)], Rates()), "another task is another matter"


def test_two_calls_correct_nothing(tmp_path: Path) -> None:
    for n in range(2):
        ledger.book(tmp_path, "", request(n), HAIKU, Reply(GOOD, HAIKU, Usage(9_999, 9_999)), Rates())
    assert not ledger.really(tmp_path, Rates())


def test_damaged_lines_of_the_ledger_are_passed_over(tmp_path: Path) -> None:
    ledger.book(tmp_path, "", request(1), HAIKU, Reply(GOOD, HAIKU, Usage(1, 1)), Rates())
    path = tmp_path / ".karpwiki/costs.jsonl"
    good = path.read_text("utf-8")
    bad = [
        "{",
        "[]",
        '"x"',
        "1",
        '{"time": 1}',
        good.strip().replace('"input_tokens": 1', '"input_tokens": -5'),
        "\x00",
    ]
    path.write_text("\n".join(bad) + "\n" + good + '{"time": "2026', "utf-8")
    assert len(list(ledger.read(tmp_path))) == 1
    ledger.book(tmp_path, "", request(2), HAIKU, Reply(GOOD, HAIKU, Usage(1, 1)), Rates())
    assert len(list(ledger.read(tmp_path))) == 2, "a torn line spoils no other"


def test_unknown_prices_are_said() -> None:
    got = bill([Call("who", "digest", 10, 10), Call(HAIKU, "digest", 10, 10)], Rates())
    assert got.dollars is None and got.unpriced == ("who",) and got.tokens == 40
    priced = bill([Call("who", "digest", 10, 10)], Rates({"who": Price(0, 0)}))
    assert priced.dollars == 0.0


# Consent


def test_what_a_run_may_cost() -> None:
    cheap, dear, unknown = Bill(3, 100, 0.5), Bill(3, 100, 5.0), Bill(3, 100, None, ("who",))
    assert allowed(cheap, None, 2.0, False).limit == 2.0 and not allowed(cheap, None, 2.0, False).question
    assert allowed(cheap, 0.7, 2.0, False).limit == 0.7
    asked = allowed(dear, None, 2.0, False)
    assert asked.limit == 10.0 and "$5.00" in asked.question and "$10.00" in asked.question
    assert allowed(dear, None, 2.0, True).limit == 10.0 and not allowed(dear, None, 2.0, True).question
    assert allowed(dear, 3.0, 2.0, True).limit == 3.0, "what is said on the command line is never passed"
    assert allowed(dear, math.inf, 2.0, False).limit == math.inf
    with pytest.raises(OverBudget, match=r"who.*\[prices\].*--yes"):
        allowed(unknown, None, 2.0, False)
    assert allowed(unknown, None, 2.0, True).limit == math.inf == allowed(unknown, None, math.inf, False).limit


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    monkeypatch.setattr("karpwiki.calls.BACKOFF", 0.01)
    return make(
        tmp_path / "vault", documents("notes/zettelkasten.md", "notes/memex-and-trails.md"), 'language = "en"\n'
    )


def test_an_estimate_above_the_limit_ends_with_5_where_nobody_can_be_asked(
    vault: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(vault / "wiki")
    with Loopback(answer) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(vault, "ingest", "--max-cost", "0.01") == 5
        said = capsys.readouterr().err
        assert "Estimate: 2 sources," in said and "above the limit of $0.01" in said and "--yes" in said
        assert server.count == 0 and tree(vault / "wiki") == before
        assert karpwiki(vault, "ingest", "--yes") == 0


def test_a_limit_that_is_reached_keeps_what_is_done(
    vault: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    usage = {"input_tokens": 4_000, "output_tokens": 4_000}
    with Loopback(lambda body: Script(text=answer(body), usage=usage)) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(vault, "ingest", "--max-cost", "0.2", "--yes", "--jobs", "1") == 5
        said = capsys.readouterr()
        assert "unpolished" in said.err or "pending" in said.err
        spent = sum(entry.dollars or 0 for entry in ledger.read(vault))
        assert 0.05 < spent <= 0.2
        assert list((vault / "wiki/sources").glob("*.md")), "what was read is kept"
        assert karpwiki(vault, "lint") == 0
        asked = server.count
        assert karpwiki(vault, "ingest", "--max-cost", "9") == 0
        assert server.count > asked


def test_a_model_of_unknown_price_is_not_started_unasked(
    vault: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Loopback(answer) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(vault, "ingest", "--model", "claude-new-9") == 5
        assert "price of claude-new-9 is not known" in capsys.readouterr().err and server.count == 0
        assert karpwiki(vault, "ingest", "--model", "claude-new-9", "--yes") == 0
        assert "price of claude-new-9 unknown (no limit)" in capsys.readouterr().err
        assert karpwiki(vault, "costs") == 0
        assert "of unknown price" in capsys.readouterr().out


def test_a_price_in_the_settings_is_one(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (vault / "karpwiki.toml").read_text()
    (vault / "karpwiki.toml").write_text(text + '[prices]\n"claude-new-9" = {input = 1, output = 2}\n')
    with Loopback(answer) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(vault, "ingest", "--model", "claude-new-9") == 0
    assert all(entry.dollars == pytest.approx(19e-6 + 14e-6) for entry in ledger.read(vault))


def test_a_task_has_a_model_and_an_effort_of_its_own(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (vault / "karpwiki.toml").read_text()
    tasks = f'[tasks]\ndigest = {{model = "{HAIKU}", effort = "low"}}\noverview = {{effort = "high"}}\n'
    (vault / "karpwiki.toml").write_text(text + tasks)
    with Loopback(answer) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(vault, "ingest") == 0
        asked = {(r["model"], r["output_config"]["effort"]) for r in server.requests}
        assert asked == {(HAIKU, "low"), (SONNET, "medium"), (SONNET, "high")}
        count = server.count
        assert karpwiki(vault, "ingest") == karpwiki(vault, "compile") == 0
        assert server.count == count
    made = {entry.model for entry in ledger.read(vault) if entry.task == "digest"}
    assert made == {HAIKU}


# Costs


def test_costs_by_day_task_model_and_source(
    vault: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert karpwiki(vault, "costs") == 0
    assert "No call" in capsys.readouterr().out
    with Loopback(answer) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(vault, "ingest") == 0
        count = server.count
        (vault / "wiki/sources/the-memex-and-its-trails.md").unlink()
        assert karpwiki(vault, "ingest") == 0, "its answer is taken from the cache"
    found = {by: costs(vault, by) for by in ("day", "task", "model", "source")}
    assert {by: len(c.rows) for by, c in found.items()} == {"day": 1, "task": 3, "model": 1, "source": 3}
    for c in found.values():
        assert c.total.calls == sum(row.calls for row in c.rows) == server.count >= count
        assert c.total.dollars == pytest.approx(sum(row.dollars for row in c.rows))
        assert c.total.saved_calls >= 1 and c.total.saved_tokens >= tokens("x")
    assert [row.name for row in found["source"].rows] == [
        "(pages)", "raw/notes/memex-and-trails.md", "raw/notes/zettelkasten.md",
    ]  # fmt: skip
    capsys.readouterr()
    assert karpwiki(vault, "costs", "--by", "task") == 0
    table = capsys.readouterr().out
    assert table.splitlines()[0].split() == ["task", "calls", "tokens", "in", "cached", "out", "dollars"]
    assert "taken from the answer cache" in table
    assert karpwiki(vault, "costs", "--json", "--since", "2999-01-01") == 0
    assert json.loads(capsys.readouterr().out)["rows"] == []


def test_an_estimate_leaves_out_what_costs_nothing_and_what_is_too_large(
    vault: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (vault / "karpwiki.toml").read_text()
    (vault / "raw/book.md").write_text("A book has words. " * 5_000)
    (vault / "karpwiki.toml").write_text(text + 'max_source_kb = 20\n[tasks]\ndigest = {model = "excerpt"}\n')
    assert karpwiki(vault, "ingest", "--dry-run") == 0
    said = capsys.readouterr()
    assert "3 sources to read" in said.out and "which is free" in said.out, "it reads large files unasked"
    (vault / "karpwiki.toml").write_text(text + "max_source_kb = 20\n")
    assert karpwiki(vault, "ingest", "--dry-run") == 0
    said = capsys.readouterr()
    assert "skipped: raw/book.md is 90 kB" in said.err and "2 sources to read" in said.out
    with Loopback(answer) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        (vault / "karpwiki.toml").write_text(text + '[tasks]\ndigest = {model = "excerpt"}\n')
        assert karpwiki(vault, "ingest", "raw/notes") == 0
        assert all("Source file" not in r["messages"][0]["content"][:20] for r in server.requests)
        assert karpwiki(vault, "costs", "--since", "yesterday") == 2


def test_no_model_of_unknown_price_is_asked_unasked(
    vault: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even where no estimate foresees it: the front page."""
    text = (vault / "karpwiki.toml").read_text()
    (vault / "karpwiki.toml").write_text(text + '[tasks]\noverview = {model = "claude-new-9"}\n')
    with Loopback(answer) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert karpwiki(vault, "ingest") == 5
        assert "price of claude-new-9 is not known" in capsys.readouterr().err
        assert all(r["model"] == SONNET for r in server.requests)
        assert karpwiki(vault, "compile", "--yes") == 0
