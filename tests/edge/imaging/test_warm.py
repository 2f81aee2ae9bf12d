"""What is there before the first visitor."""

from edge.imaging import mixing, moments, warm


def test_the_tables_of_shrinking_are_built() -> None:
    for table in (moments._table, mixing.outward):
        table.cache_clear()
    warm()
    assert moments._table.cache_info().currsize == mixing.outward.cache_info().currsize == 1
