"""Corrections one upon another: what people wrote stays, what was taken back goes, names lead where they should."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from karpwiki import opened, run
from karpwiki.calls import Calls
from karpwiki.errors import Interrupted
from karpwiki.forms import DigestForm, DigestInput, PageInput
from karpwiki.llm import Reply, Request
from karpwiki.models.excerpt import Excerpt
from karpwiki.pick import PLAINLY, Wish
from karpwiki.prices import Usage
from karpwiki.vault import read_wiki
from vaults import add, karpwiki, make, pages, tree

SETTINGS = 'name = "Two"\nlanguage = "en"\n'


def note(name: str, n: int) -> str:
    said = (f"**{name}** has {n}{k} big users in the north of town {k}{n}." for k in range(1, 6))
    return f"# {name} notes {n}\n\n{' '.join(said)}\n"


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    files = {"a.md": note("Zeta", 1), "b.md": note("Zeta", 2), "c.md": note("Omega", 3), "d.md": note("Omega", 4)}
    root = make(tmp_path / "vault", files, SETTINGS)
    assert karpwiki(root, "ingest") == 0
    return root


def edit(root: Path, path: str, change: Callable[[str], str]) -> None:
    text = (root / path).read_text("utf-8")
    assert change(text) != text
    (root / path).write_text(change(text), "utf-8")


def settled(root: Path) -> bool:
    """Whether lint is content and a compile writes nothing."""
    before = tree(root / "wiki")
    return karpwiki(root, "lint") == 0 == karpwiki(root, "compile") and tree(root / "wiki") == before


def test_renamed_twice_a_page_is_still_found_and_merged(vault: Path) -> None:
    assert karpwiki(vault, "rename", "Zeta", "Beta") == karpwiki(vault, "rename", "Beta", "Alpha One") == 0
    assert karpwiki(vault, "rename", "Alpha One", "Gamma") == 0
    assert "title: Gamma\n" in pages(vault)["concepts/gamma.md"]
    assert karpwiki(vault, "merge", "gamma", "Omega") == 0
    page = pages(vault)["concepts/gamma.md"]
    assert "sources: [a.md, b.md, c.md, d.md]" in page
    assert settled(vault)


def test_two_lines_that_name_one_path_do_not_make_one_page_of_two(vault: Path) -> None:
    (vault / "names.txt").write_text("Zeta: path wiki/concepts/omega.md\n", "utf-8")
    assert karpwiki(vault, "compile") == 0
    kinds = [p for p in read_wiki(vault).pages.values() if p.kind == "concept"]
    assert sorted(p.title for p in kinds) == ["Omega", "Zeta"]
    assert settled(vault)


def test_a_page_that_is_kept_for_its_notes_shows_nothing_that_was_retracted(vault: Path) -> None:
    edit(vault, "wiki/concepts/zeta.md", lambda t: t + "\n## Notes\n\nMine stay.\n")
    assert karpwiki(vault, "retract", "raw/a.md", "raw/b.md", "--yes") == 0
    text = pages(vault)["concepts/zeta.md"]
    assert text.endswith("\n## Notes\n\nMine stay.\n")
    assert not re.search(r"users|\ba\.md", text)
    assert settled(vault)


class Stopped(Excerpt):
    """The embedded model, until a person stops it at the first page."""

    def complete(self, request: Request, deadline: float, began: object = None) -> Reply:
        if isinstance(request.inputs, PageInput):
            raise Interrupted("stopped")
        return super().complete(request, deadline, lambda: None)


def test_a_retract_that_is_stopped_writes_nothing(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(vault)
    monkeypatch.chdir(vault)
    with opened.locked(None) as found:
        planned = run.plan_retract(found, [Path("raw/b.md")], "", "excerpt")
        with pytest.raises(Interrupted):
            run.run_retract(found, planned, Calls(vault, Stopped()))
    left = {p: h for p, h in tree(vault).items() if not p.startswith(".karpwiki")}
    assert left == {p: h for p, h in before.items() if not p.startswith(".karpwiki")}


class Shorter(Excerpt):
    """The embedded model with quotes that lack their last word."""

    def complete(self, request: Request, deadline: float, began: object = None) -> Reply:
        reply = super().complete(request, deadline, lambda: None)
        if not isinstance(request.inputs, DigestInput):
            return reply
        form = DigestForm.model_validate_json(reply.text)
        claims = [c.model_copy(update={"quote": c.quote.rsplit(" ", 1)[0]}) for c in form.claims]
        text = form.model_copy(update={"claims": claims}).model_dump_json()
        return Reply(text, "shorter", Usage())

    name = "shorter"


def test_a_mended_claim_outlives_a_reading_that_quotes_otherwise(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "wiki/sources/zeta-notes-1.md"
    claim = next(c for c in read_wiki(vault).sources[path].claims if not c.key)
    edit(vault, path, lambda t: t.replace(f"{claim.text.split(' ', 1)[1]}[^{claim.id}]", f"is mended.[^{claim.id}]"))
    assert karpwiki(vault, "compile") == 0
    monkeypatch.chdir(vault)
    with opened.locked(None) as found:
        run.run_ingest(found, [], Calls(vault, Shorter()), Wish(upgrade=True))
    source = read_wiki(vault).sources[path]
    assert "is mended." in next(c.text for c in source.claims if c.id == claim.id)
    assert len(source.claims) > 1


def test_a_deleted_key_claim_stays_away(vault: Path) -> None:
    path = "wiki/sources/zeta-notes-1.md"
    key = next(c for c in read_wiki(vault).sources[path].claims if c.key)
    edit(vault, path, lambda t: re.sub(rf"^- .*\[\^{key.id}\].*\n", "", t, count=1, flags=re.M))
    assert karpwiki(vault, "compile") == 0
    add(vault, {"a.md": note("Zeta", 1) + "\nZeta has 77 big users in the south of town 78.\n"})
    assert karpwiki(vault, "ingest", "--accept-changed") == 0
    ids = {c.id for c in read_wiki(vault).sources[path].claims}
    assert key.id not in ids and len(ids) > 3
    assert settled(vault)


def test_words_by_hand_of_two_pages_keep_their_own_footnotes(vault: Path) -> None:
    for name in ("zeta", "omega"):
        words = f"My remark on {name}.[^1]\n\n## Related"
        edit(vault, f"wiki/concepts/{name}.md", lambda t, w=words: re.sub("## (Related|Sources)", w, t, count=1))
        edit(vault, f"wiki/concepts/{name}.md", lambda t, n=name: t.replace("\n[^", f"\n[^1]: Note on {n}.\n[^", 1))
        edit(vault, f"wiki/concepts/{name}.md", lambda t, n=name: t + f"\n## Notes\n\nOf {n}.\n")
    assert karpwiki(vault, "merge", "Zeta", "Omega") == 0
    text = pages(vault)["concepts/zeta.md"]
    for name in ("zeta", "omega"):
        label = re.search(rf"My remark on {name}\.\[\^(\w+)\]", text)
        assert label and f"[^{label[1]}]: Note on {name}." in text
        assert text.count(f"Of {name}.") == 1
    assert text.count("## Notes") == 1


def test_a_retracted_source_whose_page_was_kept_can_be_taken_in_again(vault: Path) -> None:
    before = len(read_wiki(vault).sources["wiki/sources/zeta-notes-1.md"].claims)
    edit(vault, "wiki/sources/zeta-notes-1.md", lambda t: t + "\n## Notes\n\nMine.\n")
    assert karpwiki(vault, "retract", "raw/a.md", "--yes") == 0
    (vault / ".karpignore").unlink()
    assert karpwiki(vault, "ingest") == 0
    assert len(read_wiki(vault).sources["wiki/sources/zeta-notes-1.md"].claims) == before
    assert settled(vault)


def test_a_parted_meaning_follows_its_raw_file(vault: Path) -> None:
    assert karpwiki(vault, "split", "Zeta", "Zeta ship", "--in", "raw/b.md") == 0
    (vault / "raw/b.md").rename(vault / "raw/moved.md")
    assert karpwiki(vault, "compile") == 0
    assert "Zeta @ moved.md = Zeta ship # person" in (vault / "names.txt").read_text("utf-8")
    add(vault, {"moved.md": note("Zeta", 2) + "\nZeta has 77 big users in the south of town 78.\n"})
    assert karpwiki(vault, "ingest", "--accept-changed") == 0
    assert "in the south of town 78" in pages(vault)["concepts/zeta-ship.md"]
    assert settled(vault)


def test_a_page_may_be_named_by_its_path_and_a_name_may_hold_an_at(vault: Path) -> None:
    assert karpwiki(vault, "merge", "Zeta", "Omega") == 0
    assert karpwiki(vault, "split", "wiki/concepts/zeta.md", "Omega") == 0
    assert {"concepts/zeta.md", "concepts/omega.md"} <= set(pages(vault))
    assert karpwiki(vault, "rename", "Omega", "AI @ Meta") == karpwiki(vault, "rename", "AI @ Meta", "Meta AI") == 0
    assert karpwiki(vault, "merge", "Meta AI", "Zeta") == 0
    assert settled(vault)


def test_what_an_editor_did_counts_before_what_a_command_says(vault: Path) -> None:
    (vault / "wiki/zz").mkdir()
    (vault / "wiki/concepts/zeta.md").rename(vault / "wiki/zz/zeta.md")
    assert karpwiki(vault, "merge", "Zeta", "Omega") == 0
    assert "zz/zeta.md" in pages(vault)
    assert settled(vault)


def test_an_exception_in_karpignore_does_not_undo_a_retract(vault: Path) -> None:
    (vault / ".karpignore").write_text("/d.md\n!/d.md\n", "utf-8")
    assert karpwiki(vault, "retract", "raw/d.md", "--yes") == 0
    before = tree(vault / "wiki")
    assert karpwiki(vault, "ingest") == 0
    assert tree(vault / "wiki") == before


def test_a_raw_file_that_moved_can_be_retracted(vault: Path) -> None:
    (vault / "raw/d.md").rename(vault / "raw/e.md")
    assert karpwiki(vault, "retract", "raw/e.md", "--yes") == 0
    assert "] retract | Omega notes 4" in pages(vault)["log.md"]
    assert settled(vault)


def test_an_upgrade_of_an_empty_vault_does_nothing(tmp_path: Path) -> None:
    root = make(tmp_path / "vault", {}, "")
    (root / "raw").mkdir()
    assert karpwiki(root, "ingest", "--upgrade") == 0
    assert PLAINLY.upgrade is False


def test_a_bundle_that_is_split_remembers_what_was_mended(tmp_path: Path) -> None:
    days = [f"2025-{n % 12 + 1:02}-{n // 12 + 1:02}" for n in range(60)]
    posts = {f"posts/{d}.md": f"---\ndate: {d}\n---\n\n{note('Gadget', n)}" for n, d in enumerate(days, 100)}
    root = make(tmp_path / "vault", posts, SETTINGS + '[bundles]\ndiary = "posts/*.md"\n')
    assert karpwiki(root, "ingest") == 0
    path = "posts/2025-03-01.md"
    claim = next(c for c in read_wiki(root).sources["wiki/sources/diary.md"].claims if c.quote.path == path)
    edit(
        root,
        "wiki/sources/diary.md",
        lambda t: re.sub(rf"^- .*\[\^{claim.id}\]", f"- My **Gadget** words.[^{claim.id}]", t, flags=re.M),
    )
    assert karpwiki(root, "compile") == 0
    add(root, {"posts/2024-01-01.md": f"---\ndate: 2024-01-01\n---\n\n{note('Gadget', 7)}"})
    assert karpwiki(root, "ingest") == 0
    add(
        root,
        {path: (root / "raw" / path).read_text("utf-8") + "\nThe gadget has 99 big users in the south of town 9.\n"},
    )
    assert karpwiki(root, "ingest", "--accept-changed") == 0
    claims = {c.id: c for s in read_wiki(root).sources.values() for c in s.claims}
    assert claims[claim.id].text == "My Gadget words."


def test_a_page_that_was_moved_and_renamed_in_an_editor_is_the_same_page(vault: Path) -> None:
    edit(vault, "wiki/concepts/zeta.md", lambda t: t.replace("title: Zeta\n", "title: The Desk\n"))
    (vault / "wiki/concepts/zeta.md").rename(vault / "wiki/concepts/the-desk.md")
    assert karpwiki(vault, "compile") == 0
    assert "concepts/zeta.md" not in pages(vault)
    assert "title: The Desk\n" in pages(vault)["concepts/the-desk.md"]
    assert settled(vault)


def test_a_raw_file_of_the_same_name_does_not_catch_a_persons_links(vault: Path) -> None:
    add(vault, {"zeta.md": "# Other\n\nA text about nothing that is named.\n"})
    edit(vault, "wiki/concepts/omega.md", lambda t: t + "\n## Notes\n\n[[zeta]] ![[zeta#h]] [[zeta|Z]]\n")
    assert karpwiki(vault, "rename", "Zeta", "Slip box") == 0
    assert pages(vault)["concepts/omega.md"].endswith("[[slip-box]] ![[slip-box#h]] [[slip-box|Z]]\n")


def test_own_keys_keep_a_page_that_no_claim_carries(vault: Path) -> None:
    edit(vault, "wiki/concepts/zeta.md", lambda t: t.replace("tags: [", "reviewed: by me\ntags: [mine, ", 1))
    assert karpwiki(vault, "compile") == 0
    assert karpwiki(vault, "retract", "raw/a.md", "raw/b.md", "--yes") == 0
    assert "reviewed: by me" in pages(vault)["concepts/zeta.md"]
    assert settled(vault)


def test_the_same_command_twice_has_nothing_to_do(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert karpwiki(vault, "rename", "Zeta", "Desk") == 0
    before = tree(vault, [])
    capsys.readouterr()
    assert karpwiki(vault, "rename", "Desk", "Desk") == karpwiki(vault, "rename", "Zeta", "Desk") == 0
    assert capsys.readouterr().out.count("Nothing to do") == 2
    assert {p: h for p, h in tree(vault).items() if p[0] != "."} == {p: h for p, h in before.items() if p[0] != "."}


def test_an_ingest_goes_on_where_the_last_run_was_stopped(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(vault, {"e.md": note("Alpha", 5)})
    monkeypatch.chdir(vault)
    with opened.locked(None) as found:
        assert run.run_ingest(found, [], Calls(vault, Stopped()), PLAINLY).made.interrupted
    assert "concepts/alpha.md" not in pages(vault)
    assert karpwiki(vault, "ingest") == 0
    assert "concepts/alpha.md" in pages(vault)
    assert settled(vault)


def test_all_of_raw_can_be_taken_back_and_a_page_is_no_source(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert karpwiki(vault, "retract", "wiki/concepts/zeta.md", "--yes") == 2
    assert "is no source page" in capsys.readouterr().err
    assert karpwiki(vault, "ingest", "--bundle", "", "raw/a.md") == 2
    assert karpwiki(vault, "retract", "raw", "--yes") == 0
    assert not read_wiki(vault).sources


def test_a_page_moved_by_hand_goes_into_another_one(vault: Path) -> None:
    (vault / "wiki/zz").mkdir()
    (vault / "wiki/concepts/omega.md").rename(vault / "wiki/zz/omega.md")
    assert karpwiki(vault, "merge", "Zeta", "Omega") == 0
    assert [p for p in pages(vault) if "omega.md" in p or "zeta.md" in p] == ["concepts/zeta.md"]
    assert settled(vault)
