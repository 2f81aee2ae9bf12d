"""Formats, qualities, frames and Vary, specs CLIENT_HINTS §5 and §6.5 to §6.7."""

from dataclasses import replace

import pytest

from edge.exchange import Fields
from edge.negotiate.choose import Chosen, Negotiated, negotiate
from edge.negotiate.delivery import Delivery, HintRules, SaveData
from edge.plan.facts import Facts
from edge.plan.plan import Node, Plan, Wish
from edge.plan.steps import AUTO, Auto, Decode, Encode, Fit, Resize

JPEG = Facts("jpeg", 3000, 2000)
ALPHA = Facts("webp", 3000, 2000, alpha=True)
GIF = Facts("gif", 300, 200, frames=12, alpha=True)
MODERN = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
ROUTE = Delivery()
NO_HINTS = Delivery(hints=None)
EVERYTHING = frozenset({"jpeg", "png", "gif", "webp", "avif", "jxl", "tiff"})


def ask(
    encode: Encode,
    facts: Facts = JPEG,
    route: Delivery = ROUTE,
    writable: frozenset[str] = EVERYTHING,
    decode: Decode = Decode(),  # noqa: B008  # frozen: cannot be changed by a test
    fit: Fit = Fit(width=200),  # noqa: B008  # the same
    **headers: str,
) -> Negotiated:
    fields = Fields((name.replace("_", "-"), value) for name, value in headers.items())
    return negotiate(Wish(Plan.chain(decode, fit, encode)), fields, route, facts, writable)


def written(encode: Encode, facts: Facts = JPEG, **others: object) -> object:
    return ask(encode, facts, **others).plan.outputs[0].format  # type: ignore[arg-type]  # passed on as they are


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (MODERN, "avif"),
        ("image/webp,*/*", "webp"),
        ("*/*", "jpeg"),
        ("image/*", "jpeg"),
        ("image/avif;q=0,image/webp", "webp"),
        ("image/avif;q=0.5,image/webp", "avif"),  # the order is ours; a weight only has to reach the baseline
        ("image/avif;q=0.5,*/*;q=0.9", "jpeg"),
        ("image/avif;q=0.5,image/jpeg;q=0.5", "avif"),
        ("image/webp;q=0.1", "webp"),
        ("image/jpeg;q=0,*/*;q=0", "jpeg"),
        ("text/html", "jpeg"),
        ("", "jpeg"),
    ],
)
def test_auto_takes_the_first_format_that_is_named_and_wanted_enough(accept: str, expected: str) -> None:
    assert written(Encode(format=AUTO), Accept=accept) == expected
    assert written(Encode(), Accept=accept) == expected


def test_no_accept_field_proves_no_modern_format() -> None:
    assert written(Encode(format=AUTO)) == "jpeg"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts("png", 9, 9), "png"),
        (Facts("gif", 9, 9), "gif"),
        (Facts("webp", 9, 9), "jpeg"),
        (Facts("webp", 9, 9, alpha=True), "png"),
        (Facts("tiff", 9, 9, frames=3), "jpeg"),
        (Facts("svg", 9, 9, alpha=True), "png"),
        (Facts("unheard", 9, 9), "jpeg"),
        (GIF, "gif"),
        (Facts("webp", 9, 9, frames=3), "gif"),
    ],
)
def test_the_baseline_is_the_source_format_or_what_everyone_can_show(facts: Facts, expected: str) -> None:
    assert written(Encode(format=AUTO), facts) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (JPEG, "jpeg"),
        (ALPHA, "webp"),
        (Facts("avif", 9, 9), "avif"),
        (Facts("heic", 9, 9), "jpeg"),
        (GIF, "gif"),
        (Facts("tiff", 9, 9, alpha=True), "png"),
        (Facts("bmp", 9, 9), "jpeg"),
        (Facts("svg", 9, 9, alpha=True), "png"),
    ],
)
def test_keep_is_the_source_format_where_browsers_know_it(facts: Facts, expected: str) -> None:
    silent = replace(ROUTE, auto_format=False)
    assert written(Encode(format="keep"), facts, Accept=MODERN) == expected
    assert written(Encode(), facts, route=silent, Accept=MODERN) == expected


