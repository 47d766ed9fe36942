"""What a person says of names by a command: merge, rename, split. Each is lines of names.txt; all else follows.

Where the rules that give a page its title and its path would not do what the person means, a line says that too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .changes import Decided
from .errors import UsageError
from .frame import Frame
from .habits import is_by_hand
from .homonyms import AT
from .names import RESERVED, key, slug, stem_key
from .nouns import Decision, Subject
from .plan import said_of
from .prepare import Ground, prepare

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
    if first == second:
        raise UsageError(f"{a!r} and {b!r} are one subject already: {first.title!r}. `karpwiki split` parts names.")
    if (one_hand := _by_hand(fr, first)) and (other_hand := _by_hand(fr, second)):
        raise UsageError(
            f"{one_hand} and {other_hand} are both by hand: take the words of one over to the other, delete it, and "
            "give the other its name as an alias."
        )
    between = [d for d in wiki.decisions if _parts(d, first, second)]
    dropped = (*between, *said_of(wiki, second, ("title", "path", "kind")))
    one, other = fr.names.name_of(first), fr.names.name_of(second)
    kept = [d for d in ground.decisions if d.relation not in ("title", "path") or not _is_one(fr, d.name, other)]
    decided = Decided((*kept, Decision(one, "=", other, "person")), dropped)
    if not _is_one(_after(ground, decided), one, other):
        raise UsageError(f"{first.title!r} and {second.title!r} are kept apart by names.txt; take that line out first.")
    return _keeping(decided, ground, first)


def rename(ground: Ground, name: str, new: str) -> Decided:
    """A subject gets another title, and its page another path; the old name stays as an alias."""
    fr, new = ground.frame, " ".join(new.split())
    subject = find_subject(fr, name)
    if path := _by_hand(fr, subject):
        raise UsageError(f"{path} is by hand: change its title or the name of its file yourself; karpwiki follows.")
    if not new or any(mark in new for mark in FORBIDDEN) or len(new) > 120:
        raise UsageError(f"{new!r} cannot be a title: one line of at most 120 characters, without | and [[ ]].")
    other = fr.names.subjects.get(key(new))
    if other and other != subject:
        raise UsageError(f"{new!r} is the name of another subject. To make both one page: karpwiki merge NAME {new!r}")
    stem, own = slug(new), fr.names.name_of(subject)
    taken = {stem_key(s) for s in fr.paths if s != subject.slug} | set(RESERVED)
    if stem_key(stem) in taken:
        raise UsageError(f"Another page has the file name {stem}.md already. Choose another name, or merge the two.")
    folder = fr.paths[subject.slug].rpartition("/")[0] if subject.has_page else ""
    path = f"{folder}/{stem}.md" if folder else ""
    if subject.title == new and path in ("", fr.paths[subject.slug]):
        return Decided(ground.decisions)
    added = [Decision(own, "title", new, "person")]
    added += [Decision(own, "=", new, "person")] if other is None else []
    added += [Decision(own, "path", path, "person")] if path else []
    before = [
        d
        for d in ground.decisions
        if d.relation not in ("title", "path") or fr.names.subjects.get(key(d.name)) != subject
    ]
    return Decided((*before, *added), said_of(ground.wiki, subject, ("title", "path")))


def _by_hand(frame: Frame, subject: Subject) -> str:
    """The path of a subject's page, when a person wrote it; ''."""
    path = frame.paths.get(subject.slug, "")
    page = frame.wiki.pages.get(path)
    return path if page and is_by_hand(page) else ""


def split(ground: Ground, a: str, b: str, files: Sequence[str] = ()) -> Decided:
    """Two names are two things; or, in some raw files, a name means another thing, whose name is `b`."""
    fr, wiki = ground.frame, ground.wiki
    subject = find_subject(fr, a)
    own = a if fr.names.subjects.get(key(a)) == subject else fr.names.name_of(subject)
    names = {key(n) for n in subject.names}
    if files:
        return Decided((*ground.decisions, *_meanings(ground, subject, b, files)))
    if key(b) not in names or key(own) == key(b):
        raise UsageError(
            f"{b!r} is not another name of {subject.title!r}. A name that means two things is parted by source: "
            f"karpwiki split {own!r} 'NEW NAME' --in raw/…"
        )
    pair = {key(own), key(b)}
    joined = tuple(d for d in wiki.decisions if d.relation == "=" and {key(d.name), key(d.value)} == pair)
    decided = Decided((*ground.decisions, Decision(own, "!=", b, "person")), joined)
    if _is_one(_after(ground, decided), own, b):
        raise UsageError(f"{own!r} and {b!r} are joined by other lines of names.txt; take these out first.")
    return decided


def _meanings(ground: Ground, subject: Subject, name: str, files: Sequence[str]) -> list[Decision]:
    """Lines that say what a subject's names mean in some raw files."""
    of, wiki = ground.frame.names.subjects, ground.wiki
    if of.get(key(name)) == subject:
        raise UsageError(f"{name!r} is a name of {subject.title!r} itself. Give the other thing a name of its own.")
    members = {m.path for s in wiki.sources.values() for m in s.members}
    strange = [f for f in files if f not in members]
    if strange:
        raise UsageError(f"No source of this wiki has the raw file {strange[0]}.")
    claims = (c for c, _ in ground.frame.names.claims.values() if c.quote.path in files)
    uses = {(c.quote.path, key(s)): s for c in claims for s in c.subjects if of.get(key(s)) == subject}
    if not uses:
        raise UsageError(f"No claim of {', '.join(files)} is about {subject.title!r}.")
    return [Decision(f"{used}{AT}{path}", "=", name, "person") for (path, _), used in sorted(uses.items())]


def _is_one(fr: Frame, a: str, b: str) -> bool:
    """Whether two names stand for one subject."""
    first, second = fr.names.subjects.get(key(a)), fr.names.subjects.get(key(b))
    return first is not None and first == second


def _keeping(decided: Decided, ground: Ground, subject: Subject) -> Decided:
    """The same, with lines for what the person expects to stay: the title of a subject and the path of its page."""
    before, after = ground.frame, _after(ground, decided)
    own = before.names.name_of(subject)
    now = after.names.subjects[key(own)]
    added = list(decided.added)
    if now.title != subject.title:
        added.append(Decision(own, "title", subject.title, "person"))
    path = before.paths.get(subject.slug, "") if subject.has_page else ""
    if path and after.paths.get(now.slug) != path:
        added.append(Decision(own, "path", path, "person"))
    return replace(decided, added=tuple(added))


def _after(ground: Ground, decided: Decided) -> Frame:
    fr = ground.frame
    return prepare(fr.wiki.root, ground.wiki, fr.settings, decided=decided).frame


def _parts(d: Decision, a: Subject, b: Subject) -> bool:
    """Whether a line says that a name of one subject is none of another."""
    left, right = {key(n) for n in a.names}, {key(n) for n in b.names}
    pair = (key(d.name), key(d.value))
    return d.relation == "!=" and ((pair[0] in left and pair[1] in right) or (pair[0] in right and pair[1] in left))
