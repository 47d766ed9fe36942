"""A vault made by somebody who wants lint to crash, to hang, to fill the memory or to speak for him.

python tests/hostile.py FOLDER [SIZE]     # SIZE: characters of each long text, 30,000 by itself
"""

# ruff: noqa: E501  (rows of data)
from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

ESC, OSC, BIDI, TAG, ISOLATE = "\x1b[31;1m", "\x1b]8;;http://evil.example\x07", "\u202e", "\U000e0041", "\u2066"
EVIL = f"x%0A::error::y {ESC}{OSC}{BIDI}{TAG}{ISOLATE}\u2028\u2029\x85\x9b31m\x00\x08\u200b[red]z[/red] [/nope] ::set-output name=a::b"
"""Words that would act in a terminal, in a workflow, in rich."""
SIZE = 30_000
RUNS = (
    "[", "![", "[[", "[^", "](", "[a](", "[a](b \"", "[a](<b ", "[a][", "[a]: ", "[[a|", "[[a#", "<", "<a ", "<a b=\"",
    "</a", "<!-- a", "<!A ", "<?", "<![CDATA[", "`", "``a`", "`a` ", "*", "**a ", "*a _b ", "a**b", "_", "~~a", "\\",
    "&", "&#", "&amp;", "!", ":", "$", "==", "%%", "{{", "<% ", "(", "|", "\\|", "#", "> ", "- ", "1. ", "+ ", "\t",
    " ", "\u00a0", "\u2028", "\u0301", "\u200d", "x", "中", "(hedged) ", "^a ", "a,", "1,000", "一二三", "As an AI ",
    "TODO: add ", "“", "'", "\"", "hf_", "sk-ant-aaaa", "data:text/html", "<svg onload=", "12 pages, ",
    "<!-- karpwiki: allow broken-link -->",
)  # fmt: skip
"""What a line is made of."""
LINES = (
    "# a\n", "a\n===\n", "a\n\n", "- a\n", "1. a\n", "> a\n", "> - a\n", "- a\n  - b\n    - c\n", "- a\n\n  b\n\n",
    "|a|b|\n", "| a |\n| - |\n| b |\n\n", "    a\n", "```\n", "~~~\n", "<div>\n", "<a b\n", "<!--\n", "<?\n", "---\n",
    "a\\\n", "[a]: b\n", "[a]:\n", "[a]: b \"\n", "[^a]: b\n", "[^a]: b\n\n", "[\n", "`\n", "*\n", "[a](\n", "[[a]]\n",
    "![a](http://h.example/a.png)\n", "[a](javascript:b)\n", "<x-y:b>\n", "<svg onload=a>\n", "`$= a`\n",
    "> [!warning] Tension: a\n> [^a]\n\n", "<!-- karpwiki: allow broken-link -->\n", "<<<<<<< a\n", "=======\n",
    "<!-- karpwiki 1\n", "-->\n", "## Notes\n", "## Claims\n", "\n", "\t\n", "\r", "\x0b\n", "\u2028\n", "^a\n",
    "TODO: add \n\n", "As an AI language model, I \n\n", "-----BEGIN PRIVATE KEY-----\n", "3 sources, 4 pages\n",
)  # fmt: skip
"""What a page is made of."""
STATE = "<!-- karpwiki 1\nat wiki/concepts/{stem}.md\nfrom 0123456789abcdef\nby excerpt/0123\n-->\n"


def _head(title: str, kind: str = "concept", more: str = "") -> str:
    dates = "created: 2026-01-01\nupdated: 2026-01-01\n"
    return f"---\ntitle: {title}\ntype: {kind}\n{dates}sources: []\ntags: []\n{more}---\n\n# {title}\n\n"


