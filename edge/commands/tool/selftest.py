"""`edge tool diagnose --self-test`: a handful of jobs in the folder `self_tests`, and what became of them."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from edge import jobs
from edge.commands import FAILED, FINE, Failed
from edge.dialects.imageflow.errors import JobError

FOLDER = "self_tests"

_RED: Final = {"srgb": {"hex": "e01020"}}
_SIDE: Final = 64


def run() -> int:
    folder = Path(FOLDER)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise Failed(f"{folder}: cannot be made: {error.strerror}") from None
    failed = [name for name, test in _TESTS.items() if not _passes(name, test, folder)]
    sys.stdout.write(f"FAILED: {', '.join(failed)}\n" if failed else f"OK, all {len(_TESTS)}; see {folder}\n")
    return FAILED if failed else FINE


def _passes(name: str, test: Callable[[Path], bool], folder: Path) -> bool:
    try:
        why = "" if test(folder) else "it gave something else"
    except Exception as error:  # whatever it is, it is what was asked for
        why = f"{type(error).__name__}: {error}"
    sys.stdout.write(f"{name}: {why or 'fine'}\n")
    return not why


def _canvas(folder: Path) -> bool:
    """Every later one starts with this picture."""
    made = jobs.run(_chain(_painted(), _encoded(0, {"lodepng": {}})), outputs={0: folder / "canvas.png"})
    return (made.outputs[0].width, made.outputs[0].extension) == (_SIDE, "png")


def _query(format: str) -> Callable[[Path], bool]:
    def test(folder: Path) -> bool:
        made = jobs.querystring(folder / "canvas.png", f"w=32&format={format}")
        (folder / f"query.{made.extension}").write_bytes(made.data)
        told = jobs.info(made.data)
        return (told.width, told.height, told.format) == (32, 32, format)

    return test


def _graph(folder: Path) -> bool:
    nodes = {
        "0": {"decode": {"io_id": 0}},
        "1": {"constrain": {"mode": "within", "w": 32}},
        "2": {"encode": {"io_id": 1, "preset": {"mozjpeg": {"quality": 80}}}},
        "3": "rotate_90",
        "4": {"encode": {"io_id": 2, "preset": {"lodepng": {}}}},
    }
    edges = [{"from": start, "to": end, "kind": "input"} for start, end in ((0, 1), (1, 2), (0, 3), (3, 4))]
    outputs = {1: folder / "graph.jpg", 2: folder / "graph.png"}
    job = {"framewise": {"graph": {"nodes": nodes, "edges": edges}}}
    made = jobs.run(job, {0: folder / "canvas.png"}, outputs=outputs)
    return [each.width for each in made.outputs] == [32, _SIDE] and all(
        path.stat().st_size for path in outputs.values()
    )


def _isolated(folder: Path) -> bool:
    return jobs.querystring(folder / "canvas.png", "w=16", isolated=True).width == 16


def _refused(folder: Path) -> bool:
    try:
        jobs.querystring(b"this is no picture", "w=16")
    except JobError as error:
        return error.kind == "NoEnabledDecoderFound"
    return False


def _chain(*nodes: object) -> dict[str, Any]:
    return {"framewise": {"steps": list(nodes)}}


def _painted() -> dict[str, Any]:
    return {"create_canvas": {"format": "bgra_32", "w": _SIDE, "h": _SIDE, "color": _RED}}


def _encoded(io_id: int, preset: object) -> dict[str, Any]:
    return {"encode": {"io_id": io_id, "preset": preset}}


_TESTS: Final[dict[str, Callable[[Path], bool]]] = {
    "canvas": _canvas,
    **{f"to {format}": _query(format) for format in ("jpeg", "png", "webp", "gif")},
    "graph": _graph,
    "isolated worker": _isolated,
    "no picture is refused": _refused,
}
