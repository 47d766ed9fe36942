"""Where karpwiki's own words were touched: what code writes again, and where another page stands for the evidence."""

from __future__ import annotations

import re

from .bed import Bed, Planter
from .ground import chinese

_LINK = re.compile(r"\[\[([\w-]+)\|([^\]\n]*)\]\]")
_WIDE = "\u200b\u00ad\u2060\ufeff\u200e"


def _page(bed: Bed, n: int, pattern: re.Pattern[str]) -> tuple[str, re.Match[str]]:
    """A compiled page or a source page, and a place in its words."""

    def body(path: str) -> str:
        text = bed.text(path)
        return text[
            text.index("\n# ") : text.find("\n## Subjects") if "\n## Subjects" in text else text.index("\n## Sources")
        ]

    has = {pool: [p for p in bed.pools[pool] if pattern.search(body(p))] for pool in ("page", "source")}
    pool = ("source" if n % 4 == 1 else "page") if all(has.values()) else max(has, key=lambda pool: len(has[pool]))
    path = bed.take(pool, lambda p: p in has[pool] and (n % 4 != 2 or chinese(p)), lambda p: p in has[pool])
    return path, bed.chance.choice(list(pattern.finditer(body(path))))


def _also(path: str, rule: str) -> list[tuple[str, ...]]:
    # What code would write is something else by now, and the first statement is what others show.
    found = [
        ("page-out-of-date", "wiki/*"),
        ("index-out-of-date", "wiki/*"),
        ("number-not-in-quote", path),
        ("orphan-page", "wiki/*"),
        ("broken-link", path),
    ]
    return [row for row in found if row[0] != rule]


def _links(bed: Bed) -> None:
    """Another target in a link of ours, whose words are the same."""
    ways = (
        ("broken-link", "[[no-such-{n}|{label}]]"),
        ("forbidden-scheme", "[{label}](javascript:alert({n}))"),
        ("forbidden-scheme", "[{label}](obsidian://new?file={n})"),
        ("broken-link", "[{label}](no-such-{n}.md)"),
        ("case-mismatch-link", "[[{upper}|{label}]]"),
        ("broken-anchor", "[[{stem}#No heading {n}|{label}]]"),
        ("remote-image", "![{label}](https://example.org/{n}.png)"),
    )
    for rule in dict.fromkeys(rule for rule, _ in ways):
        forms = [form for name, form in ways if name == rule]
        bed.begin(rule)
        for n in range(20):
            path, found = _page(bed, n, _LINK)
            stem, label = found.groups()
            if rule == "case-mismatch-link" and not stem.isascii():
                continue
            new = forms[n % len(forms)].format(n=n, label=label, stem=stem, upper=stem.title())
            line = bed.swap(path, found[0], new)
            bed.bad(path, line, [*_also(path, rule), ("active-code", path)], new)


_WORD = re.compile(r"(?<=[a-z一-鿿])(?=[a-z一-鿿][^\n]*\[\^)")


def _unseen(bed: Bed) -> None:
    for n in range(20):
        path, found = _page(bed, n, _WORD)
        text = bed.text(path)
        at = text.index("\n# ") + found.start()
        bed.put(path, text[:at] + _WIDE[n % len(_WIDE)] + text[at:])
        bed.bad(path, text.count("\n", 0, at) + 1, _also(path, bed.rule), f"U+{ord(_WIDE[n % len(_WIDE)]):04X}")
    for _ in range(20):
        path = bed.take("page")
        bed.put(path, re.sub(r"^(tags: .*)$", "\\1\nmine: a\u00a0b", bed.text(path), count=1, flags=re.M))
        bed.near(path)


_RULES = ("broken-link", "forbidden-scheme", "case-mismatch-link", "broken-anchor", "remote-image")
PLANTERS = (
    *(Planter(rule, "ours", lambda bed: bed.once(_links)) for rule in _RULES),
    Planter("invisible-text", "ours", _unseen),
)
