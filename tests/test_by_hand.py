"""A person's words survive whatever karpwiki does to the page around them."""

from __future__ import annotations

import shutil
from codecs import BOM_UTF8
from collections.abc import Callable
from pathlib import Path

import pytest

from karpwiki.markdown import parse
from karpwiki.vault import read_wiki
from vaults import add, documents, karpwiki, make, tree

PAGE = "wiki/entities/niklas-luhmann.md"
NOTE = "\n## Notes\n\nMine: [[zettelkasten]], *kept*  as typed,\n\n\n- also this\n"


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    root = make(
        tmp_path / "vault", documents("notes/zettelkasten.md", "notes/memex-and-trails.md"), 'language = "en"\n'
    )
    assert karpwiki(root, "ingest") == 0
    return root


def edit(root: Path, path: str, change: Callable[[str], str]) -> str:
    text = (root / path).read_text("utf-8")
    new = change(text)
    assert new != text
    (root / path).write_text(new, "utf-8")
    return new


def everything(root: Path) -> None:
    """Two more ingests, a compile of all pages, a heal."""
    add(root, documents("notes/software-3-0.md"))
    assert karpwiki(root, "ingest") == 0
    add(root, documents("zh/spaced-notes-and-second-brain.md"))
    assert karpwiki(root, "ingest") == 0
    assert karpwiki(root, "compile", "--all") == 0
    assert karpwiki(root, "lint", "--heal") == 0


def statements(text: str) -> list[str]:
    """The first paragraphs of a page, split at footnotes."""
    page = parse(PAGE, text)
    return [b.text for b in page.blocks if b.kind == "paragraph" and b.cites]


def test_words_tags_aliases_and_notes_survive_everything(vault: Path) -> None:
    first, second = statements((vault / PAGE).read_text("utf-8"))[:2]
    changed = first.replace("[^", ", as I like to say[^", 1)
    added = "A paragraph of my own, without a source."
    gone = second

    def change(text: str) -> str:
        text = text.replace(first, f"{changed}\n\n{added}").replace(gone + "\n\n", "")
        head, rest = text.split("\n---\n", 1)
        lines = head.split("\n")
        lines = [line.replace("tags: [", "tags: [my-tag, ") if line.startswith("tags:") else line for line in lines]
        lines = [f"aliases: [{line[10:-1]}, The box man]" if line.startswith("aliases:") else line for line in lines]
        return "\n".join([*lines, "mine: 42"]) + "\n---\n" + rest + NOTE

    edit(vault, PAGE, change)
    everything(vault)
    text = (vault / PAGE).read_text("utf-8")
    assert f"{changed}\n\n{added}" in text
    assert gone not in text
    assert text.count(gone.split("[^")[0][:60]) <= 1, "a deleted statement is not written again"
    assert "tags: [my-tag" in text
    assert "The box man" in text.split("---")[1]
    assert "mine: 42" in text.split("---")[1]
    assert text.endswith(NOTE)
    assert "= The box man # person" in (vault / "names.txt").read_text("utf-8")
    assert karpwiki(vault, "lint") == 0


def test_a_changed_title_is_kept_and_becomes_a_decision(vault: Path) -> None:
    edit(vault, PAGE, lambda text: text.replace("title: Niklas Luhmann\n", "title: Professor Luhmann\n", 1))
    everything(vault)
    assert "title: Professor Luhmann\n" in (vault / PAGE).read_text("utf-8")
    assert "title Professor Luhmann # person" in (vault / "names.txt").read_text("utf-8")
    assert "Professor Luhmann" in (vault / "wiki/index.md").read_text("utf-8")


def test_a_page_moved_by_hand_is_followed(vault: Path) -> None:
    (vault / "wiki/people").mkdir()
    (vault / PAGE).rename(vault / "wiki/people/luhmann-n.md")
    assert karpwiki(vault, "compile") == 0
    assert not (vault / PAGE).exists()
    assert (vault / "wiki/people/luhmann-n.md").exists()
    assert "[[luhmann-n" in (vault / "wiki/index.md").read_text("utf-8")
    assert karpwiki(vault, "lint") == 0


