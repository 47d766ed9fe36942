"""Pages that cannot be read or are no longer what code would write, and what changed in git.

F001, F004, V001, C001, D006, I004, V006.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from .bed import Bed, Plant, Planter, insert
from .ground import chinese, note_of
from .head import heads
from .vault import INDEX, LOG

_S, _T = "sources: []\n", "tags: [by-hand]\n"
TWICE = (
    [
        (_T, _T + _T, ""),
        (_T, _T + "tags: [other]\n", ""),
        (_S, _S + "title: Again\n", ""),
        (_S, _S + "created: 2026-10-06\n", ""),
        (_T, _T + "tags:\n", ""),
        (_T, "tags: []\n" + _T, ""),
        (_T, _T + "mine: {a: 1, a: 2}\n", ""),
        (_T, _T + '"tags": [x]\n', ""),
        (_T, _T + "aliases: [a1x]\naliases: [a1x]\naliases: [a1x]\n", ""),
        (_T, _T + "作者: 甲\n作者: 乙\n", ""),
        (_T, _T + "tags: [by-hand] # twice\n", ""),
        ("title: @title\n", "title: @title\ntitle: @title\n", ""),
        (_T, "tags:\n- a\n- b\ntags:\n- c\n", ""),
        (_T, _T + "mine:\n  x: 1\n  y: 2\n  x: 3\n", ""),
        (_T, _T + "list:\n- a: 1\n  a: 2\n", ""),
        (_T, _T + "updated: 2026-10-05\n", ""),
        (_T, _T + "summary: one\nmore: x\nsummary: two\n", ""),
        (_T, _T + "'tags': []\n", ""),
        (_T, _T + "type: concept\n", ""),
        (_T, _T + "date:\ndate: 2020-01-01\n", ""),
        (_S, _S * 2 + "mine: 1\n", ""),
    ],
    [
        (_T, _T + "Tags: [x]\n", ""),
        (_T, _T + "tag: x\n", ""),
        (_T, _T + "mine: {a: 1}\nyours: {a: 2}\n", ""),
        (_T, _T + "# tags: [x]\n", ""),
        (_T, _T + "note: |\n  tags: a\n  tags: b\n", ""),
        (_T, _T + "list:\n- a: 1\n- a: 2\n", ""),
        (_T, _T + 'note: "tags: a, tags: b"\n', ""),
        (_T, _T + "a: 1\nA: 2\n", ""),
        (_T, _T + "mine:\n  title: x\n", ""),
        (_T, _T + "标签: 一\n标签二: 二\n", ""),
        (_T, _T + "tags-2: x\n", ""),
        (_T, _T + "note: >\n  title: x\n", ""),
        (_T, _T + "a.b: 1\na: 2\n", ""),
        (_T, _T + "x: [a, a]\n", ""),
        (_T, _T + "mine: {b: {a: 1}, a: 2}\n", ""),
        (_T, _T + "'1': a\n'2': b\n", ""),
        (_T, _T + "title_: x\n", ""),
        (_T, _T + "key: tags\n", ""),
        (_T, _T + "deep:\n  a:\n    a: 1\n", ""),
        (_T, _T + "x:\ny:\n", ""),
    ],
)


def _invalid(bed: Bed) -> None:
    def head(new: str) -> Callable[[str], str]:
        return lambda text: text.replace(_T, _T + new + "\n", 1)

    changes: Sequence[Callable[[str], str | bytes]] = (
        head("mine: [a, b"),
        head('mine: "a'),
        head("mine:\n\t- a"),
        head("mine: &a x"),
        head("mine: *a"),
        head("mine: !!python/name:os.system x"),
        lambda t: t.replace("---\n\n#", "\n#", 1),
        lambda t: re.sub(r"\A---\n[\s\S]*?\n---\n", "", t),
        head("mine: a: b"),
        head("  mine: x"),
        head("mine: {a: {b: {c: {d: {e: {f: 1}}}}}}"),
        lambda t: t.encode("utf-16"),
        lambda t: t.replace("I", "\xe9", 1).encode("latin-1") if t.isascii() else t.encode("gb18030"),
        lambda t: re.sub(r"\A---\n[\s\S]*?\n---\n", "---\n- a\n- b\n---\n", t),
        head("mine: @me"),
        head("mine: `x`"),
        head("title2: {{title}}"),
        lambda t: t.replace("---\n", "+++\n", 2),
        head("<<: *base"),
        head("mine: |x\n y"),
        lambda t: re.sub(r"\A---\n[\s\S]*?\n---\n", "---\nwords only\n---\n", t),
        lambda t: t.encode() + b"\xff\xfe",
        head("mine: 'it's'"),
        head("% mine"),
        head("mine: %x"),
        lambda t: t.replace("---\n\n#", "----\n\n#", 1),
    )
    for n, change in enumerate(changes):
        path = bed.take("hand", lambda p, zh=n == 12: chinese(p) == zh)  # type: ignore[misc]
        bed.put(path, change(bed.text(path)))
        # Of a page that cannot be read, links do not count, nor what it is.
        also = [(rule, "*") for rule in ("orphan-page", "not-in-index", "broken-link")]
        bed.bad(path, None, [*also, ("missing-field", path), ("title-mismatch", path)], f"change {n}")
    good = [
        'mine: "a: b"',
        "mine:",
        "# a comment",
        "mine: |\n  a: b\n  - c",
        "mine: >-\n  folded\n  words",
        "作者: 某人",
        "emoji: 🎉",
        'mine: "tab\\tin"',
        "mine: 'it''s'",
        "mine: {a: {b: 1}}",
        "mine: https://example.org/a#b",
        "mine: a#b",
        "mine: -x",
        "mine: '@me'",
        'mine: "{{title}}"',
        "mine: 10:30",
        "mine: [a, 'b, c']",
        "mine: no",
        'mine: "\\u00e9"',
        "mine: 'x # y'",
    ]
    for new in good:
        path = bed.take("hand")
        bed.put(path, head(new)(bed.text(path)))
        bed.near(path, told=new)
    plain = {"wiki/README.md": "# Read me\n", "wiki/concepts/README.md": "# Read me\n"}
    for path, text in plain.items():
        bed.put(path, text)
        bed.near(path, [("orphan-page", path), ("path-collision", path)], path)
    for n in range(4):
        path = bed.take("hand")
        ways = [
            lambda t: t.replace("\n", "\r\n"),
            lambda t: "\ufeff" + t,
            lambda t: t.replace("---\n\n#", "...\n\n#", 1),
            lambda t: t.replace("---\n", "---  \n", 2),
        ]
        bed.put(path, ways[n](bed.text(path)))
        bed.near(path, told=f"way {n}")


def _ours_invalid(bed: Bed) -> None:
    """Pages of karpwiki's that cannot be read: nothing can be said of what code would write then."""
    for n in range(20):
        path = bed.take("source" if n % 4 == 3 else "page", lambda p, zh=n % 5 == 1: chinese(p) == zh)  # type: ignore[misc]
        text = bed.text(path)
        state = text[text.index("<!-- karpwiki 1") :]
        new: str | bytes = [
            text.replace("tags: ", "tags: [", 1),
            text.replace("<!-- karpwiki 1\n", "<!-- karpwiki 9\n"),
            text.rstrip("\n") + "\n\n" + state,
            re.sub(r"\A---\n[\s\S]*?\n---\n", "", text),
            text.replace("title: ", "title: &a ", 1),
            text.encode("utf-16"),
            text.encode() + b"\xff",
            text.replace("---\n\n#", "\n#", 1),
            text.replace("summary: ", "summary: !x ", 1)
            if "summary: " in text
            else text.replace("title: ", "title: !x ", 1),
            text.replace("\n---\n", "\n--\n", 1),
        ][n % 10]
        bed.put(path, new)
        everywhere = (
            "broken-link",
            "broken-anchor",
            "orphan-page",
            "not-in-index",
            "unknown-claim",
            "claim-id-mismatch",
            "quote-not-in-raw",
            "uncompiled-raw",
        )
        also = [
            *((rule, "*") for rule in everywhere),
            ("missing-field", path),
            ("title-mismatch", path),
            ("uncited-statement", path),
            ("page-out-of-date", "*"),
            ("index-out-of-date", "*"),
        ]
        bed.bad(path, None, also, f"way {n % 10}")


