"""Frontmatter: strict in what is read, quoted where another reader would misread, unknown keys in their place."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from karpwiki.errors import BadYaml
from karpwiki.frontmatter import load, render, split
from karpwiki.strictyaml import MAX_BYTES
from karpwiki.wiki import Page

REFUSED = [
    ("a: 1\na: 2", "twice", 3),
    ("a: {b: 1, b: 2}", "twice", 2),
    ("a: &x 1\nb: *x", "anchors", 2),
    ("a: *x", "anchors", 2),
    ("a: !!python/object/apply:os.system [ls]", "tags", 2),
    ("a: ! x", "tags", 2),
    ("a: {b: {c: {d: {e: 1}}}}", "deep", 2),
    ("[" * 5000, "deep", 2),
    ("{" * 5000, "deep", 2),
    ("? [a]\n: b", "not a word", 2),
    ("- a\n- b", "not a list of keys", 1),
    ("just words", "not a list of keys", 1),
    ("a: b\nc", "not valid YAML", 3),
    ("a: 'b", "not valid YAML", 2),
    ("a: \x00", "cannot be read", 1),
    ("a: b\n--- \nc: d", "not valid YAML", 3),
    ("a: " + "x" * MAX_BYTES, "250 kB", 1),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reason", "line"), REFUSED)
def test_what_is_refused(text: str, reason: str, line: int) -> None:
    with pytest.raises(BadYaml, match=reason) as caught:
        load(text)
    assert caught.value.line == line


def test_only_plain_values_are_resolved() -> None:
    text = (
        "a: 1.10\nb: no\nc: 12:30\nd: 2026-11-20\ne: 012\nf: true\ng: null\nh: 12\ni: '12'\nj: ~\nk:\nl: 0x10\nm: -3\n"
        f"n: {'9' * 5000}\n1: x\ntrue: y\n<<: {{z: 1}}\n"
    )
    assert load(text) == {
        "a": "1.10", "b": "no", "c": "12:30", "d": "2026-11-20", "e": "012", "f": True, "g": None, "h": 12, "i": "12",
        "j": None, "k": None, "l": "0x10", "m": -3, "n": "9" * 5000, "1": "x", "true": "y", "<<": {"z": 1},
    }  # fmt: skip


def test_two_escapes_of_json_are_one_character() -> None:
    assert load('title: "\\ud83d\\ude00 x"\n') == {"title": "\U0001f600 x"}


def test_merge_key_bombs_do_not_grow() -> None:
    start = time.process_time()
    bomb = "a: &a {x: 1}\n" + "".join(f"b{n}: &b{n} {{<<: [*a, *a]}}\n" for n in range(30))
    with pytest.raises(BadYaml, match="anchors"):
        load(bomb)
    assert time.process_time() - start < 1


MISREAD = ["no", "yes", "on", "true", "null", "~", "", "1", "1.10", "012", "0o17", "0x1F", "1e5", "1.5e3", "12:30",
           "1_000", ".5", "+1",
           "=", "<<", "-", "- a", "? a", "a: b", "a #b", "# a", "!x", "&a", "*a", "[a]", "{a}", "|", ">", "%a", "@a",
           "`a", '"', "'",
           "2026-11-20", "2026-11-20T00:00", ".inf", ".nan", "---", "...", " a ", "a\nb", "\ufeffa", "a\u2028b",
           "\x85", "\n", "🚀",
           "\x7f",
           "1234567890123e45", "a, b", "[[x]]", "<% x %>"]  # fmt: skip
hostile = st.sampled_from(MISREAD) | st.text(max_size=30)


@given(st.dictionaries(st.sampled_from(["title", "tags", "mine", "x y"]) | hostile.filter(lambda k: len(k) < 20),
                       hostile | st.lists(hostile, max_size=4) | st.integers(-999, 999) | st.booleans(),
                       max_size=5))  # fmt: skip
def test_what_is_written_reads_back(meta: dict[str, object]) -> None:
    text = render(meta)
    yaml_text, body, lines = split(text + "\nbody\n")
    assert load(yaml_text) == meta
    assert body == "\nbody\n" and lines == text.count("\n")


@pytest.mark.parametrize("value", MISREAD)
def test_other_readers_see_a_text_too(value: str) -> None:
    other = yaml.safe_load(split(render({"k": value}))[0])["k"]
    assert str(other) == value and (isinstance(other, str) or value == "2026-11-20")
    assert render({"k": "1e5"}).splitlines()[1] == "k: '1e5'"  # a number in YAML 1.2 only


def test_days_stay_bare_and_lists_stay_on_their_line() -> None:
    assert render({"created": "2026-11-20", "tags": ["a", "b"]}) == "---\ncreated: 2026-11-20\ntags: [a, b]\n---\n"


def test_known_keys_have_their_order_and_unknown_ones_their_place() -> None:
    old = Page("a.md", "", meta={"mine": 1, "title": "old", "cssclass": "x", "note": "n", "tags": ["t"], "last": 2})
    lines = render({"tags": ["u"], "title": "new", "summary": "s"}, old).splitlines()
    assert lines == [
        "---",
        "mine: 1",
        "title: new",
        "cssclass: x",
        "note: n",
        "tags: [u]",
        "last: 2",
        "summary: s",
        "---",
    ]
    own = {k: v for k, v in old.meta.items() if k not in ("title", "tags")}
    assert render({"tags": ["u"], "title": "new", "summary": "s", **own}, old).splitlines() == lines


@pytest.mark.parametrize(("text", "parts"), [
    ("no", ("", "no", 0)), ("---\na: b\n---\nx", ("a: b\n", "x", 3)), ("---\na: b\n...\nx", ("a: b\n", "x", 3)),
    ("---\n---\n", ("", "", 2)), ("---\na: b\n", ("", "---\na: b\n", 0)), (" ---\na: b\n---\n", ("",
    " ---\na: b\n---\n", 0)),
    ("---  \na: '---'\n--- \nx", ("a: '---'\n", "x", 3)), ("----\na: b\n---\n", ("", "----\na: b\n---\n", 0)),
])  # fmt: skip
def test_frontmatter_is_split_from_its_page(text: str, parts: tuple[str, str, int]) -> None:
    assert split(text) == parts


@given(st.text(alphabet="ab:-[]{},&*!|>'\"#%@?\n ~<=0", max_size=60))
def test_nothing_but_bad_yaml_is_raised(text: str) -> None:
    try:
        assert isinstance(load(text), dict)
    except BadYaml as error:
        assert str(error) and error.line >= 1


@pytest.mark.parametrize("piece", ["---\n", "a: b\n", "- ", "\n", "#\n", "? "])
def test_hostile_frontmatter_takes_no_long_time(piece: str) -> None:
    text = piece * (50_000 // len(piece))
    start = time.process_time()
    split("---\n" + text)
    with suppress(BadYaml):
        load(text)
    assert time.process_time() - start < 2
