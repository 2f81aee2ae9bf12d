"""Client Hints as they come, specs CLIENT_HINTS §4 and §6.1."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.exchange import Fields
from edge.negotiate.hints import NO_HINTS, Hints, read_hints


def read(legacy: bool = False, /, **lines: str) -> Hints:
    return read_hints(Fields((name.replace("_", "-"), value) for name, value in lines.items()), legacy)


def test_the_prefixed_hints_are_read() -> None:
    hints = read(Sec_CH_DPR="2.625", Sec_CH_Width="1080", Sec_CH_Viewport_Width="412", Sec_CH_UA_Mobile="?1")
    assert hints == Hints(Fraction(2625, 1000), Fraction(1080), Fraction(412), mobile=True)


def test_without_fields_there_are_no_hints() -> None:
    assert read_hints(Fields()) == NO_HINTS


@pytest.mark.parametrize(
    "value",
    [
        "",
        "abc",
        "nan",
        "inf",
        "1e3",
        "0x10",
        "1_0",
        "٣",
        "+1",
        "-1",
        "1.",
        ".5",
        "1.2345",
        "1 0",
        "2;a=1",
        '"2"',
        "½",
        "1234567890123456",
        "1234567890123.456",
    ],
)
def test_what_is_not_plainly_a_number_is_absent(value: str) -> None:
    assert read(Sec_CH_DPR=value, Sec_CH_Width=value, Sec_CH_Viewport_Width=value) == NO_HINTS


@pytest.mark.parametrize(
    ("value", "read_as"), [("0", None), ("0.000", None), ("20", 20), ("20.001", None), ("0.5", 0.5)]
)
def test_a_density_is_above_zero_and_at_most_twenty(value: str, read_as: float | None) -> None:
    assert read(Sec_CH_DPR=value).dpr == read_as


def test_a_width_may_be_zero_and_have_fifteen_digits() -> None:
    hints = read(Sec_CH_Width="0", Sec_CH_Viewport_Width="999999999999999")
    assert hints == Hints(width=Fraction(0), viewport_width=Fraction(999_999_999_999_999))


def test_of_repeated_values_the_last_counts() -> None:
    assert read_hints(Fields([("sec-ch-dpr", "1, 2"), ("Sec-CH-DPR", "3")])).dpr == 3
    assert read(Sec_CH_DPR="3, x").dpr is None


def test_the_old_names_count_only_where_the_route_says_so() -> None:
    old = {"DPR": "2", "Width": "640", "Viewport_Width": "320"}
    assert read(**old) == NO_HINTS
    assert read(True, **old) == Hints(Fraction(2), Fraction(640), Fraction(320))


def test_a_good_prefixed_hint_beats_the_old_name_and_a_bad_one_does_not() -> None:
    assert read(True, Sec_CH_DPR="1.5", DPR="2", Sec_CH_Width="0", Width="640").dpr == 1.5
    assert read(True, Sec_CH_Width="0", Width="640").width == 0
    assert read(True, Sec_CH_DPR="x", DPR="2").dpr == 2


@pytest.mark.parametrize("value", ["on", "ON", "on;x=1", " on , off", "On;a"])
def test_save_data_is_on_when_its_first_item_says_on(value: str) -> None:
    assert read(Save_Data=value).save_data


@pytest.mark.parametrize("value", ["", "off", "off, on", '"on"', "one", "1", "?1", "on on"])
def test_save_data_is_off_for_anything_else(value: str) -> None:
    assert not read(Save_Data=value).save_data


@pytest.mark.parametrize("value", ["?0", "1", "true", "", "?1;x"])
def test_only_a_true_boolean_is_mobile(value: str) -> None:
    assert not read(Sec_CH_UA_Mobile=value).mobile


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(["Sec-CH-DPR", "DPR", "Width", "Sec-CH-Width", "Save-Data"]), st.text())))
def test_no_header_raises(lines: list[tuple[str, str]]) -> None:
    hints = read_hints(Fields(lines), legacy=True)
    assert hints.dpr is None or 0 < hints.dpr <= 20
