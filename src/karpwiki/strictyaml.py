"""The YAML handler that python-frontmatter is given: it reads what is written and nothing more.

YAML 1.1 turns `1.10` into 1.1, `no` into False, `12:30` into 750 and days into objects; the last of two equal keys
wins; anchors and merge keys can grow without bound. Here only true, false, null and plain integers are resolved, and
duplicates, anchors, aliases, tags, merge keys, deep nesting and large documents are refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, ClassVar

import yaml
from frontmatter.default_handlers import YAMLHandler

from .errors import BadYaml

MAX_BYTES, MAX_DEPTH = 250_000, 4


class _Loader(yaml.SafeLoader):
    """Strings stay strings; duplicate keys and everything clever is refused."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 2
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise BadYaml("anchors and aliases are not allowed in frontmatter", line)
        if getattr(event, "tag", None):
            raise BadYaml("YAML tags are not allowed in frontmatter", line)
        self.depth = getattr(self, "depth", 0) + 1
        if self.depth > MAX_DEPTH + 1:
            raise BadYaml("frontmatter is nested too deep", line)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                raise BadYaml("a key of the frontmatter is not a word", name.start_mark.line + 2)
            if name.value in made:
                raise BadYaml(f"the key {name.value[:40]!r} stands twice", name.start_mark.line + 2)
            made[name.value] = self.construct_object(value, deep=True)
        return made

    def construct_text(self, node: Any) -> str:
        """A text; what JSON writes as two escapes is one character."""
        text = str(self.construct_scalar(node))
        return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


_Loader.add_constructor("tag:yaml.org,2002:str", _Loader.construct_text)
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]{0,14})$"), list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ["~", "n", ""])


class _Dumper(yaml.SafeDumper):
    """Quotes whatever another YAML reader would not take for a text; days stay bare."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, data: str) -> yaml.ScalarNode:
        day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", data)
        style = '"' if data and data.splitlines() != [data] else None  # or YAML folds line feeds, U+0085 among them
        return self.represent_scalar("tag:yaml.org,2002:timestamp" if day else "tag:yaml.org,2002:str", data, style)

    def represent_row(self, data: list[Any]) -> yaml.SequenceNode:
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)


_Dumper.add_representer(str, _Dumper.represent_text)
_Dumper.add_representer(list, _Dumper.represent_row)
# Numbers of YAML 1.2, as Obsidian and GitHub read them, that YAML 1.1 has not: 1e5, and so some hashes.
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\.?\d+|\d+\.\d*)(?:[eE][-+]?\d+)?$|^0o[0-7]+$"),
    list("-+.0123456789"),
)


class StrictYAML(YAMLHandler):
    """The handler that python-frontmatter is given, here and in tests."""

    def load(self, fm: str, **_: object) -> Any:
        if len(fm) > MAX_BYTES:
            raise BadYaml("frontmatter is larger than 250 kB")
        try:
            return yaml.load(fm, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 2 if error.problem_mark else 1
            raise BadYaml(f"frontmatter is not valid YAML: {error.problem or error.context}", line) from None
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            if isinstance(error, BadYaml):
                raise
            raise BadYaml("frontmatter cannot be read as YAML") from None

    def export(self, metadata: dict[str, object], **_: object) -> str:
        text: str = yaml.dump(metadata, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1 << 30)
        return text.removesuffix("\n") if metadata else ""


@lru_cache(maxsize=1)
def handler() -> StrictYAML:
    return StrictYAML()
