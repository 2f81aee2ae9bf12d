"""ICC profiles, as far as must be known before they are used (ICC.1:2010): what they are for, whether they are whole,
their tone curve, and how wide their gamut is. No number in them decides how much work is done.
"""

import math

_TAGS = 132  # where the table begins: after the header and the number of tags
_MOST_TAGS = 100
_CURVE = 12 + 2 * 65536

# What a profile must hold to say what colours mean, by the space it is for: one of these sets.
_NEEDED: dict[str, tuple[frozenset[bytes], ...]] = {
    "GRAY": (frozenset((b"kTRC",)), frozenset((b"A2B0",))),
    "RGB": (frozenset((b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC")), frozenset((b"A2B0",))),
    "CMYK": (frozenset((b"A2B0",)),),
}


def space(profile: bytes) -> str:
    """The colours it is for: GRAY, RGB, CMYK …; empty for what is no profile (§7.2)."""
    return profile[16:20].decode("latin-1").strip() if profile[36:40] == b"acsp" else ""


def is_sound(profile: bytes) -> bool:
    """Is it as long as it says, with every tag inside, and with those that give its colours a meaning?"""
    count = int.from_bytes(profile[128:132])
    if not _TAGS <= int.from_bytes(profile[:4]) <= len(profile) or not 0 < count <= _MOST_TAGS:
        return False
    names = set()
    for at in range(_TAGS, _TAGS + 12 * count, 12):
        start, size = int.from_bytes(profile[at + 4 : at + 8]), int.from_bytes(profile[at + 8 : at + 12])
        if start < _TAGS or size < 8 or start + size > len(profile):
            return False
        names.add(profile[at : at + 4])
    return any(needed <= names for needed in _NEEDED.get(space(profile), ()))


def gamma(profile: bytes) -> float:
    """The exponent of an ICC profile's tone curve at its middle; 0 when it has none or cannot be read (ICC.1 §10)."""
    curve = _tag(profile, (b"rTRC", b"kTRC"))
    middle = _middle(curve) if curve else 0.0
    return math.log(middle) / math.log(0.5) if 0 < middle < 1 else 0.0


def _tag(profile: bytes, names: tuple[bytes, ...]) -> bytes:
    """What the first tag of such a name holds, and what follows it; nothing when there is none (ICC.1 §7.3)."""
    count = int.from_bytes(profile[128:132], "big")
    for at in range(_TAGS, _TAGS + 12 * min(count, _MOST_TAGS), 12):
        if profile[at : at + 4] in names:
            start = int.from_bytes(profile[at + 4 : at + 8], "big")
            return profile[start : start + _CURVE]
    return b""


def _middle(curve: bytes) -> float:
    """The curve's value at 0.5."""
    count = int.from_bytes(curve[8:12], "big")
    if curve[:4] == b"para":
        # Function type 0 is a bare power; 1 to 4 add a scale, an offset and a straight foot.
        kind = int.from_bytes(curve[8:10], "big")
        power, scale, offset = (int.from_bytes(curve[at : at + 4], "big", signed=True) / 65536 for at in (12, 16, 20))
        base = 0.5 if kind == 0 else scale * 0.5 + offset
        return base**power if base > 0 else 0.0
    if curve[:4] != b"curv":
        return 0.0
    if count < 2:
        power = int.from_bytes(curve[12:14], "big") / 256 if count else 1.0
        return float(0.5**power)
    at = 12 + 2 * (count // 2)
    return int.from_bytes(curve[at : at + 2], "big") / 65535


# Light of sRGB's primaries from CIE XYZ as profiles hold it, adapted to D50 (IEC 61966-2-1, Bradford).
_TO_SRGB = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)
_OUTSIDE = -0.03  # what rounding, and monitors that are all but sRGB, make of nothing


def is_wide(profile: bytes) -> bool:
    """Can this RGB profile name colours that sRGB cannot? Told by its primaries; one without any counts as sRGB."""
    primaries = [_point(profile, tag) for tag in (b"rXYZ", b"gXYZ", b"bXYZ")]
    light = (sum(a * b for a, b in zip(row, point, strict=True)) for point in primaries if point for row in _TO_SRGB)
    return min(light, default=0.0) < _OUTSIDE


def _point(profile: bytes, tag: bytes) -> tuple[float, ...] | None:
    body = _tag(profile, (tag,))
    if body[:4] != b"XYZ " or len(body) < 20:
        return None
    return tuple(int.from_bytes(body[at : at + 4], signed=True) / 65536 for at in (8, 12, 16))
