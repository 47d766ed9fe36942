"""Frontmatter read line by line is what the YAML handler reads, or is left to it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from karpwiki.errors import BadYaml
from karpwiki.frontmatter import plainly, scanned
from karpwiki.strictyaml import handler

VALUES = (
    'a|a b|\'a\'|"a"|"a\\n"|[a, b]|[]|[ a ,b ]|[a,, b]|[a b, "c, d"]|[\'x\', 1]|[a, b|1|-1|012|1.5|true|True|null|~|'
    "2026-01-02|12:30|a: b|a:b|a #b|a#b|#b|a:|- a|&x a|*x|!t a|{a: b}|{}|>|\\||''|\"\"|'it''s'|a'b|中文|中：文|"
    "a\u0085b|\ta|a\t|%a|@a|`a`|?|? a|-|--- a|a, b|/x/y.md|./x|..|...|<<|=|a b: c|[a: b]|[a #b]|[[a]]|é|a\u2028b|"
    "[1, true, null, -2]"
).split("|")
SIGNS = "ab1-:#[],'\" \\&*!{}|>%@?~._/\t中"
value = st.one_of(st.sampled_from(VALUES), st.text(SIGNS, max_size=8))
key = st.sampled_from("title tags a-b _x true 1 中 a.b".split())
line = st.one_of(
    st.tuples(key, st.sampled_from([": ", ":", ":  ", " : "]), value, st.sampled_from(["", " "])).map("".join),
    st.tuples(st.sampled_from(["- ", "  - ", "-", "-  "]), value).map("".join),
    st.sampled_from(["", "# remark", "  more", "---"]),
)


def slow(text: str) -> object:
    try:
        return handler().load(text) or {}
    except BadYaml:
        return None


@settings(max_examples=1_000)
@given(st.lists(line, max_size=5), st.booleans())
def test_lines_tell_what_the_handler_tells(lines: list[str], final: bool) -> None:
    text = "\n".join(lines) + "\n" * final
    found = scanned(text)
    if found is not None:
        want = slow(text)
        assert found == want and repr(found) == repr(want)  # True is no 1, and the order of keys is kept


def test_common_forms_are_read_by_lines() -> None:
    text = (
        'title: A name\ntags: [a, "b c", 1]\nsources:\n- x.md\n- y.md\ncreated: 2026-01-02\ncoverage: 0.93\nnothing:\n'
    )
    want = {
        "title": "A name", "tags": ["a", "b c", 1], "sources": ["x.md", "y.md"], "created": "2026-01-02",
        "coverage": "0.93", "nothing": None,
    }  # fmt: skip
    assert scanned(text) == want == slow(text)
    assert scanned("a: {b: c}") is scanned("a: >\n  b") is scanned("a: 1\na: 2") is None


def test_a_line_takes_no_longer_than_its_length_asks_for() -> None:
    for line in (
        "[" + "a " * 4_000 + '"',
        "[" + "a, " * 4_000,
        "[" + '"a" ' * 4_000,
        "a" + ":b#c" * 4_000 + ": d",
        "'" * 9_001,
    ):
        assert scanned(f"tags: {line}") is None


words = st.text("aé中0-9f.,'’“() :#-/", max_size=8)


@settings(max_examples=1_000)
@given(
    st.dictionaries(
        st.one_of(key, st.sampled_from(["y", "on", "null", "a b"])),
        st.one_of(
            value,
            st.lists(value, max_size=3),
            st.text("aé中0-9f.,'’“() :#-/", max_size=8),
            st.just("1234567890e12345"),
            st.floats(),
            st.integers(),
        ),
        max_size=3,
    )
)
def test_plain_values_are_written_as_the_handler_writes_them(meta: dict[str, object]) -> None:
    made = plainly(meta)
    assert made is None or made == handler().export(meta)


def test_what_a_compiled_page_has_is_written_plainly() -> None:
    meta = {
        "title": "Mercury (planet)", "type": "concept", "created": "2026-01-02", "sources": ["zh/a-b.md", "2026/x.md"],
        "tags": [], "summary": "It keeps trails, which are made by hand.", "sha256": ["3f9a1c77ab03de21"],
    }  # fmt: skip
    made = plainly(meta)
    assert made is not None and made == handler().export(meta) and scanned(made) == meta
    for coverage in (1.0, 0.93, 0):
        of_source = {**meta, "coverage": coverage}
        assert plainly(of_source) == handler().export(of_source) is not None
