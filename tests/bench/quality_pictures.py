"""The pictures whose renditions are judged, and the plan that a route with default settings makes for each."""

import os
from collections.abc import Callable
from pathlib import Path

from edge.dialects.base import DIALECTS
from edge.errors import EdgeError
from edge.exchange import NO_FIELDS
from edge.imaging import probe
from edge.imaging.samples import SAMPLES
from edge.negotiate.choose import negotiate
from edge.negotiate.delivery import Delivery
from edge.plan.facts import Facts, Limits
from edge.plan.layout import settle
from edge.plan.plan import Node, Plan
from edge.plan.steps import Encode, Light
from edge.plan.work import Source
from tests import pictures
from tests.bench.originals import Original

LEAST_WIDTH = 480  # pixels; a smaller picture is hardly ever made smaller
LIMITS = Limits()
_KINDS = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff")


def real() -> Path | None:
    """The folder with real pictures: EDGE_BENCH_PICTURES, or `pictures` in EDGE_TEST_CORPUS."""
    given, corpus = os.environ.get("EDGE_BENCH_PICTURES"), os.environ.get("EDGE_TEST_CORPUS")
    return Path(given) if given else Path(corpus) / "pictures" if corpus else None


def chosen(folder: Path, most: int) -> tuple[list[Original], str]:
    """The widest stills there are, at most so many, and a sentence about them. Without a folder of real ones, those
    that the edge paints for its demo are written to `folder`."""
    given = real()
    if given is None:
        paint(folder)
    found = examined(given or folder)[:most]
    if not found:
        raise SystemExit(f"Expected still pictures of at least {LEAST_WIDTH} pixels across in {given}")
    if given is None:
        return found, "No real pictures: EDGE_BENCH_PICTURES names no folder, so these are the painted samples."
    return found, f"The {len(found)} widest still pictures of the folder given."


def paint(folder: Path) -> None:
    for name, (make, options) in SAMPLES.items():
        if name.endswith((".jpg", ".png")):
            (folder / name).write_bytes(make().write_to_buffer(Path(name).suffix, **options))


def little(folder: Path) -> list[Original]:
    """For trying the harness: one opaque picture, one that is partly transparent."""
    (folder / "opaque.jpg").write_bytes(pictures.photo(500, 400, Q=92))
    (folder / "fading.png").write_bytes(pictures.with_alpha(480, 300))
    return examined(folder)


def examined(folder: Path) -> list[Original]:
    """The stills in a folder, widest first."""
    found = (Original(path, facts) for path in sorted(folder.iterdir()) if (facts := _facts(path)) is not None)
    stills = [each for each in found if each.facts.frames == 1 and each.facts.upright[0] >= LEAST_WIDTH]
    return sorted(stills, key=lambda each: (-each.facts.upright[0], each.name))


def _facts(path: Path) -> Facts | None:
    if path.suffix.lower() not in _KINDS or not path.is_file():
        return None
    try:
        return probe(Source(path.read_bytes()), LIMITS)
    except EdgeError:
        return None


def planned(original: Original, query: str, light: Light = "linear") -> Plan:
    """The concrete plan of a query, as a route with default settings comes to it."""
    wish = DIALECTS["riapi"](query)
    concrete = negotiate(wish, NO_FIELDS, Delivery(light=light), original.facts).plan
    return settle(concrete, [original.facts])


def rewritten(plan: Plan, change: Callable[[Encode], Encode]) -> Plan:
    """The same pixels, written another way."""
    return Plan(
        tuple(Node(change(node.step) if isinstance(node.step, Encode) else node.step, node.of) for node in plan.nodes)
    )
