"""Frontmatter that is broken, lacking or at odds: group F, and names that clash: D002, D005."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from .bed import FOLDERS, Bed, Planter

Heads = Sequence[tuple[str, str, str]]
"""(what of the frontmatter is replaced, by what, names of other rules that find it too)."""


def heads(
    rule: str, bad: Heads, good: Heads, round_: str = "head", wanted: Callable[[str], bool] = lambda p: True
) -> Planter:
    """A planter that alters the frontmatter of pages by hand. `@title` and `@old` stand for the page's title."""

    def plant(bed: Bed) -> None:
        for is_defect, rows in ((True, bad), (False, good)):
            for old, new, also in rows:
                path = bed.take("hand", wanted)
                text = bed.text(path)
                title = text.split("\n")[1].removeprefix("title: ")
                old_, new_ = old.replace("@title", title), new.replace("@title", title)
                assert old_ in text, (rule, old_)
                bed.put(path, text.replace(old_, new_, 1))
                bed.note(is_defect, path, None, [(name, path) for name in also.split()], f"{old} → {new}"[:100])

    return Planter(rule, round_, plant)


_C, _U, _S, _T = "created: 2026-10-05\n", "updated: 2026-10-05\n", "sources: []\n", "tags: [by-hand]\n"
MISSING = (
    [
        (_C, "", ""),
        (_U, "", ""),
        (_S, "", ""),
        (_T, "", ""),
        ("title: @title\n", "", ""),
        (_C + _U, "", ""),
        (_C, "created:\n", ""),
        (_C, "created: \n", ""),
        (_U, "updated: ~\n", ""),
        (_U, "updated: null\n", ""),
        (_S, "Sources: []\n", ""),
        (_T, "Tags: [by-hand]\n", ""),
        ("title: @title\n", 'title: ""\n', ""),
        (_C, "Created: 2026-10-05\n", ""),
        (_C, "date: 2026-10-05\n", ""),
        (_S, "source: []\n", ""),
        (_T, "tag: [by-hand]\n", ""),
        (_U, "last_updated: x\n", ""),
        ("title: @title\n", "name: @title\n", ""),
        (_T, "# tags: [by-hand]\n", ""),
        (_C, "created: ''\n", ""),
        (_C + _U + _S + _T, "", ""),
    ],
    [
        (_C, _C + "mine: 1\n", ""),
        (_T, "tags: []\n", ""),
        (_T, "tags:\n", ""),
        (_S, "sources:\n", ""),
        (_S, "sources:\n  []\n", ""),
        (_C + _U, _U + _C, ""),
        (_T, "tags:\n- a\n- b\n", ""),
        (_C, 'created: "2026-10-05"\n', ""),
        (_S, _S + "aliases: []\n", ""),
        (_T, _T + "summary: A thing.\n", ""),
        ("title: @title\n", 'title: "@title"\n', ""),
        (_T, _T + "# a comment\n", ""),
        (_T, "tags: # none yet\n  - a\n", ""),
        (_S, "sources: [en/00000.md]\n", ""),
        (_T, _T + "cssclasses: [wide]\n", ""),
        (_S, 'sources: ["[[a]]"]\n', ""),
        (_U, "updated: 2026-10-06\n", ""),
        (_T, _T + "publish: true\n", ""),
        ("title: @title\n", "title: |-\n  @title\n", ""),
        (_T, _T + "aliases:\n", ""),
        (_T, _T + "date:\n", ""),
        (_C, "created:   2026-10-05   \n", ""),
    ],
)
TYPES = (
    [
        (_T, "tags: one\n", ""),
        (_T, "tags: a, b\n", ""),
        (_T, "tags: [1945]\n", ""),
        (_T, "tags: [a, ~]\n", ""),
        (_T, "tags: {a: b}\n", ""),
        (_T, "tags: true\n", ""),
        (_T, "tags:\n- a\n-\n- b\n", ""),
        (_T, _T + "aliases: RAG\n", ""),
        (_T, _T + "aliases: [[RAG]]\n", ""),
        (_T, _T + "aliases: 2026\n", ""),
        (_S, "sources: a.md\n", ""),
        (_S, "sources: {a: 1}\n", ""),
        ("title: @title\n", "title: [@title]\n", ""),
        ("title: @title\n", "title: 1984\n", "title-mismatch"),
        ("title: @title\n", "title: true\n", "title-mismatch"),
        ("title: @title\n", "title: {a: b}\n", ""),
        (_C, "created: [2026-10-05]\n", ""),
        (_U, "updated: true\n", ""),
        (_T, _T + "summary: [one, two]\n", ""),
        (_T, _T + "summary: 5\n", ""),
        (_T, "tags: [a, [b]]\n", ""),
        (_S, "sources: [[[a]]]\n", ""),
        (_T, "tags: 标签\n", ""),
        (_T, "tags: |\n  a\n  b\n", ""),
    ],
    [
        (_T, "tags: [a, b]\n", ""),
        (_T, "tags:\n  - a\n  - b\n", ""),
        (_T, 'tags: ["1945"]\n', "tag-form"),
        (_T, 'tags: ["true"]\n', ""),
        (_T, _T + "aliases: [RAG tool]\n", ""),
        (_T, _T + "aliases: []\n", ""),
        (_T, _T + "aliases:\n", ""),
        (_S, "sources: 3\n", ""),
        ("title: @title\n", 'title: "@title"\n', ""),
        (_C, 'created: "2026-10-05"\n', ""),
        (_T, _T + "summary: Five of them.\n", ""),
        (_T, _T + "rating: 5\n", ""),
        (_T, _T + "done: true\n", ""),
        (_T, _T + "authors: {a: b}\n", ""),
        (_T, 'tags: ["a, b"]\n', "tag-form"),
        (_S, "sources:\n- title: A\n  url: https://example.org\n", ""),
        (_T, _T + "cssclasses: wide\n", ""),
        (_T, _T + "author: [a, b]\n", ""),
        (_T, 'tags: ["标签"]\n', ""),
        (_T, _T + "published: 2020\n", ""),
    ],
)
DATES = (
    [
        (_C, "created: 2026/10/05\n", ""),
        (_C, "created: 2026.10.5\n", ""),
        (_C, "created: 2026年10月5日\n", ""),
        (_C, "created: 2026 年 10 月 5 日\n", ""),
        (_C, "created: 05.10.2026\n", ""),
        (_C, "created: 10/05/2026\n", ""),
        (_C, "created: 2026-02-30\n", ""),
        (_C, "created: 2026-13-01\n", ""),
        (_U, "updated: 2025-02-29\n", ""),
        (_U, "updated: 2026-10-04\n", ""),
        (_C, "created: yesterday\n", ""),
        (_C, "created: 5 October 2026\n", ""),
        (_C, "created: 2026-1-5\n", ""),
        (_U, "updated: 20261005\n", ""),
        (_U, "updated: 2026\n", ""),
        (_U, "updated: October 2026\n", ""),
        (_U, "updated: '{{date}}'\n", ""),
        (_C, 'created: "2026-04-31"\n', ""),
        (_U, "updated: 2026-06-31T10:00:00\n", ""),
        (_T, _T + "date: 2026-02-30\n", ""),
        (_C, "created: 2026-00-10\n", ""),
        (_C, "created: 昨天\n", ""),
        (_C, "created: 2026-10-00\n", ""),
        (_U, "updated: TBD\n", ""),
    ],
    [
        (_C, "created: 2026-10\n", ""),
        (_C, "created: '2026'\n", ""),
        (_C, 'created: "2026-10-05"\n', ""),
        (_C, "created: 2026-10-05 10:30\n", ""),
        (_U, "updated: 2026-10-05T10:30:00Z\n", ""),
        (_U, "updated: 2026-10-05T10:30:00+02:00\n", ""),
        (_C, "created: 2024-02-29\n", ""),
        (_U, "updated: 2027-01-01\n", ""),
        (_T, _T + "date: last spring\n", ""),
        (_T, _T + "due: 2026-02-30x\n", ""),
        (_C, "created: 2000-02-29\n", ""),
        (_U, "updated: 2026-12-31\n", ""),
        (_T, _T + "date: 1945\n", ""),
        (_T, _T + "date: 2026年\n", ""),
        (_U, "updated: 2026-10-05 # today\n", ""),
        (_C, "created: '2026-10-05'\n", ""),
        (_T, _T + "born: 30.02.1900\n", ""),
        (_T, _T + "date: 2026-05\n", ""),
        (_C, "created: 1999-12-31\n", ""),
        (_T, _T + "version: 2026.02.30\n", ""),
    ],
)
TAGS = (
    [
        (_T, f"tags: [{tag}]\n", "")
        for tag in (
            '"two words"',
            '"#hash"',
            "Capital",
            "a.b",
            '"a,b"',
            '"1945"',
            "a!",
            "a+b",
            '"a:b"',
            "SHOUT",
            "a’s",
            "(a)",
            "a\u00a0b",
            '"标签 二"',
            "标签。",
            "'a '",
            "a&b",
            '"@me"',
            "Ünder",
            "c++",
        )
    ],
    [
        (_T, f"tags: [{tag}]\n", "")
        for tag in (
            "lower",
            "two-words",
            "two_words",
            "a/b/c",
            "y1945",
            "标签",
            "标签/子标签",
            "über",
            "a1",
            "日本語",
            "한국어",
            "re-do",
            "été",
            "x-y-z",
            "1945-war",
            "2026-10",
            "привет",
            "a, b",
            '"quoted"',
            "c-plus-plus",
        )
    ],
)
UNKNOWN = (
    [
        (f"type: {old}\n", f"type: {new}\n", "")
        for old, new in (
            ("concept", "concpet"),
            ("concept", "Concept"),
            ("concept", "concetps"),
            ("concept", "note"),
            ("concept", "概念页"),
            ("concept", "personnage"),
            ("entity", "Entity"),
            ("entity", "compnay"),
            ("entity", "entitys"),
            ("entity", "entity-page"),
            ("entity", "sorce"),
            ("entity", "topik"),
            ("method", "methode"),
            ("method", "Method"),
            ("method", "how-to"),
            ("method", "方法论"),
            ("method", "technic"),
            ("concept", '"concept "'),
            ("concept", "mocc"),
            ("concept", "index"),
        )
    ],
    [
        (f"type: {old}\n", f"type: {new}\n", "")
        for old, new in (
            ("concept", '"concept"'),
            ("concept", "'concept'"),
            ("concept", "concept # a word"),
            ("concept", " concept"),
            ("entity", '"entity"'),
            ("entity", "entity   "),
            ("entity", "person"),
            ("method", "technique"),
            ("method", "'method'"),
            ("concept", "概念"),
            ("concept", "method"),
            ("entity", "method"),
            ("method", "entity"),
            ("method", "concept"),
            ("concept", "concepts"),
            ("entity", "company"),
            ("method", "方法"),
            ("concept", "|-\n  concept"),
            ("entity", ">-\n  entity"),
            ("method", "method  # x"),
        )
    ],
)