_SIDES = "<<<<<<< HEAD\n{a}\n=======\n{b}\n>>>>>>> their-branch"
CONFLICTS = (
    _SIDES,
    "<<<<<<< ours\n{a}\n||||||| 1a2b3c4\nold\n=======\n{b}\n>>>>>>> theirs",
    "<<<<<<<<< HEAD:a.md\n{a}\n=========\n{b}\n>>>>>>>>> x:b.md",
    "<<<<<<< Updated upstream\n=======\n{b}\n>>>>>>> Stashed changes",
    "<<<<<<< HEAD\n{a}\n=======\n>>>>>>> 1a2b3c4 (a commit)",
)
NO_CONFLICT = (
    "```text\n" + _SIDES.format(a="a", b="b") + "\n```",
    "<<<<<<< HEAD is how it begins",
    "A heading\n=======",
    ">>>>>>> a deep quotation",
    "`<<<<<<< HEAD` and `>>>>>>> x`",
    "They say <<<<<<< HEAD\nand >>>>>>> b",
    "<<<<<< HEAD\na\n======\nb\n>>>>>> x",
    "<<<<<<<HEAD\na\n>>>>>>>x",
    "=======",
    "    <<<<<<< HEAD\n    a\n    >>>>>>> x",
)


def _markers(bed: Bed) -> None:
    for n in range(20):
        pool = ("hand", "page", "notes", "hand", "page")[n % 5]
        form = CONFLICTS[n // 5 % 5 if n % 2 else n % 5]
        a, b = ("我们的话", "他们的话") if n % 4 == 3 else ("Our words.", "Their words.")
        path, lines = insert(bed, form.format(a=a, b=b), {"page": "block"}.get(pool, pool))
        if n % 7 == 3:
            bed.put(path, bed.text(path).replace("\n", "\r\n"))
        causes = ("page-out-of-date", "deep-nesting", "raw-html", "uncited-statement")
        bed.bad(path, lines, [(rule, path) for rule in causes], form[:50])
    for path, text in (
        ("names.txt", _SIDES.format(a="A = B", b="A != B")),
        (".karpignore", _SIDES.format(a="x/", b="y/")),
    ):
        bed.put(path, text + "\n")
        bed.bad(path, 1, told=path)
    for n in range(20):
        path, _ = insert(bed, NO_CONFLICT[n % 10], "hand" if n < 10 else "")
        bed.near(path, told=NO_CONFLICT[n % 10][:40])


def _stale(bed: Bed) -> None:
    """Each on a compiled page, or on the source page of one."""

    def pages_of(label: str) -> list[str]:
        return [p for p in texts if f"[^{label}]" in texts[p]]

    texts = {p: bed.text(p) for p in bed.pools["page"]}
    around = [
        ("page-out-of-date", "wiki/overview.md"),
        ("page-out-of-date", "wiki/*", "may change with"),
        ("index-out-of-date", "wiki/*"),
        ("page-out-of-date", INDEX),
    ]
    for n in range(6):  # a claim that a page rests on is gone, or says something else
        path = bed.take("page", lambda p, zh=n % 3 == 1: chinese(p) == zh)  # type: ignore[misc]
        note = note_of(bed, path)
        source = next(
            s for s in sorted((bed.root / "wiki/sources").glob("*.md")) if f"\n[^{note[1]}]: " in s.read_text("utf-8")
        )
        at = source.relative_to(bed.root).as_posix()
        old = next(m for m in re.finditer(rf"^- .*\[\^{note[1]}\].*\n", bed.text(at), re.M))[0]
        bed.swap(at, old, "" if n % 2 else old.replace("[^", " So it is said.[^", 1))
        also = [
            *around,
            ("page-out-of-date", at),
            *(("unknown-claim", p) for p in pages_of(note[1])),
            ("unknown-claim", "wiki/overview.md"),
        ]
        bed.bad(path, None, [*also, ("page-out-of-date", "wiki/*")], f"claim {note[1]} of {at}")
    changes: Sequence[Callable[[str], str]] = (
        lambda t: re.sub(r"^summary: .*\n", "", t, flags=re.M),
        lambda t: re.sub(r"^sources: .*\n", "", t, flags=re.M),
        lambda t: re.sub(r"^from \w+", "from 0000000000000000", t, flags=re.M),
        lambda t: re.sub(r"^(from .*)", r"\1\nunpolished yes", t, flags=re.M),
        lambda t: re.sub(r"^title: (.*)$", r"title: \1 Renamed", t, flags=re.M),
        lambda t: re.sub(r"^(tags: .*)$", r"\1\naliases: [Another Name ZQ]", t, flags=re.M),
        lambda t: re.sub(r"^\[\^\w+\]: .*\n", "", t, count=1, flags=re.M),
        lambda t: re.sub(r"^created: .*\n", "", t, flags=re.M),
        lambda t: t.replace("\n## Sources\n", "\n[^zzzzzzz0]: x\n\n## Sources\n", 1),
    )
    for n, change in enumerate(changes):
        path = bed.take("page", lambda p, zh=n % 3 == 1: chinese(p) == zh)  # type: ignore[misc]
        before = bed.text(path)
        bed.put(path, change(before))
        also = [
            *around,
            *((rule, path) for rule in ("missing-field", "unknown-claim", "broken-link", "title-mismatch")),
            ("page-out-of-date", "wiki/*"),
            ("page-out-of-date", "names.txt"),
        ]
        # Another alias is a line of names.txt, which is still to be written.
        bed.bad("names.txt" if n == 5 else path, None, also, f"change {n}")
    for n in range(5):  # a page is gone
        path = bed.take("page", lambda p, zh=n % 3 == 1: chinese(p) == zh)  # type: ignore[misc]
        stem = Path(path).stem
        (bed.root / path).unlink()
        bed.bad(
            INDEX,
            None,
            [
                *around,
                ("broken-link", "wiki/*", f"'{stem}'"),
                ("page-out-of-date", "wiki/*"),
                ("orphan-page", "wiki/*"),
                ("wanted-page", "wiki/*", f"'{stem}'"),
            ],
            f"{path} deleted",
            words=path,
        )
    keep: Sequence[Callable[[str], str]] = (
        lambda t: t.replace("\n## Sources\n", "\nWords of mine.\n\n## Sources\n", 1),
        lambda t: t + "\n## Notes\n\nMine.\n",
        lambda t: t.replace("\n", "\r\n"),
        lambda t: "\ufeff" + t,
        lambda t: re.sub(r"^tags: .*$", "tags: [mine]", t, flags=re.M),
        lambda t: re.sub(r"^(tags: .*)$", r"\1\nmine: 1", t, flags=re.M),
        lambda t: re.sub(r"^summary: .*$", "summary: Mine.", t, flags=re.M),
        lambda t: t.replace("\n## Sources\n", "\n- a\n- b\n\n## Sources\n", 1),
        lambda t: t.replace("\n## Sources\n", "\n```text\nx\n```\n\n## Sources\n", 1),
        lambda t: t.replace("\n## Sources\n", "\n文字。\n\n## Sources\n", 1),
    )
    for n in range(20):
        path = bed.take("page", lambda p, zh=n % 3 == 1: chinese(p) == zh)  # type: ignore[misc]
        bed.put(path, keep[n % 10](bed.text(path)))
        bed.near(path, [*around[1:3]], f"way {n % 10}")


Change = Callable[[str], str]
_SUBJECT = re.compile(r"^\| \[\[[^|\n]*\|([A-Z][\w ]+)\]\] \| (?:concept|entity|method) \|", re.M)
"""One that has a page: of others nobody is asked."""


NAMED: Sequence[Change] = (
    lambda s: s + "s",
    lambda s: f"{s[:-2]}{s[-1]}{s[-2]}",
    lambda s: s[:-1],
    lambda s: s[:3] + s[2:],
    lambda s: f"{s}'s",
    lambda s: s[:4] + s[5:],
    lambda s: f"{s}e",
    lambda s: s[:2] + "a" + s[2:],
    lambda s: s.replace(" ", "  ", 1) + "z",
    lambda s: f"{s}es",
)
OTHERS: Sequence[Change] = (
    lambda s: s.upper(),
    lambda s: s.replace(" ", "-"),
    lambda s: f"{s} 2",
    lambda s: "Parlour of Gloom",
    lambda s: s.lower(),
    lambda s: f"{s}!",
    lambda s: f"{s} v3",
    lambda s: "无名氏",
    lambda s: s[::-1],
    lambda s: f"“{s}”",
)


def _second_name(change: Change, n: int, is_defect: bool) -> Callable[[Bed], None]:
    """A second name for a subject, on another source page. The names of the vault are alike: other pairs change."""

    def plant(bed: Bed) -> None:
        one, other = (bed.take("source", lambda p: not chinese(p)) for _ in range(2))
        name = bed.chance.choice([s for s in _SUBJECT.findall(bed.text(one)) if " " in s])
        new = change(name)
        line = next(m for m in re.finditer(r"^- .*\[\^\w+\]$", bed.text(other), re.M))[0]
        bed.swap(other, line, f"{line} · **{new}**")
        bed.put(
            other,
            re.sub(
                r"^(\| Subject \|.*\n\| --- .*\n)",
                rf"\1| {new} | entity | |  |\n",
                bed.text(other),
                count=1,
                flags=re.M,
            ),
        )
        also = [("page-out-of-date", "*"), ("index-out-of-date", "wiki/*"), ("near-duplicate-name", "*")]
        bed.plants.append(
            Plant(
                bed.rule,
                "*",
                None,
                is_defect,
                tuple(also),
                f"{name} / {new}",
                f"{new!r} and {name!r}|{name!r} and {new!r}",
            )
        )

    return plant


def _rewritten(bed: Bed) -> None:
    changes: Sequence[Callable[[bytes], bytes | None]] = (
        lambda b: b + b"x",
        lambda b: b"",
        lambda b: None,
        lambda b: b.replace(b"\n", b"\r\n"),
        lambda b: b[: len(b) // 2],
        lambda b: b"\xef\xbb\xbf" + b,
        lambda b: b.replace(b"the", b"teh", 1) + b" ",
    )
    for n in range(20):
        path = bed.take("source", lambda p, zh=n % 5 == 1: chinese(p) == zh)  # type: ignore[misc]
        raw = re.search(r"^sources: \[(.*)\]$", bed.text(path), re.M)
        assert raw
        file = bed.root / "raw" / raw[1]
        new = changes[n % 7](file.read_bytes())
        if new is None:
            file.unlink()
        else:
            file.write_bytes(new)
        causes = [
            ("raw-changed", path),
            ("source-missing", path),
            ("quote-not-in-raw", "wiki/*"),
            ("page-out-of-date", "wiki/*"),
            ("index-out-of-date", "wiki/*"),
            ("number-not-in-quote", path),
        ]
        bed.bad(f"raw/{raw[1]}", None, causes, f"change {n % 7}")
    for n in range(20):
        path = bed.take("source", lambda p, zh=n % 5 == 1: chinese(p) == zh)  # type: ignore[misc]
        raw = re.search(r"^sources: \[(.*)\]$", bed.text(path), re.M)
        assert raw
        file = bed.root / "raw" / raw[1]
        also: list[tuple[str, ...]] = []
        if n % 4 == 0:
            file.write_bytes(file.read_bytes())
        elif n % 4 == 1:
            new = file.with_name(f"moved-{n}.md")
            file.rename(new)
            also = [
                ("source-missing", path),
                ("uncompiled-raw", new.relative_to(bed.root).as_posix()),
                ("page-out-of-date", "wiki/*"),
                ("index-out-of-date", "wiki/*"),
            ]
        elif n % 4 == 2:
            bed.put(f"raw/new-{n}.md", "New words.\n")
            also = [("uncompiled-raw", f"raw/new-{n}.md"), ("index-out-of-date", INDEX)]
        else:
            file.chmod(0o755)
        bed.near(f"raw/{raw[1]}", also, f"way {n % 4}")


LOG_BEFORE = "\n## [2026-11-22] compile | Mine\n\n- Summary: words\n- Note: 一个注\n"
LOG_GONE: Sequence[Callable[[str], str | None]] = (
    lambda t: t.replace("- Summary: words\n", ""),
    lambda t: t.replace("words", "other words"),
    lambda t: t.replace("## [2026-11-22]", "## [2026-11-23]"),
    lambda t: "# Log\n",
    lambda t: None,
    lambda t: t.replace("一个注", "另一个注"),
    lambda t: t.replace("claims", "claim"),
    lambda t: t.replace("| Mine", "| Yours"),
    lambda t: t.replace("compile | Mine", "ingest | Mine"),
    lambda t: t.replace(LOG_BEFORE, ""),
    lambda t: t.replace("# Log\n", "# Log\n" + LOG_BEFORE, 1).replace(LOG_BEFORE, "", 2),
    lambda t: t.replace("- Summary: words\n- Note: 一个注\n", "- Note: 一个注\n- Summary: words\n"),
    lambda t: t.replace("# Log", "# Journal"),
    lambda t: t[: len(t) // 2],
    lambda t: t.replace("- Note: 一个注", "- Note: 一个注。"),
    lambda t: t.replace("Summary: words", "Summary:  words"),
    lambda t: t.replace("words", "Words"),
    lambda t: t.replace("- Note", "* Note"),
    lambda t: t.replace("\n- Summary: words", " - Summary: words"),
    lambda t: "\n".join(reversed(t.split("\n"))),
)
LOG_KEPT: Sequence[Callable[[str], str | None]] = (
    lambda t: t + LOG_BEFORE,
    lambda t: t + "\n## [2026-11-23] heal | x\n\n- Note: y\n",
    lambda t: t.replace("\n", "\r\n"),
    lambda t: t + "\n\n",
    lambda t: t.rstrip("\n"),
    lambda t: t.replace("\n\n- Summary: words", "\n- Summary: words"),
    lambda t: t.replace(LOG_BEFORE, "\n## [2026-11-22] ask | before\n" + LOG_BEFORE),
    lambda t: t.replace("words\n", "words   \n"),
    lambda t: t.replace("- Note: 一个注\n", "- Note: 一个注\n- Note: more\n"),
    lambda t: t.replace("\n## ", "\n\n## "),
    lambda t: t.replace("# Log\n", "# Log\n\n## [2026-11-20] init | first\n", 1),
    lambda t: "\ufeff" + t,
    lambda t: t + "words of mine\n",
    lambda t: t.replace("- Summary: words\n", "- Source: x\n- Summary: words\n"),
    lambda t: t + LOG_BEFORE * 3,
    lambda t: t + "\n## [2026-11-23] merge | A = B\n",
    lambda t: t + "\n## [2020-01-01] compile | old\n",
    lambda t: t + "x",
    lambda t: t + "\n<!-- x -->\n",
    lambda t: t + "\n## [2026-11-24] split | 一\n",
)


def _log(change: Callable[[str], str | None], n: int, is_defect: bool) -> Callable[[Bed], None]:
    def plant(bed: Bed) -> None:
        text = change(bed.text(LOG))
        assert text != bed.text(LOG)
        if text is None:
            (bed.root / LOG).unlink()
        else:
            bed.put(LOG, text)
        bed.note(is_defect, LOG, None, [("log-form", LOG)], f"change {n}")

    return plant


PLANTERS = (
    heads("duplicate-key", *TWICE, "keys"),
    Planter("invalid-frontmatter", "keys", _invalid),
    Planter("invalid-frontmatter", "unread", _ours_invalid),
    Planter("conflict-markers", "conflicts", _markers),
    Planter("page-out-of-date", "stale", _stale),
    Planter(
        "near-duplicate-name",
        "near names",
        each=tuple(
            _second_name(c, n, d) for d, cs in ((True, NAMED * 2), (False, OTHERS * 2)) for n, c in enumerate(cs)
        ),
        base="small",
    ),
    Planter("raw-rewritten", "git", _rewritten, since=True),
    Planter(
        "log-rewritten",
        "git log",
        each=tuple(_log(c, n, d) for d, cs in ((True, LOG_GONE), (False, LOG_KEPT)) for n, c in enumerate(cs)),
        base="small",
        since=True,
    ),
)
