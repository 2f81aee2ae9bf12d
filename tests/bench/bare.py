"""The baseline of hits: aiohttp's low-level server, the same event loop, one constant body, nothing else."""

import asyncio
import sys
from collections.abc import Coroutine

from aiohttp import web


async def serve(length: int) -> None:
    """Until standard input ends. Prints its port."""
    body, headers = bytes(length), {"Content-Type": "image/jpeg"}

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if "if-none-match" in request.headers:
            return web.Response(status=304)
        return web.Response(body=body, headers=headers)

    runner = web.ServerRunner(web.Server(answer, access_log=None), handle_signals=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


def run(main: Coroutine[object, object, None]) -> None:
    """On the event loop that the edge uses."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)


if __name__ == "__main__":
    run(serve(int(sys.argv[1])))