def test_keep_of_a_format_this_machine_cannot_write_is_plain() -> None:
    assert written(Encode(format="keep"), Facts("avif", 9, 9), writable=frozenset({"jpeg"})) == "jpeg"


def test_an_explicit_format_wins_without_accept() -> None:
    answer = ask(Encode(format="jxl", quality=50), Accept="image/webp")
    assert (answer.plan.outputs[0].format, answer.vary) == ("jxl", ())


def test_an_explicit_format_that_cannot_be_written_leaves_the_choice_to_the_edge() -> None:
    old = EVERYTHING - {"avif"}
    answer = ask(Encode(format="avif", quality=50), writable=old, Accept=MODERN)
    assert (answer.plan.outputs[0].format, answer.vary) == ("webp", ("Accept",))


def test_a_format_of_the_route_that_cannot_be_written_is_passed_over() -> None:
    assert written(Encode(), writable=EVERYTHING - {"avif"}, Accept=MODERN) == "webp"


def test_what_the_url_vouches_for_needs_no_accept() -> None:
    encode = Encode(format=AUTO, quality=50, accepts=("webp",))
    assert written(encode) == "webp"
    assert (written(encode, Accept=MODERN), ask(encode).vary) == ("avif", ("Accept",))
    sure = ask(Encode(format=AUTO, quality=50, accepts=("avif", "jxl")), Accept="*/*")
    assert (sure.plan.outputs[0].format, sure.vary) == ("avif", ())


def test_a_route_without_formats_never_negotiates() -> None:
    answer = ask(Encode(format=AUTO, quality=9, accepts=("webp",)), route=replace(ROUTE, formats=()), Accept=MODERN)
    assert (answer.plan.outputs[0].format, answer.vary) == ("jpeg", ())


def test_transparency_is_not_flattened_by_choice() -> None:
    answer = ask(Encode(quality=9), ALPHA, replace(ROUTE, formats=("jpeg",)), Accept="image/jpeg")
    assert (answer.plan.outputs[0].format, answer.vary) == ("png", ())


def test_a_list_that_holds_only_the_baseline_leaves_nothing_to_vary() -> None:
    assert ask(Encode(quality=9), JPEG, replace(ROUTE, formats=("jpeg",))).vary == ()


def test_an_animation_stays_one() -> None:
    assert written(Encode(), GIF, Accept=MODERN) == "webp"
    stills = replace(ROUTE, animated_formats=("avif",))
    answer = ask(Encode(quality=9), GIF, stills, Accept=MODERN)
    assert (answer.plan.outputs[0].format, answer.vary) == ("gif", ())


def test_an_animation_that_cannot_be_written_as_gif_becomes_a_still() -> None:
    writable = frozenset({"jpeg", "png", "webp"})
    answer = ask(Encode(), GIF, writable=writable)
    assert (answer.plan.outputs[0].format, answer.plan.find(Decode)) == ("png", Decode(frame=0))


@pytest.mark.parametrize(
    ("facts", "target", "frame"),
    [
        (GIF, "gif", None),
        (GIF, "webp", None),
        (GIF, "jpeg", 0),
        (JPEG, "webp", 0),
        (Facts("tiff", 9, 9, frames=3), "gif", 0),
    ],
)
def test_all_frames_are_read_only_for_an_animation(facts: Facts, target: str, frame: int | None) -> None:
    assert ask(Encode(format=target), facts).plan.find(Decode) == Decode(frame=frame)


def test_a_chosen_frame_is_a_still() -> None:
    answer = ask(Encode(), GIF, decode=Decode(frame=3), Accept=MODERN)
    assert (answer.plan.outputs[0].format, answer.plan.find(Decode)) == ("avif", Decode(frame=3))


