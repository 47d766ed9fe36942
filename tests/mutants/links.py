"""Links that lead nowhere, astray or in a circle: group L."""

from __future__ import annotations

from pathlib import Path

from .bed import Bed, Planter, insert, snippets

BROKEN = (
    [
        "[[Never @none]]",
        "See [[@none|a label]] here.",
        "[[concepts/@none]]",
        "![[missing.png]]",
        "![[missing.pdf#page=2]]",
        "[x](@none.md)",
        "[x](./@none.md)",
        "[x](../concepts/@none.md#a)",
        '[x](@none.md "title")',
        "[x](<no such.md>)",
        "[x](no%20such.md)",
        "![x](assets/missing.png)",
        "[x][r]\n\n[r]: @none.md",
        "| a | b |\n| --- | --- |\n| [[@none\\|x]] | y |",
        "> [!note] See\n> [[@none]]",
        "## About [[@none]]",
        "- one\n  - [[@none#Heading]]",
        "[[没有这一页]]",
        "文字[[没有这一页|标签]]文字",
        "See the note.[^mine]\n\n[^mine]: From [[@none]].",
        "[[nowhere/@stem]]",
        "[[@stem-]]",
        "**[[@none]]** and *[x](gone.md)*",
        "[two\nlines](@none.md)",
        "[[raw/none.md]]",
    ],
    [
        "[[@stem]]",
        "[[@stem|a label]]",
        "[[@stem.md]]",
        "[[#A part of it]]\n\n## A part of it",
        "![[desk.png]]",
        "![x](../assets/desk.png)",
        '![x](../assets/desk.png "title")',
        "`[[@none]]`",
        "```md\n[[@none]] [x](@none.md)\n```",
        "[x](https://example.org/@none.md)",
        "[x](mailto:a@example.org)",
        "[x](#a-part)\n\n## A part",
        "\\[x](@none.md) is shown",
        "a[0][1] and f[[1, 2], [3, 4]]",
        "| a |\n| --- |\n| [[@stem\\|x]] |",
        "<!-- [[@none]] -->",
        "Words <!-- [[@none]] --> and %% [x](@none.md) [[@none]] %% more.",
        "%%\n[[@none]]\n\n[x](@none.md)\n%%",
        "[x](../../CLAUDE.md)",
        "[x](../../../elsewhere/a.md)",
        "    [[@none]] is code",
        "[x] (@none.md)",
        "[ ] @none.md",
        "[x](//example.org/a)",
        "<a@example.org> [1]",
        "See `[x](@none.md)` here.",
        "[x][r]\n\n[r]: https://example.org/a.md",
    ],
)
ANCHOR = (
    [
        "[[#No such heading]]",
        "[[@hand#No such heading]]",
        "[[@hand#No such heading|label]]",
        "[x](#no-such-heading)",
        "[[@page#No such heading]]",
        "[[@hand#^abc123]]",
        "| a |\n| --- |\n| [[@hand#Nothing\\|x]] |",
        "> [[@hand#Nothing]]",
        "- [[@hand#没有这个标题]]",
        "[[#没有这个标题]]",
        "![[@hand#Nothing]]",
        "## See [[@hand#Nothing]]",
        "[[@hand#What was next]]",
        "[[@hand#What is]]",
        "[[@hand#What is next#Deeper]]",
        "[[@page#Source]]",
        "[[@handmd#Nothing]]",
        "[x](#what-is-next-and-more)",
        "[[#^none]]",
        "**[[@hand#next]]**",
        "[x](#没有)",
    ],
    [
        "[[@hand#What is next]]",
        "[[@hand#what is next]]",
        "[[@hand#What is next|label]]",
        "[[@page#Sources]]",
        "[x](#here-below)\n\n## Here, below!",
        "[[#Mine]]\n\n### Mine",
        "[[#^mine]]\n\nA paragraph. ^mine",
        "`[[@hand#Nothing]]`",
        "[x](https://example.org/#nothing)",
        "[[#a b]]\n\n## A: b?",
        "[[#你好]]\n\n## 你好",
        "[[#What is next#Deeper]]\n\n### Deeper",
        "[x](#b-c-1)\n\n## B c\n\nwords\n\n## B c",
        "[[#Code x]]\n\n## Code `x`",
        "[[#Linked]]\n\n## [Linked](https://example.org)",
        "```md\n[[#Nothing]]\n```",
        "[[#Under]]\n\nUnder\n=====",
        "[x](#你好世界)\n\n### 你好，世界",
        "[[#Bold word]]\n\n## **Bold** word",
        "| a |\n| --- |\n| [[@hand#What is next\\|x]] |",
        "[x](#%E4%BD%A0)\n\n## 你",
        "[[#Tail]]\n\n## Tail ##",
    ],
)


