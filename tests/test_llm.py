"""The seam: fan-out, answer cache, retries, repair, ledger."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from karpwiki.calls import Calls
from karpwiki.errors import (
    INTERRUPTED,
    BadAnswer,
    DiskError,
    Fatal,
    Interrupted,
    ModelError,
    Refused,
    Transient,
)
from karpwiki.forms import DigestInput, FormFigure
from karpwiki.llm import Answer, Kept, Limits, Reply, Request, again, fill, inputs_key, request_key
from karpwiki.prices import Usage

GOOD = '{"attribute": "size", "value": "3", "unit": "MB"}'
INPUTS = DigestInput("a.md", "SOURCEMARK", 1, 1, ("concept",))


def request(n: int = 1, **changes: object) -> Request:
    values = {"task": "digest", "system": "s", "user": f"SOURCEMARK {n}", "form": FormFigure, "inputs": INPUTS}
    values |= {"recipe": "abcd", "subject": f"{n}.md"}
    return Request(**(values | changes))  # type: ignore[arg-type]


class Fake:
    """Says what `tell` makes of a request; an error is raised."""

    caches = True

    def __init__(self, tell: Callable[[Request], str | ModelError | Reply], free: bool = False) -> None:
        self.name, self.variant, self.free, self.tell = "fake", "", free, tell
        self.asked: list[Request] = []
        self.most_at_once = self._running = 0
        self._lock = threading.Lock()

    def complete(self, request: Request, deadline: float, began: Callable[[], None]) -> Reply:
        with self._lock:
            self.asked.append(request)
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
        try:
            told = self.tell(request)
        finally:
            with self._lock:
                self._running -= 1
        if isinstance(told, ModelError):
            raise told
        return told if isinstance(told, Reply) else Reply(told, "fake-2026", Usage(10, 5, 2, 1))


FAKE = Fake(lambda asked: GOOD)
OTHER = Fake(lambda asked: GOOD)
OTHER.name = "other"


def figure(n: object) -> str:
    return json.dumps({"attribute": str(n), "value": "", "unit": ""})


def run(root: Path, model: Fake, *requests: Request, events: list[str] | None = None, **limits: float) -> list[Answer]:
    def progress(request: Request, event: str) -> None:
        if events is not None:
            events.append(event)

    return Calls(root, model, Limits(**limits), progress).ask(requests)  # type: ignore[arg-type]


def ctrl_c() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def ledger(root: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (root / ".karpwiki/costs.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("karpwiki.calls.BACKOFF", 0.001)


def test_answers_are_in_the_order_of_their_requests_and_at_most_jobs_at_once(tmp_path: Path) -> None:
    def slow_first(asked: Request) -> str:
        time.sleep(0.03 if asked.subject < "5" else 0.01)
        return figure(asked.subject)

    model = Fake(slow_first)
    answers = run(tmp_path, model, *(request(n) for n in range(10)), jobs=3)
    assert [answer.result.attribute for answer in answers] == [f"{n}.md" for n in range(10)]  # type: ignore[union-attr]
    assert {answer.model for answer in answers} == {"fake"}, "as it was asked for, whatever the server calls it"
    assert model.most_at_once == 3


def test_nothing_to_ask(tmp_path: Path) -> None:
    assert run(tmp_path, Fake(lambda asked: GOOD)) == []
    assert not list(tmp_path.iterdir())


def test_one_of_each_system_text_goes_ahead_to_warm_the_prompt_cache(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []

    def tell(asked: Request) -> str:
        told.append((asked.system, "asked"))
        time.sleep(0.02)
        told.append((asked.system, "answered"))
        return GOOD

    both = [request(n, system=system) for system in "st" for n in range(4)]
    run(tmp_path, Fake(tell), *both)
    for system in "st":
        mine = [what for own, what in told if own == system]
        assert mine[:3] == ["asked", "answered", "asked"] and len(mine) == 8


def test_a_request_is_bought_once(tmp_path: Path) -> None:
    model, events = Fake(lambda asked: GOOD), list[str]()
    first = run(tmp_path, model, request(), request(), events=events)
    assert run(tmp_path, model, request(), events=events) == first[:1] == first[1:]
    assert len(model.asked) == 1
    paid, saved = ledger(tmp_path)
    assert (paid["outcome"], saved["outcome"]) == ("answered", "cached")
    assert paid["input_tokens"] == saved["input_tokens"]
    assert events == ["asking", "answered", "cached"]


def test_what_the_model_sees_is_what_names_the_file() -> None:
    key = request_key(FAKE, request())
    assert key == request_key(FAKE, replace(request(), recipe="ffff", subject="moved.md"))
    others = [request(2), request(system="t"), request(task="page"), request(max_tokens=9)]
    keys = {key, request_key(OTHER, request()), *(request_key(FAKE, other) for other in others)}
    assert len(keys) == 6 and all(len(k) == 64 for k in keys)


def test_inputs_have_one_key_whatever_the_words() -> None:
    assert inputs_key("digest", INPUTS) == inputs_key("digest", replace(INPUTS))
    assert inputs_key("digest", INPUTS) != inputs_key("page", INPUTS)
    assert inputs_key("digest", INPUTS) != inputs_key("digest", replace(INPUTS, part=2))


def test_the_cache_is_written_before_the_answer_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(form: object, text: str) -> None:
        raise RuntimeError("killed here")

    monkeypatch.setattr("karpwiki.bought.usable", crash)
    model = Fake(lambda asked: GOOD)
    with pytest.raises(RuntimeError, match="killed here"):
        run(tmp_path, model, request())
    monkeypatch.undo()
    path = tmp_path / ".karpwiki/answers" / f"{request_key(FAKE, request())}.json"
    usage = Usage(10, 5, 2, 1)
    expected = Kept("digest", inputs_key("digest", INPUTS), "abcd", "1.md", 1, "fake", usage, GOOD)
    assert Kept.from_bytes(path.read_bytes()) == expected
    run(tmp_path, model, request())
    assert len(model.asked) == 1


def test_a_damaged_file_of_the_cache_is_asked_again(tmp_path: Path) -> None:
    model = Fake(lambda asked: GOOD)
    for content in (b"", b"{", b"[]", b'{"usage": []}', b"\xff"):
        for path in tmp_path.glob(".karpwiki/answers/*"):
            path.write_bytes(content)
        [answer] = run(tmp_path, model, request())
        assert isinstance(answer.result, FormFigure)
    assert len(model.asked) == 5


def test_an_answer_that_does_not_fit_is_repaired_once(tmp_path: Path) -> None:
    model, events = Fake(lambda asked: GOOD if asked.attempt == 2 else '{"attribute": 1, "more": 2}'), list[str]()
    [answer] = run(tmp_path, model, request(), events=events)
    assert isinstance(answer.result, FormFigure) and events == ["asking", "asking again", "answered"]
    repair = model.asked[1].user
    assert repair.startswith(request().user + "\n\nYour last answer was not usable:\n- attribute: Input should be")
    assert repair.endswith("\nFill in the form again, whole.") and "- more: Extra inputs" in repair
    assert run(tmp_path, model, request()) == [answer]
    assert len(model.asked) == 2, "both answers are kept"


def test_a_repair_that_does_not_fit_is_a_bad_answer_and_bought_anew_next_time(tmp_path: Path) -> None:
    model = Fake(lambda asked: '{"SOURCEMARK": 1}')
    [answer] = run(tmp_path, model, request())
    assert isinstance(answer.result, BadAnswer) and "SOURCEMARK" not in str(answer.result)
    [rejected] = tmp_path.glob(".karpwiki/rejected/*.json")
    assert Kept.from_bytes(rejected.read_bytes()).text == '{"SOURCEMARK": 1}' and rejected.name in str(answer.result)
    model.tell = lambda asked: GOOD
    [answer] = run(tmp_path, model, request())
    assert isinstance(answer.result, FormFigure)
    assert [asked.attempt for asked in model.asked] == [1, 2, 2]


def test_again_lists_the_problems_within_a_cap() -> None:
    repair = again(request(), ["x" * 3_000, "y" * 3_000])
    assert len(repair.user) < len(request().user) + 4_100 and repair.user.endswith("whole.")
    assert repair == again(request(), ["x" * 3_000, "y" * 3_000]) and repair.attempt == 2


def test_an_answer_that_is_not_unicode_does_not_fit() -> None:
    assert isinstance(fill(FormFigure, '{"attribute": "\ud800"}'), list)
    assert isinstance(fill(FormFigure, "[" * 100_000), list)


def test_a_failure_does_not_stop_the_others(tmp_path: Path) -> None:
    model = Fake(lambda asked: ModelError("no") if asked.subject == "3.md" else figure(asked.subject))
    answers = run(tmp_path, model, *(request(n) for n in range(6)))
    assert [isinstance(answer.result, ModelError) for answer in answers] == [n == 3 for n in range(6)]


def test_a_fatal_failure_stops_the_rest(tmp_path: Path) -> None:
    run(tmp_path, Fake(lambda asked: GOOD), request(9))
    fatal = Fatal("nothing left to spend")
    model = Fake(lambda asked: fatal)
    answers = run(tmp_path, model, *(request(n) for n in range(10)))
    assert len(model.asked) == 1 and [answer.result for answer in answers[:9]] == [fatal] * 9
    assert isinstance(answers[9].result, FormFigure), "what was paid for is there"


def test_transient_errors_are_tried_again_and_others_not(tmp_path: Path) -> None:
    for error, calls in ((Transient("busy"), 4), (BadAnswer("html"), 2), (ModelError("400"), 1), (Refused("no"), 1)):
        model = Fake(lambda asked, error=error: error)  # type: ignore[misc]
        assert run(tmp_path, model, request()) == [Answer(error, "fake")]
        assert len(model.asked) == calls


def test_what_works_at_the_third_try(tmp_path: Path) -> None:
    replies: list[ModelError | str] = [Transient("busy"), Transient("busy", retry_after=0.05), GOOD]
    start = time.monotonic()
    [answer] = run(tmp_path, Fake(lambda asked: replies.pop(0)), request())
    assert isinstance(answer.result, FormFigure) and time.monotonic() - start >= 0.05


def test_no_retry_waits_past_the_deadline(tmp_path: Path) -> None:
    start = time.monotonic()
    for call, whole in ((2.0, 99.0), (99.0, 2.0)):
        model = Fake(lambda asked: Transient("busy", retry_after=120))
        [answer] = run(tmp_path, model, request(), call_seconds=call, run_seconds=whole)
        assert isinstance(answer.result, Transient) and len(model.asked) == 1
    assert time.monotonic() - start < 1


def test_when_the_time_of_the_run_is_over_nothing_is_asked(tmp_path: Path) -> None:
    model = Fake(lambda asked: GOOD)
    [answer] = run(tmp_path, model, request(), run_seconds=-1)
    assert isinstance(answer.result, ModelError) and "time" in str(answer.result) and not model.asked


def test_the_ledger_has_every_paid_call_and_no_words(tmp_path: Path) -> None:
    usage = Usage(4, 3)
    replies: list[Reply | str | ModelError] = [
        Reply("SOURCEMARK", "fake-2026", usage, error=BadAnswer("cut")),
        Reply("SOURCEMARK", "fake-2026", usage, error=Refused("no", "cyber")),
        Transient("busy"),
        '{"SOURCEMARK": 1}',
        GOOD,
    ]
    model = Fake(lambda asked: replies.pop(0))
    [refused] = run(tmp_path, model, request(1, subject="笔记/1.md"))
    [good] = run(tmp_path, model, request(2))
    assert isinstance(refused.result, Refused) and isinstance(good.result, FormFigure)
    lines = ledger(tmp_path)
    assert [line["outcome"] for line in lines] == ["BadAnswer", "Refused", "answered", "answered"]
    assert [line["subject"] for line in lines] == ["笔记/1.md"] * 2 + ["2.md"] * 2
    assert lines[0] | {"time": "", "seconds": 0.0} == {
        "time": "",
        "task": "digest",
        "subject": "笔记/1.md",
        "model": "fake",
        "outcome": "BadAnswer",
        "input_tokens": 4,
        "output_tokens": 3,
        "cache_read": 0,
        "cache_write": 0,
        "dollars": None,
        "about_in": 3,
        "about_out": 12,
        "batch": False,
        "key": request_key(FAKE, request(1, subject="笔记/1.md")),
        "seconds": 0.0,
    }
    assert "SOURCEMARK" not in (tmp_path / ".karpwiki/costs.jsonl").read_text("utf-8")
    assert len(list(tmp_path.glob(".karpwiki/answers/*.json"))) == 2, "what must not be used is not kept"


def test_a_free_model_leaves_nothing_behind(tmp_path: Path) -> None:
    model = Fake(lambda asked: figure(asked.subject), free=True)
    answers = run(tmp_path, model, *(request(n) for n in range(5)))
    assert len(answers) == 5 and model.most_at_once == 1 and not list(tmp_path.iterdir())
    assert [asked.subject for asked in model.asked] == [f"{n}.md" for n in range(5)]
    [answer] = run(tmp_path, Fake(lambda asked: "{}", free=True), request())
    assert isinstance(answer.result, BadAnswer)


def test_ctrl_c_lets_the_running_ones_finish(tmp_path: Path) -> None:
    run(tmp_path, Fake(lambda asked: GOOD), request(0))

    def tell(asked: Request) -> str:
        if asked.subject == "2.md":
            time.sleep(0.05)
            ctrl_c()
        time.sleep(0.1)
        return GOOD

    model = Fake(tell)
    answers = run(tmp_path, model, *(request(n) for n in range(10)), jobs=2)
    there = [isinstance(answer.result, FormFigure) for answer in answers]
    assert sum(there) == len(model.asked) + there[0] and not all(there) and there[2], "0 was kept, the others asked"
    left = [answer.result for answer in answers if not isinstance(answer.result, FormFigure)]
    assert all(isinstance(error, Interrupted) and error.exit_code == INTERRUPTED for error in left)
    again_model = Fake(lambda asked: GOOD)
    run(tmp_path, again_model, *(request(n) for n in range(10)))
    assert len(again_model.asked) == len(left) - (not there[0]), "what was there is not bought twice"


def test_a_second_ctrl_c_stops_at_once(tmp_path: Path) -> None:
    release = threading.Event()

    def tell(asked: Request) -> str:
        time.sleep(0.1)
        ctrl_c()
        time.sleep(0.1)
        ctrl_c()
        release.wait(5)
        return GOOD

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Fake(tell), request())
    assert time.monotonic() - start < 2
    release.set()


def test_an_interrupt_inside_a_model_ends_the_run_the_same_way(tmp_path: Path) -> None:
    def tell(asked: Request) -> str:
        raise KeyboardInterrupt

    answers = run(tmp_path, Fake(tell), request(1), request(2))
    assert [type(answer.result) for answer in answers] == [Interrupted, Interrupted]


def test_a_bug_or_a_full_disk_buys_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(root: Path, relative: str, data: bytes) -> None:
        raise DiskError("No space left.")

    monkeypatch.setattr("karpwiki.bought.store", full)
    model = Fake(lambda asked: GOOD)
    with pytest.raises(DiskError):
        run(tmp_path, model, *(request(n) for n in range(20)), jobs=2)
    assert len(model.asked) <= 2


def test_a_server_that_lets_nobody_in_is_not_found_out_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("karpwiki.calls.WARM", 0.05)
    model = Fake(lambda asked: time.sleep(0.4) or Transient("silent"))  # type: ignore[func-returns-value]
    start = time.monotonic()
    answers = run(tmp_path, model, *(request(n) for n in range(6)), tries=1)
    assert len(answers) == 6 and model.most_at_once == 6 and time.monotonic() - start < 1.5
