"""The pictures that are measured, and lists of URLs with the plan that each comes to."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from urllib.parse import quote

from edge.dialects.base import DIALECTS
from edge.exchange import NO_FIELDS
from edge.facts.sniff import sniff
from edge.imaging.samples import SAMPLES
from edge.negotiate.choose import negotiate
from edge.negotiate.delivery import Delivery
from edge.plan.canonical import print_plan
from edge.plan.facts import Facts
from edge.plan.layout import settle
from edge.plan.steps import Light
from tests import pictures

LEAST_SIDE = 1024  # a smaller photograph would be enlarged, or nearly
PER_LANE = 600  # more than one connection can have made in one round
SPREAD = 64  # widths are this much smaller to this much larger than asked for
QUALITY = {"jpeg": 80, "webp": 78, "avif": 55}


@dataclass(frozen=True, slots=True)
class Original:
    path: Path
    facts: Facts

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True, slots=True)
class Job:
    """One rendition: how the edge is asked for it, and what a loop does instead. `plan` is canonical text."""

    url: str
    path: Path
    plan: str

    @property
    def request(self) -> bytes:
        return f"GET {self.url} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()


@dataclass(frozen=True, slots=True)
class Kind:
    """What is asked for: below which route, mixed in which light, written as what, about how wide."""

    name: str
    prefix: str
    light: Light
    format: str = "jpeg"
    width: int = 512


def chosen(folder: Path) -> list[Original]:
    """The photographs in EDGE_BENCH_PICTURES, or three painted ones in `folder`."""
    given = os.environ.get("EDGE_BENCH_PICTURES")
    if given:
        found = [each for each in _examined(Path(given)) if min(each.facts.upright) >= LEAST_SIDE]
        if not found:
            raise SystemExit(f"Expected JPEG photographs of at least {LEAST_SIDE} pixels each way in {given}")
        return found
    for name, (make, options) in SAMPLES.items():
        if name.endswith(".jpg"):
            (folder / name).write_bytes(make().write_to_buffer(".jpg", **options))
    return _examined(folder)


def small(folder: Path) -> list[Original]:
    """For trying the harness, not the edge."""
    for name in ("first.jpg", "second.jpg"):
        (folder / name).write_bytes(pictures.photo(1280, 800, Q=90))
    return _examined(folder)


def _examined(folder: Path) -> list[Original]:
    originals = []
    for path in sorted(folder.glob("*.jpg")):
        facts = sniff(path.read_bytes())
        if isinstance(facts, Facts):
            originals.append(Original(path, facts))
    return originals


def lane(originals: Sequence[Original], kind: Kind, number: int) -> list[Job]:
    """The jobs of one connection in one round. No two lanes of a kind share a URL, and all are the same work to within
    a few pixels: a lane has its own heights, and widths that swing around the kind's."""
    return list(islice(_jobs(originals, kind, number), PER_LANE))


def sample(originals: Sequence[Original], kind: Kind) -> Job:
    """One of the same kind that is in no lane."""
    return _job(originals[0], kind, kind.width + SPREAD + 1, 0)


def _jobs(originals: Sequence[Original], kind: Kind, number: int) -> Iterator[Job]:
    blocks = -(-PER_LANE // ((2 * SPREAD + 1) * len(originals)))
    first = number % len(originals)  # so that not all lanes begin with the same original
    for taller in map(_swing, range(number * blocks, (number + 1) * blocks)):
        for wider in map(_swing, range(2 * SPREAD + 1)):
            for original in (*originals[first:], *originals[:first]):
                yield _job(original, kind, kind.width + wider, taller)


def _swing(step: int) -> int:
    """0, 1, -1, 2, -2 …"""
    return (step + 1) // 2 * (1 if step % 2 else -1)


def _job(original: Original, kind: Kind, width: int, taller: int) -> Job:
    across, down = original.facts.upright
    height = max(1, round(width * down / across) + taller)
    asked = f"w={width}&h={height}&mode=stretch&format={kind.format}&quality={QUALITY[kind.format]}"
    wish = DIALECTS["riapi"](asked)
    plan = negotiate(wish, NO_FIELDS, Delivery(light=kind.light), original.facts).plan
    text = print_plan(settle(plan, [original.facts]))
    return Job(f"{kind.prefix}{quote(original.name)}?{asked}", original.path, text)


class Lanes:
    """Hands out lanes of one kind, none of them twice."""

    def __init__(self, originals: Sequence[Original], kind: Kind) -> None:
        self._originals, self._kind = originals, kind
        self._numbers = count()

    def take(self, how_many: int) -> list[list[Job]]:
        return [lane(self._originals, self._kind, next(self._numbers)) for _ in range(how_many)]
