"""Hypothesis strategies for everything a plan may say."""

from typing import get_args

from hypothesis import strategies as st

from edge.plan.facts import Facts
from edge.plan.plan import Node, Plan
from edge.plan.steps import (
    Area,
    Auto,
    Balance,
    Blend,
    Blur,
    Canvas,
    Caption,
    Crop,
    Decode,
    Dot,
    Encode,
    Expand,
    Fill,
    Fit,
    FitMode,
    Kernel,
    Mirror,
    Mode,
    Overlay,
    Pad,
    Pixelate,
    Point,
    Recolour,
    Region,
    Resize,
    Round,
    Scale,
    SharpenWhen,
    SmartCrop,
    Step,
    Trim,
    Turn,
    Unit,
    Watermark,
    Window,
)

I32 = st.integers(-(2**31), 2**31 - 1)
REAL = st.floats(allow_nan=False, allow_infinity=False)
MODES: tuple[Mode, ...] = ("max", "pad", "crop", "stretch", "aspectcrop")
SCALES: tuple[Scale, ...] = ("down", "up", "both", "canvas")
SIDE = st.integers(1, 3000)
COLOURS = st.sampled_from(["00000000", "ffffffff", "ff000080", "12345600", "00ff00ff"])
AUTOS = st.builds(Auto, st.none() | st.integers(1, 4000))
PERCENT = st.floats(0, 100)
POINTS = st.builds(Point, st.none() | PERCENT, st.none() | PERCENT)
WINDOWS = st.builds(Window, REAL, REAL, REAL, REAL, REAL, REAL)
LIGHTS = st.sampled_from(["linear", "srgb"])
KERNELS = st.sampled_from(get_args(Kernel))
WHENS = st.sampled_from(get_args(SharpenWhen))
FIT_MODES = st.sampled_from(get_args(FitMode))
KEEPS = st.sampled_from([True, False, "keep"])

FITS = st.builds(
    Fit,
    width=st.none() | I32 | AUTOS,
    height=st.none() | I32,
    max_width=st.none() | I32,
    max_height=st.none() | I32,
    mode=st.sampled_from(MODES),
    scale=st.sampled_from(SCALES),
    zoom=st.floats(0.00008, 80000) | st.integers(1, 9) | AUTOS,
    anchor=POINTS,
    gravity=st.none() | POINTS,
    window=st.none() | WINDOWS,
    background=st.none() | COLOURS,
    light=st.none() | LIGHTS,
    up_light=st.none() | LIGHTS,
    smart=st.booleans(),
    focus=st.none() | POINTS,
    down_kernel=st.none() | KERNELS,
    up_kernel=st.none() | KERNELS,
    sharpen=REAL,
    sharpen_when=WHENS,
    headroom=st.none() | REAL,
    exact=st.booleans(),
    full=st.none() | st.tuples(SIDE, SIDE),
)

# Sizing as people write it: concrete and not absurdly large.
PLAIN_FITS = st.builds(
    Fit,
    width=st.none() | SIDE,
    height=st.none() | SIDE,
    mode=st.sampled_from(MODES),
    scale=st.sampled_from(SCALES),
    zoom=st.sampled_from([0.3, 1.0, 1.5, 2.0]),
    anchor=POINTS,
    window=st.none() | st.builds(Window, *[st.floats(-50, 150)] * 4, st.just(100.0), st.just(100.0)),
    background=st.none() | COLOURS,
    light=st.just("srgb"),
    smart=st.booleans(),
    focus=st.none() | POINTS,
    down_kernel=st.sampled_from([None, "box", "mitchell"]),
    sharpen=st.sampled_from([0.0, 0.0, 15.0]),
    sharpen_when=WHENS,
    headroom=st.sampled_from([None, 2.1]),
    exact=st.booleans(),
)
TURNS = st.builds(Turn, st.integers(1, 3))
MIRRORS = st.builds(Mirror, st.sampled_from(["x", "y", "both"]))
DECODES = st.builds(
    Decode,
    st.integers(0, 9),
    st.none() | st.integers(0, 500),
    st.booleans(),
    st.sampled_from(["lenient", "strict", "ignore"]),
)
TRIMS = st.builds(Trim, st.integers(0, 255), st.floats(0, 100))
CROPS = st.builds(Crop, I32, I32, I32, I32)
SMART_CROPS = st.builds(SmartCrop, SIDE, SIDE)
RESIZES = st.builds(
    Resize,
    SIDE,
    SIDE,
    LIGHTS,
    COLOURS,
    kernel=KERNELS,
    sharpen=st.sampled_from([0, 0.0, 12.5, -1.0]),
    headroom=st.none() | st.floats(1, 8),
)
PADS = st.builds(Pad, I32, I32, I32, I32, COLOURS)
CANVASES = st.builds(Canvas, SIDE, SIDE, COLOURS, st.booleans())
REGIONS = st.builds(Region, *[I32 | REAL] * 4, st.booleans(), st.booleans(), COLOURS)
EXPANDS = st.builds(Expand, *[st.integers(0, 2**32 - 1)] * 4, COLOURS)
FILLS = st.builds(Fill, *[st.integers(0, 2**32 - 1)] * 4, COLOURS)

