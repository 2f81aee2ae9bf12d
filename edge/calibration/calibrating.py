"""A minute of measuring: the work that tells rates apart, and the factors by which the shipped ones come nearest."""

import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edge.calibration import painting
from edge.calibration.fitting import fitted
from edge.calibration.kept import Calibration, keep, place, processor
from edge.calibration.meter import Meter
from edge.plan.bill import Bill, total
from edge.plan.canonical import print_plan
from edge.plan.cost import bill
from edge.plan.facts import Facts
from edge.plan.plan import Plan
from edge.plan.rates import SHIPPED, group_of
from edge.plan.steps import Blur, Crop, Decode, Encode, Recolour, Resize, Round, Step

_SECONDS: Final = 0.5  # for the repeats of one measurement
_SIZES: Final = ((600, 400), (1800, 1200))
_DETAIL: Final = 0.7
_PULL: Final = 0.1  # how strongly a group's factor is held at what all groups have in common
_SEPIA: Final = (0.39, 0.77, 0.19, 0, 0, 0.35, 0.69, 0.17, 0, 0, 0.27, 0.53, 0.13, 0, 0, 0, 0, 0, 1, 0)


@dataclass(frozen=True, slots=True)
class Sample:
    """Work that was measured: what it adds up to; nanoseconds, and bytes at the peak."""

    sums: Bill
    nanoseconds: float
    bytes: float


def calibrate(say: Callable[[str], None]) -> Calibration:
    """Measure this machine and keep what was found; takes about a minute. OSError when the file cannot be written."""
    with tempfile.TemporaryDirectory(prefix="edge-calibrate-") as folder, Meter() as meter:
        samples = list(_samples(meter, Path(folder), say))
        pipeline = str(meter.ask()["pipeline"])
    calibration = reckoned(samples, pipeline)
    keep(calibration, place())
    return calibration


_SOURCES: Final = {
    "jpeg": Encode("jpeg", 82, tuning=(("jpeg.progressive", 0.0),)),
    "progressive": Encode("jpeg", 82, tuning=(("jpeg.progressive", 1.0),)),
    "png": Encode("png", tuning=(("png.plain", 1.0),)),
    "webp": Encode("webp", 78),
    "avif": Encode("avif", 55),
}
_SMALL: Final = Resize(400, 267)
_ROUND: Final = Round((20.0,) * 4, "ffffffff")
_HALF: Final = Resize(900, 600)
# What is measured, of the smaller (0) and the larger (1) picture.
_WORK: Final[tuple[tuple[int, str, tuple[Step, ...]], ...]] = (
    *((size, kind, (_SMALL, Encode("jpeg", 80))) for size in (0, 1) for kind in _SOURCES),
    *((1, kind, (Encode("jpeg", 85, tuning=(("jpeg.fast", 1.0),)),)) for kind in ("jpeg", "png", "webp")),
    *((1, "jpeg", (_HALF, Encode(name, quality))) for name, quality in (("jpeg", 80), ("webp", 78), ("avif", 55))),
    *((1, "jpeg", (_SMALL, Encode(name, quality))) for name, quality in (("webp", 78), ("avif", 55), ("png", 100))),
    (1, "jpeg", (_HALF, Encode("png", 100))),
    (1, "jpeg", (_HALF, Encode("png", 80))),
    (0, "jpeg", (Encode("gif"),)),
    (1, "jpeg", (Encode("webp", 78),)),
    (1, "jpeg", (Encode("avif", 55),)),
    (0, "jpeg", (Encode("webp", 78, lossless=True),)),
    (0, "jpeg", (Encode("jpeg", aim=80.0),)),
    (1, "png", (Resize(900, 600, "srgb"), Encode("jpeg", 80))),
    (1, "png", (_HALF, Encode("jpeg", 80))),
    (0, "png", (Resize(1200, 800), Encode("jpeg", 80))),
    (0, "png", (Resize(1200, 800, "srgb"), Encode("jpeg", 80))),
    *((1, "jpeg", (_HALF, step, Encode("jpeg", 80))) for step in (Blur(2.0), Recolour(_SEPIA), _ROUND)),
    (1, "jpeg", (Crop(100, 100, 800, 600), Encode("jpeg", 80))),
)


