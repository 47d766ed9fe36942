"""`make demo`: compile this repository's raw/ in a scratch vault with the embedded model, and show what came out."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from karpwiki.cli import run

HERE = Path(__file__).parent.parent


def main() -> int:
    """Make the scratch vault; the worst exit code of the commands that were run."""
    for name in [n for n in os.environ if n.startswith("ANTHROPIC_")]:
        del os.environ[name]
    root = Path(tempfile.mkdtemp(prefix="karpwiki-demo-"))
    start = time.monotonic()
    codes = [step(root, "init", str(root))]
    shutil.copytree(HERE / "raw", root / "raw", dirs_exist_ok=True)
    (root / "karpwiki.toml").write_text('name = "Demo"\n\n[bundles]\nproject-diary = "posts/*.md"\n', "utf-8")
    os.chdir(root)
    codes += [step(root, "ingest"), step(root, "lint"), step(root, "status")]
    page = root / "wiki/entities/vannevar-bush.md"
    print(f"\n$ head -30 {page.relative_to(root)}")
    print("\n".join(page.read_text("utf-8").split("\n")[:30]))
    print(f"\nThe wiki is in {root}: open its wiki/ folder in Obsidian, or read wiki/overview.md and wiki/index.md.")
    print(f"Made in {time.monotonic() - start:.1f} s without a key or a network. Remove it with: rm -r {root}")
    return max(codes)


def step(root: Path, *arguments: str) -> int:
    """Run one command as a user would see it."""
    print(f"\n$ karpwiki {' '.join(arguments)}".replace(str(root), "demo"), flush=True)
    return run(list(arguments))


if __name__ == "__main__":
    sys.exit(main())
