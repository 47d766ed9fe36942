"""Line ends: new words go into a file with the ends that it has, and its lines that stay keep theirs."""

from __future__ import annotations

from operator import add

from .pattern import pattern

_END = pattern(rb"\r\n|\r|\n")


def plain(data: bytes) -> bytes:
    """A file with LF line ends, where all of its ends are CRLF."""
    return data.replace(b"\r\n", b"\n") if data.count(b"\r\n") == data.count(b"\n") else data


def alike(old: bytes, new: bytes) -> bytes:
    """New bytes, with LF ends, as those of a file whose ends are all CRLF; else as they are."""
    return new if plain(old) == old else new.replace(b"\n", b"\r\n")


def like(old: bytes, new: bytes) -> bytes:
    """What takes the place of a file, with LF ends, as that file has them; of several kinds, each line its own."""
    if b"\r" not in old or plain(old) != old:
        return alike(old, new)
    from difflib import SequenceMatcher  # few files are so

    lines, ends = _END.split(old), [*_END.findall(old), b"\n"]
    made = new.split(b"\n")
    kept = [b"\n"] * (len(made) - 1) + [b""]
    for same in SequenceMatcher(None, lines, made).get_matching_blocks():
        for n in range(min(same.size, len(made) - 1 - same.b)):
            kept[same.b + n] = ends[same.a + n]
    return b"".join(map(add, made, kept))
