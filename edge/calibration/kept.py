"""The calibration of this machine as a file: where it is, whether it counts, and the rates that follow from it."""

import json
import logging
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from edge.plan.rates import SHIPPED, Rates

log = logging.getLogger("edge.calibration")

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Calibration:
    """`made`: when, ISO 8601. `time`: a factor for each group; `memory`: one for all but the idle worker, and `base`:
    that one's bytes. `before`, `after`: the median error of the times of the measurements themselves, as shares."""

    pipeline: str
    processor: str
    made: str
    time: Mapping[str, float]
    memory: float
    base: float
    before: float
    after: float
    version: int = VERSION

    def rates(self) -> Rates:
        return SHIPPED.scaled(self.time, self.memory, self.base)

    @property
    def days(self) -> int:
        """Its age."""
        return (datetime.now(UTC) - datetime.fromisoformat(self.made)).days


def place() -> Path:
    """Where the calibration of this machine is kept."""
    said = os.environ.get("EDGE_CALIBRATION")
    if said:
        return Path(said)
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "edge" / "calibration.json"


def load_rates(pipeline: str = "") -> Rates:
    """The calibrated rates where there are any for this machine, else those that are shipped. `pipeline`: the versions
    that the workers run; empty = whichever the file says."""
    calibration = load(pipeline)
    return calibration.rates() if calibration else SHIPPED


def load(pipeline: str = "") -> Calibration | None:
    """The calibration in use; None when there is none or it does not count, which is logged."""
    file = place()
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        log.warning("the calibration %s cannot be read (%s) and is ignored", file, type(error).__name__)
        return None
    try:
        calibration = _read(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError):
        log.warning("the calibration %s is broken and is ignored; edge doctor --calibrate makes a new one", file)
        return None
    reason = _stale(calibration, pipeline)
    if reason:
        log.warning("the calibration %s is of another %s and is ignored", file, reason)
        return None
    return calibration


def _read(told: Mapping[str, Any]) -> Calibration:
    """ValueError and its like when it is not what `calibrate` wrote."""
    calibration = Calibration(**told)
    numbers = [*calibration.time.values(), calibration.memory, calibration.base]
    if not all(isinstance(number, int | float) and 0 < number < 1e12 for number in numbers):
        raise ValueError("a factor is no positive number")
    datetime.fromisoformat(calibration.made)
    return calibration


def _stale(calibration: Calibration, pipeline: str) -> str:
    """What the calibration is not for; empty when it fits."""
    if calibration.version != VERSION:
        return "version of the edge"
    if calibration.processor != processor():
        return "processor"
    return "version of libvips" if pipeline and calibration.pipeline != pipeline else ""


def processor() -> str:
    """The model of this machine's processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def keep(calibration: Calibration, file: Path) -> None:
    """Whole or not at all, whoever reads meanwhile."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.write_text(json.dumps(asdict(calibration), indent=2) + "\n", encoding="utf-8")
    beside.replace(file)


def age(calibration: Calibration) -> str:
    """In words."""
    days = calibration.days
    return "made today" if days < 1 else "made yesterday" if days == 1 else f"made {days} days ago"
