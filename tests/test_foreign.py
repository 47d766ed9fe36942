"""Vaults that karpwiki did not write: read in their own dialect, continued, and never rewritten into another one.

Each file in `tests/foreign/` is one vault:

    ````md file=wiki/x.md        a file of the vault
    ````findings                 what lint finds there: the planted defects, and nothing else
    ````off                      rules that have nothing to say there, and why
    ````new file=raw/x.md        a raw file that is added and ingested
    ````diff                     what that changes in files that were there, and which files are new

KARPWIKI_RECORD=1 writes findings, off and diff anew.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karpwiki import commonmark, disk, markdown, undo, write
from karpwiki.changes import ChangeSet, Edit, LogEntry
from karpwiki.detect import detect
from karpwiki.dialect import OURS, TRAITS, Dialect
from karpwiki.findings import Choice
from karpwiki.guests import ADDED, added, alone, joined, standing
from karpwiki.hands import is_guest
from karpwiki.links import resolver
from karpwiki.lint import OFF, lint
from karpwiki.logbook import is_foreign, newest_first, on_top
from karpwiki.rows import Entry, with_rows
from karpwiki.rules import every
from karpwiki.settings import Settings, read_settings
from karpwiki.vault import in_dialect, read_wiki
from karpwiki.wiki import START, Wiki
from test_write import QUICK, Faulty, Killed
from vaults import documents, karpwiki, make

FOLDER = Path(__file__).parent / "foreign"
VAULTS = sorted(file.stem for file in FOLDER.glob("*.md"))
FLAT = "at-the-root"
RECORD = bool(os.environ.get("KARPWIKI_RECORD"))
_STATE = re.compile(r"^\+(?:at|from|by|blocks|meta|left|deleted) ")


@dataclass(frozen=True)
class Written:
    """A vault as its file has it."""

    file: Path
    files: dict[str, str]
    new: dict[str, str]
    told: dict[str, str]
    """findings, off and diff."""


def written(name: str) -> Written:
    file = FOLDER / f"{name}.md"
    found = Written(file, {}, {}, {})
    for token in commonmark.new_parser().disable("reference").parse(file.read_text("utf-8")):
        if token.type == "fence":
            word, *rest = token.info.split()
            options = dict(part.split("=", 1) for part in rest)
            if word in ("md", "new"):
                (found.files if word == "md" else found.new)[options["file"]] = token.content
            else:
                found.told[word] = token.content
    return found


def expected(vault: Written, word: str, now: str) -> str:
    """What the file says; when it is to be recorded, what is so now."""
    if RECORD and vault.told[word] != now:
        old, new = f"````{word}\n{vault.told[word]}````", f"````{word}\n{now}````"
        vault.file.write_text(vault.file.read_text("utf-8").replace(old, new), "utf-8")
        return now
    return vault.told[word]


def git(root: Path, *arguments: str) -> str:
    who = [
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.org",
        "-c",
        "core.quotepath=off",
        "-c",
        "core.autocrlf=false",
    ]
    command = ["git", *who, *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True, encoding="utf-8").stdout


def put(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())


def made(root: Path, name: str) -> Path:
    """The vault of a file, in git."""
    root.mkdir(exist_ok=True)
    put(root, written(name).files)
    git(root, "init", "-q")
    commit(root)
    return root


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all", "--no-gpg-sign", "--allow-empty")


def grown(root: Path, name: str) -> Path:
    """The same with its new raw file ingested."""
    made(root, name)
    put(root, written(name).new)
    commit(root)
    assert karpwiki(root, "ingest", "--model", "excerpt", *written(name).new) == 0
    return root


def findings(root: Path) -> str:
    """What lint finds, one a line, as it is shown."""
    from karpwiki.proof import proof

    found = proof(root, Choice(), "", False)[0].findings
    return "".join(f"{f.severity} {f.path}:{f.line} {f.name}: {f.message}\n" for f in found)


def off(root: Path) -> str:
    """Rules that are off since this is not karpwiki's vault."""
    found = lint(read_wiki(root), read_settings(root)).off
    return "".join(f"{name}: {why}\n" for name, why in found if why not in OFF.values())


def diff(root: Path) -> str:
    """What changed in the files that were there, but for state comments, and which files are new."""
    lines = git(root, "diff", "-U1").split("\n")
    kept = [x for x in lines if not x.startswith(("diff ", "index ", "--- ")) and not _STATE.match(x)]
    new = git(root, "ls-files", "--others", "--exclude-standard").split("\n")
    return "\n".join([line.rstrip() for line in kept if line] + [f"new {path}" for path in new if path]) + "\n"