def test_the_last_place_and_the_last_title_that_a_person_gave_hold(vault: Path) -> None:
    """Whatever was said before, also in words that come later in the alphabet, and back to what it was before that."""
    here = PAGE
    for path in ("wiki/z/luhmann-z.md", "wiki/a/luhmann-a.md", "wiki/z/luhmann-z.md"):
        (vault / path).parent.mkdir(exist_ok=True)
        (vault / here).rename(vault / path)
        assert karpwiki(vault, "compile") == 0
        assert (vault / path).exists() and not (vault / here).exists()
        assert (vault / "names.txt").read_text("utf-8").count(": path ") == 1
        here = path
    title = "Niklas Luhmann"
    for new in ("Zettel Luhmann", "A. Luhmann", "Zettel Luhmann"):
        edit(vault, here, lambda text, old=title, new=new: text.replace(f"title: {old}\n", f"title: {new}\n", 1))  # type: ignore[misc]
        assert karpwiki(vault, "compile") == 0
        assert f"title: {new}\n" in (vault / here).read_text("utf-8")
        assert (vault / "names.txt").read_text("utf-8").count(": title ") == 1
        title = new
    edit(vault, here, lambda text: text.replace(f"title: {title}\n", "title: Z. Luhmann\n", 1))
    assert karpwiki(vault, "rename", title, "B. Luhmann") == 0
    page = next(p for p in read_wiki(vault).pages.values() if p.title == "B. Luhmann")
    assert (vault / "names.txt").read_text("utf-8").count(": title ") == 1
    before = tree(vault / "wiki")
    assert karpwiki(vault, "compile") == 0
    assert tree(vault / "wiki") == before and page.path in read_wiki(vault).pages


def test_claims_of_a_source_page_are_a_persons_to_mend(vault: Path) -> None:
    path = "wiki/sources/niklas-luhmanns-zettelkasten.md"
    wiki = read_wiki(vault)
    claims = [c for c in wiki.sources[path].claims if not c.key]
    mended, dropped = claims[0], claims[1]

    def change(text: str) -> str:
        lines = text.split("\n")
        out = []
        for line in lines:
            if line.startswith("- ") and f"[^{dropped.id}]" in line:
                continue
            if line.startswith("- ") and f"[^{mended.id}]" in line:
                line = f"- My better words[^{mended.id}]" + line.split("]", 1)[1].partition(f"[^{mended.id}]")[2]
                line = f"- My better words.[^{mended.id}] · **Zettelkasten**"
            out.append(line)
        return "\n".join(out)

    edit(vault, path, change)
    assert karpwiki(vault, "compile") == 0
    after = {c.id: c for c in read_wiki(vault).sources[path].claims}
    assert dropped.id not in after
    assert after[mended.id].text == "My better words."
    assert f"[^{dropped.id}]" not in "".join(p.text for p in read_wiki(vault).pages.values())
    assert karpwiki(vault, "lint") == 0


def test_the_index_keeps_what_stands_above_and_below(vault: Path) -> None:
    edit(
        vault,
        "wiki/index.md",
        lambda text: text.replace("# Index\n", "# Index\n\nWelcome to my wiki.\n", 1) + "\n## Notes\n\nmine\n",
    )
    everything(vault)
    text = (vault / "wiki/index.md").read_text("utf-8")
    assert text.startswith("# Index\n\nWelcome to my wiki.\n")
    assert text.endswith("\n## Notes\n\nmine\n")


def test_a_pinned_page_is_left_alone_and_said(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (vault / PAGE).chmod(0o444)
    before = (vault / PAGE).read_bytes()
    add(vault, documents("zh/spaced-notes-and-second-brain.md"))
    karpwiki(vault, "ingest")
    assert (vault / PAGE).read_bytes() == before
    assert "read-only" in capsys.readouterr().err


def test_the_front_page_and_the_index_swapped_stop_nothing(vault: Path) -> None:
    index, front = vault / "wiki/index.md", vault / "wiki/overview.md"
    one, two = index.read_text("utf-8"), front.read_text("utf-8")
    index.write_text(two, "utf-8")
    front.write_text(one, "utf-8")
    assert karpwiki(vault, "compile") == 0
    after = tree(vault / "wiki")
    assert karpwiki(vault, "compile") == 0
    assert tree(vault / "wiki") == after


def test_files_keep_their_line_ends_and_their_mark(vault: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(vault, tmp_path / "other"))
    files = [*(other / "wiki").rglob("*.md"), other / "names.txt"]
    for file in (file for file in files if file.exists()):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    (other / PAGE).write_bytes(BOM_UTF8 + (other / PAGE).read_bytes())
    for root in (vault, other):
        everything(root)
    made = {file: (vault / file.relative_to(other)).read_bytes() for file in [*(other / "wiki").rglob("*.md")]}
    for file, data in made.items():
        assert file.read_bytes().replace(b"\r\n", b"\n").removeprefix(BOM_UTF8) == data, file
    for file in (file for file in files if file.exists()):
        assert file.read_bytes().count(b"\r\n") == file.read_bytes().count(b"\n") > 0, file
    assert len(made) > len(files) and (other / PAGE).read_bytes().startswith(BOM_UTF8)
    whole = tree(other / "wiki")
    assert karpwiki(other, "compile", "--all") == 0 and tree(other / "wiki") == whole
