"""What a person says of names by a command: merge, rename, split. Each is lines of names.txt; all else follows.

Where the rules that give a page its title and its path would not do what the person means, a line says that too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .assemble import Frame
from .changes import Decided
from .errors import UsageError
from .homonyms import AT, is_meaning
from .names import RESERVED, key, slug, stem_key
from .nouns import Decision, Subject
from .prepare import Ground, prepare
from .wiki import Wiki

FORBIDDEN = ("\n", "|", "[[", "]]")


def find_subject(frame: Frame, name: str) -> Subject:
    """The subject that a person means: by the path or the stem of its page, or by any of its names.

    Raises UsageError, with near names, when there is none.
    """
    stem = name.rpartition("/")[2].removesuffix(".md")
    by_path = frame.subjects.get(name) or frame.subjects.get(f"wiki/{name}")
    if stem in frame.stems.values() and not by_path and key(name) not in frame.names.subjects:
        raise UsageError(f"{name} is a source's page: edit its title: there, and the next compile follows.")
    found = by_path or frame.names.subjects.get(key(name)) or frame.names.by_slug.get(stem)
    if found:
        return found
    from rapidfuzz import process

    near = process.extract(name, [s.title for s in frame.names.every], limit=3, score_cutoff=70)
    hint = f" Near: {', '.join(repr(title) for title, *_ in near)}." if near else ""
    raise UsageError(f"No subject of this wiki is called {name!r}.{hint} wiki/index.md lists the pages.")


def merge(ground: Ground, a: str, b: str) -> Decided:
    """Two subjects are one thing; the page of the first stays, with its title and its path."""
    fr, wiki = ground.frame, ground.wiki
    first, second = find_subject(fr, a), find_subject(fr, b)
    if first is second:
        raise UsageError(f"{a!r} and {b!r} are one subject already: {first.title!r}. `karpwiki split` parts names.")
    between = [d for d in wiki.decisions if _parts(d, first, second)]
    dropped = (*between, *_said_of(wiki, second, ("title", "path", "kind")))
    decided = Decided((Decision(first.title, "=", second.title, "person"),), dropped)
    whole = _after(ground, decided).names.subjects[key(first.title)]
    if key(second.title) not in {key(n) for n in whole.names}:
        raise UsageError(f"{first.title!r} and {second.title!r} are kept apart by names.txt; take that line out first.")
    return _keeping(decided, ground, first)


def rename(ground: Ground, name: str, new: str) -> Decided:
    """A subject gets another title, and its page another path; the old name stays as an alias."""
    subject, new = find_subject(ground.frame, name), " ".join(new.split())
    if not new or any(mark in new for mark in FORBIDDEN) or len(new) > 120:
        raise UsageError(f"{new!r} cannot be a title: one line of at most 120 characters, without | and [[ ]].")
    other = ground.frame.names.subjects.get(key(new))
    if other and other is not subject:
        raise UsageError(f"{new!r} is the name of another subject. To make both one page: karpwiki merge NAME {new!r}")
    stem = slug(new)
    taken = {stem_key(s) for s in ground.frame.paths if s != subject.slug} | set(RESERVED)
    if stem_key(stem) in taken:
        raise UsageError(f"Another page has the file name {stem}.md already. Choose another name, or merge the two.")
    folder = ground.frame.paths[subject.slug].rpartition("/")[0] if subject.has_page else ""
    added = [Decision(subject.title, "title", new, "person")]
    added += [Decision(subject.title, "=", new, "person")] if other is None else []
    added += [Decision(subject.title, "path", f"{folder}/{stem}.md", "person")] if folder else []
    return Decided(tuple(added), _said_of(ground.wiki, subject, ("title", "path")))


def split(ground: Ground, a: str, b: str, files: Sequence[str] = ()) -> Decided:
    """Two names are two things; or, in some raw files, a name means another thing, whose name is `b`."""
    subject, wiki = find_subject(ground.frame, a), ground.wiki
    if not files:
        if key(b) not in {key(n) for n in subject.names} or key(a) == key(b):
            raise UsageError(
                f"{b!r} is not another name of {subject.title!r}. A name that means two things is parted by source: "
                f"karpwiki split {a!r} 'NEW NAME' --in raw/…"
            )
        joined = [d for d in wiki.decisions if d.relation == "=" and {key(d.name), key(d.value)} == {key(a), key(b)}]
        return Decided((Decision(a, "!=", b, "person"),), tuple(joined))
    if key(b) in {key(n) for n in subject.names}:
        raise UsageError(f"{b!r} is a name of {subject.title!r} itself. Give the other thing a name of its own.")
    members = {m.path for s in wiki.sources.values() for m in s.members}
    strange = [f for f in files if f not in members]
    if strange:
        raise UsageError(f"No source of this wiki has the raw file {strange[0]}.")
    uses = {
        (key(s), c.quote.path): s for c, _ in ground.frame.names.claims.values() for s in c.subjects
        if ground.frame.names.subjects[key(s)] is subject
    }  # fmt: skip
    added = [Decision(f"{name}{AT}{path}", "=", b, "person") for (_, path), name in sorted(uses.items())
             if path in files]  # fmt: skip
    if not added:
        raise UsageError(f"No claim of {', '.join(files)} is about {subject.title!r}.")
    return Decided(tuple(added))


def _keeping(decided: Decided, ground: Ground, subject: Subject) -> Decided:
    """The same, with lines for what the person expects to stay: the title of a subject and the path of its page."""
    before, after = ground.frame, _after(ground, decided)
    now = after.names.subjects[key(subject.title)]
    added = list(decided.added)
    if now.title != subject.title:
        added.append(Decision(subject.title, "title", subject.title, "person"))
    path = before.paths.get(subject.slug, "") if subject.has_page else ""
    if path and after.paths.get(now.slug) != path:
        added.append(Decision(subject.title, "path", path, "person"))
    return replace(decided, added=tuple(added))


def _after(ground: Ground, decided: Decided) -> Frame:
    fr = ground.frame
    return prepare(fr.wiki.root, ground.wiki, fr.settings, decided=decided).frame


def _parts(d: Decision, a: Subject, b: Subject) -> bool:
    """Whether a line says that a name of one subject is none of another."""
    left, right = {key(n) for n in a.names}, {key(n) for n in b.names}
    pair = (key(d.name), key(d.value))
    return d.relation == "!=" and ((pair[0] in left and pair[1] in right) or (pair[0] in right and pair[1] in left))


def _said_of(wiki: Wiki, subject: Subject, relations: Iterable[str]) -> tuple[Decision, ...]:
    """The lines that say these things of a subject."""
    names = {key(n) for n in subject.names}
    return tuple(
        d for d in wiki.decisions if d.relation in relations and key(d.name) in names and not is_meaning(d) and d.line
    )
