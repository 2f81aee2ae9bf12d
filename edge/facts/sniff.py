"""What a picture's first bytes say of it, without a decoder.

Theory of operation. The format is decided by the first bytes alone: a file that is also something else (a GIF that is
a script, a PNG with a ZIP behind it) is what its decoder will take it for. Then one module per format reads the header
as if it were the decoder: what libvips would answer for width, height, pages, orientation, bands and bits is what Facts
say. The three other answers are values:

* NeedMore: give me more bytes of the start. At least twice as many as before, so there are few rounds.
* Unsure: it is this format, and a worker's probe has to say the rest. Also the answer for every broken header: only the
  decoder knows what it forgives, and its refusal is the right error.
* NotAPicture: no format that we have a name for.

So that nobody can make the edge predict a small cost for a large decode, a contradiction (a WebP canvas unlike its
picture, two meta boxes, a style sheet in an SVG) is never resolved here but is Unsure.

Work is bounded: at most MOST_BYTES are asked for, loops count their steps (MOST_STEPS and its kin), nothing recurses,
every search is linear, and no field of the file decides how much memory is used. Any bytes at all get an answer, never
an exception.
"""

from collections.abc import Callable, Mapping

from edge.facts import bmp, gif, heif, jp2, jpeg, png, svg, tiff, webp
from edge.facts.head import MOST_BYTES, Answer, Beyond, Head, NeedMore, NotAPicture, Odd, Unsure
from edge.plan.facts import Facts
from edge.plan.formats import SIGNATURES

__all__ = ["Answer", "NeedMore", "NotAPicture", "Unsure", "examine", "sniff", "sniff_format"]

Reader = Callable[[Head], Facts]

_HEAD = 64 << 10  # bytes of the first look at a file
_FIRST_LOOK = 4096  # a smaller question than this saves nobody anything
_ENOUGH_TO_NAME = 64
_MOST_FTYP = 264  # 62 brands


def sniff(head: bytes, total: int | None = None) -> Answer:
    """What the file that begins with `head` is.

    `total` is how many bytes the whole file has, if known; with all of them at hand the answer is never NeedMore.
    """
    looked_at = Head(head, None if total is None else max(total, len(head)))
    try:
        if len(head) < _ENOUGH_TO_NAME and not looked_at.ends_at(len(head)):
            raise Beyond(_ENOUGH_TO_NAME if total is None else min(_ENOUGH_TO_NAME, total))
        name = _name(looked_at)
    except Beyond as beyond:
        return _more(looked_at, beyond.needed) or NotAPicture()
    if name is None:
        return NotAPicture()
    return _read(name, looked_at)


def examine(begin: Callable[[int], bytes], length: int) -> Facts | NotAPicture | Unsure:
    """What a file of this length is, whose first bytes `begin` reads: as few as will do."""
    answer = sniff(begin(_HEAD), length)
    while isinstance(answer, NeedMore):
        head = begin(answer.bytes)
        answer = sniff(head, len(head) if len(head) < answer.bytes else length)  # it may have become shorter
    return answer


def sniff_format(head: bytes) -> str | None:
    """The name in edge.plan.formats of what begins like this, or None. A few hundred bytes are usually enough."""
    try:
        return _name(Head(head, len(head)))
    except Beyond:
        return None


def _read(name: str, head: Head) -> Answer:
    reader = READERS.get(name)
    if reader is None:
        return Unsure(name)
    try:
        return reader(head)
    except Odd:
        return Unsure(name)
    except Beyond as beyond:
        return _more(head, beyond.needed) or Unsure(name)


def _more(head: Head, needed: int) -> NeedMore | None:
    """The question for so many bytes, if there are as many and they are not too many."""
    most = MOST_BYTES if head.total is None else min(MOST_BYTES, head.total)
    if needed > most:
        return None
    return NeedMore(min(most, max(needed, 2 * len(head.octets), _FIRST_LOOK)))


def _name(head: Head) -> str | None:
    """Raises Beyond for text that may yet become an SVG."""
    octets = head.octets
    for magic, name in MAGICS:
        if octets.startswith(magic):
            return name
    for test, name in TESTS:
        if test(head):
            return name
    return _brand(head)


def _brand(head: Head) -> str | None:
    """ISO base media: the major brand if it says enough, else the first compatible one that does."""
    octets = head.octets
    if octets[4:8] != b"ftyp":
        return None
    major = octets[8:12]
    if major in BRANDS:
        return BRANDS[major]
    end = min(int.from_bytes(octets[:4]), _MOST_FTYP, _MOST_FTYP if head.total is None else head.total)
    if len(octets) < end:
        raise Beyond(end)
    compatible = (octets[at : at + 4] for at in range(16, end - 3, 4))
    named = next((BRANDS[brand] for brand in compatible if brand in BRANDS), None)
    return named or ("heic" if major in GENERIC_BRANDS else None)


def _is_webp(head: Head) -> bool:
    return head.octets.startswith(b"RIFF") and head.octets[8:12] == b"WEBP"


def _is_bmp(head: Head) -> bool:
    """Two letters are too few to go by: the size of the second header has to be one that exists."""
    return head.octets.startswith(b"BM") and int.from_bytes(head.octets[14:18], "little") in bmp.HEADERS


def _is_ico(head: Head) -> bool:
    return head.octets.startswith(b"\0\0\1\0") and 0 < int.from_bytes(head.octets[4:6], "little") < 256


def _is_text_svg(head: Head) -> bool:
    return svg.may_be_text(head) and svg.is_svg(head)


def _is_svgz(head: Head) -> bool:
    return head.octets.startswith(b"\x1f\x8b") and svg.is_svgz(head)


MAGICS = SIGNATURES

TESTS: tuple[tuple[Callable[[Head], bool], str], ...] = (
    (_is_webp, "webp"),
    (_is_bmp, "bmp"),
    (_is_ico, "ico"),
    (_is_svgz, "svg"),
    (_is_text_svg, "svg"),
)

BRANDS: Mapping[bytes, str] = {
    **dict.fromkeys((b"avif", b"avis"), "avif"),
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"), "heic"),
}
GENERIC_BRANDS = frozenset((b"mif1", b"msf1", b"mif2", b"miaf"))

# The formats whose headers are read; of the others in MAGICS and TESTS only the name is known.
READERS: Mapping[str, Reader] = {
    "jpeg": jpeg.read,
    "png": png.read,
    "gif": gif.read,
    "webp": webp.read,
    "avif": heif.read,
    "heic": heif.read,
    "tiff": tiff.read,
    "svg": svg.read,
    "bmp": bmp.read,
    "jp2": jp2.read,
}
