"""Raw bytes → text: decoded without loss or not at all, lines as on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karpwiki.extract import MAX_BYTES, Unreadable, extract, read_text, sha256
from karpwiki.plain import LONG, plain

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


def test_a_file_beyond_the_most_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    with file.open("wb") as made:
        made.truncate(MAX_BYTES + 1_000)
    with pytest.raises(Unreadable, match=r"raw/a.md is 10,001 kB; .* split it into several files"):
        read_text("a.md", file)


def test_of_long_texts_two_are_kept(tmp_path: Path) -> None:
    files = [tmp_path / f"{n}.md" for n in range(3)]
    for file in files:
        file.write_text(f"{file.name} " + "words " * (LONG // 6))
    first = read_text("a.md", files[0])
    assert read_text("a.md", files[0]) is first
    for file in files[1:]:
        assert read_text("a.md", file).plain.text.startswith(file.name)
    assert read_text("a.md", files[0]) is not first
