"""What is there before the first visitor."""

from edge.imaging import mixing, moments, warm


def test_the_tables_of_shrinking_are_built() -> None:
    tables = (moments._table, moments._table_behind, mixing.outward)
    for table in tables:
        table.cache_clear()
    warm()
    assert [table.cache_info().currsize for table in tables] == [1, 1, 1]
