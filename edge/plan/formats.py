"""One table of formats: what each is called, and what it can hold."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    name: str
    media_type: str
    extension: str  # the usual one, without dot
    alpha: bool
    animated: bool
    quality: int | None  # what is used when neither URL nor route says; None = it has no quality scale


FORMATS: dict[str, Format] = {
    format.name: format
    for format in (
        Format("jpeg", "image/jpeg", "jpg", alpha=False, animated=False, quality=80),
        Format("png", "image/png", "png", alpha=True, animated=False, quality=100),
        Format("webp", "image/webp", "webp", alpha=True, animated=True, quality=78),
        Format("avif", "image/avif", "avif", alpha=True, animated=False, quality=55),
        Format("gif", "image/gif", "gif", alpha=True, animated=True, quality=None),
        Format("tiff", "image/tiff", "tiff", alpha=True, animated=False, quality=None),
        Format("svg", "image/svg+xml", "svg", alpha=True, animated=False, quality=None),
        Format("jxl", "image/jxl", "jxl", alpha=True, animated=False, quality=75),
        Format("heic", "image/heic", "heic", alpha=True, animated=False, quality=None),
        Format("bmp", "image/bmp", "bmp", alpha=True, animated=False, quality=None),
        Format("pdf", "application/pdf", "pdf", alpha=True, animated=False, quality=None),
        Format("jp2", "image/jp2", "jp2", alpha=True, animated=False, quality=None),
        Format("ico", "image/x-icon", "ico", alpha=True, animated=False, quality=None),
        Format("json", "application/json", "json", alpha=True, animated=False, quality=None),
    )
}

# What a RIAPI URL may ask to be written, spelled its ways.
WRITABLE: dict[str, str] = {
    **dict.fromkeys(("jpg", "jpe", "jif", "jfif", "jfi", "exif", "jpeg"), "jpeg"),
    "png": "png",
    "gif": "gif",
    "webp": "webp",
    "avif": "avif",
    "jxl": "jxl",
    "jpegxl": "jxl",
}

# How files of a format begin, where that alone tells. What needs a second look (RIFF, ISO BMFF, BMP, text) is not here.
SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"%PDF-", "pdf"),
    (b"\xff\x0a", "jxl"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"),
    (b"\xff\x4f\xff\x51", "jp2"),
)
