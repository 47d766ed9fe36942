"""The command line: a command reads its options, calls one function of run.py, and shows what came of it."""

from __future__ import annotations

import os
import sys
import traceback
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from . import __version__, errors

app = typer.Typer(
    name="karpwiki",
    help="Compile sources in raw/ into a Markdown wiki whose every statement is proved by a quote.",
    epilog="First steps:  karpwiki init my-wiki, put a text under my-wiki/raw/, karpwiki ingest, karpwiki lint --heal",
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

VaultOption = Annotated[
    Path | None, typer.Option("--vault", metavar="DIR", help="The vault; else the one at or above the working folder.")
]
ModelOption = Annotated[
    str, typer.Option("--model", metavar="NAME", help="excerpt, anthropic, claude-…, or replay:FOLDER; else as set.")
]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]
FilesArgument = Annotated[
    list[Path] | None, typer.Argument(metavar="[FILES]...", help="Raw files or folders; all new ones if not given.")
]
FolderArgument = Annotated[Path, typer.Argument(metavar="[DIR]", help="The folder; else the working folder.")]
PagesOption = Annotated[bool, typer.Option("--compile/--no-compile", help="Also compile the pages that change.")]
AllOption = Annotated[bool, typer.Option("--all", help="Make every page again.")]
UpgradeOption = Annotated[bool, typer.Option("--upgrade", help="Make pages of another model or prompt again.")]
HealOption = Annotated[bool, typer.Option("--heal", help="Repair what can be repaired without a doubt.")]
UnsafeOption = Annotated[bool, typer.Option("--unsafe", help="With --heal: also repairs that may change meaning.")]
StrictOption = Annotated[bool, typer.Option("--strict", help="Warnings count as errors for the exit code.")]


class Format(StrEnum):
    text = "text"
    json = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How findings are printed.")]


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
    pages: PagesOption = True,
    dry_run: DryOption = False,
    json: JsonOption = False,
    vault: VaultOption = None,
) -> int:
    """Read new sources, compile what they change.

    A source is read once, into claims with verbatim quotes; a quote that does not stand in it is not published.
    """
    from . import opened, report, run, show, show_work

    if dry_run:
        found = opened.open_vault(vault)
        return show_work.estimate(report.estimate(found, files or []), opened.choose_model(found, model)[0].name, json)
    with opened.locked(vault) as found:
        chosen = opened.choose_model(found, model)
        show.say(found.recovered, chosen[1])
        with show.progress(chosen[0].free) as tell:
            return show_work.ingested(run.run_ingest(found, files or [], chosen[0], tell, pages), json)


@app.command("compile", epilog="Example:  karpwiki compile --dry-run")
def compile_(
    everything: AllOption = False,
    upgrade: UpgradeOption = False,
    model: ModelOption = "",
    dry_run: DryOption = False,
    json: JsonOption = False,
    vault: VaultOption = None,
) -> int:
    """Bring every page up to date.

    With the claims of the source pages, names.txt and the settings. The model is asked only for pages whose claims
    changed.
    """
    from . import opened, report, run, show, show_work

    if dry_run:
        found = opened.open_vault(vault)
        name = opened.choose_model(found, model)[0].name
        return show_work.plan(*report.compile_plan(found, name, everything, upgrade), name, json)
    with opened.locked(vault) as found:
        chosen = opened.choose_model(found, model)
        show.say(found.recovered, chosen[1])
        with show.progress(chosen[0].free) as tell:
            return show_work.compiled(run.run_compile(found, chosen[0], tell, everything, upgrade), json)


@app.command(epilog="Example:  karpwiki lint --heal")
def lint(
    heal: HealOption = False,
    unsafe: UnsafeOption = False,
    strict: StrictOption = False,
    format: FormatOption = Format.text,
    dry_run: DryOption = False,
    json: JsonOption = False,
    vault: VaultOption = None,
) -> int:
    """Prove links, quotes and indexes; repair them.

    Needs no model and no network. Exit code 1 when an error is left.
    """
    from . import opened, run, show, show_lint

    as_json = json or format is Format.json
    if not heal:
        return show_lint.report(run.run_lint(opened.open_vault(vault)), strict, as_json)
    with opened.locked(vault) as found:
        show.say(found.recovered)
        return show_lint.healed(run.run_heal(found, unsafe, dry_run), strict, as_json, dry_run)


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
    """Run one command line; its exit code (errors.py). A user's problem is a sentence, a bug of ours a traceback."""
    try:
        code = app(args=arguments, prog_name="karpwiki", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else errors.OK
    except errors.KarpError as error:
        _say(f"error: {error}")
        return error.exit_code
    except typer.exceptions.TyperException as error:
        error.show()  # type: ignore[attr-defined]
        return errors.USAGE
    except (KeyboardInterrupt, typer.Abort):
        _say("Interrupted. What was committed stays; run the same command again to go on.")
        return errors.INTERRUPTED
    except BrokenPipeError:  # the reader of our output has left: no more can be said
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return errors.OK
    except Exception:  # noqa: BLE001  (shown whole, with its own exit code)
        _say(f"{traceback.format_exc()}This is a bug of karpwiki. No page is half written; please report these lines.")
        return errors.BUG


def _say(text: str) -> None:
    from . import show

    show.err(text)
