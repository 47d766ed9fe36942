"""Models of one's own: the tables of karpwiki.toml, which model is opened, the doctor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karpwiki.errors import KarpError, ModelError, UsageError
from karpwiki.models import open_model
from karpwiki.models.anthropic import Anthropic
from karpwiki.models.chat import Chat
from karpwiki.models.command import Command
from karpwiki.settings import make_settings
from loopback import Loopback
from vaults import karpwiki, make, tree

LOCAL = {"base_url": "http://127.0.0.1:11434/v1", "model": "qwen3:8b", "input": 0, "output": 0}


def settings(**tables: Any) -> Any:
    return make_settings(tables)


# Tables


def test_a_server_a_gateway_and_a_program() -> None:
    made = settings(
        models={
            "local": LOCAL,
            "gate": {"base_url": "https://gate.example/v1", "api": "anthropic", "key": "GATE_KEY", "model": "claude-x"},
            "mine": {"command": ["my-model", "--json", ""], "answer": "out.text"},
        }
    )
    environ = {"GATE_KEY": "secret"}
    local = open_model("local", rows=made.models, environ=environ)
    gate = open_model("gate", rows=made.models, environ=environ)
    mine = open_model("mine", rows=made.models, environ=environ)
    assert isinstance(local, Chat) and isinstance(gate, Anthropic) and isinstance(mine, Command)
    assert [m.name for m in (local, gate, mine)] == ["qwen3:8b", "claude-x", "mine"]
    assert made.prices["qwen3:8b"].input == 0, "the price may stand in the model's own table"
    with pytest.raises(ModelError, match="GATE_KEY"):
        open_model("gate", rows=made.models, environ={})


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"local": 1}, "is a table"),
        ({"local": {}}, "either base_url"),
        ({"local": {"base_url": "http://x", "command": ["x"]}}, "either base_url"),
        ({"local": {"base_url": 1}}, "is not a text"),
        ({"local": {"base_url": "http://x", "url": "y"}}, "unknown setting 'url'"),
        ({"local": {"base_url": "http://x", "api": "soap"}}, "chat, anthropic"),
        ({"local": {"base_url": "http://x", "key": "sk-ant-123"}}, "never a key itself"),
        ({"local": {"base_url": "http://x", "effort": "huge"}}, "low, medium"),
        ({"local": {"base_url": "http://x", "input": 1}}, "input and output"),
        ({"local": {"command": "my-model --json"}}, "no shell"),
        ({"local": {"command": [1]}}, "no shell"),
        ({"excerpt": {"base_url": "http://x"}}, "give it another"),
        ({"claude-x": {"base_url": "http://x"}}, "give it another"),
    ],
)
def test_what_is_no_model(table: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        settings(models=table)


@pytest.mark.parametrize(
    "tables",
    [
        {"tasks": 1},
        {"tasks": {"digest": "x"}},
        {"tasks": {"dream": {"model": "x"}}},
        {"tasks": {"page": {"model": 1}}},
        {"tasks": {"page": {"effort": "huge"}}},
        {"tasks": {"page": {"jobs": "1"}}},
        {"prices": 1},
        {"prices": {"m": 1}},
        {"max_cost": -1},
        {"max_cost": float("nan")},
        {"max_cost": "2"},
        {"max_cost": True},
    ],
)
def test_what_is_no_setting(tables: Any) -> None:
    with pytest.raises(UsageError, match=r"karpwiki\.toml|price of"):
        settings(**tables)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_WORDS = st.sampled_from(["base_url", "command", "model", "key", "api", "effort", "input", "output", "above", "local"])


@given(
    st.sampled_from(["models", "tasks", "prices", "max_cost", "jobs"]),
    _VALUES | st.dictionaries(_WORDS, _VALUES | st.dictionaries(_WORDS, _VALUES, max_size=4), max_size=3),
)
def test_odd_settings_are_taken_or_refused_with_a_sentence(word: str, value: Any) -> None:
    try:
        settings(**{word: value})
    except KarpError as error:
        assert str(error)


def test_a_limit_may_be_none() -> None:
    assert settings(max_cost=float("inf")).max_cost == float("inf") and settings(max_cost=3).max_cost == 3.0


def test_names_that_are_no_model_name_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"command:claude.*Yours: local"):
        open_model("locl", rows=settings(models={"local": LOCAL}).models)


# The doctor


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    return make(tmp_path / "vault", {"a.md": "# A\n"}, 'language = "en"\n')


def doctor(vault: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, dict[str, Any]]]:
    capsys.readouterr()
    code = karpwiki(vault, "doctor", "--json", *options)
    return code, {check["name"]: check for check in json.loads(capsys.readouterr().out)}


def test_the_doctor_without_a_key(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = doctor(vault, capsys)
    assert code == 0 and all(check["is_good"] for check in found.values())
    assert found["keys"]["text"] == "ANTHROPIC_API_KEY is not set"
    assert found["model"]["text"] == "excerpt (no key is set and no model named)"
    assert "costs nothing" in found["price"]["text"]


def test_the_doctor_never_tells_a_key(
    vault: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-KEYMARK")
    monkeypatch.setenv("LOCAL_KEY", "sk-KEYMARK-2")
    (vault / "karpwiki.toml").write_text('[models.local]\nbase_url = "http://127.0.0.1:9"\nkey = "LOCAL_KEY"\n')
    code, found = doctor(vault, capsys)
    assert code == 0 and "ANTHROPIC_API_KEY is set, LOCAL_KEY is set" in found["keys"]["text"]
    assert "KEYMARK" not in json.dumps(found)
    assert "claude-sonnet-5-5 (ANTHROPIC_API_KEY is set)" in found["model"]["text"]
    code, found = doctor(vault, capsys, "--model", "local", "--call")
    assert code == 5 and not found["call"]["is_good"] and not found["price"]["is_good"]
    assert "KEYMARK" not in json.dumps(found)


def test_the_doctor_makes_one_tiny_call_on_request(
    vault: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    with Loopback('{"answer": "pong"}') as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        code, found = doctor(vault, capsys)
        assert server.count == 0
        code, found = doctor(vault, capsys, "--call")
        assert code == 0 and server.count == 1 and "a whole form after" in found["call"]["text"]
        assert server.requests[0]["max_tokens"] <= 1_000
        code, found = doctor(vault, capsys, "--call")
        assert server.count == 2, "what is asked is whether somebody is there now"
    capsys.readouterr()
    assert karpwiki(vault, "costs", "--by", "task") == 0
    assert "ping" in capsys.readouterr().out


def test_the_doctor_where_much_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, found = doctor(tmp_path, capsys)
    assert code == 2 and not found["vault"]["is_good"] and "init" in found["vault"]["text"]
    root = make(tmp_path / "v", {}, "jobs = [")
    code, found = doctor(root, capsys)
    assert code == 2 and not found["settings"]["is_good"] and found["model"]["is_good"]
    assert tree(root / "wiki") == {}


def test_the_doctor_prints_a_line_a_check(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert karpwiki(vault, "doctor") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 6 and all(line.startswith(("ok   ", "NOT  ")) for line in lines)


def test_two_tables_of_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match="cannot tell them apart"):
        settings(models={"a": LOCAL, "b": {"base_url": "https://host.example", "model": "qwen3:8b", "key": "K"}})


@pytest.mark.parametrize(
    ("name", "value"),
    [("HTTPS_PROXY", "socks5://127.0.0.1:1"), ("ALL_PROXY", "socks://127.0.0.1:1"), ("SSL_CERT_FILE", "/nowhere")],
)
def test_a_proxy_that_cannot_be_used_is_a_sentence(
    vault: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    monkeypatch.setenv(name, value)
    (vault / "karpwiki.toml").write_text('[models.local]\nbase_url = "https://127.0.0.1:9"\ninput = 0\noutput = 0\n')
    for model in ("anthropic", "local"):
        assert karpwiki(vault, "doctor", "--call", "--model", model) == 5
        assert "Traceback" not in "".join(capsys.readouterr())
