"""What a job gave: plain records, before anyone writes them as JSON, files or parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Output:
    """One picture made. `data` are its bytes; width and height are pixels of one frame."""

    io_id: int
    data: bytes = field(repr=False)
    media_type: str
    extension: str
    width: int
    height: int
    frames: int = 1


@dataclass(frozen=True, slots=True)
class Input:
    """What the header of an input says: upright full size in pixels."""

    io_id: int
    media_type: str
    extension: str
    width: int
    height: int
    frames: int = 1
    lossless: bool = False
    alpha: bool = False
    format: str = ""  # a name of edge.plan.formats


@dataclass(frozen=True, slots=True)
class Estimate:
    """Milliseconds of one processor, bytes at the peak, and for each output its io_id, width and height."""

    cpu_ms: float
    peak_bytes: int
    outputs: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class JobResult:
    """`outputs` in the job's order, `inputs` by io_id. `seconds` are measured, per phase (decode, transform, encode);
    `decodes`: how often each input, by io_id, was decoded."""

    outputs: tuple[Output, ...]
    inputs: tuple[Input, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)
    decodes: Mapping[int, int] = field(default_factory=dict)
    predicted: Estimate | None = None

    def output(self, io_id: int) -> Output:
        """KeyError when the job has no such output."""
        for each in self.outputs:
            if each.io_id == io_id:
                return each
        raise KeyError(io_id)