def _anchors(bed: Bed) -> None:
    hands = [bed.take("hand") for _ in range(6)]
    pages = [bed.take("page") for _ in range(4)]
    for is_defect, pieces in zip((True, False), ANCHOR, strict=True):
        for piece in pieces:
            hand, page = Path(bed.chance.choice(hands)).stem, Path(bed.chance.choice(pages)).stem
            made = piece.replace("@handmd", f"{hand}.md").replace("@hand", hand).replace("@page", page)
            path, lines = insert(bed, made, "hand" if "[[#" in piece or "(#" in piece else "")
            bed.note(is_defect, path, lines if is_defect else None, (), piece)


def _ambiguous(bed: Bed) -> None:
    """Two files of one name are a path-collision; each link to them is ambiguous."""
    places = [("wiki/assets/one.png", "wiki/assets/two/one.png", "![[one.png]]")]
    kinds = {"concepts": "methods", "entities": "concepts", "methods": "entities"}
    for n in range(20):
        path = bed.take("hand")
        folder, stem = path.split("/")[1], Path(path).stem
        twin = f"wiki/{kinds[folder]}/{stem.title() if n % 3 == 1 else stem}.md"
        bed.page_with(
            twin, f"title: Other {stem}\ntype: {kinds[folder][:-1].replace('ie', 'y').replace('entiti', 'entity')}"
        )
        places.append(
            (
                path,
                twin,
                [
                    f"[[{stem}]]",
                    f"[[{stem}|x]]",
                    f"[[{stem.upper()}]]",
                    f"![[{stem}#What is next]]",
                    f"| a |\n| --- |\n| [[{stem}\\|x]] |",
                ][n % 5],
            )
        )
    bed.put("wiki/assets/one.png", "1")
    bed.put("wiki/assets/two/one.png", "2")
    ways = [
        ("path-collision", ""),
        ("not-in-index", "wiki/index.md"),
        ("missing-field", ""),
        ("near-duplicate-page", ""),
    ]
    for one, two, link in places:
        stem = Path(one).stem
        also = [(rule, p or path) for rule, p in ways for path in (one, two)]
        # Pages that linked it before are ambiguous by now.
        also += [
            ("orphan-page", two),
            ("alias-clash", one),
            ("alias-clash", two),
            ("ambiguous-link", "wiki/*", f"'{stem}'"),
        ]
        path, lines = insert(bed, link)
        bed.bad(path, lines, also, told=link)
        good, _ = insert(
            bed, f"[[{one.split('/', 1)[1].removesuffix('.md')}]]" if one.endswith(".md") else "![[desk.png]]"
        )
        bed.near(good, told=stem)


