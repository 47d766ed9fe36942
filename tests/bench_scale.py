"""`make bench`: cost and time by size.

The sources are generated. The models are the embedded one and, over loopback, the anthropic adapter with its SDK,
answered with what the embedded model would say: prompts and calls are what a real model would get.

    python tests/bench_scale.py            # all
    python tests/bench_scale.py cost 100   # one part, up to 100 sources
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import generator
from karpwiki import opened, run
from karpwiki.calls import Calls
from karpwiki.forms import (
    DigestInput,
    Form,
    FormStatement,
    FormVerdict,
    Inputs,
    OverviewInput,
    PageForm,
    PageInput,
    SameForm,
    SameInput,
)
from karpwiki.llm import Reply, Request, Team
from karpwiki.models.anthropic import Anthropic
from karpwiki.models.excerpt import Excerpt, digest, overview, page
from karpwiki.pick import PLAINLY
from karpwiki.prompts import cap
from karpwiki.settings import Settings
from karpwiki.vault import read_wiki
from loopback import Loopback, Script

SIZES = (10, 100, 1_000)
STEP, STEPS = 10, 20
MOST = 1.5
"""Characters per source at the largest size to those at the one before."""
IDLE_SECONDS = 1.0
HOME = Path(sys.executable).parent


@dataclass
class Sent:
    """What went over the wire."""

    prefixes: list[tuple[str, int]] = field(default_factory=list)
    """(task, characters of the system text), which is the same for all of a task."""
    prompts: list[tuple[str, int]] = field(default_factory=list)
    answers: list[tuple[str, int]] = field(default_factory=list)

    @property
    def calls(self) -> int:
        return len(self.prompts)

    @property
    def characters(self) -> int:
        return sum(n for log in (self.prefixes, self.prompts, self.answers) for _, n in log)

    def biggest(self) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for task, n in self.prompts:
            found[task] = max(found[task], n)
        return dict(found)

    def by_task(self) -> str:
        counted: dict[str, int] = defaultdict(int)
        for task, _ in self.prompts:
            counted[task] += 1
        return ", ".join(f"{n} {task}" for task, n in sorted(counted.items()))


class Wire:
    """The anthropic adapter with a server that knows the typed inputs of each prompt, and keeps count."""

    def __init__(self) -> None:
        self.inputs: dict[str, tuple[str, Inputs]] = {}
        self.sent = Sent()
        self.server = Loopback(self._answer)
        self.model = self._model()

    def _model(self) -> Anthropic:
        wire = self

        class Told(Anthropic):
            def complete(self, request: Request, deadline: float, began: object = None) -> Reply:
                wire.inputs[request.user] = (request.task, request.inputs)
                return super().complete(request, deadline, lambda: None)

        return Told("claude-sonnet-5-5", "sk-bench", base_url=self.server.url)

    def _answer(self, body: dict[str, Any]) -> Script:
        system, user = body["system"][0]["text"], body["messages"][0]["content"]
        task, given = self.inputs[user]
        text = answer(given).model_dump_json()
        self.sent.prefixes.append((task, len(system)))
        self.sent.prompts.append((task, len(user)))
        self.sent.answers.append((task, len(text)))
        return Script.answer(text)

    def take(self) -> Sent:
        """What was sent since the last time."""
        sent, self.sent = self.sent, Sent()
        self.server.requests.clear()
        return sent


def answer(given: Inputs) -> Form:
    """What the embedded model says; of near names, that they are apart."""
    match given:
        case DigestInput():
            return digest(given)
        case PageInput():
            return spoken(page(given), given)
        case OverviewInput():
            return overview(given)
        case SameInput():
            apart = (FormVerdict(pair=p.number, reason="", answer="different") for p in given.pairs)
            return SameForm(verdicts=list(apart))


def spoken(form: PageForm, given: PageInput) -> PageForm:
    """A page in the wiki's language, English, for want of a translator without the words that are Chinese."""

    def said(made: FormStatement) -> FormStatement:
        chinese = any("一" <= c <= "鿿" for c in "".join(made.words))
        return made.model_copy(update={"words": [f"{given.title} is told of."]}) if chinese else made

    sections = [
        x.model_copy(
            update={"blocks": [b.model_copy(update={"statements": list(map(said, b.statements))}) for b in x.blocks]}
        )
        for x in form.sections
    ]
    return form.model_copy(update={"lead": list(map(said, form.lead)), "sections": sections})


def vault(folder: Path, sources: Iterable[tuple[str, str]]) -> Path:
    (folder / "wiki").mkdir(parents=True)
    (folder / "karpwiki.toml").write_text('name = "Bench"\nlanguage = "en"\n', "utf-8")
    add(folder, sources)
    return folder


