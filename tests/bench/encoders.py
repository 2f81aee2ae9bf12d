"""What writing takes per format and size, what quality=auto comes to, and what mixing in linear light costs.

All times are processor milliseconds of files that are made in turn in one process, with as many such processes as there
are processors; what counts is the ratio of two files of one picture in one round.
"""

import math
import statistics
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edge.plan.canonical import print_plan
from edge.plan.plan import Plan
from edge.plan.steps import Resize
from tests.bench.hands import Hand
from tests.bench.originals import Original
from tests.bench.quality import judges, race, shared
from tests.bench.quality_pictures import chosen, little, planned, rewritten
from tests.bench.table import number

FORMATS = ("jpeg", "webp", "avif", "png")
AUTOMATIC = ("jpeg", "webp", "avif")
LIGHTS = ("linear", "srgb", "thumbnail")


@dataclass(frozen=True, slots=True)
class Scale:
    """How many pictures, how many pixels a result has, how wide those are that auto and light are asked for, and how
    often each file is made."""

    pictures: int
    pixels: tuple[int, ...]
    auto: tuple[int, ...]
    light: tuple[int, ...]
    rounds: int
    tiny: bool = False


FULL = Scale(
    pictures=6,
    pixels=(50_000, 200_000, 800_000, 2_000_000, 4_000_000),
    auto=(320, 800),
    light=(320, 512, 1200),
    rounds=3,
)
QUICK = Scale(pictures=3, pixels=(50_000, 200_000, 800_000), auto=(320,), light=(512,), rounds=3)
TINY = Scale(pictures=2, pixels=(20_000,), auto=(160,), light=(160,), rounds=1, tiny=True)


@dataclass(frozen=True, slots=True)
class File:
    """One file of one picture: what it takes, and what another of the same picture takes, round by round."""

    group: str
    kind: str
    pixels: int
    bytes: int
    saves: int
    took: tuple[float, ...]
    encode: tuple[float, ...]
    beside: tuple[float, ...]
    beside_encode: tuple[float, ...]
    points: float = math.nan
    aim: float = math.nan

    @property
    def ms(self) -> float:
        return statistics.median(self.took)

    @property
    def encode_ms(self) -> float:
        return statistics.median(self.encode)

    @property
    def ratio(self) -> float:
        """How many times as long as the other."""
        return statistics.median(mine / yours for mine, yours in zip(self.took, self.beside, strict=True))

    @property
    def encode_ratio(self) -> float:
        return statistics.median(mine / yours for mine, yours in zip(self.encode, self.beside_encode, strict=True))


def encoders(scale: Scale, scored: bool = True) -> tuple[dict[str, list[File]], str]:
    """The files by table, and the tables. Without `scored` no points are told."""
    with tempfile.TemporaryDirectory(prefix="edge-encoders-") as place:
        folder = Path(place)
        originals, sentence = (little(folder), "") if scale.tiny else chosen(folder, scale.pictures)
        opaque = [original for original in originals if not original.facts.alpha]
        with judges() as crew:
            files = {
                "formats": _formats(crew, opaque, scale),
                "auto": _auto(crew, opaque, scale, scored),
                "light": _lights(crew, opaque, scale),
            }
    tables = [_formats_table(files["formats"]), _auto_table(files["auto"]), _light_table(files["light"])]
    return files, "\n".join([line for table in tables for line in (*table, "")] + [sentence])


def _file(group: str, kind: str, told: Any, other: Any) -> File:
    took, encode, beside, beside_encode = (tuple(each[part]) for each in (told, other) for part in ("took", "encode"))
    pixels = math.prod(told["size"])
    return File(group, kind, pixels, told["bytes"], told["saves"], took, encode, beside, beside_encode)


def _formats(crew: Sequence[Hand], originals: Sequence[Original], scale: Scale) -> list[File]:
    """Each format of each picture of about so many pixels, beside WebP; none where that would be no smaller."""
    tasks = [(pixels, each) for pixels in scale.pixels for each in originals if math.prod(each.facts.upright) > pixels]
    orders = []
    for pixels, original in tasks:
        across, down = original.facts.upright
        width = round(math.sqrt(pixels * across / down))
        plans = (planned(original, f"w={width}&format={format}") for format in FORMATS)
        orders.append(race(original, map(_made_by, plans), scale.rounds))
    files = []
    for (pixels, _), told in zip(tasks, shared(crew, orders), strict=True):
        beside = told[FORMATS.index("webp")]
        files += [_file(f"{pixels:,}", format, each, beside) for format, each in zip(FORMATS, told, strict=True)]
    return files


def _made_by(plan: Plan) -> Mapping[str, object]:
    return {"plan": print_plan(plan)}


