"""What is retracted leaves no trace; what is read again is retracted and read."""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karpwiki.vault import read_wiki
from vaults import RAW, add, documents, karpwiki, make, pages, tree

DOCUMENTS = (
    "notes/file-over-app.md",
    "notes/memex-and-trails.md",
    "notes/software-3-0.md",
    "notes/zettelkasten.md",
    "zh/llm-operating-system.md",
    "zh/llm-wiki.md",
    "zh/spaced-notes-and-second-brain.md",
)
SETTINGS = 'name = "Seven"\nlanguage = "en"\n'


def without(root: Path, *gone: str) -> dict[str, str]:
    """The tree of a wiki that never saw some of the documents."""
    other = make(root, documents(*(d for d in DOCUMENTS if d not in gone)), SETTINGS)
    assert karpwiki(other, "ingest") == 0
    return tree(other / "wiki", ["log.md"])


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    root = make(tmp_path / "vault", documents(*DOCUMENTS), SETTINGS)
    assert karpwiki(root, "ingest") == 0
    return root


@pytest.mark.parametrize("seed", range(4))
def test_the_wiki_after_a_retract_never_saw_the_source(vault: Path, tmp_path: Path, seed: int) -> None:
    gone = random.Random(seed).sample(DOCUMENTS, 1 + seed % 3)
    assert karpwiki(vault, "retract", *(f"raw/{name}" for name in gone), "--yes", "--reason", "a test") == 0
    assert tree(vault / "wiki", ["log.md"]) == without(tmp_path / "other", *gone)
    ignored = (vault / ".karpignore").read_text("utf-8")
    assert all(f"\n/{name}\n" in ignored for name in gone)
    assert " retracted: a test\n" in ignored
    before = tree(vault / "wiki")
    for command in (["ingest"], ["compile"], ["lint", "--heal", "--strict"]):
        assert karpwiki(vault, *command) == 0
    assert tree(vault / "wiki") == before
    assert "retract | " in (vault / "wiki/log.md").read_text("utf-8")


def test_a_source_whose_raw_file_is_gone_can_be_retracted(vault: Path, tmp_path: Path) -> None:
    name = "notes/zettelkasten.md"
    (vault / "raw" / name).unlink()
    assert karpwiki(vault, "retract", f"raw/{name}", "--yes") == 0
    assert tree(vault / "wiki", ["log.md"]) == without(tmp_path / "other", name)


def test_retracted_and_taken_in_again_is_as_before(vault: Path) -> None:
    before = tree(vault / "wiki", ["log.md"])
    assert karpwiki(vault, "retract", "wiki/sources/the-memex-and-its-trails.md", "--yes") == 0
    assert tree(vault / "wiki", ["log.md"]) != before
    assert karpwiki(vault, "ingest", "raw/notes/memex-and-trails.md") == 3, "it is ignored now, and said to be"
    (vault / ".karpignore").unlink()
    assert karpwiki(vault, "ingest") == 0
    assert tree(vault / "wiki", ["log.md"]) == before


def test_undo_takes_a_retract_back(vault: Path) -> None:
    before = tree(vault, ["log.md"])
    assert karpwiki(vault, "retract", "raw/zh/llm-wiki.md", "--yes") == 0
    assert karpwiki(vault, "undo") == 0
    left = {p: h for p, h in tree(vault, ["log.md"]).items() if not p.startswith(".karpwiki/")}
    assert left == {p: h for p, h in before.items() if not p.startswith(".karpwiki/")}


