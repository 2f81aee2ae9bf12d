"""YAML 1.2 text → a plain tree of mappings, lists, texts and nulls, with the line of every place in it.

Scalars stay the text they are written as (`no`, `1.10`, `0123` are not reinterpreted); the key that wants a number
or a truth reads it from that text. So what comes from the environment is typed exactly as what stands in the file.
Aliases and merge keys (`<<`) are written out, within a budget: ten lines of YAML can otherwise mean billions of nodes.
"""

import warnings
from collections.abc import Mapping
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from edge.settings.environment import interpolate
from edge.settings.report import BadSettings, Place, Report, dotted

Tree: TypeAlias = "dict[str, Tree] | list[Tree] | str | None"

MOST_BYTES = 1 << 20
_MOST_NODES = 20_000
_DEEPEST = 32
_NULLS = ("", "~", "null", "Null", "NULL")
_TAG = "tag:yaml.org,2002:"
_TAGS = {_TAG + kind for kind in ("str", "int", "float", "bool", "null", "map", "seq", "merge", "timestamp", "value")}


def read_document(text: str | bytes, report: Report, environ: Mapping[str, str]) -> dict[str, Tree]:
    """The one document of the file, the environment read in. Raises BadSettings when there is no tree to speak of."""
    root = _compose(_decoded(text, report.name), report.name)
    if root is None:
        raise BadSettings([f"{report.name}: is empty; `edge init` prints a configuration to start from"])
    if not isinstance(root, MappingNode):
        line = root.start_mark.line + 1
        raise BadSettings([f"{report.name}:{line}: Expected a mapping of keys such as server: and routes: at the top"])
    tree = _Walk(report, environ).tree(root, ())
    assert isinstance(tree, dict)
    return tree


def _decoded(text: str | bytes, name: str) -> str:
    if len(text) > MOST_BYTES:
        raise BadSettings([f"{name}: is larger than {MOST_BYTES >> 20} MiB, which no configuration is"])
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise BadSettings([f"{name}:{line}: is not UTF-8 text"]) from None


def _compose(text: str, name: str) -> Node | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an anchor name used twice is fine: YAML 1.2 §3.2.2.2
            node: Node | None = YAML(typ="rt", pure=True).compose(text)
    except RecursionError:
        raise BadSettings([f"{name}: is nested too deeply"]) from None
    except MarkedYAMLError as error:
        raise BadSettings([_syntax(error, text, name)]) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadSettings([f"{name}:{line}: holds a control character, which YAML does not allow"]) from None
    except Exception:
        # The parser leaves with bare exceptions of many kinds on malformed directives, escapes and comments.
        raise BadSettings([f"{name}: is not valid YAML"]) from None
    return node


def _syntax(error: MarkedYAMLError, text: str, name: str) -> str:
    mark = error.problem_mark or error.context_mark
    number = mark.line if mark else 0
    lines = text.splitlines()
    line = lines[number] if number < len(lines) else ""
    if "another document" in str(error.problem):
        return f"{name}:{number + 1}: Expected one document but a second one begins here"
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return f"{name}:{number + 1}: is indented with a tab; YAML wants spaces"
    hint = "; put quotes around a ${…} that stands inside { } or [ ]" if "${" in line else ""
    return f"{name}:{number + 1}: is not valid YAML: {' '.join(str(error.problem).split())}{hint}"


class _Walk:
    def __init__(self, report: Report, environ: Mapping[str, str]) -> None:
        self._report = report
        self._environ = environ
        self._left = _MOST_NODES

    def tree(self, node: Node, place: Place) -> Tree:
        self._left -= 1
        if self._left < 0 or len(place) > _DEEPEST:
            raise BadSettings([f"{self._report.name}: is too large or too deep once its aliases are written out"])
        self._report.lines.setdefault(place, node.start_mark.line + 1)
        if node.tag not in _TAGS:
            self._report.say(place, f"{dotted(place)} has the tag {str(node.tag)[:40]!r}; tags have no meaning here")
        if isinstance(node, MappingNode):
            return self._mapping(node, place)
        if isinstance(node, SequenceNode):
            return [self.tree(item, (*place, at)) for at, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)  # there are three kinds of node
        return self._scalar(node, place)

    def _mapping(self, node: MappingNode, place: Place) -> dict[str, Tree]:
        found: dict[str, Tree] = {}
        merged: dict[str, Tree] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.tag == _TAG + "merge":
                merged = {**self._merged(value, (*place, "<<"), line), **merged}
            elif not isinstance(key, ScalarNode) or not key.value or not _is_unicode(key.value):
                self._report.lines[(*place, "?")] = line
                self._report.say((*place, "?"), f"{dotted(place) or 'the file'} has a key that is not a plain word")
            else:
                self._entry(found, (*place, key.value), value, line)
        return {**merged, **found}

    def _entry(self, found: dict[str, Tree], place: Place, value: Node, line: int) -> None:
        key = str(place[-1])
        if key in found:
            first = self._report.lines[place]
            self._report.lines[(*place, "twice")] = line
            self._report.say((*place, "twice"), f"{dotted(place)} is given twice; it stands at line {first} already")
            return
        self._report.lines[place] = line
        found[key] = self.tree(value, place)

    def _merged(self, node: Node, place: Place, line: int) -> dict[str, Tree]:
        """YAML 1.1's merge key: a mapping, or a list of them of which the earlier wins."""
        parts = node.value if isinstance(node, SequenceNode) else [node]
        merged: dict[str, Tree] = {}
        for part in parts:
            tree = self.tree(part, place) if isinstance(part, MappingNode) else None
            if not isinstance(tree, dict):
                self._report.lines[place] = line
                self._report.say(place, f"{dotted(place)} merges what is not a mapping")
                continue
            merged = {**tree, **merged}
        for key in merged:
            self._report.lines.setdefault((*place[:-1], key), line)
        return merged

    def _scalar(self, node: ScalarNode, place: Place) -> Tree:
        if not _is_unicode(node.value):
            self._report.say(place, f"{dotted(place)} holds half a character (an escaped surrogate)")
            return ""
        plain = node.style is None
        if "${" not in node.value:
            return None if plain and node.value in _NULLS else str(node.value)
        try:
            text = interpolate(node.value, self._environ)
        except ValueError as error:
            self._report.say(place, f"{dotted(place)} {error}")
            return ""
        self._report.written[place] = node.value
        return None if plain and text in _NULLS[1:] else text


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
