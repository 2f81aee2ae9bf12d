"""What the configuration allows, divided."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.commands.reading import read_settings
from edge.processes.charge import Charge, packed
from edge.processes.share import share
from edge.settings import Settings
from edge.settings.models import Cache, Imaging, Server
from edge.settings.origins import HttpOrigin

CONFIG = Path(__file__).parents[3] / "config"


def whole(workers: int, connections: int, memory: int) -> Settings:
    return Settings(
        server=Server(max_connections=connections),
        imaging=Imaging(workers=workers),
        cache=Cache(memory=memory),
        origins={"web": HttpOrigin(url="http://example.com/", max_connections=max(1, connections // 10))},
    )


@given(
    processes=st.integers(2, 64),
    workers=st.integers(1, 512),
    connections=st.integers(1, 10_000),
    memory=st.integers(0, 1 << 40),
)
def test_the_shares_are_the_whole_unless_somebody_would_have_nothing(
    processes: int, workers: int, connections: int, memory: int
) -> None:
    shares = [share(whole(workers, connections, memory), workers, n, processes) for n in range(1, processes + 1)]
    assert sum(int(each.imaging.workers) for each in shares) == max(workers, processes)
    assert sum(each.server.max_connections for each in shares) == max(connections, processes)
    assert sum(each.cache.memory for each in shares) == memory
    asked = [origin.max_connections for each in shares for origin in each.origins.values()]  # type: ignore[union-attr]
    assert sum(asked) == max(connections // 10, 1, processes)


def test_what_is_no_budget_stays() -> None:
    settings = Settings.for_folder("/srv/photos")
    shared = share(settings, 4, 1, 2)
    assert (shared.imaging.memory, shared.cache.disk, shared.routes) == (
        settings.imaging.memory,
        settings.cache.disk,
        settings.routes,
    )


@pytest.mark.parametrize("file", sorted(CONFIG.glob("*.yaml")), ids=lambda file: file.name)
def test_a_charge_gives_the_settings_back_as_they_were(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_SIGNING_KEY", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("EDGE_API_KEY", "one")
    settings = read_settings(str(file), folders=False)
    charge = Charge(1, 2, 3, (4,), 5, settings)
    told = pickle.loads(packed(charge)[4:])
    assert told == charge
    assert [route.quality.model_fields_set for route in told.settings.routes] == [
        route.quality.model_fields_set for route in settings.routes
    ]
