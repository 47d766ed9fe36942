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
        from .cli import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Interrupted before anything was done." if "karpwiki.cli" not in sys.modules else 130)


if __name__ == "__main__":
    main()
