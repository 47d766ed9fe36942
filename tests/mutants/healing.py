"""Healing a vault in which much is wrong at once: in one run, for good, and without a person's words."""

from __future__ import annotations

import contextlib
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
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


def plant_words(bed: Bed, count: int) -> dict[str, str]:
    """A person's words on pages that karpwiki wrote: between blocks, and in notes. Path → the words."""
    said = {}
    for n in range(count):
        path, words = bed.take("source" if n % 5 == 4 else "page"), WORDS.format(n)
        if n % 2 or path.startswith("wiki/sources/"):
            bed.put(path, bed.text(path) + f"\n## Notes\n\n{words}\n")
        else:
            bed.swap(path, "\n## Sources\n", f"\n{words}\n\n## Sources\n")
        said[path] = words
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
    made.lost = [path for path, mine in said.items() if mine not in bed.text(path)]
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
