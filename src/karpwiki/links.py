"""Where a link leads, as Obsidian resolves it; and how code writes links into words."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote, unquote

from .inert import escape
from .names import CJK, key, stem_key
from .nouns import Subject
from .pattern import pattern
from .wiki import Link

_SCHEME = pattern(r"[A-Za-z][A-Za-z0-9+.-]*:")
UNSAFE = pattern(r"[\s()<>#?%\\*_|`\[\]]")
_LETTER = pattern(rf"[^\W{CJK}]")


@dataclass(frozen=True, slots=True)
class Resolver:
    """The files of a vault by stem, for wiki links; built once for all pages."""

    by_stem: Mapping[str, tuple[str, ...]]
    paths: Mapping[str, str]
    """Every path with its case folded → as it is."""
    prefixes: Mapping[str, str] = field(default_factory=dict)
    """First folders of links that are none on disk → where they lead, below wiki/."""
    known: dict[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)
    """What was asked before: rules ask for each link of a vault several times."""

    def targets(self, link: Link, page: str) -> tuple[str, ...]:
        """The paths that a link on the page at `page` may lead to; none: it is broken; several: ambiguous.

        A link to the web, to a mail address or to a heading of the same page leads to the page itself.
        """
        here = page.rpartition("/")[0] if link.form == "markdown" or "/" in link.target else ""
        asked = (link.form, link.target, here)
        found = self.known.get(asked)
        if found is None:
            target = target_of(link)
            if not target:
                return (page,)
            found = self.known[asked] = self._find(link.form, target, here)
        return found

    def _find(self, form: str, target: str, here: str) -> tuple[str, ...]:
        """The same for a link's target within the vault, on a page in the folder `here`."""
        if form == "markdown":
            if plainly := self.paths.get(stem_key(f"{here}/{target}")):
                return (plainly,)
            path = posixpath.normpath(posixpath.join(here, target.lstrip("/")))
            found = self.paths.get(stem_key(path)) or self.paths.get(stem_key(path + ".md"))
            return (found,) if found else ()
        if target.startswith(("./", "../")):
            target = posixpath.normpath(posixpath.join(here, target))
        if "/" in target and (whole := self._whole(target.strip("/").removesuffix(".md"))):
            return (whole,)
        folder, _, name = target.strip("/").rpartition("/")
        wanted = stem_key(name.removesuffix(".md"))
        found_all = self.by_stem.get(wanted, ()) or self.by_stem.get(stem_key(name), ())
        if not folder:
            return found_all
        tail = stem_key(f"/{folder}/")
        found_all = tuple(p for p in found_all if stem_key("/" + posixpath.dirname(p) + "/").endswith(tail))
        beside = [p for p in found_all if posixpath.dirname(p) == here] if len(found_all) > 1 else ()
        return tuple(beside) if len(beside) == 1 else found_all

    def _whole(self, target: str) -> str:
        """The page that a link names by its whole path below wiki/, or below another folder that stands for it."""
        first, _, rest = target.partition("/")
        there = "/".join(filter(None, (self.prefixes[first], rest))) if first in self.prefixes else target
        return self.paths.get(stem_key(f"wiki/{there}.md"), "")


def target_of(link: Link) -> str:
    """What a link names in the vault; '' when it leads to the web, to a mail address or to a heading of its page."""
    target = unquote(link.target) if link.form == "markdown" else link.target
    return "" if _SCHEME.match(target) or target.startswith("//") else target


def resolver(paths: Iterable[str], prefixes: Mapping[str, str] | None = None, aside: Iterable[str] = ()) -> Resolver:
    """A Resolver over the paths of a vault's files: pages by their stem, others by their full name too.

    Those `aside` are found where no other has their name.
    """
    by_stem: dict[str, list[str]] = {}
    folded: dict[str, str] = {}
    for path in sorted(paths):
        name = posixpath.basename(path)
        by_stem.setdefault(stem_key(name.removesuffix(".md")), []).append(path)
        folded[stem_key(path)] = path
    for path in sorted(aside):
        by_stem.setdefault(stem_key(posixpath.basename(path).removesuffix(".md")), [path])
        folded.setdefault(stem_key(path), path)
    return Resolver({stem: tuple(found) for stem, found in by_stem.items()}, folded, prefixes or {})


def anchor_of(heading: str) -> str:
    """What a heading is known by in a link: letters and digits, folded, since Obsidian and GitHub drop other marks."""
    text = unicodedata.normalize("NFC", heading).casefold()
    return "".join(c for c in text if c.isalnum())


