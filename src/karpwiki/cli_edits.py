"""Commands by which a person corrects the wiki: retract, merge, rename, split."""

from __future__ import annotations

from pathlib import Path

from . import errors
from .options import (
    DryOption,
    InOption,
    JsonOption,
    ModelOption,
    NameArgument,
    OtherArgument,
    ReasonOption,
    SourcesArgument,
    VaultOption,
    YesOption,
)


def retract(
    files: SourcesArgument,
    reason: ReasonOption = "",
    yes: YesOption = False,
    model: ModelOption = "",
    dry_run: DryOption = False,
    json: JsonOption = False,
    vault: VaultOption = None,
) -> int:
    """Take sources back, with all that came from them.

    The raw file stays and is named in .karpignore. Every page that cited it is phrased anew from what is left.
    """
    from . import opened, run, show, show_work

    with opened.locked(vault) as found:
        chosen = opened.choose_model(found, model)
        planned = run.plan_retract(found, files, reason, chosen[0].name)
        if dry_run or not json:
            show_work.retraction(planned, chosen[0].name, dry_run, json)
        if dry_run:
            return errors.OK
        if not show.confirm("Take this back?", yes):
            return errors.PARTIAL
        with show.progress(chosen[0].free) as tell:
            return show_work.compiled(run.run_retract(found, planned, chosen[0], tell), json)


def merge(
    a: NameArgument,
    b: OtherArgument,
    model: ModelOption = "",
    dry_run: DryOption = False,
    json: JsonOption = False,
    vault: VaultOption = None,
) -> int:
    """Make two pages one: B goes into A.

    Every link to B leads to A. What people wrote on B stands on A. names.txt says so from then on.
    """
    return _names("merge", a, b, [], model, dry_run, json, vault)


def rename(
    a: NameArgument,
    b: OtherArgument,
    dry_run: DryOption = False,
    json: JsonOption = False,
    vault: VaultOption = None,
) -> int:
    """Give a page another title and file name.

    Every link follows; the old name stays as an alias. No model is asked.
    """
    return _names("rename", a, b, [], "", dry_run, json, vault)


def split(
    a: NameArgument,
    b: OtherArgument,
    files: InOption = None,
    model: ModelOption = "",
    dry_run: DryOption = False,
    json: JsonOption = False,
    vault: VaultOption = None,
) -> int:
    """Make one page two: B is not A.

    With --in: where these raw files say A, they mean B, a thing with a name of its own.
    """
    return _names("split", a, b, files or [], model, dry_run, json, vault)


def _names(
    verb: str, a: str, b: str, files: list[Path], model: str, dry_run: bool, json: bool, vault: Path | None
) -> int:
    from . import opened, run, show, show_work

    with opened.locked(vault) as found:
        chosen, said = opened.model_or_why(found, model)
        named = run.decide(found, verb, a, b, files)
        if dry_run or not json:
            show_work.named(named, dry_run, json)
        if dry_run:
            return errors.OK
        with show.progress(chosen is None or chosen.free) as tell:
            return show_work.compiled(run.run_names(found, named, chosen, said, tell), json)


EDITS = (
    (retract, "karpwiki retract raw/2026/foo.md --reason 'figures withdrawn'"),
    (merge, "karpwiki merge zettelkasten 'slip box'"),
    (rename, "karpwiki rename llm-os 'LLM operating system'"),
    (split, "karpwiki split mercury 'Mercury (planet)' --in raw/planets.md"),
)
"""Each command with an example."""
