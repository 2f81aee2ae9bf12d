"""Which keys may stand at a place of the file, for "did you mean"."""

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from edge.settings.document import Tree
from edge.settings.models import Settings
from edge.settings.origins import ORIGINS
from edge.settings.report import Place
from edge.settings.section import Section


def keys_at(place: Place, tree: Tree) -> list[str]:
    """Names of the keys of the mapping at this place, in the order of the models."""
    kinds: list[Any] = [Settings]
    for step in place:
        tree = _child(tree, step)
        kinds = [kind for holder in kinds for kind in _below(holder, step)]
        named = ORIGINS.get(str(tree.get("type"))) if isinstance(tree, dict) else None
        if named in kinds:
            kinds = [named]
    found = [name for kind in kinds if _is_section(kind) for name in _names(kind)]
    return list(dict.fromkeys(found))


def _names(kind: type[Section]) -> Iterator[str]:
    yield from kind.model_fields
    for name in kind.secrets:
        yield f"{name}_file"


def _child(tree: Tree, step: str | int) -> Tree:
    if isinstance(tree, dict):
        return tree.get(str(step))
    return tree[step] if isinstance(tree, list) and isinstance(step, int) and step < len(tree) else None


def _below(kind: Any, step: str | int) -> Iterator[Any]:
    if _is_section(kind):
        field = kind.model_fields.get(step)
        if field:
            yield from _plain(field.annotation)
    elif get_origin(kind) is tuple:
        yield from _plain(get_args(kind)[0])
    elif get_origin(kind) is Mapping:
        yield from _plain(get_args(kind)[1])


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Section)


def _plain(annotation: Any) -> Iterator[Any]:
    """The types an annotation is made of, without Annotated and unions."""
    if get_origin(annotation) is Annotated:
        yield from _plain(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType):
        for part in get_args(annotation):
            yield from _plain(part)
    else:
        yield annotation
