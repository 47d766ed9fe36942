"""What may differ between vaults of this kind, as data: the traits of a dialect, and the words that mean ours.

A dialect is told from the pages that karpwiki did not write (detect.py), or said under [dialect] in karpwiki.toml. It
is read and followed, never imposed: pages by hand stay as they are, and what a trait makes pointless is off on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import UsageError


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing in which vaults differ."""

    about: str
    """What it says of a vault, for docs/settings.md."""
    values: tuple[str, ...]
    """What it may be; the first is how karpwiki writes."""
    off: Mapping[str, tuple[tuple[str, ...], str]] = field(default_factory=dict)
    """Value → the rules that have nothing to say of pages by hand then, and why."""


CITED = ("quote-not-in-raw", "claim-id-mismatch", "unknown-claim", "number-not-in-quote")
"""The rules about footnotes of claims."""
TRAITS: Mapping[str, Trait] = {
    "frontmatter": Trait(
        "whether pages begin with frontmatter",
        ("yes", "none"),
        {
            "none": (
                ("missing-field", "unknown-type", "wrong-type", "bad-date", "title-mismatch", "tag-form"),
                "pages by hand have no frontmatter",
            )
        },
    ),
    "links": Trait(
        "how pages link: `[[name]]`, `[label](../folder/name.md)`, or `[[folder/name]]`",
        ("wiki", "relative", "path"),
        {
            "relative": (("ambiguous-link", "wanted-page"), "pages by hand link by relative paths, not by names"),
            "path": (("ambiguous-link",), "pages by hand link by paths, not by names"),
        },
    ),
    "names": Trait("what files are called: `as-we-may-think` or `AsWeMayThink`", ("slug", "title")),
    "citations": Trait(
        "what in the text of a page says where its words come from: footnotes of claims, `[^src-name]`, `^[raw/x.md]`, "
        "or a line `**Sources**: …`",
        ("claims", "footnotes", "inline", "lines"),
        {
            "footnotes": (CITED, "pages by hand cite whole sources in footnotes, without quotes"),
            "inline": (CITED, "pages by hand name raw files in the words, ^[raw/…], without quotes"),
            "lines": (CITED, "pages by hand name their sources in a line of bold letters, without quotes"),
        },
    ),
    "raw": Trait(
        "whether raw files that pages by hand name are read: `by-hand` has a plain `ingest` pass them over",
        ("ingest", "by-hand"),
    ),
    "index": Trait(
        "who keeps index.md: karpwiki makes it whole, adds rows to one by hand, or there is none",
        ("karpwiki", "rows", "none"),
        {
            "rows": (("index-out-of-date",), "the index is by hand; karpwiki only adds rows to it"),
            "none": (("not-in-index", "index-count", "index-out-of-date"), "the vault keeps no index"),
        },
    ),
    "log": Trait("at which end of the log the newest entry stands", ("last", "first")),
    "entries": Trait(
        "whether entries of the log are `## [YYYY-MM-DD] operation | subject`",
        ("karpwiki", "own"),
        {"own": (("log-form",), "the log has entries of another form than karpwiki's")},
    ),
}

