"""Fields of one connection."""

import pytest

from edge.exchange import Fields
from edge.freshness.hops import HOP_BY_HOP, end_to_end
from tests.edge.freshness.answers import fields


@pytest.mark.parametrize("name", sorted(HOP_BY_HOP))
def test_1_6_each_hop_by_hop_field_goes(name: str) -> None:
    assert end_to_end(Fields([(name.title(), "x"), ("x-other", "y")])) == Fields([("x-other", "y")])


def test_1_6_everything_else_stays_in_its_order() -> None:
    kept = fields(set_cookie="a=1", content_range="bytes 0-1/2", content_md5="x", x_unknown="1", clear_site_data='"*"')
    assert end_to_end(kept) == kept


def test_1_6_what_connection_names_goes_too() -> None:
    lines = Fields([("connection", "A,,b"), ("Connection", " c "), ("a", "1"), ("B", "2"), ("c", "3"), ("d", "4")])
    assert end_to_end(lines) == Fields([("d", "4")])


def test_1_6_connection_cannot_take_away_what_forbids_storing() -> None:
    kept = end_to_end(fields(connection="cache-control, vary", cache_control="private", vary="*"))
    assert (kept.get("cache-control"), kept.get("vary")) == ("private", "*")
