"""How the edge's renditions look beside those of libvips' one-line thumbnail: points, bytes and milliseconds.

Points are SSIMULACRA 2 against a reference made from every pixel in linear light (tests.bench.quality_lanczos). Files
are timed first, then scored, both in as many processes as there are processors; the two files of a task always take
turns in one of them.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from edge.plan.canonical import print_plan
from edge.plan.formats import FORMATS
from edge.plan.plan import Plan
from edge.plan.steps import Light, Resize
from edge.workers.child import ENVIRONMENT
from edge.workers.pool import processors
from tests.bench.hands import Hand, hands
from tests.bench.originals import Original
from tests.bench.quality_pictures import chosen, little, planned

KINDS = {"jpeg": "JPEG", "webp": "WebP", "avif": "AVIF"}
LARGE = 2000  # pixels across: the sources that the goal speaks of
ONE_THREAD = {**ENVIRONMENT, "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Scale:
    """How many pictures, how wide their renditions are, how often each is timed, and up to which width the bytes at
    equal points are looked for, which doubles the time."""

    pictures: int
    widths: tuple[int, ...]
    rounds: int
    equal_points: int
    tiny: bool = False


FULL = Scale(pictures=8, widths=(320, 512, 1200), rounds=5, equal_points=600)
QUICK = Scale(pictures=3, widths=(320, 512), rounds=5, equal_points=0)
TINY = Scale(pictures=2, widths=(160,), rounds=1, equal_points=600, tiny=True)


@dataclass(frozen=True, slots=True)
class Task:
    """One file to be made both ways."""

    original: Original
    width: int
    height: int
    format: str
    quality: int
    plan: Plan

    @property
    def ours(self) -> Mapping[str, object]:
        return {"plan": print_plan(self.plan)}

    @property
    def mixed(self) -> Light:
        """In which light the plan lays transparent pixels over white, if it does."""
        resize = self.plan.find(Resize)
        return resize.light if resize is not None and resize.matte.endswith("ff") else "srgb"

    @property
    def theirs(self) -> Mapping[str, object]:
        return {"thumbnail": [self.width, self.height, self.format, self.quality]}


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of a task. `same_bytes`: the thumbnail's points at the edge's bytes; `same_points`: its bytes at the
    edge's points; None where no quality of its comes to that, or nobody looked. Milliseconds are medians of processor
    time; `ratio` is the median of the rounds' ratios."""

    task: Task
    points: float
    bytes: int
    plain_points: float
    plain_bytes: int
    same_bytes: float | None
    same_points: int | None
    ms: float
    plain_ms: float
    ratio: float

    @property
    def gain(self) -> float | None:
        return None if self.same_bytes is None else self.points - self.same_bytes

    @property
    def share(self) -> float | None:
        """The edge's bytes by the thumbnail's, at equal points."""
        return None if self.same_points is None else self.bytes / self.same_points

    @property
    def large(self) -> bool:
        return self.task.original.facts.upright[0] >= LARGE


def quality(scale: Scale) -> tuple[list[Cell], str]:
    """The cells, and the tables that they make."""
    with tempfile.TemporaryDirectory(prefix="edge-quality-") as place:
        folder = Path(place)
        originals, sentence = (little(folder), "") if scale.tiny else chosen(folder, scale.pictures)
        tasks = [task for original in originals for width in scale.widths for task in tasks_of(original, width)]
        with judges() as crew:
            timed = _timed(crew, tasks, scale.rounds)
            cells = _judged(crew, tasks, timed, scale.equal_points)
    return cells, "\n".join(printed(cells, sentence))


@contextmanager
def judges() -> Iterator[list[Hand]]:
    with hands("tests.bench.quality_hand", processors(), ONE_THREAD) as crew:
        yield crew


def tasks_of(original: Original, width: int) -> list[Task]:
    """None where the picture would not become smaller."""
    if width >= original.facts.upright[0]:
        return []
    return [_task(original, width, format) for format in KINDS]


def _task(original: Original, width: int, format: str) -> Task:
    plan = planned(original, f"w={width}&format={format}")
    step, resize = plan.outputs[0], plan.find(Resize)
    assert resize is not None
    number = step.quality if isinstance(step.quality, int) else FORMATS[format].quality
    assert number is not None
    return Task(original, resize.width, resize.height, format, number, plan)


def _timed(crew: Sequence[Hand], tasks: Sequence[Task], rounds: int) -> list[Any]:
    return shared(crew, [race(task.original, [task.ours, task.theirs], rounds) for task in tasks])


def race(original: Original, runners: Iterable[object], rounds: int) -> Mapping[str, object]:
    return {"do": "race", "path": str(original.path), "runners": list(runners), "rounds": rounds}


def _judged(crew: Sequence[Hand], tasks: Sequence[Task], timed: Sequence[Any], equal_points: int) -> list[Cell]:
    """The longest jobs first, so that all processors have work to the end; cells in the order of the tasks."""
    groups: dict[tuple[str, int], list[int]] = {}
    for at, task in enumerate(tasks):
        groups.setdefault((task.original.name, task.width), []).append(at)
    jobs = sorted(groups.values(), key=lambda job: -tasks[job[0]].width * tasks[job[0]].height)
    orders = [_order([tasks[at] for at in job], equal_points) for job in jobs]
    cells: dict[int, Cell] = {}
    for job, told in zip(jobs, shared(crew, orders), strict=True):
        cells |= {at: _cell(tasks[at], each, timed[at]) for at, each in zip(job, told, strict=True)}
    return [cells[at] for at in range(len(tasks))]