@dataclass(frozen=True, slots=True)
class Linker:
    """Writes links from one page: which subjects have a page, and the vault's style."""

    subjects: Mapping[str, Subject]
    """By the key of every name."""
    paths: Mapping[str, str]
    """Stem → path of every page that code may link to."""
    style: str = "wiki"
    page: str = "wiki/index.md"
    """The page that the links stand on."""
    own: str = field(default="")
    """Stem of that page: a page does not link to itself."""
    prefix: str = ""
    """In a vault that links by paths, the folder that they are published under."""

    def link(self, stem: str, label: str, cell: bool = False) -> str:
        """A link to the page with this stem; without its label when that cannot stand in a wiki link."""
        if self.style == "relative":
            path = self.paths.get(stem, f"wiki/{stem}.md")
            target = UNSAFE.sub(lambda m: quote(m[0]), posixpath.relpath(path, posixpath.dirname(self.page)))
            return f"[{escape(label, cell=cell)}]({target})"
        bar = r"\|" if cell else "|"
        if self.style == "path":
            path = self.paths.get(stem, stem).removeprefix("wiki/").removesuffix(".md")
            target = posixpath.join(self.prefix, path)
            return f"[[{target}{bar}{label if escape(label) == label else stem}]]"
        if label == stem:
            return f"[[{stem}]]"
        return f"[[{stem}{bar}{label}]]" if escape(label) == label else f"[[{stem}]]"

    def name(self, name: str, cell: bool = False, bold: bool = True) -> str:
        """A subject by its name: a link when it has a page, else bold (in a table: plain)."""
        subject = self.subjects.get(key(name))
        plain = escape(name, cell=cell)
        if subject and subject.has_page and subject.slug != self.own and (plain == name or self.style == "relative"):
            return self.link(subject.slug, name, cell)
        return f"**{plain}**" if bold else plain

    def mention(
        self, words: str, groups: Sequence[Sequence[str]], bold: bool, cell: bool = False
    ) -> tuple[str, list[str]]:
        """Escaped words with the first mention of each subject marked, and the names marked so, in their order there.

        A group holds the forms of one subject's name, the preferred first. One with a page is linked; another is set
        in bold when `bold`, else left alone, but no shorter name is marked inside it. `cell`: words of a table row.
        """
        taken: list[tuple[int, int, str, str]] = []
        for group in sorted(groups, key=lambda forms: -max(map(len, forms), default=0)):
            mark = next((m for m in (self._mark(words, name, taken, bold, cell) for name in group) if m), None)
            taken += [mark] if mark else []
        taken.sort()
        out, at = "", 0
        for first, last, text, _ in taken:
            out, at = out + words[at:first] + text, last
        return out + words[at:], [name for first, last, text, name in taken if text != words[first:last]]

    def _mark(
        self, words: str, name: str, taken: Sequence[tuple[int, int, str, str]], bold: bool, cell: bool
    ) -> tuple[int, int, str, str] | None:
        """(first, last, marked text, name) of the first free mention of a name, if it can be marked."""
        subject = self.subjects.get(key(name))
        linked = bool(subject and subject.has_page and subject.slug != self.own)
        # Behind a `!` a link would be an embed.
        found = (s for s in _mentions(words, name) if _free(s, taken) and not (linked and words.endswith("!", 0, s[0])))
        span = next(found, None) if escape(name) == name else None
        if span is None:
            return None
        label = words[slice(*span)]
        if linked and subject:
            return (*span, self.link(subject.slug, label, cell), name)
        if bold:
            return (*span, f"**{label}**", name) if _bold_safe(words, *span) else None
        return (*span, label, name)


def _mentions(words: str, name: str) -> Iterable[tuple[int, int]]:
    """Where a name stands in words: whole words for scripts with spaces; not inside a link or a code span."""
    # In other case only what is no acronym: `it` is not IT.
    for flag in (0, re.IGNORECASE) if len(name) > 3 and not name.isupper() else (0,):
        if not _may_stand(name, words, flag):
            continue
        found = _pattern(name, flag).search(words)
        while found:
            whole = _is_whole(words, *found.span())
            if whole:
                yield found.span()
            found = found.re.search(words, found.end() if whole else found.start() + 1)


def _may_stand(name: str, words: str, flag: int) -> bool:
    """Whether a name can be found in words; it takes a hundredth of what its pattern takes to be made."""
    if not flag:
        return name in words
    return not (name.isascii() and words.isascii()) or name.lower() in words.lower()


@lru_cache(maxsize=20_000)
def _pattern(name: str, flag: int) -> re.Pattern[str]:
    return re.compile(re.escape(name), flag)


def _is_whole(words: str, first: int, last: int) -> bool:
    """Whether no word goes on at the ends of a span, and no escape begins before it."""
    before, after = words[first - 1 : first], words[last : last + 1]
    if before == "\\":
        return False
    # Han next to a Latin name is no part of its word. `&#` opens a reference that `escape` wrote.
    if _LETTER.match(words[first]) and (_LETTER.match(before) or words.endswith("&#", 0, first)):
        return False
    return not (_LETTER.match(words[last - 1]) and _LETTER.match(after))


def _free(span: tuple[int, int], taken: Sequence[tuple[int, int, str, str]]) -> bool:
    return all(span[1] <= first or last <= span[0] for first, last, *_ in taken)


def _bold_safe(words: str, first: int, last: int) -> bool:
    """Whether `**` around this span is emphasis in CommonMark: its ends are letters, or what is beside them is not."""
    return (not _is_mark(words[first]) or _is_mark(words[:first][-1:])) and (
        not _is_mark(words[last - 1]) or _is_mark(words[last:][:1])
    )


def _is_mark(c: str) -> bool:
    """A mark, white space or an end of the words: where emphasis may open and close."""
    return not c or c.isspace() or unicodedata.category(c)[0] in "PS"