def everything(root: Path) -> dict[str, bytes]:
    """Every file of a vault but karpwiki's own and git's."""
    files = (p for p in root.rglob("*") if p.is_file())
    found = {p.relative_to(root).as_posix(): p.read_bytes() for p in files}
    return {path: data for path, data in found.items() if not path.startswith((".git/", ".karpwiki/"))}


@pytest.mark.parametrize("name", VAULTS)
def test_lint_finds_what_is_planted_and_nothing_else(tmp_path: Path, name: str) -> None:
    root, vault = made(tmp_path / "vault", name), written(name)
    assert findings(root) == expected(vault, "findings", findings(root))
    assert vault.told["findings"] or RECORD
    assert off(root) == expected(written(name), "off", off(root))


@pytest.mark.parametrize("name", VAULTS)
def test_opening_and_an_ingest_of_nothing_new_leave_git_clean(tmp_path: Path, name: str) -> None:
    root = made(tmp_path / "vault", name)
    before = everything(root)
    karpwiki(root, "lint")
    assert karpwiki(root, "status") == 0
    assert karpwiki(root, "ingest") == (2 if name == FLAT else 0)
    assert karpwiki(root, "compile") == (2 if name == FLAT else 0)
    assert everything(root) == before and git(root, "status", "--porcelain") == ""


@pytest.mark.parametrize("name", [name for name in VAULTS if name != FLAT])
def test_one_new_source_adds_its_page_statements_rows_and_an_entry(tmp_path: Path, name: str) -> None:
    root, vault = grown(tmp_path / "vault", name), written(name)
    assert diff(root) == expected(vault, "diff", diff(root))
    deleted = [line for line in git(root, "diff", "--numstat").split("\n") if line and line.split("\t")[1] != "0"]
    assert not deleted, "no line of a person's is changed"
    added = [line for line in git(root, "diff").split("\n") if line.startswith("+")]
    assert sum(bool(re.match(r"\+(## \[|- )2026-11-21.*ingest \|", line)) for line in added) <= 1
    assert findings(root) == written(name).told["findings"].replace("index.md:8", "index.md:9")
    after = everything(root)
    assert karpwiki(root, "ingest") == 0 and karpwiki(root, "compile") == 0 and everything(root) == after


@pytest.mark.parametrize("name", [name for name in VAULTS if name != FLAT])
def test_undo_and_retract_leave_what_a_person_wrote_byte_for_byte(tmp_path: Path, name: str) -> None:
    root, vault = grown(tmp_path / "vault", name), written(name)
    before = {path: text.encode() for path, text in {**vault.files, **vault.new}.items()}
    log = next((path for path in before if path.casefold().endswith("/log.md")), "wiki/log.md")
    assert karpwiki(root, "undo") == 0
    after = everything(root)
    assert {**after, log: b""} == {**before, log: b""}
    assert karpwiki(root, "ingest", *vault.new) == 0
    assert karpwiki(root, "retract", *vault.new, "--yes") == 0
    after = everything(root)
    after.pop(".karpignore")
    # A section that was made for the first page of its kind stays, empty: it may be a person's by now.
    index = "wiki/index.md" if "\n+## Sources" in vault.told["diff"] else log
    assert {**after, log: b"", index: b""} == {**before, log: b"", index: b""}


LUHMANN = "wiki/entities/niklas-luhmann.md"


def edit(root: Path, path: str, old: str, new: str) -> None:
    text = (root / path).read_text("utf-8")
    assert old in text
    (root / path).write_bytes(text.replace(old, new, 1).encode())


def test_what_a_person_changes_on_such_a_page_stays_above_the_mark_and_below(tmp_path: Path) -> None:
    root = grown(tmp_path / "vault", "six-keys")
    edit(root, LUHMANN, "A sociologist. He", "A sociologist from Lüneburg.\nHe")
    edit(root, LUHMANN, "title: Niklas Luhmann", "title: Niklas Luhmann # as on his books\nrank: 1")
    edit(root, LUHMANN, "books and 400 articles.[^", "books, mostly thick ones, and 400 articles.[^")
    edit(root, LUHMANN, "\n### Luhmann at work\n", "\nMy own line below the mark.\n\n### Luhmann at work\n")
    edit(root, LUHMANN, "the second box", "the third box")
    put(root, {"raw/2026/more.md": "# More\n\n" + "Niklas Luhmann read law. Niklas Luhmann met few people. " * 1})
    mine = (root / LUHMANN).read_text("utf-8").partition("[^ksg8d5q9]:")[0]
    assert karpwiki(root, "ingest", "raw/2026/more.md") == 0
    assert karpwiki(root, "compile", "--all") == 0
    text = (root / LUHMANN).read_text("utf-8")
    head, _, below = text.partition(START)
    assert head == mine.partition(START)[0] and "rank: 1" in head
    assert "books, mostly thick ones, and" in below and "\n\nMy own line below the mark.\n\n" in below
    assert text.endswith("## Notes\n\n- ask the archive about the third box\n")


