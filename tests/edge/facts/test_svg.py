"""SVG: read as text, and only where nothing but the root's attributes can set its size."""

import pytest

from edge.facts.sniff import NeedMore, NotAPicture, Unsure, sniff, sniff_format
from edge.plan.facts import Facts
from tests.edge.facts.samples import svg


@pytest.mark.parametrize(("attributes", "size"), [
    ('width="10" height="20"', (10, 20)),
    ("width='10px' height='20px'", (10, 20)),
    ('id="a" width = " 10 "\n height="+20"', (10, 20)),
    ('width="10.4" height="20.5"', (10, 21)),
    ('width=".6" height="20.0"', (1, 20)),
    ('width="10" height="20" viewBox="0 0 999 999"', (10, 20)),
    ('viewBox="0 0 30 40"', (30, 40)),
    ('viewBox="-1.5,+.5 , 30.3\t40.7"', (30, 41)),
    ('width="1000000" height="1000000"', (1_000_000, 1_000_000)),
])  # fmt: skip
def test_plain_sizes_are_taken(attributes: str, size: tuple[int, int]) -> None:
    whole = svg(attributes)
    assert sniff(whole, len(whole)) == Facts("svg", *size, alpha=True, lossless=True)


@pytest.mark.parametrize(
    "attributes",
    [
        "",
        'width="1in" height="72pt"',
        'width="100%" height="100%" viewBox="0 0 3 4"',
        'width="10"',
        'width="10" viewBox="0 0 3 4"',
        'width="auto" height="auto" viewBox="0 0 3 4"',
        'width="-10" height="20"',
        'width="0" height="20"',
        'width="0.4" height="20"',
        'width="1e3" height="20"',
        'width="99999999" height="20"',
        'width="9999999999999" height="20"',
        'width="&#49;&#48;" height="20"',
        'width="10" height="20" style="width:9999px"',
        'width="10" height="20" width="30"',
        'viewBox="0 0 30"',
        'viewBox="0-12, 0 100 100"',
        'viewBox="0 0 30 40 50"',
        'viewBox="0 0 30 40px50"',
        "width=10 height=20",
    ],
)
def test_sizes_that_the_renderer_works_out_are_left_to_it(attributes: str) -> None:
    whole = svg(attributes)
    assert sniff(whole, len(whole)) == Unsure("svg")


@pytest.mark.parametrize("before", [
    "\ufeff", " \r\n\t", '<?xml version="1.0" encoding="UTF-8"?>\n', "<!-- <svg width='9'> -->", "<!DOCTYPE svg>",
    '<!doctype svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">',
])  # fmt: skip
def test_what_may_come_before_the_root_is_passed_over(before: str) -> None:
    whole = svg(before=before)
    assert sniff(whole, len(whole)) == Facts("svg", 10, 20, alpha=True, lossless=True)


@pytest.mark.parametrize(
    "whole",
    [
        svg(before='<!DOCTYPE svg [<!ATTLIST svg width CDATA "9999">]>'),
        svg(before='<!DOCTYPE svg [<!ENTITY a "b">] >'),
        svg(before='<?xml-stylesheet href="a.css"?>'),
        svg(inside="<style>svg{width:9999px}</style>"),
        svg(inside="<s:style xmlns:s='http://www.w3.org/2000/svg'>*{height:9999px}</s:style>"),
    ],
)
def test_a_style_sheet_or_a_dtd_may_change_the_size(whole: bytes) -> None:
    assert sniff(whole, len(whole)) == Unsure("svg")


def test_all_of_the_text_is_wanted_since_a_style_sheet_may_come_late() -> None:
    whole = svg(inside="<g/>" * 2000)
    assert sniff(whole[:4096], len(whole)) == NeedMore(len(whole))
    assert isinstance(sniff(whole[:4096]), NeedMore)


def test_text_beyond_the_cap_is_left_to_the_worker() -> None:
    whole = svg(inside=" " * (1 << 20))
    assert sniff(whole, len(whole)) == Unsure("svg") == sniff(whole[:4096], len(whole))


@pytest.mark.parametrize("whole", [b"<svg", b"<svg ", b"<svg width='1' height='2'", b"<svg width='1'\x00height='2'>"])
def test_a_root_that_does_not_end_is_never_measured(whole: bytes) -> None:
    assert sniff(whole, len(whole)) in (Unsure("svg"), NotAPicture())


@pytest.mark.parametrize(
    "whole",
    [
        b"<svgs width='1' height='2'/>",
        b"<SVG width='1' height='2'/>",
        b"<html><svg width='1' height='2'/></html>",
        b"<!DOCTYPE lolz [<!ENTITY a 'b'>]><lolz/>",
        b"<s:svg xmlns:s='http://www.w3.org/2000/svg' width='1' height='2'/>",
        b"<!-- never ends",
        b"<?xml never ends",
        b"<!--" + b"x" * 70_000 + b"--><svg width='1' height='2'/>",
        b" " * 70_000 + b"<svg width='1' height='2'/>",
        "\ufeff<svg width='1' height='2'/>".encode("utf-16"),
    ],
)
def test_another_root_is_no_picture(whole: bytes) -> None:
    assert sniff(whole, len(whole)) == NotAPicture()


def test_a_root_that_has_not_come_yet_is_waited_for() -> None:
    whole = svg(before="<!--" + "x" * 5000 + "-->")
    assert isinstance(sniff(whole[:2000], len(whole)), NeedMore)
    assert sniff(whole, len(whole)) == Facts("svg", 10, 20, alpha=True, lossless=True)
    assert sniff_format(whole[:2000]) is None


@pytest.mark.parametrize("held", range(64, 110))
def test_a_root_cut_in_its_name_is_waited_for(held: int) -> None:
    whole = svg(before="<!--" + "x" * 73 + "-->")
    assert sniff(whole[:held], len(whole)) == NeedMore(len(whole))


def test_comments_without_end_are_given_up() -> None:
    assert sniff(b"<!--x-->" * 10_000, 80_000) == NotAPicture()
