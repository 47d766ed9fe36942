"""Shared by all tests: no key, no proxy and no clock of this machine reaches them."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))
# A run that decides whether a change lands tries the same examples each time; runs at a desk go on looking for others.
settings.register_profile(
    "karpwiki",
    deadline=None,
    suppress_health_check=list(HealthCheck),
    max_examples=60,
    derandomize="CI" in os.environ,
)
settings.load_profile("karpwiki")
# A test run in the background of a shell is started with Ctrl-C ignored; processes that tests start inherit this.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("ANTHROPIC_", "KARPWIKI_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795219200")  # 2026-11-21


@pytest.fixture(autouse=True)
def _every_run_works(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """A test of a second run means one that looks at everything, but where the memory of the last run is the matter."""
    if request.module.__name__ != "test_settled":
        monkeypatch.setattr("karpwiki.opened.recall", lambda root, seen: None)
