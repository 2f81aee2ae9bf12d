"""All outputs of a plan in one go: each as if it were made alone, each input decoded once."""

from dataclasses import replace

import pytest
import pyvips

from edge.errors import BadRequest, Unprocessable
from edge.imaging import holding, run, run_all
from edge.imaging.ahead import joined
from edge.plan.facts import Limits
from edge.plan.plan import Node, Plan
from edge.plan.steps import (
    Balance,
    Blur,
    Canvas,
    Crop,
    Decode,
    Encode,
    Fill,
    Fit,
    Light,
    Mirror,
    Overlay,
    Pad,
    Resize,
    SmartCrop,
    Step,
    Trim,
    Turn,
)
from edge.plan.work import Done, Made, Source
from tests import pictures
from tests.edge.imaging.conftest import difference, look, near
from tests.edge.imaging.test_animation import ball, frames, strip

PLAIN = Encode("png", tuning=(("png.plain", 1.0),))
LOSSLESS = Encode("webp", lossless=True)


def branches(*chains: tuple[Step, ...], decode: Decode = Decode()) -> Plan:  # noqa: B008  # frozen
    """One Decode, and from it each of these chains; the last step of each is an Encode."""
    nodes = [Node(decode)]
    for chain in chains:
        for at, step in enumerate(chain):
            nodes.append(Node(step, (len(nodes) - 1 if at else 0,)))
    return Plan(tuple(nodes))


def alone(plan: Plan, number: int, sources: list[Source]) -> Made:
    """One output of the plan, made by itself."""
    outputs = [at for at, node in enumerate(plan.nodes) if isinstance(node.step, Encode)]
    kept = [Node(Crop(0, 0, 1, 1), node.of) if at in outputs[:number] else node for at, node in enumerate(plan.nodes)]
    return run(Plan(tuple(kept)), sources, Limits())


def compare(plan: Plan, sources: list[Source], within: float) -> Done:
    done = run_all(plan, sources, Limits())
    assert len(done.outputs) == len(plan.outputs)
    for number, made in enumerate(done.outputs):
        other = alone(plan, number, sources)
        assert shape(made) == shape(other)
        if made.format != "json":
            assert difference(look(made, **all_frames(made)), look(other, **all_frames(made))) <= within
    return done


def shape(made: Made) -> tuple[str, int, int, int]:
    return made.format, made.width, made.height, made.frames


def all_frames(made: Made) -> dict[str, int]:
    return {"n": -1} if made.frames > 1 else {}


MANY = (
    (Resize(320, 240), PLAIN),
    (Resize(80, 60), PLAIN),
    (Crop(100, 80, 400, 300), Resize(100, 75), PLAIN),
    (Turn(1), Mirror("x"), Resize(60, 80), PLAIN),
)


@pytest.mark.parametrize("light", ["linear", "srgb"])
@pytest.mark.parametrize("format", pictures.FORMATS)
def test_a_branch_is_as_good_as_if_it_were_made_alone(format: str, light: Light) -> None:
    chains = [tuple(replace(step, light=light) if isinstance(step, Resize) else step for step in each) for each in MANY]
    done = compare(branches(*chains), [Source(pictures.photo(1600, 1200, format))], 1.5)
    assert done.decodes == (1,)


def test_every_pixel_is_there_for_whoever_wants_it() -> None:
    body = pictures.photo(640, 480)
    plan = branches((Resize(32, 24), PLAIN), (Crop(500, 300, 64, 48), PLAIN), (Encode("json"),))
    done = compare(plan, [Source(body)], 0.7)
    whole = pyvips.Image.new_from_buffer(body, "").crop(500, 300, 64, 48)
    assert difference(look(done.outputs[1]), whole) == 0
    assert [made.format for made in done.outputs] == ["png", "png", "json"]


