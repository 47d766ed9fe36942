"""Bundles: one source of many files, as if each member were there alone; any order, any grouping, any one taken out."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karpwiki import markdown, sourcepage, write
from karpwiki.build import build
from karpwiki.bundle import MAX_MEMBERS, bundled, check_name, grouped, members_of, without
from karpwiki.calls import Calls
from karpwiki.errors import UsageError
from karpwiki.frontmatter import render
from karpwiki.ingest import Ingested, ingest
from karpwiki.links import Linker
from karpwiki.llm import Model, Reply, Request
from karpwiki.models import open_model
from karpwiki.names import claim_id
from karpwiki.nouns import Claim, Member, Name, Quote, Source
from karpwiki.pick import Wish, sort_files
from karpwiki.prepare import prepare
from karpwiki.regroup import regrouped, with_sources, without_sources
from karpwiki.settings import read_settings
from karpwiki.state import render_state
from karpwiki.vault import read_wiki
from karpwiki.wiki import State, Wiki
from test_sourcepage import words
from vaults import RAW, add, documents, karpwiki, make, pages, tree

POSTS = tuple(sorted(f"posts/{p.name}" for p in (RAW / "posts").glob("*.md")))
SETTINGS = 'name = "Posts"\nlanguage = "en"\npage_claims = 3\n\n[bundles]\ndiary = "posts/*.md"\n'
DAY = "2026-11-21"
PAGE = "wiki/sources/diary.md"

# The page and its bundle


@st.composite
def digests(draw: st.DrawFn) -> list[Source]:
    """Digests of a few files that share names, dates and headings, or do not."""
    made = []
    for n in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(["posts/{}.md", "a·b/{} · x.md", "p|q/{}.md"])).format(n)
        spelled = draw(st.lists(st.sampled_from(["LLM OS", "llm os", "软件 3.0", "a|b", "Memex"]), unique_by=str.lower))
        gloss = draw(st.sampled_from(["", "a thing", "x | y"]))
        claims: list[Claim] = []
        for k in range(draw(st.integers(0, 3)) if spelled else 0):
            heading = draw(st.sampled_from(["", "Summary", "2026-01-01: x"])) if k else ""
            quote = Quote(path, k + 1, f"words {n} {k}")
            subjects = tuple(draw(st.lists(st.sampled_from(spelled), min_size=1, max_size=2, unique=True)))
            text, flag = draw(words), draw(st.booleans())
            # A heading is never taken back within a file.
            heading = heading or (claims[-1].heading if claims else "")
            claims.append(Claim(claim_id(path, quote.text, []), text, quote, subjects, heading, flag))
        made.append(
            Source(
                members=(Member(path, f"{n:016x}"),),
                title=draw(words),
                created=draw(st.sampled_from(["2026-11-20", "2026-11-21"])),
                updated=draw(st.sampled_from(["", "2026-11-30"])),
                title_latin=draw(st.sampled_from(["", "Latin"])),
                date=draw(st.sampled_from(["", "2025", "2026-03", "2026-03-02"])),
                author=draw(st.sampled_from(["", "A", "B"])),
                language=draw(st.sampled_from(["en", "zh"])),
                credibility=draw(st.sampled_from(["primary", "secondary"])),
                tags=tuple(draw(st.lists(st.sampled_from(["a", "b", "软件"]), unique=True))),
                coverage=draw(st.sampled_from([0.0, 0.123456, 1 / 3, 1.0])),
                status="" if claims else draw(st.sampled_from(["", "empty", "refused (x)"])),
                claims=tuple(claims),
                names=tuple(Name(s, "concept", gloss, "", ("x y",)) for s in spelled),
                by=draw(st.sampled_from(["m/1", "n/2"])),
            )
        )
    return made


def page_text(source: Source) -> str:
    notes = "\n".join(f"[^{c.id}]: {sourcepage.footnote(c)}" for c in source.claims)
    blocks = sourcepage.blocks(source, Linker({}, {}, page=PAGE))
    return render(sourcepage.meta(source)) + "\n" + markdown.join([*blocks, notes, render_state(State(by=source.by))])


@given(digests(), st.sampled_from(["", "2026"]), st.randoms(use_true_random=False))
def test_parsing_the_page_of_a_bundle_gives_it_back(parts: list[Source], period: str, chance: random.Random) -> None:
    source = bundled("my_diary", parts, period)
    shuffled = chance.sample(parts, len(parts))
    assert bundled("my_diary", shuffled, period) == source
    assert bundled("my_diary", members_of(source), period) == source
    text = page_text(source)
    page = markdown.parse(PAGE, text)
    assert page.problem == ""
    read, lines = sourcepage.parse_source(page)
    assert read == source
    assert page_text(read) == text
    assert len(lines) == len(source.claims) + 1 + bool(any(p.names for p in parts))


@given(digests(), st.integers(0, 3))
def test_a_member_taken_out_was_never_there(parts: list[Source], n: int) -> None:
    gone = parts[n % len(parts)]
    rest = [p for p in parts if p is not gone]
    assert without(bundled("diary", parts), [gone.key]) == (bundled("diary", rest) if rest else None)
    assert without(bundled("diary", parts), ["other.md"]) == bundled("diary", parts)
    assert without(gone, [gone.key]) is None
    assert without(gone, ["other.md"]) == gone


def test_a_page_from_before_there_was_a_table_is_read() -> None:
    source = bundled("diary", [digest("posts/a.md", "2026-03-02", 1), digest("posts/b.md", "2026-03-09", 2)])
    text = page_text(source)
    start, end, table = text.index("## Members"), text.index("## Claims"), text.index("## Subjects")
    rows = [line.rpartition(" | ")[0] + " |" if line.startswith("|") else line for line in text[table:].split("\n")]
    old = text[:start] + text[end:table] + "\n".join(rows)
    assert "2026-03-02 ·" in text
    assert "2026-03-02 ·" not in old
    read, _ = sourcepage.parse_source(markdown.parse(PAGE, old))
    assert read
    assert [(p.title, p.date) for p in read.parts] == [("Post 1", "2026-03-02"), ("Post 2", "2026-03-09")]
    assert [[c.text for c in p.claims] for p in read.parts] == [["It says 1."], ["It says 2."]]
    assert [len(p.names) for p in read.parts] == [1, 1]


# The wiki


def digest(path: str, date: str, n: int) -> Source:
    text = f"It says {n}."
    claim = Claim(claim_id(path, text, []), text, Quote(path, 3, text), ("Post",), key=n % 2 == 0)
    return Source(
        (Member(path, f"{n:016x}"),), f"Post {n}", DAY, updated=DAY, date=date, claims=(claim,),
        names=(Name("Post", "concept"),), by="m/1",
    )  # fmt: skip


def rendered(root: Path, wiki: Wiki) -> dict[str, str]:
    """The bytes of the whole wiki that the build makes of these digests."""
    settings = read_settings(root)
    ground = prepare(root, wiki, settings)
    made = build(root, ground, Calls(root, open_model("excerpt")), settings.name)
    out = {path: page.text for path, page in wiki.pages.items()}
    for edit in made.edits:
        out |= {edit.path: edit.text} if edit.text is not None else {}
        if edit.text is None:
            out.pop(edit.path)
    return {path: text for path, text in out.items() if not path.endswith("log.md")}


def never(root: Path, name: str, *left_out: str) -> Path:
    """A vault that never saw some of the posts."""
    files = documents("notes/memex-and-trails.md", *(p for p in POSTS if p not in left_out))
    vault = make(root / name, files, SETTINGS)
    assert karpwiki(vault, "ingest") == 0
    add(vault, documents(*POSTS))
    return vault


@pytest.mark.parametrize("post", POSTS)
def test_without_a_member_the_wiki_equals_one_that_never_saw_it(tmp_path: Path, post: str) -> None:
    full, fresh = never(tmp_path, "full"), never(tmp_path, "fresh", post)
    assert rendered(full, without_sources(read_wiki(full), [post])) == rendered(fresh, read_wiki(fresh))


@pytest.mark.parametrize("seed", range(4))
def test_any_order_and_grouping_gives_the_same_wiki(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    order = chance.sample(POSTS, len(POSTS))
    cut = chance.randint(1, len(POSTS) - 1)
    once = make(tmp_path / "once", documents(*POSTS), SETTINGS)
    twice = make(tmp_path / "twice", documents(*POSTS), SETTINGS)
    assert karpwiki(once, "ingest") == 0
    assert karpwiki(twice, "ingest", *(f"raw/{p}" for p in order[:cut])) == 0
    assert karpwiki(twice, "ingest", *(f"raw/{p}" for p in order[cut:])) == 0
    assert pages(twice).keys() == pages(once).keys()
    assert tree(twice / "wiki", ["log.md"]) == tree(once / "wiki", ["log.md"])
    assert karpwiki(twice, "lint", "--strict") == 0


# More than 60 members


def post(day: str, n: int) -> dict[str, str]:
    text = f"# Day {n}\n\n**Gadget {n % 7}** had {n + 100} users on day {n}. The gadget is a small machine of brass.\n"
    return {f"posts/{n:03}.md": f"---\ntitle: Day {n}\n" + (f"date: {day}\n" if day else "") + f"---\n\n{text}"}


def days(count: int) -> list[str]:
    """Days of 2025 and 2026, most of them in 2026."""
    return [
        f"2025-12-{n + 1:02}" if n < 10 else f"2026-{(n - 10) // 25 + 1:02}-{(n - 10) % 25 + 1:02}"
        for n in range(count)
    ]


class Counting:
    """The embedded model, and how often each task was asked of it."""

    def __init__(self) -> None:
        self.inner: Model = open_model("excerpt")
        self.name, self.variant, self.free, self.asked = self.inner.name, "", True, list[str]()

    def complete(self, request: Request, deadline: float, began: object = None) -> Reply:
        self.asked.append(f"{request.task} {request.subject}")
        return self.inner.complete(request, deadline, lambda: None)


def take(root: Path, model: Model, *files: str, bundle: str | None = None) -> Ingested:
    """An ingest through its verbs, committed."""
    wiki = read_wiki(root)
    batch = sort_files(wiki, [Path(f) for f in files], root / "raw", Wish(bundle=bundle))
    [made] = ingest(root, wiki, read_settings(root), Calls(root, model), batch, DAY)
    with write.lock(root):
        write.commit(root, made.changes)
    return made


def stems(root: Path) -> list[str]:
    return sorted(p.stem for p in (root / "wiki/sources").glob("*.md"))


def test_a_bundle_of_more_than_sixty_is_split_by_date_and_joined_again(tmp_path: Path) -> None:
    files = {k: v for n, day in enumerate(days(MAX_MEMBERS + 1)) for k, v in post(day, n).items()}
    last = sorted(files)[-1]
    root = make(tmp_path / "vault", {k: v for k, v in files.items() if k != last}, SETTINGS)
    model = Counting()
    take(root, model)
    assert stems(root) == ["diary"]
    before, ids = pages(root), {c.id for s in read_wiki(root).sources.values() for c in s.claims}
    page = root / PAGE
    text = page.read_text("utf-8")
    mine = text.replace("## Claims", "A line of mine.\n\n## Claims", 1) + "\n## Notes\n\nMine, to the byte.  \n"
    page.write_text(mine, "utf-8")
    (root / "wiki/sources/other.md").write_text("See [[diary]].\n", "utf-8")

    add(root, {last: files[last]})
    model.asked.clear()
    take(root, model)
    assert [a for a in model.asked if a.startswith("digest")] == [f"digest {last}"], "only the new one is read"
    assert stems(root) == ["diary-2025", "diary-2026", "other"]
    now = read_wiki(root)
    assert ids < {c.id for s in now.sources.values() for c in s.claims}
    assert [len(s.members) for _, s in sorted(now.sources.items())] == [10, 51]
    heir = pages(root)["sources/diary-2026.md"]
    assert "A line of mine." in heir
    assert heir.endswith("\n## Notes\n\nMine, to the byte.  \n")
    assert "[[diary-2026]]" in pages(root)["sources/other.md"]
    (root / "wiki/sources/other.md").unlink()
    assert karpwiki(root, "lint", "--strict") == 0
    again = tree(root / "wiki")
    assert karpwiki(root, "ingest") == 0
    assert karpwiki(root, "compile") == 0
    assert tree(root / "wiki") == again

    (root / "raw" / last).unlink()
    out = rendered(root, without_sources(read_wiki(root), [last]))
    joined = out.pop(PAGE)
    assert "A line of mine." in joined
    assert joined.endswith("\n## Notes\n\nMine, to the byte.  \n")
    assert "wiki/sources/diary-2026.md" not in out
    old = {f"wiki/{path}": text for path, text in before.items() if path not in ("log.md", "sources/diary.md")}
    assert out == old


def test_words_on_the_page_of_a_year_that_is_taken_out_go_to_the_rest_of_the_bundle(tmp_path: Path) -> None:
    dates = [*days(MAX_MEMBERS), "2027-01-01"]
    files = {k: v for n, day in enumerate(dates) for k, v in post(day, n).items()}
    last = sorted(files)[-1]
    root = make(tmp_path / "vault", files, SETTINGS)
    assert karpwiki(root, "ingest") == 0
    page = root / "wiki/sources/diary-2027.md"
    page.write_text(page.read_text("utf-8") + "\n## Notes\n\nOf the new year.\n", "utf-8")
    out = rendered(root, without_sources(read_wiki(root), [last]))
    assert [path for path in out if path.startswith("wiki/sources/")] == [PAGE]
    assert out[PAGE].endswith("\n## Notes\n\nOf the new year.\n")


def test_a_split_bundle_is_the_same_in_whatever_order_it_grew(tmp_path: Path) -> None:
    files = {k: v for n, day in enumerate(days(MAX_MEMBERS + 4)) for k, v in post(day, n).items()}
    once = make(tmp_path / "once", files, SETTINGS)
    assert karpwiki(once, "ingest") == 0
    twice = make(tmp_path / "twice", files, SETTINGS)
    order = random.Random(1).sample(sorted(files), len(files))
    assert karpwiki(twice, "ingest", *order[:30]) == 0
    assert karpwiki(twice, "ingest", *order[30:]) == 0
    assert tree(twice / "wiki", ["log.md"]) == tree(once / "wiki", ["log.md"])


def test_groups_are_years_and_of_a_full_year_months() -> None:
    parts = [digest(f"p/{n:03}.md", f"2026-{n % 2 + 1:02}-01", n) for n in range(70)]
    parts += [digest("p/a.md", "2025-05-01", 71), digest("p/b.md", "", 72), digest("p/c.md", "2026", 73)]
    made = {s.period: len(s.members) for s in grouped("diary", parts)}
    assert made == {"": 1, "2025": 1, "2026": 1, "2026-01": 35, "2026-02": 35}
    assert [s.key for s in grouped("diary", parts)][:2] == ["bundle:diary", "bundle:diary:2025"]
    assert [s.title for s in grouped("diary", parts)][-1] == "Diary 2026-02"
    assert [s.period for s in grouped("diary", parts[:MAX_MEMBERS])] == [""]


# Members, one at a time


def test_one_more_post_asks_the_model_for_that_post_alone(tmp_path: Path) -> None:
    root = make(tmp_path / "vault", documents(*POSTS[:5]), SETTINGS)
    model = Counting()
    take(root, model)
    add(root, documents(POSTS[5]))
    model.asked.clear()
    made = take(root, model)
    assert [a for a in model.asked if a.startswith("digest")] == [f"digest {POSTS[5]}"]
    claims = len(next(o.source for o in made.outcomes if o.source).claims)
    assert f"Summary: {claims} claims" in (root / "wiki/log.md").read_text("utf-8")


def test_a_new_digest_of_a_member_replaces_its_own_and_nothing_else(tmp_path: Path) -> None:
    root = make(tmp_path / "vault", documents("notes/memex-and-trails.md", *POSTS), SETTINGS)
    take(root, Counting())
    wiki = read_wiki(root)
    new = replace(digest(POSTS[2], "2026-04-21", 9), created="2026-12-01", updated="2026-12-01")
    before, after = wiki.sources[PAGE], with_sources(wiki, [new]).sources[PAGE]
    assert after.parts[2] == replace(new, created=DAY)
    assert [p for n, p in enumerate(after.parts) if n != 2] == [p for n, p in enumerate(before.parts) if n != 2]
    other = "wiki/sources/the-memex-and-its-trails.md"
    alone = with_sources(wiki, [replace(new, members=(Member("notes/memex-and-trails.md", "0" * 16),))])
    assert alone.sources[other].title == "Post 9"
    assert alone.sources[PAGE] == before


def test_named_files_join_a_bundle_and_stay(tmp_path: Path) -> None:
    root = make(tmp_path / "vault", documents("notes/memex-and-trails.md", *POSTS), 'name = "N"\nlanguage = "en"\n')
    model = Counting()
    take(root, model, "notes/memex-and-trails.md")
    take(root, model, *POSTS[:2], bundle="my-diary")
    take(root, model, POSTS[2], bundle="my-diary")
    take(root, model, POSTS[3], bundle="日记")
    assert stems(root) == ["my-diary", "the-memex-and-its-trails", "日记"]
    again = take(root, model, *POSTS[:4], "notes/memex-and-trails.md", bundle="my-diary")
    assert again.batch.known == POSTS[:3]
    assert dict(again.batch.skipped) == {
        POSTS[3]: "is in the bundle 日记 (wiki/sources/日记.md) and was not moved: take it back first, then ingest it "
        "into my-diary",
        "notes/memex-and-trails.md": "has a page of its own (wiki/sources/the-memex-and-its-trails.md) and was not "
        "moved: take it back first, then ingest it into my-diary",
    }
    assert again.partial
    assert not again.changes.edits
    with pytest.raises(UsageError, match="Name the files"):
        sort_files(read_wiki(root), [], root, Wish(bundle="my-diary"))
    assert karpwiki(root, "lint") in (0, 1)


@pytest.mark.parametrize("name", ["", "-", "a b", "../x", "a/b", "a.b", "x" * 61, "[[a]]", "a\n", "_"])
def test_a_bundle_has_a_plain_name(name: str) -> None:
    with pytest.raises(UsageError, match="is no name for a bundle"):
        check_name(name)


def test_moved_members_are_followed(tmp_path: Path) -> None:
    fresh = make(
        tmp_path / "fresh",
        {k.replace("posts/2026-04", "posts/old/2026-04"): v for k, v in documents(*POSTS).items()},
        SETTINGS,
    )
    assert karpwiki(fresh, "ingest") == 0
    root = make(tmp_path / "vault", documents(*POSTS), SETTINGS)
    assert karpwiki(root, "ingest") == 0
    (root / "raw/posts/old").mkdir()
    (root / "raw" / POSTS[2]).rename(root / "raw" / POSTS[2].replace("posts/", "posts/old/"))
    assert karpwiki(root, "compile") == 0
    assert pages(root)["sources/diary.md"] == pages(fresh)["sources/diary.md"]
    assert karpwiki(root, "lint", "--strict") == 0
    assert karpwiki(root, "compile", "--all") == 0
    assert tree(root / "wiki", ["log.md"]) == tree(fresh / "wiki", ["log.md"])


def test_a_persons_words_on_the_page_of_a_bundle_stay(tmp_path: Path) -> None:
    root = make(tmp_path / "vault", documents(*POSTS[:5]), SETTINGS)
    assert karpwiki(root, "ingest") == 0
    page = root / PAGE
    claim = read_wiki(root).sources[PAGE].parts[1].claims[0]
    text = page.read_text("utf-8")
    line = next(x for x in text.split("\n") if x.startswith("- ") and f"[^{claim.id}]" in x)
    other = next(c for c in read_wiki(root).sources[PAGE].parts[3].claims if not c.key)
    gone = next(x for x in text.split("\n") if x.startswith("- ") and f"[^{other.id}]" in x)
    mine = line.replace(line[: line.index("[^")], "- My own words of **Mine**.")
    text = text.replace(line, mine).replace(gone + "\n", "").replace("title: Diary", "title: My diary")
    page.write_text(text.replace("| A long prompt costs double |", "| Long prompts |"), "utf-8")
    add(root, documents(POSTS[5]))
    assert karpwiki(root, "ingest") == 0
    made = read_wiki(root).sources[PAGE]
    assert len(made.members) == 6
    assert (made.title, made.parts[1].title) == ("My diary", "Long prompts")
    assert made.parts[1].claims[0].text == "My own words of Mine."
    assert other.id not in {c.id for c in made.claims}
    assert "| My diary |" in pages(root)["index.md"]
    assert "### 2026-03-09: Long prompts" in pages(root)["sources/diary.md"]
    before = tree(root / "wiki")
    assert karpwiki(root, "ingest") == 0
    assert karpwiki(root, "compile") == 0
    assert tree(root / "wiki") == before


def test_two_pages_that_hold_members_of_one_bundle_become_one(tmp_path: Path) -> None:
    first, second = digest("p/a.md", "2025-01-01", 1), digest("p/b.md", "2026-01-01", 2)
    alone, both = bundled("diary", [first], "2025"), bundled("diary", [second, first])
    wiki = Wiki(tmp_path, sources={"wiki/sources/diary-2025.md": alone, "wiki/sources/diary.md": both})
    made = regrouped(wiki).sources
    assert list(made) == ["wiki/sources/diary.md"]
    assert [m.path for m in made["wiki/sources/diary.md"].members] == ["p/a.md", "p/b.md"]
    assert regrouped(replace(wiki, sources=made)).sources == made
