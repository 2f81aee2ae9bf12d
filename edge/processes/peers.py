"""The other serving processes, as one of them sees them: edge.originals.purge, Peers."""

from collections.abc import Mapping

from edge.processes.channel import Channel


class Others:
    """By way of the supervisor, who knows which they are. One that is too slow to act is killed, for a process that
    missed a purge must not serve on. Raises Lost when there is no supervisor any more; then this process is about to
    end too."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def tell(self, message: Mapping[str, object]) -> None:
        await self._channel.ask({"say": "tell", "message": dict(message)})
