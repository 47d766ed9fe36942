"""The vault that defects are planted in: made once, copied for each round; what was planted where is noted."""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import generator
from karpwiki.findings import Finding
from vaults import karpwiki, make

MARK = "<!-- karpwiki writes from here -->"
DAY = "2026-10-05"
_FIRST = (
    "Quiet Slanted Brisk Hollow Mellow Narrow Silver Tidy Woolly Gentle Rusty Sunny Candid Dusty Frosty Limber Nimble "
    "Plain Rugged Sturdy"
).split()
_LAST = (
    "Kettle Ladder Window Pillow Basket Anchor Button Candle Drawer Engine Fiddle Hammer Jacket Mirror Saddle".split()
)
_FIRST_ZH, _LAST_ZH = (
    "静水 斜阳 空谷 细雨 远帆 薄雾 初雪 晚霞".split(),
    "茶壶 木梯 纸窗 竹篮 铁锚 烛台 抽屉 马鞍".split(),
)
_SAYS = (
    "I met this in a workshop and wrote down what the owner told me.",
    "Nobody has asked the second question yet, which is how long it lasts.",
    "My own view is that the smaller one does the better work.",
    "A friend keeps two of them in a shed and mends them in winter.",
    "It is heavier than it looks and easier to clean than people say.",
)
_SAYS_ZH = (
    "我在一个作坊里见过它，把主人说的话记了下来。",
    "还没有人问第二个问题：它能用多久。",
    "我自己的看法是，小的那个更好用。",
    "它比看上去重，也比人们说的容易清洗。",
)
KINDS = ("concept", "entity", "method")
FOLDERS = {"concept": "concepts", "entity": "entities", "method": "methods"}


def slug(title: str) -> str:
    return title.lower().replace(" ", "-")


def by_hand(english: int, chinese: int) -> list[tuple[str, str, str]]:
    """(path, title, text) of pages that a person wrote: each links the next two, and is of one of three kinds."""
    chance = random.Random(11)
    names = [f"{a} {b}" for b in _LAST for a in _FIRST][:english] + [f"{a}{b}" for b in _LAST_ZH for a in _FIRST_ZH][
        :chinese
    ]
    chance.shuffle(names)
    made = []
    for n, name in enumerate(names):
        kind = KINDS[n % 3]
        says = list(_SAYS if name.isascii() else _SAYS_ZH)
        chance.shuffle(says)
        near = [f"[[{slug(names[(n + k) % len(names)])}]]" for k in (1, 2)]
        head = (
            f"---\ntitle: {name}\ntype: {kind}\ncreated: {DAY}\nupdated: {DAY}\nsources: []\ntags: [by-hand]\n---\n\n"
        )
        body = (
            f"# {name}\n\n{says[0]} {says[1]}\n\n- {says[2]}\n- {near[0]}\n\n## What is next\n\n{says[3]} {near[1]}\n\n"
            f"| One | Two |\n| --- | --- |\n| a | b |\n\n{says[0]}\n"
        )
        made.append((f"wiki/{FOLDERS[kind]}/{slug(name)}.md", name, head + body))
    return made


def grow(folder: Path, sources: Sequence[int], english: int, chinese: int) -> Path:
    """A vault with pages from generated sources, by the embedded model, and pages by hand that the index lists."""
    every = list(generator.sources(max(sources) + 1))
    make(folder, dict(every[n] for n in sources), 'name = "Bench"\nlanguage = "en"\nmodel = "excerpt"\n')
    assert karpwiki(folder, "ingest") == 0
    pages = by_hand(english, chinese)
    for path, _, text in pages:
        write(folder / path, text)
    write(folder / "wiki/assets/desk.png", "no picture")
    index = folder / "wiki/index.md"
    listed = "".join(f"- [[{Path(path).stem}]]\n" for path, _, _ in pages)
    index.write_text(index.read_text("utf-8").replace(MARK, f"{listed}\n{MARK}"), "utf-8")
    assert karpwiki(folder, "compile") == 0
    with (folder / "wiki/log.md").open("a", encoding="utf-8") as log:
        log.write("\n## [2026-11-22] compile | Mine\n\n- Summary: words\n- Note: 一个注\n")
    return folder


