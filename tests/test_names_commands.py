"""merge, rename, split: every link follows, in one commit that can be undone, and people's words go along."""

from __future__ import annotations

from pathlib import Path

import pytest

from karpwiki.vault import read_wiki
from vaults import documents, karpwiki, make, pages, tree

DOCUMENTS = ("notes/memex-and-trails.md", "notes/zettelkasten.md", "zh/spaced-notes-and-second-brain.md")
SETTINGS = 'name = "Boxes"\nlanguage = "en"\n'
PLANETS = """# Planets

**Mercury** is the smallest planet. Mercury has no moon. Mercury turns slowly. The year of Mercury has 88 days.
"""
METALS = """# Metals

**Mercury** is a liquid metal. Mercury is toxic. Mercury boils at 357 degrees. A pound of Mercury costs 3 dollars.
"""
FORMS = ("[[{stem}]]", "[[{folder}/{stem}|{stem} there]]", "[one](../{folder}/{stem}.md#part)", "![[{stem}.md]]")


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    root = make(tmp_path / "vault", documents(*DOCUMENTS), SETTINGS)
    assert karpwiki(root, "ingest") == 0
    return root


def link_from_everywhere(root: Path, folder: str, stem: str, count: int = 200) -> None:
    """`count` links to one page, in four forms, on pages of a person's own and on pages of ours."""
    (root / "wiki/mine").mkdir()
    forms = [form.format(folder=folder, stem=stem) for form in FORMS]
    for n in range(0, count, 20):
        head = f"---\ntitle: Mine {n}\ntype: answer\ncreated: 2026-11-21\nupdated: 2026-11-21\n"
        head += "sources: []\ntags: []\n---\n"
        body = "\n\n".join(f"{forms[k % 4]} of `[[{stem}]]`" for k in range(20))
        back = f"\n\n[[mine-{(n + 20) % count}]]\n"
        (root / f"wiki/mine/mine-{n}.md").write_text(f"{head}\n# Mine {n}\n\n{body}{back}", "utf-8")


def broken(root: Path, capsys: pytest.CaptureFixture[str]) -> int:
    capsys.readouterr()
    karpwiki(root, "lint")
    text = capsys.readouterr().out
    return text.count("broken-link") + text.count("broken-anchor") + text.count("ambiguous-link")


