"""What the tests of jobs share: jobs as a program would write them, and how to look at what came of them."""

from pathlib import Path
from typing import Any

import pyvips

ENCODE = {"encode": {"io_id": 1, "preset": {"libpng": {}}}}


def half(width: int = 30, io: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Decode 0, fit into a width, encode 1 as PNG. Without `io` its entries are left to the call."""
    constrain = {"constrain": {"mode": "within", "w": width}}
    job: dict[str, Any] = {"framewise": {"steps": [{"decode": {"io_id": 0}}, constrain, ENCODE]}}
    return job if io is None else {"io": io, **job}


def entry(io_id: int, direction: str, io: object) -> dict[str, Any]:
    return {"io_id": io_id, "direction": direction, "io": io}


def two_by_four() -> dict[str, Any]:
    """Two inputs, four outputs: 0 and 1 in; 10 and 11 of the one, 12 of the other, 13 of both."""

    def within(width: int) -> dict[str, Any]:
        return {"constrain": {"mode": "within", "w": width}}

    def encoded(io_id: int, preset: object) -> dict[str, Any]:
        return {"encode": {"io_id": io_id, "preset": preset}}

    draw = {"draw_image_exact": {"x": 2, "y": 2, "w": 10, "h": 10}}
    nodes = {
        "0": {"decode": {"io_id": 0}},
        "1": {"decode": {"io_id": 1}},
        "2": within(40),
        "3": within(20),
        "4": encoded(10, {"libpng": {}}),
        "5": encoded(11, {"mozjpeg": {"quality": 80}}),
        "6": within(10),
        "7": encoded(12, "webplossless"),
        "8": draw,
        "9": encoded(13, {"libpng": {}}),
    }
    lines = [(0, 2), (0, 3), (2, 4), (3, 5), (1, 6), (6, 7), (1, 8), (8, 9)]
    edges = [{"from": start, "to": end, "kind": "input"} for start, end in lines]
    edges.append({"from": 2, "to": 8, "kind": "canvas"})
    return {"framewise": {"graph": {"nodes": nodes, "edges": edges}}}


def size(data: bytes) -> tuple[int, int]:
    image = pyvips.Image.new_from_buffer(data, "")
    return image.width, image.height


def loader(data: bytes) -> str:
    """jpeg, png, webp …"""
    name: str = pyvips.Image.new_from_buffer(data, "").get("vips-loader")
    return name.removesuffix("load_buffer").replace("spng", "png")


def descriptors() -> set[str]:
    """What files and pipes this process has open."""
    found = set()
    for entry in Path("/dev/fd").iterdir():
        try:
            found.add(f"{entry.name} {entry.readlink()}")
        except OSError:
            continue
    return {each for each in found if "/fd" not in each.partition(" ")[2]}
