"""Settings and kinds: every bad value gives one sentence that names it; a vault's own kinds are rows like ours."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karpwiki.errors import UsageError
from karpwiki.kinds import kinds
from karpwiki.layout import FILE
from karpwiki.settings import Settings, has_key, make_settings, read_settings, with_setting

BAD = [
    ("nonsense = 1", "unknown setting 'nonsense'"),
    ("jobs = 'many'", "jobs = 'many' is not a number"),
    ("jobs = true", "jobs = True is not a number"),
    ("jobs = 0", "too small"),
    ("jobs = 1.5", "not a number"),
    ("name = 3", "not a text"),
    ("links = 'html'", "one of wiki, relative"),
    ("density = 'none'", "one of full, brief"),
    ("effort = 'lots'", "one of low"),
    ("kinds = 3", "kinds is a table"),
    ("bundles = []", "bundles is a table"),
    ("[bundles]\na = 3", r"\[bundles\] a = 3 is not a pattern"),
    ("[bundles]\na = ' '", "not a pattern"),
    ("[credibility]\nsure = 'a/*'", "a level is one of primary, secondary, inferred"),
    ("[kinds.x]\ncolor = 'red'", "unknown key 'color'"),
    ("[kinds.x]\nfolder = '../x'", "cannot be used"),
    ("[kinds.x]\nfolder = 'a/b'", "cannot be used"),
    ("[kinds.x]\nfolder = 3", "cannot be used"),
    ('[kinds.x]\nheading = "a\\nb"', "cannot be used"),
    ("[kinds]\nx = 3", "row is a table"),
    ("[kinds.'A B']\nabout = 'x'", "lower-case letters"),
    ("jobs = ", "not valid TOML"),
    ("jobs = 1\njobs = 2", "not valid TOML"),
    ("x = " + "[" * 5_000, "cannot be read"),
]


@pytest.mark.parametrize(("text", "reason"), BAD)
def test_every_bad_value_gives_one_sentence(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(UsageError, match=reason) as caught:
        read_settings(tmp_path)
    assert "karpwiki.toml" in str(caught.value) and "\n" not in str(caught.value)


def test_bytes_that_are_no_text_give_one_sentence(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"name = '\xff'")
    with pytest.raises(UsageError, match="not valid TOML"):
        read_settings(tmp_path)


def test_without_a_file_defaults_serve(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == Settings() == make_settings({})
    (tmp_path / FILE).write_text("\ufeffjobs = 2\n[bundles]\ndiary = 'posts/*.md'\n", "utf-8")
    made = read_settings(tmp_path)
    assert made.jobs == 2 and made.bundles == {"diary": "posts/*.md"}


def test_a_vault_has_its_own_kinds() -> None:
    made = make_settings({"kinds": {"paper": {"about": "a paper"}, "concept": {"heading": "Ideas"}}})
    paper = made.kinds["paper"]
    assert (paper.folder, paper.heading, paper.about, paper.claims) == ("papers", "Papers", "a paper", True)
    assert paper.path("x") == "wiki/papers/x.md" and made.kinds["overview"].path("overview") == "wiki/overview.md"
    assert made.kinds["concept"].heading == "Ideas" and made.kinds["concept"].folder == "concepts"
    assert made.subject_kinds == ("concept", "entity", "method", "paper")
    assert list(kinds()) == ["source-summary", "concept", "entity", "method", "answer", "overview"]
    assert kinds()["concept"].heading == "Concepts"  # the packaged row is untouched


TOMLS = ["", "# head\n", 'language = "en"\njobs = 3\n', "jobs = 3", "[bundles]\na = 'b'\n",
         "jobs = 3\n\n  [bundles]\na = 'b'\n",
         "\"language\" = 'x' # mine\n[kinds.language]\nabout = 'x'\n"]  # fmt: skip


@given(st.sampled_from(TOMLS), st.text(alphabet='ab"\\\n\t é软#=[', max_size=12))
def test_setting_one_value_keeps_the_other_lines(text: str, value: str) -> None:
    made = with_setting(text, "language", value)
    before, after = tomllib.loads(text), tomllib.loads(made)
    assert after == {**before, "language": value}
    others = [line for line in text.split("\n") if line.strip() and 'language"' not in line[:12]]
    kept = [line for line in made.split("\n") if line.strip()]
    assert [line for line in others if not line.startswith("language")] == [
        line for line in kept if not line.startswith("language =")
    ]
    assert with_setting(made, "language", value) == made


def test_a_key_is_seen_only_when_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not has_key()
    monkeypatch.setenv("ANTHROPIC_API_KEY", " ")
    assert not has_key()
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    assert has_key()
