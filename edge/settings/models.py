"""The whole configuration as frozen models. Sizes are bytes, durations seconds, places absolute paths."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator

from edge.settings.kinds import (
    Address,
    Duration,
    Ed25519,
    Flag,
    Moment,
    Name,
    Network,
    Path,
    Query,
    Secret,
    Size,
    SomeCount,
    SomeSize,
    SomeTime,
    WebAddress,
    unbase64,
)
from edge.settings.origins import AnyOrigin, FilesOrigin
from edge.settings.routes import Route
from edge.settings.section import Section
from edge.settings.units import Listen
from edge.settings.watermarks import Watermark
from edge.settings.written import auto_or, between, sentence, text


class Tls(Section):
    cert: Path
    key: Path


class Server(Section):
    listen: Address = text("127.0.0.1:8080")
    processes: Annotated[int, between(1, 256)] = 1
    tls: Tls | None = None
    trusted_proxies: tuple[Network, ...] = Field(default=("127.0.0.0/8",), validate_default=True)
    shutdown_grace: Duration = text("20s")
    max_connections: Annotated[int, between(1, 1_000_000)] = 10_000


def _said(token: SecretStr | None) -> SecretStr | None:
    return token if token and token.get_secret_value() else None


class Admin(Section):
    secrets: ClassVar[tuple[str, ...]] = ("token",)
    listen: Address | None = text("127.0.0.1:8081")
    token: Annotated[Secret | None, AfterValidator(_said)] = None  # an empty one is none


class Imaging(Section):
    workers: Annotated[Literal["auto"] | int, auto_or(1, 512)] = "auto"
    memory: SomeSize = text("1GiB")
    timeout: SomeTime = text("30s")
    queue_wait: Duration = text("5s")
    sandbox: Literal["auto", "required", "off"] = "auto"


class LimitSettings(Section):
    source_bytes: SomeSize = text("64MiB")
    source_pixels: SomeCount = text("100M")
    source_side: SomeCount = 30_000
    animation_frames: SomeCount = 500
    animation_pixels: SomeCount = text("200M")
    output_pixels: SomeCount = text("40M")
    url_bytes: SomeSize = text("8KiB")


class Disk(Section):
    path: Path = text("var/cache")
    size: SomeSize = text("10GiB")


class Shared(Section):
    redis: Secret | None = None
    store: str | None = None


class Cache(Section):
    memory: Size = text("256MiB")
    disk: Disk | None = Field(default={}, validate_default=True)  # read late, so that its path learns the base folder
    shared: Shared | None = None


class Key(Section):
    """Either `secret` (HMAC-SHA256) or `public` and `private` (Ed25519); `not_after` is Unix seconds."""

    secrets: ClassVar[tuple[str, ...]] = ("secret", "private")
    secret: Secret | None = None
    public: Annotated[str | None, Ed25519] = None
    private: Annotated[Secret | None, Ed25519] = None
    not_after: Moment | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Key":
        pair = self.public is not None or self.private is not None
        if pair and self.secret is not None:
            raise sentence("holds both a secret (HMAC) and an Ed25519 key; one of them is meant")
        if not pair and self.secret is None:
            raise sentence("needs secret (HMAC), or public or private (Ed25519)")
        return self

    @property
    def material(self) -> tuple[bytes | None, bytes | None, bytes | None]:
        """Secret, public and private as bytes."""
        secret = self.secret.get_secret_value().encode() if self.secret else None
        public = unbase64(self.public) if self.public else None
        return secret, public, unbase64(self.private.get_secret_value()) if self.private else None


class Signing(Section):
    keys: Mapping[Name, Key] = Field(default={})


class Preset(Section):
    """Queries applied under and over the request's own."""

    defaults: Query = ""
    overrides: Query = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, tree: object) -> object:
        return {"defaults": tree} if isinstance(tree, str) else tree


class Log(Section):
    format: Literal["json", "text", "apache"] = "json"
    level: Literal["debug", "info", "warning", "error"] = "info"
    server_timing: Flag = True


class Tracing(Section):
    otlp: WebAddress


class Settings(Section):
    server: Server = Field(default_factory=Server)
    admin: Admin = Field(default_factory=Admin)
    imaging: Imaging = Field(default_factory=Imaging)
    limits: LimitSettings = Field(default_factory=LimitSettings)
    cache: Cache = Field(default={}, validate_default=True)
    signing: Signing = Field(default_factory=Signing)
    origins: Mapping[Name, AnyOrigin] = Field(default={})
    presets: Mapping[Name, Preset] = Field(default={})
    watermarks: Mapping[Name, Watermark] = Field(default={})
    routes: tuple[Route, ...] = ()
    log: Log = Field(default_factory=Log)
    tracing: Tracing | None = None

    @classmethod
    def for_folder(cls, folder: str) -> "Settings":
        """That folder's pictures at /, and the defaults."""
        return cls(origins={"photos": FilesOrigin(root=folder)}, routes=(Route(prefix="/", origin="photos"),))

    def listening(self, public: Listen, admin: Listen | None) -> "Settings":
        """The same with other listeners; no admin listener when it is None."""
        server = self.server.model_copy(update={"listen": public})
        return self.model_copy(update={"server": server, "admin": self.admin.model_copy(update={"listen": admin})})