def test_other_inputs_are_read_as_stills() -> None:
    nodes = (Node(Decode()), Node(Decode(1)), Node(Resize(9, 9), (0,)), Node(Encode(format="gif"), (2,)))
    plan = negotiate(Wish(Plan(nodes)), Fields(), ROUTE, GIF).plan
    assert [node.step for node in plan.nodes[:3]] == [Decode(), Decode(1, 0), Resize(9, 9)]


@pytest.mark.parametrize(
    ("encode", "saving", "expected"),
    [
        (Encode(format="jpeg", quality=33, qualities=(("webp", 5),)), True, 33),
        (Encode(format="jpeg", quality=33, qualities=(("jpeg", 44),)), True, 44),
        (Encode(format="jpeg"), True, 45),
        (Encode(format="jpeg"), False, 71),
        (Encode(format="webp", lossless=True), True, None),
        (Encode(format="webp", lossless=False), True, 45),
        (Encode(format="avif"), False, 55),
        (Encode(format="gif", quality=33), True, None),
    ],
)
def test_the_more_special_word_on_quality_wins(encode: Encode, saving: bool, expected: int | None) -> None:
    route = replace(ROUTE, quality={"jpeg": 71, "webp": 60})
    answer = ask(encode, JPEG, route, Save_Data="on" if saving else "off")
    assert answer.plan.outputs[0].quality == expected


def test_save_data_means_nothing_with_hints_off() -> None:
    answer = ask(Encode(format="jpeg"), route=NO_HINTS, Save_Data="on")
    assert (answer.plan.outputs[0].quality, answer.vary) == (80, ())


@pytest.mark.parametrize(
    ("source", "target", "wish", "expected"),
    [
        (Facts("png", 9, 9, lossless=True), "webp", "keep", True),
        (Facts("png", 9, 9), "webp", "keep", False),  # a palette
        (Facts("webp", 9, 9, lossless=True), "avif", "keep", True),
        (Facts("gif", 9, 9), "webp", "keep", False),
        (Facts("bmp", 9, 9), "webp", "keep", True),
        (Facts("tiff", 9, 9), "webp", "keep", True),
        (Facts("svg", 9, 9), "webp", "keep", True),
        (Facts("ico", 9, 9), "webp", "keep", True),
        (JPEG, "webp", "keep", False),
        (Facts("png", 9, 9, lossless=True), "jpeg", "keep", None),
        (JPEG, "gif", True, None),
        (JPEG, "png", True, True),
        (JPEG, "png", False, True),  # PNG loses only by a word of its own
        (JPEG, "webp", None, False),
    ],
)
def test_lossless_is_made_concrete(source: Facts, target: str, wish: object, expected: bool | None) -> None:
    encode = Encode(format=target, lossless=wish)  # type: ignore[arg-type]  # the table mixes bool and text
    assert ask(encode, source).plan.outputs[0].lossless is expected


def test_light_comes_from_the_url_or_else_the_route() -> None:
    route = replace(ROUTE, light="srgb")
    assert ask(Encode(), route=route).plan.find(Fit) == Fit(width=200, light="srgb")
    assert ask(Encode(), route=route, fit=Fit(width=200, light="linear")).plan.find(Fit) == Fit(200, light="linear")


def test_what_was_chosen_can_be_shown() -> None:
    answer = ask(Encode(), fit=Fit(width=AUTO), Sec_CH_Width="700", Sec_CH_DPR="2", Accept=MODERN)
    assert answer.chosen == Chosen(800, None, "avif", 55, 2.0)
    assert ask(Encode(format="jpeg", quality=AUTO)).chosen == Chosen(200, None, "jpeg", None, 1.0, 75.0)
    assert ask(Encode(format="gif"), fit=Fit(200, 100, zoom=2.0)).chosen == Chosen(200, 100, "gif", None, 2.0)


def test_a_plan_without_output_or_fit_passes() -> None:
    answer = negotiate(Wish(Plan.chain(Decode())), Fields(), ROUTE, JPEG)
    assert (answer.chosen, answer.vary) == (Chosen(None, None, None, None, 1.0), ())


