"""Two claims that do not agree stay side by side, once, with the status that a person gives them, in whatever view."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from karpwiki import opened, run, undo
from karpwiki.calls import Calls
from karpwiki.forms import DigestInput, OverviewInput, PageInput
from karpwiki.llm import Reply, Request
from karpwiki.pick import Wish
from karpwiki.prices import Usage
from vaults import add, karpwiki, make

NOTES = {
    "a.md": "# Stars\n\nThe gist had 5,000 stars in June 2026. The gist was written in April. The gist is short.\n",
    "b.md": "# More stars\n\nThe gist had 4,000 stars in June 2026. The gist is long. The gist is read by many.\n",
}
PAGE, VIEW = "wiki/entities/the-gist.md", "wiki/tensions.md"


class Fake:
    """A model that claims each sentence of a source, and the stars as a figure."""

    name, variant, free = "fake", "", True

    def complete(self, request: Request, deadline: float, began: object = None) -> Reply:
        return Reply(json.dumps(self.answer(request)), "fake", Usage())

    def answer(self, request: Request) -> object:
        given = request.inputs
        if isinstance(given, DigestInput):
            sentences = [s.strip() + "." for s in given.text.split("\n\n")[1].rstrip(".\n").split(". ")]
            claims = [
                {
                    "quote": s, "text": s, "subjects": ["The gist"], "key": n == 0,
                    "as_of": "2026-06" if "June" in s else "", "voice": "asserted", "said_by": "", "basis": "",
                    "figures": [{"attribute": "stars", "value": s.split()[3], "unit": ""}] if "stars" in s else [],
                }
                for n, s in enumerate(sentences)
            ]  # fmt: skip
            names = [{"name": "The gist", "kind": "entity", "gloss": "a text", "latin": "", "also": []}]
            title = given.text[2:].split("\n")[0]
            about = {"title": title, "title_latin": "", "author": "", "date": "", "language": "en", "tags": []}
            return {**about, "credibility": "primary", "claims": claims, "names": names}
        if isinstance(given, PageInput):
            said = [{"keep": 0, "words": [c.text], "claims": [c.label]} for c in given.claims]
            block = {"shape": "list", "columns": [], "statements": said[1:]}
            size = [c.label for c in given.claims if "short" in c.text or "long" in c.text]
            tensions = [{"topic": "its length", "first": size[0], "second": size[1]}] if len(size) == 2 else []
            return {"lead": said[:1], "sections": [{"heading": "All", "blocks": [block]}], "tensions": tensions,
                    "reading": [], "left_out": []}  # fmt: skip
        assert isinstance(given, OverviewInput)
        return {"scope": [], "central": [], "questions": [], "start": []}


def ingest(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    with opened.locked(None) as vault:
        run.run_ingest(vault, [], Calls(root, Fake()), Wish())


def compile_(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    with opened.locked(None) as vault:
        run.run_compile(vault, Calls(root, Fake()), everything=True, upgrade=False)


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make(tmp_path / "vault", NOTES, 'language = "en"\nname = "Gists"\n')
    ingest(root, monkeypatch)
    return root


def test_found_by_the_page_and_by_equal_figures_on_the_page_and_in_the_view(vault: Path) -> None:
    for path in (PAGE, VIEW):
        text = (vault / path).read_text("utf-8")
        assert text.count("> [!warning] Tension: ") == 2, path
        assert "> [!warning] Tension: its length" in text
        assert "> [!warning] Tension: stars" in text
        assert text.count("> Status: open") == 2
    assert "[[the-gist|The gist]]: " in (vault / "wiki/overview.md").read_text("utf-8")
    assert karpwiki(vault, "lint", "--strict") == 0


@pytest.mark.parametrize("edited", [PAGE, VIEW])
def test_a_status_edited_in_any_view_is_kept_and_carried(
    vault: Path, edited: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (vault / edited).read_text("utf-8")
    head, rest = text.split("> [!warning] Tension: stars", 1)
    rest = rest.replace("> Status: open", "> Status: both hold: counted on different days", 1)
    (vault / edited).write_text(f"{head}> [!warning] Tension: stars{rest}", "utf-8")
    for _ in range(2):
        compile_(vault, monkeypatch)
        for path in (PAGE, VIEW):
            now = (vault / path).read_text("utf-8")
            assert now.count("> Status: both hold: counted on different days") == 1, path
            assert now.count("> Status: open") == 1, path
    assert karpwiki(vault, "lint", "--strict") == 0


def test_a_tension_stays_while_both_claims_live_and_goes_with_one(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fake, "answer", _without_tensions(Fake.answer))
    compile_(vault, monkeypatch)
    assert (vault / PAGE).read_text("utf-8").count("Tension: ") == 2, "once found it stays"
    (vault / "wiki/sources/more-stars.md").unlink()
    add(vault, {".ignored.md": ""})
    compile_(vault, monkeypatch)
    assert "Tension: " not in (vault / PAGE).read_text("utf-8")
    assert "4,000" not in (vault / PAGE).read_text("utf-8"), "nothing of a source that is gone is shown"


def _without_tensions(answer):  # type: ignore[no-untyped-def]
    def quiet(self: Fake, request: Request) -> object:
        form = answer(self, request)
        return {**form, "tensions": []} if "tensions" in form else form

    return quiet


def test_undo_brings_a_status_back(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (vault / PAGE).read_bytes()
    text = (vault / VIEW).read_text("utf-8")
    (vault / VIEW).write_text(text.replace("> Status: open", "> Status: settled", 1), "utf-8")
    compile_(vault, monkeypatch)
    assert (vault / PAGE).read_bytes() != before
    undo.undo(vault)
    assert (vault / PAGE).read_bytes() == before
