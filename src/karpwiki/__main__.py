"""The entry point: `--version` is answered before anything heavy is imported, errors become exit codes."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress

from . import __version__


def main() -> None:
    """Run the command line and leave with its exit code (errors.py)."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        print(f"karpwiki {__version__}")
        return
    gc.set_threshold(1_000_000)  # what is read of a vault is needed to the end: looking for garbage in it is in vain
    try:
        code = _linted(sys.argv[1:])
        if code is not None:
            with suppress(AttributeError, OSError):  # it may be closed
                sys.stderr.flush()
            os._exit(code)  # to free what a vault holds, one thing after the other, takes longer than to leave
        from .cli import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Interrupted before anything was done." if "karpwiki.outcome" not in sys.modules else 130)


def _linted(words: list[str]) -> int | None:
    """The exit code of a `lint` whose options asked.py reads; None for all else, which is for the command line."""
    from . import asked

    plainly = asked.read(words[1:]) if words[:1] == ["lint"] else None
    if plainly is None:
        return None
    from functools import partial

    from .outcome import outcome
    from .show_lint import linted

    return outcome(partial(linted, plainly))


if __name__ == "__main__":
    main()
