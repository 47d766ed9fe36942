"""Raw file → Text: its bytes decoded without loss, and its own metadata.

The decoded text has LF line ends and one line for each line of the file, so that line numbers hold. Lint reads raw
through the same function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from .errors import BadYaml, KarpError
from .frontmatter import load, split
from .names import digest
from .plain import LONG, Plain, plain
from .wiki import MAX_LINES, too_many_lines

MAX_BYTES = 10_000_000
"""Of one raw file: about 1.6 million words. What is read out of it is one page, which must be read back."""
_MAGIC = {
    b"%PDF-": "a PDF file", b"PK\x03\x04": "a zip archive or an Office file", b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture", b"GIF8": "a picture", b"\x1f\x8b": "a gzip archive", b"RIFF": "a media file",
    b"\x7fELF": "a program", b"MZ\x90": "a program", b"ID3": "a sound file", b"7z\xbc\xaf": "an archive",
}  # fmt: skip
_WORDS = (b"GIF8", b"RIFF", b"ID3")


class Unreadable(KarpError):
    """A raw file that is no text; the sentence says what it seems to be and what to do."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Text:
    """A raw file, decoded."""

    path: str
    """Relative to raw/."""
    markdown: str
    sha256: str
    encoding: str
    meta: Mapping[str, Any] = field(default_factory=dict)
    """Its own frontmatter; {} when there is none or it cannot be read."""

    @property
    def plain(self) -> Plain:
        return plain(self.markdown)


def sha256(data: bytes) -> str:
    """What a raw file is known by on its source page: 16 hex digits."""
    return digest(data)


def extract(path: str, data: bytes) -> Text:
    """The text of a raw file from its bytes. Raises Unreadable for what is no text in a known encoding."""
    markdown, encoding = decode(path, data)
    if too_many_lines(markdown):
        raise Unreadable(f"raw/{path} has more than {MAX_LINES:,} lines: split it into several files.")
    yaml_text = split(markdown)[0]
    try:
        meta = load(yaml_text)
    except BadYaml:
        meta = {}  # a source is not ours to mend: its text still counts
    return Text(path, markdown, sha256(data), encoding, meta)


def decode(path: str, data: bytes) -> tuple[str, str]:
    """(text with LF ends, name of the encoding). UTF-8, UTF-16 with its mark, GB18030, or what is detected for sure."""
    marked = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    encoding = "utf-32" if data[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff") else "utf-16" if marked else "utf-8-sig"
    binary = b"\0" in data[:65536] and encoding == "utf-8-sig"
    # A text too may begin with the letters GIF8 or ID3.
    found_magic = (name for magic, name in _MAGIC.items() if data.startswith(magic) and (binary or magic not in _WORDS))
    what = next(found_magic, "a binary file" if binary else "")
    if what:
        raise Unreadable(f"raw/{path} is {what}, not text: convert it to Markdown and ingest that.")
    try:
        return _lines(data.decode(encoding)), encoding.removesuffix("-sig")
    except UnicodeDecodeError:
        found = None if marked else _gb18030(data) or _detected(data)
    if found is None:
        raise Unreadable(f"raw/{path} is not UTF-8 and its encoding cannot be told: save it as UTF-8 beside it.")
    return _lines(found[0]), found[1]


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _gb18030(data: bytes) -> tuple[str, str] | None:
    """Chinese in GB18030, if nearly all that is not ASCII decodes to common Han and full-width marks."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return None
    wide = [c for c in text if ord(c) > 127]
    common = sum(
        "\u4e00" <= c <= "\u9fa5" or "\u3000" <= c <= "\u303f" or "\uff00" <= c <= "\uffef" or c in "“”‘’—…·"
        for c in wide
    )
    han = [c for c in wide if "\u4e00" <= c <= "\u9fa5"]
    # Level 1 of GB 2312, the 3,755 everyday characters, is what chance does not hit.
    everyday = sum(0xB0 <= c.encode("gb18030")[0] <= 0xD7 for c in han)
    return (text, "gb18030") if wide and common >= 0.95 * len(wide) and everyday >= 0.85 * len(han) > 0 else None


def _detected(data: bytes) -> tuple[str, str] | None:
    from charset_normalizer import from_bytes  # slow to import, and seldom needed

    best, *others = [*from_bytes(data)] or [None]
    if best is None or best.chaos > 0.1 or best.coherence < 0.3:
        return None
    # Of two encodings that give other letters and read alike, none is sure: élèves, élčves.
    alike = [m for m in others if m and m.chaos <= best.chaos + 0.02 and m.coherence > best.coherence - 0.1]
    return None if any(str(m) != str(best) for m in alike) else (str(best), best.encoding)


def _extract(path: str, absolute: Path, size: int, mtime: int) -> Text:
    return extract(path, absolute.read_bytes())


_read, _read_long = lru_cache(maxsize=256)(_extract), lru_cache(maxsize=2)(_extract)


def read_text(path: str, absolute: Path) -> Text:
    """The Text of a raw file on disk, kept while its size and time stay. Raises Unreadable and OSError."""
    stat = absolute.stat()
    if stat.st_size > MAX_BYTES:
        size = f"{stat.st_size // 1000:,} kB; the most that is read as one source are {MAX_BYTES // 1000:,} kB"
        raise Unreadable(f"raw/{path} is {size}: split it into several files.")
    return (_read if stat.st_size < LONG else _read_long)(path, absolute, stat.st_size, stat.st_mtime_ns)
