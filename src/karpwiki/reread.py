"""A source that is read again, since its raw file was changed and that accepted, or by a better model or prompt.

Claim ids hang on the quotes: what the new digest says with the same words keeps its id, so only pages whose claims
came, went or were reworded are made again.
"""

from __future__ import annotations

from dataclasses import replace

from .hands import deleted_claims, own_values
from .hands import mended as changed
from .nouns import Source
from .wiki import Page

_FIELDS = ("title", "date", "author", "credibility", "language", "tags")


def mended(new: Source, old: Source, page: Page) -> Source:
    """A new digest of a source with what a person had mended on its page: `old` is what the page says now.

    Claims that a person deleted stay away, claims and values that a person changed stay as they are, and it keeps the
    day of its first ingest. What is equal to the old digest but for the day keeps the old day too.
    """
    by_hand = changed(page)
    before = {c.id: c for c in old.claims if c.id in by_hand}
    gone = deleted_claims(page)
    claims = tuple(replace(before.get(c.id, c), quote=c.quote) for c in new.claims if c.id not in gone)
    own = {} if "bundle" in page.meta else own_values(page)  # of a bundle's page: its own, not its member's
    made = replace(new, claims=claims, created=old.created)
    values = {name: getattr(old, name) for name in _FIELDS if name in own}
    values |= {"title_latin": old.title_latin} if "latin" in own or "title" in own else {}
    made = replace(made, **values)
    return old if replace(made, updated=old.updated) == old else made
