"""Raw bytes → text: decoded without loss or not at all, lines as on disk, parts that hold everything."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karpwiki.extract import Unreadable, extract, max_part, parts, read_text, sha256
from karpwiki.plain import frontmatter_lines, plain

CHINESE = "# 软件三点零\n\n程序员写提示词，模型负责执行。这是一段足够长的中文文字，用来判断编码。\n"


@pytest.mark.parametrize(("data", "text", "encoding"), [
    (b"a\nb", "a\nb", "utf-8"),
    ("é 软件".encode(), "é 软件", "utf-8"),
    (b"\xef\xbb\xbf---\ntitle: x\n---\nb", "---\ntitle: x\n---\nb", "utf-8"),
    (b"a\r\nb\rc\n\r\nd", "a\nb\nc\n\nd", "utf-8"),
    ("\ufeffé\r\n软".encode("utf-16-le"), "é\n软", "utf-16"),
    ("\ufeffé\n软".encode("utf-16-be"), "é\n软", "utf-16"),
    ("\ufeffé\n软".encode("utf-32-le"), "é\n软", "utf-32"),
    (CHINESE.encode("gb18030"), CHINESE, "gb18030"),
    (b"", "", "utf-8"),
    (b"ID3 is an algorithm. RIFF too.", "ID3 is an algorithm. RIFF too.", "utf-8"),
    ("a\u2028b\x0cc".encode(), "a\u2028b\x0cc", "utf-8"),
])  # fmt: skip
def test_bytes_are_decoded_without_loss(data: bytes, text: str, encoding: str) -> None:
    made = extract("a.md", data)
    assert (made.markdown, made.encoding, made.sha256) == (text, encoding, sha256(data))
    assert made.plain is plain(text)


@pytest.mark.parametrize(("data", "what"), [
    (b"%PDF-1.7 text", "a PDF file"), (b"PK\x03\x04\0", "a zip archive"), (b"\x89PNG\r\n\x1a\n\0", "a picture"),
    (b"GIF89a\0\1", "a picture"), (b"RIFF\0\0WAVE", "a media file"), (b"a\0b", "a binary file"), (b"ID3\4\0",
    "a sound file"),
    ("软".encode("utf-16-le"), "cannot be told"), (b"\xff\xfea", "cannot be told"), (bytes(range(128, 256)),
    "cannot be told"),
    (b"\x1f\x8b\x08\0", "a gzip archive"), (b"\x7fELF\2\1", "a program"),
])  # fmt: skip
def test_what_is_no_text_is_refused_with_one_sentence(data: bytes, what: str) -> None:
    with pytest.raises(Unreadable, match=what) as caught:
        extract("x/a.md", data)
    assert "raw/x/a.md" in str(caught.value) and str(caught.value).count(". ") == 0


LATIN = "Le café était fermé; la façade, très ancienne, fut repeinte cet été par des élèves zélés. " * 4


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
@pytest.mark.parametrize(
    "text", ["café", "naïve résumé", LATIN, "Größe und Maß, über Öl und Äpfel. " * 8, "“quoted” £5"]
)
def test_old_encodings_are_detected_for_sure_or_refused(text: str, encoding: str) -> None:
    data = text.encode(encoding, "ignore")
    try:
        made = extract("a.md", data)
    except Unreadable:
        return
    assert made.markdown == data.decode(encoding) and made.encoding != "utf-8"


@given(st.binary(max_size=200))
def test_any_bytes_give_text_or_unreadable(data: bytes) -> None:
    try:
        made = extract("a.md", data)
    except Unreadable:
        return
    assert "\r" not in made.markdown


@pytest.mark.parametrize("head", ["---\ntitle: x\n---\n", "---\na: &x 1\n---\n", "---\na: 1\na: 2\n---\n", ""])
def test_a_source_keeps_its_text_whatever_its_frontmatter(head: str) -> None:
    made = extract("a.md", (head + "body\n").encode())
    assert made.meta == ({"title": "x"} if "title" in head else {})
    assert made.plain.text == "body" and made.plain.lines_of("body") == {head.count("\n") + 1}


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("one")
    assert read_text("a.md", file) is read_text("a.md", file)
    file.write_text("three")
    assert read_text("a.md", file).markdown == "three"


BLOCKS = ["# Head {n}", "Words of paragraph {n}. " * 6, "- item {n} " * 3, "```\ncode {n}\n\n# no head\n\nmore\n```",
          "| a | b |\n|---|---|\n" + "| {n} | y |\n" * 6, "> quoted {n}\n> more", "1. a {n}\n\n   b\n\n2. c",
          "软件" * 60,
          "<!-- {n} -->", "Words " * 200]  # fmt: skip


@given(st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=25), st.integers(60, 800), st.booleans())
def test_parts_hold_everything_and_cut_nothing(blocks: list[str], size: int, head: bool) -> None:
    markdown = ("---\nk: v\n---\n" if head else "") + "\n\n".join(b.format(n=n) for n, b in enumerate(blocks)) + "\n"
    text = extract("a.md", markdown.encode())
    made = parts(text, size)
    lines = markdown.split("\n")
    if not text.plain.passages:
        assert made == ()
        return
    assert made[0].span.first == frontmatter_lines(markdown) + 1
    assert made[-1].span.last == len(lines)
    for one, two in pairwise(made):
        assert two.span.first == one.span.last + 1
    for part in made:
        assert part.text == "\n".join(lines[part.span.first - 1 : part.span.last]).strip("\n")
    # A part holds whole passages, but for none cut in two; and of no fence or table a piece.
    for passage in text.plain.passages:
        assert any(p.span.first <= passage.span.first and passage.span.last <= p.span.last for p in made)
    for part in made:
        assert part.text.count("```") % 2 == 0
        assert not part.text.startswith(("| 1", "|--", "code", "# no head", "more"))
    alone = max(len(b.encode()) for b in blocks) + sum(len(b) + 2 for b in blocks if b[0] in "`<")  # no cut before code
    assert all(len(p.text.encode()) <= max(size * 1.25, size + alone + 80) for p in made)


def test_parts_prefer_headings_and_take_lists_apart() -> None:
    prose = "Words of it. " * 8 + "\n\n"
    text = extract("a.md", (prose * 6 + "# Second\n\n" + prose * 6).encode())
    assert [p.text.startswith("# Second") for p in parts(text, 1_000)][:2] == [False, True]
    listed = extract("a.md", ("- an item of some words\n" * 400).encode())
    assert all(len(p.text) <= 1_250 for p in parts(listed, 1_000)) and len(parts(listed, 1_000)) > 5
    huge = extract("a.md", ("a\n\n" + "long words " * 3_000 + "\n\nb\n").encode())
    assert [len(p.text) > 1_250 for p in parts(huge, 1_000)].count(True) == 1
    for endless in ("long words " * 50_000, "x" * 200_000, "没有空格。" * 30_000, "没有空格" * 30_000, "a\n" * 90_000):
        cut = parts(extract("a.md", endless.encode()), 1_000)
        assert all(len(p.text.encode()) <= max_part(1_000) for p in cut) and len(cut) > 3
        assert "".join("".join(p.text for p in cut).split()) == "".join(endless.split())
    assert parts(extract("a.md", b"---\na: b\n---\n"), 100) == () == parts(extract("a.md", b"\n\n"), 100)
