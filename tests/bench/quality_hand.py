"""A process that makes renditions of one picture in several ways, times them and scores them.

Beside the edge stands what most programs that use libvips do: its one-line thumbnail, and its savers with nothing but a
quality said. The thumbnail is told height and width, so that it is scored at exactly the size of the reference: that
is worth up to four points to it. Metadata is left out on both sides.
"""

import io
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pyvips

from edge.imaging import prepare, run, warm
from edge.plan.canonical import parse_plan
from edge.plan.facts import Limits
from edge.plan.work import Source
from tests.bench.hands import obey

LIMITS = Limits()
# What transparent pixels are laid over: white before a JPEG is written, a middle grey when the others are looked at.
PAPER, GREY = 255, 128
Runner = Callable[[], tuple[bytes, list[int], float]]
ENOUGH, PATIENCE = 3, 5.0  # rounds that are run however long they take, and seconds after which no other begins
SIX_SCALES = 256  # pixels a side: halved five times, 8 are left, and the metric takes no less
COARSE = 2  # steps of quality between which points and bytes are interpolated: a score or an AVIF can take seconds
_SAVERS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "jpeg": ("jpegsave_buffer", {"background": PAPER}),
    "webp": ("webpsave_buffer", {}),
    "avif": ("heifsave_buffer", {"compression": "av1"}),
}


def thumbnail(data: bytes, width: int, height: int) -> Any:
    return pyvips.Image.thumbnail_buffer(data, width, height=height, size="force", output_profile="srgb")


def saved(image: Any, format: str, quality: int) -> bytes:
    operation, options = _SAVERS[format]
    body: bytes = pyvips.Operation.call(operation, image, Q=quality, keep="none", **options)
    return body


def race(order: Any) -> object:
    """{"path", "runners", "rounds"}, a runner being {"plan"} or {"thumbnail": [width, height, format, quality]}. Per
    runner: size, bytes, how often a saver was called, and the processor's milliseconds in each round, of all and of
    encoding. Who begins a round changes from one to the next; a first one does not count."""
    began, data = time.perf_counter(), Path(order["path"]).read_bytes()
    runners = [_runner(data, runner) for runner in order["runners"]]
    told: list[dict[str, Any]] = []
    for runner in runners:
        with _counted() as saves:
            body, size, _ = runner()
        told.append({"bytes": len(body), "size": size, "saves": len(saves), "took": [], "encode": []})
    for turn in range(order["rounds"]):
        if turn >= ENOUGH and time.perf_counter() - began > PATIENCE:
            break
        pairs = list(zip(runners, told, strict=True))
        for runner, tells in pairs[::-1] if turn % 2 else pairs:
            took, encode = _timed(runner)
            tells["took"].append(took)
            tells["encode"].append(encode)
    return told


def _timed(runner: Runner) -> tuple[float, float]:
    """Processor milliseconds, which a crowded machine stretches less than the clock's; and those of encoding, which
    the edge tells by the clock: the same share of them."""
    began, busy = time.perf_counter(), time.process_time()
    encode = runner()[2]
    took = (time.process_time() - busy) * 1000
    return took, took * encode / (time.perf_counter() - began)


def _runner(data: bytes, runner: Any) -> Runner:
    """Makes a rendition: its bytes, its size, and the seconds of encoding where they are known."""
    if "plan" in runner:
        plan = parse_plan(runner["plan"])

        def edge() -> tuple[bytes, list[int], float]:
            made = run(plan, [Source(data)], LIMITS)
            return made.body, [made.width, made.height], made.seconds.get("encode", 0.0)

        return edge
    width, height, format, quality = runner["thumbnail"]
    return lambda: (saved(thumbnail(data, width, height), format, quality), [width, height], 0.0)


@contextmanager
def _counted() -> Iterator[list[str]]:
    """The savers called meanwhile, by whomever."""
    call, names = pyvips.Operation.call, []

    def counting(name: str, *args: object, **options: object) -> object:
        if "save" in name:
            names.append(name)
        return call(name, *args, **options)

    pyvips.Operation.call = counting
    try:
        yield names
    finally:
        pyvips.Operation.call = call


def judge(order: Any) -> object:
    """{"path", "kinds": [{"format", "plan", "quality", "mixed"}], "equal_points"}: all of one size; `mixed` is the
    light in which transparent pixels are flattened. Per kind, points and bytes of the edge's rendition, points and
    bytes of the thumbnail at that quality, the thumbnail's points at the edge's bytes, and its bytes at the edge's
    points; None where no quality comes to that."""
    from tests.bench.quality_lanczos import reference

    data = Path(order["path"]).read_bytes()
    made = [run(parse_plan(kind["plan"]), [Source(data)], LIMITS) for kind in order["kinds"]]
    width, height = made[0].width, made[0].height
    exact = cache(lambda format, mixed: reference(data, width, height, PAPER if format == "jpeg" else GREY, mixed))
    small = thumbnail(data, width, height).copy_memory()
    told = []
    for kind, ours in zip(order["kinds"], made, strict=True):
        assert (ours.width, ours.height) == (width, height), "renditions of several sizes cannot be compared"
        curve = Curve(small, kind["format"], exact(kind["format"], "srgb"))
        reached = points(exact(kind["format"], kind["mixed"]), ours.body)
        told.append(_judged(curve, len(ours.body), reached, kind["quality"], order["equal_points"]))
    return told


