"""origins: where originals come from."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from edge.settings.kinds import (
    Flag,
    HeaderName,
    HeaderValue,
    Name,
    OffIsNone,
    Path,
    Secret,
    SomeTime,
    WebAddress,
)
from edge.settings.section import Section
from edge.settings.written import between, text


class FilesOrigin(Section):
    """A folder. A relative root is seen from the configuration's folder."""

    type: Literal["files"] = "files"
    root: Path


class Timeouts(Section):
    connect: SomeTime = text("3s")
    read: SomeTime = text("10s")
    total: SomeTime = text("20s")


class Breaker(Section):
    """After so many failures in a row the origin is left alone for a while."""

    failures: Annotated[int, between(1, 1000)] = 5
    hold: SomeTime = text("5s")


class HttpOrigin(Section):
    """A web server. `cache_groups`: may its Cache-Groups (RFC 9875) name what is purged together?"""

    type: Literal["http"] = "http"
    url: WebAddress
    headers: Mapping[HeaderName, HeaderValue] = Field(default={}, repr=False)  # often credentials
    timeout: Timeouts = Field(default_factory=Timeouts)
    retries: Annotated[int, between(0, 10)] = 2
    allow_private: Flag = False
    max_connections: Annotated[int, between(1, 10_000)] = 100
    breaker: Annotated[Breaker | None, OffIsNone] = Field(default_factory=Breaker)
    redirects: Annotated[int, between(0, 20)] = 3
    cache_groups: Flag = False


class S3Origin(Section):
    """A bucket that speaks S3."""

    secrets: ClassVar[tuple[str, ...]] = ("access_key", "secret_key")
    type: Literal["s3"] = "s3"
    bucket: str
    prefix: str = ""
    region: str = "us-east-1"
    endpoint: WebAddress | None = None
    access_key: Secret | None = None
    secret_key: Secret | None = None
    anonymous: Flag = False
    path_style: Literal["auto", "true", "false"] = "auto"
    denied: Annotated[int, between(400, 599)] = 404


class AzureOrigin(Section):
    """A container of Azure Blob Storage. A custom endpoint includes the account."""

    secrets: ClassVar[tuple[str, ...]] = ("key",)
    type: Literal["azure"] = "azure"
    account: str
    container: str
    prefix: str = ""
    key: Secret | None = None
    endpoint: WebAddress | None = None


class GcsOrigin(Section):
    """A bucket of Google Cloud Storage."""

    secrets: ClassVar[tuple[str, ...]] = ("key",)
    type: Literal["gcs"] = "gcs"
    bucket: str
    prefix: str = ""
    key: Secret | None = None
    endpoint: WebAddress | None = None


class RemoteOrigin(Section):
    """Signed remote URLs. `keys` are names of signing.keys; `allow` binds signed URLs too."""

    type: Literal["remote"] = "remote"
    keys: tuple[Name, ...] = ()
    allow: tuple[str, ...] = ()
    allow_private: Flag = False
    ports: tuple[Annotated[int, between(1, 65535)], ...] = (80, 443)
    timeout: Timeouts = Field(default_factory=Timeouts)
    retries: Annotated[int, between(0, 10)] = 2
    redirects: Annotated[int, between(0, 20)] = 3


Origin = FilesOrigin | HttpOrigin | S3Origin | AzureOrigin | GcsOrigin | RemoteOrigin
ORIGINS: dict[str, type[Section]] = {
    "files": FilesOrigin,
    "http": HttpOrigin,
    "s3": S3Origin,
    "azure": AzureOrigin,
    "gcs": GcsOrigin,
    "remote": RemoteOrigin,
}
AnyOrigin = Annotated[Origin, Field(discriminator="type")]
