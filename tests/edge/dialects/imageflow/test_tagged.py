"""Unions by their tags: bare names, objects of one key."""

from typing import Annotated, Any, ClassVar

import pytest
from pydantic import TypeAdapter, ValidationError

from edge.dialects.imageflow.colours import Black, Colour, Hex, Srgb, Transparent
from edge.dialects.imageflow.nodes import Crop, FlipH, Node
from edge.dialects.imageflow.tagged import ONE_OF, Plain, Unit, Variant, tag_of


class Lamp(Unit):
    tag: ClassVar[str] = "lamp"


class Rope(Plain):
    tag: ClassVar[str] = "rope"
    value: float


class Box(Variant):
    tag: ClassVar[str] = "box"
    side: int
    lid: bool | None = None


Thing = Annotated[Lamp | Rope | Box, ONE_OF]
THING: TypeAdapter[Any] = TypeAdapter(Thing)
LAMP = Lamp.model_validate("lamp")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("lamp", {}),
        ({"lamp": None}, {}),
        ({"lamp": {}}, {}),
        ({"rope": 2}, {"value": 2.0}),
        ({"box": {"side": 1}}, {"side": 1, "lid": None}),
        ({"box": {"side": 1, "lid": None, "unheard-of": [1]}}, {"side": 1, "lid": None}),
        ({"box": {"side": 1, "lid": True}}, {"side": 1, "lid": True}),
        (LAMP, {}),
    ],
)
def test_variants_are_read(written: Any, read: Any) -> None:
    thing = THING.validate_python(written)
    assert thing.model_dump() == read
    assert THING.validate_python(thing) is thing


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("lantern", "union_tag_invalid"),
        ({"lantern": None}, "union_tag_invalid"),
        ({"lamp": None, "box": {}}, "union_tag_not_found"),
        ({}, "union_tag_not_found"),
        (3, "union_tag_not_found"),
        (None, "union_tag_not_found"),
        (["lamp"], "union_tag_not_found"),
        ({"lamp": 1}, "variant"),
        ("rope", "variant"),
        ("box", "variant"),
        ({"box": None}, "variant"),
        ({"rope": "2"}, "float_type"),
        ({"rope": None}, "float_type"),
        ({"rope": True}, "float_type"),
        ({"box": {}}, "missing"),
        ({"box": {"side": 1.0}}, "int_type"),
    ],
)
def test_other_things_are_refused(written: Any, kind: str) -> None:
    with pytest.raises(ValidationError) as refused:
        THING.validate_python(written)
    assert [each["type"] for each in refused.value.errors()] == [kind]


def test_a_tag_is_told_of_values_of_all_kinds() -> None:
    assert tag_of("lamp") == "lamp"
    assert tag_of({"lamp": 1}) == "lamp"
    assert tag_of({"lamp": 1, "box": 2}) is None
    assert tag_of(LAMP) == "lamp"
    assert tag_of(3) is None


def test_schemas_tell_how_variants_are_written() -> None:
    schema = THING.json_schema()
    assert schema["$defs"]["Lamp"] == {"enum": ["lamp"]}
    assert schema["$defs"]["Rope"]["properties"]["rope"]["type"] == "number"
    assert schema["$defs"]["Box"]["required"] == ["box"]
    assert schema["$defs"]["Box"]["properties"]["box"]["required"] == ["side"]


def test_unions_within_unions() -> None:
    node: TypeAdapter[Any] = TypeAdapter(Node)
    colour: TypeAdapter[Any] = TypeAdapter(Colour)
    assert node.validate_python("flip_h") == FlipH.model_validate("flip_h")
    crop = node.validate_python({"crop": {"x1": 1, "y1": 2, "x2": 3, "y2": 4}})
    assert isinstance(crop, Crop)
    assert (crop.x1, crop.y2) == (1, 4)
    assert colour.validate_python("transparent") == Transparent.model_validate("transparent")
    assert colour.validate_python({"black": None}) == Black.model_validate("black")
    assert colour.validate_python({"srgb": {"hex": "fff"}}).value == Hex(hex="fff")
    assert isinstance(colour.validate_python({"srgb": {"hex": "fff"}}), Srgb)
