"""What is found line by line is what markdown-it-py finds, or nothing is said to be found."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karpwiki.frontmatter import split
from karpwiki.markdown import parse
from karpwiki.scan import Outline, parsed, scanned

# What a line may begin with, be, and end with, so that forms meet in every way.
LINES = (
    "- a§* b§+ c§1. d§2. e§10) f§1234567890. g§# h§## h§####### h§#tag§> q§> - x§>q§>§```§```py§~~~§````§``x``-§***§"
    "___§- - -§* * x§===§=§-§*§+§1.§text§two words§  - nested§    - deep§   1. n§  more§    more§     more§\ttab§- \tx§"
    "-     code§- ```§- > q§- # h§1) ```§0. z§<!-- c -->§<!-->§<div>§x <b>§[^a]: note§[^b]: two§§| |§   §\u3000§"
    "\xa0x§[[a]]§a `b` c§1.x§-x§**b** c§:--§::§> ```§>     x§  ```§    ```§  > q§\\- x§- [ ] t§x\\§x  §\x0b§\x0c§\x85§"
    "<a>§| a | b |§| --- | --- |§|---|---|§| - |§|a|- | ---§a | b§|§||§| a \\| b |"
).split("§")
SIGNS = "ab #-*+>|`~<!=_:1.)[]^\\ \t\u3000\x0b\x85"
line = st.one_of(
    st.sampled_from(LINES),
    st.text(SIGNS, max_size=8),
    st.tuples(st.text(" >-", max_size=5), st.sampled_from(LINES)).map("".join),
)


def shown(outline: Outline, lines: list[str]) -> tuple[list[tuple[object, ...]], set[int]]:
    """Blank lines are neither code nor text."""
    return [tuple(p) for p in outline.pieces], {n for n in outline.hidden if lines[n].strip(" \t")}


@settings(max_examples=1_000)
@given(st.lists(line, max_size=9), st.booleans())
def test_lines_tell_what_the_parser_tells(lines: list[str], final: bool) -> None:
    body = "\n".join(lines) + "\n" * final
    lines = body.split("\n")
    found = scanned(lines)
    if found is not None:
        assert shown(found, lines) == shown(parsed(body, lines), lines)


COMMON = """# Title

Words in two
lines, with [[a link]].[^k1234567]
## Heading
- one
- two
  more of it
  - inside

  A second paragraph.
* another list
1. first
2. second

> [!warning] Tension: words
>
> Status: open

| a | b \\| c |
| --- | :-: |
| d | e |

```python
[[not a link]]
```
---

<!-- a remark -->
标题：中文也是一段。

[^k1234567]: words
[^k7654321]: words
    and more
"""


def test_common_forms_need_no_parser() -> None:
    lines = COMMON.split("\n")
    found = scanned(lines)
    assert found is not None and shown(found, lines) == shown(parsed(COMMON, lines), lines)
    assert [p.kind for p in found.pieces] == (
        "heading paragraph heading item item item item item quote table fence rule html paragraph paragraph".split()
    )
    page = parse("wiki/a.md", f"---\ntitle: T\n---\n\n{COMMON}")
    assert [link.target for link in page.links] == ["a link"] and page.links[0].line == 8
    assert [(n.label, n.text) for n in page.footnotes] == [("k1234567", "words"), ("k7654321", "words and more")]
    assert not any("[^k1234567]:" in b.text for b in page.blocks)


@pytest.mark.parametrize(
    "odd", ["<div>", "    code", "Title\n===", "Title\n---", "> a\nlazy", "- a\nlazy", "\tcode", "- a\n\n      code"]
)
def test_other_forms_are_left_to_the_parser(odd: str) -> None:
    assert scanned(odd.split("\n")) is None


def test_no_page_of_this_repository_needs_the_parser() -> None:
    pages = sorted((Path(__file__).parents[1] / "wiki").rglob("*.md"))
    assert len(pages) > 20
    for page in pages:
        lines = split(page.read_text("utf-8"))[1].split("\n")
        assert scanned(lines) is not None, page


@pytest.mark.parametrize("row", ["| a | b | c | d |", "| a |"])
def test_large_tables_are_told_as_the_parser_tells_them(row: str) -> None:
    lines = ["| 1 | 2 | 3 | 4 |", "| - | - | - | - |", *[row] * 4_000, "", "end"]
    found = scanned(lines)
    assert (found is None) == (row == "| a |")
    if found:
        assert shown(found, lines) == shown(parsed("\n".join(lines), lines), lines)
