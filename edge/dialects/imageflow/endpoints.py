"""The endpoints of the job API: names, older names, and what each is sent (JSON_JOBS §1)."""

import difflib
from dataclasses import dataclass
from typing import Final

from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.model import (
    Build,
    Empty,
    EstimateRequest,
    Execute,
    ImageInfoRequest,
    TellDecoder,
    ValidateQuery,
)
from edge.dialects.imageflow.places import printable
from edge.dialects.imageflow.tagged import Record

_LONGEST: Final = 80  # characters of a path that an error repeats


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`request` is the model of its JSON; `pictures`: inputs may come with it; `encodes`: the answer may be pictures;
    `static`: it knows no inputs and answers the same to everyone."""

    name: str
    request: type[Record]
    told: str
    aliases: tuple[str, ...] = ()
    pictures: bool = False
    encodes: bool = False
    static: bool = False


BUILD: Final = Endpoint(
    "v1/build", Build, "Runs a job: inputs, operations, outputs", ("v0.1/build",), pictures=True, encodes=True
)
EXECUTE: Final = Endpoint(
    "v1/execute", Execute, "Runs operations on the inputs sent along", ("v0.1/execute",), pictures=True, encodes=True
)
QUERYSTRING: Final = Endpoint(
    "v1/querystring",
    Empty,
    "Makes one picture of one, as the query string says",
    ("v0.1/ir4", "v1/ir4"),
    pictures=True,
    encodes=True,
)
IMAGE_INFO: Final = Endpoint(
    "v1/get_image_info", ImageInfoRequest, "Tells what an input is", ("v0.1/get_image_info",), pictures=True
)
SCALED_IMAGE_INFO: Final = Endpoint(
    "v1/get_scaled_image_info",
    ImageInfoRequest,
    "Tells what an input is once its decoder's hints are heeded",
    ("v0.1/get_scaled_image_info",),
    pictures=True,
)
TELL_DECODER: Final = Endpoint(
    "v1/tell_decoder", TellDecoder, "Gives a decoder its hints", ("v0.1/tell_decoder",), pictures=True
)
ESTIMATE: Final = Endpoint("v1/estimate", EstimateRequest, "Predicts what an input or a job will take", pictures=True)
VERSION_INFO: Final = Endpoint(
    "v1/get_version_info", Empty, "Tells which version answers", ("v0.1/get_version_info",), static=True
)
LIST_KEYS: Final = Endpoint("v1/schema/riapi/latest/list_keys", Empty, "Lists the keys of query strings", static=True)
GET_KEYS: Final = Endpoint("v1/schema/riapi/latest/get", Empty, "Lists the keys of query strings", static=True)
VALIDATE: Final = Endpoint(
    "v1/schema/riapi/latest/validate", ValidateQuery, "Tells what is wrong with a query string", static=True
)
OPENAPI: Final = Endpoint("v1/schema/openapi/latest/get", Empty, "Gives this description of the API", static=True)
SCHEMA_ENDPOINTS: Final = Endpoint("v1/schema/list-schema-endpoints", Empty, "Lists the schema endpoints", static=True)
JSON_SCHEMAS: Final = Endpoint(
    "v1/schema/json/latest/v1/all", Empty, "Gives the JSON Schemas of every endpoint", static=True
)
BREW_COFFEE: Final = Endpoint(
    "v1/brew_coffee", Empty, "Brews coffee, if this is no teapot", ("brew_coffee",), static=True
)

ENDPOINTS: Final = (
    BUILD,
    EXECUTE,
    QUERYSTRING,
    IMAGE_INFO,
    SCALED_IMAGE_INFO,
    TELL_DECODER,
    ESTIMATE,
    VERSION_INFO,
    LIST_KEYS,
    GET_KEYS,
    VALIDATE,
    OPENAPI,
    SCHEMA_ENDPOINTS,
    JSON_SCHEMAS,
    BREW_COFFEE,
)
_BY_NAME: Final = {name: endpoint for endpoint in ENDPOINTS for name in (endpoint.name, *endpoint.aliases)}


def find(path: str) -> Endpoint:
    """The endpoint of a name or an older name, with or without a slash around it. Raises JobError
    (InvalidMessageEndpoint) that lists near names."""
    name = path.strip("/")
    endpoint = _BY_NAME.get(name)
    if endpoint is not None:
        return endpoint
    shown = printable(name[:_LONGEST])
    near = difflib.get_close_matches(shown, _BY_NAME, n=3) or ["v1/build", "v1/querystring", "v1/get_image_info"]
    raise JobError("InvalidMessageEndpoint", f"Expected an endpoint such as {', '.join(near)} but received {shown!r}")
