"""What the admin listener of several processes answers: their answers, put together."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from edge.exchange import Fields, ImageRequest
from edge.http.listen import Handler
from edge.originals.purge import Order
from edge.processes.channel import Message
from edge.processes.supervisor import Supervisor

EXPLAIN: Final = 60.0  # seconds; it may have to fetch the original
PURGE: Final = 600.0  # seconds; a prefix may mean everything there is

Tree = Mapping[str, object]


class Desk:
    """The callables that edge.http.admin.Admin asks. It asks them without waiting, so `looking` collects before."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._numbers = b""
        self._states: Sequence[Tree] = ()
        self._caches: Sequence[Tree] = ()

    def looking(self, answer: Handler) -> Handler:
        """`answer`, after the processes were asked what it is about to tell."""

        async def handle(request: Any) -> Any:  # aiohttp's own types stay behind edge.http
            path = request.raw_path.partition("?")[0]
            if path == "/metrics":
                self._numbers = await self._supervisor.metrics()
            elif path == "/readyz":
                self._states = await self._all("state")
            elif path == "/cache":
                self._caches = await self._all("cache")
            return await answer(request)

        return handle

    def metrics(self) -> bytes:
        return self._numbers

    def readiness(self) -> Tree:
        told = self._supervisor
        return readiness(self._states, told.ready, told.count, told.draining)

    def cache_state(self) -> Tree:
        return added(self._caches)

    async def explain(self, request: ImageRequest) -> Tree:
        return await self._supervisor.ask_one({"door": "explain", "request": told_request(request)}, EXPLAIN)

    async def purge(self, order: Order) -> int:
        """Carried out by one process, which tells the others. Doing it twice harms nothing."""
        told = await self._supervisor.ask_one({"door": "purge", **asdict(order)}, PURGE)
        return int(str(told["purged"]))

    async def _all(self, door: str) -> Sequence[Tree]:
        return list((await self._supervisor.ask_all({"door": door})).values())


def readiness(states: Sequence[Tree], ready: int, count: int, draining: bool) -> Tree:
    """Of the whole edge. Ready: a process serves that has workers. Degraded: one or several do not; their replacements
    are on their way, and the others take all connections."""
    able = [state for state in states if state.get("ready")]
    workers = added([found for state in states if isinstance(found := state.get("workers"), Mapping)])
    layers = [found for state in states if isinstance(found := state.get("sandbox"), Mapping)]
    return {
        "ready": bool(able) and not draining,
        "draining": draining,
        "degraded": len(able) < count,
        "processes": {"ready": min(ready, len(able)), "configured": count},
        "workers": workers or {"alive": 0, "busy": 0},
        "disk": _worst([str(state.get("disk")) for state in states]),
        "sandbox": layers[0] if layers else {},
    }


def _worst(disks: Sequence[str]) -> str:
    return next((word for word in ("failing", "ok") if word in disks), "off")


# What each process tells of the one folder that all share.
_SHARED: Final = {"disk": ("bytes", "entries", "capacity"), "index": ("names",)}


def added(trees: Sequence[Tree], within: str = "") -> Tree:
    """Numbers added up, truths held together, name by name; what is shared is not multiplied."""
    found: dict[str, object] = {}
    for tree in trees:
        for name, value in tree.items():
            found[name] = _together(found.get(name), value, name, within)
    return found


def _together(one: object, other: object, name: str, within: str) -> object:
    if isinstance(other, Mapping):
        return added([tree for tree in (one, other) if isinstance(tree, Mapping)], name)
    if one is None or isinstance(other, str | None):
        return other
    if isinstance(one, bool) or isinstance(other, bool):
        return bool(one) and bool(other)
    if isinstance(one, int | float) and isinstance(other, int | float):
        return max(one, other) if name in _SHARED.get(within, ()) else one + other
    return other


def told_request(request: ImageRequest) -> Message:
    """As a message to another process."""
    headers = [[name, value] for name, value in request.headers]
    return {
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "host": request.host,
        "headers": headers,
        "scheme": request.scheme,
    }


def heard_request(told: object) -> ImageRequest:
    """The request that `told_request` gave."""
    match told:
        case {
            "method": str(method),
            "path": str(path),
            "query": str(query),
            "host": str(host),
            "headers": list(headers),
            "scheme": str(scheme),
        }:
            fields = Fields((str(name), str(value)) for name, value in headers)
            return ImageRequest(method, path, query, host, fields, scheme)
    raise ValueError("Expected a request")
