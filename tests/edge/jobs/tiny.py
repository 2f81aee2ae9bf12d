"""Jobs on pictures of a few pixels: what is made of which, pixel by pixel."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest
import pyvips

from edge import jobs

Pixel = tuple[int, ...]
Rows = list[list[Pixel]]
Node = Any

RED, GREEN, BLUE, WHITE, BLACK, NONE = (
    (255, 0, 0, 255),
    (0, 255, 0, 255),
    (0, 0, 255, 255),
    (255, 255, 255, 255),
    (0, 0, 0, 255),
    (0, 0, 0, 0),
)
PNG = "lodepng"
READ: Node = {"decode": {"io_id": 0}}
WIDTH, HEIGHT = 8, 6

# No two pixels are alike.
KNOWN: Rows = [[(x * 30, y * 40, 7 * x + 11 * y, 255) for x in range(WIDTH)] for y in range(HEIGHT)]


def colour(text: str) -> dict[str, Any]:
    return {"srgb": {"hex": text}}


def plain(width: int, height: int, pixel: Pixel) -> Rows:
    return [[pixel] * width for _ in range(height)]


def png(rows: Rows, bands: int = 4) -> bytes:
    """A picture of these pixels; three bands drop the alpha."""
    body = bytes(part for row in rows for pixel in row for part in pixel[:bands])
    image = pyvips.Image.new_from_memory(body, len(rows[0]), len(rows), bands, "uchar")
    written: bytes = image.copy(interpretation="srgb").pngsave_buffer()
    return written


def pixels(data: bytes) -> Rows:
    """Every pixel of a picture, with its alpha."""
    image = pyvips.Image.new_from_buffer(data, "").colourspace("srgb").cast("uchar")
    image = image if image.hasalpha() else image.addalpha()
    body = image.write_to_memory()
    flat = [tuple(body[at : at + 4]) for at in range(0, len(body), 4)]
    return [flat[at : at + image.width] for at in range(0, len(flat), image.width)]


SOURCE = png(KNOWN, 3)


def write(preset: Node = PNG, io_id: int = 1) -> Node:
    """The node that writes; a preset's name alone stands for it without fields."""
    return {"encode": {"io_id": io_id, "preset": {preset: {}} if isinstance(preset, str) else preset}}


def chain(*nodes: Node, preset: Node = PNG, read: bool = True) -> dict[str, Any]:
    """Decode 0, these nodes, encode 1."""
    return {"framewise": {"steps": [*([READ] if read else []), *nodes, write(preset)]}}


def graph(nodes: Mapping[int, Node], *edges: tuple[int, int] | tuple[int, int, str]) -> dict[str, Any]:
    lines = [{"from": edge[0], "to": edge[1], "kind": edge[2] if len(edge) > 2 else "input"} for edge in edges]
    return {"framewise": {"graph": {"nodes": {str(at): node for at, node in nodes.items()}, "edges": lines}}}


def drawn(canvas: Node, node: Node, preset: Node = PNG) -> dict[str, Any]:
    """Input 0 drawn by `node` on what `canvas` makes."""
    return graph({0: READ, 1: canvas, 2: node, 3: write(preset)}, (0, 2), (1, 2, "canvas"), (2, 3))


def output(job: dict[str, Any], inputs: Any = SOURCE) -> jobs.Output:
    (made,) = jobs.run(job, inputs).outputs
    return made


def made(*nodes: Node, source: Any = SOURCE, preset: Node = PNG) -> Rows:
    """The pixels that nodes make of the picture."""
    return pixels(output(chain(*nodes, preset=preset), source).data)


def size(*nodes: Node, source: Any = SOURCE) -> tuple[int, int]:
    """Width and height of what nodes make: as the result tells and as the picture is."""
    got = output(chain(*nodes), source)
    rows = pixels(got.data)
    assert (got.width, got.height) == (len(rows[0]), len(rows))
    return got.width, got.height


def window(rows: Rows, x1: int, y1: int, x2: int, y2: int, beyond: Pixel = NONE) -> Rows:
    """A rectangle that may leave the picture."""
    inside = range(len(rows)), range(len(rows[0]))
    return [[rows[y][x] if y in inside[0] and x in inside[1] else beyond for x in range(x1, x2)] for y in range(y1, y2)]


def near(rows: Rows, wanted: Rows, off: int = 1) -> bool:
    """Are all parts of all pixels as wanted, or so little off?"""
    one, other = ([part for row in each for pixel in row for part in pixel] for each in (rows, wanted))
    return len(one) == len(other) and all(abs(a - b) <= off for a, b in zip(one, other, strict=True))


def refused(job: Any, inputs: Any = SOURCE, *, kind: str, says: Iterable[str] = (), node: int | None = None) -> None:
    """The job is a client's mistake of this kind, told in words that name what is wrong."""
    with pytest.raises(jobs.JobError) as caught:
        jobs.run(job, inputs)
    error = caught.value
    assert (error.kind, error.status) == (kind, 400), error.message
    assert error.message.startswith(f"{error.category_name}: {kind}: ")
    missing = [word for word in says if word not in error.message]
    assert not missing, error.message
    assert node is None or error.node == node, error.message


def without(node: Node, *names: str) -> Sequence[Node]:
    """The node once for each of these fields that is left out."""
    ((tag, fields),) = node.items()
    return [{tag: {key: value for key, value in fields.items() if key != name}} for name in names]