def test_every_output_is_made_concrete() -> None:
    nodes = (Node(Decode()), Node(Encode(format="jpeg"), (0,)), Node(Encode(format=AUTO), (0,)))
    answer = negotiate(Wish(Plan(nodes)), Fields([("Accept", "image/webp")]), ROUTE, GIF)
    assert [encode.format for encode in answer.plan.outputs] == ["jpeg", "webp"]
    assert answer.vary == ("Accept", "Save-Data")


def test_a_url_without_a_query_can_be_served_as_it_is() -> None:
    wish = Wish(Plan.chain(Decode(), Fit(), Encode()), processing=False)
    fields = Fields([("Accept", MODERN), ("Sec-CH-Width", "300"), ("Save-Data", "on")])
    answer = negotiate(wish, fields, replace(ROUTE, queryless="original"), JPEG)
    assert (answer.plan, answer.chosen.format, answer.vary) == (Plan(()), "jpeg", ())
    assert negotiate(wish, fields, ROUTE, JPEG).plan.outputs[0].format == "avif"


DPR, WIDTH, VIEW = "Sec-CH-DPR", "Sec-CH-Width", "Sec-CH-Viewport-Width"


@pytest.mark.parametrize(
    ("fit", "encode", "rules", "vary"),
    [
        (Fit(200), Encode(format="jpeg", quality=80), HintRules(), ()),
        (Fit(200), Encode(format="jpeg"), HintRules(), ("Save-Data",)),
        (Fit(200), Encode(format="jpeg"), HintRules(save_data=SaveData(quality=80)), ()),
        (Fit(200), Encode(format="gif"), HintRules(), ()),
        (Fit(200), Encode(format="webp", lossless=True), HintRules(), ()),
        (Fit(200), Encode(quality=80), HintRules(), ("Accept",)),
        (Fit(200), Encode(), HintRules(), ("Accept", "Save-Data")),
        (Fit(200), Encode(), None, ("Accept",)),
        (Fit(AUTO, zoom=AUTO), Encode(format="jpeg", quality=80), None, ()),
        (Fit(200, zoom=AUTO), Encode(format="jpeg", quality=80), HintRules(), (DPR, "Save-Data")),
        (Fit(200, zoom=AUTO), Encode(format="jpeg", quality=80), HintRules(legacy=True), (DPR, "DPR", "Save-Data")),
        (Fit(200, zoom=AUTO), Encode(format="gif"), HintRules(save_data=SaveData(max_dpr=3)), (DPR,)),
        (Fit(200, zoom=AUTO), Encode(format="gif"), HintRules(dpr_steps=(1,)), ()),
        (Fit(200, zoom=AUTO), Encode(format="gif"), HintRules(max_dpr=1), ()),
        (Fit(4000, zoom=AUTO), Encode(format="gif"), HintRules(), ()),
        (Fit(AUTO), Encode(format="gif"), HintRules(), (DPR, WIDTH, VIEW, "Save-Data")),
        (Fit(), Encode(format="gif"), HintRules(), (DPR, WIDTH, VIEW, "Save-Data")),
        (Fit(), Encode(format="gif"), HintRules(auto_width=False), ()),
        (Fit(AUTO), Encode(format="gif"), HintRules(save_data=SaveData(max_dpr=3)), (DPR, WIDTH, VIEW)),
        (
            Fit(AUTO),
            Encode(),
            HintRules(legacy=True, mobile_fallback_width=300),
            ("Accept", DPR, "DPR", WIDTH, "Width", VIEW, "Viewport-Width", "Sec-CH-UA-Mobile", "Save-Data"),
        ),
        (Fit(Auto(9)), Encode(format="gif"), HintRules(ladder=(640,)), ()),
    ],
)
def test_vary_names_exactly_what_could_have_mattered(
    fit: Fit, encode: Encode, rules: HintRules | None, vary: tuple[str, ...]
) -> None:
    assert ask(encode, route=replace(ROUTE, hints=rules), fit=fit).vary == vary


def test_a_source_below_the_first_rung_leaves_no_width_to_choose() -> None:
    assert ask(Encode(format="gif"), Facts("png", 100, 100), fit=Fit(AUTO)).vary == ()
