"""What is known of a picture, as JSON: the answer in place of the picture.

Size, format and their kin are the original's; colour and placeholders are those of the picture that the plan made, so
a crop has its own. The keys, in this order: `format`, `media_type`, `width` and `height` (pixels, upright),
`orientation` (EXIF, 1 to 8), `frames`, `alpha`, `bits` (a channel), `bytes` (of the original), `animation` (null, or
`delays` in milliseconds and `loop`, 0 = for ever), `dominant` ("#rrggbb", null when nothing can be seen), `blurhash`
(4 × 3 terms, on white), `thumbhash` (base64).
"""

import base64
import json
from collections import Counter
from collections.abc import Sequence
from itertools import product

from edge.errors import BadRequest, expected
from edge.imaging import colour, content
from edge.imaging.blurhash import blurhash
from edge.imaging.effects import Image
from edge.imaging.failures import refuse_patched_jpeg
from edge.imaging.job import Job
from edge.imaging.picture import Picture
from edge.imaging.probe import Header
from edge.imaging.thumbhash import thumbhash
from edge.plan.formats import FORMATS
from edge.plan.steps import Decode, Encode
from edge.plan.work import Made

SIDE = 64  # longest side, in pixels, of the copy that is looked at
VISIBLE = 128  # alpha from which on a pixel's colour counts
BUCKET = 4  # bits of each colour that make two pixels of one kind: 16 levels

Pixel = tuple[int, int, int, int]


def describe(job: Job, step: Encode, picture: Picture) -> Made:
    """The answer to Encode("json"); width and height are those of the picture that the plan made."""
    root = job.plan.nodes[job.ahead.root(job.at)].step
    if not isinstance(root, Decode):
        raise BadRequest(expected("a picture that was read", "what is described", "a plain canvas"))
    width, height = picture.view.upright
    copy = content.small(picture.still, job.limits, SIDE).frames[0]
    refuse_patched_jpeg()
    job.lap("transform")
    known = {**_facts(job.headers[root.input], job.bytes(root.input)), **_looks(copy)}
    body = json.dumps(known, ensure_ascii=False, separators=(",", ":")).encode()
    job.lap("encode")
    return Made(body, "json", width, height)


def _facts(header: Header, size: int) -> dict[str, object]:
    facts = header.facts
    width, height = facts.upright
    return {
        "format": facts.format,
        "media_type": FORMATS[facts.format].media_type,
        "width": width,
        "height": height,
        "orientation": facts.orientation,
        "frames": facts.frames,
        "alpha": facts.alpha,
        "bits": facts.bits,
        "bytes": size,
        "animation": _animation(header.image),
    }


def _animation(image: Image) -> dict[str, object] | None:
    """Delays and loops, where the header tells them."""
    if not image.get_typeof("delay") or not image.get_typeof("n-pages"):
        return None
    delays, frames = list(image.get("delay")), int(image.get("n-pages"))
    loop = image.get("loop") if image.get_typeof("loop") else 0
    return {"delays": delays[:frames], "loop": loop} if frames > 1 else None


def _looks(copy: Image) -> dict[str, object]:
    pixels = _pixels(copy)
    on_white = [_flattened(pixel) for pixel in pixels]
    return {
        "dominant": dominant(pixels),
        "blurhash": blurhash(on_white, copy.width),
        "thumbhash": base64.b64encode(thumbhash(pixels, copy.width)).decode(),
    }


def _pixels(copy: Image) -> list[Pixel]:
    body = bytes(colour.with_alpha(colour.as_rgb(copy)).write_to_memory())
    return list(zip(body[::4], body[1::4], body[2::4], body[3::4], strict=True))


def _flattened(pixel: Pixel) -> tuple[float, float, float]:
    *rgb, alpha = pixel
    red, green, blue = (255 + (level - 255) * alpha / 255 for level in rgb)
    return red, green, blue


def dominant(pixels: Sequence[Pixel]) -> str | None:
    """The mean of the largest crowd of like colours among the visible pixels: "#rrggbb".

    Pixels are sorted into buckets of 16 levels a colour; a crowd is a bucket and those around it, so that a hue that
    lies on a border is not divided. Of crowds of one size the one around the largest bucket wins, then the darkest.
    """
    seen = [pixel[:3] for pixel in pixels if pixel[3] >= VISIBLE]
    if not seen:
        return None
    crowd = Counter(_bucket(pixel) for pixel in seen)
    middle = min(crowd, key=lambda bucket: (-sum(crowd[near] for near in _around(bucket)), -crowd[bucket], bucket))
    near = set(_around(middle))
    alike = [pixel for pixel in seen if _bucket(pixel) in near]
    return "#" + "".join(f"{round(sum(band) / len(alike)):02x}" for band in zip(*alike, strict=True))


def _bucket(pixel: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = pixel
    return red >> 8 - BUCKET, green >> 8 - BUCKET, blue >> 8 - BUCKET


def _around(bucket: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    red, green, blue = bucket
    return [(red + x, green + y, blue + z) for x, y, z in product((-1, 0, 1), repeat=3)]
