"""Misses: throughput beside a plain loop, and what one request alone waits longer."""

import statistics
from collections.abc import Sequence

from tests.bench.hands import peak
from tests.bench.load import Got, Line
from tests.bench.originals import Job, Kind
from tests.bench.stage import Round, Stage, edge_round, loop_round, prepare, prove_same_work, quiet
from tests.bench.table import Row, number, paired

PHASES = ("fetch", "queue", "decode", "transform", "encode")


def throughput(stage: Stage, kind: Kind, crowds: Sequence[int]) -> list[Row]:
    """A row per number of connections, and one of processor time, which a busy machine blurs less. Rounds of loop and
    edge take turns, and so does who begins."""
    prove_same_work(stage, kind)
    loops: list[Round] = []
    edges: dict[int, list[Round]] = {crowd: [] for crowd in crowds}
    for turn in range(stage.scale.rounds):
        for crowd in [0, *crowds] if turn % 2 else [*crowds, 0]:
            lanes = stage.take(kind, crowd or len(stage.loops))
            if crowd:
                edges[crowd].append(edge_round(stage, lanes))
            else:
                loops.append(loop_round(stage, lanes))
    rows = [_rate(stage, f"{kind.name}, {kind.format}, {crowd} connections", edges[crowd], loops) for crowd in crowds]
    return [*rows, *_processor_time(f"{kind.name}, {kind.format}", edges[crowds[0]], loops)]


def _rate(stage: Stage, name: str, edge: Sequence[Round], loops: Sequence[Round]) -> Row:
    return paired(
        f"misses, {name}",
        [each.rate for each in edge],
        [each.rate for each in loops],
        f"plain loop, {len(stage.loops)} processes",
        f"{stage.scale.rounds} × {stage.scale.seconds:g} s; {_count(edge)} and {_count(loops)}",
    )


def _count(rounds: Sequence[Round]) -> int:
    return sum(each.count for each in rounds)


def _processor_time(name: str, edge: Sequence[Round], loops: Sequence[Round]) -> list[Row]:
    """None where the system does not tell it."""
    if not all(each.working for each in (*edge, *loops)):
        return []
    serving = statistics.median(each.serving * 1000 / each.count for each in edge)
    return [
        Row(
            f"processor time of one, {name}",
            statistics.median(each.each for each in edge),
            statistics.median(each.each for each in loops),
            "ms",
            "plain loop",
            tuple(loop.each / ours.each for ours, loop in zip(edge, loops, strict=True)),
            f"{number(serving)} ms of it in the serving process",
        )
    ]


def latency(stage: Stage, kind: Kind) -> tuple[Row, str]:
    """One request at a time, and each time the same job in the loop right before or after it; the phases, as told by
    Server-Timing, in a sentence."""
    (jobs,) = stage.take(kind, 1)
    warmed, jobs = jobs[: len(stage.originals)], jobs[len(stage.originals) :][: stage.scale.alone]
    with Line(stage.edge.port) as line:
        for job in warmed:
            _pair(stage, line, job, True)
        pairs = [_pair(stage, line, job, turn % 2 == 0) for turn, job in enumerate(jobs)]
    quiet(stage.edge)
    added = sorted((got.took - alone) * 1000 for got, alone in pairs)
    late = added[min(len(added) - 1, round(0.95 * len(added)))]
    whole = [got.took * 1000 for got, _ in pairs]
    row = Row(
        f"one miss alone, {kind.name}",
        statistics.median(whole),
        statistics.median(alone * 1000 for _, alone in pairs),
        "ms",
        "the same job in the loop",
        (statistics.median(alone / got.took for got, alone in pairs),),
        f"{len(pairs)} pairs; added {number(statistics.median(added))} ms, p95 {number(late)} ms",
    )
    return row, f"Of one miss alone, {kind.name}: {_split([got for got, _ in pairs])}."


def _pair(stage: Stage, line: Line, job: Job, edge_first: bool) -> tuple[Got, float]:
    """The edge's answer, and the loop's seconds."""
    loop = stage.loops[0]
    prepare([loop], [[job]])
    if edge_first:
        got = line.ask(job.request)
    alone = float(loop.ask({"go": 0})["took"][0])
    if not edge_first:
        got = line.ask(job.request)
    assert "fwd=uri-miss" in got.field("cache-status"), "a miss that is none"
    return got, alone


def _split(answers: Sequence[Got]) -> str:
    """Medians in milliseconds per phase, and what is left beside them."""
    timings = [phases(got) for got in answers]
    rest = statistics.median(got.took * 1000 - sum(told.values()) for got, told in zip(answers, timings, strict=True))
    medians = {name: statistics.median(told.get(name, 0.0) for told in timings) for name in PHASES}
    told = [f"{name} {value:.1f} ms" for name, value in medians.items() if value]
    return ", ".join([*told, f"all else {rest:.1f} ms"])


def phases(got: Got) -> dict[str, float]:
    """Server-Timing, in milliseconds."""
    parts = (part.partition(";dur=") for part in got.field("server-timing").split(", "))
    return {name: float(value) for name, found, value in parts if found and name in PHASES}


def memory(stage: Stage) -> list[Row]:
    """After all else. Pages that processes share are counted in each of them."""
    workers, loops = stage.edge.workers(), [hand.child.pid for hand in stage.loops]
    worker, loop = max(map(peak, workers), default=0.0), max(map(peak, loops))
    row = Row(
        "peak memory of a worker",
        worker,
        loop,
        "MiB",
        "a process of the plain loop",
        (loop / worker if worker else 0.0,),
        f"largest of {len(workers)} and {len(loops)}",
    )
    return [row]