def _auto(crew: Sequence[Hand], originals: Sequence[Original], scale: Scale, scored: bool) -> list[File]:
    """quality=auto beside the default quality, for the formats that know a target."""
    tasks = [
        (
            original,
            format,
            [planned(original, f"w={width}&format={format}{quality}") for quality in ("&quality=auto", "")],
        )
        for width in scale.auto
        for original in originals
        for format in AUTOMATIC
        if width < original.facts.upright[0]
    ]
    tasks = [task for task in tasks if task[2][0].outputs[0].aim is not None]
    raced = shared(crew, [race(original, map(_made_by, plans), scale.rounds) for original, _, plans in tasks])
    files = []
    for (_, format, plans), (auto, usual) in zip(tasks, raced, strict=True):
        aim = plans[0].outputs[0].aim or math.nan
        files += [replace(_file(format, "auto", auto, usual), aim=aim), _file(format, "default", usual, usual)]
    orders = [_scoring(original, plan) for original, _, plans in tasks for plan in plans] if scored else []
    points = [each["points"] for each in shared(crew, orders)] if scored else [math.nan] * len(files)
    return [replace(file, points=each) for file, each in zip(files, points, strict=True)]


def _scoring(original: Original, plan: Plan) -> Mapping[str, object]:
    exact = rewritten(plan, lambda step: replace(step, format="png", quality=100, aim=None, lossless=True, tuning=()))
    return {"do": "aim", "path": str(original.path), "plan": print_plan(plan), "exact": print_plan(exact)}


def _lights(crew: Sequence[Hand], originals: Sequence[Original], scale: Scale) -> list[File]:
    """A JPEG in linear light, in light as stored, and libvips' own thumbnail."""
    tasks = [(width, each) for width in scale.light for each in originals if width < each.facts.upright[0]]
    orders = [race(original, _in_each_light(original, width), scale.rounds) for width, original in tasks]
    return [
        _file(f"{width}", light, each, told[LIGHTS.index("thumbnail")])
        for (width, _), told in zip(tasks, shared(crew, orders), strict=True)
        for light, each in zip(LIGHTS, told, strict=True)
    ]


def _in_each_light(original: Original, width: int) -> list[Mapping[str, object]]:
    linear, stored = (planned(original, f"w={width}&format=jpeg", light) for light in ("linear", "srgb"))
    resize, quality = linear.find(Resize), linear.outputs[0].quality
    assert resize is not None
    return [_made_by(linear), _made_by(stored), {"thumbnail": [resize.width, resize.height, "jpeg", quality]}]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows)]


def _groups(files: Sequence[File]) -> dict[tuple[str, str], list[File]]:
    groups: dict[tuple[str, str], list[File]] = {}
    for file in files:
        groups.setdefault((file.group, file.kind), []).append(file)
    return groups


def _middle(files: Sequence[File], pick: Callable[[File], float]) -> str:
    return number(statistics.median(map(pick, files)))


def _spread(files: Sequence[File], pick: Callable[[File], float]) -> str:
    values = [pick(file) for file in files]
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def _formats_table(files: Sequence[File]) -> list[str]:
    head = (
        "pixels",
        "format",
        "kB",
        "bits a pixel",
        "ms to encode",
        "ms in all",
        "by WebP's, to encode",
        "by WebP's, in all",
    )
    rows = [
        (
            pixels,
            format,
            _middle(group, lambda file: file.bytes / 1000),
            _middle(group, lambda file: file.bytes * 8 / file.pixels),
            _middle(group, lambda file: file.encode_ms),
            _middle(group, lambda file: file.ms),
            _spread(group, lambda file: file.encode_ratio),
            _spread(group, lambda file: file.ratio),
        )
        for (pixels, format), group in _groups(files).items()
    ]
    most = max(file.ratio for file in files if file.kind == "avif")
    return [
        *_table(head, rows),
        "",
        f"A cold AVIF takes at most {most:.1f} times as long as the WebP of the same picture.",
    ]


def _auto_table(files: Sequence[File]) -> list[str]:
    """A row per format: what auto comes to, and what the default quality comes to."""
    if not files:
        return ["quality=auto comes to a target for no format."]
    head = ("format", "quality", "aim", "points", "files written", "kB", "ms", "by the default's")
    rows = [
        (
            format,
            kind,
            f"{group[0].aim:g}" if kind == "auto" else "",
            _spread(group, lambda file: file.points),
            f"{_middle(group, lambda file: file.saves)} (at most {max(file.saves for file in group)})",
            _middle(group, lambda file: file.bytes / 1000),
            _middle(group, lambda file: file.ms),
            _spread(group, lambda file: file.ratio),
        )
        for (format, kind), group in _groups(files).items()
    ]
    return _table(head, rows)


def _light_table(files: Sequence[File]) -> list[str]:
    head = ("width", "light", "ms", "by thumbnail's")
    rows = [
        (width, light, _middle(group, lambda file: file.ms), _spread(group, lambda file: file.ratio))
        for (width, light), group in _groups(files).items()
    ]
    return _table(head, rows)
