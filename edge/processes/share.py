"""What the configuration allows is meant for the whole edge: each serving process gets its share."""

from edge.settings.models import Settings
from edge.settings.origins import HttpOrigin


def share(settings: Settings, workers: int, number: int, processes: int) -> Settings:
    """The settings of process `number`, which counts from 1. `workers` is how many the whole edge has. Nobody gets less
    than one worker or one connection, so that many small processes may have more of them than was said."""

    def part(whole: int) -> int:
        return whole // processes + (number <= whole % processes)

    def some(whole: int) -> int:
        return max(1, part(whole))

    server = settings.server.model_copy(update={"max_connections": some(settings.server.max_connections)})
    imaging = settings.imaging.model_copy(update={"workers": some(workers)})
    cache = settings.cache.model_copy(update={"memory": part(settings.cache.memory)})
    origins = {
        name: origin.model_copy(update={"max_connections": some(origin.max_connections)})
        if isinstance(origin, HttpOrigin)
        else origin
        for name, origin in settings.origins.items()
    }
    return settings.model_copy(update={"server": server, "imaging": imaging, "cache": cache, "origins": origins})