def written_by_hand(folder: Path) -> Path:
    """A small vault that karpwiki has never written to."""
    make(folder, {f"clip-{n}.md": f"# Clip {n}\n\nWords of clip {n}.\n" for n in range(7)}, 'name = "Bench"\n')
    pages = by_hand(18, 6)
    for path, _, text in pages:
        write(folder / path, text)
    head = "created: 2026-10-05\nupdated: 2026-10-05\n"
    for n in range(7):
        text = f"---\ntitle: Clip {n}\ntype: source-summary\n{head}sources: [clip-{n}.md]\ntags: []\n---\n\n"
        text += f"# Clip {n}\n\nSee [[{slug(pages[n][1])}]].\n"
        write(folder / f"wiki/sources/clip-{n}.md", text)
    listed = "".join(f"- [[{Path(path).stem}]]\n" for path, _, _ in pages) + "".join(
        f"- [[clip-{n}]]\n" for n in range(7)
    )
    write(folder / "wiki/index.md", f"# Index\n\n## All\n\n{listed}")
    front = f"---\ntitle: Overview\ntype: overview\n{head}sources: []\ntags: []\n---\n\n"
    front += f"# Overview\n\nStart with [[{slug(pages[0][1])}]].\n"
    write(folder / "wiki/overview.md", front)
    write(folder / "wiki/assets/desk.png", "no picture")
    return folder


def write(file: Path, text: str | bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True)
class Plant:
    """A defect or a near miss, and where it is."""

    rule: str
    path: str
    lines: range | None
    """On one of which the finding must be; None: anywhere on the page."""
    is_defect: bool
    also: tuple[tuple[str, ...], ...] = ()
    """(rule, path, words of the message) of what it truly causes beside; paths may have `*`, words may be missing."""
    told: str = ""
    """What was planted, for people."""
    words: str = ""
    """Which the message must have, where several findings are at one place; or one of some, with `|` between them."""

    def finds(self, f: Finding) -> bool:
        here = self.path in ("*", f.path) and (self.lines is None or f.line in self.lines)
        return f.name == self.rule and here and any(words in f.message for words in self.words.split("|"))

    def explains(self, f: Finding) -> bool:
        """Whether a finding is justified by it."""
        for rule, path, *words in self.also:
            if f.name == rule and fnmatchcase(f.path, path.replace("[", "[[]")) and all(w in f.message for w in words):
                return True
        return self.is_defect and self.finds(f)