def test_a_page_whose_mark_a_person_took_out_is_a_persons_still(tmp_path: Path) -> None:
    root = grown(tmp_path / "vault", "other-keys")
    path = "wiki/people/hermann-ebbinghaus.md"
    edit(root, path, f"{START}\n\n", "")
    head = (root / path).read_text("utf-8").partition("## Added")[0]
    assert karpwiki(root, "compile", "--all") == 0
    text = (root / path).read_text("utf-8")
    assert text.startswith(head) and "\nupdated:" not in text and text.count("## Added from sources") == 1
    after = everything(root)
    assert karpwiki(root, "compile") == 0 and everything(root) == after


@pytest.mark.parametrize(
    ("path", "head"),
    [
        ("wiki/entities/sociologist.md", "---\ntitle: Niklas Luhmann\n---\n"),
        ("wiki/entities/niklas-luhmann.md", "---\ntitle: The man with the box\n---\n"),
        ("wiki/entities/NiklasLuhmann.md", "---\ntitle: The man with the box\n---\n"),
        ("wiki/people/nl.md", "---\ntitle: The man with the box\naliases: [Luhmann, Niklas luhmann]\n---\n"),
        ("wiki/people/nl.md", "---\ntitle: The man with the box\nalso_known_as: [Niklas-Luhmann]\n---\n"),
        ("wiki/nl.md", "# Niklas Luhmann\n"),
    ],
)
def test_pages_are_found_by_title_file_alias_and_heading(tmp_path: Path, path: str, head: str) -> None:
    words = f"{head}\nWords of mine.\n"
    others = {f"wiki/entities/{n}.md": f"---\ntitle: {n}\nalso_known_as: [{n}{n}]\n---\n" for n in ("AbcDef", "GhiJkl")}
    put(tmp_path, {**written("six-keys").new, path: words, **(others if "also" in head or "N" in path else {})})
    assert karpwiki(tmp_path, "ingest", "--model", "excerpt") == 0
    assert (tmp_path / path).read_text("utf-8").startswith(words)
    assert "Niklas Luhmann wrote 70 books" in (tmp_path / path).read_text("utf-8")
    pages = [page for page in read_wiki(tmp_path).pages if "luhmann" in page.lower() and "/sources/" not in page]
    assert set(pages) <= {path}


def test_a_name_of_two_pages_is_neither_ones(tmp_path: Path) -> None:
    pages = {f"wiki/entities/{n}.md": f"---\ntitle: {n}\naliases: [Niklas Luhmann]\n---\n" for n in ("a", "b")}
    put(tmp_path, {**written("six-keys").new, **pages})
    assert karpwiki(tmp_path, "ingest", "--model", "excerpt") == 0
    assert {path: (tmp_path / path).read_text("utf-8") for path in pages} == pages
    assert (tmp_path / LUHMANN).exists()


def test_a_subject_with_claims_enough_has_a_page_where_such_pages_stand(tmp_path: Path) -> None:
    root = made(tmp_path / "vault", "other-keys")
    claims = " ".join(f"Piotr Wozniak wrote version {n} of SuperMemo in {1980 + n}." for n in range(5, 9))
    put(root, {"raw/memory/supermemo.md": f"# SuperMemo\n\n{claims}\n"})
    assert karpwiki(root, "ingest", "--model", "excerpt", "raw/memory/supermemo.md") == 0
    assert (root / "wiki/people/piotr-wozniak.md").exists()
    assert "\n- [[piotr-wozniak|Piotr Wozniak]] - Piotr Wozniak wrote" in (root / "wiki/index.md").read_text("utf-8")
    assert karpwiki(root, "retract", "raw/memory/supermemo.md", "--yes") == 0
    assert not (root / "wiki/people/piotr-wozniak.md").exists()
    assert (root / "wiki/index.md").read_text("utf-8") == written("other-keys").files["wiki/index.md"]


def test_what_is_added_to_a_page_by_hand_is_proved_whatever_that_page_cites(tmp_path: Path) -> None:
    root = tmp_path / "vault"
    root.mkdir()
    (root / "karpwiki.toml").write_text("")
    put(root, {f"wiki/P{n}.md": f"# P{n}\n\nWords.[^1]\n\n[^1]: Ahrens, p. {n}.\n" for n in range(3)})
    put(root, {"wiki/Slip Box.md": "# Slip Box\n\nMine.[^smithson]\n\n[^smithson]: A friend.\n"})
    put(root, {"raw/a.md": "# Notes\n\nThe Slip Box held 90,000 notes. The Slip Box is a set of wooden drawers.\n"})
    assert karpwiki(root, "ingest", "--model", "excerpt") == 0
    assert "quote-not-in-raw" in off(root) and "error" not in findings(root)
    edit(root, "wiki/Slip Box.md", "“The Slip Box held 90,000", "“The Slip Box held 70,000")
    assert {"quote-not-in-raw", "claim-id-mismatch"} <= set(
        re.findall(r"error wiki/Slip Box.md:\d+ ([a-z-]+):", findings(root))
    )


