"""Healing a vault in which much is wrong at once: in one run, for good, and without a person's words."""

from __future__ import annotations

import contextlib
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from karpwiki.lint import lint
from karpwiki.rules import every
from karpwiki.settings import read_settings
from karpwiki.vault import read_wiki
from vaults import karpwiki, times, tree

from .bed import Bed, Planter

FIXABLE = frozenset(rule.NAME for rule in every() if rule.FIX in ("safe", "unsafe"))
WORDS = "These words are mine, number {}, and *nobody* else’s; 我的话。"


@dataclass
class Healing:
    """What one healing did."""

    before: Counter[str]
    """Findings with a fix that may be applied, by rule."""
    left: Counter[str]
    again: tuple[str, ...] = ()
    """Files that a second healing wrote."""
    lost: list[str] = field(default_factory=list)
    """Pages on which a person's words are not what they were."""

    @property
    def is_good(self) -> bool:
        return not (self.left or self.again or self.lost)


EACH = 20
_CREATED, _TAGS, _SOURCES = "created: 2026-10-05\n", "tags: [by-hand]\n", "sources: []\n"
BY_HAND: Mapping[str, Sequence[tuple[str, str]]] = {
    "bad-date": [
        (_CREATED, f"created: {day}\n") for day in ("2026/10/05", "2026.10.5", "2026年10月5日", "2026-1-5")
    ],
    "tag-form": [(_TAGS, f"tags: [{tag}]\n") for tag in ("By-Hand", '"by hand"', '"#hash"', '"标签 二"')],
    "duplicate-key": [
        (_TAGS, _TAGS * 2),
        (_SOURCES, _SOURCES * 2 + "mine: 1\n"),
        (_TAGS, _TAGS + "aliases: [a1x]\naliases: [a1x]\n"),
    ],
    "wrong-type": [
        (_TAGS, "tags: one\n"), (_TAGS, "tags: a, b\n"), (_SOURCES, "sources: a.md\n"), (_TAGS, "tags: 标签\n"),
    ],
}  # fmt: skip
"""Rules of which few plants have a fix → what stands on a page by hand, and what it becomes: each has one."""


def plant_fixable(bed: Bed) -> list[tuple[str, str]]:
    """Twenty more of each kind of which the planters have fewer with a fix. (path, a person's words) that must stay."""
    for rule, forms in BY_HAND.items():
        bed.begin(rule)
        for n in range(EACH):
            path = bed.take("hand", lambda p: _TAGS in bed.text(p) and _CREATED in bed.text(p))
            bed.swap(path, *forms[n % len(forms)])
            bed.bad(path)
    for _ in range(EACH):
        path = bed.take("page")
        bed.put(path, re.sub(r"^(?:created|updated): .*\n", "", bed.text(path), count=1, flags=re.M))
    said = []
    for n in range(EACH + 2):  # where another plant reworded the claims of the page, a model is needed
        path, sides = bed.take("page"), (f"Words of ours, {n}.", f"他们的话 {n}。")
        marked = f"<<<<<<< HEAD\n{sides[0]}\n=======\n{sides[1]}\n>>>>>>> theirs\n"
        bed.swap(path, "\n## Sources\n", f"\n{marked}\n## Sources\n")
        said += [(path, words) for words in sides]
    rows = bed.chance.sample(re.findall(r"^\| \[\[.*\n", bed.text("wiki/index-entity.md"), re.M), EACH)
    for row in rows:
        bed.swap("wiki/index-entity.md", row, "")
    return said


def plant_words(bed: Bed, count: int) -> list[tuple[str, str]]:
    """A person's words on pages that karpwiki wrote: between blocks, and in notes. (path, words) of each."""
    said = []
    for n in range(count):
        path, words = bed.take("source" if n % 5 == 4 else "page"), WORDS.format(n)
        if n % 2 or path.startswith("wiki/sources/"):
            bed.put(path, bed.text(path) + f"\n## Notes\n\n{words}\n")
        else:
            bed.swap(path, "\n## Sources\n", f"\n{words}\n\n## Sources\n")
        said.append((path, words))
    return said


def damage(bed: Bed, rows: Iterable[Planter]) -> None:
    """Plant for every rule that has a fix."""
    for row in rows:
        bed.begin(row.rule)
        row.plant(bed)
    index = bed.root / "wiki/index.md"
    index.write_text(index.read_text("utf-8").replace("secondary |", "primary |", 20), "utf-8")


def fixable(root: Path, grades: Sequence[str]) -> Counter[str]:
    """The findings that healing is to mend, by rule."""
    report = lint(read_wiki(root), read_settings(root))
    return Counter(f.name for f in report.findings if f.fix in grades)


def heal(bed: Bed, rows: Sequence[Planter], unsafe: bool, words: int) -> Healing:
    """Damage a vault and heal it twice, as a person does it."""
    with (bed.root / "karpwiki.toml").open("a", encoding="utf-8") as file:
        file.write('[rules]\ntag-form = "info"\n')
    grades = ("safe", "unsafe") if unsafe else ("safe",)
    said = plant_words(bed, words)
    hands = {path: bed.text(path) for path in bed.pools["hand"]}
    damage(bed, rows)
    said += plant_fixable(bed)
    hands = {path: text for path, text in hands.items() if path in bed.pools["hand"]} | _bodies(bed)
    made = Healing(fixable(bed.root, grades), Counter())
    command = ["lint", "--heal", *(["--unsafe"] if unsafe else [])]
    run_quietly(bed.root, command)
    made.left = fixable(bed.root, grades)
    whole, stamps = tree(bed.root), times(bed.root)
    run_quietly(bed.root, command)
    after, then = tree(bed.root), times(bed.root)
    made.again = tuple(
        sorted(
            p
            for p in {*whole, *after}
            if whole.get(p) != after.get(p) or stamps.get(f"{bed.root}/{p}") != then.get(f"{bed.root}/{p}")
        )
    )
    made.lost = [path for path, mine in said if mine not in bed.text(path)]
    made.lost += [path for path, text in hands.items() if not bed.text(path).endswith(text)]
    return made


def _bodies(bed: Bed) -> dict[str, str]:
    """What stands below the frontmatter of pages by hand that something was planted on, where no fix may touch it."""
    found = {}
    for p in bed.plants:
        if (
            p.rule in ("case-mismatch-link", "invisible-text")
            or not (bed.root / p.path).is_file()
            or not p.path.endswith(".md")
        ):
            continue
        text = (bed.root / p.path).read_bytes().decode("utf-8", "replace")
        if "<!-- karpwiki" not in text and "\ufffd" not in text:
            found[p.path] = re.sub(r"\A---\n[\s\S]*?\n---\n", "", text)
    touched = {p.path for p in bed.plants if p.rule in ("case-mismatch-link", "invisible-text")}
    return {path: text for path, text in found.items() if path not in touched}


def run_quietly(root: Path, command: Sequence[str]) -> int:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return karpwiki(root, *command)
