"""Recorded answers, found by what they answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from karpwiki.calls import Calls
from karpwiki.errors import ModelError, UsageError
from karpwiki.forms import DigestInput, FormFigure
from karpwiki.llm import Kept, Reply, Request, again, inputs_key
from karpwiki.models import open_model
from karpwiki.models.replay import Replay
from karpwiki.prices import Usage

GOOD = '{"attribute": "size", "value": "3", "unit": "MB"}'
OTHER = '{"attribute": "size", "value": "4", "unit": "MB"}'
INPUTS = DigestInput("a.md", "The size is 3 MB.", 1, 1, ("concept",))
REQUEST = Request(
    task="digest",
    system="s",
    user="u",
    form=FormFigure,
    inputs=INPUTS,
    recipe="abcd",
    subject="a.md",
)


def record(folder: Path, name: str, text: str, **changes: object) -> None:
    kept = Kept("digest", inputs_key("digest", REQUEST.inputs), "abcd", "a.md", 1, "claude-x", Usage(9, 9), text)
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(replace(kept, **changes).to_bytes())  # type: ignore[arg-type]


class Teller:
    """A paid model that gives its answers in turn."""

    name, variant, free = "claude-x", "", False

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)

    def complete(self, request: Request, deadline: float, began: object = None) -> Reply:
        return Reply(self.texts.pop(0), "claude-x-2026", Usage(1, 2))


def test_what_a_run_left_in_the_answer_cache_can_be_replayed(tmp_path: Path) -> None:
    [told] = Calls(tmp_path, Teller("{}", OTHER)).ask([REQUEST])
    replay = open_model("replay", folder=tmp_path / ".karpwiki/answers")
    changed = replace(REQUEST, system="other words", user="other words", max_tokens=1)
    [answer] = Calls(tmp_path / "new", replay).ask([changed])
    assert answer == told == (FormFigure.model_validate_json(OTHER), "claude-x")
    assert not (tmp_path / "new").exists(), "a free model keeps and books nothing"


def test_a_miss_names_what_was_asked(tmp_path: Path) -> None:
    record(tmp_path / "r", "a.json", GOOD)
    other = replace(REQUEST, inputs=replace(INPUTS, part=2), subject="b.md")
    with pytest.raises(ModelError, match=r"digest of 'b\.md'"):
        Replay(tmp_path / "r").complete(other, 0, lambda: None)


def test_a_changed_recipe_is_a_warning_said_once(tmp_path: Path) -> None:
    record(tmp_path / "r", "a.json", GOOD)
    replay = Replay(tmp_path / "r")
    assert replay.complete(REQUEST, 0, lambda: None).model == "claude-x" and not replay.warnings
    for _ in range(2):
        assert replay.complete(replace(REQUEST, recipe="ffff"), 0, lambda: None).text == GOOD
    assert len(replay.warnings) == 1 and "'a.md'" in replay.warnings[0]


def test_the_one_that_fits_then_the_last_repair_then_the_last_name(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    record(folder, "a.json", OTHER)
    record(folder, "b.json", GOOD)
    assert Replay(folder).complete(REQUEST, 0, lambda: None).text == GOOD
    record(folder, "a.json", OTHER, attempt=2)
    assert Replay(folder).complete(REQUEST, 0, lambda: None).text == OTHER
    record(folder, "c.json", "{}", attempt=3)
    assert Replay(folder).complete(REQUEST, 0, lambda: None).text == OTHER
    assert Replay(folder).complete(again(REQUEST, ["no"]), 0, lambda: None).text == OTHER, "whatever its words"


def test_a_recorded_answer_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    record(tmp_path / "r", "a.json", "{}")
    [answer] = Calls(tmp_path, Replay(tmp_path / "r")).ask([REQUEST])
    assert isinstance(answer.result, ModelError)


@pytest.mark.parametrize("content", [b"{}", b"[]", b"\xff", b"{", b'{"usage": {"x": 1}}'])
def test_a_file_that_is_no_answer_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(UsageError, match=r"x\.json"):
        open_model(f"replay:{tmp_path}")


def test_no_folder() -> None:
    with pytest.raises(UsageError, match="replay:FOLDER"):
        open_model("replay")
    with pytest.raises(UsageError, match="nowhere"):
        open_model("replay:nowhere")


def test_what_is_written_reads_back_even_half_a_character() -> None:
    kept = Kept("digest", "k", "r", "名/a.md", 1, "m", Usage(1, 2, 3, 4), '"\ud83d" “…”')
    assert Kept.from_bytes(kept.to_bytes()) == kept
    assert "名/a.md".encode() in kept.to_bytes()
