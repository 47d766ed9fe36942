"""Names → sets of names that are one thing: by what digests say of them and by the lines of names.txt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from .homonyms import is_meaning
from .names import initials, is_latin, key, told_apart
from .nouns import Decision, Name


class Sets:
    """Disjoint sets of name keys; two sets with a `!=` between them are never joined."""

    def __init__(self) -> None:
        self.of: dict[str, set[str]] = {}
        self.apart: dict[str, set[str]] = defaultdict(set)

    def part(self, a: str, b: str) -> None:
        self.apart[a].add(b)
        self.apart[b].add(a)

    def add(self, name: str) -> None:
        self.of.setdefault(name, {name})

    def join(self, a: str, b: str) -> None:
        few, many = sorted((self.of[a], self.of[b]), key=len)
        if few is many or any(not many.isdisjoint(self.apart[x]) for x in few if x in self.apart):
            return
        many |= few
        for name in few:
            self.of[name] = many

    def frozen(self) -> dict[str, frozenset[str]]:
        """The set of each name."""
        made = {n: frozenset(names) for n, names in {id(names): names for names in self.of.values()}.items()}
        return {name: made[id(names)] for name, names in self.of.items()}


def contradictions(decisions: Sequence[Decision]) -> list[tuple[Decision, Decision]]:
    """Pairs of lines that say both `=` and `!=` of two names by the same hand: neither acts."""
    said: dict[tuple[frozenset[str], str], Decision] = {}
    found = []
    for d in decisions:
        if d.relation in ("=", "!="):
            other = said.setdefault((_pair(d), d.by), d)
            if other.relation != d.relation:
                found.append((other, d))
    return found


def join(listed: Mapping[str, list[tuple[Name, int]]], decisions: Sequence[Decision]) -> Sets:
    """Keys joined by `=` lines and by what a digest says of a name (English form, initials).

    Of lines that do not go together a person's come first, then those of pages by hand, the model's `!=`, its `=`.
    """
    void = {(_pair(d), d.by) for d, _ in contradictions(decisions)}
    lines = [d for d in decisions if d.relation in ("=", "!=") and not is_meaning(d) and (_pair(d), d.by) not in void]
    persons = {_pair(d) for d in lines if d.by == "person"}
    lines = sorted((d for d in lines if d.by == "person" or _pair(d) not in persons), key=lambda d: sorted(_pair(d)))
    sets = Sets()
    for name in listed:
        sets.add(name)
    for by in ("person", "page", "model"):
        for d in lines:
            if d.by == by and d.relation == "!=":
                sets.part(key(d.name), key(d.value))
        if by == "model":
            _join_forms(sets, listed)
        _join_lines(sets, [d for d in lines if d.by == by and d.relation == "="])
    return sets


def _pair(line: Decision) -> frozenset[str]:
    return frozenset((key(line.name), key(line.value)))


def _join_forms(sets: Sets, listed: Mapping[str, list[tuple[Name, int]]]) -> None:
    for name in sorted(listed):
        for form in sorted({f for n, _ in listed[name] for f in _same_forms(n)}):
            sets.add(form)
            sets.join(name, form)


def _join_lines(sets: Sets, lines: Sequence[Decision]) -> None:
    """Join what lines say is one thing: a line counts once a name of it is known, by whatever line before or after."""
    of, read = defaultdict[str, set[int]](set), set[int]()
    pairs = [(key(d.name), key(d.value)) for d in lines]
    for n, pair in enumerate(pairs):
        of[pair[0]].add(n)
        of[pair[1]].add(n)
    new = set(sets.of)
    while ready := sorted({n for name in new for n in of.get(name, ())} - read):
        new = {name for n in ready for name in pairs[n] if name not in sets.of}
        read.update(ready)
        for a, b in (pairs[n] for n in ready):
            sets.add(a)
            sets.add(b)
            sets.join(a, b)


def _same_forms(name: Name) -> list[str]:
    """Keys of the forms that are this name beyond doubt: its English form, its initials, its form in another script."""
    forms = [name.latin] if name.latin else []
    for other in name.also:
        if is_latin(other) != is_latin(name.name) or initials(other, name.name) or initials(name.name, other):
            forms.append(other)
    return [key(f) for f in forms if not told_apart(name.name, f)]