def frontmatters(size: int) -> dict[str, str]:
    """Name → YAML between its fences."""
    n = size // 12
    merged = "".join(f"m{i}: &m{i}\n  <<: [{', '.join([f'*m{i - 1}'] * 9) if i else ''}]\n" for i in range(12))
    return {
        "merge-bomb": merged,
        "alias-bomb": "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]\n" for i in range(1, 12)),
        "flow": "title: " + "[" * 5_000,
        "maps": "title: " + "{a: " * 5_000,
        "block": "title:\n  " + "- " * 5_000 + "x",
        "integer": f"title: {'9' * 5_000}\ndate: {'9' * 5_000}\nfloat: 1e999999999",
        "twice": "".join(f"k{i}: a\n" for i in range(n)) * 2,
        "tags": "title: !!python/object/apply:os.system [ls]\n",
        "keys": "title: keys\ntype: concept\n" + "".join(f"k{i}: '`=a'\n" for i in range(n)),
        "list": f"title: list\ntype: concept\ntags: [{', '.join(f'A {i}' for i in range(n))}]\n",
        "aliases": f"title: aliases\ntype: concept\naliases: [{', '.join(f'A{i}' for i in range(n))}]\n",
        "title": f"title: {'<a b=' * n}\ntype: concept\n",
        "wrong": "title: 1\ntype: [concept]\ncreated: 2026-02-31\nupdated: {a: b}\nsources: no\ntags: 012\n",
        "unclosed": 'title: "' + "a" * size,
        "words": f'title: "{EVIL.encode("unicode_escape").decode()}"\ntype: "\\e[31m::error::"\n'.replace("\\x", "\\x"),
        "surrogate": 'title: "\\ud800 \\udc00"\ntype: concept\naliases: ["\\udfff"]\n',
        "anchors": "a: &b c\n" * n,
        "comments": "# a\n" * n,
        "executes": 'title: a\ntype: concept\nTQ_x: "`$= b`"\nx: "<script>"\ny: "javascript:z"\n',
    }  # fmt: skip