def test_two_inputs_and_four_outputs_take_two_decodes() -> None:
    nodes = (
        Node(Decode()),
        Node(Decode(1)),
        Node(Resize(40, 30), (1,)),
        Node(Resize(320, 240), (0,)),
        Node(Resize(160, 120), (0,)),
        Node(Overlay(5, 5), (3, 2)),
        Node(Overlay(5, 5, 0.5), (4, 2)),
        Node(Encode("jpeg"), (5,)),
        Node(Encode("webp"), (6,)),
        Node(Encode("png"), (3,)),
        Node(Encode("png"), (2,)),
    )
    sources = [Source(pictures.photo(1600, 1200)), Source(pictures.with_alpha(200, 150))]
    done = compare(Plan(nodes), sources, 1.5)
    assert done.decodes == (1, 1)
    assert [(made.format, made.width) for made in done.outputs] == [
        ("jpeg", 320),
        ("webp", 160),
        ("png", 320),
        ("png", 40),
    ]
    assert list(done.seconds) == ["decode", "transform", "encode"]
    assert all(not made.seconds for made in done.outputs)


def test_equal_decodes_are_one_and_inputs_that_nobody_reads_none() -> None:
    plan = Plan(
        (
            Node(Decode()),
            Node(Resize(30, 20), (0,)),
            Node(PLAIN, (1,)),
            Node(Decode()),
            Node(Resize(60, 40), (3,)),
            Node(PLAIN, (4,)),
        )
    )
    assert joined(plan).nodes[4].of == (0,)
    assert compare(plan, [Source(pictures.photo(900, 600)), Source(b"no picture")], 1.5).decodes == (1, 0)


def test_a_plan_of_one_output_is_the_same_either_way() -> None:
    for steps in ((), (Resize(50, 40),), (SmartCrop(90, 90), Resize(30, 30)), (Trim(20), Resize(30, 20), Blur(2.0))):
        plan = Plan.chain(Decode(), *steps, Encode("jpeg"))
        sources = [Source(pictures.photo(300, 200, "webp"))]
        assert run_all(plan, sources, Limits()).outputs[0].body == run(plan, sources, Limits()).body


def test_a_glance_at_what_is_held_is_no_decode() -> None:
    """Alone, SmartCrop looks at a copy that is decoded for it."""
    source = [Source(pictures.photo(1200, 900))]
    smart = (SmartCrop(500, 500), Resize(50, 50), PLAIN)
    assert run_all(branches(smart), source, Limits()).decodes == (2,)
    assert run_all(branches(smart, (Resize(80, 60), PLAIN)), source, Limits()).decodes == (1,)


# ---------------------------------------------------------------------------------------------------------- animations


def moving(count: int = 6) -> bytes:
    return strip([ball(8 * at) for at in range(count)], "gif", [40 + 10 * at for at in range(count)], 3)


def test_stills_and_animations_are_made_of_one_decode() -> None:
    plan = branches(
        (Resize(60, 40), LOSSLESS), (Resize(60, 40), PLAIN), (Balance(), Encode("jpeg")), (Resize(30, 20), LOSSLESS)
    )
    done = compare(plan, [Source(moving())], 0.01)
    assert [made.frames for made in done.outputs] == [6, 1, 1, 6]
    assert done.decodes == (1,)


def test_a_still_takes_the_first_frame_of_what_moves_for_another() -> None:
    plan = Plan(
        (Node(Decode()), Node(Blur(1.0), (0,)), Node(PLAIN, (1,)), Node(Pad(1, 1, 130, 90), (1,)), Node(LOSSLESS, (3,)))
    )
    assert [made.frames for made in compare(plan, [Source(moving())], 0).outputs] == [1, 6]


def test_an_animation_too_large_to_be_held_is_decoded_for_each_branch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "HELD", 1)
    plan = Plan(
        (
            Node(Decode()),
            Node(Turn(2), (0,)),
            Node(Resize(60, 40), (1,)),
            Node(LOSSLESS, (2,)),
            Node(Resize(30, 20), (1,)),
            Node(LOSSLESS, (4,)),
            Node(Encode("jpeg"), (0,)),
        )
    )
    done = compare(plan, [Source(moving())], 0)
    assert [made.frames for made in done.outputs] == [6, 6, 1]
    assert done.decodes == (3,)


def test_a_smart_crop_of_a_stream_that_many_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "HELD", 1)
    plan = branches((SmartCrop(40, 40), LOSSLESS), (Resize(60, 40), LOSSLESS))
    assert [made.frames for made in compare(plan, [Source(moving())], 0).outputs] == [6, 6]


def stamped(base: Step, mark: Step, to: Encode = LOSSLESS) -> Plan:
    return Plan((Node(base), Node(mark), Node(Overlay(10, 5), (0, 1)), Node(to, (2,)), Node(PLAIN, (2,))))


