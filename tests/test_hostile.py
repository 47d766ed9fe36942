"""A hostile vault lints within a minute and a gibibyte, without a network; none of it acts in a terminal or in CI."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import hostile
from karpwiki import extract, ground, members, resolve, vault
from karpwiki.findings import Choice
from karpwiki.ignore import ignored
from karpwiki.lint import lint
from karpwiki.markdown import parse
from karpwiki.names import parse_names
from karpwiki.nouns import Claim, Member, Name, Quote, Source
from karpwiki.rules import traces
from karpwiki.rules._evidence import read
from karpwiki.settings import Settings
from karpwiki.silence import silences
from karpwiki.sourcepage import parse_source
from karpwiki.wiki import Footnote, Page, RawFile

SECONDS, BYTES = 60, 1 << 30
CHILD = """
import atexit, os, resource, socket, sys
def blocked(*_, **__):
    raise OSError("the network is blocked")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = blocked
peak = 1 if sys.platform == "darwin" else 1024
atexit.register(lambda: open(os.environ["PEAK"], "w").write(
    str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * peak)))
from karpwiki.cli import run
sys.exit(run(sys.argv[1:]))
"""
"""A command in a process that cannot connect to anything and tells its peak memory."""
COLOUR = re.compile(rb"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: bytes
    err: bytes
    seconds: float
    peak: int

    @property
    def said(self) -> bytes:
        return self.out + self.err


def command(root: Path, *arguments: str, width: int = 0) -> Ran:
    """Run a command in a vault. `width`: under a pseudo-terminal of so many columns, with colour."""
    peak = root.parent / f"{root.name}.peak"
    environ = {n: v for n, v in os.environ.items() if not n.startswith(("ANTHROPIC_", "KARPWIKI_", "GITHUB_"))}
    environ |= {"PEAK": str(peak), "PYTHONPATH": os.pathsep.join(sys.path), "SOURCE_DATE_EPOCH": "1795219200"}
    environ |= {"COLUMNS": str(width), "FORCE_COLOR": "1", "TERM": "xterm-256color"} if width else {"COLUMNS": "80"}
    line, start = [sys.executable, "-c", CHILD, *arguments], time.monotonic()
    if width:
        code, out, err = *_in_terminal(line, root, environ), b""
    else:
        done = subprocess.run(line, cwd=root, env=environ, capture_output=True, timeout=SECONDS, check=False)
        code, out, err = done.returncode, done.stdout, done.stderr
    return Ran(code, out, err, time.monotonic() - start, int(peak.read_text()))


def _in_terminal(line: list[str], root: Path, environ: dict[str, str]) -> tuple[int, bytes]:
    """The exit code, and all that came to the terminal, its line ends as a program writes them."""
    ours, theirs = pty.openpty()
    said = b""
    with subprocess.Popen(line, cwd=root, env=environ, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        while select.select([ours], [], [], SECONDS)[0]:
            try:
                said += (read := os.read(ours, 65536))
            except OSError:  # Linux says so when the other end is closed
                break
            if not read:
                break
        os.close(ours)
        return process.wait(SECONDS), said.replace(b"\r\n", b"\n")


@contextmanager
def soon() -> Iterator[None]:
    """What runs in it fails when it takes more than a minute."""

    def ring(*_: object) -> None:
        raise AssertionError("it does not come to an end")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that is hostile."""
    return hostile.make(tmp_path_factory.mktemp("hostile") / "vault", 1_000)