def test_rules_apply_page_by_page_where_both_write(tmp_path: Path) -> None:
    """On karpwiki's pages every rule is on; on a person's, those of their dialect."""
    root = grown(tmp_path / "vault", "no-frontmatter")
    before = findings(root)
    edit(root, "wiki/calvel.md", "“Raymond Calvel named the autolyse", "“Raymond Calvel invented the autolyse")
    edit(root, "wiki/calvel.md", "\nupdated: ", "\nupdate: ")
    put(root, {"wiki/levain.md": "# Levain\n\n**Sources**: raw/sourdough.txt\n\nSee [[starter]] and [[crust]].\n"})
    new = [line for line in findings(root).split("\n") if line not in before.split("\n")]
    assert {line.split()[1].partition(":")[0] + " " + line.split()[2] for line in new} >= {
        "wiki/calvel.md quote-not-in-raw:", "wiki/calvel.md claim-id-mismatch:", "wiki/calvel.md missing-field:",
        "wiki/levain.md broken-link:", "wiki/levain.md orphan-page:",
    }  # fmt: skip
    assert not any("levain.md" in line and "missing-field" in line for line in new)
    assert karpwiki(root, "lint", "--heal") == 1
    assert "Raymond Calvel named" in (root / "wiki/calvel.md").read_text("utf-8")


def test_two_branches_that_add_to_one_page_by_hand_become_one(tmp_path: Path) -> None:
    root = made(tmp_path / "vault", "six-keys")
    put(root, {".gitattributes": "wiki/log.md merge=union\nwiki/index.md merge=union\n"})
    life = "Niklas Luhmann was born in 1927. Niklas Luhmann studied law. Niklas Luhmann wrote on trust in 1968."
    put(root, {**written("six-keys").new, "raw/2026/life.md": f"# A life\n\n{life}\n"})
    commit(root)
    for branch, raw in (("one", "raw/2026/luhmann.md"), ("two", "raw/2026/life.md")):
        git(root, "checkout", "-q", "-b", branch, "HEAD" if branch == "one" else "HEAD~1")
        assert karpwiki(root, "ingest", "--model", "excerpt", raw) == 0
        commit(root)
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@e.org", "merge", "-q", "one"], cwd=root, check=False
    )
    assert "<<<<<<<" in (root / LUHMANN).read_text("utf-8")
    assert karpwiki(root, "compile", "--model", "excerpt") == 0
    text = (root / LUHMANN).read_text("utf-8")
    words = written("six-keys").files[LUHMANN]
    assert text.startswith(words.partition("## Notes")[0]) and text.endswith(
        "## Notes" + words.partition("## Notes")[2]
    )
    assert "wrote 70 books" in text and "born in 1927" in text and "<<<<<<<" not in text
    index = (root / "wiki/index.md").read_text("utf-8")
    assert "[[luhmann-at-work]]" in index and "[[a-life]]" in index
    assert findings(root) == written("six-keys").told["findings"]


