"""A process that serves: alone, as the supervisor of several, or as one of them."""

import asyncio
import json
import logging
import os
import re
import sys
import tempfile
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path

from edge.app import Edge, worker_count
from edge.exchange import Reply
from edge.observe.log import Log
from edge.processes.greeting import greeting
from edge.processes.house import House
from edge.processes.lines import WholeLines
from edge.processes.member import Member
from edge.processes.share import share
from edge.processes.signals import heed_the_next, stopping
from edge.processes.supervisor import CannotStart
from edge.settings.models import Settings
from edge.workers.pool import StartError

log = logging.getLogger("edge")


def run(main: Coroutine[object, object, int]) -> int:
    """Run it on the fastest event loop there is."""
    try:
        import uvloop  # noqa: PLC0415 - not on every system
    except ImportError:
        return asyncio.run(main)
    return int(uvloop.run(main))


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT. Exit code 0, or 1 when it could not start."""
    if settings.server.processes > 1:
        return run(supervise(settings))
    return run(serve_until_stopped(settings, {}, []))


async def serve_until_stopped(settings: Settings, pages: Mapping[str, Reply], hint: Sequence[str]) -> int:
    """In this process alone. `pages` are served beside the routes, `hint` is printed once the edge is ready."""
    lines = Log(settings.log.format, settings.log.level)
    stop = stopping()
    try:
        async with Edge(settings, pages) as edge:
            admin = edge.admin.address if edge.admin else None
            print(greeting(settings, edge.public.address, admin, hint), end="", flush=True)
            log.info("ready", extra={"listen": edge.public.address, "sandbox": dict(edge.pool.layers)})
            await stop.wait()
            log.info("draining")
            heed_the_next()
    except (OSError, StartError, ValueError) as error:
        return _cannot_start(error)
    finally:
        written = lines.close()
    if not written:
        os._exit(0)
    return 0


async def supervise(settings: Settings) -> int:
    """With several serving processes, none of which is this one."""
    stop = stopping()
    usual = sys.stdout
    with tempfile.TemporaryFile() as board:
        sys.stdout = WholeLines(1, board.fileno())
        lines = Log(settings.log.format, settings.log.level)
        try:
            async with House(settings, _member_command, board) as house:
                sys.stdout.write(greeting(settings, house.public, house.admin))
                log.info("ready", extra={"listen": house.public, "processes": settings.server.processes})
                await stop.wait()
                log.info("draining")
                heed_the_next()
        except (OSError, CannotStart, ValueError) as error:
            return _cannot_start(error)
        finally:
            written = lines.close()
            sys.stdout = usual
    if not written:
        os._exit(0)
    return 0


def _cannot_start(error: Exception) -> int:
    print(f"edge: cannot start: {sentence_of(error)}", file=sys.stderr)
    return 1


def sentence_of(error: Exception) -> str | None:
    """Why the edge cannot start, None for what is a fault of ours."""
    if not isinstance(error, OSError | StartError | CannotStart | ValueError):
        return None
    return re.sub(r"^.Errno [0-9]+. ", "", str(error))


# A serving process of several: edge.processes.member. What this one can import, wherever it was installed, is appended.
_MEMBER = (
    "import json, sys; sys.path += json.loads(sys.argv[2]); from edge.serving import join; sys.exit(join(sys.argv[1]))"
)


def _member_command(descriptor: int) -> Sequence[str]:
    folders = [folder for folder in sys.path if Path(folder).is_absolute()]
    flags = ["-P", "-B"] if sys.dont_write_bytecode else ["-P"]
    return [sys.executable, *flags, "-c", _MEMBER, str(descriptor), json.dumps(folders)]


def join(descriptor: str) -> int:
    """Serve as one of several processes, as the charge at this descriptor says."""
    member = Member(int(descriptor), sentence_of)
    whole = member.charge.settings
    settings = share(whole, worker_count(whole), member.charge.number, member.charge.processes)
    return run(member.serve(lambda seat: Edge(settings, seat=seat)))
