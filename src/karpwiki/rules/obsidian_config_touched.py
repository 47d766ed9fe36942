"""Code for Obsidian that comes with the vault.

## What it finds

Community plugins in the `.obsidian` folder of the vault or of its wiki/ (also in one of another name that begins so):
each is a program that Obsidian runs once plugins are allowed. The message names those that run code out of pages, such
as Dataview and Templater. Only names of folders are read, never what is in them.

The rule is off by itself: in your own vault the plugins are yours. Switch it on where others send pages in, or where
you open a vault that you were given.

## Why it hurts

karpwiki never writes there, and no review of Markdown sees it: whoever can add a file to the vault can so add a
program to the machine of its next reader.

## Example

    wiki/.obsidian/plugins/dataview/main.js

## Fix

None: look at the folder and delete what you did not install. Better keep `.obsidian/` out of git.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..findings import Finding
from . import Context

ID, NAME, SEVERITY, FIX = "V004", "obsidian-config-touched", "warning", "none"
ON = False
_RUN_PAGES = (
    "buttons", "cmdr", "customjs", "datacore", "dataview", "execute-code", "js-engine", "meta-bind", "quickadd",
    "shellcommands", "tasks", "templater",
)  # fmt: skip
"""Parts of the names of plugins that run code that stands in pages, or commands of the machine."""
MOST = 5


def check(ctx: Context) -> Iterator[Finding]:
    for place in ("", "wiki/"):
        for config in _folders(ctx.wiki.root / place):
            if not config.startswith(".obsidian"):
                continue
            path = f"{place}{config}/plugins"
            if "plugins" in _folders(ctx.wiki.root / place / config):
                plugins = _folders(ctx.wiki.root / path)
                if plugins:
                    yield Finding(ID, NAME, "warning", path, 1, _message(plugins))


def _folders(folder: Path) -> list[str]:
    """The names of the folders in a folder, links left out; none when it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return sorted(e.name for e in entries if e.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _message(plugins: list[str]) -> str:
    running = [p for p in plugins if any(word in p.lower() for word in _RUN_PAGES)]
    shown = ", ".join(map(repr, plugins[:MOST])) + (f" and {len(plugins) - MOST} more" if len(plugins) > MOST else "")
    what = f"Obsidian would run {len(plugins)} plugin{'s' * (len(plugins) > 1)} that came with the vault: {shown}"
    if running:
        what += f"; of these {', '.join(map(repr, running[:MOST]))} can run code of pages"
    return what
