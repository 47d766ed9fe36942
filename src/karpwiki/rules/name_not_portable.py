"""A file or folder whose name another system, or Obsidian, does not take.

## What it finds

Names of pages, attachments, raw files and their folders

- with `< > : " | ? * \\`, a control character, or bytes that are no UTF-8,
- that are a device of Windows, with whatever ending: `CON`, `aux.md`, `com1.txt`,
- that end with a dot or a space (of a page: before its `.md`, with a space),
- with a character that shows nothing, such as the mark before the name of a chat's export: what is proved by that
  name is not found,
- longer than 200 bytes, of which a Chinese character takes three.

Of pages and attachments also those with `# ^ [ ]`: no link can name them. It is reported once for each folder.

## Why it hurts

On Windows git cannot check the vault out; a phone that is kept in step does not get the file; a link to it breaks.

## Example

    wiki/concepts/What is RAG?.md

## Fix

None: rename it in Obsidian, which changes the links too. `karpwiki compile` follows a page that moved, and a raw file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..findings import Finding
from ..pattern import pattern
from . import Context

ID, NAME, SEVERITY, FIX = "V003", "name-not-portable", "warning", "none"
MAX_BYTES = 200
_REFUSED = pattern(r'[<>:"|?*\\\x00-\x1f\x7f-\x9f]')
_NO_LINK = pattern(r"[#^\[\]]")
# Joiners are letters of some scripts, and parts of emoji.
_UNSEEN = pattern("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0001-\U000e007f]")
_NO_TEXT = pattern(r"[\ud800-\udfff]")
_SOUND = pattern(r"[A-Za-z0-9_-]{1,99}(?:\.[a-z]{1,4})?")
_DEVICE = pattern(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|\Z)", re.I)


def check(ctx: Context) -> Iterator[Finding]:
    told: set[str] = set()
    for path in sorted(ctx.resolver.paths.values()):
        linked = path.startswith(("wiki/", "raw/assets/"))
        folder, _, name = path.rpartition("/")
        for what in _wrong(name, linked):
            yield Finding(ID, NAME, "warning", path, 1, f"the name {name!r} {what}")
        while folder and folder not in told:
            told.add(folder)
            folder, _, name = folder.rpartition("/")
            for what in _wrong(name, linked):
                yield Finding(ID, NAME, "warning", path, 1, f"the name of the folder {name!r} {what}")


def _wrong(name: str, linked: bool) -> Iterator[str]:
    """Why some system does not take a name."""
    if _SOUND.fullmatch(name) and not _DEVICE.match(name):  # as most are
        return
    if refused := _REFUSED.findall(name):
        yield f"has {_listed(refused)}, which Windows does not take"
    if linked and (marks := _NO_LINK.findall(name)):
        yield f"has {_listed(marks)}, which no link of Obsidian's can name"
    if _DEVICE.match(name):
        yield "is that of a device on Windows"
    if name.endswith((".", " ", " .md")):
        yield "ends with a dot or a space, which Windows and Obsidian drop"
    if unseen := _UNSEEN.findall(name):
        yield f"has {_listed([f'U+{ord(c):04X}' for c in unseen])}, which nobody sees"
    if _NO_TEXT.search(name):
        yield "is not UTF-8"
    size = len(name.encode("utf-8", "surrogateescape"))
    if size > MAX_BYTES:
        yield f"has {size} bytes; some systems take no more than {MAX_BYTES}"


def _listed(found: list[str]) -> str:
    return " ".join(map(repr, dict.fromkeys(found)))
