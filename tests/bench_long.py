"""What a book costs with the embedded model: seconds and peak memory of each step, for 100,000 and 400,000 words.

Each book is read in a process of its own. The goals: time grows about linearly, and memory is bounded by the text.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from longtext import book

WORDS = (100_000, 400_000)
MAX_GROWTH, MAX_MEMORY, MAX_SECONDS = 5.5, 75, 180
"""Seconds of four times the words to those of once; MB of memory for each MB of source; seconds of all steps."""


def peak() -> float:
    """Peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def child(language: str, words: int, root: Path) -> None:
    """All steps for one book in a new vault; a line of JSON for each."""
    from karpwiki import estimate, opened, pay, run
    from karpwiki.calls import Calls
    from karpwiki.extract import read_text
    from karpwiki.findings import Choice
    from karpwiki.llm import Team
    from karpwiki.models import open_model
    from karpwiki.parts import parts
    from karpwiki.pick import PLAINLY
    from karpwiki.proof import proof
    from karpwiki.vault import read_wiki

    os.environ.setdefault("SOURCE_DATE_EPOCH", "1795219200")
    file, model = root / "raw/book.md", open_model("excerpt")
    file.parent.mkdir()
    (root / "wiki").mkdir()
    (root / "karpwiki.toml").write_text(f'language = "{language[:2]}"\n', "utf-8")
    file.write_text(book(words, language), "utf-8")
    os.chdir(root)
    base = peak()

    def step(name: str, work: Callable[[], Any]) -> Any:
        start = time.process_time()
        made = work()
        print(json.dumps([name, time.process_time() - start, peak() - base]), flush=True)
        return made

    def ingest() -> run.Ingestion:
        return run.run_ingest(opened.open_vault(None), [], Calls(root, Team(model)), PLAINLY)

    text = step("decode", lambda: read_text("book.md", file))
    step("plain text", lambda: text.plain)
    step("parts", lambda: parts(text, 12_000))
    step("estimate", lambda: estimate.ingest_estimate(*pay.look(None, pay.Purse("excerpt")), []))
    done = step("ingest", ingest)
    step("read back", lambda: read_wiki(root))
    found, _ = step("lint", lambda: proof(None, Choice(), "", False))
    again = step("second ingest", ingest)
    (source,) = done.made.sources
    page = next(root / e.path for e in done.made.changes.edits if e.path.startswith("wiki/sources/"))
    facts = {"bytes": file.stat().st_size, "claims": len(source.claims), "page": page.stat().st_size}
    facts |= {"files": len(done.receipt.written), "errors": found.count("error"), "again": len(again.receipt.written)}
    print(json.dumps(facts))


def measure(language: str, words: int) -> tuple[dict[str, float], float, bool]:
    """Seconds of each step, MB of memory for each MB of source, and whether all went well; printed."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, language, str(words), folder]
        rows = [
            json.loads(line) for line in subprocess.run(command, capture_output=True, check=True).stdout.splitlines()
        ]
    *steps, facts = rows
    size = facts["bytes"] / 1e6
    print(f"\n{language}, {words:,} words, {size:.2f} MB: {facts['claims']:,} claims, {facts['files']} files")
    print(f"  source page {facts['page'] / 1e6:.2f} MB, {facts['errors']} errors, {facts['again']} written again")
    for name, seconds, memory in steps:
        print(f"  {name:15} {seconds:7.2f} s   peak {memory:6.1f} MB  {memory / size:5.1f} MB/MB")
    return {n: s for n, s, _ in steps}, steps[-1][2] / size, not facts["errors"] and not facts["again"]


def main() -> int:
    """Run all; 1 when a goal is missed."""
    good = True
    for language in ("en", "zh", "mixed"):
        small, large = (measure(language, words) for words in WORDS)
        total = sum(large[0].values())
        growth = total / sum(small[0].values())
        kept = growth <= MAX_GROWTH and large[1] <= MAX_MEMORY and total <= MAX_SECONDS and small[2] and large[2]
        good &= kept
        print(f"  four times the words: {growth:.1f} times the seconds{'' if kept else '  OVER'}")
    return 0 if good else 1


if __name__ == "__main__":
    if len(sys.argv) == 4:
        child(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(main())
