"""What a purge means."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.originals.selection import Selection, heard

SELECTIONS = st.builds(
    Selection, st.sampled_from(["name", "prefix", "tag", "all"]), st.text(max_size=9), st.text(max_size=3)
)


@given(SELECTIONS)
def test_a_selection_survives_being_told(selection: Selection) -> None:
    assert heard(selection.told()) == selection


@pytest.mark.parametrize("told", [{"kind": "x", "value": "", "within": ""}, {"kind": "tag", "value": 1, "within": ""}])
def test_what_is_no_selection_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="selection"):
        heard(told)


@pytest.mark.parametrize(
    ("selection", "covered"),
    [
        (Selection("name", "o\0a"), {"o\0a"}),
        (Selection("prefix", "o\0a"), {"o\0a", "o\0ab"}),
        (Selection("tag", "t"), {"o\0a", "p\0a"}),
        (Selection("tag", "t", "o\0"), {"o\0a"}),
        (Selection("tag", "other"), set()),
        (Selection("all"), {"o\0a", "o\0ab", "p\0a"}),
    ],
)
def test_each_kind_covers_what_it_says(selection: Selection, covered: set[str]) -> None:
    tagged = {"o\0a": ("t",), "o\0ab": (), "p\0a": ("s", "t")}
    assert {name for name, tags in tagged.items() if selection.covers(name, tags)} == covered


@dataclass
class Tagged:
    tags: tuple[str, ...]


TAGS = st.lists(st.text(max_size=2), max_size=3).map(tuple)


@given(SELECTIONS, st.dictionaries(st.text(max_size=3), st.lists(TAGS.map(Tagged), min_size=1, max_size=3)))
def test_among_many_it_means_those_of_which_it_covers_a_variant(
    selection: Selection, held: dict[str, list[Tagged]]
) -> None:
    covered = [name for name, variants in held.items() if any(selection.covers(name, one.tags) for one in variants)]
    assert sorted(selection.among(held)) == sorted(covered)


def test_tags_that_nobody_knows_may_be_any() -> None:
    assert Selection("tag", "t").covers("o\0a", None)
    assert not Selection("tag", "t", "p\0").covers("o\0a", None)