@dataclass
class Bed:
    """A copy of the vault, and the places that are still free."""

    root: Path
    seed: str
    plants: list[Plant] = field(default_factory=list)
    rule: str = ""
    """That is being planted for."""
    done: set[Callable[[Bed], None]] = field(default_factory=set)
    """What plants for several rules, and has done so."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.pools: dict[str, list[str]] = {"hand": [], "page": [], "source": []}
        for file in sorted((self.root / "wiki").glob("*/*.md")):
            path = file.relative_to(self.root).as_posix()
            hand = "tags: [by-hand]" in self.text(path)
            self.pools["source" if path.startswith("wiki/sources/") else "hand" if hand else "page"].append(path)
        self.stems = [Path(path).stem for path in self.pools["hand"] + self.pools["page"]]
        for pool in self.pools.values():
            self.chance.shuffle(pool)

    def commit(self) -> str:
        """All of the vault as it is, as a commit of git; what is found is what changes after it."""
        who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        for arguments in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "all"]):
            subprocess.run(["git", *arguments], cwd=self.root, check=True)
        return "HEAD"

    def begin(self, rule: str) -> None:
        self.rule, self.chance = rule, random.Random(f"{self.seed}/{rule}")

    def once(self, plant: Callable[[Bed], None]) -> None:
        """Plant what is for several rules, whichever of them is asked for first."""
        if plant not in self.done:
            self.done.add(plant)
            plant(self)

    def take(self, pool: str, *wanted: Callable[[str], bool]) -> str:
        """A page that nothing was planted on; it is not used again. `wanted`: by its path; if none fits, the next."""
        free = self.pools[pool]
        path = next(p for test in wanted or (bool,) for p in free if test(p))
        free.remove(path)
        return path

    def text(self, path: str) -> str:
        return (self.root / path).read_bytes().decode("utf-8")

    def put(self, path: str, text: str | bytes) -> None:
        write(self.root / path, text)

    def swap(self, path: str, old: str, new: str) -> int:
        """Replace the first of some words on a page; the line on which the new ones begin."""
        text = self.text(path)
        assert old in text, (path, old)
        self.put(path, text.replace(old, new, 1))
        return text.count("\n", 0, text.index(old)) + 1

    def note(
        self,
        is_defect: bool,
        path: str,
        lines: range | int | None,
        also: Iterable[tuple[str, ...]],
        told: str,
        words: str = "",
    ) -> None:
        where = range(lines, lines + 1) if isinstance(lines, int) else lines
        self.plants.append(Plant(self.rule, path, where, is_defect, tuple(also), told, words))

    def bad(
        self,
        path: str,
        lines: range | int | None = None,
        also: Iterable[tuple[str, ...]] = (),
        told: str = "",
        words: str = "",
    ) -> None:
        """A defect of the present rule was planted here."""
        self.note(True, path, lines, also, told, words)

    def near(self, path: str, also: Iterable[tuple[str, ...]] = (), told: str = "") -> None:
        """A near miss was planted here: the present rule must not find it."""
        self.note(False, path, None, also, told)

    def page_with(self, path: str, head: str, body: str = "") -> None:
        """A page by hand with this frontmatter (without its marks) and the usual body below its title, or another."""
        title = next((line[7:] for line in head.split("\n") if line.startswith("title: ")), "")
        self.put(path, f"---\n{head.strip()}\n---\n\n" + (body or f"# {title}\n\nSee [[{self.stems[0]}]].\n"))


_GAP = re.compile(r"\n\n(?=\S)")


def insert(bed: Bed, snippet: str, pool: str = "") -> tuple[str, range]:
    """Put a piece of Markdown somewhere on a page: between two blocks of one, by hand or compiled, or in its notes.

    A snippet that begins with `---` is lines of frontmatter, and goes on a page by hand. `@stem` stands for the name of
    a page, `@none` for one that no page has. Returns the path and the lines.
    """
    snippet = re.sub("@stem", lambda m: bed.chance.choice(bed.stems), snippet)
    snippet = snippet.replace("@none", f"no-such-{len(bed.plants)}")
    if snippet.startswith("---\n"):
        path = bed.take("hand")
        new = snippet.removeprefix("---\n")
        line = bed.swap(path, "tags: [by-hand]\n", f"tags: [by-hand]\n{new}\n") + 1
        return path, range(line, line + new.count("\n") + 1)
    [where] = [pool] if pool else bed.chance.choices(("hand", "block", "notes", "notes of a source"), (3, 4, 4, 1))
    path = bed.take({"hand": "hand", "block": "page", "notes": "page"}.get(where, "source"))
    text = bed.text(path)
    if where.startswith("notes"):
        at, piece = len(text), f"\n## Notes\n\n{snippet}\n"
    else:
        end = text.find("\n## Sources\n")
        start = text.index("\n# ")
        gaps = [m.start() for m in _GAP.finditer(text, start, end if end > 0 else len(text))]
        # Not between the items of a list, which belong together.
        gaps = [g for g in gaps if not text[g + 2 :].startswith(("- ", "| ", "## "))] or gaps[-1:]
        at = bed.chance.choice(gaps)
        piece = f"\n\n{snippet}"
    bed.put(path, text[:at] + piece + text[at:])
    line = text.count("\n", 0, at) + piece[: piece.index(snippet)].count("\n") + 1
    return path, range(line, line + snippet.count("\n") + 1)


@dataclass(frozen=True)
class Planter:
    """How the defects and the near misses of one rule are planted."""

    rule: str
    round: str
    """The rules of one round are planted for at once."""
    plant: Callable[[Bed], None] = lambda bed: None
    each: tuple[Callable[[Bed], None], ...] = ()
    """Instead, where a rule looks at one file of a vault: each of these in a small vault of its own."""
    base: str = "large"
    """The vault that it is planted in."""
    since: bool = False
    """Lint is asked for what changed in git."""


def snippets(
    rule: str, bad: Sequence[object], good: Sequence[object], round_: str = "words", pool: str = ""
) -> Planter:
    """A planter of pieces of Markdown. One that causes findings of other rules is a pair with their names."""

    def plant(bed: Bed) -> None:
        for is_defect, pieces in ((True, bad), (False, good)):
            for piece in pieces:
                snippet, also = piece if isinstance(piece, tuple) else (piece, "")
                path, lines = insert(bed, str(snippet), pool)
                pairs = [(name, path) for name in str(also).split()]
                bed.note(is_defect, path, lines if is_defect else None, pairs, str(snippet)[:120])

    return Planter(rule, round_, plant)
