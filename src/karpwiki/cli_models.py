"""Commands about models and money: costs, batch, doctor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .options import (
    BatchArgument,
    BatchIdArgument,
    BatchVerb,
    By,
    ByOption,
    CallOption,
    JsonOption,
    ModelOption,
    SinceOption,
    VaultOption,
)

RESUMED: dict[str, Callable[..., int]] = {}
"""The commands that a batch may be for, by their verb; cli.py fills it."""


def costs(by: ByOption = By.day, since: SinceOption = "", json: JsonOption = False, vault: VaultOption = None) -> None:
    """Say what calls have cost.

    Out of .karpwiki/costs.jsonl: calls, tokens, dollars, and what the caches saved.
    """
    from . import opened, show_money
    from .costs import costs as added_up

    show_money.costs(added_up(opened.open_vault(vault).root, by.value, since), json)


def batch(
    what: BatchArgument = BatchVerb.status,
    id: BatchIdArgument = "",
    json: JsonOption = False,
    vault: VaultOption = None,
) -> int:
    """See to batches that are under way.

    status: how they stand. resume: wait for them, then do what they were for. cancel: end them; what is answered by
    then is paid for, and resume takes it.
    """
    from . import batches, opened, show, show_money

    found = opened.open_vault(vault)
    if what is BatchVerb.status:
        return show_money.batches(batches.status(found.root, found.settings), json)
    if what is BatchVerb.cancel:
        return show_money.batches(batches.cancel(found.root, found.settings, id, show.err), json)
    aims = batches.aims(found.root)
    codes = [_resumed(aim, found.root, json) for aim in (aims[:1] if json else aims)]
    show.say("More commands wait for their batches: say it again." if json and len(aims) > 1 else "")
    batches.gather(found.root, found.settings, show.err)
    return max(codes) if codes else show_money.batches(batches.status(found.root, found.settings), json)


def _resumed(aim: Any, root: Path, json: bool) -> int:
    """Do once more what a batch was for."""
    options = dict(aim["options"])
    named = {name: [root / file for file in options.pop(name, [])] for name in ("files", "paths")}
    named = {name: files for name, files in named.items() if files}
    return RESUMED[aim["verb"]](**options, **named, json=json, vault=root)


def doctor(
    model: ModelOption = "", call: CallOption = False, json: JsonOption = False, vault: VaultOption = None
) -> int:
    """Say what is there and what is missing.

    Version, vault, settings, the model that would be used and why, its key (whether it is set) and its price.
    """
    from . import show_money
    from .doctor import examine

    return show_money.doctor(examine(vault, model, call), json)


MONEY = (
    (costs, "karpwiki costs --by model"),
    (batch, "karpwiki batch resume"),
    (doctor, "karpwiki doctor --call"),
)
"""Each command with an example."""
