"""The oracle: where the sniffer is sure, libvips says the same.

Stated exceptions, both ways safe:
* a side beyond VIPS_MAX_COORD: libvips shows a picture 1 pixel wide; the sniffer says the true number, too large for
  any limit;
* alpha of an AVIF whose alpha item is broken: libheif leaves it out, the sniffer has only seen that it is announced.
"""

import json
import os
import random
import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import pyvips

from edge.facts.sniff import NotAPicture, Unsure, sniff
from edge.plan.facts import Facts
from tests.edge.facts import samples
from tests.edge.facts.oracle import MOST_COORD, header

CORPUS = os.environ.get("EDGE_TEST_CORPUS")
needs_corpus = pytest.mark.skipif(not CORPUS, reason="EDGE_TEST_CORPUS names no folder of pictures")

# Opened by libvips, and yet not read here: each with the reason.
UNSURE = {
    "Pillow__crash-74d2a78403a5a59db1fb0a2b8735ac068a75f6e3.tif": "says its width twice",
    "Pillow__old-style-jpeg-compression-no-samplesperpixel.tif": "old JPEG in TIFF, converted to RGBA",
    "libvips__subsampled.tif": "YCbCr in TIFF, converted to RGBA",
    "libvips__truncated.gif": "ends within a frame",
    "svgz_bomb.svgz": "compressed text",
    "sharp__struct-image-04-t.svg": "sized in percent",
    "flyio-button.svg": "sized in percent",
}


def compare(whole: bytes) -> tuple[Facts, Facts] | None:
    """Both opinions where both are sure and they differ."""
    ours = sniff(whole, len(whole))
    if not isinstance(ours, Facts):
        return None
    theirs = header(whole, ours.format)
    return None if theirs is None or theirs == ours else (ours, theirs)


@cache
def picture(bands: int = 3, depth: str = "uchar", interpretation: str = "srgb") -> Any:
    noise = pyvips.Image.gaussnoise(48, 32, mean=128, sigma=40)
    joined = noise.bandjoin([noise + 20 * band for band in range(1, bands)]) if bands > 1 else noise
    return joined.cast(depth).copy(interpretation=interpretation)


@cache
def strip(bands: int) -> Any:
    """Three pages."""
    pages = pyvips.Image.arrayjoin([picture(bands), picture(bands).invert(), picture(bands)], across=1).copy()
    pages.set_type(pyvips.GValue.gint_type, "page-height", 32)
    return pages


def turned(image: Any, orientation: int) -> Any:
    copy = image.copy()
    copy.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    return copy


def jpegs() -> Iterator[bytes]:
    for image in (picture(), picture(1, interpretation="b-w"), picture(4, interpretation="cmyk")):
        yield from (image.jpegsave_buffer(interlace=interlace) for interlace in (False, True))
    yield from (turned(picture(), orientation).jpegsave_buffer() for orientation in range(1, 9))
    yield picture().jpegsave_buffer(keep="none", restart_interval=1, optimize_coding=True)


def pngs() -> Iterator[bytes]:
    for bands in (1, 2, 3, 4):
        kind = "b-w" if bands < 3 else "srgb"
        yield from (picture(bands, interpretation=kind).pngsave_buffer(interlace=each) for each in (False, True))
        wide = picture(bands, "ushort", "grey16" if bands < 3 else "rgb16")
        yield wide.pngsave_buffer(bitdepth=16)
    yield from (picture(bands).pngsave_buffer(palette=True, bitdepth=bits) for bands in (3, 4) for bits in (1, 2, 4, 8))
    yield from (turned(picture(), orientation).pngsave_buffer() for orientation in range(1, 9))


def gifs() -> Iterator[bytes]:
    for bands in (3, 4):
        for image in (picture(bands), strip(bands)):
            yield from (
                image.gifsave_buffer(interlace=each, bitdepth=bits) for each in (False, True) for bits in (2, 8)
            )


def webps() -> Iterator[bytes]:
    for bands in (3, 4):
        for image in (picture(bands), strip(bands)):
            yield from (image.webpsave_buffer(lossless=each) for each in (False, True))
            yield image.webpsave_buffer(keep="none")
    yield from (turned(picture(), orientation).webpsave_buffer() for orientation in range(1, 9))


def avifs() -> Iterator[bytes]:
    for bands in (3, 4):
        for bits in (8, 10, 12):
            yield picture(bands).heifsave_buffer(compression="av1", bitdepth=bits, effort=0)
    yield strip(3).heifsave_buffer(compression="av1", effort=0)
    yield turned(picture(), 6).heifsave_buffer(compression="av1", effort=0)


def tiffs() -> Iterator[bytes]:
    images = [picture(bands, interpretation="b-w" if bands < 3 else "srgb") for bands in (1, 2, 3, 4)]
    images += [picture(3, "ushort", "rgb16"), picture(3, "float", "scrgb"), picture(4, interpretation="cmyk")]
    layouts: tuple[dict[str, object], ...] = (
        {},
        {"compression": "jpeg"},
        {"compression": "deflate"},
        {"bigtiff": True},
        {"tile": True, "pyramid": True, "tile_width": 16, "tile_height": 16},
        {"tile": True, "pyramid": True, "subifd": True, "tile_width": 16, "tile_height": 16},
    )
    yield from (image.tiffsave_buffer(**layout) for image in images for layout in layouts)
    yield from (picture(1, interpretation="b-w").tiffsave_buffer(bitdepth=bits) for bits in (1, 2, 4))
    yield from (turned(picture(), orientation).tiffsave_buffer() for orientation in range(1, 9))
    yield strip(3).tiffsave_buffer()


