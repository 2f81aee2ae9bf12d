"""The pictures that a job works on: sent along, written inside its JSON, or lying behind routes of this very edge.

Theory of operation. Whoever may send jobs is no more than any other client towards the picture routes: a URL in a job
passes the rules of the route that serves it as if processing had been asked there, and what that route's operator or
origin keeps from being changed is refused. The original comes from `Originals` as for any picture: fetched once for all
who want it, judged for freshness, never decoded here.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final, Protocol

from cache.entry import FileSlice
from edge.dialects.imageflow.content import content
from edge.dialects.imageflow.errors import JobError, job_error
from edge.dialects.imageflow.model import Base64, ByteArray, BytesHex, IoObject, Placeholder, Url
from edge.errors import BadRequest, EdgeError, Forbidden, TooLarge, Unavailable, UriTooLong, expected
from edge.exchange import ImageRequest
from edge.jobs.sources import facts_of
from edge.originals import Brought, Lease, Originals, source_of
from edge.originals.body import INLINE, Kept, Spool, digest_of
from edge.pipeline.jobs.route import Processing
from edge.pipeline.jobs.sent import MOST_PARTS, Sent
from edge.pipeline.route import Route
from edge.plan.facts import Facts
from edge.plan.work import Source
from edge.routing.prefixes import Placed, RouteMap

_HOLDING: Final = (Base64, BytesHex, ByteArray)
_LONG: Final = 1 << 20  # characters that are read off the event loop


class Prober(Protocol):
    async def probe(self, source: Source) -> Facts: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """One input, ready for a worker. `lease` and `brought` where it lies behind a route."""

    io_id: int
    source: Source
    facts: Facts
    lease: Lease | None = None
    brought: Brought | None = None

    @property
    def length(self) -> int:
        """Bytes."""
        return self.source.length

    @property
    def asked(self) -> tuple[int, ...]:
        """What its origin answered, if it was asked."""
        found = (self.lease.found.asked,) if self.lease else ()
        return (*found, self.brought.asked) if self.brought else found

    @property
    def fetching(self) -> float:
        """Seconds."""
        found = self.lease.found.seconds if self.lease else 0.0
        return found + (self.brought.seconds if self.brought else 0.0)

    async def verify(self) -> None:
        """After the work: was it the record's to the end? Raises OriginalChanged."""
        if self.lease is not None and self.brought is not None:
            await self.lease.verify(self.brought.body)


class Urls:
    """Originals by the paths that a job names."""

    def __init__(
        self,
        places: RouteMap[Placed],
        originals: Originals,
        url_bytes: int,
        clock: Callable[[], float],
    ) -> None:
        self._places = places
        self._originals = originals
        self._url_bytes = url_bytes
        self._clock = clock

    async def lease(self, url: str, request: ImageRequest) -> Lease:
        """Raises what the route would answer with, and Forbidden for what may not be changed."""
        path, _, query = self._judged(url).partition("?")
        route, key = self._places.find(request.host, path)
        if not isinstance(route, Route):
            raise BadRequest(expected("a path that a route of pictures serves", "url", url))
        granted = route.access.authorise(path, query, lambda _: Processing(), self._clock())
        if granted.query:
            raise BadRequest(expected("a path, and a query that holds a signature at most", "url", url))
        if route.overridden:
            raise Forbidden("What becomes of these pictures is decided by their route, so that no job may have them")
        (lease,) = await self._originals.acquire([route.wants(key, request.headers)])
        if lease.no_transform and not route.ignore_no_transform:
            raise Forbidden("Whoever made this picture does not want it changed (no-transform)")
        return lease

    def _judged(self, url: str) -> str:
        if len(url) > self._url_bytes:
            raise UriTooLong(f"The URL is longer than {self._url_bytes} bytes")
        if not url.startswith("/") or url.startswith("//"):
            raise BadRequest(expected("a path on this edge, such as /photos/a.jpg", "url", url))
        if not url.isascii() or "#" in url:
            raise BadRequest(expected("a path as a URL has it, percent-encoded", "url", url))
        return url


