"""Pictures like photographs, made by plans: noise at several scales, each enlarged and laid over the others.

What a codec takes depends on how much there is to code; `detail` is that, 1.0 for a usual photograph. The noise is
random, but the same in every run.
"""

import random
import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.plan.facts import Facts
from edge.plan.plan import Node, Plan
from edge.plan.steps import Crop, Decode, Encode, Overlay, Resize, Step

# Pixels of the picture for each of the noise's, and how much of what lies under it a layer covers.
_SCALES = ((400, 1.0), (120, 0.5), (40, 0.4), (12, 0.3), (4, 0.3), (2, 0.12))
_GRAIN = 0.01  # of the noise that is not enlarged
_BROAD = 100  # layers of a larger scale than this are the same in every picture
_DETAILED = 5  # those of a smaller one lie on one side only: photographs have skies
_SIDE = 0.5
_LEAST = 2  # pixels a side

Make = Callable[[Plan, Sequence[Path], Path], None]  # runs a plan and writes its output


def noise(width: int, height: int, seed: int) -> bytes:
    """A PNG of random pixels."""
    rows = random.Random(seed)  # noqa: S311 - nothing is kept secret with it
    lines = b"".join(b"\0" + rows.randbytes(width * 3) for _ in range(height))
    head = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def paint(make: Make, folder: Path, size: tuple[int, int], detail: float, encode: Encode) -> Path:
    """A picture of this size as a file in the folder."""
    width, height = size
    layers = [*_SCALES, (1, _GRAIN)]
    files, nodes = list[Path](), list[Node]()
    for number, (scale, cover) in enumerate(layers):
        files.append(folder / f"noise-{width}x{height}-{scale}")
        sides = max(_LEAST, width // scale), max(_LEAST, height // scale)
        if not files[-1].exists():
            files[-1].write_bytes(noise(*sides, seed=scale))
        part = (max(1, round(width * _SIDE)), height) if 1 < scale < _DETAILED else size
        nodes += _layer(len(nodes), number, part, min(0.9, cover * detail if scale < _BROAD else cover))
    target = folder / f"painted-{width}x{height}-{detail}.{encode.format}"
    make(Plan((*nodes, Node(encode, (len(nodes) - 1,)))), files, target)
    return target


def _layer(at: int, number: int, size: tuple[int, int], cover: float) -> list[Node]:
    """The nodes of one layer, from place `at` on; the first is the ground."""
    made = [Node(Decode(number)), Node(Resize(*size, light="srgb", kernel="linear"), (at,))]
    return made if not number else [*made, Node(Overlay(0, 0, cover), (at - 1, at + 1))]


def rewritten(make: Make, file: Path, facts: Facts, target: Path, *steps: Step) -> Path:
    """The same picture after some steps, the last of which is an Encode."""
    make(Plan.chain(Decode(), Crop(0, 0, *facts.upright), *steps), [file], target)
    return target
