"""`make bench`: the time of `karpwiki lint`, all default rules on, as a ratio to another linter's in the same run.

The vaults are in the form that people have: pages of 600 words with 12 links, tables, code and Chinese, a quarter as
many raw files of 2,000 words. Links are relative Markdown links, since the other linter follows no others: rumdl,
written in Rust, with its two rules about links.

    python tests/bench_lint.py               # 100, 1,000 and 10,000 pages
    python tests/bench_lint.py 1000          # one size
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

SIZES = (100, 1_000, 10_000)
ROUNDS = 3
COLD_WITH, COLD_WITHOUT, COLD_SMALL, WARM, EDITED, GROWTH, MEMORY = 0.25, 1.5, 2.0, 0.25, 0.5, 11.0, 200
HOME = Path(sys.executable).parent
RULES = '[global]\nenable = ["MD051", "MD057"]\n'
_WORDS = (
    "the of and a in model page claim source wiki memory index note reader editor graph search token prompt answer "
    "link heading section table value system tool agent result figure quote proof line file folder vault knowledge "
    "language concept entity method question context window cost time"
).split()
_CHINESE = "知识库是一种把来源编译成页面的方法，每一条陈述都有原文引用。模型读取来源，代码检查引用。"
_MIDDLE = f"""{_CHINESE * 2}

```python
def read(page):
    return page  # [[not-a-link]]
```

| name | value |
| --- | --- |
| one | two |
| `x` | 三 |

- one item
- another item, with [a page](PAGE.md)

