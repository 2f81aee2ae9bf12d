"""What several nodes say in the same words: colours, positions, how a picture is resampled, what a decoder may do."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from edge.dialects import values
from edge.dialects.book import Compat
from edge.dialects.colours import NAMED
from edge.dialects.imageflow import nodes as job
from edge.dialects.imageflow.colours import Black, Colour, Transparent
from edge.dialects.imageflow.recipe import Hint, Step
from edge.dialects.kernels import KERNELS
from edge.errors import expected
from edge.plan.boxes import I32_MAX, round_away
from edge.plan.colour import is_opaque, visible
from edge.plan.facts import Facts
from edge.plan.steps import TRANSPARENT, Decode, Point, Profile, SharpenWhen

_BLACK: Final = "000000ff"
_WHEN: Final[Mapping[str, SharpenWhen]] = {
    "downscaling": "downscaling",
    "upscaling": "upscaling",
    "size_differs": "sizediffers",
    "always": "always",
}
_EIGHTHS: Final = (1, 2, 3, 4, 5, 6)  # what a JPEG decoder may give of each side; the next is all of it


def colour(said: Colour, field: str, whose: Step) -> str:
    """RRGGBBAA, for what can hold transparency: what nobody sees has no colour."""
    return visible(paint(said, field, whose))


def paint(said: Colour, field: str, whose: Step) -> str:
    """RRGGBBAA as it is said: what can hold no transparency shows it whatever its alpha. Names that CSS knows are not
    known here."""
    if isinstance(said, Transparent):
        return TRANSPARENT
    if isinstance(said, Black):
        return _BLACK
    text = said.value.hex
    read = None if text.lower() in NAMED else values.colour(text)
    if read is None:
        raise whose.fault(expected("RRGGBB or RRGGBBAA in hex", field, text), "InvalidNodeParams")
    return read


def point(said: job.Gravity | None) -> Point:
    """The centre is 50 percent here, which rounds where RIAPI's named centre floors (JSON_JOBS §3, gravity)."""
    if isinstance(said, job.Percentage):
        return Point(percent(said.x), percent(said.y))
    return Point(50.0, 50.0)


def percent(number: float) -> float:
    return clamped(number, 0.0, 100.0)


def clamped(number: float, least: float, most: float) -> float:
    """A float within bounds; of the two zeros the plain one, so that equal jobs have equal plans."""
    return min(max(float(number), least), most) + 0.0


def side(length: int, field: str, whose: Step) -> int:
    """A length that must be at least a pixel. One beyond 32 bits is as good as endless."""
    if length < 1:
        raise whose.fault(expected("at least 1 pixel", field, str(length)))
    return min(length, I32_MAX)


def corners(near: float, far: float, axis: Literal["x", "y"], whose: Step) -> None:
    """The far corner must be beyond the near one."""
    if far <= near:
        raise whose.fault(expected(f"more than {axis}1, which is {near},", f"{axis}2", str(far)))


def sampling(said: job.ResampleHints | None) -> dict[str, Any]:
    """The fields of a Fit or a Watermark that tell how it is resampled."""
    hints = said or job.ResampleHints()
    sharpen = percent(hints.sharpen_percent or 0.0)
    when = _WHEN[hints.sharpen_when or "always"]
    if hints.resample_when == "size_differs" and when == "always":
        when = "sizediffers"
    return {
        "down_kernel": None if hints.down_filter is None else KERNELS[hints.down_filter],
        "up_kernel": None if hints.up_filter is None else KERNELS[hints.up_filter],
        "light": hints.scaling_colorspace,
        "sharpen": sharpen,
        "sharpen_when": when if sharpen else "always",
    }


def fitting(said: job.ResampleHints | None, whose: Step, canvas: Colour | None = None) -> dict[str, Any]:
    """The same for a Fit, with its background: the canvas' colour before the hints'."""
    background = None
    if canvas is not None:
        background = colour(canvas, "canvas_color", whose)
    elif said is not None and said.background_color is not None:
        background = colour(said.background_color, "hints.background_color", whose)
    fields = sampling(said)
    return {**fields, "up_light": fields["light"], "background": None if background == TRANSPARENT else background}


def matte(said: job.ResampleHints | None, whose: Step) -> dict[str, Any]:
    """The same for a picture that gets no padding: only what is opaque lies under it."""
    fields = fitting(said, whose)
    opaque = fields["background"] is not None and is_opaque(fields["background"])
    return {**fields, "background": fields["background"] if opaque else None}


def usual_profile(compat: Compat) -> Profile:
    """A broken colour profile fails upstream, and here only if a job says so."""
    return "lenient" if compat == "modern" else "strict"


def decoding(commands: Sequence[job.DecoderCommand] | None, compat: Compat) -> tuple[Decode, Hint | None]:
    """How an input is read, and how small its decoder may give it. Of commands about one thing the last counts."""
    frame: int | None = None
    profile, hint = usual_profile(compat), None
    for command in commands or ():
        if isinstance(command, job.SelectFrame):
            frame = command.value
        elif isinstance(command, job.DiscardColorProfile):
            profile = "ignore"
        elif isinstance(command, job.IgnoreColorProfileErrors):
            profile = profile if profile == "ignore" else "lenient"
        else:
            hint = _hint(command)
    return Decode(frame=frame, profile=profile), hint


def _hint(command: job.JpegDownscaleHints | job.WebpDecoderHints) -> Hint:
    kind: Literal["jpeg", "webp"] = "jpeg" if isinstance(command, job.JpegDownscaleHints) else "webp"
    return Hint(kind, command.width, command.height)


def shrunk(hint: Hint | None, facts: Facts) -> tuple[int, int] | None:
    """Width and height, as stored, of what a decoder gives that takes the hint; None = all of it."""
    if hint is None or hint.format != facts.format:
        return None
    made = _eighths(hint, facts) if hint.format == "jpeg" else _covering(hint, facts)
    return None if made == (facts.width, facts.height) else made


def _eighths(hint: Hint, facts: Facts) -> tuple[int, int]:
    for count in _EIGHTHS:
        width, height = -(-facts.width * count // 8), -(-facts.height * count // 8)
        if width >= hint.width and height >= hint.height:
            return width, height
    return facts.width, facts.height


def _covering(hint: Hint, facts: Facts) -> tuple[int, int]:
    """The smallest picture of the same proportions whose sides are both long enough; never a larger one."""
    share = max(hint.width / max(1, facts.width), hint.height / max(1, facts.height))
    if share >= 1:
        return facts.width, facts.height
    width = max(hint.width, round_away(facts.width * share), 1)
    return width, max(hint.height, round_away(facts.height * share), 1)
