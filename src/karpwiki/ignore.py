""".karpignore: raw files that are never to be read, by path in .gitignore's syntax, or by the site they come from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .pattern import pattern
from .wiki import RawFile

FILE = ".karpignore"
HEAD_BYTES = 4_096
"""How much of a raw file is searched for its address."""
MAX_LINES, MAX_LINE, MAX_DEEP = 5_000, 1_000, 3
"""Lines that are read; characters and `**` of one of them."""
# A star and what stands between it and the next one: the first place that fits is as good as any later one.
_STAR = pattern(r"\[\^/\]\*((?:\\.|\[\^/\](?!\*)|\[(?!\^/\])[^\[\]\\]+\]|[^\\\[\](){}|*+?^$./])+)(?=\[\^/\]\*)")
_SPECIAL = pattern(r"([\\*?\[\]!#]|(?<=.) $)")
_DOMAIN = pattern(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", re.I)
_ADDRESS = pattern(rb"""^(?:url|source|link|canonical|source_url)[ \t]*:[ \t]*["']?(https?://[^\s"']+)""", re.M | re.I)


def ignored(text: str, raw: Mapping[str, RawFile]) -> tuple[str, ...]:
    """The raw paths that the text of .karpignore matches: by a pattern, or by a domain that their `url:` belongs to.

    A line such as `example.com` is both: a file of that name, and the site with all below it.
    """
    lines = [line.strip() for line in text.split("\n") if line.strip() and not line.startswith("#")]
    if not lines:
        return ()
    from pathspec import GitIgnoreSpec

    spec = GitIgnoreSpec(made for _, line in _lines(text) if (made := _pattern(line)))
    domains = {line.casefold() for line in lines if _DOMAIN.fullmatch(line)}
    return tuple(
        path
        for path, file in raw.items()
        if spec.match_file(path) or spec.match_file(f"raw/{path}") or (domains and _comes_from(file.absolute, domains))
    )


def refused(text: str) -> str:
    """The first line of .karpignore that is no pattern, or one that would take too long; '' when all are read."""
    lines = list(_lines(text))
    if text.count("\n") > MAX_LINES:
        return f"it has more than {MAX_LINES:,} lines, and those after them are not read"
    return next(
        (f"line {n} is no pattern that can be read: {line[:60]!r}" for n, line in lines if not _pattern(line)), ""
    )


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are read, with their numbers."""
    told = enumerate(text.split("\n")[:MAX_LINES], 1)
    return ((n, line) for n, line in told if line.strip() and not line.startswith("#"))


def _pattern(line: str) -> Any:
    """A line as a pattern that takes no long time on any path; None: it cannot be made one."""
    from pathspec import GitIgnoreSpec

    if len(line) > MAX_LINE or line.count("**") > MAX_DEEP:
        return None
    try:
        [made] = GitIgnoreSpec.from_lines([line]).patterns
        made.regex = made.regex and re.compile(_STAR.sub(r"(?>[^/]*?\1)", made.regex.pattern))
    except (ValueError, re.error):
        return None
    return made


def line_for(path: str) -> str:
    """The line of .karpignore that matches one raw path and nothing else."""
    return "/" + _SPECIAL.sub(r"\\\1", path)


def _comes_from(file: Path, domains: Iterable[str]) -> bool:
    """Whether the frontmatter of a raw file gives an address on one of these sites."""
    try:
        with file.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError:
        return False
    if not head.lstrip(b"\xef\xbb\xbf").startswith(b"---"):
        return False
    hosts = [_host(m[1].decode("utf-8", "replace")) for m in _ADDRESS.finditer(head.partition(b"\n---")[0])]
    return any(host == domain or host.endswith(f".{domain}") for host in hosts for domain in domains)


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").casefold()
    except ValueError:
        return ""
