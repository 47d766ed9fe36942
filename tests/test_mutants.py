"""The bench that damages a vault plants for every rule, and sees what a rule misses and what it makes up."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from bench_mutants import EACH, Bases, Score, judge, play_round, say
from karpwiki.findings import Finding
from karpwiki.rules import every
from mutants import planters
from mutants.bed import Bed, insert, written_by_hand


def test_every_rule_is_planted_for() -> None:
    assert {row.rule for row in planters()} == {rule.NAME for rule in every() if getattr(rule, "NEEDS", "") != "model"}


def test_a_rule_of_one_file_finds_what_is_planted_and_nothing_else(tmp_path: Path) -> None:
    base = Bases(tmp_path).get("hands")
    scores, _ = play_round(base, Counter(), "overview-stale", ["overview-stale"], "1")
    score = scores["overview-stale"]
    assert score.planted >= EACH <= score.near and not score.missed and not score.false


def test_what_is_missed_and_what_is_false_is_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bed = Bed(written_by_hand(tmp_path / "vault"), "1")
    bed.begin("broken-link")
    path, lines = insert(bed, "[[nowhere]]", "hand")
    bed.bad(path, lines, [("wanted-page", path)], "a link")
    near, _ = insert(bed, "`[[nowhere]]`", "hand")
    bed.near(near)

    def found(name: str, path: str, line: int) -> Finding:
        return Finding("X000", name, "error", path, line, "words")

    truly = [found("broken-link", path, lines.start), found("wanted-page", path, 1)]
    for findings, missed, false in (
        (truly, 0, 0),
        ([], 1, 0),
        ([found("broken-link", path, lines.stop + 1)], 1, 1),
        ([*truly, found("broken-link", near, 1)], 0, 1),
        ([*truly, found("secret", path, lines.start)], 0, 1),
    ):
        scores: dict[str, Score] = defaultdict(Score)
        judge(bed, findings, Counter(), scores, "a round")
        assert sum(len(s.missed) for s in scores.values()) == missed
        assert sum(len(s.false) for s in scores.values()) == false
        assert say(scores) == (not missed and not false)
    assert "OVER" in capsys.readouterr().out
    known = Counter({("secret", path, "words"): 1})
    scores = defaultdict(Score)
    judge(bed, [*truly, found("secret", path, 1)], known, scores, "a round")
    assert not scores["secret"].false
