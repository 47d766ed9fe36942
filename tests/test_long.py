"""Long sources: read in parts, joined as a function of the text, in time about linear in it, after an estimate."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karpwiki.calls import Calls
from karpwiki.errors import ModelError, Refused, TooLong
from karpwiki.extract import extract
from karpwiki.forms import DigestForm, DigestInput, FormClaim, FormName
from karpwiki.ground import locate, stands_at
from karpwiki.ingest import Ingested, ingest
from karpwiki.links import _mentions
from karpwiki.llm import Reply, Request
from karpwiki.models.excerpt import Excerpt
from karpwiki.names import CJK
from karpwiki.parts import parts
from karpwiki.pick import Batch, Wish
from karpwiki.plain import plain
from karpwiki.prices import Usage
from karpwiki.settings import read_settings
from karpwiki.summarize import Outcome, summarize
from karpwiki.vault import read_wiki
from karpwiki.write import commit
from longtext import book
from vaults import add, karpwiki, make, times, tree

DAY = "2026-11-21"


@pytest.mark.parametrize(("language", "words"), [("en", 60_000), ("zh", 30_000), ("mixed", 30_000)])
def test_a_book_goes_the_whole_way(tmp_path: Path, language: str, words: int) -> None:
    text = book(words, language)
    root = make(tmp_path, {"book.md": text}, f'language = "{"zh" if language == "zh" else "en"}"\n')
    assert karpwiki(root, "ingest") == 0
    (source,) = read_wiki(root).sources.values()
    made = parts(extract("book.md", text.encode()), 12_000)
    assert len(made) > 8 and len(source.claims) > 10 * len(made)
    assert source.coverage > 0.4
    lines = [c.quote.line for c in source.claims]
    assert lines == sorted(lines)
    cited = {n for n, p in enumerate(made) if any(p.span.first <= line <= p.span.last for line in lines)}
    assert cited == set(range(len(made))), "every part was read"
    assert karpwiki(root, "lint") == 0
    before, stamps = tree(root / "wiki"), times(root / "wiki")
    assert karpwiki(root, "ingest") == 0
    assert (tree(root / "wiki"), times(root / "wiki")) == (before, stamps)


def hostile(kind: str) -> str:
    r = random.Random(kind)
    said = [f"The {r.choice(['harbour', 'canal', 'engine'])} of Gumegu has {n} gates in {r.randint(1, 999)} rooms." for
            n in range(2_500)]  # fmt: skip
    match kind:
        case "one line":
            return " ".join(said)
        case "one line of Chinese":
            return "".join(f"Gumegu 港口在{n}年建造了{r.randint(1, 999)}个船闸。" for n in range(2_500))
        case "no place to cut":
            return "QUJD" * 80_000
        case "table":
            return "| Name | Note |\n|---|---|\n" + "\n".join(f"| {n} | {s} |" for n, s in enumerate(said))
        case "code":
            return "```python\n" + "\n".join(f"# {s}\n" for s in said) + "```\n"
        case "headings":
            return "\n\n".join(f"## Gumegu {n}" for n in range(8_000))
        case "marks":
            return "*a_ [b] `c " * 10_000
    raise AssertionError(kind)


KINDS = ["one line", "one line of Chinese", "no place to cut", "table", "code", "headings", "marks"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_has_no_paragraphs_ends_in_time(tmp_path: Path, kind: str) -> None:
    root = make(tmp_path, {"a.md": hostile(kind)}, 'language = "en"\n')
    start = time.process_time()
    assert karpwiki(root, "ingest") == 0
    assert karpwiki(root, "lint") == 0
    assert time.process_time() - start < 20
    claims = [c for s in read_wiki(root).sources.values() for c in s.claims]
    assert bool(claims) == (kind in ("one line", "one line of Chinese", "table")), len(claims)


# Parts are joined as a function of the text


class Fake:
    """A paid model whose answer to each part is told by a function of its number and its text."""

    name, variant, free = "fake", "", False

    def __init__(self, tell: Callable[[DigestInput], DigestForm | ModelError]) -> None:
        self.tell, self.asked = tell, list[int]()

    def complete(self, request: Request, deadline: float, began: object = None) -> Reply:
        assert isinstance(request.inputs, DigestInput)
        self.asked.append(request.inputs.part)
        told = self.tell(request.inputs)
        if isinstance(told, ModelError):
            raise told
        return Reply(told.model_dump_json(), "fake-1", Usage())


def _claim(quote: str, is_key: bool = False) -> FormClaim:
    return FormClaim(quote=quote, text=quote, subjects=["Gumegu"], key=is_key, as_of="", voice="asserted", said_by="",
                     basis="", figures=[])  # fmt: skip


def form(given: DigestInput, **said: object) -> DigestForm:
    """The last sentence of a part as its only claim."""
    quote = given.text.rstrip(" .\n").split(". ")[-1]
    claim = _claim(quote, True)
    name = FormName(name="Gumegu", kind="concept", gloss=f"gloss {given.part}", latin="", also=[])
    values = {"title": "", "title_latin": "", "author": "", "date": "", "language": "en", "credibility": "primary",
              "tags": [], "claims": [claim], "names": [name]}  # fmt: skip
    return DigestForm(**(values | said))  # type: ignore[arg-type]


PROSE = "".join(f"# Part {n}\n\n" + f"The gate of Gumegu number {n} is open. " * 25 + "\n\n" for n in range(1, 5))


def read(root: Path, model: Fake, text: str = PROSE) -> Outcome:
    settings = read_settings(make(root, {}, "part_chars = 1000\n") if not (root / "wiki").exists() else root)
    [(_, made)] = Calls(root, model).converse([summarize(root, settings, extract("a.md", text.encode()), DAY)])
    return made


def test_what_is_said_of_a_source_comes_from_the_first_part_that_says_it(tmp_path: Path) -> None:
    said = {
        1: {"language": "fr", "date": "long ago"},
        2: {"title": "Gates", "date": "2020-01"},
        3: {"title": "Doors", "author": "Nell", "language": "zh"},
        4: {"author": "Povilin", "date": "2021", "language": "ZH-Hans"},
    }
    model = Fake(lambda given: form(given, **said[given.part]))
    source = read(tmp_path, model).source
    assert source and sorted(model.asked) == [1, 2, 3, 4]
    assert (source.title, source.author, source.date, source.language) == ("Gates", "Nell", "2020-01", "zh")
    assert [c.heading for c in source.claims] == ["", "Part 2", "Part 3", "Part 4"]
    assert [c.quote.line for c in source.claims] == [3, 7, 11, 15]
    assert [n.gloss for n in source.names] == ["gloss 1"]


@pytest.mark.parametrize(("errors", "status"), [
    ({2: Refused("no", "bio")}, "refused (bio)"), ({3: TooLong("cut")}, "too-long"),
    ({1: TooLong("cut"), 2: ModelError("busy"), 4: Refused("no", "bio")}, "refused (bio)"),
    ({1: ModelError("busy"), 2: TooLong("cut")}, "too-long"),
])  # fmt: skip
def test_a_part_that_ends_for_good_ends_its_source(tmp_path: Path, errors: dict[int, ModelError], status: str) -> None:
    made = read(tmp_path, Fake(lambda given: errors.get(given.part) or form(given)))
    assert made.source and made.error is None
    assert (made.source.status, made.source.claims) == (status, ())


def test_after_an_error_only_what_is_missing_is_bought(tmp_path: Path) -> None:
    first = Fake(lambda given: ModelError("the line is down") if given.part == 3 else form(given))
    made = read(tmp_path, first)
    assert made.source is None and "the line is down" in str(made.error)
    second = Fake(form)
    made = read(tmp_path, second)
    assert made.source and len(made.source.claims) == 4
    assert second.asked == [3]
    assert read(tmp_path / "other", Fake(form)).source == made.source


def test_a_damaged_quote_is_sought_in_its_part_alone() -> None:
    text = extract("a.md", PROSE.replace("number 3", "number 2").encode())
    cut = parts(text, 1_000)
    for part in cut[1:3]:
        place = locate(text.plain, "The gate of Gumegu, number 2 is open.", 0, part)
        assert place and part.span.first <= place.line <= part.span.last
    assert locate(text.plain, "The gate of Gumegu, number 4 is open.", 0, cut[1]) is None
    assert locate(text.plain, "The gate of Gumegu, number 4 is open.", 0)
    assert locate(text.plain, "The gate of Gumegu number 4 is open.", 0, cut[1]), "word for word it stands there"


def test_many_lost_quotes_of_a_long_source_take_no_long_time() -> None:
    text = extract("a.md", book(100_000).encode())
    cut = parts(text, 12_000)
    start = time.process_time()
    for part in cut:
        for n in range(10):
            assert (
                locate(text.plain, f"Other words of number {n} that never stood in any of its many parts.", 0, part)
                is None
            )
    assert time.process_time() - start < 6


# An estimate before what costs much


def ingested(root: Path, model: Fake | Excerpt, yes: bool = False) -> Ingested:
    batch = Batch(tuple(read_wiki(root).raw))
    wish = Wish(pages=False, yes=yes)
    [made] = ingest(root, read_wiki(root), read_settings(root), Calls(root, model), batch, DAY, wish)
    return made


def test_a_large_source_is_read_after_an_estimate_only(tmp_path: Path) -> None:
    root = make(tmp_path, {"book.md": book(15_000)}, "max_source_kb = 80\npart_chars = 4000\n")
    model = Fake(form)
    made = ingested(root, model)
    ((path, why),) = made.batch.skipped
    found = re.fullmatch(r"is 89 kB: about 28 calls and ([\d,]+) tokens of prompt; say --yes to have it read", why)
    assert path == "book.md" and found, why
    assert not model.asked and made.partial
    assert [e.path for e in made.changes.edits] == ["wiki/index.md"], "which says that it is not yet read"
    made = ingested(root, model, yes=True)
    assert not made.batch.skipped and len(made.sources[0].claims) > 20
    assert 0.7 < len(set(model.asked)) / 28 < 1.3


def test_a_free_model_reads_it_unasked(tmp_path: Path) -> None:
    root = make(tmp_path, {"book.md": PROSE * 20}, "max_source_kb = 70\n")
    made = ingested(root, Excerpt())
    assert not made.batch.skipped and made.sources[0].claims


def test_millions_of_tokens_are_said_as_such(tmp_path: Path) -> None:
    root = make(tmp_path, {}, "")
    add(root, {"book.md": b"One two three four five. " * 100_000})
    ((_, why),) = ingested(root, Fake(form)).batch.skipped
    assert re.search(r"is 2,500 kB: about 261 calls and 1\.\d million tokens", why), why


def test_a_page_that_could_not_be_read_back_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("karpwiki.ingest.MAX_PAGE_BYTES", 2_000)
    root = make(tmp_path, {"book.md": book(2_000)}, "")
    assert karpwiki(root, "ingest") == 3
    assert "split the raw file or the bundle" in capsys.readouterr().err
    assert not list((root / "wiki").iterdir())


def test_a_page_of_thousands_of_claims_is_read_back_and_written_again_in_time(tmp_path: Path) -> None:
    words = [f"The gate number {n} of Gumegu is {n * 7} steps wide, as the harbour book says." for n in range(4_000)]
    root = make(tmp_path, {"book.md": "\n\n".join(words)}, 'language = "en"\npage_limit = 20\n')
    every = Fake(lambda given: form(given, claims=[_claim(w) for w in given.text.split("\n\n")]))
    start = time.process_time()
    made = ingested(root, every)
    commit(root, made.changes)
    (page,) = (root / "wiki/sources").iterdir()
    assert page.stat().st_size > 800_000
    (back,) = read_wiki(root).sources.values()
    assert back == replace(made.sources[0], coverage=round(made.sources[0].coverage, 2))
    assert len(back.claims) == 4_000
    [again] = ingest(root, read_wiki(root), read_settings(root), Calls(root, every), Batch(), DAY, Wish(pages=False))
    assert not again.changes.edits
    assert karpwiki(root, "lint") == 0
    assert time.process_time() - start < 25


# What was made faster is what it was


WORDS = ["Gumegu", "gumegu", "the", "软件", "三", "a", "x9", "&#92;", "\\*", "é", "_", "-", " ", " ", "."]


@given(st.lists(st.sampled_from(WORDS), max_size=14), st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
def test_mentions_are_whole_words(words: list[str], name: list[str]) -> None:
    text, wanted, letter = "".join(words), "".join(name), rf"[^\W{CJK}]"
    before = rf"(?<!\\)(?<!&#)(?<!{letter})" if re.match(letter, wanted[0]) else r"(?<!\\)"
    after = rf"(?!{letter})" if re.match(letter, wanted[-1]) else ""
    flags = (0, re.IGNORECASE) if len(wanted) > 3 and not wanted.isupper() else (0,)
    found = [m.span() for flag in flags for m in re.finditer(before + re.escape(wanted) + after, text, flag)]
    assert list(_mentions(text, wanted)) == found


BLOCKS = ["one two one two", "one\ntwo one", "- one\n- two one", "| one | two |\n|---|---|\n| one two | one |", "# one",
          "```\none\n\ntwo one\n```", "> two\n> one", "<p>one</p>", "", "one **two\none** two"]  # fmt: skip


@given(st.lists(st.sampled_from(BLOCKS), max_size=8), st.sampled_from(["one", "two one", "one two", "two", "x", ""]))
def test_a_quote_stands_at_the_lines_on_which_it_begins(blocks: list[str], quote: str) -> None:
    text = "\n\n".join(blocks)
    found, lines = plain(text), range(1, text.count("\n") + 3)
    assert {n for n in lines if stands_at(found, quote, n)} == found.lines_of(quote)