@pytest.mark.parametrize(
    "arguments", [("ingest",), ("ingest", "--dry-run"), ("compile",), ("undo",), ("init",), ("lint", "--heal")]
)
def test_a_wiki_at_the_root_is_read_and_not_written(
    tmp_path: Path, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    root = made(tmp_path / "vault", FLAT)
    before = everything(root)
    assert karpwiki(root, *arguments) == 2
    said = capsys.readouterr().err
    assert "stand beside raw/, not in wiki/" in said and "git mv" in said
    assert everything(root) == before and not (root / ".karpwiki").exists()


def test_what_lint_says_of_a_wiki_at_the_root_is_where_it_is_on_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = made(tmp_path / "vault", FLAT)
    assert karpwiki(root, "lint", "--format", "github") == 1
    assert "file=concepts/waggle-dance.md,line=12" in capsys.readouterr().out
    edit(root, "entities/karl-von-frisch.md", "He decoded", "See [[nobody]]. He decoded")
    assert karpwiki(root, "lint", "--diff", "HEAD") == 1
    said = capsys.readouterr().out
    assert "entities/karl-von-frisch.md" in said and "waggle-dance.md" not in said
    for name in ("node_modules/x.md", "CHANGELOG.md", "raw/notes/y.md", "scripts/z.md"):
        put(root, {name: "[[nothing]]\n"})
    assert "nothing" not in findings(root)


# Detection


def pages(root: Path, texts: dict[str, str]) -> Dialect:
    put(root, {"wiki/index.md": "# Index\n", **texts})
    return read_wiki(root).dialect


def test_one_page_or_a_small_majority_is_no_dialect(tmp_path: Path) -> None:
    ours = "---\ntitle: {0}\ntype: concept\ncreated: 2026-01-01\nupdated: 2026-01-01\nsources: []\ntags: []\n---\n"
    theirs = ours.replace("updated", "last_updated").replace("type", "page_type")
    one = {f"wiki/concepts/{n}.md": (ours if n else theirs).format(n) for n in range(2)}
    assert pages(tmp_path / "one", one).keys == {}
    half = {f"wiki/concepts/{n}.md": (ours if n % 2 else theirs).format(n) for n in range(8)}
    assert pages(tmp_path / "half", half).keys == {}
    most = {f"wiki/concepts/{n}.md": (theirs if n % 3 else ours).format(n) for n in range(9)}
    found = pages(tmp_path / "most", most)
    assert found.keys == {"last_updated": "updated", "page_type": "type"} and "keys" in dict(found.told)


@pytest.mark.parametrize("name", VAULTS)
def test_a_dialect_is_the_same_in_any_order_and_reading_changes_no_text(tmp_path: Path, name: str) -> None:
    root = made(tmp_path / "vault", name)
    wiki = read_wiki(root)
    for seed in range(5):
        shuffled = list(wiki.pages.items())
        random.Random(seed).shuffle(shuffled)
        parsed = {path: markdown.parse(path, page.text) for path, page in shuffled}
        assert detect(parsed, (*wiki.other, *wiki.aside), {}) == wiki.dialect
    for path, page in wiki.pages.items():
        file = root / (path.removeprefix("wiki/") if name == FLAT else path)
        assert page.text == file.read_text("utf-8")


def test_pages_of_karpwiki_have_no_vote(tmp_path: Path) -> None:
    root = make(
        tmp_path / "vault", documents("notes/zettelkasten.md", "notes/memex-and-trails.md"), 'language = "en"\n'
    )
    assert karpwiki(root, "ingest") == 0
    assert read_wiki(root).dialect == OURS
    put(root, {"wiki/mine/a.md": "# A\n\nSee [b](b.md).\n", "wiki/mine/b.md": "# B\n\nSee [a](a.md).\n"})
    found = read_wiki(root).dialect
    assert found.of("frontmatter") == "none" and found.style == "" and found.of("index") == "karpwiki"
    before = everything(root)
    assert karpwiki(root, "compile") == 0 and everything(root) == before, "what a person adds moves none of our pages"


def test_what_names_raw_files_in_any_marks_is_told(tmp_path: Path) -> None:
    for place in ('"my file.md"', "`x`", "|x", "#todo", "a.md"):
        texts = {f"wiki/{n}.md": f"# {n}\n\nWords.^[raw/{place}]\n" for n in "abc"}
        assert seen(texts).dialect.of("citations") == "inline", place


def test_the_language_is_told_by_pages_with_words(tmp_path: Path) -> None:
    words = "# A\n\nThis is the beginning of a page that is in English as well.\n"
    texts = {f"wiki/{n:03}{x}.md": words if x == "z" else "# A\n\n| a |\n| - |\n" for n in range(120) for x in "az"}
    assert seen(texts).dialect.language == "en"


def test_a_silence_of_no_use_is_told_where_the_rule_is_off(tmp_path: Path) -> None:
    text = "# {0}\n\nSee [a](a.md), [b](b.md) and [c](c.md). <!-- karpwiki: allow ambiguous-link -->\n"
    (tmp_path / "karpwiki.toml").write_text("")
    put(tmp_path, {f"wiki/{n}.md": text.format(n) for n in "abc"})
    assert "ambiguous-link" in off(tmp_path)
    assert findings(tmp_path).count("unused-allow") == 3


def test_rows_of_an_index_that_is_not_there(tmp_path: Path) -> None:
    root = grown(tmp_path / "vault", "six-keys")
    (root / "wiki/index.md").unlink()
    (root / "karpwiki.toml").write_text('[dialect]\nindex = "rows"\n')
    assert karpwiki(root, "lint") in (0, 1) and karpwiki(root, "compile") == 0
    assert not (root / "wiki/index.md").exists()


def test_the_settings_say_better(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = made(tmp_path / "vault", "other-keys")
    said = '[dialect]\nlog = "last"\nraw = "ingest"\n\n[dialect.keys]\nlast_updated = "updated"\n'
    put(root, {"karpwiki.toml": said})
    found = read_wiki(root).dialect
    assert found.of("log") == "last" and found.keys == {"last_updated": "updated"}
    assert read_wiki(root).read == frozenset()
    for bad, why in (
        ('log = "middle"', "it is one of last, first"),
        ('weather = "fine"', "unknown word 'weather'"),
        ("keys = 3", "[dialect.keys] is a table of texts"),
        ('folders = {concept = "../x"}', "folders below wiki/"),
        ('keys = {x = "nothing"}', "'nothing' is no key"),
    ):
        put(root, {"karpwiki.toml": f"[dialect]\n{bad}\n"})
        assert karpwiki(root, "lint") == 2
        assert why in capsys.readouterr().err


def test_what_a_dialect_puts_off_are_rules(tmp_path: Path) -> None:
    known = {rule.NAME for rule in every()}
    for trait in TRAITS.values():
        for value, (rules, why) in trait.off.items():
            assert value in trait.values[1:] and set(rules) <= known and why


@pytest.mark.parametrize(
    ("log", "first"),
    [
        ("# Log\n\n## [2026-01-02] x | b\n\n## [2026-01-01] x | a\n", True),
        ("# Log\n\n## [2026-01-01] x | a\n\n## [2026-01-02] x | b\n", False),
        ("# Log\n\nNewest first.\n\n## [2026-01-01] x | a\n", True),
        ("# 日志\n\n最新的在前。\n\n- 2026-01-01：a\n", True),
        ("# Log\n\n## [2026-01-01] x | a\n", False),
        ("", False),
    ],
)
def test_a_log_goes_on_at_its_own_end(log: str, first: bool) -> None:
    assert newest_first(log) is first
    entries = [LogEntry("ingest", "One", (("Note", "n"),)), LogEntry("compile", "Two", ())]
    now = on_top(log.encode(), entries, date(2026, 11, 21)).decode()
    left = list(now)
    assert all(c in left and (left.remove(c) or True) for c in log), "nothing of the log is lost"
    one, two = now.index("ingest | One"), now.index("compile | Two")
    assert two < one < (now.index("x | ") if "x | " in now else len(now))


@pytest.mark.parametrize("what", ["commit", "undo"])
def test_a_log_with_the_newest_entry_on_top_is_whole_wherever_a_write_stops(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "system", QUICK)
    log = "# Log\n\nNewest first.\n\n## 2026-01-02 b\n\n## 2026-01-01 a\n"
    entry = "## [2026-11-21] ingest | One\n\n- Note: n\n\n"
    back = "## [2026-11-21] undo | One\n\n- Note: ingest taken back, 1 file as before\n\n"
    one = log.replace("## 2026-01-02", entry + "## 2026-01-02")
    states = [("", log), ("new\n", one), ("", one.replace(entry, back + entry))]
    first, last = (states[0], states[1]) if what == "commit" else (states[1], states[2])
    n, ends = 0, list[bool]()
    while True:
        root, faulty = tmp_path / str(n), Faulty(n, "kill")
        put(root, {"wiki/log.md": log})
        changes = ChangeSet((Edit("wiki/a.md", "new\n", None),), (LogEntry("ingest", "One", (("Note", "n"),)),))
        steps = [lambda root=root, changes=changes: write.commit(root, changes), lambda root=root: undo.undo(root)]
        with write.lock(root):
            if what == "undo":
                steps.pop(0)()
            with faulty, suppress(Killed):
                steps[0]()
            write.recover(root)
        page = root / "wiki/a.md"
        found = (page.read_text("utf-8") if page.exists() else "", (root / "wiki/log.md").read_text("utf-8"))
        assert found in (first, last)
        ends.append(found == last)
        if not faulty.hit:
            break
        n += 1
    assert ends == sorted(ends) and {*ends} == {False, True}


# Anything that a person may have written

LINES = st.sampled_from(
    """# Index
## Sources
## Concepts
### 概念

| Page | Summary |
|---|---|
| --- | :-: |
| [[a]] | one \\| two |
| [[b|B]] | |
|[[a]]|x|
| | |
- [[a]] — one
- [[b|B]]: two
* [B](concepts/b.md)
1. [[a]]
2. [[concepts/b|B]] - x
  - [[a]]
  goes on
goes on
```
~~~
<div>
</div>
> - [[a]]
    - [[a]]
---
tags: [x]
<!-- c
-->
[[a]] and [[b]]
- nothing
- [ ] [[a]]
| [[new|
- [[nobody]]""".split("\n")
)
PAGES = {f"wiki/concepts/{n}.md": f"---\ntitle: {n.upper()}\ntype: concept\n---\n# {n}\n" for n in "ab"}


def seen(texts: dict[str, str]) -> Wiki:
    return in_dialect(Wiki(Path("x"), {path: markdown.parse(path, text) for path, text in texts.items()}), Settings())


def left_out(text: str, of: str) -> list[str]:
    """The lines of a text that another does not have, in their order."""
    rest = iter(of.split("\n"))
    return [line for line in text.rstrip("\n").split("\n") if line not in rest]


@given(
    st.lists(LINES, max_size=14),
    st.sampled_from(["", "relative", "path"]),
    st.sampled_from(["Plain", "A | B", "[x] `y`"]),
)
def test_rows_are_added_to_any_index_once_and_nothing_is_lost(lines: list[str], style: str, title: str) -> None:
    text = "\n".join(lines) + "\n"
    entries = [
        Entry("wiki/sources/new.md", title, "source-summary", "Sources", "Says | much", "2026-11-21"),
        Entry("wiki/concepts/c.md", title, "concept", "Concepts", "", "2026-11-21", "", "2"),
    ]
    find = resolver([*PAGES, "wiki/index.md", *(e.path for e in entries)])
    before = seen({**PAGES, "wiki/index.md": text})
    once = with_rows(before.pages["wiki/index.md"], entries, before, (), find, style)
    assert not left_out(text, once)
    after = seen({**PAGES, "wiki/index.md": once})
    assert with_rows(after.pages["wiki/index.md"], entries, after, (), find, style) == once
    gone = with_rows(after.pages["wiki/index.md"], (), after, {e.path for e in entries}, find, style)
    assert not left_out(text, gone)


WORDS = [
    "raw/",
    " ",
    "\n",
    "^[raw/x.md]",
    "---\n",
    "page_type: person\n",
    "type: [a]\n",
    "sources: 3\n",
    "source_file: \n",
    "[[en/a]]",
]
WORDS += [
    "[x](../a.md)",
    "**Sources**: raw/ ",
    "## [2026-01-01] x | y\n",
    "- 2026-02-02 x\n",
    "aliases: [a, 1]\n",
    "# A\n",
    "[^src-a]",
    "```\n",
]
WORDS += ["<!-- karpwiki 1\nat wiki/a.md\n-->\n", START, "title: {}\n", "甲", "## Notes\n"]
TEXTS = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(WORDS), max_size=12).map("".join))


