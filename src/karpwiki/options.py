"""The options and arguments of the command line, each with its help, once for all commands."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

VaultOption = Annotated[
    Path | None, typer.Option("--vault", metavar="DIR", help="The vault; else the one at or above the working folder.")
]
ModelOption = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="NAME",
        help="excerpt, anthropic, claude-…, command:claude, replay:FOLDER, one of [models.NAME]; else as set.",
    ),
]
CostOption = Annotated[
    float | None,
    typer.Option("--max-cost", metavar="DOLLARS", min=0, help="What this run may cost; else max_cost as set."),
]
JobsOption = Annotated[int | None, typer.Option("--jobs", metavar="N", min=1, help="Calls at once; else jobs as set.")]
BatchOption = Annotated[
    bool, typer.Option("--batch", help="Ask in batches, at half the price: within a day, mostly within the hour.")
]
RetryOption = Annotated[bool, typer.Option("--retry", help="Ask again for what was refused or too long.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")]
BundleOption = Annotated[
    str | None, typer.Option("--bundle", metavar="NAME", help="The named files are members of one source of this name.")
]
DiffOption = Annotated[bool, typer.Option("--diff", help="Show what code alone would change; write nothing.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]
FilesArgument = Annotated[
    list[Path] | None, typer.Argument(metavar="[FILES]...", help="Raw files or folders; all new ones if not given.")
]
PathsArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[PATHS]...", help="Show, and heal, only what is found in these files and folders."),
]
SourcesArgument = Annotated[list[Path], typer.Argument(metavar="FILES...", help="Raw files, folders or source pages.")]
NameArgument = Annotated[str, typer.Argument(metavar="A", help="A subject: its name, or its page.")]
OtherArgument = Annotated[str, typer.Argument(metavar="B", help="The other name.")]
InOption = Annotated[
    list[Path] | None, typer.Option("--in", metavar="FILE", help="A raw file where A means B; may be repeated.")
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stands in .karpignore.")]
LargeOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask: read large files too, and go on above max_cost.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, not even above max_cost.")]
FolderArgument = Annotated[Path, typer.Argument(metavar="[DIR]", help="The folder; else the working folder.")]
AcceptOption = Annotated[
    bool, typer.Option("--accept-changed", help="Read raw files again that were changed after their ingest.")
]
PagesOption = Annotated[bool, typer.Option("--compile/--no-compile", help="Also compile the pages that change.")]
AllOption = Annotated[bool, typer.Option("--all", help="Make every page again.")]
UpgradeOption = Annotated[bool, typer.Option("--upgrade", help="Make again what another model or prompt made.")]
HealOption = Annotated[
    bool, typer.Option("--heal", help="Repair what can be repaired without a doubt; with a model, pages too.")
]
DeepOption = Annotated[
    bool, typer.Option("--deep", help="Also ask a model: do quotes carry their claims, do claims agree?")
]
UnsafeOption = Annotated[bool, typer.Option("--unsafe", help="With --heal: also repairs that may change meaning.")]
StrictOption = Annotated[bool, typer.Option("--strict", help="Warnings count as errors for the exit code.")]
CacheOption = Annotated[
    bool, typer.Option("--cache/--no-cache", help="Read again only what changed since the last run; or everything.")
]


class By(StrEnum):
    """What calls are told by."""

    day = "day"
    task = "task"
    model = "model"
    source = "source"


class BatchVerb(StrEnum):
    """What is done with batches."""

    status = "status"
    resume = "resume"
    cancel = "cancel"


ByOption = Annotated[By, typer.Option("--by", help="One row for each of these.")]
SinceOption = Annotated[str, typer.Option("--since", metavar="DATE", help="From this day on, like 2026-11-21.")]
BatchArgument = Annotated[BatchVerb, typer.Argument(metavar="status|resume|cancel", help="What to do.")]
BatchIdArgument = Annotated[str, typer.Argument(metavar="[ID]", help="The batch to cancel; else all.")]
CallOption = Annotated[bool, typer.Option("--call", help="Also make one call of a few tokens.")]


class Format(StrEnum):
    """How findings are printed."""

    text = "text"
    json = "json"
    github = "github"
    sarif = "sarif"


SelectOption = Annotated[
    list[str] | None,
    typer.Option("--select", metavar="RULES", help="Only these rules: names, ids (L001) or groups (L), with commas."),
]
IgnoreOption = Annotated[
    list[str] | None, typer.Option("--ignore", metavar="RULES", help="Not these rules, whatever else is said.")
]
RefOption = Annotated[
    str, typer.Option("--diff", metavar="REF", help="Only what changed since this commit; raw files and log too.")
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Write the findings there instead of printing them.")
]
ExplainOption = Annotated[str, typer.Option("--explain", metavar="RULE", help="Print what a rule is about.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How findings are printed.")]
