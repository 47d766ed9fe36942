"""A source page is the digest: whatever stands in it, parsing the page gives the very Source back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from karpwiki import markdown, sourcepage
from karpwiki.frontmatter import render
from karpwiki.links import Linker
from karpwiki.names import claim_id, key
from karpwiki.nouns import Claim, Figure, Member, Name, Quote, Source, Subject
from karpwiki.plain import fold
from karpwiki.state import render_state
from karpwiki.wiki import State

PIECES = [*list("ab1 中文“”\"'`*_[]<>|~$=%^#&{}\\!()-+.:;,/@·"),
    "[[x]]", "[^a]", "![[", "**", "==", "%%", "$$", "http://x.y", "www.a.b", "<b>", "&amp;", "#tag", " ^id", "\\[",
    "`` ` ``", "- ", "1. ", "> ", "# ", "---", "~~", "a_b", "<% x %>", "{{x}}", "k:: v", "(hedged)", "(as of 2025)",
    " · ", "(said by x)", "|", "\\|", "\\", "<!-- karpwiki 1", "-->", "LLM OS", "软件 3.0", "Memex",
]  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map("".join).map(fold).filter(bool)
words = hostile | st.text(max_size=40).map(fold).filter(bool)
name = st.sampled_from(["LLM OS", "软件 3.0", "Memex", "Andrej Karpathy", "《人月神话》", "C++", "a|b", "x_y"]) | words


def footnotes(source: Source) -> list[str]:
    return [f"[^{c.id}]: {sourcepage.footnote(c)}" for c in source.claims]


def page_text(source: Source, linker: Linker) -> str:
    body = markdown.join([*sourcepage.blocks(source, linker), "\n".join(footnotes(source)), render_state(State())])
    return render(sourcepage.meta(source)) + "\n" + body


@st.composite
def sources(draw: st.DrawFn) -> Source:
    spelled = {key(n): n for n in draw(st.lists(name, min_size=1, max_size=5))}
    names = tuple(
        Name(
            n,
            draw(st.sampled_from(["concept", "entity"])),
            draw(words | st.just("")),
            draw(st.just("") | st.just("x y")),
            tuple(draw(st.lists(words, max_size=2))),
        )
        for n in spelled.values()
    )
    claims: list[Claim] = []
    for n in range(draw(st.integers(0, 4))):
        quote = f"{draw(words)} {n}"
        said = draw(st.just("") | words)
        claims.append(
            Claim(
                id=claim_id("a/b.md", quote, [c.id for c in claims]),
                text=draw(words),
                quote=Quote("a/b.md", draw(st.integers(1, 999)), fold(quote)),
                subjects=tuple(
                    draw(st.lists(st.sampled_from(list(spelled.values())), min_size=1, max_size=3, unique=True))
                ),
                heading=claims[-1].heading if claims and draw(st.booleans()) else f"h {n}",
                key=draw(st.booleans()),
                as_of=draw(st.just("") | st.just("2025-06")),
                voice="quoted" if said else draw(st.sampled_from(["asserted", "hedged"])),
                said_by=said,
                basis=draw(st.sampled_from(["", "primary", "secondary", "inferred"])),
                figures=tuple(
                    draw(
                        st.lists(
                            st.builds(
                                Figure,
                                st.just("stars"),
                                st.just("5,000"),
                                st.just("") | words.filter(lambda w: " = " not in w + " " and w == w.strip()),
                            ),
                            max_size=2,
                        )
                    )
                ),
            )
        )
    return Source(
        (Member("a/b.md", "0" * 16),),
        draw(words),
        "2026-11-20",
        updated="2026-11-20",
        claims=tuple(claims),
        names=names,
    )


def linker_for(source: Source) -> Linker:
    subjects = {
        key(n.name): Subject((n.name,), n.name, n.kind, f"s{i}", has_page=i % 2 == 0)
        for i, n in enumerate(source.names)
    }
    return Linker(subjects, {s.slug: f"wiki/concepts/{s.slug}.md" for s in subjects.values()}, page="wiki/sources/x.md")


@given(sources())
def test_parsing_a_written_page_gives_the_source_back(source: Source) -> None:
    text = page_text(source, linker_for(source))
    page = markdown.parse("wiki/sources/x.md", text)
    assert page.problem == ""
    read, lines = sourcepage.parse_source(page)
    assert read == source
    assert page_text(read, linker_for(read)) == text
    assert len(lines) == len(source.claims) + bool(source.names)
