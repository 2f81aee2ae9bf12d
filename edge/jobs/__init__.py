"""Pictures from jobs, in your own Python program: Imageflow's JSON jobs and RIAPI queries, without a server.

    from edge import jobs

    thumbnail = jobs.querystring("photo.jpg", "w=400&format=webp")
    open("photo.webp", "wb").write(thumbnail.data)

`run`, `querystring`, `info` and `predict` work in this process, or with `isolated=True` in workers of their own that no
hostile picture leaves; `arun`, `aquerystring`, `ainfo` and `apredict` are for asyncio. What goes wrong with a job is a
JobError. docs/library.md is the guide.

Nothing of it is loaded before it is first asked for: neither libvips nor pydantic nor asyncio.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.dialects.imageflow.errors import JobError
    from edge.dialects.imageflow.results import Estimate, Input, JobResult, Output
    from edge.jobs.isolated import Isolated, close
    from edge.jobs.library import (
        LIMITS,
        ainfo,
        apredict,
        aquerystring,
        arun,
        info,
        predict,
        querystring,
        run,
    )
    from edge.plan.facts import Limits

__all__ = [
    "LIMITS",
    "Estimate",
    "Input",
    "Isolated",
    "JobError",
    "JobResult",
    "Limits",
    "Output",
    "ainfo",
    "apredict",
    "aquerystring",
    "arun",
    "close",
    "info",
    "predict",
    "querystring",
    "run",
]

_WHERE = {
    "JobError": "edge.dialects.imageflow.errors",
    **dict.fromkeys(("Estimate", "Input", "JobResult", "Output"), "edge.dialects.imageflow.results"),
    **dict.fromkeys(("Isolated", "close"), "edge.jobs.isolated"),
    "Limits": "edge.plan.facts",
}


if not TYPE_CHECKING:  # a checker shall know no other names

    def __getattr__(name: str) -> object:
        """The public names, when they are first asked for (PEP 562)."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found: object = getattr(import_module(_WHERE.get(name, "edge.jobs.library")), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