def _judged(curve: "Curve", size: int, reached: float, quality: int, equal_points: bool) -> object:
    return {
        "points": reached,
        "bytes": size,
        "plain_points": curve.points(quality),
        "plain_bytes": curve.bytes(quality),
        "same_bytes": curve.points_at(size, quality),
        "same_points": curve.bytes_at(reached, quality) if equal_points else None,
    }


class Curve:
    """Bytes and points of one picture over the qualities 1 to 100 of one format."""

    def __init__(self, image: Any, format: str, exact: Any) -> None:
        self._body = cache(lambda quality: saved(image, format, quality))
        self.points = cache(lambda quality: points(exact, self._body(quality)))

    def bytes(self, quality: int) -> int:
        return len(self._body(quality))

    def points_at(self, size: int, start: int) -> float | None:
        """Between two qualities whose files enclose this size, by the logarithm of bytes."""
        low, high = enclosing(self.bytes, size, start, COARSE)
        if not self.bytes(low) <= size <= self.bytes(high):
            return None
        return _between(self._logs(low, high), [self.points(low), self.points(high)], math.log(size))

    def bytes_at(self, wanted: float, start: int) -> int | None:
        low, high = enclosing(self.points, wanted, start, COARSE)
        if not self.points(low) <= wanted <= self.points(high):
            return None
        return round(math.exp(_between([self.points(low), self.points(high)], self._logs(low, high), wanted)))

    def _logs(self, *qualities: int) -> list[float]:
        return [math.log(self.bytes(quality)) for quality in qualities]


def enclosing(
    measure: Callable[[int], float], wanted: float, start: int, apart: int = 1, least: int = 1, most: int = 100
) -> tuple[int, int]:
    """Two qualities, at most `apart`, whose measures enclose what is wanted: looked for from `start` in growing steps,
    then by halving. Where the scale ends before that, its end."""
    low = high = start
    step = max(2, apart)
    while measure(high) < wanted and high < most:
        low, high, step = high, min(most, high + step), step * 2
    while measure(low) > wanted and low > least:
        low, high, step = max(least, low - step), low, step * 2
    if not measure(low) <= wanted <= measure(high):
        return (low, low) if measure(low) > wanted else (high, high)
    while high - low > apart:
        middle = (low + high) // 2
        low, high = (middle, high) if measure(middle) < wanted else (low, middle)
    return low, high


def _between(at: Sequence[float], value: Sequence[float], wanted: float) -> float:
    if at[0] == at[1]:
        return sum(value) / 2
    share = (wanted - at[0]) / (at[1] - at[0])
    return value[0] + share * (value[1] - value[0])


def points(exact: Any, body: bytes) -> float:
    """SSIMULACRA 2 of a file against what it should look like: 100 = no difference, 90 = none to be seen, 70 = good."""
    from tests.bench.quality_lanczos import shown

    return score(exact, shown(body, GREY))


def score(exact: Any, seen: Any) -> float:
    """Of two pictures of one size, 8-bit sRGB, height × width × 3."""
    assert exact.shape == seen.shape, f"Expected {exact.shape} but received {seen.shape}"
    return float(import_module("ssimulacra2").compute_ssimulacra2(_file(exact), _file(seen)))


def _file(levels: Any) -> io.BytesIO:
    """A picture that is too small for all six scales of the metric is continued by its mirror image: with fewer, the
    metric applies the weights of one scale to another, and the same JPEG can lose 30 points."""
    short = [(0, max(0, SIX_SCALES - side)) for side in levels.shape[:2]]
    if any(more for _, more in short):
        levels = import_module("numpy").pad(levels, [*short, (0, 0)], mode="symmetric")
    return io.BytesIO(b"P6 %d %d 255\n" % (levels.shape[1], levels.shape[0]) + levels.tobytes())


def aim(order: Any) -> object:
    """{"path", "plan", "exact"}: the points that the plan's rendition reaches against the same pixels written without
    loss, by the plan `exact`."""
    from tests.bench.quality_lanczos import shown

    source = [Source(Path(order["path"]).read_bytes())]
    made, exact = (run(parse_plan(order[plan]), source, LIMITS) for plan in ("plan", "exact"))
    return {"points": points(shown(exact.body, GREY), made.body)}


_WORK = {"race": race, "judge": judge, "aim": aim}


def work(order: Any) -> object:
    """{"do": one of these, …}; nothing to do is done at once."""
    return _WORK[order["do"]](order) if order else {}


if __name__ == "__main__":
    prepare()
    warm()
    obey(work)
