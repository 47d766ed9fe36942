"""The members of a bundle ↔ the table on its page: what each digest said that its claims do not say.

A column is there only where it is needed: what all members share stands in the frontmatter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .bundle import OWN, bundled
from .inert import code_span, escape, unescape
from .names import key
from .nouns import Claim, Name, Source
from .pattern import pattern

KEYS, FILE, WHERE = "Key claims", "File", "In"
SHARED = {"Author": "author", "Credibility": "credibility", "Language": "language", "Added": "created", "Read by": "by"}
"""Column → field of what is often the same for all."""
SOME = {"Status": "status", "Latin": "title_latin"}
"""Column → field of what some have."""
MAX_COLUMNS = 40
"""Those beyond are none of ours; each costs as much as there are rows."""
_CELLS = pattern(r"(?<!\\)\|")
_CITES = pattern(r"\[\^([0-9A-Za-z_-]{1,64})\]")
_HEAD = pattern(r"(?:(\d{4}(?:-\d\d){0,2}): )?(.*)")


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells, the head first, as a Markdown table."""
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join(f"| {' | '.join(row)} |".replace("|  |", "| |") for row in lines)


def cells(text: str) -> list[dict[str, str]]:
    """The rows of a Markdown table: lower-case name of the column → what stands there, still escaped."""
    rows = [[cell.strip() for cell in _CELLS.split(line)[1:-1]] for line in text.split("\n")]
    names = {name.casefold(): n for n, name in enumerate(rows[0][:MAX_COLUMNS])}
    return [{name: row[n] if n < len(row) else "" for name, n in names.items()} for row in rows[2:]]


def listed(source: Source) -> str:
    """The table of a bundle's members, oldest first."""
    columns = {
        "Date": [p.date for p in source.parts],
        "Title": [p.title for p in source.parts],
        "Tags": [", ".join(p.tags) for p in source.parts],
        "Coverage": [str(p.coverage) for p in source.parts],
    }
    for name, field in {**SOME, **SHARED}.items():
        values = [getattr(p, field) for p in source.parts]
        if any(values) if name in SOME else len(set(values)) > 1:
            columns[name] = values
    again = [p.updated if p.updated != p.created else "" for p in source.parts]
    columns |= {"Read again": again} if any(again) else {}
    rows = [[escape(value, cell=True) for value in row] for row in zip(*columns.values(), strict=True)]
    for row, part in zip(rows, source.parts, strict=True):
        row += ["".join(f"[^{c.id}]" for c in part.claims if c.key), _file(part.key)]
    return table([[*columns, KEYS, FILE], *rows])


def _file(path: str) -> str:
    return code_span(path).replace("|", r"\|")


def named(source: Source) -> dict[Name, str]:
    """The names that a bundle's members list, and where: the members' days, or files where a day is not enough."""
    labels = _labels(source.parts)
    found: dict[Name, list[str]] = {}
    for part in source.parts:
        for name in part.names:
            found.setdefault(name, []).append(labels[part.key])
    together: dict[str, list[Name]] = {}  # what two members say of one thing
    for name in found:
        together.setdefault(key(name.name), []).append(name)
    return {name: " · ".join(found[name]) for names in together.values() for name in names}


def _labels(parts: Sequence[Source]) -> dict[str, str]:
    """How the table of subjects calls each member, by raw path: its day where no other has it."""
    taken = [p.date for p in parts] + [p.key for p in parts]
    return {p.key: escape(p.date if p.date and taken.count(p.date) == 1 else p.key, cell=True) for p in parts}


def read(
    page: Source, rows: Sequence[Mapping[str, str]], names: Sequence[tuple[Name, str]], heads: Mapping[str, str]
) -> Source:
    """The bundle that a page holds.

    `page`: its frontmatter and all its claims, under their own headings. `rows`: of its table of members. `names`:
    with where they are listed, '' for wherever a claim uses them. `heads`: claim id → the member's heading above it,
    which tells what the table does not.
    """
    by_file = {row.get(FILE.casefold(), ""): row for row in rows}
    keys = {i for row in rows for i in _CITES.findall(row.get(KEYS.casefold(), ""))}
    claims: dict[str, list[Claim]] = {m.path: [] for m in page.members}
    at = page.members[0].path
    for claim in page.claims:
        at = claim.quote.path if claim.quote.path in claims else at  # a mistyped path stays where it stands
        claims[at].append(replace(claim, key=claim.id in keys if rows else claim.key))
    parts = []
    for member in page.members:
        mine = claims[member.path]
        part = replace(page, members=(member,), bundle="", period="", claims=tuple(mine), names=(),
                       status="" if page.claims else page.status)  # fmt: skip
        parts.append(_part(part, by_file.get(_file(member.path), {}), heads.get(mine[0].id, "") if mine else ""))
    labels = _labels(parts)
    parts = [_with_names(p, labels, names) for p in parts]
    made = bundled(page.bundle, parts, page.period)
    return replace(made, **{field: getattr(page, field) for field in OWN})


def _part(part: Source, row: Mapping[str, str], heading: str) -> Source:
    """A member's digest, from its row where it has one, else from its heading."""
    found = _HEAD.fullmatch(heading)
    stem = part.key.rpartition("/")[2].rpartition(".")[0]
    title, date = (found[2], found[1] or "") if found and found[2] else (stem, "")
    part = replace(part, title=title, date=date, updated=part.created, title_latin="")
    if not row:
        return part
    values = {name: unescape(value) for name, value in row.items()}
    fields: dict[str, Any] = {
        field: values.get(name.casefold(), getattr(part, field) if name in SHARED else "")
        for name, field in {"Date": "date", "Title": "title", **SOME, **SHARED}.items()
    }
    tags = tuple(t for t in values.get("tags", "").split(", ") if t)
    try:
        coverage = min(1.0, max(0.0, float(values.get("coverage", ""))))
    except ValueError:
        coverage = 0.0
    again = values.get("read again", "") or fields["created"]
    return replace(part, **fields, tags=tags, coverage=coverage, updated=again)


def _with_names(part: Source, labels: Mapping[str, str], names: Sequence[tuple[Name, str]]) -> Source:
    """A member with the names that it lists; where the table calls no member so, with those that its claims use."""
    used = {key(s) for c in part.claims for s in c.subjects}
    known = set(labels.values())
    found = []
    for name, where in names:
        said = set(where.split(" · "))
        if labels[part.key] in said or (said - known and key(name.name) in used):
            found.append(name)
    spelled = {key(n.name): n.name for n in found}
    claims = [
        replace(c, subjects=tuple(dict.fromkeys(spelled.get(key(s), s) for s in c.subjects))) for c in part.claims
    ]
    return replace(part, claims=tuple(claims), names=tuple(found))