@pytest.fixture(scope="module")
def readable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What of it code reads back and would write anew."""
    return hostile.make_readable(tmp_path_factory.mktemp("readable") / "vault", 3_000)


def unprinted(said: bytes) -> set[str]:
    """The characters of some output that act in a terminal or are not seen."""
    text = COLOUR.sub(b"", said).decode("utf-8")
    return {c for c in set(text) if c != "\n" and (unicodedata.category(c)[0] == "C" or c in "\u2028\u2029")}


def safe(ran: Ran) -> None:
    """What holds of every command."""
    assert ran.code in (0, 1, 2, 3, 5), ran.said[-2_000:].decode("utf-8", "replace")
    assert b"Traceback" not in ran.said
    assert ran.peak <= BYTES
    assert b"SECRET-OUTSIDE" not in ran.said and b"root:" not in ran.said


def test_lint_as_text(whole: Path) -> None:
    ran = command(whole, "lint")
    safe(ran)
    assert ran.code == 1
    assert unprinted(ran.said) == set(), unprinted(ran.said)
    found = {m[1].decode() for m in re.finditer(rb"^ +\d+  (?:error|warning|info) +([A-Z]\d{3}) ", ran.out, re.M)}
    assert found >= {
        "F001",
        "F004",
        "F005",
        "F006",
        "S001",
        "S002",
        "S003",
        "S004",
        "S005",
        "S007",
        "D001",
        "V001",
        "V003",
    }


def test_lint_in_a_narrow_terminal_with_colour(whole: Path) -> None:
    ran = command(whole, "lint", width=50)
    safe(ran)
    assert ran.code == 1
    assert unprinted(ran.said) == set(), unprinted(ran.said)


def test_no_line_of_annotations_begins_with_words_of_the_vault(whole: Path) -> None:
    ran = command(whole, "lint", "--format", "github")
    safe(ran)
    assert ran.code == 1
    assert unprinted(ran.said) == set(), unprinted(ran.said)
    *lines, last = ran.out.decode().removesuffix("\n").split("\n")
    where = r"file=[^:,]+,line=\d+(?:,col=\d+,endColumn=\d+)?"
    form = re.compile(rf"::(error|warning|notice) {where},title=[A-Z]\d{{3}} [a-z-]+::.+")
    assert lines and [line for line in lines if not form.fullmatch(line)] == []
    assert re.fullmatch(r"\d+ errors?, \d+ warnings?, \d+ hints? in \d+ pages?\..*", last)
    assert not [line for line in lines if "x%0A" in line], "a percent sign is encoded"
    assert [line for line in lines if "x%250A" in line and line.count("::") >= 2]


def test_lint_as_data(whole: Path) -> None:
    for form in ("json", "sarif"):
        ran = command(whole, "lint", "--format", form)
        safe(ran)
        assert ran.code == 1
        assert unprinted(ran.said) == set(), (form, unprinted(ran.said))
        data = json.loads(ran.out)
        assert data["findings"] if form == "json" else data["runs"][0]["results"]


def test_what_is_not_read_is_a_finding(whole: Path) -> None:
    ran = command(whole, "lint", "--json")
    told = {(f["path"].rpartition("/")[2], f["message"]) for f in json.loads(ran.out)["findings"]}
    for name, words in (
        ("huge.md", "larger than 32 MB"), ("many-lines.md", "more than 150,000 lines"), ("latin.md", "not UTF-8"),
        (".karpignore", "is no pattern"), ("merge-bomb.md", "anchors"), ("flow.md", "nested too deep"),
        ("tags.md", "YAML tags"), ("digits.md", "not in the form"),
    ):  # fmt: skip
        assert [m for n, m in told if n == name and words in m], name


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", "--json"), ("compile", "--dry-run"), ("ingest", "--dry-run"), ("lint", "--heal"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_other_commands(whole: Path, arguments: tuple[str, ...]) -> None:
    ran = command(whole, *arguments)
    safe(ran)
    assert unprinted(ran.said) == set(), unprinted(ran.said)


@pytest.mark.parametrize(
    "arguments",
    [
        ("compile", "--dry-run"), ("status",), ("lint", "--select", "L,F,G,C,I,D,S,V"),
        ("lint", "--heal", "--unsafe", "--dry-run"), ("lint", "--heal", "--unsafe"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_hostile_wiki_that_code_would_write_anew(readable: Path, arguments: tuple[str, ...]) -> None:
    ran = command(readable, *arguments)
    safe(ran)
    assert unprinted(ran.said) == set(), unprinted(ran.said)


# Each by itself, with more of it


@pytest.mark.parametrize("run", ["[[", "[a](", "[a ", "(hedged) ", " (as of a)", "**a "])
@pytest.mark.parametrize("tail", [False, True])
def test_the_words_of_a_claim(run: str, tail: bool) -> None:
    words = run * (200_000 // len(run))
    place = f"- w[^aaaaaaaa] · {words}" if tail else f"- {words}[^aaaaaaaa]"
    head = "---\ntitle: a\ntype: source-summary\nsources: [a.md]\nsha256: [aaaaaaaaaaaaaaaa]\n---\n\n## Claims\n\n"
    with soon():
        source, _ = parse_source(parse("wiki/sources/a.md", f"{head}{place}\n\n[^aaaaaaaa]: `a.md:1` “q”\n"))
    assert source and [c.id for c in source.claims] == ["aaaaaaaa"]


@pytest.mark.parametrize("run", [" = ", " “a", "” `a", " “a” `a:1", "`:1", " · a = b ("])
def test_the_words_of_a_footnote(run: str) -> None:
    words = run * (200_000 // len(run)) + "("
    head = "---\ntitle: a\ntype: source-summary\nsources: [a.md]\nsha256: [aaaaaaaaaaaaaaaa]\n---\n\n## Claims\n\n"
    with soon():
        parse_source(parse("wiki/sources/a.md", f"{head}- w[^aaaaaaaa]\n\n[^aaaaaaaa]: `a.md:1` “q” · a{words}\n"))
        assert read(Page("wiki/concepts/a.md", ""), Footnote("aaaaaaaa", f"[[s]]{words}", 1)) is None


def test_a_line_number_of_thousands_of_digits_is_none() -> None:
    head = "---\ntitle: a\ntype: source-summary\nsources: [a.md]\nsha256: [aaaaaaaaaaaaaaaa]\n---\n\n## Claims\n\n"
    page = parse("wiki/sources/a.md", f"{head}- w[^aaaaaaaa]\n\n[^aaaaaaaa]: `a.md:{'1' * 5_000}` “q”\n")
    source, _ = parse_source(page)
    assert source and source.claims == ()


def test_tables_silences_and_numerals() -> None:
    cells = "|a" * 20_000
    with soon():
        members.cells(f"{cells}|\n{cells}|\n" + "|b|\n" * 20_000)
        text = "<!-- karpwiki: allow x -->\n" * 40_000 + "<!-- karpwiki: allow x -->" * 20_000
        assert len(list(silences([Page("wiki/a.md", text)]))) == 60_000
        names = [f"Thing {n}" for n in range(2_000)]
        assert all(ground.missing_numbers("It has 7,654,321 parts.", ["q"], names) == ["7654321"] for _ in range(500))


def test_stars_of_karpignore() -> None:
    raw = {name: RawFile(name, Path(name), 1) for name in ("a" * 250, "a" * 249 + "b")}
    with soon():
        assert ignored("*a" * 60 + "b\n!\n[\n", raw) == ("a" * 249 + "b",)


def test_a_long_chain_of_names() -> None:
    lines = "".join(f"N{n} = N{n + 1}\n" for n in reversed(range(20_000)))
    claim = Claim("aaaaaaaa", "w", Quote("a.md", 1, "w"), ("N0",))
    source = Source((Member("a.md", ""),), "A", "2026-01-01", claims=(claim,), names=(Name("N0", "concept", ""),))
    with soon():
        names = resolve.resolve([source], parse_names(lines)[0], Settings())
    assert len(names.every) == 1 and len(names.every[0].names) == 20_001


def test_copies_of_a_source_page_and_a_source_that_is_no_text(tmp_path: Path) -> None:
    root = tmp_path / "vault"
    hostile.write(root / "raw/a.md", b"%PDF-1.7 words")
    sha = extract.sha256(b"%PDF-1.7 words")
    head = f"---\ntitle: a\ntype: source-summary\nsources: [a.md]\nsha256: [{sha}]\n---\n\n## Claims\n\n"
    for n in range(9):
        text = f"{head}- w[^aaaaaaaa]\n\n[^aaaaaaaa]: `a.md:1` “words”\n"
        hostile.write(root / f"wiki/sources/copy-{n}.md", text.encode())
    found = lint(vault.read_wiki(root), Settings()).findings
    assert sum("raw/a.md cannot be read as text" in f.message for f in found) == 9


def test_a_passage_that_is_too_long_to_be_checked_is_an_error(tmp_path: Path) -> None:
    root = tmp_path / "vault"
    hostile.write(root / "wiki/a.md", b"x " * 60_000 + b"![a](http://h.example/a.png)\n")
    hostile.write(root / "wiki/b.md", b"![a](data:image/png;base64," + b"QUJD" * 60_000 + b")\n")
    found = [f for f in lint(vault.read_wiki(root), Settings()).findings if f.name == "active-code"]
    assert [(f.path, f.severity) for f in found] == [("wiki/a.md", "error")]
    assert "too long, or has too many brackets" in found[0].message


@pytest.mark.parametrize("name", ["forbidden-scheme", "remote-image"])
def test_links_behind_a_flood_of_brackets_are_not_passed_over(tmp_path: Path, name: str) -> None:
    text = "# A\n\n" + "[" * 2_000 + "\n\n[x](javascript:alert) ![y](https://example.org/y.png)\n"
    hostile.write(tmp_path / "wiki/a.md", text.encode())
    found = lint(vault.read_wiki(tmp_path), Settings(), Choice(select=(name,))).findings
    assert any("too many brackets" in f.message and f.severity == "error" for f in found)


@pytest.mark.parametrize(
    "mark", ["`", "~", "<", "[", "]:", "(", "{", "|", "-", "_", "$=", "![", "` ", "<a ", "](", "&#"]
)
def test_a_page_of_one_mark_is_screened_by_every_rule(mark: str) -> None:
    """A pattern that begins anew at each mark, and runs to the last one, would take an hour."""
    traces(Page("wiki/concepts/a.md", f"# A\n\n{mark * 300_000}\n"))


def test_what_is_found_does_not_hang_on_the_order_of_hashes(tmp_path: Path) -> None:
    root = hostile.make(tmp_path / "vault", 300)
    for n in range(5):
        there, kind = ("concepts", "") if n < 2 else ("other", "type: concept\n")
        hostile.write(root / f"wiki/{there}/one-{n}.md", f"---\ntitle: One {n}\n{kind}---\n\n# One {n}\n".encode())
    hostile.write(root / "wiki/index.md", b"# Index\n\n## Concepts (999)\n\n- [[one-1]]\n- [[one-2]]\n- [[one-3]]\n")
    told = set()
    for seed in ("1", "2", "5"):
        lint = [sys.executable, "-m", "karpwiki", "lint", "--no-cache", "--format", "json"]
        done = subprocess.run(
            lint, cwd=root, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=False
        )
        assert done.returncode == 1 and done.stdout.count(b"\n") > 100
        told.add(done.stdout)
    assert len(told) == 1
