"""`make bench`: every rule of lint finds what it is for, and nothing else.

A vault of some 1,000 pages, made by the embedded model from generated sources and with pages by hand, is damaged at
random places, twenty times in the way of each rule, and altered as often in a way that is no defect. All of the former
must be found and none of the latter.

    python tests/bench_mutants.py                    # all
    python tests/bench_mutants.py secret raw-html    # some rules
    python tests/bench_mutants.py heal               # healing alone
    SEED=2 python tests/bench_mutants.py             # at other places
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path

from karpwiki.findings import Finding
from karpwiki.git import since
from karpwiki.lint import lint
from karpwiki.rules import every
from karpwiki.settings import read_settings
from karpwiki.vault import read_wiki
from mutants import planters
from mutants.bed import Bed, Plant, Planter, grow, written_by_hand
from mutants.figures import grow_pairs
from mutants.healing import EACH, FIXABLE, Healing, heal

JOBS = int(os.environ.get("JOBS", os.cpu_count() or 1))
LARGE = range(135), 290, 64
SMALL = (0, 1, 4), 8, 4
OFF = {rule.NAME: rule.SEVERITY for rule in every() if not getattr(rule, "ON", True)}


Known = Counter[tuple[str, str, str]]


@dataclass
class Score:
    """What came of the planting for one rule."""

    planted: int = 0
    near: int = 0
    missed: list[Plant] = field(default_factory=list)
    false: list[tuple[Finding, str]] = field(default_factory=list)
    """With the round in which it came."""

    def __add__(self, other: Score) -> Score:
        both = (self.missed + other.missed, self.false + other.false)
        return Score(self.planted + other.planted, self.near + other.near, *both)


def found(root: Path, rules: Iterable[str], ref: str = "") -> list[Finding]:
    """What lint finds, rules that are off by themselves switched on where they are planted for."""
    settings = read_settings(root)
    settings = replace(settings, rules={**settings.rules, **{name: OFF[name] for name in rules if name in OFF}})
    report = lint(read_wiki(root), settings, since=since(root, ref) if ref else None)
    return list(report.findings)


def judge(bed: Bed, findings: Sequence[Finding], known: Known, scores: dict[str, Score], name: str) -> None:
    """Compare what was found with what was planted."""
    # Of the rules that say something of every page, what they said before counts where something is planted.
    places = {(p.rule, p.path) for p in bed.plants if p.rule in ("single-source", "secondary-only")}
    left = Counter({what: n for what, n in known.items() if what[:2] not in places})
    new = []
    for f in findings:
        if left[f.name, f.path, f.message] > 0:
            left[f.name, f.path, f.message] -= 1
        else:
            new.append(f)
    at = defaultdict[str, list[Finding]](list)
    for f in new:
        at[f.path].append(f)
    for p in bed.plants:
        score = scores[p.rule]
        score.planted, score.near = score.planted + p.is_defect, score.near + (not p.is_defect)
        there = [f for f in (new if p.path == "*" else at[p.path]) if p.finds(f)]
        if p.is_defect and not there:
            score.missed.append(p)
        if not p.is_defect:  # what others truly cause elsewhere is no reason to find this
            rest = [f for f in there if not any(q.is_defect and q.path == f.path and q.finds(f) for q in bed.plants)]
            denied = [f for f in rest if p.words or not p.explains(f)]
            score.false += [(f, name) for f in denied]
            new = [f for f in new if f not in denied]
    by_path = defaultdict[str, list[Plant]](list)
    for p in bed.plants:
        for path in {p.path, *(row[1] for row in p.also)}:
            by_path["*" if "*" in path else path].append(p)
    for f in new:
        if not any(p.explains(f) for p in (*by_path[f.path], *by_path["*"])):
            scores[f.name].false.append((f, name))


def known_in(base: Path, rules: Iterable[str]) -> Known:
    """What is found in a vault before anything is planted."""
    return Counter((f.name, f.path, f.message) for f in found(base, rules))


def play(base: Path, known: Known, rows: Sequence[Planter], seed: str, scores: dict[str, Score]) -> None:
    """Plant on one copy of a vault, lint it once, and compare."""
    with tempfile.TemporaryDirectory() as temp:
        root = Path(temp) / "vault"
        shutil.copytree(base, root, symlinks=True)
        bed = Bed(root, seed)
        ref = bed.commit() if rows[0].since else ""
        for row in rows:
            bed.begin(row.rule)
            row.plant(bed)
        judge(bed, found(root, [r.rule for r in rows], ref), known if not ref else Counter(), scores, rows[0].round)


def play_round(base: Path, known: Known, name: str, wanted: Sequence[str], seed: str) -> tuple[dict[str, Score], float]:
    """One round, in a process of its own; what came of it, and the seconds that it took."""
    start, scores = time.perf_counter(), defaultdict[str, Score](Score)
    rows = [row for row in chosen(wanted) if row.round == name]
    with contextlib.redirect_stdout(io.StringIO()):
        for row in rows:
            for n, plant in enumerate(row.each):
                play(base, known, [replace(row, plant=plant)], f"{seed}/{n}", scores)
        if not rows[0].each:
            play(base, known, rows, seed, scores)
    return dict(scores), time.perf_counter() - start


def chosen(wanted: Sequence[str]) -> list[Planter]:
    """The planters of some rules, or all."""
    return [row for row in planters() if not wanted or row.rule in wanted]


MAKERS: Mapping[str, Callable[[Path], Path]] = {
    "large": lambda folder: grow(folder, *LARGE),
    "small": lambda folder: grow(folder, *SMALL),
    "hands": written_by_hand,
    "pairs": grow_pairs,
}


@dataclass
class Bases:
    """The vaults that are planted in, each made when it is first asked for."""

    folder: Path

    def get(self, name: str) -> Path:
        base = Path(os.environ.get("BEDS", self.folder)) / name
        if not base.is_dir():
            start = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                MAKERS[name](base)
            pages = len(list((base / "wiki").rglob("*.md")))
            print(f"  vault {name!r}: {pages:,} pages, {time.perf_counter() - start:.0f} s", flush=True)
        return base


def run(wanted: Sequence[str], seed: str, bases: Bases) -> dict[str, Score]:
    """Plant for some rules, or for all, as many rounds at once as there are processors."""
    rows = chosen(wanted)
    scores: dict[str, Score] = defaultdict(Score)
    rounds = {row.round: bases.get(row.base) for row in rows}
    with ProcessPoolExecutor(JOBS) as pool:
        rules = {name: [row.rule for row in rows if row.base == name] for name in {row.base for row in rows}}
        before = {name: pool.submit(known_in, bases.get(name), named) for name, named in rules.items()}
        known = {bases.get(name): found.result() for name, found in before.items()}
        playing = {pool.submit(play_round, b, known[b], name, wanted, seed): name for name, b in rounds.items()}
        for done in as_completed(playing):
            made, seconds = done.result()
            print(f"  round {playing[done]!r}: {seconds:.0f} s", flush=True)
            for rule, score in made.items():
                scores[rule] += score
    return scores


HEALED = ("words", "links", "head", "evidence", "evidence 2", "keys", "stale", "ours")
"""Rounds whose plants may stand in one vault."""
ALONE = ("missing-field", "broken-link", "forbidden-scheme", "remote-image")
"""Rules whose finds in a person's words have no fix: of these only what was done to karpwiki's words is planted."""


def heal_all(base: Path, seed: str, unsafe: bool) -> Healing:
    """Everything that can be mended, wrong in one vault at once; then `lint --heal`, twice."""
    rows = [row for row in planters() if row.rule in FIXABLE and row.base == "large" and not row.each]
    rows = [row for row in rows if row.round in HEALED and (row.round == "ours" or row.rule not in ALONE)]
    with tempfile.TemporaryDirectory() as temp:
        root = Path(temp) / "vault"
        shutil.copytree(base, root, symlinks=True)
        return heal(Bed(root, seed), rows, unsafe, EACH)


def say_healed(name: str, made: Healing) -> bool:
    """One line a rule; whether all is as it should be."""
    print(f"\n{name:26} {'fixable':>8} {'left':>6}")
    for rule, n in sorted(made.before.items()):
        print(f"{rule:26} {n:8} {made.left[rule]:6}")
    what = f"{made.before.total():,} fixable, {made.left.total()} left; {len(made.again)} files written by a second run"
    print(f"{what}; a person's words lost on {len(made.lost)} pages{'' if made.is_good else '  OVER'}")
    for path in (*made.again, *made.lost):
        print(f"  {path}")
    return made.is_good


def say(scores: dict[str, Score]) -> bool:
    """One line a rule; whether all is as it should be."""
    print(f"\n{'rule':26} {'planted':>8} {'found':>6} {'missed':>7} {'near misses':>12} {'false':>6}")
    for rule, s in sorted(scores.items()):
        caught = s.planted - len(s.missed)
        print(f"{rule:26} {s.planted:8} {caught:6} {len(s.missed):7} {s.near:12} {len(s.false):6}")
    for rule, s in sorted(scores.items()):
        for p in s.missed:
            print(f"missed: {rule} {p.path}:{p.lines.start if p.lines else ''} {p.told!r}")
        for f, name in s.false:
            print(f"false: {f.name} {f.path}:{f.line} {f.message} (round {name!r})")
    missed, false = sum(len(s.missed) for s in scores.values()), sum(len(s.false) for s in scores.values())
    planted, near = sum(s.planted for s in scores.values()), sum(s.near for s in scores.values())
    good = not missed and not false
    print(f"{planted:,} planted, {missed} missed; {near:,} near misses, {false} false{'' if good else '  OVER'}")
    return good


def main(arguments: list[str]) -> int:
    """Plant for all rules or those that are named; 1 when something is missed or false."""
    for name in [n for n in os.environ if n.startswith("ANTHROPIC_")]:
        del os.environ[name]
    os.environ["SOURCE_DATE_EPOCH"] = "1795219200"
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as temp:
        seed, bases = os.environ.get("SEED", "1"), Bases(Path(temp))
        good = say(run([a for a in arguments if a != "heal"], seed, bases)) if arguments != ["heal"] else True
        if not arguments or "heal" in arguments:
            with ProcessPoolExecutor(JOBS) as pool:
                commands = {"lint --heal": False, "lint --heal --unsafe": True}
                healing = {name: pool.submit(heal_all, bases.get("large"), seed, how) for name, how in commands.items()}
                good = all([say_healed(name, made.result()) for name, made in healing.items()]) and good
    print(f"{time.perf_counter() - start:.0f} s")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
