"""The pictures that work is measured on: painted ones to learn from, real ones to be judged by."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyvips

from edge.calibration import painting
from edge.calibration.meter import Meter
from edge.plan.facts import Facts
from edge.plan.steps import Encode
from tests.bench.quality_pictures import real

# Sizes of painted pictures; each is painted with one detail, so that sizes and details mix.
SIZES = ((240, 180), (500, 333), (640, 480), (900, 1200), (1600, 1000), (2000, 1500), (2600, 3000), (4000, 3000))
SIZES += ((600, 450), (1200, 800), (360, 540), (2400, 1350))  # type: ignore[assignment]
DETAILS = (1.0, 0.2, 2.0, 0.7, 0.1, 1.4, 0.3, 0.7, 5.0, 3.0, 0.05, 0.5)
HALF_A_HUGE_SIDE = ((3000, 2000), 0.7)


@dataclass(frozen=True, slots=True)
class Picture:
    name: str
    file: Path
    facts: Facts
    length: int

    @property
    def kind(self) -> str:
        """The format, and what else matters to a decoder."""
        said = self.facts
        more = ("progressive" if said.progressive else "", "moving" if said.frames > 1 else "")
        lossless = "lossless" if said.format == "webp" and said.lossless else ""
        palette = "palette" if said.format == "png" and not said.lossless else ""
        return " ".join(filter(None, (said.format, *more, lossless, palette)))


def told(meter: Meter, file: Path) -> Picture | None:
    """None when it cannot be read."""
    answer = meter.ask(sources=[str(file)])
    return None if "error" in answer else Picture(file.name, file, Facts(**answer["facts"]), file.stat().st_size)


# How a picture in memory becomes files of each kind: suffix, and the saver's options.
Kinds = Mapping[str, tuple[str, Mapping[str, object], Callable[[Any], Any]]]


def _same(image: Any) -> Any:
    return image


def _clear(image: Any) -> Any:
    """Fading from left to right, nothing at all in the first fifth."""
    ramp = pyvips.Image.xyz(image.width, image.height)[0] * (320 / image.width) - 64
    return image.bandjoin((ramp < 0).ifthenelse(0, (ramp > 255).ifthenelse(255, ramp)).cast("uchar"))


def _grey(image: Any) -> Any:
    return image.colourspace("b-w")


KINDS: Kinds = {
    "jpeg": (".jpg", {"Q": 82}, _same),
    "fine": (".jpg", {"Q": 93, "subsample_mode": "off"}, _same),
    "coarse": (".jpg", {"Q": 60}, _same),
    "progressive": (".jpg", {"Q": 80, "interlace": True}, _same),
    "png": (".png", {"filter": "all"}, _same),
    "clear": (".png", {"filter": "all"}, _clear),
    "palette": (".png", {"palette": True, "effort": 1}, _same),
    "interlaced": (".png", {"interlace": True, "filter": "all"}, _same),
    "webp": (".webp", {"Q": 78, "effort": 2}, _same),
    "lossless": (".webp", {"lossless": True, "effort": 0}, _same),
    "clearwebp": (".webp", {"Q": 80, "effort": 2}, _clear),
    "avif": (".avif", {"Q": 55, "effort": 0}, _same),
    "tiff": (".tif", {"compression": "deflate", "predictor": "horizontal"}, _same),
    "plaintiff": (".tif", {}, _same),
    "gif": (".gif", {"effort": 1}, _same),
}
_SLOW = {"lossless": 5e6, "gif": 3e6, "palette": 9e6, "avif": 13e6}  # at most so many pixels
_MOVING = ((320, 240, 12), (120, 90, 40), (640, 360, 8), (480, 480, 24))


def kept(image: Any, stem: str, kinds: Mapping[str, Any], folder: Path) -> Iterator[Path]:
    """Files of an image, of each kind; those that are there already are not written again."""
    for kind, (suffix, options, change) in kinds.items():
        file = folder / f"{stem}-{kind}{suffix}"
        if image.width * image.height > _SLOW.get(kind, 1e9):
            continue
        if not file.exists():
            change(image).write_to_file(str(file), **options)
        yield file


def moving(still: Any, stem: str, size: tuple[int, int, int], folder: Path) -> Iterator[Path]:
    """Animations: a window that wanders over a picture."""
    width, height, count = size
    frames = [
        still.crop(*(at * (side - part) // count for side, part in sides), width, height)
        for at, sides in ((at, ((still.width, width), (still.height, height))) for at in range(count))
    ]
    strip = pyvips.Image.arrayjoin(frames, across=1).copy()
    strip.set_type(pyvips.GValue.gint_type, "page-height", height)
    strip.set_type(pyvips.GValue.array_int_type, "delay", [80] * count)
    for suffix, options in ((".gif", {"effort": 1, "dither": 0.0}), (".webp", {"Q": 75, "effort": 2})):
        file = folder / f"{stem}-{width}x{height}x{count}{suffix}"
        if not file.exists():
            strip.write_to_file(str(file), **options)
        yield file


def svgs(folder: Path) -> Iterator[Path]:
    """Drawings of few and of many shapes."""
    for count, side in ((5, 200), (60, 600), (400, 900)):
        shapes = "".join(
            f'<circle cx="{at * 37 % side}" cy="{at * 91 % side}" r="{5 + at * 7 % 60}" fill="#{at * 4129 % 4096:03x}"'
            ' fill-opacity=".8"/>'
            for at in range(count)
        )
        file = folder / f"drawn-{count}.svg"
        file.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}">{shapes}</svg>')
        yield file


def painted(meter: Meter, folder: Path) -> list[Picture]:
    """What is learnt from."""
    files = list(svgs(folder))
    for at, ((width, height), detail) in enumerate([*zip(SIZES, DETAILS, strict=True), HALF_A_HUGE_SIDE]):
        target = folder / f"painted-{width}x{height}-{detail}.png"
        if not target.exists():
            painting.paint(meter.make, folder, (width, height), detail, Encode("png", tuning=(("png.plain", 1.0),)))
        image = pyvips.Image.new_from_file(str(target)).copy_memory()
        files += kept(image, f"p{at}", KINDS, folder)
        if ((width, height), detail) == HALF_A_HUGE_SIDE:
            names = ("jpeg", "png", "progressive", "webp", "clear")
            files += kept(image.replicate(2, 2), "huge", {name: KINDS[name] for name in names}, folder)
        if at in (4, 5):
            for size in _MOVING[at % 2 :: 2]:
                files += moving(image, f"m{at}", size, folder)
    return [each for each in (told(meter, file) for file in files) if each is not None]


_WIDE = 500  # pixels: narrower real pictures are taken as they are only
_OTHER = ("jpeg", "progressive", "png", "clear", "webp", "lossless", "avif", "tiff", "palette", "interlaced", "gif")


def judged(meter: Meter, folder: Path) -> list[Picture]:
    """Real pictures, as they are and in other formats; the widest also as a mosaic of 24 megapixels."""
    given = real()
    if given is None:
        raise SystemExit("Expected real pictures: EDGE_BENCH_PICTURES or EDGE_TEST_CORPUS names their folder")
    found = [each for each in (told(meter, file) for file in sorted(given.iterdir()) if file.is_file()) if each]
    own = [each for each in found if each.facts.width * each.facts.height > 2500 and each.facts.format != "heic"]
    files: list[Path] = []
    stills = [each for each in own if each.facts.frames == 1 and each.facts.width >= _WIDE and each.facts.bits == 8]
    for at, each in enumerate(stills):
        image = pyvips.Image.new_from_file(str(each.file))
        if image.interpretation == "srgb" and image.bands == 3:
            image = image.copy_memory()
            names = [_OTHER[(at * 3 + step) % len(_OTHER)] for step in range(4)]
            files += kept(image, f"h{at}", {name: KINDS[name] for name in names}, folder)
            if at % 4 == 0:
                files += moving(image, f"hm{at}", (300, 300, 10), folder)
            if image.width > 2500:
                wide = image.replicate(2, 2)
                files += kept(wide, f"hw{at}", {name: KINDS[name] for name in ("jpeg", "png")}, folder)
    return [*own, *(each for each in (told(meter, file) for file in files) if each is not None)]
