"""From libvips' errors to ours. Its words never travel: they may hold bytes of the picture or a path.

pyvips decodes the error buffer as UTF-8 before emptying it, so a picture whose bytes are quoted there raises
UnicodeDecodeError in place of pyvips.Error, and would again for every later error of the process.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pyvips

from edge.errors import EdgeError, OverLimit, Unprocessable, UnsupportedPicture
from edge.imaging.prepare import clear_errors, errors

BROKEN = "This picture is broken and cannot be decoded"
CUT = "This picture is cut short: its data ends before its last pixel"
MEMORY = "This picture needs more memory than a worker may use"
HEAVY = "This result needs more memory to be written than a worker may use; a smaller one needs less"

# First match wins; what libvips, libjpeg, libpng, libtiff, nsgif and encoders say.
_TELLING = (
    (b"out of memory", MEMORY),
    (b"Insufficient memory", MEMORY),
    (b"premature end", CUT),
    (b"Unexpected end", CUT),
    (b"Not enough data", CUT),
    (b"libpng read error", CUT),
    # Decoders and encoders by way of libheif, and libwebp's.
    (b"Memory allocation error", MEMORY),
    (b"ailed to allocate", MEMORY),
)

# Warnings of libjpeg after which pixels are wrong; its others (stray bytes, odd progressions) harm none.
_PATCHED = (
    (b"premature end of data segment", CUT),
    (b"bad Huffman code", BROKEN),
    (b"bad arithmetic code", BROKEN),
    (b"instead of RST", BROKEN),
)

# Formats we know by sight, and what reads them. What no build makes fit for pictures of strangers is not here, so the
# sentence does not suggest one.
_NEEDS = {
    "jxl": "a libvips built with JPEG XL support can, Debian's for one",
    "heic": "a libvips built with libheif and an HEVC decoder can, Debian's for one",
    "pdf": "a libvips built with poppler or PDFium can, Debian's for one",
    "jp2": "a libvips built with OpenJPEG can, Debian's for one",
    "bmp": "a libvips built with ImageMagick can, Debian's for one",
    "avif": "a libvips built with libheif and an AV1 decoder can",
    "webp": "a libvips built with WebP support can",
    "gif": "a libvips built with GIF support can",
    "tiff": "a libvips built with TIFF support can",
    "svg": "a libvips built with librsvg can",
    "png": "a libvips built with PNG support can",
    "jpeg": "a libvips built with JPEG support can",
}
_READ_ONLY = frozenset({"svg", "pdf", "jp2", "bmp"})
_NEVER = "none of the decoders that can are let near pictures of strangers"


def unreadable(format: str) -> UnsupportedPicture:
    """The refusal of a format that is known by sight but has no usable loader here."""
    return UnsupportedPicture(f"This libvips cannot read {format}; {_NEEDS.get(format, _NEVER)}")


def unwritable(format: str) -> UnsupportedPicture:
    """The refusal of an output format that has no saver here."""
    needs = "no build of it can" if format in _READ_ONLY else _NEEDS.get(format, "no build of it can")
    needs = needs.replace("decoder", "encoder")
    return UnsupportedPicture(f"This libvips cannot write {format}; {needs}")


def over(what: str, limit: int, received: int) -> OverLimit:
    """The refusal of something larger than a limit, with both numbers."""
    return OverLimit(f"Expected at most {limit} {what} but received {received}")


@contextmanager
def translated() -> Iterator[None]:
    """Nothing but an EdgeError leaves, and the error buffer is empty before and after."""
    clear_errors()
    try:
        yield
    except EdgeError:
        raise
    except MemoryError as error:
        raise Unprocessable(MEMORY) from error
    except (pyvips.Error, UnicodeDecodeError) as error:
        raise Unprocessable(_sentence(_words(error))) from error
    finally:
        clear_errors()


@contextmanager
def writing(held: bool) -> Iterator[None]:
    """Encoders run out of memory in many words, or none. Once the pixels are in memory nothing else can go wrong: the
    picture is not broken."""
    try:
        yield
    except (pyvips.Error, MemoryError) as error:
        if not held:
            raise
        raise Unprocessable(HEAVY) from error


def refuse_patched_jpeg() -> None:
    """libjpeg paints over a damaged scan with grey or noise and only mutters: seen in the error buffer once the pixels
    are made. It mutters once per picture, so stray bytes before the damage hide it."""
    muttered = errors()
    for sign, sentence in _PATCHED:
        if sign in muttered:
            raise Unprocessable(sentence)


def _words(error: Exception) -> bytes:
    if isinstance(error, UnicodeDecodeError):
        return bytes(error.object)
    detail = getattr(error, "detail", "")
    return detail.encode() if isinstance(detail, str) else b""


def _sentence(words: bytes) -> str:
    return next((sentence for sign, sentence in _TELLING if sign in words), BROKEN)