class Inputs:
    """Of one job. `close` it when the answer is made."""

    def __init__(self, urls: Urls, prober: Prober, most: int, folder: str | None) -> None:
        """`most`: bytes of one input."""
        self._urls = urls
        self._prober = prober
        self._most = most
        self._folder = folder
        self._written: dict[int, Kept] = {}

    async def open(
        self, said: Sequence[IoObject], sent: Sent, request: ImageRequest, opened: ExitStack
    ) -> tuple[Opened, ...]:
        """Every input of the job, by rising io_id. Raises JobErrors that name the input, and OriginalChanged."""
        leases: dict[str, Lease] = {}
        found: list[Opened] = []
        wanted = sorted([each for each in said if each.direction == "in"], key=lambda one: one.io_id)
        if len(wanted) > MOST_PARTS:
            raise JobError("SizeLimitExceeded", f"The job has {len(wanted)} inputs; the limit is {MOST_PARTS}")
        for each in wanted:
            try:
                if each.io_id not in sent.parts and isinstance(each.io, Url):
                    found.append(await self._of_url(each.io_id, each.io.value, request, leases, opened))
                else:
                    kept = sent.parts.get(each.io_id) or _taken_out(each, sent) or await self._keep(each)
                    found.append(await self._of_kept(each.io_id, kept, opened))
            except JobError:
                raise
            except EdgeError as error:
                raise _blaming(each.io_id, error) from None
        return tuple(found)

    def close(self) -> None:
        Sent(parts=self._written).close()

    async def _of_url(
        self, io_id: int, url: str, request: ImageRequest, leases: dict[str, Lease], opened: ExitStack
    ) -> Opened:
        if url not in leases:
            leases[url] = await self._urls.lease(url, request)
        lease = leases[url]
        brought = await lease.body()
        if isinstance(brought.body, FileSlice):
            opened.callback(brought.body.close)
        return Opened(io_id, source_of(brought.body, lease.record.identity), lease.facts, lease, brought)

    async def _of_kept(self, io_id: int, kept: Kept, opened: ExitStack) -> Opened:
        body = kept.open()
        assert body is not None  # what a client sent lies nowhere else
        if isinstance(body, FileSlice):
            opened.callback(body.close)
        if not kept.length:
            raise JobError("NoEnabledDecoderFound", f"Expected a picture for input {io_id} but received no bytes")
        source = source_of(body, kept.identity)
        facts = facts_of(source, io_id) or await self._prober.probe(source)
        return Opened(io_id, source, facts)

    async def _keep(self, said: IoObject) -> Kept:
        """What stands in the JSON itself; read once, however often the work begins again."""
        known = self._written.get(said.io_id)
        if known is not None:
            return known
        if isinstance(said.io, Placeholder):
            raise JobError("GraphInvalid", f"The input {said.io_id} is a placeholder, and no part of that name came")
        if not isinstance(said.io, _HOLDING):
            raise JobError("InvalidArgument", expected("what holds a picture", f"input {said.io_id}", said.io.tag))
        size = len(said.io.value)
        octets = await asyncio.to_thread(content, said.io) if size > _LONG else content(said.io)
        assert octets is not None
        if len(octets) > self._most:
            raise TooLarge(f"The picture has more than {self._most} bytes")
        kept = await kept_of(octets, self._folder)
        self._written[said.io_id] = kept
        return kept


def _taken_out(said: IoObject, sent: Sent) -> Kept | None:
    """What was taken out of the JSON as it came."""
    return sent.written.get(said.io.value) if isinstance(said.io, Base64 | BytesHex) else None


async def kept_of(octets: bytes, folder: str | None) -> Kept:
    """In memory while they are few, else in a file without a name."""
    if len(octets) <= INLINE:
        return Kept(await digest_of(octets), len(octets), octets, octets)
    return await asyncio.to_thread(_spooled, octets, folder)


def _spooled(octets: bytes, folder: str | None) -> Kept:
    spool = Spool(folder)
    try:
        spool.write(octets)
    except OSError as error:
        spool.close()
        raise Unavailable("The edge has no room for a picture of this size") from error
    return Kept(hashlib.sha256(octets).hexdigest(), len(octets), b"", spool)


def _blaming(io_id: int, error: EdgeError) -> JobError:
    told = job_error(error)
    return JobError(told.kind, f"Input {io_id}: {told.sentence}", status=told.status, headers=told.headers)