def test_it_asks_and_says_what_goes(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(vault)
    assert karpwiki(vault, "retract", "raw/zh/llm-wiki.md", "--dry-run") == 0
    assert "claims taken back" in capsys.readouterr().out
    assert karpwiki(vault, "retract", "raw/zh/llm-wiki.md") == 2
    assert "--yes" in capsys.readouterr().err
    assert karpwiki(vault, "retract", "raw/nothing.md", "--yes") == 2
    assert "nothing.md" in capsys.readouterr().err
    assert tree(vault) == before


def test_words_by_hand_stay_and_are_named(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name, page = "notes/zettelkasten.md", "wiki/entities/niklas-luhmann.md"
    claim = next(s for s in read_wiki(vault).sources.values() if s.members[0].path == name).claims[0]
    mine = f"My own view of it.[^{claim.id}]"
    text = (vault / page).read_text("utf-8")
    (vault / page).write_text(text.replace("\n## ", f"\n{mine}\n\n## ", 1), "utf-8")
    source = vault / "wiki/sources/niklas-luhmanns-zettelkasten.md"
    source.write_text(source.read_text("utf-8") + "\n## Notes\n\nI doubt it.\n", "utf-8")
    capsys.readouterr()
    assert karpwiki(vault, "retract", f"raw/{name}", "--yes") == 0
    assert f"by hand: {page}" in capsys.readouterr().err
    assert mine in pages(vault).get(page.removeprefix("wiki/"), "")
    assert source.read_text("utf-8").endswith("\n## Notes\n\nI doubt it.\n"), "a page with human words is not deleted"
    wiki = read_wiki(vault)
    assert claim.id not in {c.id for s in wiki.sources.values() for c in s.claims}
    assert wiki.sources["wiki/sources/niklas-luhmanns-zettelkasten.md"].status == "retracted"


def test_an_answer_loses_the_statements_that_cited_it(vault: Path) -> None:
    wiki = read_wiki(vault)
    gone = next(s for s in wiki.sources.values() if s.members[0].path == "notes/zettelkasten.md").claims[0]
    kept = next(s for s in wiki.sources.values() if s.members[0].path == "zh/llm-wiki.md").claims[0]
    blocks = [f"It stands.[^{kept.id}] It falls.[^{gone.id}]", f"- It falls too.[^{gone.id}][^{kept.id}]"]
    from karpwiki.markdown import block_hash

    known = " ".join(f"{block_hash(b)}:{','.join(i for i in (kept.id, gone.id) if i in b)}" for b in blocks)
    body = "\n\n".join(blocks)
    notes = f"[^{kept.id}]: [[llm-wiki模式]] “x”\n[^{gone.id}]: [[niklas-luhmanns-zettelkasten]] “y”"
    head = "---\ntitle: What stands?\ntype: answer\ncreated: 2026-11-21\nupdated: 2026-11-21\n"
    head += "sources: [zh/llm-wiki.md]\ntags: []\n---\n\n# What stands?\n\n"
    (vault / "wiki/answers").mkdir()
    path = vault / "wiki/answers/what-stands.md"
    path.write_text(f"{head}{body}\n\n{notes}\n\n<!-- karpwiki 1\nblocks {known}\n-->\n", "utf-8")
    assert karpwiki(vault, "retract", "raw/notes/zettelkasten.md", "--yes") == 0
    text = path.read_text("utf-8")
    assert f"It stands.[^{kept.id}]" in text
    assert "falls" not in text and gone.id not in text
    assert karpwiki(vault, "lint") == 0


def test_a_changed_file_is_refused_and_when_accepted_read_again(
    vault: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "notes/zettelkasten.md"
    new = (
        (vault / "raw" / name).read_text("utf-8").replace("90,000", "91,000").replace("Niklas Luhmann", "N. Luhmann", 1)
    )
    add(vault, {name: new})
    before = tree(vault / "wiki")
    assert karpwiki(vault, "ingest") == 3
    assert "--accept-changed" in capsys.readouterr().err
    assert tree(vault / "wiki") == before
    assert karpwiki(vault, "ingest", "--accept-changed") == 0
    other = make(tmp_path / "other", {**documents(*DOCUMENTS), name: new}, SETTINGS)
    assert karpwiki(other, "ingest") == 0
    assert tree(vault / "wiki", ["log.md"]) == tree(other / "wiki", ["log.md"])
    assert karpwiki(vault, "ingest", "--accept-changed") == 0
    assert "Nothing to do" in capsys.readouterr().out


def test_what_a_person_mended_outlives_the_reading_again(vault: Path) -> None:
    path, raw = vault / "wiki/sources/the-memex-and-its-trails.md", "notes/memex-and-trails.md"
    claims = [c for c in read_wiki(vault).sources["wiki/sources/the-memex-and-its-trails.md"].claims if not c.key]
    mended, dropped = claims[0], claims[1]
    lines = path.read_text("utf-8").split("\n")
    lines = [f"- My words.[^{mended.id}] · **Memex**" if f"[^{mended.id}]" in n and n[0] == "-" else n for n in lines]
    lines = [n for n in lines if not (n.startswith("- ") and f"[^{dropped.id}]" in n)]
    path.write_text("\n".join(lines).replace("\ndate:", "\ndate: 2020-01-01 #", 1), "utf-8")
    assert karpwiki(vault, "compile") == 0
    created = read_wiki(vault).sources["wiki/sources/the-memex-and-its-trails.md"].created
    text = (vault / "raw" / raw).read_text("utf-8")
    add(vault, {raw: text.replace("\n## ", "\nThe memex was a desk of never built drawers in 1945.\n\n## ", 1)})
    assert karpwiki(vault, "ingest", "--accept-changed", f"raw/{raw}") == 0
    source = read_wiki(vault).sources["wiki/sources/the-memex-and-its-trails.md"]
    after = {c.id: c for c in source.claims}
    assert after[mended.id].text == "My words."
    assert dropped.id not in after
    assert source.created == created
    assert any("never built drawers" in c.text for c in source.claims)
    assert karpwiki(vault, "lint", "--strict") == 0


def test_an_upgrade_reads_again_what_another_prompt_read(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(vault / "wiki", ["log.md"])
    assert karpwiki(vault, "ingest", "--upgrade") == 0
    assert "Nothing to do" in capsys.readouterr().out
    (vault / "CLAUDE.md").write_text("# Wiki\n\n## House style\n\nShort words.\n", "utf-8")
    assert karpwiki(vault, "ingest") == 0
    assert tree(vault / "wiki", ["log.md"]) == before
    assert karpwiki(vault, "ingest", "--upgrade") == 0
    made = {s.by for s in read_wiki(vault).sources.values()}
    assert len(made) == 1
    (vault / "CLAUDE.md").unlink()
    assert karpwiki(vault, "ingest", "--upgrade") == 0
    assert tree(vault / "wiki", ["log.md"]) == before


def test_any_order_of_ingests_and_retracts_gives_the_same_wiki(tmp_path: Path) -> None:
    three = DOCUMENTS[1:4]
    trees = []
    for n, order in enumerate(itertools.permutations(three)):
        root = make(tmp_path / str(n), documents(*three), SETTINGS)
        assert karpwiki(root, "ingest", f"raw/{order[0]}", f"raw/{order[1]}") == 0
        assert karpwiki(root, "retract", f"raw/{order[0]}", "--yes") == 0
        assert karpwiki(root, "ingest", f"raw/{order[2]}") in (0, 3)
        (root / ".karpignore").unlink()
        assert karpwiki(root, "ingest") == 0
        trees.append(tree(root / "wiki", ["log.md"]))
    assert all(t == trees[0] for t in trees)


CHANGE = (
    "\n\nThe **memex** is changed here. The memex has a changed drawer. Andrej Karpathy changed the memex in 2026.\n"
)


@settings(max_examples=6)
@given(
    history=st.lists(
        st.tuples(st.sampled_from(["take in", "take back", "change", "forget", "compile"]), st.integers(0, 6)),
        min_size=4,
        max_size=9,
    )
)
def test_whatever_happened_the_wiki_is_that_of_the_sources_that_are_left(
    history: list[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = make(tmp_path_factory.mktemp("history") / "vault", documents(*DOCUMENTS), SETTINGS)
    inside: dict[str, bytes] = {}
    for what, n in [("take in", 0), *history]:
        name = DOCUMENTS[n]
        if what == "take in" and name not in inside:
            ignored = root / ".karpignore"
            if ignored.exists():
                ignored.write_text(ignored.read_text("utf-8").replace(f"/{name}\n", ""), "utf-8")
            assert karpwiki(root, "ingest", f"raw/{name}") == 0
            inside[name] = (root / "raw" / name).read_bytes()
        elif what == "take back" and name in inside:
            assert karpwiki(root, "retract", f"raw/{name}", "--yes") == 0
            del inside[name]
        elif what == "change" and name in inside:
            add(root, {name: (root / "raw" / name).read_bytes() + CHANGE.encode()})
            assert karpwiki(root, "ingest", "--accept-changed", f"raw/{name}") == 0
            inside[name] = (root / "raw" / name).read_bytes()
        elif what == "forget":
            shutil.rmtree(root / ".karpwiki", ignore_errors=True)
        elif what == "compile":
            assert karpwiki(root, "compile") == 0
    if inside:
        raw = {name: (root / "raw" / name).read_bytes() for name in DOCUMENTS}
        other = make(tmp_path_factory.mktemp("other") / "vault", raw, SETTINGS)
        if (root / ".karpignore").exists():
            shutil.copy(root / ".karpignore", other)
        assert karpwiki(other, "ingest", *(f"raw/{name}" for name in sorted(inside))) == 0
        assert tree(root / "wiki", ["log.md"]) == tree(other / "wiki", ["log.md"])


POSTS = tuple(sorted(p.name for p in (RAW / "posts").iterdir()))


def diary(root: Path, names: Iterable[str]) -> Path:
    return make(root, documents(*(f"posts/{n}" for n in names)), SETTINGS + '[bundles]\ndiary = "posts/*.md"\n')


@pytest.mark.parametrize("gone", POSTS[::2])
def test_of_a_bundle_only_one_members_claims_go(tmp_path: Path, gone: str) -> None:
    root = diary(tmp_path / "all", POSTS)
    assert karpwiki(root, "ingest") == 0
    assert karpwiki(root, "retract", f"raw/posts/{gone}", "--yes") == 0
    other = diary(tmp_path / "other", (n for n in POSTS if n != gone))
    assert karpwiki(other, "ingest") == 0
    assert tree(root / "wiki", ["log.md"]) == tree(other / "wiki", ["log.md"])
    assert karpwiki(root, "retract", "wiki/sources/diary.md", "--yes") == 0
    assert not (root / "wiki/sources/diary.md").exists()
    assert not read_wiki(root).sources


def test_a_changed_member_of_a_bundle_is_read_again_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = diary(tmp_path / "all", POSTS)
    assert karpwiki(root, "ingest") == 0
    add(root, {f"posts/{POSTS[1]}": (root / "raw/posts" / POSTS[1]).read_bytes() + CHANGE.encode()})
    assert karpwiki(root, "ingest") == 3
    capsys.readouterr()
    assert karpwiki(root, "ingest", "--accept-changed") == 0
    other = make(tmp_path / "other", {f"posts/{n}": (root / "raw/posts" / n).read_bytes() for n in POSTS},
                 SETTINGS + '[bundles]\ndiary = "posts/*.md"\n')  # fmt: skip
    assert karpwiki(other, "ingest") == 0
    assert tree(root / "wiki", ["log.md"]) == tree(other / "wiki", ["log.md"])


def test_named_files_are_a_bundle_and_stay_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = make(tmp_path / "vault", documents(*(f"posts/{n}" for n in POSTS)), SETTINGS)
    assert karpwiki(root, "ingest", "--bundle", "my-diary", *(f"raw/posts/{n}" for n in POSTS[:3])) == 0
    assert karpwiki(root, "ingest", "--bundle", "my-diary", f"raw/posts/{POSTS[3]}") == 0
    assert [len(s.members) for s in read_wiki(root).sources.values()] == [4]
    assert karpwiki(root, "ingest", "--bundle", "a b", f"raw/posts/{POSTS[4]}") == 2
    assert "no name for a bundle" in capsys.readouterr().err
    assert karpwiki(root, "ingest") == 0
    assert karpwiki(root, "ingest", "--bundle", "my-diary", f"raw/posts/{POSTS[4]}") == 3
    assert "was not moved" in capsys.readouterr().err


def test_what_a_source_is_worth_may_be_said_by_its_place(tmp_path: Path) -> None:
    files = {"talks/a.md": f"# A\n\n{CHANGE}", "b.md": f"---\ncredibility: 推测\n---\n# B\n{CHANGE}"}
    root = make(tmp_path / "vault", files, SETTINGS + '[credibility]\nprimary = "talks/*"\n')
    assert karpwiki(root, "ingest") == 0
    assert {s.members[0].path: s.credibility for s in read_wiki(root).sources.values()} == {
        "talks/a.md": "primary",
        "b.md": "inferred",
    }
