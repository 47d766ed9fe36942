"""Healing ends, makes nothing worse, invents nothing, leaves a person's words alone, and says what it did."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karpwiki import heal as healing
from karpwiki import write
from karpwiki.build import with_texts
from karpwiki.changes import ChangeSet, Edit, Fix
from karpwiki.findings import Finding, Report
from karpwiki.heal import heal
from karpwiki.lint import lint
from karpwiki.markdown import lf
from karpwiki.names import digest
from karpwiki.rules import Context, every
from karpwiki.settings import Settings, read_settings
from karpwiki.vault import read_wiki
from karpwiki.wiki import Wiki
from test_rules import ingested
from vaults import karpwiki, make, times, tree

MINE = "A word of mine about the [[memex]]."
BUSH, BOX = "wiki/entities/vannevar-bush.md", "wiki/entities/zettelkasten.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ingested(), tmp_path / "vault"))


def errors(report: Report) -> Counter[tuple[str, str]]:
    return Counter((f.rule, f.path) for f in report.findings if f.severity == "error")


def edit(root: Path, path: str, old: str, new: str) -> None:
    text = (root / path).read_text("utf-8")
    assert old in text
    (root / path).write_text(text.replace(old, new), "utf-8")


def run(root: Path, unsafe: bool = False) -> healing.Healed:
    made = heal(read_wiki(root), read_settings(root), unsafe)
    write.commit(root, made.changes)
    return made


@st.composite
def damaged(draw: st.DrawFn, wiki: Wiki) -> list[Edit]:
    """Pages with lines deleted, doubled, moved, altered; with words by hand; pages deleted."""
    edits = []
    chosen = st.sampled_from([path for path in wiki.pages if path != "wiki/log.md"])
    for path in draw(st.lists(chosen, min_size=1, max_size=3, unique=True)):
        lines = wiki.pages[path].text.split("\n")
        # A person's words come last: moved by chance into what code writes of a catalogue, they would be lost.
        hows = draw(st.lists(st.sampled_from(["delete", "double", "swap", "alter", "mine"]), max_size=4))
        for how in sorted(hows, key=lambda how: how == "mine"):
            n, k = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
            match how:
                case "delete":
                    lines[n] = ""
                case "double":
                    lines.insert(k, lines[n])
                case "swap":
                    lines[n], lines[k] = lines[k], lines[n]
                case "alter":
                    lines[n] = lines[n].replace("the", "no", 1).replace("1", "2", 1)
                case "mine":
                    # In a catalogue a person's words stand above what code writes.
                    heads = [i for i, line in enumerate(lines) if line.startswith("# ")] or [len(lines) - 1]
                    head = -1 if path in ("wiki/index.md", "wiki/tensions.md") else heads[0]
                    lines[head + 1 : head + 1] = ["", MINE, ""]
        edits.append(Edit(path, draw(st.sampled_from(["\n".join(lines)] * 5 + [None])), None))
    return edits


@given(st.data(), st.booleans())
def test_healing_a_damaged_vault(data: st.DataObject, unsafe: bool) -> None:
    settings, wiki = read_settings(ingested()), read_wiki(ingested())
    broken = with_texts(wiki, data.draw(damaged(wiki)))
    made = heal(broken, settings, unsafe)
    before, after = errors(lint(broken, settings)), errors(made.report)
    unread = {path for path, page in broken.pages.items() if page.problem}  # where errors come to light
    assert all(n <= before[where] for where, n in after.items() if where[1] not in unread), "an error was added"
    now = with_texts(broken, made.changes.edits)
    assert not heal(now, settings, unsafe).changes.edits, "the second run changed something"
    for path, page in broken.pages.items():
        if any(MINE in block.text for block in page.blocks):
            assert path in now.pages and now.pages[path].text.count(MINE)
    claims = {c.id: c for s in wiki.sources.values() for c in s.claims}
    for path, source in now.sources.items():
        if path not in broken.sources or broken.sources[path] != source:
            assert all(c.quote.text == claims[c.id].quote.text for c in source.claims if c.id in claims)


def test_a_run_has_one_entry_in_the_log_that_names_every_change(root: Path) -> None:
    edit(root, BUSH, "Vannevar Bush never built the memex.”", "Vannevar Bush built the memex.”")
    edit(root, BOX, "updated: 2026-11-21\n", "")
    raw, log = tree(root / "raw"), (root / "wiki/log.md").read_text("utf-8")
    made = run(root)
    assert {path for _, path, _ in made.done} == {BUSH, BOX} and made.report.findings == ()
    added = (root / "wiki/log.md").read_text("utf-8").removeprefix(log)
    assert added.count("## [2026-11-21] heal | ") == 1
    assert "entities/vannevar-bush.md: quote-not-in-raw" in added and "entities/zettelkasten.md: missing-field" in added
    assert tree(root / "raw") == raw
    whole = tree(root)
    assert not run(root).changes and tree(root) == whole


def test_what_a_person_wrote_stays(root: Path) -> None:
    edit(root, BUSH, "## Sources", f"{MINE}\n\n## Sources")
    edit(root, BUSH, "title: Vannevar Bush", "title: Vannevar Bush\nrating: 5")
    edit(root, BUSH, "tags: []", "tags: [desk]")
    with (root / BUSH).open("a") as file:
        file.write("\n## Notes\n\nKeep  this.\r\n")
    edit(root, BUSH, "“Vannevar Bush never built", "“Vannevar Bush built")
    run(root)
    text = (root / BUSH).read_bytes().decode()
    assert all(
        words in text for words in (MINE, "rating: 5", "tags: [desk]", "Keep  this.", "“Vannevar Bush never built")
    )


def test_an_edited_title_becomes_a_line_of_names(root: Path) -> None:
    edit(root, BUSH, "title: Vannevar Bush", "title: Vannevar Bush (engineer)")
    run(root)
    assert "Vannevar Bush: title Vannevar Bush (engineer) # person" in (root / "names.txt").read_text("utf-8")
    assert "Vannevar Bush (engineer)" in (root / "wiki/index.md").read_text("utf-8")
    assert not run(root).changes


def test_no_page_is_deleted(root: Path) -> None:
    """A source page that is missing may come back; compile deletes what no claim carries."""
    (root / "wiki/sources/the-memex.md").unlink()
    made = run(root, unsafe=True)
    assert (root / BUSH).is_file() and not made.refused
    assert any(f.path == BUSH and f.name == "page-out-of-date" and f.fix == "model" for f in made.report.findings)


def test_an_altered_source_page_does_not_spread(root: Path) -> None:
    """Its quote cannot be restored, and no page repeats the false one."""
    edit(root, "wiki/sources/the-memex.md", "“A Zettelkasten is a memex made of paper.”", "“Paper.”")
    edit(root, "wiki/index.md", "| [[zettelkasten]] | Zettelkasten |", "| [[zettelkasten]] | Box |")
    made = run(root)
    assert {f.name for f in made.report.findings} == {"quote-not-in-raw", "claim-id-mismatch"}
    assert [p.name for p in (root / "wiki").rglob("*.md") if "“Paper.”" in p.read_text("utf-8")] == ["the-memex.md"]


def rule(name: str, text: str) -> SimpleNamespace:
    """A rule that finds pages without a text and puts it at their end."""

    def check(ctx: Context) -> list[Finding]:
        pages = [p for p in ctx.pages if p.path == BUSH and text not in p.text]
        return [Finding(name, name, "warning", p.path, 1, "", "safe") for p in pages]

    def fix(ctx: Context, path: str) -> Fix:
        return Fix({path: f"{ctx.wiki.pages[path].text}{text}\n"}, "put there")

    return SimpleNamespace(ID=name, NAME=name, SEVERITY="warning", FIX="safe", check=check, fix=fix)


def with_rules(monkeypatch: pytest.MonkeyPatch, *more: SimpleNamespace) -> None:
    rules = (*(r for r in every() if r.SEVERITY == "error"), *more)
    monkeypatch.setattr(healing, "every", lambda: rules)
    monkeypatch.setattr("karpwiki.lint.every", lambda: rules)


def test_a_fix_that_adds_an_error_is_taken_back_and_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_rules(monkeypatch, rule("bad", "## Notes\n\n[[nowhere]]"), rule("good", "## Notes\n\nfine"))
    edit(root, BOX, "“The Zettelkasten of", "“A Zettelkasten of")
    made = run(root)
    assert made.refused == (("bad", BUSH),)
    assert {name for name, *_ in made.done} == {"good", "quote-not-in-raw"}
    assert "[[nowhere]]" not in (root / BUSH).read_text("utf-8")


def test_a_healing_without_an_end_is_a_bug(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = rule("endless", "\0")
    endless.fix = lambda ctx, path: Fix({path: ctx.wiki.pages[path].text + "\n"}, "")
    with_rules(monkeypatch, endless)
    monkeypatch.setattr(healing, "MAX_ROUNDS", 4)
    with pytest.raises(RuntimeError, match="bug"):
        heal(read_wiki(root), Settings())


@pytest.mark.parametrize("heading", ["## Coverage", "## Where to start", "## Central claims", "# "])
def test_a_deleted_heading_of_the_front_page_doubles_nothing(root: Path, heading: str) -> None:
    text = (root / "wiki/overview.md").read_text("utf-8")
    lines = [line for line in text.split("\n") if not line.startswith(heading)]
    assert len(lines) < len(text.split("\n"))
    (root / "wiki/overview.md").write_text("\n".join(lines), "utf-8")
    run(root)
    healed = (root / "wiki/overview.md").read_text("utf-8")
    assert healed.count("All pages: [[index]]") == 1
    assert not run(root).changes


def test_a_fence_that_a_person_left_open_is_closed_once(root: Path) -> None:
    edit(root, "wiki/overview.md", "## Coverage", "```text\n## Coverage")
    assert run(root).changes.edits
    text = (root / "wiki/overview.md").read_text("utf-8")
    assert text.count("\n```") == 2
    assert not run(root).changes.edits
    assert not [f for f in run(root).report.findings if f.severity != "info"]


BY_HAND = """---
title: Slip box
type: concept
created: 2026/11/01
created: 2026/11/01
updated: 2026-11-21
sources: []
tags: [Two words]
aliases: Card index
---