def _case(bed: Bed) -> None:
    names = [p for p in bed.pools["hand"] if p.isascii()]
    latin = [bed.take("hand", lambda p: p.isascii()) for _ in range(20)]
    forms = (
        "[[{T}]]",
        "[[{U}|label]]",
        "see [[{T}#What is next]] there",
        "| a |\n| --- |\n| [[{U}\\|x]] |",
        "> [[{T}]]",
        "- [[{U}]]",
        "![[{T}]]",
        "[[{F}/{s}]]",
        "[[{f}/{T}|x]]",
        "![[Desk.PNG]]",
        "![x](../assets/DESK.png)",
        "[x](../{f}/{T}.md)",
        "[x](../{F}/{s}.md)",
        "[x](<../{f}/{T}.md>)",
        "[[{T}.md]]",
        "## On [[{U}]]",
        "文字[[{T}]]文字",
        "[x](../{f}/{U}.md#what-is-next)",
        "**[[{T}]]**",
        "[[{U}]] and words",
    )
    right = (
        "[[{s}]]",
        "[[{s}|{T}]]",
        "[[{f}/{s}]]",
        "![[desk.png]]",
        "[x](../{f}/{s}.md)",
        "[x](../{f}/{s})",
        "`[[{T}]]`",
        "```\n[[{U}]]\n```",
        "{T} in words",
        "[{T}](https://example.org/{T}.md)",
        "[[{s}.md]]",
        "[[{s}#what IS next]]",
        "| a |\n| --- |\n| [[{s}\\|{T}]] |",
        "![[desk.png|Desk]]",
        "<!-- [[{T}]] -->",
        "\\[[{T}\\]]",
        "> [[{s}|X]]",
        "[x](#What-Is-Next)\n\n## What is next to it\n\n## What is next",
        "[X](./../{f}/{s}.md)",
        "[[{f}/{s}|{U}]]",
    )
    assert names
    for is_defect, pieces in ((True, forms), (False, right)):
        for target, form in zip(latin, pieces, strict=True):
            stem, folder = Path(target).stem, target.split("/")[1]
            made = form.format(s=stem, T=stem.title(), U=stem.upper(), f=folder, F=folder.title())
            path, lines = insert(bed, made, "hand" if "](" in form else "")
            bed.note(is_defect, path, lines if is_defect else None, (), made)


def _lone(bed: Bed, n: int, kind: str, body: str, chinese: bool = False) -> tuple[str, str]:
    """A new page by hand that no page links, and that is listed in the index."""
    title = f"{'孤页' if chinese else 'Lonely Thing'} {n:03} {bed.rule[:3]}"
    stem = title.lower().replace(" ", "-")
    path = f"wiki/{kind}s/{stem}.md" if kind != "entity" else f"wiki/entities/{stem}.md"
    head = f"title: {title}\ntype: {kind}\ncreated: 2026-10-05\nupdated: 2026-10-05\nsources: []\ntags: []"
    bed.page_with(path, head, f"# {title}\n\n{body}\n")
    return path, stem


