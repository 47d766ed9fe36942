"""Two people, two branches: after `git merge`, one compile gives the wiki of one person who did both."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karpwiki.calls import Calls
from karpwiki.cli import run
from karpwiki.conflict import marks, mend
from karpwiki.conflict import read as read_page
from karpwiki.conflict import sides as split_sides
from karpwiki.lint import lint
from karpwiki.llm import Reply, Request
from karpwiki.markdown import parse
from karpwiki.models import open_model
from karpwiki.opened import locked
from karpwiki.run import run_compile
from karpwiki.settings import read_settings
from karpwiki.sourcepage import parse_source
from karpwiki.vault import read_wiki
from karpwiki.wiki import Page, Wiki
from vaults import add, documents, karpwiki, tree

BASE = ("notes/zettelkasten.md", "notes/file-over-app.md")
MINE = ("notes/memex-and-trails.md", "zh/llm-wiki.md")
YOURS = ("notes/retrieval-versus-compiled-wikis.md", "zh/spaced-notes-and-second-brain.md")
ALONE = (("zh/llm-operating-system.md", "zh/llm-wiki.md"), ("notes/software-3-0.md", YOURS[0]))
SHARED, MET = "wiki/entities/obsidian.md", "wiki/entities/andrej-karpathy.md"
"""Pages that both sides change; that both make."""
GIT = ("git", "-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false", "-c", "core.hooksPath=")

Edit = Callable[[str], str]
WORDS = st.sampled_from(["", "x", "## Notes", "- item", "Title", "| a | b |", "====", "<<<<<<<", "> quote"])


def git(root: Path, *arguments: str, fails: bool = False) -> str:
    done = subprocess.run([*GIT, *arguments], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-qm", "work")


def vault(root: Path, names: Sequence[str]) -> Path:
    """A vault in git with these sources ingested; without any, no page is there to start from."""
    assert run(["init", str(root)]) == 0
    (root / "karpwiki.toml").write_text('name = "Two"\nlanguage = "en"\n', "utf-8")
    ingest(root, names)
    if not names:
        shutil.rmtree(root / "wiki")
    git(root, "init", "-q", "-b", "main")
    commit(root)
    return root


def ingest(root: Path, names: Sequence[str]) -> None:
    if names:
        add(root, documents(*names))
        assert karpwiki(root, "ingest") == 0


def clone(base: Path, root: Path) -> Path:
    git(base.parent, "clone", "-q", str(base), str(root))
    return root


def edit(root: Path, change: Edit, path: str = SHARED) -> None:
    text = (root / path).read_text("utf-8")
    assert change(text) != text
    (root / path).write_text(change(text), "utf-8")


def merge(ours: Path, theirs: Path, *options: str, strategy: str = "find-renames") -> set[str]:
    """Merge and keep the files as git leaves them; the paths in conflict."""
    git(ours, "fetch", "-q", str(theirs))
    git(ours, *options, "merge", "-q", "-X", strategy, "FETCH_HEAD", fails=True)
    marked = set(git(ours, "-c", "core.quotePath=off", "diff", "--name-only", "--diff-filter=U").split())
    git(ours, "add", "-A")
    return marked


def entries(root: Path) -> list[str]:
    return sorted(e.strip() for e in (root / "wiki/log.md").read_text("utf-8").split("\n## ")[1:])


def mine(text: str) -> str:
    """The first person's edit: a paragraph under the title."""
    title = next(line for line in text.split("\n") if line.startswith("# "))
    return text.replace(title, f"{title}\n\nMy own words, *as typed*.", 1)


def yours(text: str) -> str:
    """The other's: one under another heading."""
    return text.replace("## Sources\n", "## Sources\n\nYour words stand here.\n", 1)


@dataclass(frozen=True)
class Sides:
    """Two vaults of one base, each with its sources and one hand edit on the same page, and one with all of it."""

    mine: Path
    yours: Path
    one: Path


