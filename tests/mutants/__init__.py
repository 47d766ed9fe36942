"""Lint proved by mutation: a vault that is in order, defects planted in it at random places, and near misses.

bed.py is the vault and what is noted of each place; the other files hold the planters, a group of rules each.
"""

from __future__ import annotations

from . import broken, figures, ground, head, links, ours, safety, vault
from .bed import Planter


def planters() -> tuple[Planter, ...]:
    """How the defects of every rule are planted."""
    return (
        *safety.PLANTERS,
        *links.PLANTERS,
        *head.PLANTERS,
        *ground.PLANTERS,
        *vault.PLANTERS,
        *figures.PLANTERS,
        *broken.PLANTERS,
        *ours.PLANTERS,
    )