def _order(tasks: Sequence[Task], equal_points: int) -> Mapping[str, object]:
    kinds = [{"format": each.format, "quality": each.quality, "mixed": each.mixed, **each.ours} for each in tasks]
    first = tasks[0]
    return {
        "do": "judge",
        "path": str(first.original.path),
        "kinds": kinds,
        "equal_points": first.width <= equal_points,
    }


def shared(crew: Sequence[Hand], orders: Sequence[Mapping[str, object]]) -> list[Any]:
    """Each order to whichever hand is free; the answers in the order of the orders."""
    idle: SimpleQueue[Hand] = SimpleQueue()
    for hand in crew:
        idle.put(hand)

    def ask(order: Mapping[str, object]) -> Any:
        hand = idle.get()
        try:
            return hand.ask(order)
        finally:
            idle.put(hand)

    told = []
    with ThreadPoolExecutor(len(crew)) as threads:
        for number, answer in enumerate(threads.map(ask, orders), 1):
            told.append(answer)
            say(f"{orders[0]['do']}: {number} of {len(orders)}")
    return told


def _cell(task: Task, told: Mapping[str, Any], timed: Sequence[Any]) -> Cell:
    ours, theirs = (each["took"] for each in timed)
    assert timed[0]["size"] == [task.width, task.height], "the plan makes another size"
    ratio = statistics.median(mine / yours for mine, yours in zip(ours, theirs, strict=True))
    return Cell(task, **told, ms=statistics.median(ours), plain_ms=statistics.median(theirs), ratio=ratio)


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def printed(cells: Sequence[Cell], sentence: str) -> list[str]:
    """A table of goals, then one per format."""
    lines = [*_summary(cells), "", sentence] if sentence else _summary(cells)
    for format, name in KINDS.items():
        lines += ["", *_table([cell for cell in cells if cell.task.format == format], name)]
    return lines


def _table(cells: Sequence[Cell], name: str) -> list[str]:
    numbers = ", ".join(sorted({str(cell.task.quality) for cell in cells}))
    return [
        f"{name}, quality {numbers}:",
        "",
        f"| {' | '.join(_HEAD)} |",
        "|---" * len(_HEAD) + "|",
        *map(_row, cells),
    ]


_HEAD = (
    "picture",
    "source",
    "size",
    "points",
    "thumbnail, same number",
    "thumbnail, same bytes",
    "gain",
    "kB",
    "thumbnail's kB",
    "kB by thumbnail's, same points",
    "ms",
    "thumbnail's ms",
)


def _row(cell: Cell) -> str:
    task = cell.task
    across, down = task.original.facts.upright
    fields = [
        Path(task.original.name).stem,
        f"{across} × {down}",
        f"{task.width} × {task.height}",
        f"{cell.points:.1f}",
        f"{cell.plain_points:.1f}",
        _or_dash(cell.same_bytes, ".1f"),
        _or_dash(cell.gain, "+.1f"),
        f"{cell.bytes / 1000:.1f}",
        f"{cell.plain_bytes / 1000:.1f}",
        _or_dash(cell.share, ".2f"),
        f"{cell.ms:.1f}",
        f"{cell.plain_ms:.1f}",
    ]
    return f"| {' | '.join(fields)} |"


def _or_dash(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _summary(cells: Sequence[Cell]) -> list[str]:
    """A column per format, and one for all."""
    columns = [[cell for cell in cells if cell.task.format == format] for format in KINDS] + [list(cells)]
    rows = [
        f"| {name} | {goal} | {' | '.join(figure(column) for column in columns)} |" for name, goal, figure in _FIGURES
    ]
    return [f"| figure | goal | {' | '.join(KINDS.values())} | all |", "|---|---|---|---|---|---|", *rows]


def _middle(pick: Callable[[Cell], float | None], form: str) -> Callable[[Sequence[Cell]], str]:
    """The median of what there is, and of how many."""

    def figure(cells: Sequence[Cell]) -> str:
        values = [value for cell in cells if (value := pick(cell)) is not None]
        return f"{statistics.median(values):{form}} ({len(values)})" if values else "–"

    return figure


def _worst(cells: Sequence[Cell]) -> str:
    gains = [
        (cell.gain, Path(cell.task.original.name).stem, cell.task.width) for cell in cells if cell.gain is not None
    ]
    if not gains:
        return "–"
    gain, name, width = min(gains)
    return f"{gain:+.1f} ({name}, {width})"


_FIGURES: tuple[tuple[str, str, Callable[[Sequence[Cell]], str]], ...] = (
    (
        f"median gain at equal bytes, sources of {LARGE} pixels and more",
        "≥ 8",
        _middle(lambda cell: cell.gain if cell.large else None, "+.1f"),
    ),
    ("median gain at equal bytes, all", "", _middle(lambda cell: cell.gain, "+.1f")),
    ("least gain at equal bytes", "> −1", _worst),
    (
        "median gain at the same number",
        "",
        _middle(lambda cell: cell.points - cell.plain_points, "+.1f"),
    ),
    ("median bytes by thumbnail's, equal points", "", _middle(lambda cell: cell.share, ".2f")),
    (
        "median bytes by thumbnail's, same number",
        "",
        _middle(lambda cell: cell.bytes / cell.plain_bytes, ".2f"),
    ),
    ("median milliseconds by thumbnail's, same number", "≤ 1.6", _middle(lambda cell: cell.ratio, ".2f")),
)
