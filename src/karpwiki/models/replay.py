"""Answers that were recorded from another model: copies of files of the answer cache, found by what they answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from ..errors import ModelError, UsageError
from ..llm import Kept, Reply, Request, fill, inputs_key
from ..prices import Usage


class Replay:
    """Looks an answer up by task and typed inputs, not by the prompt's words, so prompts may change under it."""

    name = "replay"
    variant = ""
    free = True

    def __init__(self, folder: Path) -> None:
        """Read every `*.json` of the folder. Raises UsageError for no folder, or a file that is not an answer."""
        if not folder.is_dir():
            raise UsageError(f"There is no folder {str(folder)!r} with recorded answers. Say --model replay:FOLDER.")
        self._folder = folder
        self._entries: dict[str, list[Kept]] = defaultdict(list)
        self.warnings: list[str] = []
        """One sentence for each answer that was recorded with another prompt or house style."""
        for path in sorted(folder.glob("*.json")):
            entry = _read(path)
            self._entries[entry.inputs_key].append(entry)

    def complete(self, request: Request, deadline: float, began: Callable[[], None]) -> Reply:
        """The recorded answer. One that fits its form is preferred, then the last repair, then the last by file name.

        Raises ModelError when there is none.
        """
        entries = self._entries.get(inputs_key(request.task, request.inputs))
        if not entries:
            raise ModelError(
                f"No recorded answer for the {request.task} of {request.subject!r} in {str(self._folder)!r}. "
                "Copy it there from .karpwiki/answers/ of a run with the model that you want to replay."
            )
        fits = [entry for entry in entries if not isinstance(fill(request.form, entry.text), list)]
        # sorted() keeps the order of file names among equals.
        best = sorted(fits or entries, key=lambda entry: entry.attempt)[-1]
        if best.recipe != request.recipe:
            self._warn(f"The {best.task} of {request.subject!r} was recorded with another prompt or house style.")
        return Reply(best.text, best.model, Usage(), cached=True)

    def _warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)


def _read(path: Path) -> Kept:
    try:
        return Kept.from_bytes(path.read_bytes())
    except (OSError, ValueError, TypeError, KeyError):
        raise UsageError(f"{str(path)!r} is not a recorded answer. Take it out of that folder.") from None