"""


def build(root: Path, count: int, index: bool) -> Path:
    """A vault of so many pages; with `index` one page links them all."""
    chance = random.Random(count)
    names = [f"topic-{n:05d}" for n in range(count)]
    for folder in ("wiki/concepts", "raw/2026", ".karpwiki"):
        (root / folder).mkdir(parents=True)
    (root / "karpwiki.toml").write_text("", "utf-8")
    (root / "rumdl.toml").write_text(RULES, "utf-8")
    raw = max(1, count // 4)
    for n in range(raw):
        paragraphs = (" ".join(_sentence(chance, 16) for _ in range(5)) for _ in range(25))
        (root / f"raw/2026/{n:05d}.md").write_text(f"# Source {n}\n\n" + "\n\n".join(paragraphs) + "\n", "utf-8")
    for n, name in enumerate(names):
        (root / f"wiki/concepts/{name}.md").write_text(_page(n, n % raw, names, chance), "utf-8")
    if index:
        rows = (f"| [{name}](concepts/{name}.md) | Topic {name[-5:]} | what it is | 1 |\n" for name in names)
        head = "# Index\n\n| File | Name | Summary | Sources |\n| --- | --- | --- | --- |\n"
        (root / "wiki/index.md").write_text(head + "".join(rows), "utf-8")
    return root


def _sentence(chance: random.Random, words: int) -> str:
    return f"{' '.join(chance.choices(_WORDS, k=words)).capitalize()}."


def _page(n: int, raw: int, names: Sequence[str], chance: random.Random) -> str:
    links = iter(chance.choices(names, k=12))
    out = [
        f"---\ntitle: Topic {n:05d}\ntype: concept\ncreated: 2026-01-02\nupdated: 2026-02-03\n"
        f"sources: [2026/{raw:05d}.md]\ntags: [alpha, beta-{n % 50}]\n---\n\n# Topic {n:05d}\n\n"
    ]
    for section in range(4):
        out.append(f"## Section {section}\n\n")
        for k in range(3):
            name = next(links)
            words = f"{_sentence(chance, 24)} See [Topic {name[-5:]}]({name}.md). {_sentence(chance, 24)}"
            out.append(f"{words}[^{k + 1}]\n\n")
    out.append(_MIDDLE.replace("PAGE", chance.choice(names)))
    out += [f"[^{k}]: {_sentence(chance, 12)}\n" for k in (1, 2, 3)]
    return "".join(out)


def run(command: Sequence[str], root: Path) -> tuple[float, int]:
    """(seconds, peak memory in MiB of its largest process) of one whole process."""
    start = time.perf_counter()
    # As it is installed: with its byte code, which the first run writes.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, cwd=root, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return time.perf_counter() - start, usage.ru_maxrss // 1024


def lint(root: Path, *options: str) -> list[str]:
    return [str(HOME / "karpwiki"), "lint", "--vault", str(root), *options]


def other(root: Path, *options: str) -> list[str]:
    return [str(HOME / "rumdl"), "check", "--config", str(root / "rumdl.toml"), *options, str(root / "wiki")]


def pairs(name: str, ours: Sequence[str], theirs: Sequence[str], root: Path, most: float) -> tuple[float, bool]:
    """Both in turn, so that both meet the machine as it is. The median of our seconds; whether the ratio is met."""
    timed = [(run(ours, root), run(theirs, root)) for _ in range(ROUNDS)]
    ratios = sorted(a[0] / b[0] for a, b in timed)
    median, memory = statistics.median(ratios), max(a[1] for a, _ in timed)
    own, its = (statistics.median(t[i][0] for t in timed) for i in (0, 1))
    met = median <= most
    print(
        f"{name:44} {median:6.2f} × (goal {most:5.2f})  min {ratios[0]:.2f} max {ratios[-1]:.2f}"
        f"  {own:6.2f} s to {its:5.2f} s  {memory:4} MiB  {'ok' if met else 'OVER'}"
    )
    return own, met


def measure(count: int, folder: Path) -> tuple[float, list[bool]]:
    """All measures of one size: seconds of a cold run without an index, and which goals are met."""
    root = build(folder / f"with-{count}", count, True)
    run(lint(root, "--no-cache"), root)
    cold = COLD_WITH if count >= 10_000 else COLD_SMALL
    _, first = pairs(
        f"{count:6} pages, nothing known, with an index",
        lint(root, "--no-cache"),
        other(root, "--no-cache"),
        root,
        cold,
    )
    shutil.rmtree(root)
    root = build(folder / f"without-{count}", count, False)
    without = COLD_WITHOUT if count >= 10_000 else COLD_SMALL
    own, second = pairs(
        f"{count:6} pages, nothing known", lint(root, "--no-cache"), other(root, "--no-cache"), root, without
    )
    good = [first, second]
    run(other(root), root)
    time.sleep(3)  # what was written in the last two seconds is not kept
    run(lint(root), root)
    if count >= 10_000:
        good.append(pairs(f"{count:6} pages, nothing changed", lint(root), other(root), root, WARM)[1])
        edited = []
        for n in range(ROUNDS):
            page = root / f"wiki/concepts/topic-{n:05d}.md"
            page.write_text(page.read_text("utf-8") + "\nMore.\n", "utf-8")
            edited.append(run(lint(root), root))
        ratio, memory = statistics.median(s for s, _ in edited) / own, max(m for _, m in edited)
        print(f"{count:6} pages, one page edited, to nothing known {ratio:6.2f} × (goal {EDITED:5.2f})  {memory:4} MiB")
        good += [ratio <= EDITED, memory <= MEMORY]
    shutil.rmtree(root)
    return own, good


def main() -> int:
    """Run all, or the sizes that are named; 1 when a goal is missed."""
    sizes = [int(word) for word in sys.argv[1:]] or SIZES
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    good, taken = [], {}
    with tempfile.TemporaryDirectory() as temp:
        for count in sizes:
            taken[count], met = measure(count, Path(temp))
            good += met
    if {1_000, 10_000} <= taken.keys():
        growth = taken[10_000] / taken[1_000]
        print(f"from 1,000 to 10,000 pages the time grows {growth:.1f}-fold (goal {GROWTH:.0f})")
        good.append(growth <= GROWTH)
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