def _kinded(rule: str, pair: tuple[Heads, Heads]) -> Planter:
    """The same, where what is replaced stands only on pages of its kind."""

    def plant(bed: Bed) -> None:
        for is_defect, rows in zip((True, False), pair, strict=True):
            for old, new, also in rows:
                path = bed.take("hand", lambda p, o=old: o in bed.text(p))  # type: ignore[misc]
                bed.swap(path, old, new)
                # The coverage in the index counts pages by their kind.
                pairs = [(name, path) for name in also.split()] + [("index-out-of-date", "wiki/index.md")]
                bed.note(is_defect, path, None, pairs, f"{old} → {new}")

    return Planter(rule, "head", plant)


def _mismatch(bed: Bed) -> None:
    bad = [
        "# Another Thing",
        "# Software 3.0",
        "# {t} 4",
        "# {t} v2",
        "# 另一件事",
        "# Thing of {w}",
        "Another Thing\n====",
        "# **Bold** words",
        "# [[{s2}]]",
        "# Copy",
        "# Untitled",
        "# {t2}",
        "# 未命名",
        "# The Memex",
        "# 1984",
        "# {t} mini 2",
        "# A {w} of 4",
        "# Notes on nothing",
        "# TODO",
        "# Draft",
    ]
    good = [
        "# {t}",
        "# {T}",
        "# {t}!",
        "# 📌 {t}",
        "# *{t}*",
        "# {t} #",
        "# The {t}",
        "# {t} (notes)",
        "# {w}",
        "# {t}\n\n# And more",
        "## Something else",
        "words only",
        "# {s}",
        "# “{t}”",
        "# {l}",
        "{t}\n====",
        "# {t}: how it works",
        "# [{t}](https://example.org)",
        "# {t}.",
        "#  {t}",
        "# `{t}`",
    ]
    for is_defect, forms in ((True, bad), (False, good)):
        for form in forms:
            path = bed.take("hand", lambda p: p.isascii())
            title = bed.text(path).split("\n")[1].removeprefix("title: ")
            other = bed.chance.choice(bed.stems)
            made = form.format(
                t=title,
                T=title.upper(),
                l=title.lower(),
                s=Path(path).stem,
                w=title.split()[1],
                s2=other,
                t2=other.replace("-", " ").title(),
            )
            bed.swap(path, f"# {title}\n", made + "\n")
            bed.note(is_defect, path, None, (), form)


