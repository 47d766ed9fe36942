"""What the rules share that look for pages of one thing: the forms under which names are compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from ..names import initials, is_latin, key, stem_key, told_apart
from ..pattern import pattern
from ..sourcepage import TYPE
from ..wiki import Page
from . import Context, aliases, is_service

LEAST = 5
"""Letters that a name has at least before it is another one but for a space: `to do` and `todo` may be two things."""
INITIALS = "initials "
_APART = (TYPE, "answer", "overview")
_BRACKETED = pattern(r"([^()（）]+)[(（]([^()（）]+)[)）]")
_TURNED = pattern(r"([^,，\d]+)[,，] ?([^,，\d]+)")
_CAPITALS = pattern(r"\b[A-Z]{2,}S\b")
_WORD = pattern(r"[a-z]{4,}\b")
_BETWEEN = pattern(r" (and|vs|versus|against) |(?<=[\u3400-\u9fff])(与|和|对)(?=[\u3400-\u9fff])")
_JOINING = (" and ", " vs ", " versus ", " against ")
_ACRONYM = pattern(r"[A-Z]{3,8}")
_SMALL = frozenset("of the and for a an in on to".split())


@dataclass(frozen=True, slots=True)
class Twin:
    """Two pages that are probably about one thing, and the names that say so."""

    page: Page
    name: str
    other: Page
    other_name: str


def twins(ctx: Context) -> Iterator[Twin]:
    """Each pair of pages once."""
    found: dict[frozenset[str], Twin] = {}
    for twin in _candidates(ctx):
        pair = frozenset((twin.page.path, twin.other.path))
        if pair not in found and _are_one(twin):
            found[pair] = twin
    if found:
        from ..near import decided

        lines = [d for d in ctx.wiki.decisions if d.relation in ("!=", "?")]
        apart = {frozenset((key(d.name), key(d.value))) for d in lines}
        parted = decided(ctx.ground.frame.names, ctx.ground.wiki.decisions) if ctx.is_settled else set()
        yield from (t for t in found.values() if not _is_decided(ctx, t, apart, parted))


def _candidates(ctx: Context) -> Iterator[Twin]:
    """Pages with names of one form: of several, the first with each of the others."""
    first_of: dict[str, tuple[Page, str]] = {}
    found: dict[str, dict[str, tuple[Page, str]]] = {}
    for page in ctx.pages:
        if page.kind not in _APART and not is_service(page.path) and not page.problem:
            names: dict[str, str] = {}
            for name in (page.title, *aliases(page), page.stem):
                names.setdefault(key(name), name)
            for name in names.values():
                for form in forms(name):
                    before = first_of.setdefault(form, (page, name))
                    if before[0] is not page:
                        found.setdefault(form, {before[0].path: before}).setdefault(page.path, (page, name))
    for form in (form for form in first_of if form in found):
        same = found[form]
        first, *others = same.values()
        if form.startswith(INITIALS):
            spelled = [(page, name) for page, name in same.values() if not _ACRONYM.fullmatch(name)]
            if len(spelled) != 1:  # of several things with these initials none is meant for sure
                continue
            [first] = spelled
            others = [other for other in same.values() if other is not first]
        yield from (Twin(*first, *other) for other in others)


def _are_one(twin: Twin) -> bool:
    """Whether nothing speaks against it. Of equal titles, aliases and files other rules tell."""
    page, other, name, other_name = twin.page, twin.other, twin.name, twin.other_name
    if stem_key(page.stem) == stem_key(other.stem) or _names(page) & _names(other):
        return False
    if told_apart(name, other_name) or told_apart(page.title, other.title):
        return False
    # A file may be called by anything, and many things have the same initials.
    by_file = key(name) not in _names(page) or key(other_name) not in _names(other)
    if page.kind != other.kind and (by_file or _ACRONYM.fullmatch(name) or _ACRONYM.fullmatch(other_name)):
        return False
    if by_file and any(_BRACKETED.fullmatch(title) for title in (page.title, other.title)):  # Mercury (planet)
        return False
    joined = key(name).replace(" ", "")
    return joined != key(other_name).replace(" ", "") or by_file or len(joined.encode()) >= LEAST


def _names(page: Page) -> set[str]:
    return {key(name) for name in (page.title, *aliases(page))}


def _is_decided(ctx: Context, twin: Twin, apart: set[frozenset[str]], parted: set[frozenset[str]]) -> bool:
    """Whether names.txt says that two pages are two things, or asks it. `parted`: pairs of slugs that it decides."""
    one, other = (_names(page) | {key(page.stem)} for page in (twin.page, twin.other))
    if apart and any(frozenset((a, b)) in apart for a in one for b in other):
        return True
    of = ctx.ground.frame.subjects if parted else {}
    a, b = of.get(twin.page.path), of.get(twin.other.path)
    return a is not None and b is not None and frozenset((a.slug, b.slug)) in parted


def forms(name: str) -> Iterator[str]:
    """The forms of a name: two names that share one are probably those of one thing."""
    yield _form(name)
    if ("(" in name or "（" in name) and (bracketed := _BRACKETED.fullmatch(name)):
        outer, inner = (part.strip() for part in bracketed.groups())
        if is_latin(outer) != is_latin(inner) or initials(inner, outer) or initials(outer, inner):
            yield from (_form(outer), _form(inner))
    if name.isupper() and _ACRONYM.fullmatch(name):
        yield f"{INITIALS}{name.casefold()}"
    words = key(name).split() if name.isascii() and len(name) > 4 else []
    if len(words) >= 3:
        letters = {"".join(w[0] for w in words), "".join(w[0] for w in words if w not in _SMALL)}
        yield from (f"{INITIALS}{short}" for short in sorted(letters) if len(short) >= 3)


def _form(name: str) -> str:
    """A name without accents, spaces, plurals and 的; `B, A` is `A B`, and `B and A` is `A and B`."""
    turned = _TURNED.fullmatch(name) if "," in name or "，" in name else None
    text = key(f"{turned[2]} {turned[1]}" if turned else name)
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not "\u0300" <= c <= "\u036f")
        text = unicodedata.normalize("NFC", text).replace("的", "")
    if "s" in text:
        kept = {word.casefold() for word in _CAPITALS.findall(name)}
        text = _WORD.sub(lambda m: m[0] if m[0] in kept else _singular(m[0]), text)
    may_join = not text.isascii() or any(word in text for word in _JOINING)
    sides = _BETWEEN.split(text) if may_join else ()
    if len(sides) == 4:
        text = f" {sides[1] or sides[2]} ".join(sorted((sides[0], sides[3])))
    return text.replace(" ", "")


def _singular(word: str) -> str:
    """An English word without the s of a plural. It need not be a word: two that were changed alike are compared."""
    if not word.endswith("s") or word.endswith(("ss", "us", "is", "news")):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("ches", "shes", "sses", "xes")) else word[:-1]
