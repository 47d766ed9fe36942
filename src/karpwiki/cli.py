"""The command line: a command reads its options, calls one function of run.py, and shows what came of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from . import __version__, errors
from .asked import Asked
from .cli_edits import EDITS
from .cli_models import MONEY, RESUMED
from .options import (
    AcceptOption,
    AllOption,
    BatchOption,
    BundleOption,
    CacheOption,
    CostOption,
    DeepOption,
    DiffOption,
    DryOption,
    ExplainOption,
    FilesArgument,
    FolderArgument,
    Format,
    FormatOption,
    HealOption,
    IgnoreOption,
    JobsOption,
    JsonOption,
    LargeOption,
    ModelOption,
    OutputOption,
    PagesOption,
    PathsArgument,
    RefOption,
    RetryOption,
    SelectOption,
    StrictOption,
    UnsafeOption,
    UpgradeOption,
    VaultOption,
    YesOption,
)
from .outcome import outcome

app = typer.Typer(
    name="karpwiki",
    help="Compile sources in raw/ into a Markdown wiki whose every statement is proved by a quote.",
    epilog="First steps:  karpwiki init my-wiki, put a text under my-wiki/raw/, karpwiki ingest, karpwiki lint --heal",
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", "-V", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"karpwiki {__version__}")


@app.command(epilog="Example:  karpwiki init my-wiki && cp talk.md my-wiki/raw/")
def init(folder: FolderArgument = Path(), dry_run: DryOption = False) -> None:
    """Make a folder a wiki.

    It gets settings, a schema, raw/ and wiki/. Nothing that is there is changed.
    """
    from . import run, show_work

    show_work.init(run.run_init(folder, dry_run), str(folder), dry_run)


@app.command(epilog="Example:  karpwiki ingest raw/2026/foo.md raw/2026/bar.md")
def ingest(
    files: FilesArgument = None,
    model: ModelOption = "",
    max_cost: CostOption = None,
    jobs: JobsOption = None,
    batch: BatchOption = False,
    pages: PagesOption = True,
    accept_changed: AcceptOption = False,
    upgrade: UpgradeOption = False,
    retry: RetryOption = False,
    bundle: BundleOption = None,
    yes: LargeOption = False,
    dry_run: DryOption = False,
    json: JsonOption = False,
    vault: VaultOption = None,
) -> int:
    """Read new sources, compile what they change.

    A source is read once, into claims with verbatim quotes; a quote that does not stand in it is not published.
    """
    from . import estimate, pay, run, show_work
    from .pick import Wish

    named, wish = files or [], Wish(pages, accept_changed, upgrade, retry, bundle, yes)
    purse = pay.aim(
        "ingest", vault, pay.Purse(model, max_cost, jobs, yes, batch), named, pages=pages,
        accept_changed=accept_changed, upgrade=upgrade, retry=retry, bundle=bundle,
    )  # fmt: skip
    if dry_run:
        return show_work.estimate(estimate.ingest_estimate(*pay.look(vault, purse), named, wish), json)
    with pay.paid(vault, purse, partial(estimate.ingest_bill, files=named, wish=wish)) as (found, calls):
        return show_work.ingested(run.run_ingest(found, named, calls, wish), json)


@app.command("compile", epilog="Example:  karpwiki compile --dry-run")
def compile_(
    everything: AllOption = False,
    upgrade: UpgradeOption = False,
    retry: RetryOption = False,
    model: ModelOption = "",
    max_cost: CostOption = None,
    jobs: JobsOption = None,
    batch: BatchOption = False,
    yes: YesOption = False,
    dry_run: DryOption = False,
    diff: DiffOption = False,
    json: JsonOption = False,
    vault: VaultOption = None,
) -> int:
    """Bring every page up to date.

    With the claims of the source pages, names.txt and the settings. The model is asked only for pages whose claims
    changed.
    """
    from . import estimate, pay, run, show_work

    options = {"everything": everything, "upgrade": upgrade, "retry": retry}
    purse = pay.aim("compile", vault, pay.Purse(model, max_cost, jobs, yes, batch), (), **options)
    if dry_run or diff:
        found = estimate.compile_plan(*pay.look(vault, purse), everything, upgrade, retry)
        return show_work.plan(found, json, diff)
    bill = partial(estimate.compile_bill, everything=everything, upgrade=upgrade, retry=retry)
    with pay.paid(vault, purse, bill) as (locked, calls):
        return show_work.compiled(run.run_compile(locked, calls, everything, upgrade, retry), json)


@app.command(epilog="Example:  karpwiki lint --heal")
def lint(
    paths: PathsArgument = None,
    heal: HealOption = False,
    unsafe: UnsafeOption = False,
    deep: DeepOption = False,
    strict: StrictOption = False,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    ref: RefOption = "",
    format: FormatOption = Format.text,
    output: OutputOption = None,
    explain: ExplainOption = "",
    cache: CacheOption = True,
    model: ModelOption = "",
    max_cost: CostOption = None,
    jobs: JobsOption = None,
    batch: BatchOption = False,
    yes: YesOption = False,
    dry_run: DryOption = False,
    json: JsonOption = False,
    vault: VaultOption = None,
) -> int:
    """Prove links, quotes and indexes; repair them.

    Needs no model and no network, but for --deep. Exit code 1 when an error is left. With a model, --heal has pages
    phrased again that are out of date.
    """
    from . import show_lint

    if explain:
        return show_lint.explained(explain)
    form = "json" if json else format.value
    asked = Asked(vault, tuple(paths or ()), tuple(select or ()), tuple(ignore or ()), ref, cache, form, output, strict)
    if not (heal or deep):
        return show_lint.linted(asked)
    from .pay import Purse
    from .treat import Care, treat

    care = Care(deep, heal, unsafe, dry_run, show_lint.chosen(asked), ref)
    return treat(show_lint.vault_of(asked), Purse(model, max_cost, jobs, yes, batch), care, asked)


RESUMED.update(ingest=ingest, compile=compile_, lint=lint)
for command, example in (*EDITS, *MONEY):
    app.command(epilog=f"Example:  {example}")(command)


@app.command(epilog="Example:  karpwiki status --json")
def status(json: JsonOption = False, vault: VaultOption = None) -> None:
    """Say what is ingested, new, stale, refused.

    And which model would be used.
    """
    from . import opened, report, show_work

    show_work.status(report.run_status(opened.open_vault(vault)), json)


@app.command(epilog="Example:  karpwiki undo --dry-run")
def undo(dry_run: DryOption = False, json: JsonOption = False, vault: VaultOption = None) -> None:
    """Take the last change of the wiki back.

    log.md gets an entry instead.
    """
    from . import run, show_work

    show_work.undone(run.run_undo(vault, dry_run), dry_run, json)


def run(arguments: list[str]) -> int:
    """Run one command line; its exit code (errors.py)."""
    return outcome(partial(_run, arguments))


def _run(arguments: list[str]) -> object:
    try:
        return app(args=arguments, prog_name="karpwiki", standalone_mode=False)
    except typer.exceptions.TyperException as error:
        error.show()  # type: ignore[attr-defined]
        return errors.USAGE
    except typer.Abort:
        raise KeyboardInterrupt from None
    except SystemExit:  # what typer makes of a closed pipe
        return errors.OK