_LISTED = (("not-in-index", "wiki/index.md"), ("index-out-of-date", "wiki/index.md"))
"""A source page by hand is in no index, and counted in its coverage."""


def _same_title(bed: Bed) -> None:
    """Source pages by hand, in pairs."""

    def page(n: int, title: str, more: str = "", kind: str = "source-summary") -> str:
        folder = {"source-summary": "sources"}.get(kind) or FOLDERS[kind]
        path = f"wiki/{folder}/clip-{n:03}.md"
        head = f"title: {title}\ntype: {kind}\ncreated: 2026-10-05\nupdated: 2026-10-05\nsources: []\ntags: []{more}"
        bed.page_with(path, head, f"# {title}\n\nSee [[{bed.stems[0]}]].\n")
        return path

    pairs = [
        ("A Clip", "A Clip"),
        ("A Clip", "a clip"),
        ("A Clip", "A clip!"),
        ("剪报", "剪报"),
        ("Clip: One", "Clip One"),
        ("“Clip”", "Clip"),
        ("Clip-A", "Clip A"),
        ("CLIP", "clip"),
        ("剪报（一）", "剪报(一)"),
        ("Café", "Cafe\u0301"),
    ]
    for n, (one, two) in enumerate(pairs):
        dates = ["", "\ndate: 2026-01-02"][n % 2]
        later = dates if n % 3 else ""  # a page without a date may be any of them
        made = [page(2 * n, f'"{one} {n}"', dates), page(2 * n + 1, f'"{two} {n}"', later)]
        for path in made:
            bed.bad(path, 2, _LISTED, told=f"{one} / {two}")
    apart = [
        ("Part {n}", "Part {n} b"),
        ("Volume 1{n}", "Volume 2{n}"),
        ("章 {n}", "节 {n}"),
        ("Dated {n}", "Dated {n}"),
        ("As {n}", "As {n}"),
    ]
    for k in range(10):
        one, two = (form.format(n=k) for form in apart[k % 5])
        dated = apart[k % 5][0].startswith("Dated")
        kind = "concept" if apart[k % 5][0].startswith("As") else "source-summary"
        made = [
            page(100 + 2 * k, one, "\ndate: 2026-01-02" * dated),
            page(101 + 2 * k, two, "\ndate: 2026-01-03" * dated, kind),
        ]
        for path in made:
            bed.near(path, [*_LISTED, ("orphan-page", path)], told=f"{one} / {two}")


