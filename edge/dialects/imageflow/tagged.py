"""Unions as serde writes them: a variant without fields is a bare string, one with fields an object of one key.

A `Variant` is read from `{"tag": {…}}`, a `Plain` from `{"tag": value}`, a `Unit` from `"tag"` or `{"tag": null}`.
`Annotated[A | B, ONE_OF]` joins them. Unknown fields are ignored, unknown tags and wrong types are not.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Record(BaseModel):
    """An object of known fields."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, hide_input_in_errors=True)


class Variant(Record):
    """One case of a union, an object. `tag` is its name there."""

    tag: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _unwrap(cls, value: Any) -> Any:
        if isinstance(value, cls) or (isinstance(value, Mapping) and cls.tag not in value):  # made by its own fields
            return value
        return cls._content(value[cls.tag] if isinstance(value, Mapping) else _NOTHING)

    @classmethod
    def _content(cls, content: Any) -> Any:
        if not isinstance(content, Mapping):
            raise PydanticCustomError("variant", "expected an object for {tag}", {"tag": cls.tag})
        return content

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        inner = handler.resolve_ref_schema(handler(schema))
        return {"type": "object", "properties": {cls.tag: cls._told(dict(inner))}, "required": [cls.tag]}

    @classmethod
    def _told(cls, inner: JsonSchemaValue) -> JsonSchemaValue:
        return inner


class Plain(Variant):
    """One case that holds a single value, in the field `value`."""

    @classmethod
    def _content(cls, content: Any) -> Any:
        if content is _NOTHING:
            raise PydanticCustomError("variant", "expected a value for {tag}", {"tag": cls.tag})
        return {"value": content}

    @classmethod
    def _told(cls, inner: JsonSchemaValue) -> JsonSchemaValue:
        told: JsonSchemaValue = inner["properties"]["value"]
        return told


class Unit(Variant):
    """One case that holds nothing."""

    @classmethod
    def _content(cls, content: Any) -> Any:
        if content is not _NOTHING and content is not None and content != {}:  # documents write {} too
            raise PydanticCustomError("variant", "expected null for {tag}", {"tag": cls.tag})
        return {}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"enum": [cls.tag]}


class _Nothing:
    """A bare string holds no content."""


_NOTHING = _Nothing()


def tag_of(value: Any) -> str | None:
    """The tag of what may be a variant, None when nothing tells."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return next(iter(value)) if len(value) == 1 else None
    return getattr(type(value), "tag", None)


class _OneOf:
    """The annotation that reads a union of variants by their tags."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {variant.tag: handler.generate_schema(variant) for variant in get_args(source)}
        return core_schema.tagged_union_schema(choices, discriminator=tag_of)


ONE_OF: Final = _OneOf()
