"""The files that a vault has once, and the names of files: groups I and V, D001, D003."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from .bed import MARK, Bed, Planter, insert

Change = Callable[[str], str]
INDEX, LOG, OVERVIEW = "wiki/index.md", "wiki/log.md", "wiki/overview.md"


def one_file(rule: str, path: str, bad: Sequence[Change], good: Sequence[Change], base: str, also: str = "") -> Planter:
    """A planter for a rule that looks at one file: each change in a vault of its own. `also`: other rules' names."""

    def planted(change: Change, n: int, is_defect: bool) -> Callable[[Bed], None]:
        def plant(bed: Bed) -> None:
            before = bed.text(path)
            after = change(before)
            assert after != before, f"{rule}: change {n} changes nothing"
            bed.put(path, after)
            bed.note(is_defect, path, None, [(name, "*") for name in also.split()], f"change {n}")

        return plant

    both = [(change, True) for change in bad] + [(change, False) for change in good]
    return Planter(rule, rule, each=tuple(planted(change, n, d) for n, (change, d) in enumerate(both)), base=base)


def _sub(pattern: str, new: str) -> Change:
    return lambda text: re.sub(pattern, new, text, count=1, flags=re.M)


_ROW = r"^\| \[\[[\w-]+\]\] \|.*\n"
INDEX_BAD: Sequence[Change] = (
    _sub(_ROW, ""),
    _sub(rf"({_ROW})", r"\1\1"),
    _sub(rf"({_ROW})({_ROW})", r"\2\1"),
    _sub(r"\| (\d+) \|$", r"| 1\1 |"),
    _sub(r"^\| Claims \| \d+ \|$", "| Claims | 7 |"),
    _sub(r"^As of .*$", "As of 2020-01-01."),
    _sub(r"^## Entities\n", ""),
    _sub(r"^\| File \| Name \| Summary \| Sources \|$", "| File | Name | Sources |"),
    _sub(rf"({_ROW})", r"\1| [[quiet-kettle]] | Quiet Kettle | a kettle | 0 |\n"),
    _sub(r"^(\| \[\[[\w-]+\]\] \| )[^|]*\|", r"\1Another Title |"),
    _sub(r"^(\| \[\[[\w-]+\]\] \| [^|]*\| )[^|]*\|", r"\1an old summary |"),
    _sub(r"^## Coverage[\s\S]*", ""),
    _sub(r"^## Sources$", "## 来源"),
    lambda text: text[: len(text) // 2],
    lambda text: text.rstrip("\n") + "\n\nWords of mine at the end.\n",
    lambda text: text.replace("| --- | --- | --- | --- |", "| - | - | - | - |", 1),
    lambda text: text.replace("secondary", "primary", 1),
    lambda text: text.replace("[[", "", 1) if text.index("[[") > text.index(MARK) else _after(text, "[[", ""),
    lambda text: _after(text, "| Source pages |", "| Pages of sources |"),
    lambda text: _after(text, "## Concepts", "## Concepts (3)"),
    lambda text: _after(text, "2026-11-21", "2026-11-22"),
    lambda text: _after(text, "。", "！"),
)
INDEX_GOOD: Sequence[Change] = (
    lambda text: text.replace("# Index\n", "# Index\n\nWords of mine.\n", 1),
    lambda text: text.replace("# Index\n", "# My index\n", 1),
    lambda text: text.rstrip("\n") + "\n\n## Notes\n\nWords of mine.\n",
    lambda text: text.replace("\n", "\r\n"),
    lambda text: "\ufeff" + text,
    lambda text: text.replace(MARK, f"| Mine |\n| --- |\n| a |\n\n{MARK}", 1),
    lambda text: text.replace(MARK, f"## Where to begin\n\n1. here\n\n{MARK}", 1),
    lambda text: text.replace("# Index\n", "# Index\n\n共 3 页。\n", 1),
    lambda text: text.replace(MARK, f"```text\nwords\n```\n\n{MARK}", 1),
    lambda text: text.replace(MARK, f"> a quotation\n\n{MARK}", 1),
    lambda text: text.replace("# Index\n\n", "# Index\n\n\n\n", 1),
    lambda text: text.rstrip("\n") + "\n\n## Notes\n\n- a\n- b\n\n### More\n\nx\n",
    lambda text: text.replace("# Index\n", "", 1),
    lambda text: text.replace(MARK, f"![[desk.png]]\n\n{MARK}", 1),
    lambda text: text.replace(MARK, f"See [the log](log.md).\n\n{MARK}", 1),
    lambda text: text.replace(MARK, f"***\n\n{MARK}", 1),
    lambda text: text.replace(MARK, f"<!-- a comment -->\n\n{MARK}", 1),
    lambda text: text.replace(MARK, f"Term[^1]\n\n[^1]: a note\n\n{MARK}", 1),
    lambda text: text.replace("# Index\n", "Index\n=====\n", 1),
    lambda text: text.replace(MARK, f"目录说明：见下。\n\n{MARK}", 1),
)


def _after(text: str, old: str, new: str) -> str:
    """Replace the first of some words in what code wrote."""
    at = text.index(old, text.index(MARK))
    return text[:at] + new + text[at + len(old) :]


_ENTRY = "\n## [2026-11-22] compile | Mine\n\n- Summary: words\n"
LOG_BAD: Sequence[Change] = (
    _sub("^# Log$", "# Journal"),
    _sub("^# Log\n", ""),
    _sub("^# Log$", "# log"),
    *(
        lambda text, new=new: text + new
        for new in (
            "\n## 2026-11-22 compile | Mine\n",
            "\n## [2026-11-22] compiled | Mine\n",
            "\n## [2026-11-22] compile\n",
            "\n## [2026-13-01] compile | Mine\n",
            "\n## [22.11.2026] compile | Mine\n",
            "\n### [2026-11-22] compile | Mine\n",
            "\n## [2026-11-22] Compile | Mine\n",
            "\n## [2026-11-22] 编译 | 我的\n",
            _ENTRY + "- Changed: x\n",
            _ENTRY + "Words of mine.\n",
            _ENTRY + "- words of mine\n",
            _ENTRY + "* Summary: words\n",
            _ENTRY + "- Summary:\n",
            _ENTRY + "  - Note: nested\n",
            _ENTRY + "- Note: one\n  and on\n",
            "\n## [2020-01-01] compile | Old\n",
            _ENTRY + "```\ncode\n```\n",
            _ENTRY + "| a |\n",
            _ENTRY + "- 摘要: 字\n",
            "\n<<<<<<< HEAD\n## [2026-11-22] compile | A\n=======\n## [2026-11-22] compile | B\n>>>>>>> b\n",
            "\n## [2026-11-22]  compile | Mine\n",
            "\n## [2026-11-22] compile |\n",
        )
    ),
)
LOG_GOOD: Sequence[Change] = (
    *(
        lambda text, new=new: text + new
        for new in (
            _ENTRY,
            "\n## [2026-11-22] undo | A | B\n",
            "\n\n\n" + _ENTRY,
            _ENTRY + "- Note: 一个注\n",
            _ENTRY + "- New pages: a, b\n",
            _ENTRY + "- Note: a: b - c\n",
            "\n## [2026-11-22] ask | 为什么？\n",
            _ENTRY + _ENTRY,
            _ENTRY + "- Deleted: a\n- Unpolished: b\n- Tensions: 1\n- Updated: c\n- Source: d\n",
            "\n## [2030-01-01] heal | later\n",
            "\n## [2026-11-22] merge | A = B\n- Note: without a blank line\n",
            _ENTRY + "- Note: `<b>` and \\[x\\]\n",
            "\n## [2026-11-22] split | x",
            _ENTRY + "   \n",
        )
    ),
    lambda text: text.replace("\n", "\r\n"),
    lambda text: "\ufeff" + text,
    lambda text: text.rstrip("\n"),
    lambda text: text + "\n\n",
    lambda text: text.replace("# Log\n", "# Log   \n", 1),
    lambda text: text + _ENTRY.replace("Mine", "字" * 200),
)
COUNTS = (
    "## Concepts (97)",
    "## Entities（1）",
    "Total pages: 4",
    "Sources: 99",
    "12 sources, 300 pages",
    "共 77 个来源",
    "| Pages | 3 |",
    "**Concepts:** 88",
    "> Pages: 1,200",
    "- Sources: 2",
    "Total: 90 pages",
    "99 concepts, 98 entities",
    "# Index (3 pages)",
    "| Total pages | 2 |",
    "概念：99",
    "Pages: 5 | Sources: 77",
    "- 500 pages",
    "99 篇页面",
    "## Methods (40 pages)",
    "Sources: 1 · Pages: 2",
)
NO_COUNTS = (
    "## Concepts",
    "See page 4.",
    "3 sources say so in [[quiet-kettle]].",
    "In 1999 it began.",
    "## History (1999)",
    "Days: 12",
    "## Books (97)",
    "Version: 4",
    "99 bottles, 3 ideas",
    "Chapter 7: sources of the Nile",
    "- quiet-kettle (3 sources)",
    "`x = 99`",
    "| Readers | 3 |",
    "Total cost: 12",
    "共 12 年",
    "10:30 | 11:45",
    "Updated: 2026-10-05",
    "## Notes (3)",
    "Figure: 3 pages of a book were torn",
    "字数：12",
)


def _said(words: str, path: str) -> Change:
    def change(text: str) -> str:
        if words.startswith("# "):
            return re.sub("^# .*$", words, text, count=1, flags=re.M)
        return re.sub("(^# .*\n)", rf"\1\n{words}\n", text, count=1, flags=re.M)

    assert path
    return change


FRONT = (
    "1 source",
    "Sources: 2",
    "**Sources:** 3",
    "2 sources, 40 pages",
    "共 3 个来源",
    "| Sources | 2 |",
    "> 1 source, 2 concepts",
    "- Sources: 1",
    "来源：2",
    "Total sources: 3",
    "Raw sources: 1",
    "Source pages: 2",
)
FRONT_DATES = (
    "2026-01-01",
    "2026-10-04",
    "2020-12-31",
    "2026-09-30",
    "1999-01-01",
    "2025-10-05",
    "2026-10-01",
    "2026-05-05",
)
FRONT_GOOD: Sequence[Change] = (
    *(
        _said(words, OVERVIEW)
        for words in (
            "7 sources",
            "Sources: 7",
            "Sources: 8",
            "共 7 个来源",
            "A source of light has 1 source",
            "In 3 sources of the river …",
            "1 sourced claim",
            "See source 2.",
            "`x = 2`",
            "Sources of 1999",
            "2 resources",
            "| Resources | 2 |",
            "Sources: many",
            "The 3 sources of [[quiet-kettle]] agree.",
            "来源：见下",
        )
    ),
    _sub("^updated: .*$", "updated: 2026-10-06"),
    _sub("^updated: .*$", "updated: 2027-01-01"),
    _sub("^updated: .*$", "updated: 2026-10-05 10:00"),
    _sub("^tags: .*$", "tags: [a]"),
    _sub("^updated: .*$", "updated: 2026-10"),
)


def _collisions(bed: Bed) -> None:
    folders = {"concepts": "methods", "entities": "concepts", "methods": "entities"}
    kinds = {"concepts": "concept", "entities": "entity", "methods": "method"}
    for n in range(10):
        path = bed.take("hand", lambda p, zh=n % 5 == 4: p.isascii() != zh)  # type: ignore[misc]
        stem, folder = Path(path).stem, path.split("/")[1]
        other = [
            f"wiki/{folders[folder]}/{stem}.md",
            f"wiki/{folder}/{stem.title()}.md",
            f"wiki/{folder}/deep/{stem.upper()}.md",
            f"wiki/{stem}.md",
            f"wiki/other/{stem}.md",
        ][n % 5]
        kind = kinds.get(other.split("/")[1], "concept")
        bed.page_with(
            other, f"title: Other {n}\ntype: {kind}\ncreated: 2026-10-05\nupdated: 2026-10-05\nsources: []\ntags: []"
        )
        for p in (path, other):
            also = [
                ("ambiguous-link", "wiki/*", f"'{stem}'"),
                ("orphan-page", p),
                ("not-in-index", INDEX),
                ("case-mismatch-link", "wiki/*", f"'{stem}'"),
                ("near-duplicate-page", p),
            ]
            bed.bad(p, None, also, other)
    for n in range(5):
        names = [
            ("a.png", "A.PNG"),
            ("x/é.txt", "x/e\u0301.txt"),
            ("图.png", "图.PNG"),
            ("Straße.pdf", "STRASSE.pdf"),
            ("b c.txt", "B C.txt"),
        ][n]
        for name in names:
            bed.put(f"wiki/assets/{name}", "x")
            bed.bad(f"wiki/assets/{name}", None, told=str(names))
    for n in range(20):
        path = bed.take("hand")
        stem, folder = Path(path).stem, path.split("/")[1]
        new = [
            f"wiki/assets/{stem}.png",
            f"wiki/{folder}/{stem}-2.md",
            f"wiki/assets/{n}/{stem}.txt",
            f"raw/assets/{stem}.md",
            f"wiki/assets/{n}/note.txt",
        ][n % 5]
        if new.endswith(".md") and new.startswith("wiki/"):
            text = bed.text(path).replace("title: ", "title: Further ", 1)
            bed.put(new, re.sub("^# ", "# Further ", text, flags=re.M))
            bed.near(new, [("orphan-page", new), ("not-in-index", INDEX)], new)
        else:
            bed.put(new, "x")
            bed.near(new, [("ambiguous-link", "wiki/*", f"'{stem}'")], new)


_LONG = "a-very-long-name-" * 12
NAMES = (
    "What is RAG?.md",
    "a:b.md",
    'say "x".md',
    "a*b.md",
    "a<b>.md",
    "a|b.md",
    "back\\slash.md",
    "CON.md",
    "aux.md",
    "nul.txt",
    "com1.md",
    "ends .md",
    "tab\there.md",
    "a#b.md",
    "a^b.md",
    "a[b].md",
    "zero\u200bwidth.md",
    "\u202aname.md",
    f"{_LONG}.md",
    f"{'字' * 70}.md",
    "lpt1.png",
    "PRN.md",
    "soft\u00adhyphen.md",
)
FINE_NAMES = (
    "plain.md",
    "with space.md",
    "UPPER.md",
    "中文名.md",
    "é.md",
    "a.b.c.md",
    "(1) one.md",
    "a & b.md",
    "100%.md",
    "a+b.md",
    "a=b.md",
    "a,b.md",
    "a;b.md",
    "a!b.md",
    "a'b.md",
    "~a.md",
    "@a.md",
    "$a.md",
    "console.md",
    "aux-file.md",
    "{a}.md",
    "“a”.md",
    "a—b.md",
    f"{'a' * 190}.md",
)


def _names(bed: Bed) -> None:
    def put(n: int, name: str) -> str:
        path = f"wiki/assets/{n}/{name}" if not name.endswith(".md") or n % 2 else f"raw/n{n}/{name}"
        bed.put(path, f"Words {n}.")
        return path

    for n, name in enumerate(NAMES):
        linked_only = any(c in name for c in "#^[]")
        path = put(n * 2 + 1 if linked_only or n % 2 else n * 2, name)
        also = [
            ("uncompiled-raw", path),
            ("orphan-page", path),
            ("path-collision", path),
            ("index-out-of-date", INDEX),
            ("invisible-text", path),
            ("sync-conflict-copy", path),
            ("alias-clash", path),
        ]
        bed.bad(path, None, also, name)
    for n, name in enumerate(FINE_NAMES):
        path = put(200 + n, name)
        bed.near(
            path,
            [
                ("uncompiled-raw", path),
                ("orphan-page", path),
                ("path-collision", path),
                ("index-out-of-date", INDEX),
                ("alias-clash", path),
            ],
            name,
        )


COPIES = (
    "{s} (conflicted copy 2026-11-21).md",
    "{s} (Anna's conflicted copy 2026-11-21).md",
    "{s}.sync-conflict-20261121-101500-ABCDEFG.md",
    "{s} (SFConflict anna 2026-11-21-10-15-00).md",
    "{s} (冲突副本 2026-11-21).md",
    "{s} (1).md",
    "{s} 2.md",
    "{s} - Copy.md",
    "{s}-LAPTOP-1A2B3C4D.md",
    "{s} 的副本.md",
    "{s} copy.md",
    "{s}(2).md",
    "{s} - Copy (2).md",
    "{s} copy 2.md",
    "{s} (Konfliktkopie Anna 2026-11-21).md",
    "{s}（1）.md",
    "{s} 副本.md",
    "{s}-DESKTOP-ABC1234.md",
    "{s} - 副本.md",
    "{s}（冲突版本 2026-11-21）.md",
    "{s} [conflicted].md",
    "{s} 3.md",
)
NO_COPIES = (
    "{s}-2.md",
    "{s} part 2.md",
    "{s} (draft).md",
    "{s} (conflict of interest).md",
    "copy of nothing.md",
    "photocopy {s}.md",
    "{s} 2026.md",
    "{s} (planet).md",
    "on copies {s}.md",
    "{s} v2.md",
)


def _copies(bed: Bed) -> None:
    causes = ("orphan-page", "alias-clash", "near-duplicate-page", "name-not-portable", "title-mismatch")
    for n, form in enumerate(COPIES):
        if n % 3 == 2:
            raw = f"raw/copies/{n}.md"
            bed.put(
                raw, f"# Notes {n}\n\n" + "The heron stood in the water and nobody saw it leave before noon. " * (n + 2)
            )
            path = f"raw/copies/{form.format(s=n)}"
            bed.put(path, bed.text(raw).replace("noon", "dusk", 1))
            bed.bad(path, None, [("uncompiled-raw", "raw/copies/*"), ("index-out-of-date", INDEX)], path)
            continue
        old = bed.take("hand", lambda p, zh=n % 4 == 1: p.isascii() != zh)  # type: ignore[misc]
        path = f"{Path(old).parent}/{form.format(s=Path(old).stem)}"
        text = bed.text(old)
        bed.put(path, text if n % 2 else text + "\nOne more line.\n")
        bed.bad(path, None, [*((rule, p) for rule in causes for p in (path, old)), ("not-in-index", INDEX)], path)
    for n in range(3):
        bed.put(f"wiki/concepts/.lost-{n}.md.icloud" if n else "raw/.gone.md.icloud", "x")
        bed.bad(f"wiki/concepts/.lost-{n}.md.icloud" if n else "raw/.gone.md.icloud", None, told="icloud")
    for n in range(20):
        old = bed.take("hand")
        form = NO_COPIES[n % 10]
        path = f"{Path(old).parent}/{form.format(s=Path(old).stem) if n < 10 else f'{Path(old).stem} ({n % 4 + 1}).md'}"
        if n < 10:  # the words of the page, under a name that says something
            text = bed.text(old)
        else:  # the name of a copy, and other words
            text = re.sub(
                r"\n# [\s\S]*",
                f"\n# Else {n}\n\nWords that nobody has written anywhere, number {n} of them, on [[{bed.stems[0]}]].\n",
                bed.text(old),
            )
            text = re.sub("^title: .*$", f"title: Else {n}", text, flags=re.M)
        bed.put(path, text)
        bed.near(path, [*((rule, p) for rule in causes for p in (path, old)), ("not-in-index", INDEX)], path)


def _decisions(bed: Bed) -> None:
    """Lines of names.txt, each defect with its line; its lines are by one hand but for near misses."""
    lines: list[str] = []
    wrong: list[tuple[int, str]] = []

    def pair(first: str, second: str, is_wrong: bool = True) -> None:
        lines.extend((first, second))
        if is_wrong:
            wrong.append((len(lines), f"{first} / {second}"))

    for n in range(5):
        pair(
            f"Alpha{n} = Beta{n} # person",
            [
                f"Alpha{n} != Beta{n} # person",
                f"Beta{n} != Alpha{n}",
                f"alpha{n} != BETA{n}",
                f'"Alpha{n}" != "Beta{n}"',
                f"Alpha{n}! != Beta{n}",
            ][n],
        )
    for n in range(3):
        pair(f"Mod{n} = Nod{n} # model", f"Mod{n} != Nod{n} # model")
    for n in range(4):
        lines += [f"甲{n} = 乙{n}", f"乙{n} = 丙{n}"] + [f"丙{n} = 丁{n}"] * (n % 2)
        lines.append(f"{'丁' if n % 2 else '丙'}{n} != 甲{n}")
        wrong.append((len(lines), lines[-1]))
    for n in range(3):
        lines.append([f"Same Word {n} != same-word {n}", f"LLM OS{n} != llm-os{n}", f"字{n} != 「字{n}」"][n])
        wrong.append((len(lines), lines[-1]))
    pair("desk-a: title Desk A", "desk-a: title Desk")
    pair("desk-b: entity", "Desk-B: concept")
    pair("desk-c: path wiki/entities/c.md", "desk-c: path wiki/concepts/c.md")
    pair("Mercury @ a/b.md = Mercury (planet)", "mercury @ a/b.md = Mercury (element)")
    pair("desk-e: title 书桌 # model", "desk-e: title 桌子 # model")
    for n in range(5):  # a person's line counts against the model's
        pair(f"Gam{n} = Del{n} # model", f"Gam{n} != Del{n} # person", False)
        pair(f"Eps{n} = Zet{n}", f"Eps{n} != Eta{n}", False)
        pair(f"chair-{n}: title Chair {n}", f"chair-{n}: entity", False)
        pair(f"stool-{n}: title Stool # model", f"stool-{n}: title Stool {n} # person", False)
    bed.put("names.txt", "# decisions\n" + "\n".join(lines) + "\n")
    for n, told in wrong:
        bed.bad("names.txt", n + 1, [("page-out-of-date", "names.txt")], told)
    for _ in range(20):
        bed.near("names.txt")


def _plugins(bed: Bed) -> None:
    """One finding for each folder of plugins: in ten copies of the vault's two places."""
    names = ("dataview", "my-plugin", "templater-obsidian", "obsidian-git", "中文插件")
    for n in range(10):
        for place in ("", "wiki/"):
            config = f"{place}.obsidian{'' if n == 0 else f'-{n}' if n % 2 else f'.{n}'}/plugins"
            bed.put(f"{config}/{names[n % 5]}/main.js", "x")
            bed.bad(config, None, told=config)
    for n in range(20):
        name = [
            ".obsidian-none/themes/a/theme.css",
            ".obsidian-app/app.json",
            "wiki/.obsidian-x/snippets/a.css",
            "obsidian/plugins/a/main.js",
            ".vscode/plugins/a/main.js",
            ".obsidian-file/plugins",
            ".obsidian-e/plugins/readme.txt",
            ".obsidian-f/community-plugins.json",
            "raw/.obsidian/plugins/a/main.js",
            ".obsidian-g/plugins.bak/a/main.js",
        ][n % 10]
        bed.put(f"{name}{n if n >= 10 and not name.endswith('plugins') else ''}", "x")
        bed.near(name, told=name)
    (bed.root / ".obsidian-link").symlink_to("nowhere")


def _listed(bed: Bed) -> None:
    """Pages by hand of a kind: those that no index lists are found, on the index."""
    index = bed.text(INDEX)
    for n in range(20):
        path = bed.take("hand")
        stem = Path(path).stem
        index = index.replace(
            f"- [[{stem}]]\n",
            ["", f"- {stem}\n", f"- `[[{stem}]]`\n", f"<!-- [[{stem}]] -->\n", f"- \\[[{stem}]]\n"][n % 5],
        )
        bed.bad(INDEX, None, told=path, words=path)
    for n in range(20):
        path = bed.take("hand")
        stem, folder = Path(path).stem, path.split("/")[1]
        ways = [
            f"- [[{stem}|x]]\n",
            f"- [x]({folder}/{stem}.md)\n",
            f"| [[{stem}\\|x]] |\n",
            f"- [[{folder}/{stem}]]\n",
            f"words [[{stem}#What is next]]\n",
        ]
        index = index.replace(f"- [[{stem}]]\n", ways[n % 5])
        bed.near(path, told=ways[n % 5])
    bed.put(INDEX, index)


def _unused(bed: Bed) -> None:
    allow = "<!-- karpwiki: allow {} -->"
    bad = [
        allow.format("broken-link") + "\nSee [[@stem]].",
        "See [[@stem]]. " + allow.format("broken-link"),
        allow.format("raw-html") + "\n\nNo HTML.",
        allow.format("no-such-rule") + "\n[[@stem]]",
        allow.format("broken-link, raw-html") + "\nwords",
        allow.format("secret"),
        "- a " + allow.format("remote-image"),
        allow.format("broken-link") + "\n\nwords\n\n" + "[[@stem]]",
        "| a |\n| --- |\n| b " + allow.format("raw-html") + " |",
        "---\nmine: 1 # karpwiki: allow bad-date",
        "> words " + allow.format("invisible-text"),
        allow.format("model-speak") + "\nHere is a table.",
        "文字 " + allow.format("broken-link"),
        "<!--karpwiki: allow broken-link-->\nwords",
        allow.format("brokenlink") + "\n[[@stem]]",
        allow.format("deep-nesting") + "\n> > x",
        allow.format("active-code") + "\n`x = 1`",
        allow.format("l001") + "\nwords",
        "## A heading " + allow.format("broken-anchor"),
        allow.format("oversize") + "\nshort",
        "---\nmine: 2 # karpwiki: allow wrong-type",
    ]
    good = [
        allow.format("broken-link") + "\nSee [[@none]].",
        "See [[@none]]. " + allow.format("broken-link"),
        allow.format("raw-html") + "\n\n<i>x</i>",
        allow.format("broken-link, raw-html") + "\n[[@none]] <i>x</i>",
        "- [[@none]] " + allow.format("broken-link"),
        "[x](@none.md) " + allow.format("broken-link"),
        "A comment: karpwiki: allow broken-link",
        "`karpwiki allow broken-link`",
        "<!-- allow broken-link -->",
        "<!-- karpwiki: forbid broken-link -->",
        "文字[[@none]] " + allow.format("broken-link"),
        allow.format("model-speak") + "\nI hope this helps!",
        "> [[@none]] " + allow.format("broken-link"),
        "| a |\n| --- |\n| <i>b</i> " + allow.format("raw-html") + " |",
        "![x](https://example.org/a.png) " + allow.format("remote-image"),
        allow.format("invisible-text") + "\na\u200bb",
        "<!--karpwiki: allow broken-link-->\n[[@none]]",
        "---\nmine: a\u200bb # karpwiki: allow invisible-text",
        "[x](steam://run/1) " + allow.format("forbidden-scheme"),
        "<i>a</i> [[@none]] " + allow.format("raw-html,broken-link"),
    ]
    for is_defect, pieces in ((True, bad), (False, good)):
        for piece in pieces:
            path, lines = insert(bed, piece)
            bed.note(is_defect, path, lines if is_defect else None, (), piece[:80])


PLANTERS = (
    one_file("index-out-of-date", INDEX, INDEX_BAD, INDEX_GOOD, "small", "not-in-index broken-link"),
    one_file("log-form", LOG, LOG_BAD, LOG_GOOD, "small"),
    one_file("index-count", INDEX, [_said(w, INDEX) for w in COUNTS], [_said(w, INDEX) for w in NO_COUNTS], "hands"),
    one_file(
        "overview-stale",
        OVERVIEW,
        [*(_said(w, OVERVIEW) for w in FRONT), *(_sub("^updated: .*$", f"updated: {d}") for d in FRONT_DATES)],
        FRONT_GOOD,
        "hands",
        "bad-date",
    ),
    Planter("path-collision", "files", _collisions),
    Planter("name-not-portable", "files", _names),
    Planter("sync-conflict-copy", "files", _copies),
    Planter("names-contradict", "titles", _decisions),
    Planter("obsidian-config-touched", "files", _plugins),
    Planter("not-in-index", "head 2", _listed),
    Planter("unused-allow", "head 2", _unused),
)