def _samples(meter: Meter, folder: Path, say: Callable[[str], None]) -> Iterator[Sample]:
    files: dict[tuple[int, str], Path] = {}
    for at, size in enumerate(_SIZES):
        for kind, encode in _SOURCES.items():
            say(f"painting a {kind} of {size[0]} x {size[1]} pixels")
            files[at, kind] = painting.paint(meter.make, folder, size, _DETAIL, encode).rename(folder / f"{kind}-{at}")
    facts = {key: Facts(**meter.ask(sources=[str(file)])["facts"]) for key, file in files.items()}
    for number, (which, kind, steps) in enumerate(_WORK):
        say(f"measuring {number + 1} of {len(_WORK)}: {kind} to {steps[-1].format}")  # type: ignore[union-attr]
        plan, file = Plan.chain(Decode(), *steps), files[which, kind]
        told = meter.ask(plan=print_plan(plan), sources=[str(file)], seconds=_SECONDS)
        if "error" not in told:  # this libvips lacks a codec: its rates stay as they are
            sums = bill(plan, facts[which, kind], (file.stat().st_size,))
            yield Sample(sums, told["ms"] * 1e6, told["bytes"])


def reckoned(samples: Sequence[Sample], pipeline: str) -> Calibration:
    """The factors by which the shipped rates come nearest to what was measured. OSError without measurements."""
    if not samples:
        raise OSError("Nothing could be measured")
    shares = [_by_group(sample.sums.time) for sample in samples]
    times = [sample.nanoseconds for sample in samples]
    usual = statistics.median(took / sum(share.values()) for share, took in zip(shares, times, strict=True))
    factors = fitted(shares, times, dict.fromkeys({name for share in shares for name in share}, usual), _PULL)
    memory, base = _memory(samples)
    return Calibration(
        pipeline=pipeline,
        processor=processor(),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        time={"": usual, **{name: max(factor, 0.05 * usual) for name, factor in sorted(factors.items())}},
        memory=memory,
        base=base,
        before=_error(shares, times, {}),
        after=_error(shares, times, factors),
    )


def _by_group(quantities: Mapping[str, float]) -> dict[str, float]:
    """Nanoseconds at the shipped rates, for each group of them."""
    sums: dict[str, float] = {}
    for name, quantity in quantities.items():
        group = group_of(name)
        sums[group] = sums.get(group, 0.0) + quantity * SHIPPED.time.get(name, 0.0)
    return {name: number for name, number in sums.items() if number > 0}


def _error(shares: Sequence[Mapping[str, float]], times: Sequence[float], factors: Mapping[str, float]) -> float:
    """The median of how far off they are, as a share."""
    said = [sum(number * factors.get(name, 1.0) for name, number in share.items()) for share in shares]
    return statistics.median(abs(one / took - 1) for one, took in zip(said, times, strict=True))


def _memory(samples: Sequence[Sample]) -> tuple[float, float]:
    """The factor for all that is held, and an idle worker's bytes; the shipped figures where peaks are not told."""
    base = SHIPPED.memory["base"]
    told = [sample for sample in samples if sample.bytes]
    if not told:
        return 1.0, base
    rows = [
        {"base": base, "rest": max(total(phase, SHIPPED.memory) for phase in each.sums.phases()) - base}
        for each in told
    ]
    found = fitted(rows, [sample.bytes for sample in told], {"base": 1.0, "rest": 1.0}, _PULL)
    return max(found["rest"], 0.05), max(found["base"], 0.05) * base


def summary(made: Calibration) -> str:
    """What a calibration has changed, in a sentence."""
    return (
        f"predictions of these {len(_WORK)} measurements were off by {made.before:.0%} with the shipped rates"
        f" and are by {made.after:.0%} now (medians)"
    )
