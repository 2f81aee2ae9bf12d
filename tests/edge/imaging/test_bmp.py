"""Our own reader of BMP: every depth and packing, and files that lie."""

import random
import struct
from collections.abc import Sequence

import pytest
import pyvips

from edge.errors import EdgeError, Unprocessable, UnsupportedPicture
from edge.facts.sniff import sniff
from edge.imaging import bmp
from edge.plan.facts import Facts

Pixels = list[tuple[int, ...]]

PALETTE = [(0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (10, 20, 30)]
# Three rows of five, upright.
INDICES = [[0, 1, 2, 3, 4], [5, 4, 3, 2, 1], [1, 1, 1, 1, 0]]


def info(
    body: bytes, depth: int, packing: int = 0, size: tuple[int, int] = (5, 3), colours: int = 0, between: bytes = b""
) -> bytes:
    """A file with a 40-byte header; `between` are masks or a palette."""
    start = 54 + len(between)
    head = struct.pack("<IiiHHIIiiII", 40, *size, 1, depth, packing, len(body), 2835, 2835, colours, 0)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + head + between + body


def entries(colours: Sequence[tuple[int, int, int]]) -> bytes:
    return b"".join(bytes((blue, green, red, 0)) for red, green, blue in colours)


def packed(rows: Sequence[Sequence[int]], depth: int) -> bytes:
    """Rows of indices, the lowest first, each padded to four bytes."""
    out = b""
    for row in reversed(rows):
        bits = "".join(f"{index:0{depth}b}" for index in row)
        bits += "0" * (-len(bits) % 32)
        out += int(bits, 2).to_bytes(len(bits) // 8)
    return out


def pixels(image: pyvips.Image) -> list[Pixels]:
    body, bands = image.write_to_memory(), image.bands
    each = [tuple(body[at : at + bands]) for at in range(0, len(body), bands)]
    return [each[at : at + image.width] for at in range(0, len(each), image.width)]


def seen(rows: Sequence[Sequence[int]]) -> list[Pixels]:
    return [[PALETTE[index] for index in row] for row in rows]


@pytest.mark.parametrize("depth", [4, 8])
def test_indices_are_looked_up(depth: int) -> None:
    whole = info(packed(INDICES, depth), depth, colours=6, between=entries(PALETTE))
    assert pixels(bmp.read(whole)) == seen(INDICES)


@pytest.mark.parametrize(("depth", "most"), [(1, 2), (2, 4)])
@pytest.mark.parametrize("width", [1, 7, 31, 32, 33])
def test_few_bits_are_taken_apart(depth: int, most: int, width: int) -> None:
    rows = [[(x * 7 + y * 3) % most for x in range(width)] for y in range(3)]
    whole = info(packed(rows, depth), depth, size=(width, 3), colours=most, between=entries(PALETTE[:most]))
    assert pixels(bmp.read(whole)) == seen(rows)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5])
