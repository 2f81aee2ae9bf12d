"""The route's rules and the sizes text."""

from fractions import Fraction

import pytest

from edge.negotiate.delivery import Delivery, HintRules, SaveData, Sizes


def test_the_defaults_are_those_of_the_yaml() -> None:
    route, rules = Delivery(), HintRules()
    assert (route.formats, route.animated_formats, route.hints) == (("avif", "webp"), ("webp",), rules)
    assert dict(route.quality) == {"jpeg": 80, "webp": 78, "avif": 55, "png": 100}
    assert (rules.max_width, rules.ladder[0], rules.ladder[-1], rules.dpr_steps) == (3840, 160, 3840, (1, 1.5, 2, 3))
    assert (rules.save_data, rules.legacy, rules.auto_width) == (SaveData(45, 1), False, True)


@pytest.mark.parametrize(("viewport", "width"), [(320, 320), (600, 600), (601, Fraction(601, 2)), (2000, 1000)])
def test_sizes_takes_the_first_entry_whose_condition_holds(viewport: int, width: Fraction) -> None:
    assert Sizes.parse("(max-width: 600px) 100vw, 50vw").width(Fraction(viewport)) == width


@pytest.mark.parametrize(("viewport", "width"), [(599, 599), (600, 300), (900, 300), (901, 90.1)])
def test_conditions_may_be_joined(viewport: int, width: float) -> None:
    sizes = Sizes.parse("(min-width:600px) and (max-width: 900px) 300px,(MIN-WIDTH: 901px)10VW")
    assert float(sizes.width(Fraction(viewport))) == width


def test_repeated_bounds_narrow_each_other() -> None:
    sizes = Sizes.parse("(max-width: 500px) and (max-width: 800px) and (min-width: 9px) and (min-width: 3px) 7px")
    assert [int(sizes.width(Fraction(viewport))) for viewport in (4, 9, 500, 501)] == [4, 7, 7, 501]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "50",
        "50em",
        "(max-width: 600px)",
        "(max-width: 600px) and 50vw",
        "(max-width: 40em) 50vw",
        "calc(1px)",
        "50vw,",
        "(orientation: portrait) 50vw",
        "not (max-width: 6px) 1px",
        "-5px",
        "(max-width: 1px) and (x) 1px",
    ],
)
def test_a_sizes_text_that_cannot_be_read_is_one_clear_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"^Expected entries like .* for sizes but received '"):
        HintRules(sizes=text)


def test_a_slot_is_a_share_of_the_viewport_unless_sizes_says_more() -> None:
    assert HintRules(viewport_fraction=0.3).slot(Fraction(1000)) == 300
    assert HintRules(viewport_fraction=0.3, sizes="20px").slot(Fraction(1000)) == 20


def test_ladder_and_steps_are_put_in_order() -> None:
    rules = HintRules(ladder=(800, 200, 800), dpr_steps=(2, 1))
    assert (rules.ladder, rules.dpr_steps) == ((200, 800), (1, 2))
    assert [rules.rung(width) for width in (0, 200, 201, 9999)] == [200, 200, 800, 800]


@pytest.mark.parametrize(
    "wrong",
    [{"ladder": ()}, {"ladder": (0, 5)}, {"dpr_steps": ()}, {"max_width": 0}, {"max_dpr": -1}, {"default_dpr": 0}],
)
def test_rules_that_could_choose_nothing_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"^Expected "):
        HintRules(**wrong)  # type: ignore[arg-type]  # each case names one field


def test_save_data_must_leave_a_density() -> None:
    with pytest.raises(ValueError, match=r"^Expected a number above 0 for save_data\.max_dpr"):
        SaveData(max_dpr=0)
