"""What runs on other people's machines: workflows, the action, hooks. Nothing of it may be turned by a pull request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from vaults import karpwiki

HERE = Path(__file__).parent.parent
TEMPLATE = HERE / "src/karpwiki/workflow.yml"
WORKFLOWS = [*sorted((HERE / ".github/workflows").glob("*.yml")), TEMPLATE]


def read(file: Path) -> Any:
    return yaml.safe_load(file.read_text("utf-8"))


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda f: f.name)
def test_a_workflow_reads_only_and_is_safe_on_forks(file: Path) -> None:
    text, data = file.read_text("utf-8"), read(file)
    assert data["permissions"] == {"contents": "read"}
    assert set(data[True]) <= {"push", "pull_request"}, "pull_request_target would run with the rights of the target"
    assert "secrets." not in text
    for job in data["jobs"].values():
        assert "permissions" not in job
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), "words of a pull request do not become words of a script"
            if step.get("uses", "").startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] is False


def test_the_action_takes_its_inputs_by_the_environment() -> None:
    data = read(HERE / "action.yml")
    assert data["runs"]["using"] == "composite"
    for step in data["runs"]["steps"]:
        assert step["shell"] == "bash" and "${{" not in step["run"]
    last = data["runs"]["steps"][-1]
    assert set(data["inputs"]) == {name.lower() for name in last["env"]}


def test_the_hooks_call_commands_that_are_there(tmp_path: Path) -> None:
    hooks = read(HERE / ".pre-commit-hooks.yaml")
    assert [hook["id"] for hook in hooks] == ["karpwiki-lint", "karpwiki-lint-diff"]
    assert karpwiki(HERE, *hooks[0]["entry"].split()[1:]) == 0
    assert karpwiki(HERE, *hooks[1]["entry"].split()[1:]) == 0


def test_init_writes_the_workflow_once(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    assert karpwiki(tmp_path, "init") == 0
    made = tmp_path / ".github/workflows/karpwiki.yml"
    assert made.read_bytes() == TEMPLATE.read_bytes()
    made.write_text("mine\n")
    assert karpwiki(tmp_path, "init") == 0
    assert made.read_text() == "mine\n"
