"""routes: which path is served from where, in which dialect, to whom, and how."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from edge.settings.kinds import (
    Duration,
    Flag,
    HeaderName,
    HostName,
    Name,
    OffIsNone,
    OneOrMany,
    Prefix,
    Query,
    Ratio,
    Secret,
    Secrets,
)
from edge.settings.section import Section
from edge.settings.written import between, number, sentence, text, words

Percent = Annotated[int, between(0, 100)]
Side = Annotated[int, between(1, 65535)]
Still = Literal["avif", "webp", "jxl", "jpeg", "png", "gif"]
Animated = Literal["webp", "gif"]


def _rising(steps: tuple[Any, ...]) -> tuple[Any, ...]:
    if not steps or any(low >= high for low, high in pairwise(steps)):
        raise ValueError("a list that rises from step to step")
    return steps


def _once(names: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(names)) != len(names):
        raise ValueError("a list that names each only once")
    return names


def _not_empty(hosts: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if hosts is not None and not hosts:
        raise ValueError("a host name, a list of them or null")
    return hosts


def _parameter(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", value):
        raise ValueError("the name of a parameter, in letters, digits, dots, dashes and underscores")
    return value


Rising = AfterValidator(_rising)
Once = AfterValidator(_once)


class Rewrite(Section):
    strip: str = ""
    add: str = ""
    lowercase: Flag = False
    extensions: Mapping[str, str] = Field(default={})


class Signature(Section):
    mode: Literal["off", "optional", "required", "processed"] = "off"
    scheme: Literal["edge", "imageflow", "imaginary"] = "edge"
    keys: Annotated[tuple[Name, ...], Once] = ("main",)
    strict: Flag = True

    @model_validator(mode="after")
    def _some_key(self) -> "Signature":
        if self.mode != "off" and not self.keys:
            raise sentence("needs at least one name in keys")
        return self


class ApiKeys(Section):
    secrets: ClassVar[tuple[str, ...]] = ("keys",)
    header: HeaderName = "API-Key"
    query: Annotated[str, words("the name of a parameter", _parameter)] = "key"
    keys: Secrets

    @model_validator(mode="after")
    def _some_key(self) -> "ApiKeys":
        if not self.keys or not all(key.get_secret_value() for key in self.keys):
            raise sentence("needs at least one key, and none of them empty")
        return self


class Quality(Section):
    """png 100 = true colour, less = palette; auto = what `quality=auto` aims at, in points of SSIMULACRA 2."""

    jpeg: Percent = 80
    webp: Percent = 78
    avif: Percent = 55
    png: Percent = 100
    jxl: Percent = 75
    auto: Percent = 75


class SaveData(Section):
    """What applies while the client sends Save-Data: on."""

    quality: Percent = 45
    max_dpr: Ratio = 1.0


class Hints(Section):
    """Client Hints; lengths of the ladder are output pixels, fallbacks CSS pixels."""

    auto_width: Flag = True
    legacy: Flag = False
    max_width: Side = 3840
    ladder: Annotated[tuple[Side, ...], Rising] = (160, 240, 320, 480, 640, 800, 960, 1280, 1600, 1920, 2560, 3840)
    max_dpr: Ratio = 3.0
    dpr_steps: Annotated[tuple[Ratio, ...], Rising] = (1.0, 1.5, 2.0, 3.0)
    default_dpr: Ratio = 1.0
    viewport_fraction: Annotated[float, number(0.01, 10)] = 1.0
    sizes: str | None = None
    fallback_width: Side | None = None
    mobile_fallback_width: Side | None = None
    save_data: SaveData = Field(default_factory=SaveData)

    @model_validator(mode="after")
    def _one_measure(self) -> "Hints":
        if self.sizes is not None and "viewport_fraction" in self.model_fields_set:
            raise sentence("holds both sizes and viewport_fraction, which say the same thing two ways")
        return self


class Freshness(Section):
    """The operator's window: `default` where an origin is silent, never less than `min` nor more than `max`."""

    default: Duration = text("1h")
    min: Duration = text("0s")
    max: Duration = text("365d")
    negative: Duration = text("10s")
    stale_while_revalidate: Duration = text("60s")
    stale_if_error: Duration = text("1d")

    @model_validator(mode="after")
    def _window(self) -> "Freshness":
        if self.min > self.max:
            raise sentence("has a min above its max")
        return self


class Cors(Section):
    origins: tuple[str, ...]


class OnError(Section):
    image: str
    status: Literal["keep", "200"] = "keep"


class Throttle(Section):
    rate: Annotated[float, number(0, 1_000_000)] | None = None
    burst: Annotated[int, between(1, 1_000_000)] = 100


class Imaginary(Section):
    """Only with dialect: imaginary; each means what imaginary's flag of the same name means."""

    secrets: ClassVar[tuple[str, ...]] = ("authorization",)
    url_source: Flag = False
    allowed_origins: tuple[str, ...] = ()
    allow_private: Flag = False
    forward_headers: tuple[HeaderName, ...] = ()
    auth_forwarding: Flag = False
    authorization: Secret | None = None
    throttle: Throttle = Field(default_factory=Throttle)
    disable_endpoints: tuple[str, ...] = ()
    return_size: Flag = False
    placeholder: str | None = None


class Route(Section):
    """A path prefix → an origin, and how what lies there is served. What shapes pictures is not for dialect: raw, and a
    route of jobs has no origin."""

    prefix: Prefix
    host: Annotated[tuple[HostName, ...] | None, OneOrMany, AfterValidator(_not_empty)] = None
    origin: Name | None = None
    origins: tuple[Name, ...] | None = None
    rewrite: Rewrite | None = None
    dialect: Literal["riapi", "raw", "imaginary", "jobs"] = "riapi"
    compat: Literal["modern", "imageflow"] = "modern"
    other: Literal["refuse", "pass"] = "refuse"
    queryless: Literal["negotiate", "original"] = "negotiate"
    signature: Signature = Field(default_factory=Signature)
    api_keys: ApiKeys | None = None
    presets_only: Flag = False
    defaults: Query = ""
    overrides: Query = ""
    formats: Annotated[tuple[Still, ...], Once] = ("avif", "webp")
    animated_formats: Annotated[tuple[Animated, ...], Once] = ("webp",)
    auto_format: Flag = True
    quality: Quality = Field(default_factory=Quality)
    light: Literal["linear", "srgb"] = "linear"
    metadata: Literal["none", "copyright"] = "none"
    gamut: Literal["srgb", "p3"] = "srgb"
    hints: Annotated[Hints | None, OffIsNone] = Field(default_factory=Hints)
    ignore_no_transform: Flag = False
    freshness: Freshness = Field(default_factory=Freshness)
    downstream: Literal["vary", "private", "redirect"] = "vary"
    client_cache_control: Literal["ignore", "revalidate", "honour"] = "ignore"
    set_cookie: Literal["strip", "store", "bypass"] = "strip"
    cors: Cors | None = None
    on_error: OnError | None = None
    imaginary: Imaginary | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "Route":
        if self.origin is not None and self.origins is not None:
            raise sentence("holds both origin and origins; one of them is meant")
        if not self.origin_names and self.dialect in ("riapi", "raw"):
            raise sentence("names no origin")
        return self

    @property
    def origin_names(self) -> tuple[str, ...]:
        """The origins to try, in order."""
        return (self.origin,) if self.origin is not None else self.origins or ()
