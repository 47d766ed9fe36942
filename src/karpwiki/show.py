"""Text → terminal. The only file that prints and the only one that knows rich.

Data goes to stdout; progress, warnings and errors to stderr. Text that came from a file or a model is printed without
markup and with its control characters escaped.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from .errors import UsageError
from .printable import pure_json, terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.status import Status

    from .budget import Budget
    from .changes import Receipt
    from .llm import Progress, Request

_moving: list[Status] = []
"""The line that changes while a model works. There is one terminal: what is printed must find it still."""


def _still() -> None:
    for status in _moving:
        status.stop()


def out(text: str = "") -> None:
    """One line (or several) to stdout."""
    _still()
    sys.stdout.write(terminal(text) + "\n")


def err(text: str) -> None:
    """One line (or several) to stderr."""
    _still()
    sys.stderr.write(terminal(text) + "\n")


def columns() -> int:
    """Characters on a line of the terminal, or of what COLUMNS says; 120 where there is none."""
    return get_terminal_size((120, 24)).columns


def verbatim(text: str) -> None:
    """Text in a format of its own, which has escaped what it must, to stdout."""
    _still()
    sys.stdout.write(text.encode(errors="backslashreplace").decode() + "\n")


def as_json(value: object) -> None:
    """Data as JSON to stdout, with two spaces of indent."""
    _still()

    def plain(item: object) -> object:
        if is_dataclass(item) and not isinstance(item, type):
            return asdict(item)
        return str(item)

    sys.stdout.write(pure_json(json.dumps(value, ensure_ascii=False, indent=2, default=plain)) + "\n")


def count(n: int, one: str, many: str = "") -> str:
    """`1 page`, `3 pages`."""
    return f"{n} {one if n == 1 else many or one + 's'}"


@contextmanager
def progress(free: bool, budget: Budget | None = None) -> Iterator[Progress]:
    """What to call as a model works: one line that changes in a terminal, plain lines elsewhere, nothing when free.

    `budget`: whose spending is shown.
    """
    if free:
        yield lambda request, event: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.text import Text

        done = 0
        _moving.append(status := Console(stderr=True).status("Asking …"))

        def live(request: Request, event: str) -> None:
            nonlocal done
            done += event in ("answered", "cached", "failed")
            spent = f" · ${budget.spent:.2f}" if budget and budget.spent else ""
            what = f"{event} {request.task} {terminal(request.subject)}"
            status.update(Text(f"{count(done, 'answer')}{spent} · {what}", overflow="ellipsis", no_wrap=True))
            status.start()

        try:
            yield live
        finally:
            _still()
            _moving.remove(status)
    else:
        yield lambda request, event: err(f"{event}: {request.task} {request.subject}")


def receipt(done: Receipt, dry: bool = False, idle: bool = True) -> None:
    """How many files a commit wrote, and which it had to leave. `idle`: nothing else is left to do."""
    if dry:
        out("Dry run: nothing was written.")
    elif done.written or done.deleted:
        gone = f", {count(len(done.deleted), 'file')} deleted" if done.deleted else ""
        out(f"{count(len(done.written), 'file')} written{gone}. `karpwiki undo` takes it back.")
    else:
        out("Nothing to do: the wiki is up to date." if idle else "Nothing was written.")
    for path in done.pinned:
        err(f"warning: {path} is read-only and was left as it is; `chmod u+w {path}` unpins it")


def say(*sentences: str) -> None:
    """Sentences that are no data, those that are not empty."""
    for sentence in filter(None, sentences):
        err(sentence)


def confirm(question: str, yes: bool) -> bool:
    """Whether a person says yes; `yes`: said already. Raises UsageError when nobody is there to be asked."""
    if yes:
        return True
    if not _somebody():
        raise UsageError("Nobody is there to be asked. Say --yes to have it done, or --dry-run to see what it does.")
    said = asked(question)
    if not said:
        err("Nothing was changed.")
    return said


def asked(question: str) -> bool:
    """Whether a person is there and says yes."""
    if not _somebody():
        return False
    sys.stderr.write(f"{terminal(question)} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def _somebody() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()