@pytest.mark.parametrize("held", [holding.HELD, 1])
def test_an_animated_mark_makes_a_still_move(monkeypatch: pytest.MonkeyPatch, held: int) -> None:
    monkeypatch.setattr(holding, "HELD", held)
    sources = [Source(pictures.plain(150, 100, pictures.BLUE)), Source(moving())]
    done = run_all(stamped(Decode(), Decode(1)), sources, Limits())
    animation, still = done.outputs
    assert (animation.frames, still.frames, done.decodes) == (6, 1, (1, 1))
    image = look(animation, n=-1)
    assert image.get("delay") == [40, 50, 60, 70, 80, 90]
    assert image.get("loop") == 3
    for at, frame in enumerate(frames(animation)):
        assert near(frame(2, 2), pictures.BLUE)
        assert near(frame(10 + 8 * at + 10, 5 + 40), (220, 30, 40))
        assert near(frame(10 + 118, 5 + 40), (255, 255, 255))
    assert difference(look(still), frames(animation)[0].extract_band(0, n=3)) == 0


def test_of_a_mark_whose_frame_is_chosen_nothing_moves() -> None:
    sources = [Source(pictures.plain(150, 100, pictures.BLUE)), Source(moving())]
    made = run(stamped(Decode(), Decode(1, frame=2)), sources, Limits())
    assert made.frames == 1
    assert near(look(made)(10 + 26, 45), (220, 30, 40))


@pytest.mark.parametrize("held", [holding.HELD, 1])
@pytest.mark.parametrize(("base", "mark"), [(6, 3), (3, 6), (4, 4)])
def test_of_two_animations_the_first_sets_the_pace(
    monkeypatch: pytest.MonkeyPatch, base: int, mark: int, held: int
) -> None:
    monkeypatch.setattr(holding, "HELD", held)
    ground = strip([ball(130 + at, width=160, height=100) for at in range(base)], "gif", [30] * base)
    made = run(stamped(Decode(), Decode(1)), [Source(ground), Source(moving(mark))], Limits())
    assert made.frames == base
    for at, frame in enumerate(frames(made)):
        assert near(frame(10 + 8 * min(at, mark - 1) + 10, 45), (220, 30, 40))


def test_a_canvas_moves_with_its_mark() -> None:
    made = run(stamped(Canvas(150, 100, "0a141eff", alpha=False), Decode()), [Source(moving())], Limits())
    assert made.frames == 6
    assert near(look(made)(1, 1), (10, 20, 30), 1)


def test_a_base_repeated_beyond_the_limit_is_refused() -> None:
    sources = [Source(pictures.plain(150, 100, pictures.BLUE)), Source(moving())]
    with pytest.raises(Unprocessable, match="at most 75000 pixels in all frames of the result but received 90000"):
        run_all(stamped(Decode(), Decode(1)), sources, Limits(animation_pixels=75_000))


# ---------------------------------------------------------------------------------------------------------------- trim


def bordered() -> bytes:
    image = pictures.pixels(200, 160).embed(60, 40, 400, 300, extend="background", background=[250, 250, 250])
    body: bytes = image.cast("uchar").copy(interpretation="srgb").write_to_buffer(".png")
    return body


def test_a_trim_is_found_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    monkeypatch.setattr("edge.imaging.encode.write", spy(written))
    plan = branches((Resize(40, 30), PLAIN), (Trim(40), Fit(width=100), PLAIN), (Trim(40), PLAIN))
    done = run_all(plan, [Source(bordered())], Limits())
    assert written == [40, 100, done.outputs[2].width]
    assert done.decodes == (1,)
    assert done.outputs[1].width == 100
    assert 190 <= done.outputs[2].width <= 210


def spy(written: list[int]):  # type: ignore[no-untyped-def]  # as what it stands for
    from edge.imaging.encode import write  # before it is replaced

    def noticed(image: pyvips.Image, *rest: object) -> bytes:
        written.append(image.width)
        return write(image, *rest)  # type: ignore[arg-type]  # passed on

    return noticed


