"""A route's own query under and over the request's."""

import pytest

from edge.dialects.layers import merge
from edge.dialects.riapi import parse
from edge.plan.steps import Fit


@pytest.mark.parametrize(
    ("over", "query", "under", "merged"),
    [
        ("", "w=1&w=2", "", "w=1&w=2"),
        ("", "w=100", "w=200&mode=crop", "w=100&mode=crop"),
        ("", "w=100", "width=200", "w=100"),
        ("", "h=100", "width=200", "h=100&width=200"),
        ("format=webp", "format=png&w=1", "", "format=webp&w=1"),
        ("thumbnail=webp", "format=png", "", "thumbnail=webp"),
        ("", "w=&h=5", "w=200", "h=5&w=200"),
        ("", "W=100", "w=200", "W=100"),
        ("", "%77=100", "w=200", "%77=100"),
        ("", "w=100#", "h=5", "w=100&h=5"),
        ("a=1", "a=2", "a=3", "a=1"),
        ("", "", "w=200", "w=200"),
    ],
)
def test_the_highest_layer_that_says_a_thing_says_it(over: str, query: str, under: str, merged: str) -> None:
    assert merge(over, query, under) == merged


def test_a_default_width_gives_way_to_the_requests_own() -> None:
    fit = parse(merge("", "w=100", "width=640&h=50")).plan.find(Fit)
    assert fit is not None
    assert (fit.width, fit.height) == (100, 50)
