"""What a route's URLs may name, and what the route adds to them: configuration, in the words of a dialect."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from edge.plan.steps import Caption, Watermark

Compat = Literal["modern", "imageflow"]


@dataclass(frozen=True, slots=True)
class Preset:
    """Queries applied under and over the request's own."""

    defaults: str = ""
    overrides: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A named watermark: a picture at `path` laid over as `step` says, or a line of text."""

    name: str
    step: Watermark | Caption
    path: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """`presets` and `marks` by their names in lower case. `overrides` and `defaults` are the route's own queries.
    `compat`: the quirks of RIAPI §7 as recommended there, or exactly as upstream."""

    presets: Mapping[str, Preset] = field(default_factory=lambda: MappingProxyType({}))
    marks: Mapping[str, Mark] = field(default_factory=lambda: MappingProxyType({}))
    overrides: str = ""
    defaults: str = ""
    compat: Compat = "modern"


PLAIN = Book()