@given(
    st.dictionaries(
        st.sampled_from(["a", "B C", "DeF", "index", "log", "raw/x", "sources/y", "archive/y", "概念/甲"]), TEXTS
    )
)
def test_any_pages_are_read(texts: dict[str, str]) -> None:
    wiki = seen({f"wiki/{name}.md": text for name, text in texts.items()})
    assert all(wiki.pages[path].text == markdown.parse(path, page.text).text for path, page in wiki.pages.items())
    assert len(lint(wiki, Settings()).off) <= len(every()) and wiki.read == frozenset()
    assert {d.value for d in standing(wiki, Settings()) if d.relation == "path"} <= set(wiki.pages)
    assert all(line.isprintable() for _, line in wiki.dialect.told)


@given(st.lists(LINES, max_size=12), st.sampled_from(["", "\n## Notes\n\nmine\n", "\n## Notes\n"]), st.booleans())
def test_a_page_by_hand_comes_back_whatever_is_added(lines: list[str], notes: str, ends: bool) -> None:
    text = "\n".join(["words", *lines]) + "\n" * ends + notes
    page = markdown.parse("wiki/a.md", text)
    state = f"<!-- karpwiki 1\nat wiki/a.md\nblocks {markdown.block_hash('A claim.[^k3f9a1cq]')}\n-->\n"
    part = f"{ADDED}\n\nA claim.[^k3f9a1cq]\n\n[^k3f9a1cq]: x\n\n{state}{page.notes and chr(10) + page.notes}"
    made = markdown.parse("wiki/a.md", joined(page, part))
    assert made.text.startswith(page.text.removesuffix(page.notes) if page.notes else page.text)
    if is_guest(made) and made.blocks and any(b.text == "A claim.[^k3f9a1cq]" for b in added(made)):
        # A blank line before the notes is all that may be left.
        assert re.sub("\n+## N", "\n## N", alone(made)).rstrip("\n") == re.sub("\n+## N", "\n## N", page.text).rstrip(
            "\n"
        )
        assert joined(made, part) == made.text


