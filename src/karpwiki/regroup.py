"""The members of each bundle in as many sources as they need, and where a person's words on a former page go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from .bundle import OWN, bundled, grouped, members_of, without
from .hands import own_values, together
from .nouns import Source
from .wiki import Page, Wiki


def with_sources(wiki: Wiki, new: Sequence[Source]) -> Wiki:
    """The wiki with further digests, one raw file each, not yet on disk.

    One of a raw file that is known takes the place of its former digest, and of nothing else; another one that names
    a bundle joins it.
    """
    fresh = {s.members[0].path: s for s in new}
    sources = {}
    for path, source in wiki.sources.items():
        known = fresh.keys() & {m.path for m in source.members}
        if known:
            parts = [_instead(fresh.pop(p.key), p) if p.key in known else p for p in members_of(source)]
            source = bundled(source.bundle, parts, source.period) if source.bundle else parts[0]
        sources[path] = source
    return regrouped(replace(wiki, sources=sources | {f"new:{s.key}:{path}": s for path, s in fresh.items()}))


def _instead(new: Source, old: Source) -> Source:
    """A digest in the place of a former one: the day of the first ingest stays."""
    return replace(new, created=old.created, bundle="", period="")


def without_sources(wiki: Wiki, paths: Collection[str]) -> Wiki:
    """The wiki as if these raw files had never been read.

    A source that holds nothing else is not among its sources any more; its page is for the caller to delete, unless
    other members of its bundle are left: then the newest source of these is its heir.
    """
    left = {path: rest for path, source in wiki.sources.items() if (rest := without(source, paths))}
    gone = {path: source.bundle for path, source in wiki.sources.items() if path not in left and path in wiki.pages}
    made = regrouped(replace(wiki, sources=left))
    newest = {s.bundle: s.key for s in sorted(made.sources.values(), key=lambda s: s.key) if s.bundle}
    heirs = {path: newest[bundle] for path, bundle in gone.items() if bundle in newest}
    return regrouped(replace(made, heirs={**made.heirs, **heirs}))


def regrouped(wiki: Wiki) -> Wiki:
    """The wiki with the sources of its bundles as their members want them: a function of the set of these."""
    bundles = {path: s for path, s in sorted(wiki.sources.items()) if s.bundle}
    if not bundles:
        return wiki
    families: dict[str, dict[str, Source]] = defaultdict(dict)
    for source in bundles.values():
        for part in members_of(source):
            families[source.bundle].setdefault(part.key, part)
    made = [s for name, parts in sorted(families.items()) for s in grouped(name, parts.values())]
    paths = {s.key: path for path, s in bundles.items()}
    holder = {m.path: s.key for s in made for m in s.members}
    kept = {paths.get(s.key, f"new:{s.key}") for s in made}
    heirs = {path: holder[s.members[-1].path] for path, s in bundles.items() if path not in kept and path in wiki.pages}
    others = {path: s for path, s in wiki.sources.items() if path not in bundles}
    wiki = replace(wiki, heirs={**wiki.heirs, **heirs})
    return replace(wiki, sources=others | {paths.get(s.key, f"new:{s.key}"): _own(s, wiki, paths) for s in made})


def _own(source: Source, wiki: Wiki, paths: dict[str, str]) -> Source:
    """A bundle's source with what a person says of it in the frontmatter of its page."""
    old, _ = together([(page, frozenset()) for page in former(wiki, source, paths.get(source.key, ""))])
    said = {name: value for name, value in own_values(old).items() if name in OWN}
    texts: dict[str, Any] = {name: value for name, value in said.items() if isinstance(value, str) and name != "tags"}
    tags = said.get("tags")
    listed = tuple(t for t in tags if isinstance(t, str)) if isinstance(tags, list) else source.tags
    return replace(source, **texts, tags=listed)


def former(wiki: Wiki, source: Source, path: str) -> list[Page]:
    """The pages on disk that a source page comes after: its own, at `path`, then those it is the heir of."""
    every = [path, *(p for p, key in sorted(wiki.heirs.items()) if key == source.key)]
    return [wiki.pages[p] for p in dict.fromkeys(every) if p in wiki.pages]
