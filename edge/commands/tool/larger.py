"""`--exit-if-larger-than`: the largest frame that may be made (JSON_JOBS §7)."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from edge.commands.tool.slots import Job
from edge.dialects.imageflow.errors import JobError
from edge.errors import expected

# As large as a request can say: no limit.
_UNLIMITED: Final[Mapping[str, float]] = {"w": 2**32 - 1, "h": 2**32 - 1, "megapixels": 1e30}
_AXES: Final[Mapping[str, tuple[str, ...]]] = {
    "mp": ("megapixels",),
    "w": ("w",),
    "h": ("h",),
    "px": ("w", "h"),
    "": ("w", "h"),
}
_SIZE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(mp|w|h|px|)")
_WHAT = "a size such as 100mp, 8000w, 8000h, 8000px or disabled"


def frame_limit(values: Sequence[str]) -> Mapping[str, float]:
    """`max_frame_size`: what is not named has no limit, of what is named twice the smaller holds. Raises JobError."""
    limit = dict(_UNLIMITED)
    for word in chain.from_iterable(value.lower().split() or [value] for value in values):
        if word != "disabled":
            for axis, number in _read(word).items():
                limit[axis] = min(limit[axis], number)
    return limit


def _read(value: str) -> Mapping[str, float]:
    found = _SIZE.fullmatch(value)
    axes = _AXES[found[2]] if found else ()
    number: Callable[[str], float] = float if axes == ("megapixels",) else int
    try:
        return {axis: number(found[1]) for axis in axes} if found else _refuse(value)
    except ValueError:
        return _refuse(value)


def _refuse(value: str) -> Mapping[str, float]:
    raise JobError("InvalidArgument", expected(_WHAT, "--exit-if-larger-than", value))


def limited(job: Job, values: Sequence[str] | None) -> Job:
    """The job with this limit in its `builder_config.security`, whose other members stay."""
    if not values:
        return job
    config: dict[str, Any] = job.get("builder_config") or {}
    security = {**(config.get("security") or {}), "max_frame_size": frame_limit(values)}
    return {**job, "builder_config": {**config, "security": security}}