def test_a_trim_behind_a_resize_leaves_the_other_branch_every_pixel() -> None:
    plan = branches((Resize(200, 150), Trim(40), Fit(width=50), PLAIN), (Crop(60, 40, 200, 160), PLAIN))
    body = bordered()
    done = compare(plan, [Source(body)], 0.5)
    assert done.decodes == (1,)
    assert difference(look(done.outputs[1]), pyvips.Image.new_from_buffer(body, "").crop(60, 40, 200, 160)) == 0


def test_a_trimmed_animation_is_decoded_twice() -> None:
    plan = branches((Trim(40), LOSSLESS), (Resize(60, 40), PLAIN))
    done = run_all(plan, [Source(moving())], Limits())
    assert [made.frames for made in done.outputs] == [6, 1]
    assert done.decodes == (2,)


# -------------------------------------------------------------------------------------------------------------- colour


def test_one_branch_keeps_the_gamut_and_another_does_not() -> None:
    wide, plain = (Encode("png", gamut=gamut, tuning=PLAIN.tuning) for gamut in ("p3", "srgb"))
    plan = Plan(
        (
            Node(Decode()),
            Node(Resize(20, 20), (0,)),
            Node(Blur(1.0), (1,)),
            Node(wide, (2,)),
            Node(plain, (2,)),
            Node(plain, (1,)),
            Node(Overlay(2, 2), (1, 2)),
            Node(plain, (6,)),
        )
    )
    sources = [Source(pictures.display_p3(40, 40, (120, 200, 90)))]
    done = compare(plan, sources, 1)
    assert [bool(look(made).get_typeof("icc-profile-data")) for made in done.outputs] == [True, False, False, False]
    assert all(near(look(made)(9, 9), (120, 200, 90), 1) for made in done.outputs[1:])
    assert not near(look(done.outputs[0])(9, 9), (120, 200, 90), 9)


# ---------------------------------------------------------------------------------------------------------- many steps


@pytest.mark.parametrize(
    ("step", "count"),
    [(Turn(1), 2000), (Fill(0, 0, 5, 5, "ff0000ff"), 2000), (Blur(0.4), 200)],
)
def test_a_long_plan_is_no_deep_pipeline(step: Step, count: int) -> None:
    """Thousands of steps in one would end the process."""
    done = run_all(Plan.chain(Decode(), *[step] * count, PLAIN), [Source(pictures.photo(40, 30))], Limits())
    assert (done.outputs[0].width, done.outputs[0].height) == (40, 30)


def test_steps_that_were_held_between_make_the_same_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    views = Turn(1), Mirror("x"), Crop(1, 1, 50, 80)
    effects = Blur(1.0), Resize(33, 44), Fill(3, 3, 9, 9, "ff000080"), Turn(3), Crop(2, 2, 30, 20)
    plan = Plan.chain(Decode(), *views, *effects, PLAIN)
    source = [Source(pictures.with_alpha(90, 60))]
    lazy = run(plan, source, Limits())
    monkeypatch.setattr(holding, "DEEP", 1)
    assert run(plan, source, Limits()).body == lazy.body


# -------------------------------------------------------------------------------------------------------------- errors


def test_what_is_wrong_with_one_output_is_told_for_all() -> None:
    source = [Source(pictures.photo(40, 30))]
    with pytest.raises(Unprocessable, match="at most 16383 pixels a side"):
        run_all(branches((PLAIN,), (Resize(16_400, 1), Encode("webp"))), source, Limits())
    with pytest.raises(BadRequest, match="Expected an input below 1 for input but received '7'"):
        run_all(branches((PLAIN,), decode=Decode(7)), source, Limits())
    with pytest.raises(BadRequest, match="an output"):
        run_all(Plan.chain(Decode()), source, Limits())
    with pytest.raises(BadRequest, match="concrete plan"):
        run_all(branches((PLAIN,), (Fit(width=3), PLAIN)), source, Limits())


def test_a_branch_written_as_it_came_is_the_source_without_more_bytes() -> None:
    body = pictures.photo(300, 200, Q=60)
    plain, small = run_all(branches((Encode("jpeg", 95),), (Resize(30, 20), PLAIN)), [Source(body)], Limits()).outputs
    assert plain.body == run(Plan.chain(Decode(), Encode("jpeg", 95)), [Source(body)], Limits()).body
    assert len(plain.body) <= len(body)
    assert (small.width, small.height) == (30, 20)