def _orphans(bed: Bed) -> None:
    listed = []
    for n in range(20):
        target = f"[[{bed.chance.choice(bed.stems)}]]"
        body = [f"Words and {target}.", f"{target}", f"Itself: [[lonely-thing-{n:03}-orp]] and {target}"][n % 3]
        path, stem = _lone(bed, n, ("concept", "entity", "method")[n % 3], body, n % 5 == 4)
        also = [("broken-link", path)] if n % 5 == 4 and n % 3 == 2 else []
        listed.append(stem)
        bed.bad(path, None, also, told=body)
        if n % 4 == 0:  # named in code, in a comment or on the front page, it is as lone as before
            insert(bed, [f"`[[{stem}]]`", f"<!-- [[{stem}]] -->", f"{stem}"][n // 4 % 3])
    for n in range(20, 40):
        path, stem = _lone(
            bed, n, ("concept", "entity", "method")[n % 3], f"See [[{bed.chance.choice(bed.stems)}]].", n % 5 == 4
        )
        listed.append(stem)
        ways = [
            f"[[{stem}]]",
            f"[[{stem}|x]]",
            f"![[{stem}]]",
            f"[[{stem}#a]]",
            f"[x](../{path.split('/')[1]}/{stem}.md)",
        ]
        link = ways[n % 5].replace("#a", "") + (f" [[{stem.upper()}]]" if n == 39 else "")
        where, _ = insert(bed, link, "hand" if "](" in link else "")
        bed.near(path, [("case-mismatch-link", where)] if n == 39 else [], told=link)
    bed.swap("wiki/index.md", "# Index\n", "# Index\n\n" + "".join(f"- [[{stem}]]\n" for stem in listed))


def _ends(bed: Bed) -> None:
    for n in range(20):
        path = bed.take("hand")
        title = bed.text(path).split("\n")[1].removeprefix("title: ")
        source = Path(bed.chance.choice(bed.pools["source"])).stem
        ways = [
            "Words alone.",
            f"[[{source}]] says so.",
            "[[index]] and [[overview]]",
            f"[[{Path(path).stem}]]",
            "[a site](https://example.org)",
            f"`[[{bed.stems[0]}]]`",
            "![[desk.png]]",
            "[[#Two]]\n\n## Two",
        ]
        head = bed.text(path).split("---\n")[1]
        if n % 4 == 3:
            head = head.replace("type: concept\n", "")
        missing = [("missing-field", path)] if "type:" not in head else []
        bed.page_with(path, head, f"# {title}\n\n{ways[n % 8]}\n")
        # Those that it linked may be left without a link.
        bed.bad(path, None, [*missing, ("orphan-page", "wiki/*")], told=ways[n % 8])
    for n in range(20):
        path = bed.take("hand")
        title, stem = bed.text(path).split("\n")[1].removeprefix("title: "), bed.chance.choice(bed.pools["page"])
        other = Path(stem).stem
        ways = [
            f"[[{other}]]",
            f"[x](../{stem.split('/')[1]}/{other}.md)",
            f"![[{other}]]",
            f"| a |\n| --- |\n| [[{other}\\|x]] |",
            f"## Notes\n\n[[{other}]]",
            f"> [[{other}|x]]",
        ]
        bed.page_with(path, bed.text(path).split("---\n")[1], f"# {title}\n\n{ways[n % 6]}\n")
        bed.near(path, [("orphan-page", "wiki/*")], told=ways[n % 6])


def _mentions(bed: Bed) -> None:
    def title(path: str) -> str:
        return bed.text(path).split("\n")[1].removeprefix("title: ")

    forms = (
        "We saw the {t} there.",
        "- {t} is one",
        "| a |\n| --- |\n| {t} |",
        "{t}",
        "**{t}** is old",
        "“{t}” they said",
        "It was {t}, not more.",
        "文字{t}文字",
        "(see {t})",
        "- [ ] mend {t}",
        "{l} in small letters",
        "1. the {t}: it",
        "{t}'s owner",
        "One. {t}! Two?",
        "*{t}*",
        "before\n{t}\nafter",
        "the old/{t}",
        "{t};",
        "What of {t}?",
        "{t}—so",
    )
    near = (
        "[[{s}]]",
        "[[{s}|{t}]]",
        "`{t}`",
        "```\n{t}\n```",
        "[[{s}]] and {t} again",
        "[{t}](https://example.org)",
        "x{t}x is a word",
        "{half}",
        "https://example.org/{s}",
        "<!-- {t} -->",
        "## {t}",
        "> {t}",
        "{t}s and more of them",
    )
    for form in forms:
        chinese = form.startswith("文字")
        target = bed.take("hand", lambda p, zh=chinese: p.isascii() != zh)  # type: ignore[misc]
        name = title(target)
        path, lines = insert(bed, form.format(t=name, l=name.lower(), s=Path(target).stem))
        bed.bad(path, lines, told=form)
    for n in range(20):
        form = near[n % len(near)]
        target = bed.take("hand", lambda p: p.isascii())
        name = title(target)
        path, _ = insert(bed, form.format(t=name, s=Path(target).stem, half=name.split()[0]))
        bed.near(path, told=form)


def _wanted(bed: Bed) -> None:
    """Three pages link each name, which is found once; two are too few."""
    for n in range(20):
        name = f"想要的页 {n}" if n % 4 == 3 else f"Wanted Thing {n}"
        forms = [f"[[{name}]]", f"[[{name}|x]]", f"[[{name.lower()}]]" if n % 2 else f"[[{name}#A]]"]
        places = [insert(bed, form) for form in forms]
        first = min(path for path, _ in places)
        lines = next(lines for path, lines in places if path == first)
        bed.bad(first, lines, [("broken-link", path) for path, _ in places], told=name)
    for n in range(20):
        name = f"Hardly Wanted {n}"
        forms = [
            [f"[[{name}]]", f"[[{name}]]"],
            [f"[[{name}]] [[{name}]] [[{name}]]"],
            ["[[@stem]]"] * 3,
            [f"`[[{name}]]`"] * 3,
            [f"![[{name}.png]]"] * 3,
            [f"[[#{name}]]"] * 3,
            [f"[x]({name.replace(' ', '-')}.md)"] * 3,
        ][n % 7]
        for form in forms:
            path, _ = insert(bed, form, "hand" if "](" in form else "")
            bed.near(path, [("broken-link", path), ("broken-anchor", path)], told=form)


NOTES = (
    [
        *(f"Words[^a{n}] and more[^b{n}].\n\n[^a{n}]: A note." for n in range(6)),
        *(f"> 引文[^a{n}]。\n\n- item[^z{n}]\n\n[^a{n}]: 一个注" for n in range(6, 10)),
        *(f"| a |\n| --- |\n| cell[^c{n}] |\n\n[^src-a{n}]: [[@stem]]" for n in range(10, 14)),
        *(f"Words[^d{n}].\n\n[^d{n}]: One.\n[^d{n}]: Two." for n in range(14, 18)),
        "`[^x]` and[^y].\n\n[^x1]: A note.",
        "## A heading[^h]\n\n[^h1]: A note.",
    ],
    [
        *(f"Words[^a{n}] and more[^b{n}].\n\n[^a{n}]: A note.\n\n[^b{n}]: Another." for n in range(6)),
        *(f"The class [^a-z{n}] holds the rest." for n in range(6, 10)),
        *(f"Words[^a{n}] and `[^x{n}]`.\n\n[^a{n}]: 一个注" for n in range(10, 14)),
        *(f"Words[^a{n}] and \\[^x{n}].\n\n[^a{n}]: A note\n  on two lines." for n in range(14, 17)),
        *(f"Words[^a{n}].\n\n```re\n[^x{n}]\n```\n\n[^a{n}]: A note[^a{n}]." for n in range(17, 20)),
    ],
)
SPACED = (
    [
        *(f"See [a page](no such page {n}.md) there." for n in range(8)),
        *(f"- 见[一页](../concepts/没有 这页 {n}.md)。" for n in range(4)),
        *(f"![x](a picture {n}.md) [y](b c{n}.md#Part)" for n in range(3)),
        '[x](no such.md "a title")',
        "| a | b |\n| --- | --- |\n| [x](no such.md) | y |",
        "> [!note] See\n> [x](no such (one).md)",
        "## About [x](no such.md)",
        "`code` and [x](no such.md) and `[y](no such.md)`",
    ],
    [
        ("[x](<no such.md>)", "broken-link"),
        "`[x](no such.md)`",
        "```md\n[x](no such.md)\n```",
        "\\[x](no such.md)",
        '[x](https://example.org/a.md "no such.md")',
        "f[0](a, b) and g[x](1 2)",
        "[x] (no such.md)",
        "    [x](no such.md)",
        "<!-- [x](no such.md) -->",
        "[ ](a b)",
        "[x](no-such thing)",
        *(f"[see](page {n} of the book)" for n in range(9)),
    ],
)
PLANTERS = (
    snippets("spaced-link", *SPACED, "footnotes", "hand"),
    snippets("undefined-footnote", *NOTES, "footnotes", "hand"),
    snippets("broken-link", *BROKEN, "links"),
    Planter("broken-anchor", "links", _anchors),
    Planter("case-mismatch-link", "links", _case),
    Planter("orphan-page", "links", _orphans),
    Planter("wanted-page", "links", _wanted),
    Planter("unlinked-mention", "links", _mentions),
    Planter("ambiguous-link", "twins", _ambiguous),
    Planter("dead-end", "keys", _ends),
)