def make_sides(
    folder: Path, base: Sequence[str], first: Sequence[str], second: Sequence[str], path: str = SHARED
) -> Sides:
    root = vault(folder / "base", base)
    made = Sides(*(clone(root, folder / name) for name in ("mine", "yours", "one")))
    ingest(made.mine, first)
    edit(made.mine, mine, path)
    ingest(made.yours, second)
    edit(made.yours, yours, path)
    for side in (made.mine, made.yours):
        commit(side)
    ingest(made.one, [*first, *second])
    edit(made.one, yours, path)
    edit(made.one, mine, path)
    assert karpwiki(made.one, "compile") == 0
    return made


@pytest.fixture(scope="module", autouse=True)
def _day() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1795219200")
        patch.delenv("ANTHROPIC_API_KEY", raising=False)
        yield


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Sides:
    return make_sides(tmp_path_factory.mktemp("sides"), BASE, MINE, YOURS)


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Sides:
    """The same without a source in common: both sides make every page new."""
    return make_sides(tmp_path_factory.mktemp("strangers"), (), *ALONE, path=MET)


def copy(root: Path, to: Path) -> Path:
    return Path(shutil.copytree(root, to))


def shared_pages(wiki: Wiki, first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Compiled pages with claims of both persons' sources."""
    used = {p: {n.text.rsplit("`", 2)[1].rpartition(":")[0] for n in page.footnotes} for p, page in wiki.pages.items()
            if page.kind in ("concept", "entity", "method")}  # fmt: skip
    return [p for p, raw in used.items() if raw & set(first) and raw & set(second)]


def named(root: Path) -> tuple[set[str], int]:
    """The pages that lint names as out of date or in conflict, and how many errors it finds."""
    report = lint(read_wiki(root), read_settings(root))
    rules = ("page-out-of-date", "index-out-of-date", "conflict-markers")
    found = {f.path for f in report.findings if f.name in rules}
    made = {m for f in report.findings for m in f.message.split() if m.endswith(".md") and f.name == rules[0]}
    return found | made, report.count("error")


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {f"wiki/{p}" for p in before.keys() | after.keys() if before.get(p) != after.get(p)}


def as_one(ours: Path, one: Path) -> None:
    """Lint names what a compile writes; then the wiki is that of one person, and a second compile writes nothing."""
    before = tree(ours / "wiki", ["log.md"])
    stale, _ = named(ours)
    assert karpwiki(ours, "compile") == 0
    after = tree(ours / "wiki", ["log.md"])
    assert changed(before, after) - stale == set()
    assert {p: (ours / p).read_text("utf-8") for p in changed(after, tree(one / "wiki", ["log.md"]))} == {}
    assert named(ours) == (set(), 0)
    written = tree(ours / "wiki")
    assert karpwiki(ours, "compile") == 0
    assert tree(ours / "wiki") == written


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
@pytest.mark.parametrize("turned", [False, True])
def test_two_clones_are_one_person(sides: Sides, tmp_path: Path, style: str, turned: bool) -> None:
    assert len(shared_pages(read_wiki(sides.one), MINE, YOURS)) >= 3
    first, second = (sides.yours, sides.mine) if turned else (sides.mine, sides.yours)
    ours = copy(first, tmp_path / "ours")
    marked = merge(ours, second, "-c", f"merge.conflictStyle={style}")
    assert {SHARED, "wiki/index.md", "wiki/overview.md"} <= marked
    assert marked <= named(ours)[0]
    logs = {*entries(ours), *entries(second)}
    as_one(ours, sides.one)
    assert set(entries(ours)) >= logs
    text = (ours / SHARED).read_text("utf-8")
    assert text.count("My own words, *as typed*.") == text.count("Your words stand here.") == 1


@pytest.mark.parametrize("turned", [False, True])
def test_two_vaults_without_a_common_page(strangers: Sides, tmp_path: Path, turned: bool) -> None:
    first, second = (strangers.yours, strangers.mine) if turned else (strangers.mine, strangers.yours)
    ours = copy(first, tmp_path / "ours")
    assert {MET, "wiki/index.md", "wiki/overview.md"} <= merge(ours, second)
    as_one(ours, strangers.one)


def test_what_code_alone_can_mend_is_healed(sides: Sides, tmp_path: Path) -> None:
    """A page whose claims changed on both sides keeps its marks until a compile."""
    ours = copy(sides.mine, tmp_path / "ours")
    marked = merge(ours, sides.yours)
    assert karpwiki(ours, "lint", "--heal") == 1
    left = {path for path in marked if marks((ours / path).read_text("utf-8"))}
    assert SHARED in left
    assert len(marked - left) >= 2
    as_one(ours, sides.one)


def test_an_ingest_with_nothing_to_read_mends_too(sides: Sides, tmp_path: Path) -> None:
    ours = copy(sides.mine, tmp_path / "ours")
    merge(ours, sides.yours)
    assert karpwiki(ours, "compile", "--dry-run") == 0
    assert karpwiki(ours, "ingest") == 0
    as_one(ours, sides.one)
    assert "## [2026-11-21] ingest | no new source\n" in (ours / "wiki/log.md").read_text("utf-8")


# What either person wrote or deleted


def both_edit(sides: Sides, tmp_path: Path, first: Edit, second: Edit, path: str = SHARED) -> tuple[Path, Path]:
    """Copies of both sides with one more edit each, committed and merged: ours, and what stood on our side."""
    ours, theirs = copy(sides.mine, tmp_path / "ours"), copy(sides.yours, tmp_path / "theirs")
    for root, change in ((ours, first), (theirs, second)):
        edit(root, change, path)
        commit(root)
    assert path in merge(ours, theirs)
    return ours, theirs


def compiled(ours: Path, path: str = SHARED) -> str:
    """The page after a compile, which must leave nothing to do and no error."""
    assert karpwiki(ours, "compile") == 0
    assert named(ours) == (set(), 0)
    return (ours / path).read_text("utf-8")


def end(text: str, line: str) -> str:
    return f"{text}\n## Notes\n\n{line}\n"


def test_notes_of_both_sides_are_kept(sides: Sides, tmp_path: Path) -> None:
    ours, _ = both_edit(
        sides,
        tmp_path,
        lambda t: end(t, "Same.\n\nMine *as is*."),
        lambda t: end(t, "Same.\n\n- yours\n- and yours"),
    )
    text = compiled(ours)
    assert text.endswith("\n## Notes\n\nSame.\n\nMine *as is*.\n- yours\n- and yours\n")


def test_a_statement_deleted_on_one_side_stays_away(sides: Sides, tmp_path: Path) -> None:
    theirs = read_wiki(sides.yours).pages[SHARED]
    gone = [b for b in theirs.blocks if b.cites][-1]
    assert not set(gone.cites) & {i for b in read_wiki(sides.mine).pages[SHARED].blocks for i in b.cites}
    ours, _ = both_edit(sides, tmp_path, lambda t: end(t, "x"), lambda t: t.replace(gone.text + "\n\n", ""))
    compiled(ours)
    assert karpwiki(ours, "compile", "--all") == 0
    page = read_wiki(ours).pages[SHARED]
    assert not {i for b in page.blocks for i in b.cites} & set(gone.cites)
    assert page.state
    assert set(page.state.deleted) >= set(gone.cites)


def test_one_statement_edited_on_both_sides_stands_twice(sides: Sides, tmp_path: Path) -> None:
    """Once as each person wrote it; what code wrote there is gone."""
    words = "Sync and publishing are sold as services"
    ours, _ = both_edit(
        sides, tmp_path, lambda t: t.replace(words, "Sync costs money"), lambda t: t.replace(words, "Sync is sold")
    )
    text = compiled(ours)
    assert text.index("Sync costs money") < text.index("Sync is sold")
    assert f"\n{words}" not in text


def test_values_of_both_sides_are_kept(sides: Sides, tmp_path: Path) -> None:
    ours, _ = both_edit(
        sides,
        tmp_path,
        lambda t: t.replace("title: Obsidian\n", "title: Obsidian the app\nrating: 5\n", 1).replace(
            "tags: [", "tags: [a, "
        ),
        lambda t: t.replace("type: entity\n", "type: entity\nrank: 7\n", 1).replace("tags: [", "tags: [b, "),
    )
    text = compiled(ours, f"{SHARED}")
    assert "title: Obsidian the app\n" in text
    assert "Obsidian the app # person\n" in (ours / "names.txt").read_text("utf-8")
    assert "rating: 5\n" in text
    assert "rank: 7\n" in text
    tags = next(line for line in text.split("\n") if line.startswith("tags:"))
    assert "a" in tags
    assert "b" in tags


def test_two_titles_are_for_people_to_choose(sides: Sides, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ours, _ = both_edit(
        sides, tmp_path, lambda t: t.replace("title: Obsidian\n", "title: The app\n"),
        lambda t: t.replace("title: Obsidian\n", "title: The tool\n"),
    )  # fmt: skip
    before = tree(ours / "wiki")
    capsys.readouterr()
    assert karpwiki(ours, "compile") == 3
    said = capsys.readouterr().err
    assert SHARED in said
    assert "both sides changed title by hand: choose one" in said
    assert tree(ours / "wiki") == before


def test_footnotes_of_the_same_name_stay_apart(sides: Sides, tmp_path: Path) -> None:
    def noted(words: str) -> Edit:
        return lambda t: t.replace("## Related\n", f"## Related\n\n{words}.[^1]\n", 1).replace(
            "\n<!-- karpwiki 1", f"\n[^1]: {words} footnote\n\n<!-- karpwiki 1", 1
        )

    text = compiled(both_edit(sides, tmp_path, noted("First"), noted("Second"))[0])
    assert "First.[^1]" in text
    assert "[^1]: First footnote" in text
    assert "Second.[^1b]" in text
    assert "[^1b]: Second footnote" in text


def test_the_words_around_the_index_are_kept(sides: Sides, tmp_path: Path) -> None:
    index = "wiki/index.md"

    def words(word: str) -> Edit:
        return lambda t: end(t.replace("# Index\n", f"# Index\n\n{word} above.\n", 1), f"{word} below.")

    text = compiled(both_edit(sides, tmp_path, words("Mine"), words("Yours"), index)[0], index)
    assert text.startswith("# Index\n\nMine above.\n\nYours above.\n\n<!--")
    assert text.endswith("\n## Notes\n\nMine below.\n\nYours below.\n")


# Whom it asks


class Counting:
    """The embedded model under another name, which keeps what it was asked for."""

    name, variant, free = "counting", "", True

    def __init__(self) -> None:
        self.asked: list[str] = []

    def complete(self, request: Request, end: float, began: object = None) -> Reply:
        self.asked.append(request.subject)
        return open_model("excerpt").complete(request, end, lambda: None)


def test_a_model_is_asked_only_for_pages_that_both_sides_changed(sides: Sides, tmp_path: Path) -> None:
    ours = copy(sides.mine, tmp_path / "ours")
    marked = merge(ours, sides.yours)
    model = Counting()
    with locked(ours) as vault:
        run_compile(vault, Calls(ours, model), False, False)
    wiki = read_wiki(ours)
    before = {p.state.origin for side in (sides.mine, sides.yours) for p in read_wiki(side).pages.values() if p.state}
    anew = [p.title for p in wiki.pages.values() if p.state and p.state.origin not in before]
    anew = ["overview" if title == "Two" else title for title in anew]
    assert sorted(model.asked) == sorted(anew)
    assert {wiki.pages[path].title for path in shared_pages(wiki, MINE, YOURS)} <= {*anew}
    assert len({path for path in marked if path in wiki.pages and wiki.pages[path].title not in anew}) >= 3


# What git leaves


WEB = (
    "# The web\n\nThe memex is older than the web. The memex is cited by Ted Nelson in 1965. The memex has no links.\n"
)
MEMEX = "wiki/concepts/memex.md"
SOURCE = "wiki/sources/the-memex-and-its-trails.md"


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two clones of a small vault with one page on the Memex."""
    base = vault(tmp_path / "base", ())
    ingest(base, ["notes/memex-and-trails.md"])
    commit(base)
    return clone(base, tmp_path / "ours"), clone(base, tmp_path / "theirs")


def read_web(root: Path) -> None:
    add(root, {"web.md": WEB})
    assert karpwiki(root, "ingest") == 0
    commit(root)


def test_a_page_deleted_on_one_side_and_changed_on_the_other(pair: tuple[Path, Path]) -> None:
    ours, theirs = pair
    (ours / MEMEX).unlink()
    commit(ours)
    read_web(theirs)
    assert MEMEX in merge(ours, theirs)
    assert "Ted Nelson" in compiled(ours, MEMEX)


@pytest.mark.parametrize("renames", [True, False])
def test_a_page_that_got_another_name_on_one_side(pair: tuple[Path, Path], renames: bool) -> None:
    """Where git does not see the move it leaves two pages of one subject: the words by hand of both are kept."""
    ours, theirs = pair
    (ours / "names.txt").write_text("memex: path wiki/concepts/mmx.md # person\n", "utf-8")
    assert karpwiki(ours, "compile") == 0
    edit(ours, mine, "wiki/concepts/mmx.md")
    commit(ours)
    edit(theirs, yours, MEMEX)
    read_web(theirs)
    marked = merge(ours, theirs, strategy="find-renames" if renames else "find-renames=100%")
    assert SOURCE in marked, "the same claims, other links on each side"
    assert (ours / MEMEX).exists() != renames
    text = compiled(ours, "wiki/concepts/mmx.md")
    assert "My own words, *as typed*." in text
    assert "Your words stand here." in text
    assert "Ted Nelson" in text
    assert not (ours / MEMEX).exists()
    assert "[[memex" not in "".join(page.text for page in read_wiki(ours).pages.values())


def test_one_source_read_on_both_sides_on_two_days(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pair
    read_web(theirs)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795824000")
    read_web(ours)
    source = next(p for p, s in read_wiki(ours).sources.items() if s.key == "web.md")
    assert source in merge(ours, theirs)
    assert "created: 2026-11-21\n" in compiled(ours, source)


PRINTED = "The Atlantic Monthly printed the essay"


def mended(pair: tuple[Path, Path], first: tuple[str, str], second: tuple[str, str]) -> Path:
    """Both persons change words of the source page, and merge."""
    for root, (old, new) in zip(pair, (first, second), strict=True):
        edit(root, lambda t, old=old, new=new: t.replace(old, new, 1), SOURCE)  # type: ignore[misc]
        commit(root)
    assert SOURCE in merge(*pair)
    return pair[0]


def test_claims_mended_on_both_sides_both_stand(pair: tuple[Path, Path]) -> None:
    ours = mended(pair, ("slanting", "sloping"), ("years to fill it", "years to fill that desk"))
    text = compiled(ours, SOURCE)
    assert "sloping translucent screens" in text
    assert "years to fill that desk" in text
    assert len(read_wiki(ours).sources[SOURCE].claims) == len(read_wiki(pair[1]).sources[SOURCE].claims)


def test_one_claim_mended_on_both_sides_is_for_people(
    pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    ours = mended(pair, (PRINTED, "The Atlantic brought it out"), (PRINTED, "The Monthly printed it"))
    before = tree(ours / "wiki")
    capsys.readouterr()
    for command in (["compile"], ["ingest"]):
        assert karpwiki(ours, *command) == 3
        said = capsys.readouterr().err
        assert f"{SOURCE} has merge markers in lines" in said
        assert "keep the words of one side" in said
    assert tree(ours / "wiki") == before
    found = lint(read_wiki(ours), read_settings(ours)).findings
    assert [f.path for f in found if f.name == "conflict-markers"] == [SOURCE]


@pytest.mark.parametrize(
    ("path", "said"),
    [("names.txt", "keep the lines of both sides"), ("wiki/log.md", "keep the entries of both sides")],
)
def test_marks_elsewhere_stop_and_are_named(
    pair: tuple[Path, Path], path: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where .gitattributes does not join the lines of both sides."""
    for root, name in zip(pair, ("paul otlet", "vannevar bush"), strict=True):
        (root / ".gitattributes").unlink()
        edit(root, lambda t, name=name: t + f"{name}: entity # person\n", "names.txt")  # type: ignore[misc]
        edit(root, lambda t, name=name: t + f"\n## [2026-11-21] ask | {name}\n", "wiki/log.md")  # type: ignore[misc]
        commit(root)
    ours = pair[0]
    assert merge(*pair) == {"names.txt", "wiki/log.md"}
    for other in {"names.txt", "wiki/log.md"} - {path}:
        git(ours, "checkout", "-q", "HEAD", "--", other)
    capsys.readouterr()
    assert karpwiki(ours, "compile") == 3
    told = capsys.readouterr().err
    assert f"{path} has merge markers in lines" in told
    assert said in told
    assert karpwiki(ours, "lint") == 1
    assert path in capsys.readouterr().out


def test_a_raw_file_with_marks_is_not_read(pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Those of an example, in a block of code, are words of the source."""
    ours = pair[0]
    marks = "<<<<<<< HEAD\nThe memex is old.\n=======\nThe memex is new.\n>>>>>>> other\n"
    add(
        ours,
        {"split.md": f"# Split\n\n{marks}", "about.md": f"# Marks\n\nGit left marks in 2005.\n\n```text\n{marks}```\n"},
    )
    capsys.readouterr()
    assert karpwiki(ours, "ingest") == 3
    assert "split.md has merge markers in lines 3 to 7" in capsys.readouterr().err
    assert "about.md" in {m.path for s in read_wiki(ours).sources.values() for m in s.members}


# The pages of this repository, as two sides


OWN = read_wiki(Path(__file__).parent.parent)
COMPILED = sorted(p for p, page in OWN.pages.items() if page.state and p not in OWN.sources)


def joined(path: str, ours: str, theirs: str) -> Page:
    page, conflict = read_page(path, f"<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> other\n")
    assert conflict is not None
    assert conflict.problem == ""
    assert not marks(page.text)
    return page


@pytest.mark.parametrize("path", [*COMPILED, *OWN.sources])
def test_two_equal_sides_are_the_page(path: str) -> None:
    old = OWN.pages[path]
    new = joined(path, old.text, old.text)
    assert [b.text for b in new.blocks] == [b.text for b in old.blocks]
    assert (new.meta, new.state, new.notes) == (old.meta, old.state, old.notes)
    assert {(n.label, n.text) for n in new.footnotes} == {(n.label, n.text) for n in old.footnotes}
    assert parse_source(new)[0] == parse_source(old)[0]


@given(
    st.sampled_from(COMPILED),
    *[st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=4)] * 2,
    st.booleans(),
)
def test_words_by_hand_on_either_side_stay(
    path: str, first: list[tuple[float, bool]], second: list[tuple[float, bool]], whole: bool
) -> None:
    """Paragraphs put in and blocks taken out anywhere, on both sides, in one conflict or in one for each difference."""
    old = OWN.pages[path]
    texts = []
    for name, changes in (("mine", first), ("yours", second)):
        text = old.text
        for n, (at, put) in enumerate(changes):
            block = old.blocks[int(at * (len(old.blocks) - 1))].text
            text = text.replace(f"\n{block}\n", f"\n{block}\n\nWords of {name} {n}.\n\n" if put else "\n", 1)
        texts.append(text)
    page = joined(path, *texts) if whole else parse(path, mend(path, conflicting(*texts)))
    for text in texts:
        for words in re.findall("^Words of .*$", text, re.M):
            assert page.text.count(words) == 1


def conflicting(ours: str, theirs: str) -> str:
    """A text with a conflict where two texts differ, as git writes it."""
    a, b = ours.split("\n"), theirs.split("\n")
    out: list[str] = ["<<<<<<< HEAD", "=======", ">>>>>>> other"]
    for tag, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        out += a[i:j] if tag == "equal" else ["<<<<<<< HEAD", *a[i:j], "=======", *b[k:m], ">>>>>>> other"]
    return "\n".join(out[3:] if marks("\n".join(out[3:])) else out)


@pytest.mark.parametrize("turned", [False, True])
def test_the_status_of_a_tension_that_one_person_edited(turned: bool) -> None:
    for path in (p for p in OWN.pages if "\n> Status: open\n" in OWN.pages[p].text):
        old = OWN.pages[path].text
        new = old.replace("> Status: open\n", "> Status: both hold: two days\n", 1)
        page = joined(path, *((old, new) if turned else (new, old)))
        assert "> Status: both hold: two days\n" in page.text
        if page.state:
            assert page.text.count("> [!warning] Tension:") == old.count("> [!warning] Tension:")


# Which text is which side


@given(
    st.lists(
        st.tuples(st.sampled_from(["both", "split"]), st.lists(WORDS, max_size=3), st.lists(WORDS, max_size=3)),
        max_size=5,
    ),
    st.booleans(),
)
def test_the_sides_are_read_back(hunks: list[tuple[str, list[str], list[str]]], base: bool) -> None:
    text: list[str] = []
    ours: list[str] = []
    theirs: list[str] = []
    for kind, first, second in hunks:
        if kind == "both":
            text, ours, theirs = text + first, ours + first, theirs + first
        else:
            middle = ["||||||| base", *second, *first] if base else []
            text += ["<<<<<<< HEAD", *first, *middle, "=======", *second, ">>>>>>> other"]
            ours, theirs = ours + first, theirs + second
    assert split_sides("\n".join(text)) == ("\n".join(ours), "\n".join(theirs))


@pytest.mark.parametrize(
    "text",
    [
        "<<<<<<< a\nx\n<<<<<<< b\ny\n=======\nz\n>>>>>>> b\n=======\n>>>>>>> a\n",
        "<<<<<<< a\nx\n>>>>>>> b\n",
        "x\n>>>>>>> b\n",
        "<<<<<<< a\nx\n=======\ny\n=======\nz\n>>>>>>> b\n",
        "<<<<<<< a\nx\n=======\n",
        "<<<<<<< a\n||||||| o\n||||||| o\n=======\n>>>>>>> b\n",
    ],
)
def test_marks_that_do_not_pair_cannot_be_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"its marks do not pair|has no end"):
        split_sides(text)


def test_marks_in_a_block_of_code_are_words() -> None:
    hunk = "<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n"
    assert marks(f"# A\n\n```diff\n{hunk}```\n") == ()
    assert marks(f"# A\n\n{hunk}") == (3, 7)
    assert marks(f"# A\n\n## Notes\n\n```\n{hunk}```\n") == ()


# Any documents on any side


POOL = (
    "notes/file-over-app.md", "notes/memex-and-trails.md", "notes/software-3-0.md", "notes/zettelkasten.md",
    "zh/llm-operating-system.md", "zh/llm-wiki.md", "zh/spaced-notes-and-second-brain.md",
    "posts/2026-03-02-llms-txt-by-the-numbers.md", "posts/2026-04-20-stars-after-two-weeks.md",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_any_documents_on_any_side(tmp_path: Path, seed: int) -> None:
    """Some are read on both sides."""
    dice = random.Random(seed)
    base = vault(tmp_path / "base", dice.sample(POOL, dice.randrange(3)))
    made = [clone(base, tmp_path / name) for name in ("ours", "theirs")]
    rest = [name for name in POOL if not (base / "raw" / name).exists()]
    picked = [dice.sample(rest, dice.randrange(1, 4)) for _ in made]
    for root, names in zip(made, picked, strict=True):
        ingest(root, names)
        commit(root)
    one = clone(base, tmp_path / "one")
    ingest(one, list(dict.fromkeys(picked[0] + picked[1])))
    merge(*made)
    as_one(made[0], one)


def test_the_longer_marks_of_a_double_rename_are_marks() -> None:
    text = "a\n<<<<<<<< HEAD:wiki/x.md\nb\n========\nc\n>>>>>>>> other:wiki/y.md\nd\n"
    assert marks(text) == (2, 6)
    assert split_sides(text) == ("a\nb\nd\n", "a\nc\nd\n")