# Slip box

Mine, of the [[Memex]] and of ![[Desk.PNG]].{unseen}

[^x]: `notes/memex.md:1` “No claim.”
"""


def wreck(root: Path) -> dict[str, list[str]]:
    """Something wrong for every rule that can mend it; path → a person's words there."""
    sources = "wiki/sources/the-memex.md"
    edit(root, BUSH, "“Vannevar Bush never built the memex.”", "“Vannevar Bush built the memex.”")
    edit(root, BUSH, "created: 2026-11-21\n", "")
    edit(root, BUSH, "## Sources", f"{MINE}\n\n## Sources")
    edit(root, BOX, "## Sources\n", "<<<<<<< HEAD\nOurs, mine.\n=======\nTheirs, mine too.\n>>>>>>> b\n\n## Sources\n")
    edit(root, sources, "[[vannevar-bush|Vannevar Bush]] never", "[[no-such-page|Vannevar Bush]] never")
    edit(root, sources, "[[vannevar-bush|Vannevar Bush]] wanted", "[Vannevar Bush](javascript:x) wanted")
    edit(root, sources, "[[vannevar-bush|Vannevar Bush]] led", "![Vannevar Bush](https://example.org/x.png) led")
    edit(root, sources, "“Vannevar Bush led", "“Ted Nelson led")
    with (root / sources).open("a", encoding="utf-8") as file:
        file.write("\n## Notes\n\nMy note on trails.\n")
    edit(root, "wiki/entities/niklas-luhmann.md", "Niklas Luhmann wrote", "Nik\u200blas Luhmann wrote")
    note = next(line for line in (root / "wiki/overview.md").read_text("utf-8").split("\n") if line.startswith("[^"))
    edit(root, "wiki/overview.md", f"{note}\n", f"{note}\n{note}\n")
    edit(root, "wiki/index.md", "| [[zettelkasten]] | Zettelkasten |", "| [[zettelkasten]] | Box |")
    (root / "wiki/concepts").mkdir(exist_ok=True)
    (root / "wiki/assets").mkdir()
    (root / "wiki/assets/desk.png").write_text("x", "utf-8")
    memex = BY_HAND.partition("\n# ")[0].replace("Slip box", "Memex").replace("Card index", "Desk")
    (root / "wiki/concepts/memex.md").write_text(f"{memex}\n# Memex\n\n[[slip-box]]\n", "utf-8")
    (root / "wiki/concepts/slip-box.md").write_text(BY_HAND.format(unseen="\u200b"), "utf-8")
    return {BUSH: [MINE], BOX: ["Ours, mine.", "Theirs, mine too."], sources: ["My note on trails."]}


