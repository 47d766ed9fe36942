"""Figures that disagree, grow old or stand alone: C003, C004, C005, G008, G009, in a vault of pairs of sources.

Each pair says two numbers of one thing. A planter writes them as figures of the two claims; then the vault is compiled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from karpwiki.markdown import block_hash
from vaults import karpwiki, make

from .bed import Bed, Planter, write

_FIRST = "Ochre Teal Mauve Russet Ivory Sable Azure Crimson Beige Tawny".split()
_LAST = "Cistern Gallery Armoury Granary Aviary Nursery Brewery Rectory Priory Colliery".split()
_FIRST_ZH, _LAST_ZH = "乌溪 紫岭 灰桥 橙园".split(), "档案馆 研究所 年鉴 工坊 图书馆".split()
NAMES = [f"{a} {b}" for b in _LAST for a in _FIRST] + [f"{a}{b}" for b in _LAST_ZH for a in _FIRST_ZH]
OLD, NEW = 4130, 5270
"""The two numbers of a pair, to which its own is added."""


def _source(k: int, name: str, number: int) -> str:
    if name.isascii():
        return (
            f"# Report {number}\n\n## {name}\n\nThe **{name}** holds {number} boxes in the cellar. "
            f"The {name} was founded by farmers who wanted to study maps. The {name} lends tools "
            "to sailors without a fee.\n"
        )
    return (
        f"# 第{number}号报告\n\n## {name}\n\n**{name}**收藏了{number}件地图，多数由山里的教师捐赠。"
        f"{name}由一批农民创立，专门研究种子。{name}把工具借给水手，不收费用。\n"
    )


def grow_pairs(folder: Path) -> Path:
    files = {
        f"fig/{k:03}-{side}.md": _source(k, name, n + k)
        for k, name in enumerate(NAMES)
        for side, n in (("a", OLD), ("b", NEW))
    }
    make(folder, files, 'name = "Pairs"\nlanguage = "en"\nmodel = "excerpt"\n')
    assert karpwiki(folder, "ingest") == 0
    write(folder / "wiki/assets/desk.png", "no picture")
    return folder


@dataclass
class Pair:
    """Two claims about one thing."""

    name: str
    page: str
    sources: tuple[str, str]
    ids: tuple[str, str]
    numbers: tuple[int, int]

    @property
    def later(self) -> str:
        """The source page whose claim has the larger id, where a conflict is told."""
        return self.sources[self.ids.index(max(self.ids))]

    def note(self, bed: Bed, n: int) -> str:
        found = re.search(rf"^\[\^{self.ids[n]}\]: (.*?)(?: · .*)?$", bed.text(self.page), re.M)
        assert found
        return found[0]


def pairs(bed: Bed) -> Iterator[Pair]:
    """All pairs, in an order of chance."""
    found: dict[str, list[tuple[str, str, int]]] = {}
    for file in sorted((bed.root / "wiki/sources").glob("*.md")):
        text = file.read_text("utf-8")
        number = re.search(r"^title: \D*(\d+)", text, re.M)
        assert number
        note = re.search(rf"^\[\^(\w+)\]: `[^`]+` “[^”]*{number[1]}[^”]*”", text, re.M)
        assert note, file
        k = int(number[1]) - (NEW if int(number[1]) >= NEW else OLD)
        found.setdefault(NAMES[k], []).append((file.relative_to(bed.root).as_posix(), note[1], int(number[1])))
    pages = {
        re.search(r"^title: (.*)$", f.read_text("utf-8"), re.M)[1]: f for f in (bed.root / "wiki").glob("[cem]*/*.md")
    }  # type: ignore[index]
    order = [name for name in found if name in pages]
    bed.chance.shuffle(order)
    for name in order:
        (a, i, m), (b, j, n) = sorted(found[name], key=lambda row: row[2])
        yield Pair(name, pages[name].relative_to(bed.root).as_posix(), (a, b), (i, j), (m, n))


def figure(bed: Bed, pair: Pair, n: int, text: str, date: str = "", mark: str = "") -> None:
    """Write a figure to one claim of a pair; give its source a date; put a mark on the claim."""
    path, label = pair.sources[n], pair.ids[n]
    page = re.sub(rf"^(\[\^{label}\]: .*)$", rf"\1 · {text}", bed.text(path), flags=re.M)
    if date:
        page = re.sub(r"^(tags: .*)$", rf"\1\ndate: {date}", page, count=1, flags=re.M)
    if mark:
        page = re.sub(rf"^(- .*)(\[\^{label}\])", rf"\1 ({mark})\2", page, flags=re.M)
    bed.put(path, page)


Spelled = tuple[str, str, str, str, str, str]
"""Figures, dates and marks of the two claims; `{}` is the number."""
CONFLICTS: Sequence[Spelled] = (
    ("boxes = {} (box)", "boxes = {} (boxes)", "", "", "", ""),
    ("boxes = {} (%)", "boxes = {} (percent)", "", "", "", ""),
    ("Boxes = {} (item)", "boxes = {} (items)", "", "", "", ""),
    ("boxes = {}", "boxes = {}", "2020-01-02", "", "", "as of 2020-01-02"),
    ("number of boxes = {} (site)", "Number of Boxes = {} (sites)", "2020-01-02", "2020-01-02", "", ""),
    ("件数 = {} (%)", "件数 = {} (百分比)", "", "", "", ""),
    ("boxes = {} (kg)", "boxes = {} (kgs)", "", "", "", ""),
    ("boxes-held = {} (box)", "boxes held = {} (boxes)", "", "", "", ""),
    ("boxes = {} (pct)", "boxes = {} (%)", "2021-05-06", "2021-05-06", "", ""),
    ("boxes = about {} (box)", "boxes = {} (boxes)", "", "", "", ""),
)
OLDER: Sequence[Spelled] = (
    ("boxes = {} (box)", "boxes = {} (boxes)", "2019-01-02", "2021-01-02", "", ""),
    ("boxes = {}", "boxes = {}", "", "", "as of 2019", "as of 2021"),
    ("boxes = {}", "boxes = {}", "2019-01-02", "2023-01-02", "", "as of 2021-03"),
    ("Boxes = {}", "boxes = {}", "'2018'", "'2021'", "as of 2019", ""),
    ("件数 = {} (件)", "件数 = {} (件)", "", "", "as of 2019-05", "as of 2021-05"),
)
CITED = (
    "It holds many boxes.[^{i}]",
    "- It holds many boxes.[^{i}]",
    "箱子很多。[^{i}]",
    "> [!note]\n> It holds many boxes.[^{i}]",
    "| A | B |\n| --- | --- |\n| boxes | many[^{i}] |",
)


def _conflicts(bed: Bed, mine: list[Pair]) -> None:
    for n in range(20):
        pair, (one, two, date, later, mark, mark2) = mine.pop(), CONFLICTS[n % len(CONFLICTS)]
        for side, text, day, said in ((0, one, date, mark), (1, two, later, mark2)):
            figure(bed, pair, side, text.format(pair.numbers[side]), day, said)
        # A date of which the source does not speak is not proved.
        unproved = [("number-not-in-quote", path) for path in pair.sources] if mark or mark2 else []
        bed.bad(pair.later, None, [*unproved, ("index-out-of-date", "wiki/*")], f"{one} / {two}")


def _hand(bed: Bed, pair: Pair, words: str, more: str = "") -> str:
    path = f"wiki/concepts/of-{Path(pair.page).stem}.md"
    note = pair.note(bed, 0)
    head = f"title: Of {pair.name}\ntype: concept\ncreated: 2026-10-05\nupdated: 2026-10-05\nsources: []\ntags: []"
    bed.page_with(
        path,
        head,
        f"# Of {pair.name}\n\nSee [[{Path(pair.page).stem}]].\n\n{words.format(i=pair.ids[0])}\n\n{note}\n{more}",
    )
    return path


def _stale(bed: Bed, mine: list[Pair]) -> None:
    for n in range(40):
        bed.begin("stale-source")
        pair, (one, two, date, later, mark, mark2) = mine.pop(), OLDER[n % len(OLDER)]
        words, more, value = CITED[n % len(CITED)], "", pair.numbers[1]
        is_defect = n < 20
        if not is_defect:
            how = n % 10
            if how == 0:  # the year is said
                words = "In 2019 it held many boxes.[^{i}]"
            elif how == 1:  # the newer claim is cited too
                words, more = f"It holds many.[^{{i}}][^{pair.ids[1]}]", pair.note(bed, 1) + "\n"
            elif how == 2:  # the same number
                value = pair.numbers[0]
            elif how == 3:  # the newer one is not sure
                mark2 = f"{mark2}) (hedged" if mark2 else "hedged"
            elif how == 4:
                two = two.replace("oxes", "eds").replace("件数", "人数")
            elif how == 5:
                two = f"{two.split(' (')[0]} (pallet)"
                one = f"{one.split(' (')[0]} (drawer)"
            elif how == 6:
                words = "## In 2019\n\nIt held many boxes.[^{i}]"
            elif how == 7:  # the older and the newer change places
                date, later, mark, mark2 = later, date, mark2, mark
            elif how == 8:
                mark2 = f"{mark2}) (inferred" if mark2 else "inferred"
            else:
                words = "It holds boxes; nobody counts them."
        figure(bed, pair, 0, one.format(pair.numbers[0]), date, mark)
        figure(bed, pair, 1, two.format(value), later, mark2)
        unproved = [("number-not-in-quote", path) for path in pair.sources]
        path = _hand(bed, pair, words, more)
        also = [*unproved, ("not-in-index", "wiki/index.md"), ("index-out-of-date", "wiki/*"), ("orphan-page", path)]
        bed.note(is_defect, path, None, also, f"{n % 10}: {one} / {two} {words[:30]}")
        bed.begin("number-conflict")
        for path in pair.sources if n % 2 else ():
            bed.near(path, told=f"{one} / {two} of two dates")


STATUS_OPEN = ("open", "open ", "Open", "OPEN", " open")
STATUS_DONE = (
    "superseded by the second",
    "both hold: one counts boxes, one drawers",
    "superseded by the later one",
    "closed",
    "解决：两者都对",
    "both hold",
    "resolved",
    "open question no more: the first is wrong",
    "superseded by 2021 figures",
    "not a tension",
)


def _tensions(bed: Bed, mine: list[Pair]) -> Callable[[], None]:
    planted = [(mine.pop(), n) for n in range(40)]
    for pair, _ in planted:
        for side in (0, 1):
            figure(bed, pair, side, f"boxes = {pair.numbers[side]} (boxes)")

    def after() -> None:
        bed.begin("open-tension")
        for pair, n in planted:
            text = bed.text(pair.page)
            where = text.index("> [!warning] Tension: boxes")
            status = STATUS_OPEN[n // 2 % 5] if n < 20 else STATUS_DONE[n % 10]
            at = text.index("> Status: open", where)
            if n >= 10:
                bed.put(pair.page, text[:at] + f"> Status: {status}" + text[at + len("> Status: open") :])
            # A status is carried to the views by a compile.
            also = [
                ("page-out-of-date", pair.page),
                ("index-out-of-date", "wiki/*"),
                ("page-out-of-date", "wiki/overview.md"),
            ]
            bed.note(n < 20, pair.page, None, also, f"Status: {status}")

    return after


def _plant(bed: Bed) -> None:
    mine = list(pairs(bed))
    bed.begin("number-conflict")
    _conflicts(bed, mine)
    _stale(bed, mine)
    after = _tensions(bed, mine)
    assert karpwiki(bed.root, "compile") == 0
    after()


_SENTENCE = re.compile(r"^([^\n#|>\[-][^\n]*?)((?:\[\^\w+\])+)(?= |$)", re.M)


def _runs(text: str) -> list[tuple[str, str, str]]:
    """(block, its first sentence, the run of footnotes of that) of each paragraph."""
    return [(m.string[m.start() : m.string.find("\n", m.start())], m[1], m[2]) for m in _SENTENCE.finditer(text)]


def _cite(bed: Bed, page: str, block: str, run: str, new: str) -> None:
    """As if karpwiki had cited otherwise: the closing comment knows it."""
    made = block.replace(run, new, 1)
    ids, now = (",".join(dict.fromkeys(re.findall(r"\[\^(\w+)\]", b))) for b in (block, made))
    bed.swap(page, block, made)
    bed.swap(page, f"{block_hash(block)}:{ids}", f"{block_hash(made)}:{now}")


def _weights(bed: Bed) -> None:
    """Statements of two sources and of one; firsthand ones, and others."""
    mine = list(pairs(bed))
    for n in range(20):
        bed.begin("single-source")
        pair = mine.pop()
        rows = [row for row in _runs(bed.text(pair.page)) if len(_ids(row[2])) == 1]
        block, words, run = rows[0]
        own = _source_of(bed, pair, _ids(run)[0])
        every = [i for i in dict.fromkeys(_ids(bed.text(pair.page))) if i not in run]
        added = next(i for i in every if (_source_of(bed, pair, i) == own) != bool(n % 2))
        _cite(bed, pair.page, block, run, f"{run}[^{added}]")
        also = [("single-source", pair.page), ("page-out-of-date", pair.page)]
        bed.note(n % 2 == 0, pair.page, None, also, f"{run}[^{added}]", words[:60])
    for n in range(20):
        bed.begin("single-source")
        pair = mine.pop()
        if n % 2:  # a person's sentence is not looked at
            bed.swap(pair.page, "\n## Sources\n", f"\nMine alone.[^{pair.ids[0]}]\n\n## Sources\n")
            bed.note(False, pair.page, None, [("single-source", pair.page)], "Mine alone.", "Mine alone")
        else:
            bed.bad(pair.page, None, [("single-source", pair.page)], "as it is")
    for n in range(20):
        bed.begin("secondary-only")
        pair = mine.pop()
        level = ["primary", "primary", "inferred", "secondary"][n % 4]
        also = [
            ("page-out-of-date", pair.page),
            ("page-out-of-date", "wiki/sources/*"),
            ("index-out-of-date", "wiki/*"),
            ("page-out-of-date", "wiki/overview.md"),
        ]
        for path in pair.sources:
            bed.swap(path, "credibility: secondary", f"credibility: {level}")
        if n % 4 == 1:  # of a firsthand source one claim is told by somebody else
            bed.put(
                pair.sources[0],
                re.sub(rf"^(- .*)(\[\^{pair.ids[0]}\])", r"\1 (secondary)\2", bed.text(pair.sources[0]), flags=re.M),
            )
            bed.bad(pair.page, None, also, "a mark on a claim")
        elif level == "primary":
            bed.near(pair.page, also, level)
        else:
            bed.bad(pair.page, None, also, level)
    for n in range(20):
        bed.begin("secondary-only")
        pair = mine.pop()
        also = [("page-out-of-date", pair.page), ("page-out-of-date", "wiki/sources/*")]
        if n % 4 == 0:
            bed.bad(pair.page, None, also, "as it is")
            continue
        for path, label in zip(
            pair.sources, pair.ids, strict=True
        ):  # every claim that is not firsthand by its source is by its mark
            bed.put(
                path,
                re.sub(r"^(- .*)(\[\^\w+\])", r"\1 (primary)\2", bed.text(path), flags=re.M)
                if n % 4 > 1
                else bed.text(path).replace("credibility: secondary", "credibility: primary"),
            )
            assert label
        bed.near(pair.page, also, "primary by marks" if n % 4 > 1 else "primary by source")


def _ids(text: str) -> list[str]:
    return re.findall(r"\[\^(\w+)\]", text)


def _source_of(bed: Bed, pair: Pair, label: str) -> str:
    label = label.partition("]")[0]
    return next((path for path in pair.sources if f"[^{label}]:" in bed.text(path)), "")


_FIGURES, _WEIGHTS = ("number-conflict", "stale-source", "open-tension"), ("single-source", "secondary-only")
PLANTERS = (
    *(Planter(rule, "figures", lambda bed: bed.once(_plant), base="pairs") for rule in _FIGURES),
    *(Planter(rule, "weights", lambda bed: bed.once(_weights), base="pairs") for rule in _WEIGHTS),
)
