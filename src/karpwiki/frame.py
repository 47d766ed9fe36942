"""What all pages of one compile share: names, the stems and paths of pages, tensions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, count

from .guests import stems_by_hand
from .kinds import Kind
from .links import Linker
from .names import digest, key, slug, stem_key
from .nouns import Source, Subject, Tension
from .resolve import Names
from .settings import Settings
from .wiki import Wiki


@dataclass(frozen=True)
class Frame:
    """What all pages of one compile share."""

    wiki: Wiki
    settings: Settings
    names: Names
    stems: Mapping[str, str]
    """Source key → stem of its page."""
    paths: Mapping[str, str]
    """Stem → path of every page that code writes."""
    tensions: Mapping[str, Sequence[Tension]] = field(default_factory=dict)
    """By the slug of their home."""

    def linker(self, path: str) -> Linker:
        stem = path.rpartition("/")[2].removesuffix(".md")
        prefix = next((name for name, there in self.wiki.dialect.prefixes.items() if not there), "")
        return Linker(self.names.subjects, self.paths, self.settings.links, path, stem, prefix)

    def path_of(self, subject: Subject) -> str:
        return self.paths[subject.slug]

    @cached_property
    def subjects(self) -> dict[str, Subject]:
        """The subject of each compiled page, by path."""
        return {self.paths[s.slug]: s for s in self.names.pages}

    @cached_property
    def sources(self) -> dict[str, Source]:
        """By key."""
        return {s.key: s for s in self.wiki.sources.values()}

    @cached_property
    def titles(self) -> dict[str, str]:
        """Key of each subject's title → its slug: names that are no alias of another page."""
        return {key(s.names[0]): s.slug for s in self.names.every}


def frame(wiki: Wiki, settings: Settings, names: Names) -> Frame:
    """The stems and paths of all pages that follow from the names."""
    stems = source_stems(wiki.sources.values(), names, stems_by_hand(wiki))
    kind: Mapping[str, Kind] = settings.kinds
    said = {
        key(d.name): (d.by == "person", d.value)
        for d in sorted(wiki.decisions, key=lambda d: (d.by == "person", d.value))
        if d.relation == "path" and d.value.startswith("wiki/") and d.value.endswith(".md") and ".." not in d.value
    }
    paths = {stem: kind["source-summary"].path(stem) for stem in stems.values()}
    none = (False, "")  # of several lines the same one that gives the stem: a person's, then the last
    wanted = {s.slug: max((said.get(key(n), none) for n in s.names), default=none)[1] for s in names.linked}
    paths |= {s.slug: kind[s.kind].path(s.slug) for s in names.linked if not wanted[s.slug]}
    taken = {stem_key(path) for path in paths.values()}
    for s in sorted((s for s in names.linked if wanted[s.slug]), key=lambda s: s.slug):
        # A path that is another page's, or that two lines name, is not free.
        free = stem_key(wanted[s.slug]) not in taken
        paths[s.slug] = wanted[s.slug] if free else kind[s.kind].path(s.slug)
        taken.add(stem_key(paths[s.slug]))
    return Frame(wiki, settings, names, stems, paths)


def source_stems(sources: Iterable[Source], names: Names, reserved: Iterable[str]) -> dict[str, str]:
    """The stem of each source's page by source key: from its title, with a qualifier from raw's path on a clash.

    `reserved`: stems of pages by hand.
    """
    taken = {stem_key(s.slug) for s in names.linked} | set(reserved)
    made = {}
    for source in sorted(sources, key=lambda s: s.key):
        path = source.members[0].path
        base = slug(f"{source.bundle} {source.period}" if source.bundle else source.title_latin or source.title)
        folder, _, file = path.rpartition("/")
        tries = [
            base,
            f"{base}-{slug(folder.rpartition('/')[2] or 'source')}",
            f"{base}-{slug(file.rpartition('.')[0])}",
        ]
        tries.append(f"{base}-{digest(source.key, 6)}")
        # Copies of one page are of one source.
        further = (f"{base}-{digest(f'{source.key} {n}', 6)}" for n in count(2))
        made[source.key] = next(stem for stem in chain(tries, further) if stem_key(stem) not in taken)
        taken.add(stem_key(made[source.key]))
    return made