def _title(bed: Bed, path: str) -> str:
    return bed.text(path).split("\n")[1].removeprefix("title: ").strip('"')


def _clash(bed: Bed) -> None:
    """One name on two pages, of which both are found."""
    for n in range(10):
        one, two = bed.take("hand", lambda p: p.isascii()), bed.take("hand", lambda p: p.isascii())
        t = _title(bed, one)
        forms = [f"[{t}]", f"[{t.upper()}]", f"[{t.replace(' ', '-')}]", f'["{t}!"]', f"[Something {n}, {t.lower()}]"]
        if n < 5:
            bed.swap(two, _T, f"{_T}aliases: {forms[n]}\n")
        elif n < 8:
            for path, name in ((one, f"RAQ{n}"), (two, [f"raq{n}", f'"RAQ{n}."', f"RAQ{n}"][n - 5])):
                bed.swap(path, _T, f"{_T}aliases: [{name}]\n")
        else:
            name = f"共名{n}"
            bed.swap(one, _T, f"{_T}aliases: [{name}]\n")
            bed.swap(two, _T, f"{_T}aliases:\n- x{n}\n- {name if n == 8 else f'「{name}」'}\n")
        for path in (one, two):
            bed.bad(path, None, told=f"alias {n} of {one} and {two}")
    for n in range(20):
        path = bed.take("hand", lambda p: p.isascii())
        t = _title(bed, path)
        alias = [f"{t} again", f"Un{t}", t, f"第{n}种", f"Z{n}Q", f"{t.split()[0]} {n}", f"RAQ{n + 50}"][n % 7]
        bed.swap(path, _T, f'{_T}aliases: ["{alias}"]\n')
        bed.near(path, told=alias)


