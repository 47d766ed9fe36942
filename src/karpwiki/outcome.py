"""What became of a command → its exit code, and a sentence for who called it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from . import errors
from .show import err

STOPPED = "Interrupted. What was committed stays; run the same command again to go on."


def outcome(command: Callable[[], object]) -> int:
    """Run a command; its exit code (errors.py). A user's problem is a sentence, a bug of ours a traceback."""
    try:
        code = command()
        sys.stdout.flush()
        if code == errors.INTERRUPTED:
            err(STOPPED)
        return code if isinstance(code, int) else errors.OK
    except errors.KarpError as error:
        err(f"error: {error}")
        return error.exit_code
    except PermissionError as error:
        err(f"error: {error.filename or 'A file'} may not be read or written: {error.strerror}. See who it belongs to.")
        return errors.PARTIAL
    except KeyboardInterrupt:
        err(STOPPED)
        return errors.INTERRUPTED
    except BrokenPipeError:  # the reader of our output has left: no more can be said
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return errors.OK
    except Exception:  # noqa: BLE001  (shown whole, with its own exit code)
        import traceback

        err(f"{traceback.format_exc()}This is a bug of karpwiki. No page is half written; please report these lines.")
        return errors.BUG