def test_true_colour_comes_without_its_padding(width: int) -> None:
    rows = [[(x, 100 + y, 200) for x in range(width)] for y in range(3)]
    body = b"".join(b"".join(bytes(pixel[::-1]) for pixel in row).ljust((width * 3 + 3) // 4 * 4) for row in rows[::-1])
    assert pixels(bmp.read(info(body, 24, size=(width, 3)))) == rows


def test_a_negative_height_starts_at_the_top() -> None:
    whole = info(packed(INDICES[::-1], 8), 8, size=(5, -3), colours=6, between=entries(PALETTE))
    assert pixels(bmp.read(whole)) == seen(INDICES)


def test_the_first_header_has_triples_and_unsigned_sizes() -> None:
    palette = b"".join(bytes(colour[::-1]) for colour in PALETTE).ljust(256 * 3, b"\0")
    head = struct.pack("<IHHHH", 12, 5, 3, 1, 8)
    whole = b"BM" + struct.pack("<IHHI", 0, 0, 0, 26 + len(palette)) + head + palette + packed(INDICES, 8)
    assert pixels(bmp.read(whole)) == seen(INDICES)


def test_an_index_beyond_the_palette_is_black() -> None:
    whole = info(packed([[7]], 8), 8, size=(1, 1), colours=6, between=entries(PALETTE))
    assert pixels(bmp.read(whole)) == [[(0, 0, 0)]]


def test_sixteen_bits_are_five_each_unless_fields_say_otherwise() -> None:
    body = struct.pack("<HH", 0x7C1F, 0x03E0)
    assert pixels(bmp.read(info(body, 16, size=(2, 1)))) == [[(255, 0, 255), (0, 255, 0)]]
    fields = struct.pack("<III", 0xF800, 0x07E0, 0x001F)
    body = struct.pack("<HH", 0xF800 | 0x0400, 0x001F)
    assert pixels(bmp.read(info(body, 16, 3, (2, 1), between=fields))) == [[(255, 130, 0), (0, 0, 255)]]


def test_the_fourth_byte_of_thirty_two_bits_means_nothing() -> None:
    assert pixels(bmp.read(info(bytes((1, 2, 3, 99)), 32, size=(1, 1)))) == [[(3, 2, 1)]]


def test_fields_can_be_anywhere_and_of_any_width() -> None:
    fields = struct.pack("<III", 0x3FF00000, 0x000FFC00, 0x000003FF)
    body = struct.pack("<I", 1023 << 20 | 512 << 10)
    assert pixels(bmp.read(info(body, 32, 3, (1, 1), between=fields))) == [[(255, 128, 0)]]


@pytest.mark.parametrize(("alpha", "seen"), [(128, (3, 2, 1, 128)), (0, (3, 2, 1))])
def test_alpha_that_is_announced_and_written_counts(alpha: int, seen: tuple[int, ...]) -> None:
    fields = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    body = bytes((1, 2, 3, alpha))
    assert pixels(bmp.read(info(body, 32, 6, (1, 1), between=fields))) == [[seen]]


def test_scattered_fields_are_refused() -> None:
    fields = struct.pack("<III", 0xFF0000, 0xF0F0, 0xFF)
    with pytest.raises(UnsupportedPicture, match="bit fields"):
        bmp.read(info(bytes(4), 32, 3, (1, 1), between=fields))


def test_run_lengths_of_eight_bits() -> None:
    lowest = b"\4\1\1\0\0\0"  # four times 1, once 0, end of the line
    middle = b"\0\5" + bytes(INDICES[1]) + b"\0" + b"\0\0"  # five as they are, padded
    top = b"\0\2\1\0" + b"\0\4\1\2\3\4" + b"\0\1"  # one to the right, four as they are, end
    whole = info(lowest + middle + top, 8, 1, colours=6, between=entries(PALETTE))
    assert pixels(bmp.read(whole)) == seen(INDICES)


def test_run_lengths_of_four_bits() -> None:
    lowest = b"\4\x11\1\x00\0\0"
    middle = b"\0\5\x54\x32\x10\0" + b"\0\0"
    top = b"\1\x00\0\4\x12\x34" + b"\0\1"
    whole = info(lowest + middle + top, 4, 2, colours=6, between=entries(PALETTE))
    assert pixels(bmp.read(whole)) == seen(INDICES)


@pytest.mark.parametrize(
    "body",
    [
        b"\6\1\0\1",  # a run beyond its row
        b"\0\6\1\1\1\1\1\1\0\1",
        b"\0\2\0\3\1\1\0\1",  # a pixel below the last row
        b"\0\2\0\0\0\1",  # a jump to where one is
        b"\1\1\0\2\5\0\1\1\0\1",
    ],
)
def test_runs_that_leave_the_picture_are_broken(body: bytes) -> None:
    with pytest.raises(Unprocessable, match="broken"):
        bmp.read(info(body, 8, 1, colours=6, between=entries(PALETTE)))


@pytest.mark.parametrize("body", [b"", b"\5\1", b"\5\1\0\0\0\5\1", b"\0\2\1"])
def test_runs_without_an_end_are_cut(body: bytes) -> None:
    with pytest.raises(Unprocessable):
        bmp.read(info(body, 8, 1, colours=6, between=entries(PALETTE)))


WHOLE = {
    "plain": info(packed(INDICES, 8), 8, colours=6, between=entries(PALETTE)),
    "deep": info(bytes(48), 24),
    "fields": info(bytes(60), 32, 3, between=struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)),
    "runs": info(b"\5\1\0\0\5\2\0\0\5\3\0\1", 8, 1, colours=6, between=entries(PALETTE)),
}


@pytest.mark.parametrize("name", WHOLE)
def test_every_cut_is_noticed(name: str) -> None:
    whole = WHOLE[name]
    assert bmp.read(whole).width == 5
    for length in range(len(whole)):
        with pytest.raises(Unprocessable):
            bmp.read(whole[:length])


@pytest.mark.parametrize("name", WHOLE)
def test_damage_gives_a_picture_or_a_sentence(name: str) -> None:
    dice = random.Random(name)
    for _ in range(400):
        body = bytearray(WHOLE[name])
        for _ in range(dice.choice((1, 2, 4))):
            body[dice.randrange(2, len(body))] = dice.choice((0, 1, 2, 127, 128, 255))
        said = sniff(bytes(body), len(body))
        try:
            found = bmp.header(bytes(body))
            if found.width * found.height > 1 << 20:
                continue
            image = bmp.read(bytes(body))
            image.avg()
        except EdgeError:
            continue
        if isinstance(said, Facts):
            assert (said.width, said.height, said.alpha) == (image.width, image.height, image.bands == 4)
