"""Grounding: quotes are located with their true words, numbers compared as values, and a changed digit is caught."""

from __future__ import annotations

import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karpwiki.ground import is_date, locate, missing_numbers, numbers, spelled, too_long
from karpwiki.plain import plain

SOURCE = plain(
    "# Talk\n\nPrompts are now *programs* that program\nthe LLM, said “Karpathy” in [2025](http://x.y).\n\n"
    "- It cost $1,250 a month.\n- It cost $1,250 a month.\n\n软件 3.0 是用自然语言\n编程，程序员写提示词。\n"
)


@pytest.mark.parametrize(("quote", "true", "line"), [
    ("Prompts are now programs", "Prompts are now programs", 3),
    ("programs that program the LLM", "programs that program the LLM", 3),
    ("*programs* that   program\nthe LLM", "programs that program the LLM", 3),
    ("in [2025](http://x.y)", "in 2025", 4),
    ('the LLM, said "Karpathy" in 2025', "the LLM, said “Karpathy” in 2025", 4),
    ("Prompts are now prograns that program the LLM, said “Karpathy” in 2025.",
     "Prompts are now programs that program the LLM, said “Karpathy” in 2025.", 3),
    ("软件3.0是用自然语言编程", "软件 3.0 是用自然语言 编程", 9),
    ("- It cost $1,250 a month.", "It cost $1,250 a month.", 6),
])  # fmt: skip
def test_a_quote_is_found_with_its_true_words(quote: str, true: str, line: int) -> None:
    place = locate(SOURCE, quote)
    assert place and (place.text, place.line) == (true, line)
    assert SOURCE.text[place.offset :].startswith(true) and true in place.passage.text


@pytest.mark.parametrize("quote", [
    "", " ", "**", "Prompts are never programs that can run the machine", "It cost $1,350 a month.", "month. It cost",
    "Talk Prompts are now programs", "Prompts are now programs ... the LLM", "x" * 5_000,
])  # fmt: skip
def test_what_does_not_stand_there_is_not_found(quote: str) -> None:
    assert locate(SOURCE, quote) is None


def test_of_several_places_the_first_after_counts() -> None:
    second = SOURCE.text.rindex("It cost")
    for quote in ("It cost $1,250 a month.", "It  cost — $1,250 a month", "It cost $1,250 a mouth."):
        assert (first := locate(SOURCE, quote)) and first.line == 6
        assert (later := locate(SOURCE, quote, second)) and later.line == 7, quote
        assert (around := locate(SOURCE, quote, len(SOURCE.text))) and around.line in (6, 7)


@given(st.integers(0, 60), st.integers(20, 60))
def test_any_run_of_words_is_found_as_it_stands(first: int, length: int) -> None:
    words = SOURCE.text[first : first + length].replace("\n", " \n ").split("\n")[0].strip()
    place = locate(SOURCE, words)
    assert place is not None and place.text == words if words else place is None


@pytest.mark.parametrize(("text", "values"), [
    ("1,250 and 1250 and 01250", {"1250"}),
    ("1.5 million, 1500000, 1.5m, 1,500 thousand, 150万", {"1500000"}),
    ("3.0 and 3.10", {"3", "3.1"}),
    ("两万 三百二十 二〇二五 1.2亿 五千万", {"20000", "320", "2025", "120000000", "50000000"}),
    ("一个 三 5 万 人", {"50000"}),
    ("2025-06-07, 2025.06.07", {"2025", "6", "7"}),
    ("12:30, 50%, $9, #4, 5kg", {"12", "30", "50", "9", "4", "5"}),
    ("Compat32 and GPT-4", {"4"}),
    ("１２３", {"123"}),
    ("2025¹ and 10²", {"2025", "10"}),
    ("10万亿 2万", {"10000000000000", "20000"}),
    ("0 and 0.0 and 00", {"0"}),
    ("9" * 5_000, {"9" * 5_000}),
    ("三" * 5_000, {"3" * 5_000}),
    ("٣٤", {"34"}),
])  # fmt: skip
def test_numbers_are_values(text: str, values: set[str]) -> None:
    assert numbers(text) == values


def test_words_and_months_stand_behind_figures() -> None:
    assert {"6", "12", "20", "3", "2025"} <= spelled("In June 2025, twelve or twenty; 三个")
    assert not missing_numbers("On 2025-06, 12 of 3", ["June 2025: twelve", "三个"])
    assert not missing_numbers("in 2025-6", ["2025.6"]) and not missing_numbers("5", ["5 m"])
    assert not missing_numbers("3 million", ["3,000,000"]) and missing_numbers("3 million", ["3,000"]) == ["3000000"]


@pytest.mark.parametrize(("text", "names", "missing"), [
    ("Software 3.0 has 4 parts", ["Software 3.0"], ["4"]),
    ("Software 3.5 is new", ["Software 3"], ["3.5"]),
    ("It fell to 12025", ["2025"], ["12025"]),
    ("software 3.0, Software 3.0.", ["Software 3.0"], []),
    ("3D in 2025", ["3D"], ["2025"]),
    ("1,250 users", ["250"], ["1250"]),
])  # fmt: skip
def test_numerals_of_names_do_not_count_but_hide_no_other(text: str, names: list[str], missing: list[str]) -> None:
    assert missing_numbers(text, [""], names) == missing


SHAPES = ["{} users", "${}", "{}%", "in {}", "{} 万", "v. {}", "约{}人", "{}-fold", "[{}]", "{} million"]


@given(
    st.integers(0, 10**7) | st.decimals(0, 999, places=2), st.sampled_from(SHAPES), st.randoms(use_true_random=False)
)
def test_a_changed_digit_is_caught(value: object, shape: str, rnd: random.Random) -> None:
    quote = f"They said: {shape.format(value)} then."
    assert not missing_numbers(quote, [quote])
    at = rnd.choice([m.start() for m in re.finditer(r"\d", quote)])
    other = quote[:at] + rnd.choice([d for d in "0123456789" if d != quote[at]]) + quote[at + 1 :]
    if numbers(other) != numbers(quote):  # 05 is 5
        assert missing_numbers(other, [quote])
        place = locate(plain(quote), other)
        assert place is None


def test_lengths_and_dates() -> None:
    assert too_long("字" * 161) and not too_long("字" * 160) and too_long("a " * 61) and not too_long("a " * 60)
    assert all(map(is_date, ["2025", "2025-06", "2025-06-30"]))
    assert not any(map(is_date, ["", "25", "2025-13", "2025-06-32", "2025-6", "2025-06-30\n", " 2025"]))


@pytest.mark.parametrize("piece", ["1,", "111,", "1.", "1", "三百", "万", "1 000 ", "a1 ", "2025.1"])
def test_hostile_numbers_take_no_long_time(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    start = time.process_time()
    numbers(text)
    spelled(text)
    assert time.process_time() - start < 3


def test_a_lost_quote_is_not_sought_for_long() -> None:
    source = plain("Some words of a long text without a break. " * 8_000)
    start = time.process_time()
    assert locate(source, "Other words of a quote that never stood in this text at all, not even nearly so.") is None
    assert time.process_time() - start < 3
