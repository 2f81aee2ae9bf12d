"""Colours as jobs write them."""

from typing import Annotated, ClassVar

from edge.dialects.imageflow.tagged import ONE_OF, Plain, Record, Unit


class Hex(Record):
    """RRGGBB or RRGGBBAA, also RGB, RGBA and with #."""

    hex: str


class Srgb(Plain):
    tag: ClassVar[str] = "srgb"
    value: Hex


class Transparent(Unit):
    tag: ClassVar[str] = "transparent"


class Black(Unit):
    tag: ClassVar[str] = "black"


Colour = Annotated[Transparent | Black | Srgb, ONE_OF]
