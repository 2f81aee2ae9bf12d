"""One edge for the whole folder: tests have paths of their own, and the clock only moves on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.conformance.harness import Cached, Clock, standing
from tests.conformance.origin import Origin

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The edge lives in one event loop, so all its tests run in that one."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def origin(clock: Clock) -> AsyncIterator[Origin]:
    server = Origin(clock, clock.tick)
    await server.start()
    yield server
    await server.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(origin: Origin, clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cached]:
    async with standing(origin, clock, tmp_path_factory.mktemp("cache")) as edge:
        yield Cached(edge, origin, clock)


@pytest.fixture
def cached(shared: Cached) -> Cached:
    """The shared edge with paths that no other test has."""
    return Cached(shared.edge, shared.origin, shared.clock)
