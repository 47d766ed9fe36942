"""`make bench`: a hostile vault, with texts of 30,000 characters and more: seconds and memory of each command.

python tests/bench_hostile.py          # 30,000 characters a text
python tests/bench_hostile.py 100000
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import hostile
from test_hostile import BYTES, SECONDS, command

COMMANDS = (
    ("lint",), ("lint", "--format", "json"), ("lint", "--format", "github"), ("lint", "--format", "sarif"), ("status",),
    ("compile", "--dry-run"), ("lint", "--heal", "--dry-run"), ("lint", "--heal"),
)  # fmt: skip


def main(size: int) -> int:
    """Run all; 1 when a command takes more than a minute or a gibibyte, or ends with a traceback."""
    good = True
    with tempfile.TemporaryDirectory() as temp:
        for make in (hostile.make, hostile.make_readable):
            root = make(Path(temp) / make.__name__, size)
            for arguments in COMMANDS:
                name = f"{make.__name__} {' '.join(arguments)}"
                try:
                    ran = command(root, *arguments)
                except subprocess.TimeoutExpired:
                    print(f"{name:44} more than {SECONDS} s  OVER", flush=True)
                    good = False
                    continue
                fits = ran.peak <= BYTES and ran.code in (0, 1, 2, 3, 5)
                good &= fits
                print(
                    f"{name:44} exit {ran.code:2} {ran.seconds:6.1f} s {ran.peak >> 20:6} MiB {len(ran.out):12,} bytes"
                    f"  {'ok' if fits else 'OVER'}",
                    flush=True,
                )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else hostile.SIZE))
