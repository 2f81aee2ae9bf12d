"""Hypothesis strategies for everything a plan may say."""

from hypothesis import strategies as st

from edge.plan.facts import Facts
from edge.plan.plan import Node, Plan
from edge.plan.steps import Auto, Crop, Decode, Encode, Fit, Mirror, Mode, Pad, Point, Resize, Scale, Step, Turn, Window

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
    light=st.none() | st.sampled_from(["linear", "srgb"]),
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
)
TURNS = st.builds(Turn, st.integers(1, 3))
MIRRORS = st.builds(Mirror, st.sampled_from(["x", "y", "both"]))
DECODES = st.builds(Decode, st.integers(0, 9), st.none() | st.integers(0, 500))
CROPS = st.builds(Crop, I32, I32, I32, I32)
RESIZES = st.builds(Resize, SIDE, SIDE, st.sampled_from(["linear", "srgb"]), COLOURS)
PADS = st.builds(Pad, I32, I32, I32, I32, COLOURS)
ENCODES = st.builds(
    Encode,
    format=st.none() | AUTOS | st.text(max_size=8),
    quality=st.none() | st.integers(0, 100),
    qualities=st.lists(st.tuples(st.text(max_size=5), st.integers(0, 100)), max_size=3).map(tuple),
    lossless=st.sampled_from([None, True, False, "keep"]),
    matte=st.none() | COLOURS,
    accepts=st.lists(st.text(max_size=5), max_size=3).map(tuple),
)
STEPS: st.SearchStrategy[Step] = st.one_of(TURNS, MIRRORS, FITS, CROPS, RESIZES, PADS, ENCODES)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Any graph: what is no Decode works on one or two earlier nodes."""
    nodes = [Node(draw(DECODES))]
    for step in draw(st.lists(STEPS, max_size=6)):
        of = draw(st.lists(st.integers(0, len(nodes) - 1), min_size=1, max_size=2))
        nodes.append(Node(step, tuple(of)))
    return Plan(tuple(nodes))


@st.composite
def riapi_plans(draw: st.DrawFn) -> Plan:
    """Negotiated chains as the query dialect builds them."""
    around = st.lists(TURNS | MIRRORS, max_size=3)
    encode = Encode(draw(st.sampled_from(["jpeg", "png", "webp", "gif"])), draw(st.none() | st.integers(0, 100)))
    return Plan.chain(Decode(), *draw(around), draw(PLAIN_FITS), *draw(around), encode)


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
