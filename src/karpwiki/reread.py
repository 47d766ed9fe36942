"""A source that is read again, since its raw file was changed and that accepted, or by a better model or prompt.

Claim ids hang on the quotes: what the new digest says with the same words keeps its id, so only pages whose claims
came, went or were reworded are made again.
"""

from __future__ import annotations

from dataclasses import replace

from .hands import lost_claims, own_values
from .hands import mended as changed
from .names import key
from .nouns import Claim, Source
from .plain import Plain
from .wiki import Page

_FIELDS = ("title", "date", "author", "credibility", "language", "tags")


def mended(new: Source, old: Source, page: Page, plain: Plain) -> tuple[Source, tuple[Claim, ...]]:
    """A new digest of a source with what a person had mended on its page, and the mended claims that are lost.

    `old` is what the page says now, `plain` the text that was read. Claims that a person deleted stay away; claims and
    values that a person changed stay as they are. A mended claim is lost when its quote no longer stands in the text.
    It keeps the day of its first ingest; what is equal to the old digest but for the day keeps the old day too.
    """
    by_hand = changed(page)
    before = {c.id: c for c in old.claims if c.id in by_hand}
    gone = lost_claims(page) - {c.id for c in old.claims}
    claims = [replace(before.get(c.id, c), quote=c.quote) for c in new.claims if c.id not in gone]
    lost = []
    for claim in (before[i] for i in before.keys() - {c.id for c in claims}):
        at = plain.find(claim.quote.text)
        if at < 0:
            lost.append(claim)
        else:
            claims.append(replace(claim, quote=replace(claim.quote, line=plain.line_at(at))))
    claims.sort(key=lambda c: c.quote.line)
    listed = {key(n.name) for n in new.names}
    used = {key(s) for c in claims for s in c.subjects}
    names = tuple(n for n in old.names if key(n.name) in used - listed)
    own = {} if "bundle" in page.meta else own_values(page)  # of a bundle's page: its own, not its member's
    made = replace(new, claims=tuple(claims), names=(*new.names, *names), created=old.created)
    values = {name: getattr(old, name) for name in _FIELDS if name in own}
    values |= {"title_latin": old.title_latin} if "latin" in own or "title" in own else {}
    made = replace(made, **values)
    return (old if replace(made, updated=old.updated) == old else made), tuple(sorted(lost, key=lambda c: c.quote.line))
