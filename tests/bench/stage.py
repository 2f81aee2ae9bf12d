"""What is set up once for a run: pictures, edges, the plain loop, the load tool."""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edge.workers.child import ENVIRONMENT
from edge.workers.pool import processors
from tests.bench.hands import Hand, all_busy, busy, hands, together
from tests.bench.load import Line, Tally, side_by_side
from tests.bench.originals import Job, Kind, Lanes, Original, chosen, sample, small
from tests.bench.wrk import Load, load
from tests.running import Running, eventually, running, web_origin

LINEAR = Kind("linear light", "/linear/", "linear")
SRGB = Kind("light as stored", "/srgb/", "srgb")
WEBP = Kind("linear light", "/linear/", "linear", "webp")
AVIF = Kind("linear light", "/linear/", "linear", "avif")
WEB = Kind("linear light, HTTP origin", "/web/", "linear")

_YAML = """\
imaging: {{workers: {workers}}}
cache: {{memory: {memory}, disk: {{path: "{folder}/cache", size: 8GiB}}}}
origins:
  photos: {{type: files, root: "{photos}"}}
  web: {{type: http, url: "http://127.0.0.1:{web}/", allow_private: true}}
routes:
  - {{prefix: /linear/, origin: photos, light: linear}}
  - {{prefix: /srgb/, origin: photos, light: srgb}}
  - {{prefix: /web/, origin: web, light: linear}}
"""


@dataclass(frozen=True, slots=True)
class Scale:
    """How long a run takes: rounds of so many seconds, renditions kept hot, sequential misses per light."""

    rounds: int
    seconds: float
    hot: int
    alone: int
    tiny: bool = False


FULL = Scale(rounds=5, seconds=2.0, hot=256, alone=60)
QUICK = Scale(rounds=3, seconds=0.5, hot=32, alone=12)
TINY = Scale(rounds=1, seconds=0.1, hot=16, alone=2, tiny=True)


@dataclass(slots=True)
class Stage:
    """`edge` has memory and disk, `shelved` disk alone. `crowded`: per round of misses, how many processors programs
    other than ours kept busy."""

    scale: Scale
    originals: list[Original]
    edge: Running
    shelved: Running
    loops: list[Hand]
    load: Load
    lanes: dict[Kind, Lanes]
    crowded: list[float] = field(default_factory=list)

    def take(self, kind: Kind, how_many: int) -> list[list[Job]]:
        """Lanes that nobody had before."""
        if kind not in self.lanes:
            self.lanes[kind] = Lanes(self.originals, kind)
        return self.lanes[kind].take(how_many)


@contextmanager
def staged(scale: Scale, folder: Path, own_tool: bool = False) -> Iterator[Stage]:
    photos = folder / "photos"
    photos.mkdir()
    originals = small(photos) if scale.tiny else chosen(photos)
    with ExitStack() as stack:
        bodies = {f"/{each.name}": each.path.read_bytes() for each in originals}
        web = stack.enter_context(web_origin(bodies))
        web.headers["Cache-Control"] = "max-age=3600"
        edges = []
        for name, memory in (("edge", "64MiB"), ("shelved", "0")):
            place = folder / name
            place.mkdir()
            root = originals[0].path.parent.resolve()
            text = _YAML.format(workers=processors(), memory=memory, folder=place, photos=root, web=web.port)
            edges.append(stack.enter_context(running(text, place)))
        loops = stack.enter_context(hands("tests.bench.loop", processors(), ENVIRONMENT))
        tool = stack.enter_context(load(folder, own_tool))
        yield Stage(scale, originals, edges[0], edges[1], loops, tool, {})


@dataclass(frozen=True, slots=True)
class Round:
    """Renditions a second, how many, and the processor seconds they took: of those who do the work, and of who serves
    it. What the client needs is in neither."""

    rate: float
    count: int
    working: float
    serving: float = 0.0

    @property
    def each(self) -> float:
        """Processor milliseconds of one."""
        return (self.working + self.serving) * 1000 / self.count


def loop_round(stage: Stage, lanes: Sequence[Sequence[Job]]) -> Round:
    """A plain loop with one process per lane."""
    prepare(stage.loops, lanes)
    pids = [hand.child.pid for hand in stage.loops]
    with _watched(stage, pids) as used:
        told = together(stage.loops, [{"go": stage.scale.seconds}] * len(stage.loops))
    rate = sum(len(each["took"]) / each["elapsed"] for each in told)
    return Round(rate, sum(len(each["took"]) for each in told), used[0])


def edge_round(stage: Stage, lanes: Sequence[Sequence[Job]]) -> Round:
    """The edge, with one connection per lane. Raises AssertionError for an answer that is no miss."""
    requests = [[job.request for job in lane] for lane in lanes]
    workers, server = stage.edge.workers(), [stage.edge.process.pid]
    served = busy(server)
    with _watched(stage, workers) as used:
        tallies = side_by_side(stage.edge.port, requests, stage.scale.seconds)
    _all_misses(tallies)
    quiet(stage.edge)
    count = sum(len(tally.answers) for tally in tallies)
    return Round(sum(tally.rate for tally in tallies), count, used[0], busy(server) - served)


@contextmanager
def _watched(stage: Stage, working: Sequence[int]) -> Iterator[list[float]]:
    """Processor seconds of those who work meanwhile; and what strangers took is remembered."""
    ours = [*working, stage.edge.process.pid, os.getpid()]
    used: list[float] = []
    work, all_ours, everyone, began = busy(working), busy(ours), all_busy(), time.perf_counter()
    yield used
    used.append(busy(working) - work)
    strangers = (all_busy() - everyone) - (busy(ours) - all_ours)
    stage.crowded.append(max(0.0, strangers) / (time.perf_counter() - began))


def prepare(loops: Sequence[Hand], lanes: Sequence[Sequence[Job]]) -> None:
    together(loops, [{"jobs": [[str(job.path), job.plan] for job in lane]} for lane in lanes])


def _all_misses(tallies: Sequence[Tally]) -> None:
    for got in (got for tally in tallies for got in tally.answers):
        status = got.field("cache-status")
        assert got.status == 200, f"Expected a picture but received {got.status}"
        assert "fwd=uri-miss" in status, f"Expected a miss but received {status}"
        assert "collapsed" not in status, "two connections asked for the same"


def quiet(edge: Running) -> None:
    """Until nothing waits for the disk: what one round left behind must not cost the next."""
    assert eventually(lambda: edge.metric("edge_cache_queue_bytes") == 0), "the disk does not keep up"
    time.sleep(0.02)


def prove_same_work(stage: Stage, kind: Kind) -> None:
    """The edge explains the very plan that the loop is given, and its bytes are those of the loop."""
    job = sample(stage.originals, kind)
    explained = json.loads(stage.edge.admin("/explain", "POST", json.dumps({"url": job.url}).encode()).body)
    assert explained["plan"] == job.plan, f"The edge's plan is another: {explained}"
    prepare(stage.loops, [[job]] * len(stage.loops))
    digests = {each["digest"] for each in together(stage.loops, [{"go": 0}] * len(stage.loops))}
    with Line(stage.edge.port) as line:
        body = line.ask(job.request).body
    assert digests == {hashlib.sha256(body).hexdigest()}, "The edge's bytes are not the loop's"