def test_a_merge_leaves_no_broken_link_and_undo_restores_every_byte(
    vault: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link_from_everywhere(vault, "entities", "niklas-luhmann")
    links = sum(1 for p in read_wiki(vault).pages.values() for link in p.links if "niklas-luhmann" in link.target
                and "zettelkasten" not in link.target)  # fmt: skip
    assert links >= 200
    (vault / "wiki/entities/niklas-luhmann.md").write_text(
        (vault / "wiki/entities/niklas-luhmann.md").read_text("utf-8") + "\n## Notes\n\nMine: [[niklas-luhmann]]\n",
        "utf-8",
    )
    before = tree(vault / "wiki", ["log.md"])
    faults = broken(vault, capsys)
    assert karpwiki(vault, "merge", "zettelkasten", "Niklas Luhmann") == 0
    now = pages(vault)
    assert "entities/niklas-luhmann.md" not in now
    assert broken(vault, capsys) == max(0, faults - 50), "the #part that no page has is dropped with its page"
    assert "Mine: [[zettelkasten]]" in now["concepts/zettelkasten.md"]
    assert now["mine/mine-0.md"].count("`[[niklas-luhmann]]`") == 20, "code is no link"
    assert "Zettelkasten = Niklas Luhmann # person" in (vault / "names.txt").read_text("utf-8")
    assert "title: Zettelkasten\n" in now["concepts/zettelkasten.md"]
    assert "merge | Zettelkasten → Niklas Luhmann".casefold() in now["log.md"].casefold()
    after = tree(vault / "wiki")
    for command in (["compile"], ["ingest"], ["lint", "--heal"]):
        karpwiki(vault, *command)
    assert tree(vault / "wiki") == after, "a second run writes nothing"
    assert karpwiki(vault, "undo") == 0
    assert tree(vault / "wiki", ["log.md"]) == before
    assert not (vault / "names.txt").exists()


def test_a_merge_can_be_parted_again(vault: Path) -> None:
    before = tree(vault / "wiki", ["log.md"])
    assert karpwiki(vault, "merge", "zettelkasten", "niklas-luhmann") == 0
    assert karpwiki(vault, "split", "Zettelkasten", "Niklas Luhmann") == 0
    assert tree(vault / "wiki", ["log.md"]) == before
    text = (vault / "names.txt").read_text("utf-8")
    assert "Zettelkasten != Niklas Luhmann # person" in text
    assert "Zettelkasten = " not in text


def test_a_renamed_page_is_found_under_its_new_name_and_linked_everywhere(
    vault: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link_from_everywhere(vault, "entities", "niklas-luhmann", 40)
    faults = broken(vault, capsys)
    assert karpwiki(vault, "rename", "niklas-luhmann", "Luhmann, the box man") == 0
    now = pages(vault)
    page = now["entities/luhmann-the-box-man.md"]
    assert "title: Luhmann, the box man\n" in page
    assert "Niklas Luhmann" in page.split("---")[1], "the old name stays as an alias"
    assert "entities/niklas-luhmann.md" not in now
    assert "[[luhmann-the-box-man]]" in now["mine/mine-0.md"]
    assert "[[entities/luhmann-the-box-man|niklas-luhmann there]]" in now["mine/mine-0.md"]
    assert "[one](../entities/luhmann-the-box-man.md#part)" in now["mine/mine-0.md"]
    assert broken(vault, capsys) == faults
    assert karpwiki(vault, "rename", "luhmann-the-box-man", "Niklas Luhmann") == 0
    assert "entities/niklas-luhmann.md" in pages(vault)
    assert (vault / "names.txt").read_text("utf-8").count(": title ") == 1, "the line before is replaced"


def test_one_name_for_two_things_is_parted_by_source(tmp_path: Path) -> None:
    root = make(tmp_path / "vault", {"planets.md": PLANETS, "metals.md": METALS}, 'language = "en"\npage_claims = 2\n')
    assert karpwiki(root, "ingest") == 0
    assert "concepts/mercury-planet.md" not in pages(root)
    assert karpwiki(root, "split", "Mercury", "Mercury (planet)", "--in", "raw/planets.md") == 0
    found = {p.rpartition("/")[2]: text for p, text in pages(root).items()}
    assert "liquid metal" in found["mercury.md"] and "smallest planet" not in found["mercury.md"]
    assert "smallest planet" in found["mercury-planet.md"] and "liquid metal" not in found["mercury-planet.md"]
    assert "[[mercury-planet|Mercury (planet)]]" in found["planets.md"]
    assert "Mercury @ planets.md = Mercury (planet) # person" in (root / "names.txt").read_text("utf-8")
    after = tree(root / "wiki")
    for command in (["compile"], ["ingest"], ["ingest", "--upgrade"], ["lint", "--heal", "--strict"]):
        assert karpwiki(root, *command) == 0
    assert tree(root / "wiki") == after


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["merge", "zettelkasten", "nobody at all"], "No subject"),
        (["merge", "zettelkasten", "Zettelkasten"], "already"),
        (["rename", "zettelkasten", "Niklas Luhmann"], "merge"),
        (["rename", "zettelkasten", "a | b"], "title"),
        (["rename", "the-memex-and-its-trails", "X"], "title:"),
        (["split", "zettelkasten", "Niklas Luhmann"], "--in"),
        (["split", "zettelkasten", "Other", "--in", "raw/none.md"], "none.md"),
    ],
)
def test_what_cannot_be_done_is_said_with_the_next_step(
    vault: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    before = tree(vault)
    assert karpwiki(vault, *arguments) == 2
    assert said in capsys.readouterr().err
    assert tree(vault) == before


def test_a_dry_run_says_the_lines_and_writes_nothing(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(vault)
    assert karpwiki(vault, "merge", "zettelkasten", "niklas-luhmann", "--dry-run") == 0
    assert "+ Zettelkasten = Niklas Luhmann # person" in capsys.readouterr().out
    assert tree(vault) == before


def test_words_by_hand_on_both_pages_stand_on_the_one_that_stays(vault: Path) -> None:
    for path, words in (
        ("concepts/zettelkasten.md", "Mine on the box."),
        ("entities/niklas-luhmann.md", "Mine on him."),
    ):
        file = vault / "wiki" / path
        text = file.read_text("utf-8").replace("\n## ", f"\n{words}\n\n## ", 1) + f"\n## Notes\n\n{words} Noted.\n"
        file.write_text(text.replace("tags: [", "mine: yes\ntags: [my-tag, ", 1), "utf-8")
    assert karpwiki(vault, "merge", "zettelkasten", "niklas-luhmann") == 0
    text = pages(vault)["concepts/zettelkasten.md"]
    for words in ("Mine on the box.\n", "Mine on him.\n", "Mine on the box. Noted.", "Mine on him. Noted.", "my-tag"):
        assert text.count(words) == 1, words
    assert text.count("## Notes") == 1
    after = tree(vault / "wiki")
    assert karpwiki(vault, "compile") == 0
    assert tree(vault / "wiki") == after