IDENTITY = tuple(float(at % 6 == 0) for at in range(20))
ROUNDS = st.builds(
    Round, st.tuples(*[st.sampled_from([0, 0.0, 30, 250.0, -4.0])] * 4), COLOURS, st.sampled_from(get_args(Unit))
)
RECOLOURS = st.builds(
    Recolour,
    st.sampled_from([IDENTITY, (*IDENTITY[:18], 0.5, 0.0), (*IDENTITY[:18], 2.0, 0.0), (*IDENTITY[:18], 0.0, 1.0)])
    | st.tuples(*[REAL | st.integers(-3, 3)] * 20),
)
ON_IMAGE = st.one_of(
    ROUNDS,
    RECOLOURS,
    st.builds(Balance, st.floats(0, 1)),
    st.builds(Blur, st.floats(-1, 100)),
    st.builds(Pixelate, st.integers(-1, 100)),
)
AREAS = st.builds(Area, st.sampled_from(["image", "canvas"]), *[st.floats(-20, 120)] * 4, margins=st.booleans())
WATERMARKS = st.builds(
    Watermark,
    area=AREAS,
    mode=FIT_MODES,
    gravity=POINTS,
    opacity=st.floats(-0.5, 1.5),
    min_width=st.sampled_from([0, 0, 300]),
    min_height=st.sampled_from([0, 0, 300]),
    down_kernel=st.none() | KERNELS,
    up_kernel=st.none() | KERNELS,
    light=st.none() | LIGHTS,
    sharpen=st.sampled_from([0, 7.5]),
    sharpen_when=WHENS,
)
OVERLAYS = st.builds(
    Overlay,
    st.integers(-500, 500),
    st.integers(-500, 500),
    st.floats(-0.5, 1.5),
    st.sampled_from(get_args(Blend)),
)
CAPTIONS = st.builds(
    Caption,
    text=st.text(max_size=5),
    font=st.text(max_size=5),
    size=st.sampled_from([0, 12, 24.5]),
    colour=COLOURS,
    gravity=POINTS,
    margin=st.integers(0, 50),
    opacity=st.floats(-0.5, 1.5),
)
ENCODES = st.builds(
    Encode,
    format=st.none() | AUTOS | st.text(max_size=8),
    quality=st.none() | st.integers(0, 100) | AUTOS,
    qualities=st.lists(st.tuples(st.text(max_size=5), st.integers(0, 100)), max_size=3).map(tuple),
    aim=st.none() | REAL,
    lossless=st.none() | KEEPS,
    lossless_of=st.lists(st.tuples(st.text(max_size=5), KEEPS), max_size=3).map(tuple),
    matte=st.none() | COLOURS,
    accepts=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    profile=st.none() | PERCENT,
    profile_dpr=st.floats(0.1, 12) | st.integers(1, 4) | AUTOS,
    tuning=st.lists(st.tuples(st.text(max_size=5), REAL | st.integers(0, 10)), max_size=3).map(tuple),
    keep=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    gamut=st.sampled_from(["srgb", "p3"]),
)
ALONE: st.SearchStrategy[Step] = st.one_of(
    TRIMS,
    TURNS,
    MIRRORS,
    FITS,
    CROPS,
    SMART_CROPS,
    RESIZES,
    PADS,
    REGIONS,
    EXPANDS,
    FILLS,
    ON_IMAGE,
    CAPTIONS,
    st.just(Dot()),
    ENCODES,
)
TOGETHER: st.SearchStrategy[Step] = WATERMARKS | OVERLAYS
INSIDE = st.builds(Overlay, I32, I32, inside=st.booleans())


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Any graph of any steps, each on as many earlier nodes as it works on."""
    nodes = [Node(draw(DECODES))]
    for _ in range(draw(st.integers(0, 6))):
        nodes.append(draw(_node(len(nodes), DECODES | CANVASES, ALONE, TOGETHER | INSIDE)))
    return Plan(tuple(nodes))


@st.composite
def _node(
    draw: st.DrawFn,
    earlier: int,
    decodes: st.SearchStrategy[Step],
    alone: st.SearchStrategy[Step],
    together: st.SearchStrategy[Step],
) -> Node:
    step = draw(st.one_of(alone, alone, alone, together, decodes))
    count = {Decode: 0, Canvas: 0, Watermark: 2, Overlay: 2}.get(type(step), 1)
    return Node(step, tuple(draw(st.integers(0, earlier - 1)) for _ in range(count)))


FORMATS = st.sampled_from(["jpeg", "png", "webp", "gif", "json"])


@st.composite
def riapi_plans(draw: st.DrawFn) -> Plan:
    """Negotiated chains as the query dialect builds them, without trimming and marks."""
    around = st.lists(TURNS | MIRRORS, max_size=3)
    effects = draw(st.lists(ON_IMAGE, max_size=2))
    dot = draw(st.sampled_from([[], [Dot()]]))
    encode = Encode(draw(FORMATS), draw(st.none() | st.integers(0, 100)), matte=draw(st.none() | COLOURS))
    return Plan.chain(Decode(), *draw(around), draw(PLAIN_FITS), *effects, *draw(around), *dot, encode)


NEGOTIATED: st.SearchStrategy[Step] = st.one_of(
    PLAIN_FITS,
    TURNS,
    MIRRORS,
    ON_IMAGE,
    st.builds(Crop, st.integers(0, 9), st.integers(0, 9), SIDE, SIDE),
    st.builds(SmartCrop, SIDE, SIDE),
    RESIZES,
    st.builds(Pad, st.integers(0, 9), st.integers(0, 9), SIDE, SIDE, COLOURS),
    CAPTIONS,
    st.just(Dot()),
    # What no size makes a Misfit: windows that may reach beyond, one pixel painted over.
    st.builds(Region, *[st.integers(-50, 50)] * 2, *[st.integers(51, 3000)] * 2, background=COLOURS),
    st.builds(Region, *[st.floats(-150, 60)] * 2, *[st.floats(61, 200)] * 2, percent=st.just(True), background=COLOURS),
    st.just(Region(0, 0, 100, 100, percent=True)),
    st.builds(Expand, *[st.integers(0, 50)] * 4, COLOURS),
    st.builds(Fill, st.just(0), st.just(0), st.just(1), st.just(1), COLOURS),
)


@st.composite
def negotiated_plans(draw: st.DrawFn, trims: bool = True) -> Plan:
    """Any graph of steps with nothing open, over two inputs, with at least one output; Trim anywhere or nowhere."""
    alone = st.one_of(NEGOTIATED, NEGOTIATED, TRIMS) if trims else NEGOTIATED
    nodes = [Node(Decode()), Node(Decode(1))]
    for _ in range(draw(st.integers(0, 7))):
        begin = st.builds(Decode, st.integers(0, 1)) | CANVASES
        nodes.append(draw(_node(len(nodes), begin, alone, TOGETHER)))
    last = len(nodes) - 1
    for at in [last, *draw(st.lists(st.integers(0, last), max_size=2))]:
        nodes.append(Node(Encode(draw(FORMATS), 80, matte=draw(st.none() | COLOURS)), (at,)))
    return Plan(tuple(nodes))


FACTS = st.builds(
    Facts,
    format=st.sampled_from(["jpeg", "png", "webp", "gif", "svg", "bmp"]),
    width=SIDE,
    height=SIDE,
    orientation=st.integers(1, 8),
    frames=st.sampled_from([1, 1, 12]),
    alpha=st.booleans(),
    bits=st.sampled_from([8, 16]),
    progressive=st.booleans(),
)
BOTH_FACTS = st.lists(FACTS, min_size=2, max_size=2)