def claims(size: int) -> Iterator[tuple[str, str]]:
    """(stem, text) of pages that say that they are source pages: of claims that are long, many, or prove nothing."""
    n = size // 60
    sha = hashlib.sha256(_raw(size)).hexdigest()[:16]
    head = _head("{}", "source-summary", f"sha256: [{sha}]\n").replace("sources: []", "sources: [claimed.md]")
    for k, run in enumerate(("[[", "[a](", "**a ", "(hedged) ", " (as of a)", " · a", "[^a]", "\\")):
        words = run * (size // len(run))
        for place in (f"- {words}[^aaaaaaaa]", f"- w[^aaaaaaaa] · {words}"):
            note = "[^aaaaaaaa]: `claimed.md:1` “q”"
            yield f"words-{k}-{len(place) % 7}", head.format("a", "a") + f"## Claims\n\n{place}\n\n{note}\n"
    for k, run in enumerate((" = ", "=", " “", "”", "” `a", "`:1", ":1", " · also [[a]]", " · a = b (")):
        for m, note in enumerate(("`claimed.md:1` “q” · a", "`claimed.md:1` “", "`a", "[[a]]")):
            text = f"## Claims\n\n- w[^aaaaaaaa]\n\n[^aaaaaaaa]: {note}{run * (size // len(run))}(\n"
            kind = head if m < 3 else _head("{}")
            yield f"note-{k}-{m}", kind.format("a", "a") + text + "\n" + STATE.format(stem=f"note-{k}-{m}")
    digits = f"## Claims\n\n- w[^aaaaaaaa]\n\n[^aaaaaaaa]: `claimed.md:{'1' * 5_000}` “q”\n"
    yield "digits", head.format("a", "a") + digits
    for name, quote in (("near", "the quick brown fax {i} jumps over the lazy dogs"), ("same", "again and again"),
                        ("gone", "words that never stood anywhere, number {i}")):  # fmt: skip
        made = [(f"{i:08d}", quote.format(i=i)) for i in range(n)]
        items = "".join(f"- Claim {i}.[^{i}]\n" for i, _ in made)
        notes = "".join(f"[^{i}]: `claimed.md:1` “{q}”\n" for i, q in made)
        yield f"claims-{name}", f"{head.format(name, name)}## Claims\n\n{items}\n{notes}"
    cells = "a|" * (size // 6)
    yield (
        "columns",
        f"{head.format('a', 'a')}## Subjects\n\n|{cells}\n|{'-|' * (size // 6)}\n{'|b' * 10}\n" + "|b\n" * n,
    )


def compiled(size: int) -> Iterator[tuple[str, str]]:
    """(stem, text) of pages that say that karpwiki made them."""
    state = "<!-- karpwiki 1\nat wiki/concepts/x.md\n{}\n-->\n"
    many = " ".join(f"{i:08x}:aaaaaaaa" for i in range(size // 18))
    yield "many-hashes", _head("a") + "a\n\n" + state.format(f"blocks {many}")
    yield "long-state", _head("a") + "a\n\n" + state.format(f"by {'a' * size}")
    yield "open-state", _head("a") + "<!-- karpwiki 1\n" + "a b\n" * (size // 4)
    yield "by-hand", _head("a") + "a\n\nb\n\n" * (size // 6) + state.format("blocks 00000000")
    yield "cites", _head("a") + "".join(f"a[^g{i}] " for i in range(size // 12)) + "\n\n" + state.format("by a/b")
    yield "newer", _head("a") + "<!-- karpwiki 999999999\n-->\n"
    sides = "<<<<<<< a\n{}=======\n{}>>>>>>> b\n"
    yield "conflict", _head("a") + sides.format("x\n\n" * (size // 20), "y\n\n" * (size // 20)) + state.format("by a/b")
    yield "conflicts", _head("a") + sides.format("x\n\n", "y\n\n") * (size // 80) + state.format("by a/b")
    yield "conflict-open", _head("a") + "<<<<<<< a\n>>>>>>> b\n" + "<<<<<<< a\n" * (size // 40) + state.format("by a/b")
    yield "notes", _head("a") + state.format("by a/b") + "\n## Notes\n\n" + "a [[nowhere]]\n\n" * (size // 20)


def nested(size: int) -> Iterator[tuple[str, str]]:
    """(stem, text) of pages whose marks stand in each other, or grow."""
    for k, (a, b) in enumerate((("[", "]"), ("(", ")"), ("[[", "]]"), ("**", "**"), ("*a ", "b*"), ("[a](", ")"),
                                ("[", "](b)"), ("![", "](b)"), ("<a>", "</a>"), ("<!--", "-->"))):  # fmt: skip
        m = size // len(a + b)
        yield f"pairs-{k}", f"<b>\n\n{a * m}x{b * m}\n"
    root = int(size**0.5)
    yield "ticks", "".join("`" * i + " a" for i in range(1, root))
    yield "steps", "".join(" " * (2 * i) + "- a\n" for i in range(1, root))
    yield "quotes", "".join(">" * i + " a\n" for i in range(1, root))
    yield "deep-lines", ("> " * 100 + "a\n") * (size // 200)
    yield "deep-list", "- " * 100 + "a\n" + (" " * 200 + "b\n") * (size // 200)
    yield "wide", "|" + "a|" * (size // 6) + "\n|" + "-|" * (size // 6) + "\n|" + "b|" * (size // 6) + "\n"
    yield "long-row", f"| a |\n|---|\n| {'x' * size} |\n"
    yield (
        "references",
        "".join(f"[r{i}]: u{i}\n" for i in range(size // 30)) + "".join(f"[r{i}] " for i in range(size // 30)),
    )
    yield (
        "footnotes",
        "".join(f"a[^f{i}] " for i in range(size // 24)) + "\n\n" + "".join(f"[^f{i}]: w\n" for i in range(size // 24)),
    )
    yield "links", "".join(f"[[nowhere{i}]] " for i in range(size // 16))
    yield "anchors", "".join(f"[[links#h{i}]] " for i in range(size // 16))
    yield "cases", "".join(f"[[LINKS|{i}]] " for i in range(size // 16))
    yield "picture", f"![a](data:image/png;base64,{'QUJD' * size})\n"


def _raw(size: int) -> bytes:
    lines = [f"the quick brown fox {i} jumps over the lazy dog" for i in range(size // 60)]
    return ("again and again and again\n\n" * (size // 60) + "\n\n".join(lines) + "\n").encode()


def pages(size: int) -> Iterator[tuple[str, str]]:
    """(path below wiki/, text) of every page."""
    yield from ((f"concepts/run-{n}.md", f"<b>\n\n{run * (size // len(run.encode()))}\n") for n, run in enumerate(RUNS))
    yield from ((f"concepts/lines-{n}.md", line * (size // len(line.encode()))) for n, line in enumerate(LINES))
    yield from ((f"entities/{name}.md", f"---\n{text}\n---\n\nWords.\n") for name, text in frontmatters(size).items())
    yield from ((f"sources/{stem}.md", text) for stem, text in claims(size))
    yield from ((f"methods/{stem}.md", text) for stem, text in compiled(size))
    yield from ((f"answers/{stem}.md", text) for stem, text in nested(size))
    yield "log.md", "# Log\n\n" + f"## [2026-13-41] {EVIL}\n- {EVIL}\n## [2026-01-01] init | a\n" * (size // 300)
    yield (
        "index.md",
        "# Index\n\n"
        + "## Concepts (7)\n\n| a | b |\n|---|---|\n"
        + "".join(f"| [[r{i}]] | b |\n" for i in range(size // 16)),
    )
    yield "overview.md", "# Overview\n\n12 sources, 30 pages\n\n<<<<<<< a\n" + "x\n" * (size // 40) + ">>>>>>> b\n"
    for n in range(size // 150):
        yield (
            f"twins/{'Vector' if n % 2 else 'vectors'} Store{'s' * (n % 3)} {chr(97 + n % 26)}{n}.md",
            _head(
                f"The Vector Store{'s' * (n % 2)} ({'VS' if n % 5 else n})",
                more=f"aliases: [A{n % 9}, 'B, C{n % 7}']\n",
            )
            + "Vector store and VS.\n",
        )
    yield (
        "concepts/said.md",
        _head("Said") + f"[[{EVIL}]] [a]({EVIL}) <{EVIL}> [^{EVIL}] `$= {EVIL}` ![]({EVIL}) {EVIL}\n",
    )
    yield (
        "concepts/said-too.md",
        "\n".join(f"::error file=a::b\n::add-mask::x\n##[error]a\n[[::stop-commands::{n}]]" for n in range(9)),
    )
    yield "concepts/mixed.md", "\ufeff# a\r\nb\rc\n\r\nd\x00e\x1b[2J\u2028f\n"


NAMES = (
    "x%0A::error::y.md", f"{ESC}red.md", f"{OSC}link.md", f"{BIDI}gpj.md", f"{TAG}tag.md", "::error::a.md", "new\nline.md",
    "new\n::error::line.md", "cr\rname.md", "tab\tname.md", "CON.md", "aux.md", "dot..md", "space .md", "a:b.md", "a|b.md",
    "a\\b.md", "[[a]].md", "a#b.md", "[red]rich[/red].md", "-rf.md", "$(id).md", "`id`.md", "'q'\"d\".md", "n" * 252 + ".md",
    "软" * 84 + ".md", "Case.md", "case.md", "caf\u00e9.md", "cafe\u0301.md", "stra\u00dfe.md", "strasse.md", "\u0130.md", "i\u0307.md",
    "\u2028.md", "%00.md", "a\u200bb.md", "conflict (conflicted copy 2026-11-21).md", "~$a.md", "a (1).md",
)  # fmt: skip
"""Names of files; some systems do not take all of them."""


def write(file: Path | bytes, data: bytes) -> None:
    with suppress(OSError, ValueError):
        folder = os.path.dirname(file)  # noqa: PTH120  (bytes)
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        with open(file, "wb") as opened:  # noqa: PTH123
            opened.write(data)


def make(root: Path, size: int = SIZE) -> Path:
    """The vault in a folder that does not exist yet. What a file system does not take is left out."""
    for path, text in pages(size):
        write(root / "wiki" / path, text.encode("utf-8", "surrogatepass"))
    for folder in ("wiki/names", "raw/names"):
        for n, name in enumerate(NAMES):
            write(root / folder / name, f"# {n}\n\n[[{name.removesuffix('.md')}]]\n".encode("utf-8", "replace"))
        write(os.fsencode(root / folder) + b"/\xff\xfe\xc3(.md", b"# Latin\n")
        write(os.fsencode(root / folder) + b"/\xc3\x28\n::error::.md", b"# Latin\n")
    write(root / "raw/claimed.md", _raw(size))
    for name, data in raws(size).items():
        write(root / "raw" / name, data)
    for name, data in wrong_pages(size).items():
        write(root / "wiki/wrong" / name, data)
    _settings(root, size)
    _links(root)
    return root


def make_readable(root: Path, size: int = SIZE) -> Path:
    """The part of it that code reads back, so that it works out what it would write, and heals."""
    made = {**{f"sources/{stem}.md": text for stem, text in claims(size)}, **dict(pages(size))}
    whole = {path: text for path, text in made.items() if path.startswith(("sources/", "methods/", "concepts/said"))}
    for path, text in whole.items():
        if not any(word in path for word in ("newer", "conflict", "many-hashes")):
            write(root / "wiki" / path, text.encode("utf-8", "surrogatepass"))
    write(root / "raw/claimed.md", _raw(size))
    write(root / "names.txt", _names(size))
    write(root / "karpwiki.toml", b'language = "en"\n')
    return root


def raws(size: int) -> dict[str, bytes]:
    """Raw files that are no text, or too much of it."""
    return {
        "binary.md": b"\0\1\2" * 999, "pdf.md": b"%PDF-1.7\n\xff", "utf16.md": "\ufeffWords".encode("utf-16-le"),
        "latin.md": b"caf\xe9 \xff\xfe", "empty.md": b"", "line.md": b"x" * size, "runs.md": b"[" * size,
        "frontmatter.md": b"---\ntitle: " + b"[" * 5_000 + b"\n---\n", "esc.md": EVIL.encode(), "big.md": b"word " * 2_100_000,
        "deep/" * 60 + "deep.md": b"# Deep\n", "folder.md/inside.md": b"# Inside\n", "assets/a.png": b"\x89PNG",
    }  # fmt: skip


def wrong_pages(size: int) -> dict[str, bytes]:
    """Files that are no pages."""
    return {
        "latin.md": b"caf\xe9", "surrogate.md": b"\xed\xa0\x80", "nul.md": b"\0" * size, "utf16.md": "# a".encode("utf-16"),
        "huge.md": b"word " * 6_500_000, "many-lines.md": b"- a\n" * 160_000, "empty.md": b"", "folder.md/a.md": b"# a\n", ".git": b"gitdir: /nowhere\n",
        "d/" * 90 + "deep.md": b"# Deep\n", ".hidden.md": b"[[x]]\n", "a.icloud": b"", ".b.md.icloud": b"",
    }  # fmt: skip


def _names(size: int) -> bytes:
    n = size // 40
    names = [f"Name{i} = Name{i + 1}" for i in range(n)] + [f"Name{i} != Name{i + 1}" for i in range(0, n, 3)]
    names += [f"Name{i}: title {EVIL}" for i in range(9)] + [f'"{EVIL}" = b', " = " * 300, '"' * 1_900, EVIL]
    names += [f"a{i} = b" for i in range(n)] + ["Vector = path ../../etc/passwd", "a: path wiki/../../x.md"]
    return ("\n".join(names) + "\n").encode("utf-8", "replace")


def _settings(root: Path, size: int) -> None:
    write(root / "names.txt", _names(size))
    stars = "*a" * 60
    ignore = [
        stars + "b",
        "**/" * 60 + "x",
        "[" * 300,
        "a" * 3_000,
        "!",
        "/",
        "\\",
        EVIL.replace("\n", ""),
        "evil.example",
    ]
    write(root / ".karpignore", ("\n".join(ignore) + "\n").encode("utf-8", "replace"))
    write(root / "raw" / ("a" * 250), b"# a\n")
    write(
        root / "karpwiki.toml", b'name = "\\u001b[31m\\u202e[red]"\nlanguage = "en"\n[dialect]\nfrontmatter = "yes"\n'
    )


def _links(root: Path) -> None:
    """Links out of the vault and in circles, pipes, and what only root may read."""
    outside = root.parent / f"{root.name}-outside"
    write(outside / "secret.md", b"SECRET-OUTSIDE [[x]]\n")
    with suppress(OSError):
        (root / "wiki/out.md").symlink_to(outside / "secret.md")
        (root / "wiki/outside").symlink_to(outside, target_is_directory=True)
        (root / "wiki/loop").symlink_to(root / "wiki", target_is_directory=True)
        (root / "wiki/self.md").symlink_to(root / "wiki/self.md")
        (root / "raw/out.md").symlink_to(outside / "secret.md")
        (root / "raw/passwd.md").symlink_to("/etc/passwd")
        (root / "raw/zero.md").symlink_to("/dev/zero")
    with suppress(OSError, AttributeError):
        os.mkfifo(root / "wiki/pipe.md")
        os.mkfifo(root / "raw/pipe.md")
    with suppress(OSError):
        write(root / "wiki/closed.md", b"# Closed\n")
        (root / "wiki/closed.md").chmod(0)
        write(root / "wiki/shut/a.md", b"# Shut\n")
        (root / "wiki/shut").chmod(0)
        (root / "wiki/concepts/run-0.md").chmod(0o444)


if __name__ == "__main__":
    make(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
