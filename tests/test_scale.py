"""The generated sources are what they are taken for, and the benches that stand on them run."""

from __future__ import annotations

from pathlib import Path

import pytest

import bench_scale
import generator
from karpwiki.forms import DigestInput
from karpwiki.models.excerpt import digest
from karpwiki.names import key

KINDS = ("concept", "entity", "method")


def test_generated_sources_are_the_same_each_time_and_a_vault_that_grows() -> None:
    every = list(generator.sources(40))
    assert every == list(generator.sources(40)) and every[:10] == list(generator.sources(10))
    assert len({text for _, text in every}) == 40
    assert every != list(generator.sources(40, seed=2))


def test_the_embedded_model_takes_the_generated_names_for_subjects() -> None:
    named = found = 0
    for path, text in generator.sources(20):
        wanted = {key(line.removeprefix("## ")) for line in text.split("\n") if line.startswith("## ")}
        form = digest(DigestInput(path, text, 1, 1, KINDS))
        named, found = named + len(wanted), found + len(wanted & {key(n.name) for n in form.names})
        assert len(form.claims) > 1.5 * generator.PER_SOURCE
    assert found >= 0.9 * named


def test_few_names_are_in_many_sources() -> None:
    counted: dict[str, int] = {}
    for _, text in generator.sources(200):
        for line in text.split("\n"):
            if line.startswith("## "):
                counted[line] = counted.get(line, 0) + 1
    ranked = sorted(counted.values(), reverse=True)
    assert ranked[0] > 10 > 3 > ranked[len(ranked) // 2]


def test_the_cost_of_ten_sources_is_counted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert bench_scale.cost(10)
    said = capsys.readouterr().out
    assert "10 digest, 1 overview" in said and "OVER" not in said
