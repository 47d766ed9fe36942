"""`make bench`: start-up as ratios, each pair timed in turn in one run; the median of the ratios is what counts."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROUNDS = 15
HELLO = """
import typer
app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)

@app.callback()
def root() -> None:
    pass

@app.command()
def hello(name: str = "world") -> None:
    print(f"hello {name}")

app()
"""


def seconds(command: Sequence[str], folder: Path) -> float:
    """Wall time of one whole process."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def ratio(name: str, ours: Sequence[str], other: Sequence[str], most: float, folder: Path) -> bool:
    """Time two commands in turn; print the ratio of ours to the other. Whether its median is at most `most`."""
    pairs = [(seconds(ours, folder), seconds(other, folder)) for _ in range(ROUNDS)][1:]
    ratios = sorted(a / b for a, b in pairs)
    median = statistics.median(ratios)
    own = statistics.median(a for a, _ in pairs)
    verdict = "ok" if median <= most else "OVER"
    print(
        f"{name:44} {median:5.2f} × (goal {most:4.2f})  min {ratios[0]:.2f} max {ratios[-1]:.2f}"
        f"  {own * 1000:6.0f} ms  {verdict}"
    )
    return median <= most


def imports_sdk(arguments: Sequence[str], folder: Path) -> bool:
    """Whether a command loads the anthropic SDK."""
    code = (
        "import sys\nfrom karpwiki.cli import run\n"
        f"run({list(arguments)!r})\nsys.stdout = sys.__stderr__\nprint('anthropic' in sys.modules, file=sys.__stderr__)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    return done.stderr.strip().endswith("True")


def main() -> int:
    """Run all; 1 when a ratio is over its goal."""
    for name in [n for n in os.environ if n.startswith("ANTHROPIC_")]:
        del os.environ[name]
    karpwiki = str(Path(sys.executable).parent / "karpwiki")
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp)
        hello = folder / "hello.py"
        hello.write_text(HELLO, "utf-8")
        print(f"{ROUNDS - 1} pairs each; a ratio is our time to the other's")
        good = [
            ratio(
                "karpwiki --version / python -c pass",
                [karpwiki, "--version"],
                [sys.executable, "-c", "pass"],
                2.0,
                folder,
            ),
            ratio(
                "karpwiki --help / typer hello --help",
                [karpwiki, "--help"],
                [sys.executable, str(hello), "--help"],
                1.2,
                folder,
            ),
        ]
        subprocess.run([karpwiki, "init", "."], cwd=folder, capture_output=True, check=True)
        (folder / "raw/a.md").write_text("# Memex\n\nThe **memex** is a desk for books.\n", "utf-8")
        for arguments in (["ingest"], ["compile"], ["lint"], ["status"], ["undo"]):
            loaded = imports_sdk(arguments, folder)
            good.append(not loaded)
            print(f"karpwiki {arguments[0]:35} loads the anthropic SDK: {'yes: OVER' if loaded else 'no'}")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