def _double(bed: Bed) -> None:
    """A page of a second name for a thing: found on the one that comes later."""

    def page(title: str, kind: str, alias: str = "") -> str:
        stem = re.sub(r"[^\w-]+", "-", title.lower()).strip("-")
        path = f"wiki/{FOLDERS[kind]}/{stem}.md"
        more = f'\naliases: ["{alias}"]' if alias else ""
        bed.page_with(
            path,
            f'title: "{title}"\ntype: {kind}\ncreated: 2026-10-05\nupdated: 2026-10-05\nsources: []\ntags: []{more}',
            f"# {title}\n\nSee [[{bed.stems[0]}]].\n",
        )
        return path

    twice = [
        ("Knotted Graph", "Knotted Graphs"),
        ("Tooth Brush", "Toothbrush"),
        ("Re-Entry", "Reentry"),
        ("Café Noir", "Cafe Noir"),
        ("Bread and Butter", "Butter and Bread"),
        ("Luhmann, Nora", "Nora Luhmann"),
        ("Slip Box（卡盒）", "卡盒"),
        ("Retrieval Augmented Graphing", "RAG"),
        ("猫与狗", "狗与猫"),
        ("红的线", "红线"),
        ("Oaks vs Elms", "Elms vs Oaks"),
        ("Story", "Stories"),
        ("Note-Book", "Note Books"),
        ("Large Copper Kettle", "LCK"),
        ("Naïve Set", "Naive Sets"),
        ("Wolf Pack", "Wolfpacks"),
        ("Zettel Box (ZB)", "Zettel Boxes"),
        ("Data Base", "Database"),
        ("Glass, Philip", "Philip Glass"),
        ("Box of Matches (BOM)", "Box of Matches"),
    ]
    for n, (one, two) in enumerate(twice):
        kind = ("concept", "entity", "method")[n % 3]
        paths = [page(one, kind), page(two, kind)]
        pairs = [(rule, path) for path in paths for rule in ("orphan-page", "alias-clash")]
        bed.bad(
            paths[1] if two.isupper() else max(paths),
            None,
            [*pairs, ("not-in-index", "wiki/index.md")],
            told=f"{one} / {two}",
        )
    apart = [
        ("GPX-4", "GPX-4 mini"),
        ("Version 2", "Version 3"),
        ("News", "New"),
        ("Glasses Maker", "Glass Maker Guild"),
        ("Analysis", "Analyst"),
        ("Tall Oak", "Tall Elm"),
        ("猫学", "狗学"),
        ("Physics", "Physic Garden"),
        ("Mars (planet)", "Mars Rovers"),
        ("Army of Ants", "Ants of Army Post"),
    ]
    for n, (one, two) in enumerate(apart):
        for title in (one, two):
            path = page(title, ("concept", "entity", "method")[n % 3])
            bed.near(path, [("orphan-page", path), ("not-in-index", "wiki/index.md")], told=f"{one} / {two}")


PLANTERS = (
    heads("missing-field", *MISSING),
    heads("wrong-type", *TYPES),
    heads("bad-date", *DATES),
    heads("tag-form", *TAGS),
    _kinded("unknown-type", UNKNOWN),
    Planter("title-mismatch", "head 2", _mismatch),
    Planter("alias-clash", "head 2", _clash),
    Planter("duplicate-title", "titles", _same_title),
    Planter("near-duplicate-page", "titles 2", _double),
)
