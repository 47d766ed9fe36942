"""Names: keys, slugs and claim ids keep their laws, and names.txt reads back what was written."""

from __future__ import annotations

import string
import time
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from karpwiki.names import (
    RESERVED,
    SLUG_BYTES,
    add_decisions,
    by_rank,
    claim_id,
    digest,
    is_latin,
    key,
    parse_names,
    render_decision,
    slug,
    stem_key,
)  # fmt: skip
from karpwiki.nouns import Decision
from karpwiki.plain import fold

DEVICES = {"con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in range(10))}
SHAPES = ["C", "C++", "C#", "F#", "LLM OS", "llm-os", "软件 3.0", "软件3.0", "《人月神话》", "a/b", "../..", "CON",
          "aux.md",
          "🚀", "م",
          "index", "Log", ".", "..", "a.", " x ", "it's", "ﬁ", "Ⅳ", "é", "e\u0301", "#^[]|", "\u202ex", "ẞ", "İ",
          "x" * 400]  # fmt: skip
names = st.sampled_from(SHAPES) | st.text(max_size=60) | st.text(min_size=100, max_size=400)


@given(names)
def test_a_slug_is_a_file_name_everywhere(name: str) -> None:
    stem = slug(name)
    assert stem and len(stem.encode()) <= SLUG_BYTES
    assert stem not in RESERVED | DEVICES
    assert not set(stem) & set('<>:"/\\|?*#^[]%. \t\n') and not stem.startswith("-") and not stem.endswith("-")
    assert all(unicodedata.category(c)[0] in "LNM" or c == "-" for c in stem)
    assert stem == unicodedata.normalize("NFC", stem) and stem_key(stem) == stem_key(stem.upper().lower())


@given(names, names)
def test_equal_keys_give_equal_slugs(one: str, two: str) -> None:
    assert slug(key(one)) == slug(one) or key(key(one)) != key(one)
    if key(one) == key(two):
        assert slug(one) == slug(two)


@given(st.from_regex("[aZ09é字]([ _.+#-]?[aZ09é字])*", fullmatch=True))
def test_plain_names_have_the_key_that_others_would_have(name: str) -> None:
    assert key(name) == key(f"\u00ad{name}"), "what nobody sees makes no other key, and is looked at letter by letter"


@pytest.mark.parametrize(("one", "two"), [
    ("LLM-OS", "llm os"), ("软件 3.0", "软件3.0"), ("《人月神话》", "人月神话"), ("Karpathy’s", "karpathys"),
    ("ＬＬＭ", "LLM"),
    ("e\u0301t\u200bé", "été"), ("GPT-4", "gpt 4"),
])  # fmt: skip
def test_spellings_of_one_name_share_a_key(one: str, two: str) -> None:
    assert key(one) == key(two) and slug(one) == slug(two)


@pytest.mark.parametrize(("one", "two"), [("C", "C++"), ("C", "C#"), ("3.0", "30"), ("v2", "v3"), ("C++", "C#")])
def test_names_that_differ_in_more_than_marks_stay_apart(one: str, two: str) -> None:
    assert key(one) != key(two) and slug(one) != slug(two)


def test_slugs_read_well() -> None:
    assert [slug(n) for n in ("Software 3.0", "C++", "C#", "软件 3.0", "Élan vital")] == [
        "software-3-0", "c-plus-plus", "c-sharp", "软件3-0", "elan-vital"
    ]  # fmt: skip
    assert slug("🚀") != slug("🎉") and slug("index") != "index" and slug("x" * 400) != slug("x" * 401)


def test_ranks_prefer_latin_then_short() -> None:
    assert sorted(["软件", "Software 3.0", "SW 3"], key=by_rank) == ["SW 3", "Software 3.0", "软件"]
    assert is_latin("Élan 3") and not is_latin("软件 3") and not is_latin("3.0") and not is_latin("Łódź и")


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=60))
def test_claim_ids_hang_on_path_and_folded_quote(path: str, quote: str) -> None:
    made = claim_id(path, quote)
    assert len(made) == 8 and set(made) <= set("0123456789abcdefghijklmnopqrstuv")
    assert made == claim_id(path, f"  {fold(quote)}\n") and made != claim_id(path + "x", quote)


def test_one_quote_carries_as_many_claims_as_a_model_likes() -> None:
    ids: list[str] = []
    for _ in range(60):
        ids.append(claim_id("a.md", "q", ids))
    assert len(set(ids)) == 60 and ids[1:3] == [ids[0] + "b", ids[0] + "c"] and max(map(len, ids)) == 9


decided = st.sampled_from(["C#", "A = B", "A != B", "x: y", "# model", "#", "p: path q", 'say "hi"', '"',
                           "a # person", "path x",
                           "title x", "=", "!=", ":", "a:", "\\", '"a" = "b"', "软件 3.0"])  # fmt: skip
texts = decided | st.text(alphabet=string.ascii_letters + ' =!:#"\\软', min_size=1, max_size=20)
lines = texts.map(fold).filter(bool)
decisions = st.builds(
    Decision, lines, st.sampled_from(["=", "!=", "kind", "path", "title"]), lines, st.sampled_from(["model", "person"])
)


@given(st.lists(decisions, max_size=6))
def test_names_txt_reads_back_what_was_written(made: list[Decision]) -> None:
    text = add_decisions("", made)
    read, bad = parse_names(text)
    assert not bad
    assert {(d.name, d.relation, d.value, d.by) for d in read} == {(d.name, d.relation, d.value, d.by) for d in made}
    assert add_decisions(text, made) == text == add_decisions(text, [])
    body = [line for line in text.splitlines() if not line.startswith("# ")]
    assert body == sorted(set(body))


def test_lines_of_a_person_are_read_as_typed() -> None:
    text = "# a comment\nLLM OS = LLM-OS 类比\nmw-2 != mw-3 # model\nauto: entity\nllm-os: path wiki/x y.md # person\n"
    text += "nonsense\n#\n"
    read, bad = parse_names(text)
    assert [render_decision(d) for d in read] == [
        "LLM OS = LLM-OS 类比 # person", "mw-2 != mw-3 # model", "auto: entity # person",
        "llm-os: path wiki/x y.md # person",
    ]  # fmt: skip
    assert bad == ((6, "nonsense"),) and read[0].line == 2
    kept = add_decisions(text, [])
    assert kept.startswith("# a comment\n#\n") and "nonsense\n" in kept


@given(decisions)
def test_a_decision_is_one_line(decision: Decision) -> None:
    assume("\n" not in decision.name)
    assert "\n" not in render_decision(decision)


@pytest.mark.parametrize("piece", ["a: ", "a = ", '"', " # ", "= ", "\\"])
def test_hostile_lines_of_names_take_no_long_time(piece: str) -> None:
    start = time.process_time()
    parse_names(piece * (1_000_000 // len(piece)))
    key(piece * 20_000)
    slug(piece * 20_000)
    assert time.process_time() - start < 2


def test_digest_takes_any_text() -> None:
    assert digest("\ud800") and digest("a") == digest(b"a") and len(digest("a", 8)) == 8