@pytest.mark.parametrize("end", ["```\ncode\n", "<!-- a comment\n", "<div>\n", "~~~\n", "<pre>\n\nx\n"])
def test_a_page_that_ends_in_an_open_block_is_left_alone(tmp_path: Path, end: str) -> None:
    words = f"# Niklas Luhmann\n\n{end}"
    put(tmp_path, {**written("six-keys").new, LUHMANN: words})
    assert karpwiki(tmp_path, "ingest", "--model", "excerpt") == 0
    text = (tmp_path / LUHMANN).read_text("utf-8")
    assert text.startswith(words)
    assert text == words or "Niklas Luhmann wrote 70 books" in "".join(b.text for b in markdown.parse("x", text).blocks)
    after = everything(tmp_path)
    assert karpwiki(tmp_path, "compile") == 0 and everything(tmp_path) == after


def test_pages_by_hand_are_renamed_and_joined_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = grown(tmp_path / "vault", "chinese")
    before = everything(root)
    assert karpwiki(root, "rename", "卡片盒", "纸片盒") == 2
    assert "wiki/concepts/卡片盒.md is by hand" in capsys.readouterr().err
    assert karpwiki(root, "merge", "卡片盒", "尼克拉斯·卢曼") == 2
    assert "are both by hand" in capsys.readouterr().err
    assert everything(root) == before
    old, new = root / "wiki/concepts/卡片盒.md", root / "wiki/methods/纸片盒.md"
    new.parent.mkdir()
    old.rename(new)
    edit(root, "wiki/methods/纸片盒.md", "title: 卡片盒\n", "title: 纸片盒\n")
    edit(root, "wiki/methods/纸片盒.md", "aliases: [", "aliases: [卡片盒, ")
    mine = new.read_text("utf-8").partition(START)[0]
    assert karpwiki(root, "compile") == 0
    assert new.read_text("utf-8").startswith(mine) and not old.exists()
    assert "[[纸片盒|卡片盒]]" in (root / "wiki/sources/zettelkasten.md").read_text("utf-8")


