"""How a worker confines itself, layer by layer. No layer that is missing stops it: each says how it went.

Three stages, because the order matters:
  first   before anything else, so that a worker never outlives its parent
  early   libvips is loaded, but has no thread yet (what follows is per thread, and reaches only threads made later)
  late    every codec was used once: whatever they open or start lazily is there
A row of LAYERS is all that a further layer needs.

`off` leaves out what hinders a debugger or a tracer; the caps on memory and files stay, since they have settings of
their own. `required` is judged by the pool, from the report.
"""

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from edge.workers.terms import Terms

Stage = Literal["first", "early", "late"]

ON, OFF = "on", "off"

# <linux/prctl.h>
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38

OPEN_FILES = 64  # the socket, three standard streams, 32 sources twice over (libvips duplicates what it reads from)


@dataclass(frozen=True, slots=True)
class Layer:
    """`apply` raises OSError, ValueError or AttributeError where the system has no such thing."""

    name: str
    stage: Stage
    apply: Callable[[Terms], None]
    optional: bool = False  # left out by `sandbox: off`
    needed: bool = False  # `sandbox: required` refuses to start without


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        raise OSError("Linux only")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(ctypes.c_int(option), *map(ctypes.c_ulong, (value, 0, 0, 0))):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _tether(terms: Terms) -> None:
    """Die with the parent, even when it is killed. Linux means the parent's *thread* that started us: the pool keeps
    that one alive. Elsewhere the end of the socket tells, between two jobs."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != terms.parent:
        os._exit(0)  # it died before the line above


def _limit(name: str, value: int) -> None:
    """Soft and hard alike, so that it cannot be taken back; never above what we were given."""
    which: int = getattr(resource, name)
    _, hard = resource.getrlimit(which)
    cap = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (cap, cap))


def _limiting(name: str, value: int) -> Callable[[Terms], None]:
    return lambda _: _limit(name, value)


def _prctling(option: int, value: int) -> Callable[[Terms], None]:
    return lambda _: _prctl(option, value)


LAYERS: tuple[Layer, ...] = (
    Layer("parent_death", "first", _tether),
    Layer("memory", "early", lambda terms: _limit("RLIMIT_AS", terms.memory), needed=True),
    Layer("core_dumps", "early", _limiting("RLIMIT_CORE", 0)),
    Layer(
        "file_size", "early", _limiting("RLIMIT_FSIZE", 0)
    ),  # no file is ever written; sockets and pipes do not count
    Layer("open_files", "early", _limiting("RLIMIT_NOFILE", OPEN_FILES)),
    Layer("message_queues", "early", _limiting("RLIMIT_MSGQUEUE", 0)),
    Layer("no_new_privileges", "early", _prctling(PR_SET_NO_NEW_PRIVS, 1), optional=True, needed=True),
    Layer("not_dumpable", "early", _prctling(PR_SET_DUMPABLE, 0), optional=True),
)


def confine(terms: Terms, stage: Stage, layers: tuple[Layer, ...] = LAYERS) -> dict[str, str]:
    """Apply the layers of one stage to this process; what became of each."""
    return {layer.name: _apply(layer, terms) for layer in layers if layer.stage == stage}


def _apply(layer: Layer, terms: Terms) -> str:
    if layer.optional and terms.sandbox == "off":
        return OFF
    try:
        layer.apply(terms)
    except (OSError, ValueError, AttributeError) as error:
        return f"unavailable: {error}"
    return ON


def missing(report: Mapping[str, str], layers: tuple[Layer, ...] = LAYERS) -> list[str]:
    """The needed layers that are not on, each with its reason."""
    return [
        f"{layer.name} ({report.get(layer.name)})" for layer in layers if layer.needed and report.get(layer.name) != ON
    ]
