"""Pictures in the formats that only the libvips of a system reads: made by it, or by hand."""

import functools
import struct
from collections.abc import Mapping

import pyvips

from edge.imaging.prepare import prepare
from edge.imaging.specimens import pdf
from tests import pictures

WIDTH, HEIGHT = 120, 80

# Saver and options; HEIC wants a libheif that has x265.
_SAVED: dict[str, tuple[str, dict[str, object]]] = {
    "photo.jxl": ("jxlsave_buffer", {"Q": 90}),
    "lossless.jxl": ("jxlsave_buffer", {"lossless": True}),
    "photo.jp2": ("jp2ksave_buffer", {"Q": 95}),
    "subsampled.jp2": ("jp2ksave_buffer", {"subsample_mode": "on"}),
    "tiled.jp2": ("jp2ksave_buffer", {"tile_width": 32, "tile_height": 32, "Q": 95}),
    "photo.heic": ("heifsave_buffer", {"compression": "hevc", "Q": 90}),
}


def corners() -> pyvips.Image:
    """Red top left, green top right, blue bottom left, white bottom right."""
    image = pyvips.Image.new_from_buffer(pictures.corners(WIDTH, HEIGHT, format="png"), "")
    return image.extract_band(0, n=3).copy(interpretation="srgb").copy_memory()


def corners_png() -> bytes:
    body: bytes = corners().pngsave_buffer()
    return body


@functools.cache
def whole() -> Mapping[str, bytes]:
    """Each shows the corners."""
    prepare()
    image = corners()
    saved = {name: pyvips.Operation.call(saver, image, **options) for name, (saver, options) in _SAVED.items()}
    return {**saved, "photo.bmp": bmp(image), "palette.bmp": palette_bmp(), "page.pdf": page()}


@functools.cache
def every() -> Mapping[str, bytes]:
    """Whole, cut to three quarters, and what is too large or hostile."""
    cut = {f"cut-{name}": pictures.truncated(body, 0.75) for name, body in whole().items()}
    return {**whole(), **cut, "large.pdf": page(40_000, 40_000), "pages.pdf": page(pages=3), "scripted.pdf": scripted()}


def bmp(image: pyvips.Image) -> bytes:
    """24 bits; WIDTH is a multiple of four, so rows need no padding."""
    rows: bytes = image[2].bandjoin([image[1], image[0]]).flipver().write_to_memory()
    sizes = struct.pack("<IiiHHIIiiII", 40, image.width, image.height, 1, 24, 0, len(rows), 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(rows), 0, 0, 54) + sizes + rows


def palette_bmp() -> bytes:
    """4 bits, by four colours, rows from the top."""
    inks = (pictures.RED, pictures.GREEN, pictures.BLUE, pictures.WHITE)
    palette = b"".join(bytes((*ink[::-1], 0)) for ink in inks)
    upper, lower = (bytes((left,)) * (WIDTH // 4) + bytes((left + 0x11,)) * (WIDTH // 4) for left in (0x00, 0x22))
    rows = upper * (HEIGHT // 2) + lower * (HEIGHT // 2)  # of 60 bytes: no padding
    start = 54 + len(palette)
    sizes = struct.pack("<IiiHHIIiiII", 40, WIDTH, -HEIGHT, 1, 4, 0, len(rows), 2835, 2835, 4, 0)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + sizes + palette + rows


def _drawing(width: int, height: int) -> bytes:
    """The corners; y grows upwards."""
    half_x, half_y = width / 2, height / 2
    places = ((0, half_y), (half_x, half_y), (0, 0), (half_x, 0))
    inks = (pictures.RED, pictures.GREEN, pictures.BLUE, pictures.WHITE)
    text = ""
    for (x, y), ink in zip(places, inks, strict=True):
        text += " ".join(f"{part / 255:.4f}" for part in ink) + f" rg {x} {y} {half_x} {half_y} re f\n"
    return text.encode()


def page(width: int = WIDTH, height: int = HEIGHT, pages: int = 1) -> bytes:
    """A PDF of equal pages, a point a pixel."""
    drawing = _drawing(width, height)
    kids = b" ".join(b"%d 0 R" % (number + 4) for number in range(pages))
    body = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 3 0 R /Resources << >> >>" % (width, height)
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, pages),
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawing), drawing),
        *[body] * pages,
    )


def scripted() -> bytes:
    """A page that would run a script and open a file and an address, in a reader that lets it."""
    drawing = _drawing(WIDTH, HEIGHT)
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction 5 0 R /AA << /WC 5 0 R >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R /AA << /O 6 0 R >> >>" % (WIDTH, HEIGHT),
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawing), drawing),
        b"<< /S /JavaScript /JS (while (true) app.alert(1);) >>",
        b"<< /S /Launch /F (/bin/sh) /Next << /S /URI /URI (http://127.0.0.1:9/) >> >>",
    )
