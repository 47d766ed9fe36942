"""Whatever people and commands do in whatever order: nothing breaks, the next compile settles it, no word is lost."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import pytest

from vaults import add, karpwiki, make, tree

NAMES = ("Zeta", "Omega", "Kappa", "Sigma")
KINDS = ("concepts", "entities", "methods", "elsewhere")
EXCUSED = re.compile("G001|G003|G005|L001")
"""Findings that an undo of a reading, or a person's own link to what is gone, brings about."""


def note(rng: random.Random, name: str, n: int) -> str:
    said = [f"**{name}** has {n}{k} big users in the north of town {k}{n}." for k in range(1, 5)]
    said += [f"**{rng.choice(NAMES)}** lends {n} tools to {name} in the south of town {n}."] * (rng.random() < 0.5)
    return f"# {name} notes {n}\n\n{' '.join(said)}\n"


class History:
    """A vault, a seeded choice of what happens next, and what people wrote so far."""

    def __init__(self, root: Path, seed: int) -> None:
        self.rng, self.count, self.words = random.Random(seed), 8, list[str]()
        files = {f"{n}.md": note(self.rng, NAMES[n % 4], n) for n in range(1, 9)}
        self.root = make(root, files, 'name = "History"\nlanguage = "en"\n')

    def pages(self) -> list[Path]:
        return sorted(p for p in (self.root / "wiki").rglob("*.md") if p.parent.name in KINDS)

    def page(self) -> Path:
        return self.rng.choice(self.pages())

    def title(self) -> str:
        found = re.search(r"^title: \"?(.*?)\"?$", self.page().read_text("utf-8"), re.M)
        assert found
        return found[1]

    def raw(self) -> str:
        return f"raw/{self.rng.choice(sorted(p.name for p in (self.root / 'raw').iterdir()))}"

    def write(self, words: str, at: str) -> None:
        page = self.page()
        text, words = page.read_text("utf-8"), f"{words} {len(self.words)} mine."
        new = text.replace(at, f"\n{words}\n{at}", 1) if at else f"{text}\n## Notes\n\n{words}\n"
        if new != text and not (at == "" and "## Notes" in text):
            page.write_text(new, "utf-8")
            self.words.append(words)

    def step(self) -> list[str]:
        """Something that happens; the command line that follows it, or none."""
        self.count += 1
        match self.rng.randrange(14) if self.pages() else 11:
            case 0:
                return ["retract", self.raw(), "--yes"]
            case 1:
                return ["merge", self.title(), self.title()]
            case 2:
                return ["rename", self.title(), self.rng.choice(["Desk", "Zeta", "AI @ Meta", f"名字 {self.count}"])]
            case 3:
                return ["split", self.title(), self.rng.choice([*NAMES, f"Other {self.count}"])]
            case 4:
                return ["split", self.title(), f"Other {self.count}", "--in", self.raw()]
            case 5:
                self.write("A paragraph", "\n## Sources")
            case 6:
                self.write("A note", "")
            case 7:
                page, folder = self.page(), self.root / "wiki/elsewhere"
                folder.mkdir(exist_ok=True)
                page.rename(page if (folder / page.name).exists() else folder / page.name)
            case 8:
                page = self.page()
                text = re.sub(r"^title: .*$", f"title: Titled {self.count}", page.read_text("utf-8"), flags=re.M)
                page.write_text(text, "utf-8")
            case 9:
                add(self.root, {f"{self.count}.md": note(self.rng, self.rng.choice(NAMES), self.count)})
                return ["ingest"]
            case 10:
                file = self.root / self.raw()
                new = f"\nZeta has {self.count}9 big users in the west of town {self.count}.\n"
                file.write_text(file.read_text("utf-8").replace("big", "large", 1) + new, "utf-8")
                return ["ingest", "--accept-changed"]
            case 11:
                (self.root / ".karpignore").unlink(missing_ok=True)
                shutil.rmtree(self.root / ".karpwiki", ignore_errors=True)
                return ["ingest"]
            case 12:
                return ["undo"]
        return ["lint", "--heal"]


@pytest.mark.parametrize("seed", [2, 5, 20, 68, 71])
def test_any_history_settles(tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    history = History(tmp_path / "vault", seed)
    root = history.root
    assert karpwiki(root, "ingest") == 0
    for _ in range(12):
        command = history.step()
        if command:
            assert karpwiki(root, *command) in (0, 1, 2, 3), command
        assert karpwiki(root, "compile") == 0, command
        before = tree(root / "wiki")
        assert karpwiki(root, "compile") == 0
        assert tree(root / "wiki") == before, command
        text = "".join(p.read_text("utf-8") for p in (root / "wiki").rglob("*.md"))
        assert not [words for words in history.words if words not in text], command
        capsys.readouterr()
        karpwiki(root, "lint")
        found = [line for line in capsys.readouterr().out.split("\n") if " error " in line and not EXCUSED.search(line)]
        assert not found, command
