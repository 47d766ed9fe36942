"""Near names: found whatever came first, never those that numerals tell apart, never those that are decided."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karpwiki.names import key, told_apart
from karpwiki.near import MOST, near
from karpwiki.nouns import Claim, Decision, Member, Name, Quote, Source
from karpwiki.resolve import Names, resolve
from karpwiki.settings import Settings, read_settings
from karpwiki.vault import read_wiki
from vaults import RAW

SETTINGS = Settings()


def source(path: str, *told: tuple[str, str], also: dict[str, tuple[str, ...]] | None = None) -> Source:
    """A source that says these things: (name, sentence)."""
    claims = tuple(
        Claim(f"{path}-{n:03}", text, Quote(path, n, text), (name,)) for n, (name, text) in enumerate(told, 1)
    )
    names = tuple(
        Name(name, "concept", "", "", (also or {}).get(name, ())) for name in dict.fromkeys(n for n, _ in told)
    )
    return Source((Member(path, "0"),), path, "2026-01-01", claims=claims, names=names)


def much(name: str, about: str = "") -> list[tuple[str, str]]:
    """Claims enough for a page."""
    return [(name, f"{name} has property {n} {about}.") for n in range(SETTINGS.page_claims)]


def asked(
    sources: Sequence[Source], decisions: Sequence[Decision] = (), new: Sequence[str] | None = None
) -> set[frozenset[str]]:
    """The pairs of titles that are asked about, when the names `new` (none given: all) are new."""
    names = resolve(sources, decisions, SETTINGS)
    slugs = [s.slug for s in names.every] if new is None else [names.subjects[key(n)].slug for n in new]
    return {frozenset(s.title for s in pair) for pair in near(names, sources, decisions, slugs, SETTINGS)}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Zettelkasten", "Niklas Luhmann's Zettelkasten"),
        ("evergreen note", "evergreen notes"),
        ("Retrieval-augmented generation", "RAG"),
        ("Jagged inteligence", "jagged intelligence"),
        ("第二大脑", "第二大脑笔记法"),
    ],
)
def test_names_alike_are_asked_about(one: str, two: str) -> None:
    assert asked([source("a.md", *much(one)), source("b.md", *much(two))]) == {frozenset((one, two))}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("GPT-4", "GPT-4o"), ("GPT-4", "GPT-4 mini"), ("LLM wiki v2", "LLM wiki v3"), ("卡片盒一", "卡片盒二"),
        ("2011 request for comment", "2012 request for comment"), ("HippoRAG", "HippoRAG 2"), ("C", "C++"),
        ("Zettelkasten I", "Zettelkasten II"), ("白皮书草稿", "白皮书终稿"), ("第二版手册", "第三版手册"),
        ("Windows 95", "Windows Ninety-Eight 98"), ("memex", "local-first software"),
    ],
)  # fmt: skip
def test_names_that_numerals_or_qualifiers_tell_apart_are_not(one: str, two: str) -> None:
    assert not asked([source("a.md", *much(one)), source("b.md", *much(two))])


def test_two_languages_meet_by_what_is_said() -> None:
    english = [("Peaky capability", f"AlphaGo, Karpathy and RLVR {n}: peaks where rewards are.") for n in range(3)]
    chinese = [("锯齿状智能", f"Karpathy 说 AlphaGo 与 RLVR {n} 有高峰。") for n in range(3)]
    others = [source(f"{n}.md", *much(f"thing {chr(97 + n)}", f"colour {n * 37 + 100}")) for n in range(20)]
    pairs = asked([source("a.md", *english), source("b.md", *chinese), *others], new=["锯齿状智能"])
    assert pairs == {frozenset(("Peaky capability", "锯齿状智能"))}


def test_what_one_source_tells_apart_is_asked_only_on_its_own_word() -> None:
    both = [*much("Zettelkasten"), *much("Luhmann's Zettelkasten")]
    assert not asked([source("a.md", *both)])
    pair = frozenset(("Zettelkasten", "Luhmann's Zettelkasten"))
    assert asked([source("a.md", *both, also={"Luhmann's Zettelkasten": ("Zettelkasten",)})]) == {pair}


def test_a_pair_without_a_page_in_sight_is_not_worth_a_question() -> None:
    one, two = ("Slip box", "A slip box is a box."), ("Slip boxes", "Slip boxes are many.")
    assert not asked([source("a.md", one), source("b.md", two)])
    assert asked([source("a.md", one, ("Slip box", "It is old.")), source("b.md", two)])


def test_parted_meanings_are_decided() -> None:
    sources = [source("a.md", *much("Mercury")), source("b.md", *much("Mercury planet"))]
    assert asked(sources)
    assert not asked(sources, [Decision("Mercury @ b.md", "=", "Mercury planet", "person")])


WORDS = ["slip", "box", "note", "notes", "wiki", "trail", "卡片", "笔记", "memex", "2", "II", "v3", "mini"]
names_made = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
vaults = st.lists(st.lists(names_made, min_size=1, max_size=4), min_size=1, max_size=6)


def made(vault: list[list[str]]) -> list[Source]:
    return [source(f"{n}.md", *(t for name in told for t in much(name))) for n, told in enumerate(vault)]


def everything(names: Names) -> list[str]:
    return [s.slug for s in names.every]


@given(vaults, st.randoms())
def test_pairs_hang_on_no_order(vault: list[list[str]], chance: random.Random) -> None:
    sources = made(vault)
    shuffled = sources[:]
    chance.shuffle(shuffled)
    names, other = resolve(sources, (), SETTINGS), resolve(shuffled, (), SETTINGS)
    slugs = everything(names)
    mixed = chance.sample(slugs, len(slugs))
    assert near(names, sources, (), slugs, SETTINGS) == near(other, shuffled, (), mixed, SETTINGS)


@given(vaults)
def test_pairs_are_symmetric_each_once_and_bounded(vault: list[list[str]]) -> None:
    sources = made(vault)
    names = resolve(sources, (), SETTINGS)
    pairs = near(names, sources, (), everything(names), SETTINGS)
    assert len({frozenset(s.slug for s in p) for p in pairs}) == len(pairs) <= MOST * len(names.every)
    for one in names.every:
        mine = near(names, sources, (), [one.slug], SETTINGS)
        assert len(mine) <= MOST and all(one in pair for pair in mine)
        for pair in mine:
            [other] = [s for s in pair if s is not one]
            theirs = near(names, sources, (), [other.slug], SETTINGS)
            assert pair in theirs or len(theirs) == MOST


@given(vaults)
def test_numerals_and_qualifiers_are_never_asked_about_nor_joined(vault: list[list[str]]) -> None:
    sources = made(vault)
    names = resolve(sources, (), SETTINGS)
    for a, b in near(names, sources, (), everything(names), SETTINGS):
        assert not any(told_apart(x, y) for x in a.names for y in b.names)
    for subject in names.every:
        assert not any(told_apart(x, y) for x in subject.names for y in subject.names)


@given(vaults, st.sampled_from(["=", "!="]), st.sampled_from(["model", "person"]))
def test_a_decided_pair_is_never_asked_again(vault: list[list[str]], relation: str, by: str) -> None:
    sources = made(vault)
    names = resolve(sources, (), SETTINGS)
    pairs = near(names, sources, (), everything(names), SETTINGS)
    told = [Decision(a.title, relation, b.title, by) for a, b in pairs]  # type: ignore[arg-type]
    after = resolve(sources, told, SETTINGS)
    left = near(after, sources, told, everything(after), SETTINGS)
    known = {frozenset((key(a.title), key(b.title))) for a, b in pairs}
    assert not known & {frozenset((key(x), key(y))) for a, b in left for x in a.names for y in b.names}


@given(st.sampled_from(WORDS), st.sampled_from(["2", "III", "七", "v4", "2026", "mini", "draft", "最终"]))
def test_a_mark_alone_tells_apart_both_ways(word: str, mark: str) -> None:
    assert told_apart(word, f"{word} {mark}") and told_apart(f"{word} {mark}", word)
    assert not told_apart(f"{word} {mark}", f"{word.upper()} {mark}")


def test_a_digest_joins_no_versions_either() -> None:
    listed = source("a.md", *much("软件 3.0"), *much("Software 2.0"), also={"软件 3.0": ("Software 2.0",)})
    names = resolve([listed], (), SETTINGS)
    assert names.subjects[key("软件 3.0")] is not names.subjects[key("Software 2.0")]


def test_the_own_wiki_has_few_pairs_and_all_true_ones() -> None:
    root = RAW.parent
    wiki, settings = read_wiki(root), read_settings(root)
    names = resolve(wiki.sources.values(), (), settings)
    pairs = near(names, wiki.sources.values(), (), everything(names), settings)
    told = {frozenset(s.title for s in pair) for pair in pairs}
    assert frozenset(("Niklas Luhmann's Zettelkasten", "Zettelkasten")) in told
    assert frozenset(("Vector RAG against LLM-compiled wiki", "Vector RAG vs LLM-Compiled Wiki")) in told
    assert len(names.every) > 200 and len(pairs) <= 14


def test_many_names_take_no_long_time() -> None:
    chance = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=chance.randint(3, 9))) for _ in range(8_000)]

    def told(n: int) -> list[tuple[str, str]]:
        names = [" ".join(chance.choices(words, k=2)) for _ in range(15)]
        return [(chance.choice(names[:6]), " ".join(chance.choices(words, k=15))) for _ in range(25)] + [
            (name, " ".join(chance.choices(words, k=15))) for name in names
        ]

    sources = [source(f"{n}.md", *told(n)) for n in range(400)]
    names = resolve(sources, (), SETTINGS)
    new = [names.subjects[key(n.name)].slug for n in sources[-1].names]
    start = time.process_time()
    near(names, sources, (), new, SETTINGS)
    assert len(names.every) > 5_000
    assert time.process_time() - start < 1.5
