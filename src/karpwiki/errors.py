"""The tree of errors, and the exit code that each one ends a command with.

    KarpError                   a sentence for the user, with the next step; no traceback
    ├── UsageError          2   a wrong option, a file that is not there, no vault, a bad setting
    ├── LockedError         4   another karpwiki is writing
    ├── ModelError          5   no answer can be had
    │   ├── Refused             the model declined this source (with the category)
    │   ├── TooLong             the answer or the source does not fit
    │   │   └── Cut             … the answer had all the tokens that were asked for
    │   ├── BadAnswer           an answer that did not end properly or does not fit its form
    │   ├── Transient           it may work in a moment: busy, out of order, out of reach
    │   │   └── Busy            … when fewer calls are made at once
    │   ├── Fatal               no other call can succeed either: key, spend limit
    │   │   └── NotThere            … or the server does not know the model or the address
    │   ├── UnderWay            a batch has been asked for it
    │   ├── OverBudget          what it may cost at worst is more than this run may still spend
    │   └── Interrupted     130 a person stopped the run before this answer was there
    ├── DiskError           3   a write failed: nothing is half done, the command can be run again
    └── ConflictError       3   a file changed under our hands, is pinned, or is out of bounds

Anything else is our bug: it keeps its traceback and ends with 70.
Other codes: 0 all is well · 1 lint has findings · 3 some of the work is left · 130 interrupted.
"""

from __future__ import annotations

OK, FINDINGS, USAGE, PARTIAL, LOCKED, MODEL, BUG, INTERRUPTED = 0, 1, 2, 3, 4, 5, 70, 130


class KarpError(Exception):
    """A user's problem: `str(error)` is one sentence and names the next step."""

    exit_code = USAGE


class UsageError(KarpError):
    """The command, a setting or a file named on the command line is wrong."""


class LockedError(KarpError):
    """Another process holds the vault's lock."""

    exit_code = LOCKED


class ModelError(KarpError):
    """No usable answer can be had from the model."""

    exit_code = MODEL


class Refused(ModelError):
    """The model declined; `category` is its word for why."""

    def __init__(self, message: str, category: str = "unspecified") -> None:
        super().__init__(message)
        self.category = category


class TooLong(ModelError):
    """The answer was cut at a limit, or the source exceeds one."""


class Cut(TooLong):
    """The answer had all the tokens that were asked for, and was not at its end."""


class BadAnswer(ModelError):
    """The answer is not what was asked for; it is never used."""


class Transient(ModelError):
    """It may work in a moment: after `retry_after` seconds, if the server says so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Busy(Transient):
    """The server takes no more calls at once, or no more in this minute."""


class Fatal(ModelError):
    """No other request can succeed either: no key, no such model, nothing left to spend."""


class NotThere(Fatal):
    """The server does not know the model, the address, or the batch."""


class UnderWay(ModelError):
    """The call was not made: a batch has been asked for its answer."""


class OverBudget(ModelError):
    """The call was not made: at worst it costs more than what is left of the run's limit."""


class Interrupted(ModelError):
    """A person stopped the run before this answer was there."""

    exit_code = INTERRUPTED


class DiskError(KarpError):
    """The disk refused a write; the pages are as they were."""

    exit_code = PARTIAL


class ConflictError(KarpError):
    """An edit that must not be made: outside the wiki, pinned, or changed meanwhile."""

    exit_code = PARTIAL


class BadYaml(ValueError):
    """Why frontmatter cannot be read; `line` counts from the top of the file."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line