@pytest.mark.parametrize("name", [name for name in VAULTS if name != FLAT])
def test_healing_keeps_the_dialect(tmp_path: Path, name: str) -> None:
    root = grown(tmp_path / "vault", name)
    commit(root)
    before, dialect = findings(root), read_wiki(root).dialect
    assert karpwiki(root, "lint", "--heal") in (0, 1)
    assert read_wiki(root).dialect == dialect
    named = {line.split(" ")[1].partition(":")[0] for line in before.split("\n") if line}
    changed = {line.split("\t")[2] for line in git(root, "diff", "--numstat").split("\n") if line}
    assert changed <= named | {dialect.log}


def test_what_is_in_a_wiki_and_is_none_of_its_pages(tmp_path: Path) -> None:
    page = "---\ntitle: {0}\ntype: {1}\ncreated: 2026-01-01\nupdated: 2026-01-01\nsources: []\ntags: []\n---\n\n{2}\n"
    put(
        tmp_path,
        {
            "wiki/SCHEMA.md": "Link with [[page-name]].\n",
            "wiki/overview.md": "---\ntitle: Overview\ntype: overview\n---\n\nSee [[a]], and [[SCHEMA]] for how.\n",
            "wiki/concepts/a.md": page.format("Aha", "concept", "See [[b-vs-a]]."),
            "wiki/comparisons/b-vs-a.md": page.format("Boo against aha", "comparison", "See [[a]]."),
        },
    )
    assert findings(tmp_path) == ""


OURS_ENTRY = "## [2026-11-20] ingest | A\n\n- Summary: one\n\n"
MINE = "## 20 November\n\nWords of mine.\n\n"


@pytest.mark.parametrize(
    ("log", "foreign"),
    [
        ("# Log\n\n" + OURS_ENTRY, False),
        ("# Log\n\n" + OURS_ENTRY + MINE, False),
        ("# Log\n\n" + OURS_ENTRY.replace("one", "one\n- source: typo") + OURS_ENTRY * 3, False),
        ("# Log\n\n" + OURS_ENTRY + "### [2026-11-22] compile | Mine\n", False),
        (f"# Log\n\n{OURS_ENTRY}<<<<<<< HEAD\n{OURS_ENTRY}=======\n{OURS_ENTRY}>>>>>>> b\n", False),
        ("# Journal\n\n" + OURS_ENTRY * 3, False),
        ("# Log\n\n" + MINE + OURS_ENTRY * 5, True),
        ("# Log\n\n" + OURS_ENTRY.replace("- Summary: one", "I read it.") + OURS_ENTRY, True),
        ("# Journal\n\n" + OURS_ENTRY, True),
        ("# Log\n", False),
    ],
)
def test_the_oldest_entry_tells_whose_a_log_is(log: str, foreign: bool) -> None:
    assert is_foreign(log, False) == foreign
    head, *entries = re.split("(?m)^(?=## )", log)
    if "<<<" not in log and "###" not in log:
        assert is_foreign(head + "".join(reversed(entries)), True) == foreign