def test_values_of_keys_in_other_words_are_mended(tmp_path: Path) -> None:
    root = tmp_path / "vault"
    (root / "wiki/concepts").mkdir(parents=True)
    for n in "abc":
        head = f"title: {n}\ntype: concept\ncreated: 2026年3月1日\nlast_updated: 2026/3/2\ntags: x\nsources: []\n"
        (root / f"wiki/concepts/{n}.md").write_text(f"---\n{head}---\n\n# {n}\n", "utf-8")
    made = run(root)
    assert not made.report.count("error") and not made.refused
    text = (root / "wiki/concepts/a.md").read_text("utf-8")
    assert "created: 2026-03-01\nlast_updated: 2026-03-02\ntags: [x]\n" in text


def test_a_citation_with_a_hidden_character_is_mended_before_its_footnote_is_dropped(root: Path) -> None:
    before = (root / BUSH).read_text("utf-8")
    label = re.findall(r"\[\^(\w+)\]", before)[0]
    (root / BUSH).write_text(before.replace(f"[^{label}]", f"[^{label[:4]}\u200b{label[4:]}]", 1), "utf-8")
    made = run(root)
    assert (root / BUSH).read_text("utf-8") == before and not made.refused and not made.report.count("error")


@pytest.mark.parametrize("unsafe", [False, True])
def test_much_that_is_wrong_is_mended_in_one_run(root: Path, unsafe: bool) -> None:
    (root / "karpwiki.toml").write_text('[rules]\ntag-form = "info"\n', "utf-8")
    words = wreck(root)
    grades = ("safe", "unsafe") if unsafe else ("safe",)
    found = lint(read_wiki(root), read_settings(root)).findings
    mended = {f.name for f in found if f.fix in grades}
    assert mended >= {
        "quote-not-in-raw", "claim-id-mismatch", "missing-field", "conflict-markers", "broken-link", "forbidden-scheme",
        "remote-image", "invisible-text", "unknown-claim", "index-out-of-date", "duplicate-key", "case-mismatch-link",
    }  # fmt: skip
    command = ["lint", "--heal", *(["--unsafe"] if unsafe else [])]
    karpwiki(root, *command)
    left = lint(read_wiki(root), read_settings(root)).findings
    assert [f for f in left if f.fix in grades] == []
    # A page by hand is listed by hand; the mark of the picture counts as a word of the claim, to be phrased anew.
    expected = {"not-in-index", "page-out-of-date"}
    assert {f.name for f in left} == (expected if unsafe else expected | {"invisible-text"})
    for path, said in words.items():
        assert all(mine in (root / path).read_text("utf-8") for mine in said)
    assert "Mine, of the [[memex|Memex]] and of ![[desk.png]]." in (root / "wiki/concepts/slip-box.md").read_text(
        "utf-8"
    )
    whole, stamps = tree(root), times(root)
    karpwiki(root, *command)
    assert tree(root) == whole and times(root) == stamps


ends = st.sampled_from(["\n", "\r\n", "\r"])
rows = st.sampled_from(["", "a", "b c", "- d", "| e |", "见"])


@given(st.lists(st.tuples(rows, ends), max_size=12), st.lists(st.tuples(rows, ends), max_size=12), st.booleans())
def test_lines_that_stay_keep_their_ends(
    above: list[tuple[str, str]], below: list[tuple[str, str]], marked: bool
) -> None:
    with TemporaryDirectory() as folder:
        root = make(Path(folder) / "vault", {})
        page, mark = root / "wiki/mixed.md", "\ufeff" * marked
        one, other = (f"{mark}# Mixed\r\n\n" + "".join(map("".join, part)) for part in (above, below))
        old = f"{one}See [[Other]].\r{other.removeprefix(mark)}"
        page.write_bytes(old.encode())
        new = lf(old).replace("[[Other", "[[other")
        write.commit(root, ChangeSet((Edit("wiki/mixed.md", new, digest(old.encode(), 64)),), ()))
        assert page.read_bytes().decode() == old.replace("See [[Other]].\r", "See [[other]].\n")
