"""The floors and doors of the house. Each violation is one sentence that says what to do instead."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

FLOOR_0 = (
    "edge.plan",
    "edge.facts",
    "edge.negotiate",
    "edge.routing",
    "edge.dialects",
    "edge.freshness",
    "edge.exchange",
    "edge.settings",
    "edge.errors",
)

# room → the rooms of ours it may import, besides itself
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "cache": (),
    "edge.errors": (),
    "edge.plan": ("edge.errors",),
    "edge.exchange": ("edge.errors", "edge.plan"),
    "edge.facts": ("edge.errors", "edge.plan"),
    "edge.settings": ("edge.errors",),
    "edge.routing": ("edge.exchange", "edge.errors"),
    "edge.dialects": ("edge.plan", "edge.exchange", "edge.errors"),
    "edge.negotiate": ("edge.plan", "edge.exchange", "edge.errors"),
    "edge.calibration": ("edge.plan", "edge.errors", "edge.imaging", "edge.workers"),
    "edge.calibration.kept": ("edge.plan",),
    "edge.jobs": (*FLOOR_0, "edge.calibration.kept"),
    "edge.jobs.here": (*FLOOR_0, "edge.jobs", "edge.imaging"),
    "edge.jobs.isolated": (*FLOOR_0, "edge.jobs", "edge.workers"),
    "edge.freshness": ("edge.exchange", "edge.errors"),
    "edge.imaging": ("edge.plan", "edge.errors"),
    "edge.workers": ("edge.plan", "edge.errors"),
    "edge.workers.worker": ("edge.plan", "edge.errors", "edge.workers", "edge.imaging"),
    "edge.origins": ("edge.freshness.hops", "edge.routing.loops", "edge.exchange", "edge.errors"),
    "edge.pipeline": ("cache", *FLOOR_0, "edge.origins.base", "edge.originals", "edge.workers.admission", "edge.jobs"),
    "edge.originals": ("cache", *FLOOR_0, "edge.origins.base"),
    "edge.relay": ("cache", *FLOOR_0, "edge.origins.base", "edge.originals"),
    "edge.observe": ("edge.exchange", "edge.errors"),
    "edge.http": (
        "edge.pipeline",
        "edge.jobs",
        "edge.originals",
        "edge.exchange",
        "edge.observe",
        "edge.errors",
        "edge.dialects",
        "edge.freshness",
        "edge.routing.loops",
    ),
    "edge.processes": (
        "edge.http",
        "edge.observe",
        "edge.originals.purge",
        "edge.settings",
        "edge.exchange",
        "edge.errors",
    ),
    "edge.console": ("edge.http", "edge.exchange", "edge.errors"),
}
EVERYTHING = (
    "edge.app",
    "edge.cli",
    "edge.commands",
    "edge.__main__",
    "edge.compose",
    "edge.fonts",
    "edge.keeping",
    "edge.serving",
    "edge.demo",
    "edge.doctor",
    "edge.front",
)

# third party → the only rooms that may import it
DOORS: dict[str, tuple[str, ...]] = {
    "http_sf": ("edge.freshness",),
    "diskcache": ("cache",),
    "redis": ("cache",),
    "pyvips": ("edge.imaging",),
    "ruamel": ("edge.settings",),
    "pydantic": ("edge.settings", "edge.dialects.imageflow"),
    "pydantic_core": ("edge.settings", "edge.dialects.imageflow"),
    "cryptography": ("edge.routing",),
    "prometheus_client": ("edge.observe",),
    "aiofiles": ("edge.origins",),
    "aiohttp": ("edge.http", "edge.origins", "edge.demo"),
    "multidict": ("edge.http", "edge.origins"),
    "yarl": ("edge.origins",),
    "uvloop": ("edge.serving",),
}
KNOWN = frozenset(sys.stdlib_module_names) | {"edge", "cache"} | frozenset(DOORS)
IMPURE = ("asyncio", "aiohttp", "pyvips", "socket", "threading", "subprocess")
IMPURE_CALLS = ("open", "time.time", "time.monotonic", "time.perf_counter", "datetime.now")


def modules(root: Path) -> Iterator[tuple[str, ast.Module]]:
    for package in ("edge", "cache"):
        for path in sorted((root / package).rglob("*.py")):
            name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield ("." * node.level if node.level else "") + (node.module or ""), node.lineno


def within(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(room + ".") for room in rooms)


def room_of(module: str) -> str | None:
    return max((room for room in MAY_IMPORT if within(module, (room,))), key=len, default=None)


def violations(root: Path) -> list[str]:
    found: list[str] = []
    for module, tree in modules(root):
        room = room_of(module)
        if room is None and module != "edge" and not within(module, EVERYTHING):
            found.append(f"{module} stands in no room: add it to the table in tests/test_architecture.py")
        for name, line in imports(tree):
            found.extend(f"{module}:{line} {sentence}" for sentence in judged(module, room, name))
        if within(module, FLOOR_0):
            found.extend(impurities(module, tree))
    return found


def judged(module: str, room: str | None, name: str) -> Iterator[str]:
    if name.startswith("."):
        yield f"imports {name} relatively: write the absolute name"
    elif name.split(".", maxsplit=1)[0] in ("edge", "cache"):
        yield from judged_of_ours(module, room, name)
    else:
        yield from judged_foreign(module, name.split(".", maxsplit=1)[0])


def judged_of_ours(module: str, room: str | None, name: str) -> Iterator[str]:
    if within(name, EVERYTHING) and not within(module, EVERYTHING):
        yield f"imports {name}, but nothing may import the composition root: pass the object in instead"
    elif room is not None and name != "edge" and not within(name, (room, room_package(room), *MAY_IMPORT[room])):
        yield f"imports {name}, but {room} may import only {', '.join(MAY_IMPORT[room]) or 'itself'}"


def judged_foreign(module: str, top: str) -> Iterator[str]:
    if top not in KNOWN:
        yield f"imports {top}, which no door admits: add it to DOORS with the room it belongs to"
    elif top in DOORS and not within(module, DOORS[top]):
        yield f"imports {top}, whose door is {' or '.join(DOORS[top])}: ask that room instead"
    elif top == "asyncio" and within(module, ("edge.imaging",)):
        yield "imports asyncio, but imaging is synchronous"
    elif top in IMPURE and within(module, FLOOR_0):
        yield f"imports {top}, but floor 0 is pure: take values and the clock as arguments"


def room_package(room: str) -> str:
    """A file that is a room of its own still knows its neighbours."""
    return "edge.workers" if room == "edge.workers.worker" else room


def impurities(module: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if called in IMPURE_CALLS:
            yield f"{module}:{getattr(node, 'lineno', 0)} calls {called}(), but floor 0 is pure: take it as an argument"
        if isinstance(node, ast.AsyncFunctionDef | ast.Await):
            yield f"{module}:{node.lineno} awaits, but floor 0 is pure"


def test_every_room_keeps_to_its_floor_and_doors() -> None:
    assert violations(ROOT) == []


PLANTED = {
    "cache/x.py": ("from edge.errors import EdgeError", "cache may import only itself"),
    "edge/plan/x.py": ("import asyncio", "floor 0 is pure"),
    "edge/dialects/x.py": ("import time\nnow = time.time()", "calls time.time()"),
    "edge/facts/x.py": ("text = open('a').read()", "calls open()"),
    "edge/negotiate/x.py": ("async def f() -> None: ...", "awaits"),
    "edge/pipeline/x.py": ("import pyvips", "whose door is edge.imaging"),
    "edge/imaging/x.py": ("import asyncio", "imaging is synchronous"),
    "edge/workers/pool.py": ("from edge.imaging.run import run", "may import only edge.plan, edge.errors"),
    "edge/http/x.py": ("from edge.app import serve", "pass the object in instead"),
    "edge/origins/x.py": ("from . import base", "write the absolute name"),
    "edge/observe/x.py": ("import requests", "which no door admits"),
    "edge/attic/x.py": ("", "stands in no room"),
}


@pytest.mark.parametrize("place", PLANTED)
def test_a_planted_violation_is_found_and_told_in_a_sentence(place: str, tmp_path: Path) -> None:
    text, sentence = PLANTED[place]
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(text + "\n", encoding="utf-8")
    (told,) = violations(tmp_path)
    assert sentence in told


def test_the_serving_process_never_imports_libvips() -> None:
    code = "import sys, edge.app, edge.cli; print('pyvips' in sys.modules)"
    ran = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.strip() == "False"
