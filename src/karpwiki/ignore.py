""".karpignore: raw files that are never to be read, by path in .gitignore's syntax, or by the site they come from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from .wiki import RawFile

FILE = ".karpignore"
HEAD_BYTES = 4_096
"""How much of a raw file is searched for its address."""
_SPECIAL = re.compile(r"([\\*?\[\]!#]|(?<=.) $)")
_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", re.I)
_ADDRESS = re.compile(
    rb"""^(?:url|source|link|canonical|source_url)[ \t]*:[ \t]*["']?(https?://[^\s"']+)""", re.M | re.I
)


def ignored(text: str, raw: Mapping[str, RawFile]) -> tuple[str, ...]:
    """The raw paths that the text of .karpignore matches: by a pattern, or by a domain that their `url:` belongs to.

    A line such as `example.com` is both: a file of that name, and the site with all below it.
    """
    lines = [line.strip() for line in text.split("\n") if line.strip() and not line.startswith("#")]
    if not lines:
        return ()
    from pathspec import GitIgnoreSpec

    spec = GitIgnoreSpec.from_lines(text.split("\n"))
    domains = {line.casefold() for line in lines if _DOMAIN.fullmatch(line)}
    return tuple(
        path
        for path, file in raw.items()
        if spec.match_file(path) or spec.match_file(f"raw/{path}") or (domains and _comes_from(file.absolute, domains))
    )


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
