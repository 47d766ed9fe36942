"""What is in a vault, what is left to do, what a command would do: data for printing; nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .build import build
from .bundle import members_of
from .changes import Edit, Plan
from .compile import page_requests
from .errors import ModelError
from .extract import Unreadable, read_text, sha256
from .index import coverage
from .moved import readable
from .opened import Vault, choose_model, made_by
from .pick import PLAINLY, Wish, sort_files
from .prepare import Ground, prepare, recipes
from .prices import Bill, Call, bill, tokens
from .summarize import digest_recipe, digest_requests
from .vault import read_optional

DIGEST_ANSWER = 4.0
"""Tokens of an answer for each token of its source, and below what else was counted when this repository's own wiki
was made: 18 sources in English and Chinese, 803 claims, 38 pages."""
TOKENS_PER_CLAIM, CLAIMS_PER_PAGE = 38, 21
PAGE_SYSTEM, CLAIM_PROMPT, CLAIM_ANSWER = 1_900, 82, 43


# What would be done


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an ingest would ask of a model, before anything is asked."""

    model: str
    files: tuple[tuple[str, int], ...]
    """(path, calls)."""
    skipped: tuple[tuple[str, str], ...]
    reading: Bill
    pages: Bill
    """A guess: which pages there will be is known when the sources are read."""


def estimate(vault: Vault, model: str, files: Sequence[Path], wish: Wish = PLAINLY) -> Estimate:
    """The digests that an ingest would ask for, and about what their pages take. Nothing is asked, nothing written."""
    by = f"{model}/{digest_recipe(vault.root, vault.settings)}" if wish.upgrade else ""
    batch = sort_files(vault.wiki, files, Path.cwd(), wish, by)
    asked, skipped, calls, read = [], list(batch.skipped), list[Call](), 0
    for path in batch.new:
        try:
            text = read_text(path, vault.wiki.raw[path].absolute)
        except Unreadable as error:
            skipped.append((path, "is " + str(error).partition(" is ")[2]))
            continue
        requests = digest_requests(vault.root, vault.settings, text)
        asked.append((path, len(requests)))
        for r in requests:
            size = tokens(r.user)
            calls.append(Call(tokens(r.system) + size, round(size * DIGEST_ANSWER)))
            read += size
    return Estimate(model, tuple(asked), tuple(skipped), bill(model, calls), bill(model, _page_calls(read)))


def ingest_bill(vault: Vault, model: str, files: Sequence[Path], wish: Wish) -> Bill:
    """What an ingest will take, as far as it can be known before it."""
    left = vault.settled
    if left and left.known is not None and left.idle(model) and not (files or wish.upgrade):
        return Bill()
    found = estimate(vault, model, files, wish)
    return found.reading + found.pages


def _page_calls(read: int) -> list[Call]:
    """About the calls for the pages of some sources: as many as this repository's own wiki took for its own."""
    claims = read / TOKENS_PER_CLAIM
    each = Call(PAGE_SYSTEM + CLAIM_PROMPT * CLAIMS_PER_PAGE, CLAIM_ANSWER * CLAIMS_PER_PAGE)
    return [each] * (round(claims / CLAIMS_PER_PAGE) + 1) if read else []


@dataclass(frozen=True, slots=True)
class Preview:
    """What a compile would do: the pages to be asked for, and what code alone would write."""

    model: str
    plan: Plan
    bill: Bill
    edits: tuple[Edit, ...]
    old: Mapping[str, str]
    """The present text of each file that an edit changes."""


def compile_plan(vault: Vault, model: str, everything: bool, upgrade: bool) -> Preview:
    """The plan of a compile with what it takes, and the files that code alone would write."""
    wiki, _ = readable(vault.wiki)
    ground = prepare(vault.root, wiki, vault.settings, model, everything, upgrade)
    edits = build(vault.root, ground, None, vault.name, lambda *_: None).edits
    old = {e.path: read_optional(vault.root / e.path) for e in edits}
    return Preview(model, ground.plan, _bill(vault, ground, model), edits, old)


def compile_bill(vault: Vault, model: str, everything: bool, upgrade: bool) -> Bill:
    """What the pages of a compile will take."""
    if vault.settled and vault.settled.idle(model) and not everything and not upgrade:
        return Bill()
    wiki, _ = readable(vault.wiki)
    return _bill(vault, prepare(vault.root, wiki, vault.settings, model, everything, upgrade), model)


def _bill(vault: Vault, ground: Ground, model: str) -> Bill:
    calls = [
        Call(tokens(r.system) + tokens(r.user), CLAIM_ANSWER * len(step.claims))
        for step, r in page_requests(vault.root, ground.frame, ground.shelf, ground.plan)
    ]
    return bill(model, calls)


# Status


@dataclass(frozen=True, slots=True)
class Status:
    """What is in a vault, and what is left to do."""

    root: str
    model: str
    coverage: tuple[tuple[str, int], ...]
    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    without_claims: tuple[tuple[str, str], ...]
    stale: tuple[tuple[str, str], ...]
    unpolished: tuple[str, ...]
    thin: tuple[tuple[str, float], ...]
    """Raw files whose claims cover less than 0.7 of the paragraphs."""
    made_by: tuple[tuple[str, int], ...]
    stale_recipe: tuple[str, ...]
    """Pages and source pages that another model or prompt made than today's."""


def run_status(vault: Vault) -> Status:
    """Everything that `karpwiki status` prints."""
    wiki = vault.wiki
    ground = prepare(vault.root, wiki, vault.settings)
    members = {m.path: m.sha256 for s in wiki.sources.values() for m in s.members}
    changed = [p for p, h in members.items() if p in wiki.raw and sha256(wiki.raw[p].absolute.read_bytes()) != h]
    try:
        model = chosen = choose_model(vault, "")[0].name
    except ModelError as error:
        model, chosen = f"none: {error}", ""
    return Status(
        root=str(vault.root),
        model=model,
        coverage=tuple(coverage(ground.frame)),
        new=tuple(p for p in wiki.raw if p not in members and p not in wiki.ignored),
        changed=tuple(sorted(changed)),
        gone=tuple(sorted(p for p in members if p not in wiki.raw)) if wiki.raw else (),
        without_claims=tuple((p.key, p.status) for s in wiki.sources.values() for p in members_of(s) if p.status),
        stale=tuple((s.path, s.reason) for s in ground.plan.steps),
        unpolished=tuple(sorted(p.path for p in wiki.pages.values() if p.state and p.state.unpolished)),
        thin=tuple(
            (f"raw/{p.key}", p.coverage)
            for s in wiki.sources.values()
            for p in members_of(s)
            if p.coverage < 0.7 and not p.status
        ),
        made_by=tuple(sorted(made_by(wiki).items())),
        stale_recipe=tuple(_of_another_recipe(vault, chosen)) if chosen else (),
    )


def _of_another_recipe(vault: Vault, model: str) -> list[str]:
    """Paths of the pages that `ingest --upgrade` would have made again. Replayed answers tell no model's name."""
    wiki, settings = vault.wiki, vault.settings
    today = recipes(vault.root, settings, model)
    read_by = f"{model}/{digest_recipe(vault.root, settings)}"

    def other(by: str, now: str) -> bool:
        same_model = model.startswith("replay") or by.partition("/")[0] == model
        return bool(by) and (not same_model or by.partition("/")[2] != now.partition("/")[2])

    pages = [p.path for p in wiki.pages.values() if p.state and p.kind in today and other(p.state.by, today[p.kind])]
    return sorted(pages + [path for path, s in wiki.sources.items() if other(s.by, read_by)])