KEYS: Mapping[str, tuple[str, ...]] = {
    "title": ("name", "标题"),
    "type": ("page_type", "kind", "note_type", "category", "类型"),
    "created": ("date_created", "created_at", "date_added", "added", "创建", "创建日期"),
    "updated": (
        "last_updated", "updated_at", "modified", "last_modified", "date_modified", "date_updated", "更新", "更新日期",
    ),
    "sources": (
        "raw_paths", "source_file", "source_files", "raw_path", "raw_file", "raw_files", "source_path", "source_paths",
        "raw", "source", "来源",
    ),
    "tags": ("keywords", "标签"),
    "aliases": ("alias", "also_known_as", "别名"),
    "summary": ("description", "tldr", "摘要"),
}  # fmt: skip
"""Key of ours → other words for it."""
LISTS = ("sources", "tags", "aliases")
FIELDS = ("title", "type", "created", "updated", "sources", "tags")
"""What the frontmatter of a page has."""
KINDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "source-summary": (
        ("source", "sources", "summary", "source_summary", "source-note", "source_note", "paper", "article", "来源",
         "来源摘要"),
        ("sources", "summaries", "source-summaries", "papers", "articles", "来源", "资料", "摘要"),
    ),
    "concept": (
        ("concepts", "topic", "idea", "term", "theory", "概念", "术语"), ("concepts", "topics", "ideas", "概念"),
    ),
    "entity": (
        ("entities", "person", "people", "organization", "organisation", "company", "product", "place", "tool",
         "project", "event", "software", "library", "framework", "model", "dataset", "实体", "人物", "工具", "项目"),
        ("entities", "people", "实体", "人物"),
    ),
    "method": (("methods", "technique", "procedure", "algorithm", "方法", "算法"), ("methods", "techniques", "方法")),
    "answer": (("query", "question", "synthesis", "问答"), ("answers", "queries", "questions", "问答")),
    "overview": (("home", "moc", "概览"), ()),
}  # fmt: skip
"""Kind of ours → other words for it as a type, and folders in which such pages stand."""
ASIDE = frozenset(
    "archive archives archived _archive _archives _archived attic _attic trash _trash template templates _template "
    "_templates 归档 存档 回收站 模板".split()
)
"""Folders below wiki/ (their names in lower case) of pages that nobody keeps: they can be linked, and are not read."""
FOR_TOOLS = frozenset("agents.md claude.md conventions.md gemini.md schema.md".split())
"""Files that say how a wiki is kept, and are none of its pages."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the pages by hand of one vault are written."""

    traits: Mapping[str, str] = field(default_factory=dict)
    """Trait → its value, where that is not karpwiki's."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Key of their frontmatter → ours."""
    prefixes: Mapping[str, str] = field(default_factory=dict)
    """First folders of links that are none on disk → where they lead, below wiki/."""
    folders: Mapping[str, str] = field(default_factory=dict)
    """Kind → folder of its pages below wiki/, where that is not karpwiki's; '': wiki/ itself."""
    types: frozenset[str] = frozenset()
    """Types beyond karpwiki's: those of several pages, and of kinds in the settings."""
    needless: Mapping[bool, frozenset[str]] = field(default_factory=dict)
    """Fields of ours that pages by hand do not have: True: those of sources, False: the others."""
    style: str = ""
    """How most links of the vault are written, those of karpwiki's pages too: `relative` or `path`; '': by names."""
    language: str = ""
    """`zh` or `en` when most of what people wrote is."""
    index: str = "wiki/index.md"
    log: str = "wiki/log.md"

    def of(self, trait: str) -> str:
        """What a trait is here."""
        return self.traits.get(trait, TRAITS[trait].values[0])

    @property
    def off(self) -> dict[str, str]:
        """Rule → why it has nothing to say of pages by hand."""
        found: dict[str, str] = {}
        for name, value in self.traits.items():
            rules, why = TRAITS[name].off.get(value, ((), ""))
            for rule in rules:
                found.setdefault(rule, why)
        return found

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        """(what, how it is here) of all that differs, for people."""
        rows = [(name, self.traits[name]) for name in TRAITS if name in self.traits]
        rows += [("keys", ", ".join(f"{theirs} for {ours}" for theirs, ours in self.keys.items()))]
        rows += [("prefixes", ", ".join(f"{a}/ for wiki/{b}" for a, b in self.prefixes.items()))]
        moved = {kind: f for kind, f in self.folders.items() if f not in KINDS[kind][1][:1]}
        rows += [("folders", ", ".join(f"wiki/{f} for {kind}" for kind, f in moved.items()))]
        rows += [("types", ", ".join(sorted(self.types)))]
        return tuple((name, value) for name, value in rows if value)


OURS = Dialect()
"""How karpwiki writes."""
_TABLES = ("keys", "prefixes", "folders")


def checked(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The [dialect] table of the settings. Raises UsageError naming the word; `where`: the file, for the message."""
    for word, value in table.items():
        known = ", ".join((*TRAITS, *_TABLES))
        if word in _TABLES:
            if not isinstance(value, Mapping) or not all(isinstance(v, str) for v in value.values()):
                raise UsageError(f"{where}: [dialect.{word}] is a table of texts.")
            if word == "keys" and (bad := [v for v in value.values() if v not in KEYS]):
                raise UsageError(f"{where}: [dialect.keys] {bad[0]!r} is no key; there are {', '.join(KEYS)}.")
            if word == "folders" and any(".." in v or v.startswith("/") or "\\" in v for v in value.values()):
                raise UsageError(f'{where}: [dialect.folders] names folders below wiki/, like "en/concepts".')
        elif word not in TRAITS:
            raise UsageError(f"{where}: [dialect] unknown word {word!r}; there are {known}.")
        elif value not in TRAITS[word].values:
            raise UsageError(f"{where}: [dialect] {word} = {value!r}; it is one of {', '.join(TRAITS[word].values)}.")
    return dict(table)