def svgs() -> Iterator[bytes]:
    sizes = (
        'width="10" height="20"',
        'width=" 9.5px" height="20.49"',
        'viewBox="1 2 30.3,40.7"',
        'width="+7" height=".8"',
    )
    yield from (samples.svg(size, inside='<rect width="5" height="5"/>') for size in sizes)


MAKERS = {
    "jpeg": jpegs,
    "png": pngs,
    "gif": gifs,
    "webp": webps,
    "avif": avifs,
    "tiff": tiffs,
    "svg": svgs,
}


@cache
def made(name: str) -> tuple[bytes, ...]:
    return tuple(MAKERS[name]())


@pytest.mark.parametrize("name", MAKERS)
def test_whatever_libvips_writes_is_read_as_libvips_reads_it(name: str) -> None:
    for whole in made(name):
        assert sniff(whole, len(whole)) == header(whole)


@pytest.mark.parametrize("name", samples.WHOLE)
def test_the_hand_made_samples_are_what_they_claim(name: str) -> None:
    whole = samples.WHOLE[name]
    assert header(whole) in (None, sniff(whole, len(whole)))


def damage(whole: bytes, dice: random.Random) -> bytes:
    """A few bytes changed, left out, put in or cut off, mostly near the start."""
    body = bytearray(whole)
    for _ in range(dice.choice((1, 1, 2, 3))):
        at = dice.randrange(min(len(body), dice.choice((40, 120, 400, 4000))))
        length = dice.choice((0, 1, 1, 1, 2, 4))
        body[at : at + length] = dice.randbytes(dice.choice((0, 1, 1, 1, 2, 4)))
        if dice.random() < 0.1:
            del body[dice.randrange(len(body) + 1) :]
        body = body or bytearray(1)
    return bytes(body)


def exif_block(dice: random.Random) -> bytes:
    """One or two orientation tags of any type, count and value, in a directory that may be cut."""
    order = dice.choice("<>")
    values = (1, 6, 8, 9, 0x10006, 0x06000000, 26, 38, dice.getrandbits(32))
    rows = [
        struct.pack(order + "HHII", 0x0112, dice.randrange(14), dice.choice((0, 1, 1, 2, 3, 9, 10, 1 << 30)), value)
        for value in dice.sample(values, dice.choice((1, 2)))
    ]
    behind = dice.choice((b"", bytes(4), struct.pack(order + "6I", 0, 6, 1, 8, 3, 0x00060006)))
    start = samples.exif(1, "<" if order == "<" else ">")[:8] + struct.pack(order + "H", dice.choice((1, 2, 60_000)))
    return start + b"".join(rows) + behind


def test_orientation_is_what_libexif_makes_of_any_tag() -> None:
    dice, plain = random.Random("exif"), picture().jpegsave_buffer(keep="none")
    for _ in range(1000):
        block = exif_block(dice)
        assert compare(plain[:2] + samples.app1(block) + plain[2:]) is None, block


def excused(ours: Facts, theirs: Facts) -> bool:
    if ours.format not in ("avif", "heic"):
        return False
    if max(ours.width, ours.height) >= MOST_COORD:
        return True
    return ours.alpha and not theirs.alpha


@pytest.mark.parametrize("name", MAKERS)
def test_damaged_files_never_make_them_differ(name: str) -> None:
    dice = random.Random(name)
    for _ in range(600 if name != "svg" else 150):
        whole = damage(dice.choice(made(name)), dice)
        differing = compare(whole)
        assert differing is None or excused(*differing), whole[:400]


@needs_corpus
def test_no_file_of_the_corpus_is_read_differently() -> None:
    for path in corpus():
        assert compare(path.read_bytes()) is None, path


@needs_corpus
def test_what_libvips_opens_is_known_here_or_excused_by_name() -> None:
    unread = {path.name for path in corpus() if isinstance(answer_to(path), Unsure) and header(path.read_bytes())}
    assert unread <= UNSURE.keys()
    assert not [path for path in corpus() if isinstance(answer_to(path), NotAPicture) and header(path.read_bytes())]


@needs_corpus
def test_what_the_manifest_wants_as_a_picture_is_not_refused() -> None:
    folder = Path(str(CORPUS)) / "hostile"
    wanted = [row["file"] for row in json.loads((folder / "MANIFEST.json").read_text()) if row["expected"] == "image"]
    for file in wanted:
        assert not isinstance(answer_to(folder / file), NotAPicture), file


def answer_to(path: Path) -> object:
    whole = path.read_bytes()
    return sniff(whole, len(whole))


@cache
def corpus() -> tuple[Path, ...]:
    root = Path(str(CORPUS))
    files = [
        path for folder in ("pictures", "hostile") for path in sorted((root / folder).rglob("*")) if path.is_file()
    ]
    return tuple(path for path in files if path.name != "MANIFEST.json")
