"""The orientation in an EXIF block (a small TIFF file), read as libexif does for libvips: see tests for the oracle.

CIPA DC-008 §4.6: tag 0x0112 of the first directory, a SHORT from 1 to 8. libexif also takes other types, the first
such tag that has a value, and a directory that claims more entries than fit.
"""

from edge.facts.head import Order

ORIENTATION = 0x0112

# Sizes of the TIFF types, BYTE to DOUBLE; an entry of any other type, or whose values are not there, is passed over.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}

# Bytes of the first value that count: libexif makes SHORTs of whole numbers, libvips takes the numerator of a fraction.
_COUNTING = {1: 1, 3: 2, 4: 4, 5: 4, 6: 1, 8: 2, 9: 4, 10: 4}
_FRACTIONS = (5, 10)

_MANY = 10  # of so many values libvips prints a description, not numbers (measured)

_ORDERS: dict[bytes, Order] = {b"II*\0": "little", b"MM\0*": "big"}


def orientation(block: bytes) -> int:
    """1 to 8; 1 when there is none, or none that makes sense. `block` begins with the byte order mark."""
    order = _ORDERS.get(block[:4])
    if order is None or len(block) < 10:
        return 1
    start = int.from_bytes(block[4:8], order)
    count = int.from_bytes(block[start : start + 2], order)
    for at in range(start + 2, min(start + 2 + 12 * count, len(block) - 11), 12):
        if int.from_bytes(block[at : at + 2], order) == ORIENTATION and (found := _value(block, at, order)) is not None:
            return found if 1 <= found <= 8 else 1
    return 1


def _value(block: bytes, at: int, order: Order) -> int | None:
    """The first number of the entry at `at`; None when it has none, 0 when it is of a type that says nothing."""
    kind = int.from_bytes(block[at + 2 : at + 4], order)
    count = int.from_bytes(block[at + 4 : at + 8], order)
    length = _SIZES.get(kind, 0) * count
    where = at + 8 if length <= 4 else int.from_bytes(block[at + 8 : at + 12], order)
    if not length or where + length > len(block):
        return None
    if count >= _MANY:
        return 0
    number = int.from_bytes(block[where : where + _COUNTING.get(kind, 0)], order)
    return number if kind in _FRACTIONS else number & 0xFFFF
