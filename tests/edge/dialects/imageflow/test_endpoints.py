"""Endpoints by name."""

import pytest

from edge.dialects.imageflow import endpoints
from edge.dialects.imageflow.endpoints import ENDPOINTS, Endpoint, find
from edge.dialects.imageflow.errors import JobError


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_every_name_finds_its_endpoint(endpoint: Endpoint) -> None:
    for name in (endpoint.name, *endpoint.aliases):
        assert find(name) is find(f"/{name}") is find(f"{name}/") is endpoint


@pytest.mark.parametrize(
    ("older", "endpoint"),
    [
        ("v0.1/build", endpoints.BUILD),
        ("v0.1/execute", endpoints.EXECUTE),
        ("v0.1/get_image_info", endpoints.IMAGE_INFO),
        ("v0.1/get_scaled_image_info", endpoints.SCALED_IMAGE_INFO),
        ("v0.1/tell_decoder", endpoints.TELL_DECODER),
        ("v0.1/get_version_info", endpoints.VERSION_INFO),
        ("v0.1/ir4", endpoints.QUERYSTRING),
        ("v1/ir4", endpoints.QUERYSTRING),
        ("brew_coffee", endpoints.BREW_COFFEE),
    ],
)
def test_older_names(older: str, endpoint: Endpoint) -> None:
    assert find(older) is endpoint


def test_names_are_of_one_endpoint_each() -> None:
    names = [name for each in ENDPOINTS for name in (each.name, *each.aliases)]
    assert len(names) == len(set(names)) == 15 + 9


def test_what_is_static_takes_no_pictures() -> None:
    assert not any(each.static and (each.pictures or each.encodes) for each in ENDPOINTS)
    assert {each.name for each in ENDPOINTS if each.encodes} == {"v1/build", "v1/execute", "v1/querystring"}


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("v1/biuld", "v1/build"),
        ("v1/get_images_info", "v1/get_image_info"),
        ("", "v1/build"),
        ("\x1b[31m\n", "v1/querystring"),
        ("x" * 100_000, "v1/build"),
        ("V1/BUILD", "v1/"),
    ],
)
def test_an_unknown_name_lists_near_ones(path: str, near: str) -> None:
    with pytest.raises(JobError, match=near) as refused:
        find(path)
    assert refused.value.kind == "InvalidMessageEndpoint"
    assert refused.value.status == 400
    assert len(refused.value.sentence) < 300
    assert refused.value.sentence.isprintable()
