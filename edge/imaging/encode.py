"""The step Encode: pixels to bytes. Equal pixels and settings give equal bytes; the settings are edge.imaging.savers'.

Nothing but pixels is written: no EXIF with its places and thumbnails, no profile, since all is sRGB. Two exceptions are
asked for by name: who owns the picture (edge.imaging.rights), and Display P3 with its profile.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pyvips

from edge.errors import Unprocessable
from edge.imaging import aim, colour, mixing, rights, traits
from edge.imaging.failures import unwritable
from edge.imaging.indexed import indexed
from edge.imaging.options import EXIF, ICC, metadata, selective, supported
from edge.imaging.picture import Picture
from edge.imaging.savers import SAVERS, Order, palette_wanted
from edge.imaging.slim import slim
from edge.plan.formats import FORMATS
from edge.plan.steps import WHITE, Encode

# Formats that may store colours coarser than light: for them the picture is looked at.
_LOOKED = frozenset({"jpeg", "webp", "avif", "heic"})
# Frames by which it is judged how an animation is written best.
_BEGINNING = 8


@dataclass(frozen=True, slots=True)
class Shown:
    """What is written besides the pixels, or known of them: `depth`, the bits a pixel that are enough for a palette;
    `exif`, a block that names the owner; `held`, whether the pixels are in memory and may be read twice."""

    depth: int = 8
    exif: bytes = b""
    held: bool = True


def drawn(picture: Picture, step: Encode) -> pyvips.Image:
    """The one image that is to be written: a settled picture's frames one above the other, fit for the format. Its
    pixels are not made yet."""
    format = FORMATS[name(step)]
    frames = picture.frames if format.animated else picture.frames[:1]
    if not format.alpha:
        matte = (step.matte or WHITE)[:6] + "ff"
        frames = tuple(mixing.over(frame, matte, "srgb") for frame in frames)
    if len(frames) == 1:
        return frames[0]
    image = pyvips.Image.arrayjoin(list(frames), across=1).copy()
    image.set_type(pyvips.GValue.gint_type, "page-height", frames[0].height)
    image.set_type(pyvips.GValue.gint_type, "n-pages", len(frames))
    image.set_type(pyvips.GValue.gint_type, "loop", picture.loop)
    image.set_type(pyvips.GValue.array_int_type, "delay", list(picture.delays))
    return image


def write(image: pyvips.Image, step: Encode, height: int, shown: Shown | None = None) -> bytes:
    """The file; `height` is one frame's. UnsupportedPicture when this libvips has no such saver, Unprocessable when the
    format is too small."""
    format, shown = name(step), shown or Shown()
    side = max(image.width, height)
    if side > SAVERS[format].side:
        limit = SAVERS[format].side
        raise Unprocessable(f"Expected at most {limit} pixels a side for {format} but the result has {side}")
    kinds = (EXIF if shown.exif else 0) | (ICC if colour.is_p3(image) else 0)
    if kinds or not selective(SAVERS[format].operation):
        image = rights.marked(image, shown.exif)
    order = _order(image, step, height, shown)
    sheet = _Sheet(image, format, order, kinds)
    if step.aim is not None and shown.held and not order.lossless:
        return _aimed(sheet, step.aim)
    return min(_bodies(sheet, step), key=len)


def _order(image: pyvips.Image, step: Encode, height: int, shown: Shown) -> Order:
    format = name(step)
    quality = step.quality if isinstance(step.quality, int) else FORMATS[format].quality
    order = Order(quality, step.lossless is True, dict(step.tuning), image.width * height, image.height // height)
    looked = format in _LOOKED and shown.held and not order.lossless
    look = traits.look(image) if looked else traits.Look(False, False)
    return replace(order, vivid=look.vivid, few=look.few, depth=shown.depth)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """An image, how it is to be written, and which kinds of metadata it carries for that."""

    image: pyvips.Image
    format: str
    order: Order
    kinds: int

    def save(self) -> bytes:
        """The file."""
        saver = SAVERS[self.format]
        options = {**supported(saver.operation, saver.options(self.order)), **metadata(saver.operation, self.kinds)}
        body: bytes = pyvips.Operation.call(saver.operation, self.image, **options)
        if self.kinds or selective(saver.operation):
            return body
        return slim(body, self.format) or body

    def at(self, quality: int) -> "_Sheet":
        return replace(self, order=replace(self.order, quality=quality))

    def losing(self, lossless: bool) -> "_Sheet":
        return replace(self, order=replace(self.order, lossless=lossless))

    def of(self, part: pyvips.Image) -> "_Sheet":
        """A still written likewise."""
        return replace(self, image=part, order=replace(self.order, frames=1))

    @property
    def still(self) -> pyvips.Image:
        """Its middle frame: first ones are often a title or nothing yet."""
        frames = self.order.frames
        height = self.image.height // frames
        return self.image if frames == 1 else self.image.crop(0, frames // 2 * height, self.image.width, height)

    @property
    def beginning(self) -> "_Sheet":
        """Its first frames, as an animation; itself when it has no more."""
        frames = self.order.frames
        if frames <= _BEGINNING:
            return self
        part = self.image.crop(0, 0, self.image.width, self.image.height // frames * _BEGINNING)
        return replace(self, image=part, order=replace(self.order, frames=_BEGINNING))


def _bodies(sheet: _Sheet, step: Encode) -> Iterator[bytes]:
    """The ways of writing it that are worth trying: the smallest wins, and the first of equals."""
    if sheet.format == "png":
        yield from _pngs(sheet, step)
    elif sheet.format == "webp" and step.lossless is None and sheet.order.few:
        yield _drawing(sheet)
    else:
        yield sheet.save()


def _drawing(sheet: _Sheet) -> bytes:
    """A WebP of few colours: lossless where that is smaller too, judged by how a long animation begins."""
    part = sheet.beginning
    lossy, lossless = (part.losing(way).save() for way in (False, True))
    chosen = len(lossless) <= len(lossy)
    if part is sheet:
        return lossless if chosen else lossy
    return sheet.losing(chosen).save()


def _pngs(sheet: _Sheet, step: Encode) -> Iterator[bytes]:
    order = sheet.order
    exact = None
    if not sheet.kinds and not order.tuned("png.plain"):
        exact = indexed(sheet.image, 9 if order.tuned("png.max_deflate") else 6)
    if exact:
        yield exact
    if not palette_wanted(order):
        yield sheet.save()
        return
    body = sheet.save()
    if exact or _good_enough(sheet.image, body, order.tuned("png.min_quality")):
        yield body
    else:
        yield sheet.at(100).save()


def _good_enough(image: pyvips.Image, body: bytes, least: float) -> bool:
    """Has a coded picture these points? 0 asks for none."""
    return least <= 0 or aim.judged(image, body) >= least


def _aimed(sheet: _Sheet, target: float) -> bytes:
    """At the lowest quality that reaches the target; one frame decides for all."""
    if sheet.format == "png":
        few = sheet.at(99).save()
        return few if _good_enough(sheet.image, few, target) else sheet.at(100).save()
    if sheet.format not in aim.SCALES:
        return sheet.save()
    still = sheet.still

    def save(part: pyvips.Image, quality: int) -> bytes:
        return sheet.at(quality).of(part).save()

    quality, body = aim.search(still, aim.SCALES[sheet.format], target, save)
    return body if body and sheet.order.frames == 1 else sheet.at(quality).save()


def name(step: Encode) -> str:
    """The format's name. A concrete plan has one that is in the table; a saver for it this libvips may still lack."""
    if not isinstance(step.format, str) or step.format not in SAVERS:
        raise unwritable(str(step.format))
    return step.format
