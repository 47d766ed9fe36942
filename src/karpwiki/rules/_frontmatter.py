"""What the rules of group F share: where the values of a page's frontmatter stand, and one of them written otherwise.

The strict reader says what frontmatter means; here its YAML is looked at as text, so that all else of it (a person's
comments, order and quotes) stays as it is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeGuard

from ..dialect import KEYS
from ..errors import BadYaml
from ..frontmatter import ORDER, load, split
from ..hands import is_guest
from ..pattern import pattern
from ..sourcepage import TYPE
from ..wiki import Page
from . import Context

if TYPE_CHECKING:  # few pages need it, and loading it takes as long as reading fifty of them
    import yaml

MAX_SHOWN = 60
_PLAIN = r"(?:\[[^\n#\[\]{}\"'\\:&*!|>%@`]*\]|[\w/.][^\n#\[\]{}\"'\\:]*)(?=\n\S)(?!\n-[ \n])"
_NAMES = {name: pattern(rf"^{name}:[ ]{_PLAIN}", re.M) for name in ORDER}
"""Keys of ours whose value is plain and fills its line alone, with another key below."""


_MEANT = {word: ours for ours, words in KEYS.items() for word in words}
"""Keys that may stand for ours without settings → which."""


@dataclass(frozen=True, slots=True)
class Head:
    """The YAML of a page's frontmatter as text, with its nodes."""

    text: str
    at: int
    """Where it begins in the page's text."""
    root: yaml.MappingNode

    def find(self, name: str) -> tuple[yaml.Node, yaml.Node] | None:
        """The nodes of a key and its value."""
        return next(((k, v) for k, v in self.root.value if k.value == name), None)

    def line(self, node: yaml.Node) -> int:
        """The line of the page on which a node begins."""
        # Not what YAML counts: to it U+2028 ends a line too.
        return bisect_right(_starts(self.text), int(node.start_mark.index)) + 1


@lru_cache(maxsize=4)
def _starts(text: str) -> list[int]:
    """Where the lines of a text begin."""
    return [0, *(m.end() for m in re.finditer("\n", text))]


def head(page: Page) -> Head | None:
    """The frontmatter of a page as text; None when there is none. Only for YAML that the strict reader composed."""
    import yaml

    text, _, _ = split(page.text)
    root = yaml.compose(text, Loader=yaml.SafeLoader) if text else None
    return Head(text, page.text.index("\n") + 1, root) if root and is_mapping(root) else None


def is_watched(ctx: Context, page: Page) -> bool:
    """Whether the frontmatter of a page can be read and is to be as a page of karpwiki's has it.

    So it is on pages that karpwiki wrote, on those of a kind of this vault, and on those in the folder of one.
    """
    of_a_kind = page.kind in ctx.settings.kinds or (page.kind == "" and ctx.kind_at(page.path) is not None)
    ours = page.state is not None and not is_guest(page)
    return bool(page.meta) and not page.problem and (ours or of_a_kind)


def suspected(ctx: Context, name: str) -> Sequence[Page]:
    """The pages whose frontmatter a rule looks at: all, where settings say what keys mean."""
    return ctx.suspected(name) if ctx.wiki.dialect.keys.items() <= _MEANT.items() else ctx.pages


def is_source(ctx: Context, page: Page) -> bool:
    """Whether a page is about a source: by its type, or, when it says none, by its folder."""
    there = ctx.kind_at(page.path) if not page.kind else None
    return page.kind == TYPE or (there is not None and there.name == TYPE)


def shown(value: object) -> str:
    """A value for a message: quoted, and cut when it is long."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def is_list(node: yaml.Node) -> TypeGuard[yaml.SequenceNode]:
    import yaml

    return isinstance(node, yaml.SequenceNode)


def is_mapping(node: yaml.Node) -> TypeGuard[yaml.MappingNode]:
    import yaml

    return isinstance(node, yaml.MappingNode)


def end(node: yaml.Node) -> int:
    """Where a node ends in its text. A list over several lines ends with its last item, not with the next key."""
    if (is_list(node) or is_mapping(node)) and not node.flow_style and node.value:
        last = node.value[-1]
        return end(last if is_list(node) else last[1])
    return int(node.end_mark.index)


def can_be(ctx: Context, page: Page, name: str, value: str | list[str]) -> bool:
    """Whether a value can be written otherwise: seen at once where it fills its line, else by trying."""
    if page.path not in ctx.wiki.conflicts and name in _NAMES and name not in page.spelled:
        plain = _NAMES[name].search(page.text, 0, page.text.find("\n---", 3) + 1)
        if plain:
            return True
    return with_value(ctx, page, name, value) is not None


def with_value(ctx: Context, page: Page, name: str, value: str | list[str]) -> str | None:
    """The page's text with one frontmatter value written otherwise, all else as it is; None when that cannot be done.

    So it is with a page that git left in two sides, a text over several lines, and a list with comments in it.
    """
    found = head(page) if page.path not in ctx.wiki.conflicts and not page.problem else None
    name = page.spelled.get(name, name)
    nodes = found.find(name) if found else None
    if found is None or nodes is None:
        return None
    old, text = nodes[1], found.text
    before = load(text)
    colon = text.index(":", int(nodes[0].end_mark.index)) + 1
    first, last = int(old.start_mark.index), end(old)
    kept = _as_written(text, old, before[name])
    items = [kept.get(v) or _inline(v) for v in value] if isinstance(value, list) else []
    if is_list(old) and not old.flow_style:
        if "#" in _gaps(text, old) + ("" if items else text[colon:first]):
            return None
        first = first if items else colon
        new = f"\n{' ' * old.start_mark.column}".join(f"- {item}" for item in items)
    else:
        new = f"[{', '.join(items)}]" if items else ""
    new = new or ("[]" if isinstance(value, list) else _exported(value))
    made = text[:first] + " " * (first == colon) + new + text[last:]
    try:
        sound = load(made) == {**before, name: value}
    except BadYaml:
        sound = False
    return page.text[: found.at] + made + page.text[found.at + len(text) :] if sound else None


def _as_written(text: str, node: yaml.Node, value: object) -> dict[str, str]:
    """The items of a list that are texts on one line → how they are written there."""
    if not is_list(node) or not isinstance(value, list):
        return {}
    pairs = [(n, v) for n, v in zip(node.value, value, strict=True) if isinstance(v, str)]
    written = {v: text[int(n.start_mark.index) : end(n)] for n, v in pairs}
    return {v: words for v, words in written.items() if "\n" not in words}


def _gaps(text: str, node: yaml.SequenceNode) -> str:
    """What stands between the items of a list: their marks, and comments."""
    ends = [int(node.start_mark.index), *map(end, node.value)]
    return "".join(text[a : int(item.start_mark.index)] for a, item in zip(ends, node.value, strict=False))


def _inline(value: str) -> str:
    """A text as an item of a list on one line."""
    return _exported([value])[1:-1]


def _exported(value: str | list[str]) -> str:
    from ..strictyaml import handler

    return handler().export({"x": value}).removeprefix("x:").strip()
