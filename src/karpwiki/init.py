"""A new vault: the files that make a folder one. What is there already stays as it is."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from .build import build
from .changes import ChangeSet, Edit, LogEntry
from .layout import FILE
from .names import NAMES_HEAD
from .prepare import prepare
from .settings import read_settings
from .vault import read_wiki
from .write import WORKFLOW

GITATTRIBUTES = """\
raw/** -text
wiki/** text eol=lf
wiki/log.md merge=union
names.txt merge=union
"""
GITIGNORE = ".karpwiki/\n"
TOML = """\
# Settings of this wiki; every line is optional. All of them: docs/settings.md of karpwiki.
# language = "en"                  # of compiled pages; decided at the first ingest
# model = "claude-sonnet-5-5"      # else: anthropic when ANTHROPIC_API_KEY is set, or excerpt
# links = "relative"               # Markdown links instead of [[wiki links]]

# [bundles]                        # raw files that are one source
# diary = "diary/*.md"
"""
IGNORE = """\
# Raw files that are never to be ingested, in .gitignore's syntax, relative to raw/.
"""


def init(root: Path) -> ChangeSet:
    """The files that a folder lacks to be a vault: settings, schema, names, git's files, a workflow that lints,
    raw/, wiki/ with its index.

    Raises UsageError when its karpwiki.toml cannot be used.
    """
    schema, workflow = (files("karpwiki").joinpath(name).read_text("utf-8") for name in ("schema.md", "workflow.yml"))
    wanted = {
        FILE: TOML.replace("\n", f"\nname = {json.dumps(root.name, ensure_ascii=False)}\n", 1),
        "names.txt": NAMES_HEAD,
        ".karpignore": IGNORE,
        "CLAUDE.md": schema,
        ".gitattributes": GITATTRIBUTES,
        ".gitignore": GITIGNORE,
        WORKFLOW: workflow,
    }
    if not (root / "raw").is_dir():
        wanted["raw/.gitkeep"] = ""
    edits = [Edit(path, text, None) for path, text in wanted.items() if not (root / path).exists()]
    wiki, settings = read_wiki(root), read_settings(root)
    made = build(root, prepare(root, wiki, settings), None, settings.name or root.name)
    edits += [e for e in made.edits if e.before is None and e.text is not None]
    entry = LogEntry("init", settings.name or root.name, (("Note", f"{len(edits)} files"),))
    return ChangeSet(tuple(edits), (entry,))
