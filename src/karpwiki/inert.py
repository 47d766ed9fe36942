"""Untrusted words on a page: escaped so that they are only words, in Obsidian, on GitHub and in a terminal.

Whatever a model or a source says is text. `escape` puts a backslash before each mark that Markdown, Obsidian or its
plugins (Dataview, Templater, Tasks, Meta Bind) would act on, and `unescape` gives the very words back.
"""

from __future__ import annotations

import re

from .pattern import pattern
from .plain import fold
from .tags import is_placeholder

# As references: a literal backslash would make it a question of parity whether the mark after it is escaped.
_BACKSLASH, _DOT = "&#92;", "&#183;"
_ESCAPED = pattern(rf"\\([!-/:-@\[-`{{-~])|{_BACKSLASH}|{_DOT}")
_ALWAYS = pattern(r"([`*\[\]<~$^])")
_RULES = tuple(
    (pattern(mark), replacement)
    for mark, replacement in (
        (r"(?<![A-Za-z0-9\\])_|_(?![A-Za-z0-9])", r"\\_"),  # emphasis, not a_b
        (r"=(?==)|(?<==)=", r"\\="),  # ==highlight==
        (r"%(?=[%>}])|(?<=[%{])%|(?<=<)%", r"\\%"),  # %%comment%%, <% %>, {% %}
        (r"([{}])(?=[{}%\\])|(?<=[{}%])([{}])", r"\\\1\2"),  # {{ }}
        (r":(?=:)|(?<=:):", r"\\:"),  # key:: value
        (r"(?<!\w)#(?=[\w/-]|[^\x00-\x7f])(?!\d+(?![\w/-]))", r"\\#"),  # #tag, not #1
        (r"&(?=#|\w+;)", r"\\&"),
        (r":(?=//)", r"\\:"),  # a bare address, whatever its scheme
        (r"(?i)(?<![a-z0-9])(mailto|xmpp):(?=\S)", r"\1\\:"),
        (r"(?i)(?<![a-z0-9])(www)\.", r"\1\\."),
    )
)
_ACTING = pattern(r"[`*\[\]<~$^\\_=%{}:#&·(]|[Ww][Ww][Ww]\.")
"""Words without any of these hold no mark."""
_HEADING_END = pattern(r"(?<!\S)#+$")
_LONE_DOT = pattern(r"(?<!\S)·(?!\S)")
_START = pattern(r"^([>=|:!]|[-+](?=[-+\s]|$)|#(?=[#\s]|$))|^([0-9]{1,9})([.)])(?=\s|$)")
_MARK = pattern(r"\((?=(?:hedged|quoted|primary|secondary|inferred|as of |said by |\d+ sources))")


def escape(text: str, start: bool = False, cell: bool = False) -> str:
    """Words as inert Markdown on one line: folded, without controls, marks escaped.

    `start`: it stands at the start of a line. `cell`: it stands in a table. Karpwiki's own marks in round brackets
    and its ` · ` are escaped too, so that a page parses back to these words.
    """
    text = fold(text)
    if _ACTING.search(text):
        text = _marked(text)
    if cell:
        text = text.replace("|", r"\|")
    if start:
        text = _START.sub(lambda m: rf"\{m[1]}" if m[1] else rf"{m[2]}\{m[3]}", text)
    return text


def _marked(text: str) -> str:
    """Folded words with a backslash before each mark within them."""
    text = _ALWAYS.sub(r"\\\1", text.replace("\\", "\0"))
    for mark, replacement in _RULES:
        text = mark.sub(replacement, text)
    text = _HEADING_END.sub(lambda m: r"\#" * len(m[0]), _MARK.sub(r"\\(", text))
    return _LONE_DOT.sub(_DOT, text).replace("\0", _BACKSLASH)


def unescape(text: str) -> str:
    """The words that `escape` was given (folded)."""
    return _ESCAPED.sub(lambda m: m[1] or {_BACKSLASH: "\\", _DOT: "·"}[m[0]], text)


def code_span(text: str) -> str:
    """A path or a label as code. Nothing in a code span can be escaped, so what would end or run it is replaced.

    Dataview runs code that begins with `=` or `$=`; Templater and Liquid look into code too.
    """
    text = re.sub(r"<(?=%)|\{(?=[{%])", lambda m: {"<": "＜", "{": "｛"}[m[0]], fold(text).replace("`", "ˋ"))
    return f"`{re.sub(r'^[$]?=', lambda m: m[0].translate({36: '＄', 61: '＝'}), text)}`"


def value(text: str) -> str:
    """Words as a value of frontmatter, where nothing can be escaped: what a reader or a plugin would run begins with a
    wide mark. A placeholder such as `<int>` stays as it is."""

    def tag(m: re.Match[str]) -> str:
        acts = re.match(r"<[%!?/A-Za-z]", m[0]) and not is_placeholder(m[0])
        return f"＜{m[0][1:]}" if acts else m[0]

    text = re.sub(r"<[^<>]*>?", tag, fold(text))
    return re.sub(r"\{(?=[{%])|\[(?=\[)|`", lambda m: {"{": "｛", "[": "［", "`": "ˋ"}[m[0]], text)
