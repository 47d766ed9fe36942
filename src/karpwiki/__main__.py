"""The entry point: `--version` is answered before anything heavy is imported, errors become exit codes."""

from __future__ import annotations

import gc
import sys

from . import __version__


def main() -> None:
    """Run the command line and leave with its exit code (errors.py)."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        print(f"karpwiki {__version__}")
        return
    gc.set_threshold(200_000)  # what is read of a vault is needed to the end: looking for garbage in it is in vain
    try:
        sys.exit(_run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Interrupted before anything was done." if "karpwiki.outcome" not in sys.modules else 130)


def _run(words: list[str]) -> int:
    from . import asked

    if words[:1] == ["lint"] and (plainly := asked.read(words[1:])):
        from functools import partial

        from .outcome import outcome
        from .show_lint import linted

        return outcome(partial(linted, plainly))
    from .cli import run

    return run(words)


if __name__ == "__main__":
    main()
