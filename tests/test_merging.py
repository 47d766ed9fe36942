"""Two people, two branches: after `git merge`, one compile gives the wiki of one person who did both."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from karpwiki.cli import run
from karpwiki.lint import lint
from karpwiki.nouns import Wiki
from karpwiki.settings import read_settings
from karpwiki.vault import read_wiki
from vaults import add, documents, karpwiki, tree

BASE = ("notes/zettelkasten.md", "notes/file-over-app.md")
MINE = ("notes/memex-and-trails.md", "zh/llm-wiki.md")
YOURS = ("notes/retrieval-versus-compiled-wikis.md", "zh/spaced-notes-and-second-brain.md")
ALONE = (("zh/llm-operating-system.md", "zh/llm-wiki.md"), ("notes/software-3-0.md", YOURS[0]))
SHARED, MET = "wiki/entities/obsidian.md", "wiki/entities/andrej-karpathy.md"
"""Pages that both sides change; that both make."""
GIT = ("git", "-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false", "-c", "core.hooksPath=")

Edit = Callable[[str], str]


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


def merge(ours: Path, theirs: Path, *options: str) -> set[str]:
    """Merge and keep the files as git leaves them; the paths with marks."""
    git(ours, "fetch", "-q", str(theirs))
    git(ours, *options, "merge", "-q", "FETCH_HEAD", fails=True)
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
    """Lint names what a compile writes; after it the wiki is that of one person, and a second compile writes nothing."""
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
