"""A configuration's text → Settings, or every sentence there is to say about it at once.

The text becomes a tree with lines (document), the tree becomes models (pydantic), and what no model can know is
checked across them (checks, later). Each step adds to one report; only a file that is no YAML mapping ends early.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from edge.settings.checks import admin_problem, cross_check, mapping_at
from edge.settings.document import Tree, read_document
from edge.settings.known import keys_at
from edge.settings.later import refuse_later
from edge.settings.models import Admin, Key, Settings
from edge.settings.origins import ORIGINS
from edge.settings.report import Place, Report, dotted, listed, nearest
from edge.settings.section import Section, Surroundings

M = TypeVar("M", bound=Section)


def load(
    text: str | bytes,
    name: str = "edge.yaml",
    environ: Mapping[str, str] | None = None,
    around: Surroundings | None = None,
) -> Settings:
    """Settings of this YAML. Raises BadSettings with one sentence per fault, each naming file, line and key."""
    around = around or Surroundings()
    report = Report(name)
    tree = read_document(text, report, environ or {})
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(tree, context=around)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            _say(fault, tree, report)
    _across(tree, around, report)
    report.check()
    assert settings is not None  # what kept it from being made has been said
    return settings


def _across(tree: dict[str, Tree], around: Surroundings, report: Report) -> None:
    refuse_later(tree, report)
    written = mapping_at(tree, "signing", "keys").items()
    keys = {name: key for name, part in written if (key := _sound(Key, part, around))}
    cross_check(tree, keys, around, report)
    admin = _sound(Admin, tree.get("admin"), around)
    problem = admin_problem(admin) if admin else None
    if problem and not report.spoke(("admin", "listen")):
        report.say(("admin", "token"), f"admin.token {problem}")


def _sound(model: type[M], part: Tree, around: Surroundings) -> M | None:
    """This part alone as a model, or None while it has faults of its own."""
    try:
        return model.model_validate(part, context=around)
    except ValidationError:
        return None


def _say(fault: ErrorDetails, tree: Tree, report: Report) -> None:
    place = _place(fault["loc"], report)
    if fault["type"].startswith("union_tag"):
        place = (*place, "type")
    if fault["loc"][-1] == "[key]":
        report.say(place, f"{dotted(place)} has to be {fault['ctx']['error']}")
        return
    speak = _SENTENCES.get(fault["type"], _other)
    report.say(place, speak(place, fault, _Seen(tree, report)))


def _place(loc: Place, report: Report) -> Place:
    """pydantic's place as the file has it: without the union's tag, and without places of its own making."""
    if loc[0] == "origins" and len(loc) > 2:
        loc = (*loc[:2], *loc[3:])
    while loc and (loc[-1] == "[key]" or (isinstance(loc[-1], int) and loc not in report.lines)):
        loc = loc[:-1]
    return loc


class _Seen:
    """What stands at a place, as far as it may be shown."""

    _HIDDEN = re.compile(r"secret|private|(access_|secret_)?key|token|authorization|headers|redis|api_keys|url|otlp")

    def __init__(self, tree: Tree, report: Report) -> None:
        self.tree = tree
        self._report = report

    def value(self, place: Place) -> str:
        """Its text in quotes, or its kind when that says enough, or when it may be secret."""
        found = self.tree
        for step in place:
            found = found.get(step) if isinstance(found, dict) and isinstance(step, str) else _item(found, step)
        if not isinstance(found, str):
            return "null" if found is None else "a mapping" if isinstance(found, dict) else "a list"
        if place in self._report.written:
            return f"the value of {self._report.written[place][:80]!r}"
        if place[:2] == ("signing", "keys") or any(self._HIDDEN.fullmatch(str(step)) for step in place):
            return "something else"
        return repr(found if len(found) <= 80 else found[:79] + "…")


def _item(tree: Tree, step: str | int) -> Tree:
    return tree[step] if isinstance(tree, list) and isinstance(step, int) and step < len(tree) else None


# Sentences by pydantic's type of error -------------------------------------------------------------------------------


def _expected(place: Place, fault: ErrorDetails, seen: _Seen) -> str:
    return f"Expected {fault['ctx']['error']} for {dotted(place)} but received {seen.value(place)}"


def _shape(what: str) -> "Speak":
    def speak(place: Place, fault: ErrorDetails, seen: _Seen) -> str:
        received = seen.value(place)
        kind = received if received in ("null", "a mapping", "a list") else "text"
        return f"Expected {what} for {dotted(place)} but received {kind}"

    return speak


def _one_of(place: Place, fault: ErrorDetails, seen: _Seen) -> str:
    words = re.findall(r"'([^']*)'", fault["ctx"]["expected"])
    received = seen.value(place)
    near = nearest(received.strip("'"), words)
    return f"Expected {listed(words)} for {dotted(place)} but received {received}{near}"


def _type(place: Place, fault: ErrorDetails, seen: _Seen) -> str:
    received = seen.value(place)
    near = nearest(received.strip("'"), ORIGINS)
    return f"Expected {listed(ORIGINS)} for {dotted(place)} but received {received}{near}"


def _unknown(place: Place, fault: ErrorDetails, seen: _Seen) -> str:
    known = keys_at(place[:-1], seen.tree)
    near = nearest(str(place[-1]), known)
    if not near and 1 < len(known) <= 8:
        near = f"; there are {' and '.join((', '.join(known[:-1]), known[-1]))}"
    return f"{dotted(place)} is not a key{near}"


def _missing(place: Place, fault: ErrorDetails, seen: _Seen) -> str:
    return f"{dotted(place)} is missing"


def _typeless(place: Place, fault: ErrorDetails, seen: _Seen) -> str:
    return f"{dotted(place)} is missing; it is {listed(ORIGINS)}"


def _sentence(place: Place, fault: ErrorDetails, seen: _Seen) -> str:
    return f"{dotted(place)} {fault['ctx']['words']}"


def _other(place: Place, fault: ErrorDetails, seen: _Seen) -> str:
    return f"{dotted(place)} is not valid: {fault['msg']}"


Speak = Callable[[Place, ErrorDetails, _Seen], str]
_SENTENCES: dict[str, Speak] = {
    "value_error": _expected,
    "literal_error": _one_of,
    "union_tag_invalid": _type,
    "union_tag_not_found": _typeless,
    "extra_forbidden": _unknown,
    "missing": _missing,
    "sentence": _sentence,
    "string_type": _shape("text"),
    **dict.fromkeys(("model_type", "model_attributes_type", "mapping_type", "dict_type"), _shape("a mapping")),
    **dict.fromkeys(("tuple_type", "list_type"), _shape("a list")),
}