def add(folder: Path, sources: Iterable[tuple[str, str]]) -> None:
    for path, text in sources:
        file = folder / "raw" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def ingest(folder: Path, model: Anthropic | Excerpt) -> float:
    """The seconds that an ingest of all new sources takes."""
    os.chdir(folder)
    start = time.perf_counter()
    with opened.locked(folder) as found:
        made = run.run_ingest(found, [], Calls(folder, model), PLAINLY).made
    assert not made.partial and made.sources, made.outcomes
    return time.perf_counter() - start


def pages(folder: Path) -> int:
    return sum(len(list((folder / "wiki" / kind).glob("*.md"))) for kind in ("concepts", "entities", "methods"))


def say(name: str, figure: str, good: bool | None = None) -> bool:
    print(f"{name:38} {figure}{'' if good is None else '  ok' if good else '  OVER'}", flush=True)
    return good is not False


def within(sent: Sent) -> bool:
    """Print the biggest prompt of each task against its cap."""
    good = True
    for task, n in sorted(sent.biggest().items()):
        most = cap(Settings(), task)
        good &= say(f"  biggest {task} prompt", f"{n:9,} characters (cap {most:,})", n <= most)
    return good


def cost(most: int) -> bool:
    """The cost curve: one ingest of 10, 100, 1,000 sources."""
    good, each = True, []
    for count in [n for n in SIZES if n <= most]:
        wire = Wire()
        with tempfile.TemporaryDirectory() as temp, wire.server:
            folder = vault(Path(temp) / "vault", generator.sources(count))
            seconds = ingest(folder, wire.model)
            sent = wire.take()
            each.append(sent.characters / count)
            say(
                f"{count:,} sources",
                f"{pages(folder):,} pages, {sent.calls:,} calls ({sent.by_task()}), {seconds:.0f} s",
            )
            say("  characters, in and out", f"{sent.characters:,}; per source {each[-1]:,.0f}")
            good &= within(sent)
    if len(each) > 1:
        ratio = each[-1] / each[-2]
        good &= say("  per source, to the size before", f"{ratio:9.2f} (goal {MOST})", ratio <= MOST)
    return good


