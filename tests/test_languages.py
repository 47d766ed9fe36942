"""An English and a Chinese source on one subject give one page, in the language of the vault."""

from __future__ import annotations

from pathlib import Path

import pytest

from karpwiki.vault import read_wiki
from vaults import karpwiki, make

ENGLISH = """# Retrieval-augmented generation

**Retrieval-augmented generation** (RAG) is a way to answer from documents. RAG looks for passages at query time.
Retrieval-augmented generation was named in 2020. RAG pays at each query.
"""
CHINESE = """# 检索增强生成

**检索增强生成**（Retrieval-augmented generation，RAG）是一种先查资料、再写回答的做法。检索增强生成在提问时才去找片段。
检索增强生成把花费放在查询时。检索增强生成离不开一个好的索引。
"""


@pytest.mark.parametrize(("language", "title"), [("en", "Retrieval-augmented generation"), ("zh", "检索增强生成")])
@pytest.mark.parametrize("order", [("en.md", "zh.md"), ("zh.md", "en.md")])
def test_two_languages_meet_on_one_page(tmp_path: Path, language: str, title: str, order: tuple[str, str]) -> None:
    root = make(tmp_path / "vault", {"en.md": ENGLISH, "zh.md": CHINESE}, f'language = "{language}"\n')
    for name in order:
        assert karpwiki(root, "ingest", f"raw/{name}") == 0
    pages = [p for p in read_wiki(root).pages.values() if p.kind in ("concept", "method", "entity")]
    assert [p.title.casefold() for p in pages] == [title.casefold()]
    page = pages[0]
    assert page.stem == "retrieval-augmented-generation", "a Latin name gives the file its name in any language"
    assert page.meta["sources"] == ["en.md", "zh.md"]
    assert {"RAG", "检索增强生成"} <= {page.title, *page.meta["aliases"]}
    assert "query time" in page.text and "提问时才去找片段" in page.text, "each statement stays in its own words"
    assert karpwiki(root, "lint", "--strict") == 0