def growth(most: int) -> bool:
    """A vault that grows by ten sources a time: what the last ones cost, to those in the middle."""
    wire, each, good = Wire(), [], True
    steps = min(STEPS, most // STEP)
    every = list(generator.sources(steps * STEP))
    with tempfile.TemporaryDirectory() as temp, wire.server:
        folder = vault(Path(temp) / "vault", [])
        for step in range(steps):
            add(folder, every[step * STEP : (step + 1) * STEP])
            seconds = ingest(folder, wire.model)
            sent = wire.take()
            each.append(sent.characters / STEP)
            figures = f"{sent.calls:4} calls ({sent.by_task()}), {each[-1]:9,.0f} characters a source, {seconds:.1f} s"
            say(f"  {step * STEP + 1}–{(step + 1) * STEP}", figures)
            good &= all(n <= cap(Settings(), task) for task, n in sent.biggest().items())
    half, last = sum(each[steps // 4 : steps // 2]), sum(each[-(steps // 2 - steps // 4) :])
    return (
        say("  last steps to those of the second quarter", f"{last / half:.2f} (goal {MOST})", last / half <= MOST)
        and good
    )


ASKED = 10_000
"""Characters that a change of one line may ask beyond the constant prefix."""
COMMON = "Compost Council"
NAMES = (
    "Amber Gazette|Basalt Museum|Cedar Library|Dorset Mill|Ember Press|Falcon Trust|Garnet Quarry|Hazel Orchard|"
    "Indigo Theatre|Juniper Archive"
).split("|")
ABOUT = (
    "was founded in {year} by a group of farmers from the hills near the coast.",
    "keeps {n} letters and maps in a dry cellar below its old reading room.",
    "lends its tools to members for {n} days and asks no fee for the first loan.",
    "prints a list of its holdings every spring, and most schools nearby order it.",
    "lost {n} boxes in the flood of {year}, and neighbours copied what was left.",
)


def ten_notes() -> list[tuple[str, str]]:
    """Ten notes of 40 sentences: each line says one thing of a subject of its own, and one of what all share."""
    made = []
    for k, name in enumerate(NAMES):
        lines = []
        for n in range(20):
            said = []
            for m, subject in enumerate((name, COMMON)):
                form = ABOUT[(n + m) % len(ABOUT)].format(year=1850 + 7 * k + n, n=3 + 20 * k + n + m)
                said.append(f"The {'**' * (not n)}{subject}{'**' * (not n)} {form}")
            lines.append(" ".join(said))
        parts = [f"# {name} and the {COMMON}", *("\n\n".join(lines[n : n + 4]) for n in range(0, 20, 4))]
        made.append((f"notes/{k}.md", "\n\n".join(parts) + "\n"))
    return made


def notes(_: int) -> bool:
    """Ten notes: one line of one is changed."""
    wire = Wire()
    with tempfile.TemporaryDirectory() as temp, wire.server:
        texts = ten_notes()
        folder = vault(Path(temp) / "vault", texts)
        ingest(folder, wire.model)
        size = sum(len(text) for _, text in texts) / len(texts)
        told(f"ten notes of {size:,.0f} characters, {pages(folder)} pages", wire.take())
        note, old, new = _one_line(folder)
        note.write_text(note.read_text("utf-8").replace(old, new), "utf-8")
        arguments = ["ingest", "--accept-changed", note.relative_to(folder).as_posix()]
        assert command(folder, wire, arguments) == 0
        sent = wire.take()
        told("  one line of one changed", sent)
        kinds = sent.by_task()
        good = say("  calls for it", f"{sent.calls} ({kinds}; goal: 1 digest, 2 page)", kinds == "1 digest, 2 page")
        asked = sum(n for _, n in sent.prompts)
        good &= say("  sent beyond the prefix", f"{asked:,} characters (goal {ASKED:,})", asked <= ASKED)
        good &= within(sent)
        assert all(command(folder, wire, run_) == 0 for run_ in (arguments, ["ingest"], ["compile"]))
        again = wire.take().calls
        return say("  calls of a second run", f"{again}", again == 0) and good


def _one_line(folder: Path) -> tuple[Path, str, str]:
    """A raw file, a line of it both of whose claims stand on their pages outside the leads, and the line changed."""
    wiki = read_wiki(folder)
    pages_ = [p for p in wiki.pages.values() if p.kind in Settings().subject_kinds]
    leads = {i for p in pages_ for b in [x for x in p.blocks if x.cites][:1] for i in b.cites}
    shown = {i for p in pages_ for b in p.blocks for i in b.cites} - leads
    for source in wiki.sources.values():
        note = folder / "raw" / source.members[0].path
        for line in note.read_text("utf-8").split("\n"):
            stand = [c.id for c in source.claims if c.quote.text in line.replace("**", "")]
            if len(stand) == 2 and {*stand} <= shown and "dry cellar" in line:
                new = line.replace("dry cellar", "warm cellar").replace("asks no fee", "asks one fee")
                return note, line, new.replace("by a group", "by a league").replace("every spring", "every autumn")
    raise AssertionError("no such line")


def told(name: str, sent: Sent) -> None:
    prefix = sum(n for _, n in sent.prefixes)
    rest = sent.characters - prefix
    said = f"{sent.calls} calls ({sent.by_task()}); {rest:,} characters beyond the constant prefix of {prefix:,}"
    say(name, f"{said}; {sum(n for _, n in sent.prompts):,} of them sent")


def command(folder: Path, wire: Wire, arguments: list[str]) -> int:
    """Run a command line with the wire's model; its exit code."""
    from karpwiki import cli

    os.chdir(folder)
    chosen, opened.choose_team = opened.choose_team, lambda *_: (Team(wire.model), "")
    try:
        return cli.run(arguments)
    finally:
        opened.choose_team = chosen


def idle(most: int) -> bool:
    """Time and memory of an ingest with the embedded model, and of a compile with nothing to do, by size."""
    good, times = True, []
    for count in [n for n in (100, 300, 1_000) if n <= most]:
        with tempfile.TemporaryDirectory() as temp:
            folder = vault(Path(temp) / "vault", generator.sources(count))
            first = process(folder, "ingest")
            times.append(first)
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            size = f"{count:,} sources, {pages(folder):,} pages"
            say(size, f"ingest {first:.1f} s, peak memory {peak:.0f} MB")
            for word in ("first", "second"):
                took = process(folder, "compile")
                good &= say(
                    f"  compile with nothing to do, {word}",
                    f"{took:.2f} s (goal {IDLE_SECONDS} s)",
                    took < IDLE_SECONDS,
                )
            (folder / ".karpwiki/settled.json").unlink()
            say("  the same, with nothing known of the last run", f"{process(folder, 'compile'):.1f} s")
            assert len(read_wiki(folder).sources) == count
    if len(times) == 3:
        say("  ingest of 1,000 to that of 100", f"{times[-1] / times[0]:.1f} ×")
    return good


def process(folder: Path, verb: str) -> float:
    """The seconds of a whole process, which must end well."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "karpwiki", verb, "--model", "excerpt"], cwd=folder, check=True, capture_output=True
    )
    return time.perf_counter() - start


PARTS = {"idle": idle, "notes": notes, "growth": growth, "cost": cost}


def main(arguments: list[str]) -> int:
    """Run all parts or one; 1 when a figure is over its goal."""
    for name in [n for n in os.environ if n.startswith("ANTHROPIC_")]:
        del os.environ[name]
    os.environ["SOURCE_DATE_EPOCH"] = "1795219200"
    most = int(arguments[1]) if len(arguments) > 1 else SIZES[-1]
    good = []
    for name in arguments[:1] or PARTS:
        print(f"\n{(PARTS[name].__doc__ or '').splitlines()[0]}", flush=True)
        good.append(PARTS[name](most))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
