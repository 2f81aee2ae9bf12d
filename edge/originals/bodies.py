"""Where the bytes of originals are: in the cache, or, of a nearby origin, where they lie."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import closing

from cache.entry import Entry, FileSlice
from cache.tiered import Tiered
from edge.originals.body import NEAR, Kept, Live, digest_of
from edge.originals.lease import Brought, Wanted
from edge.originals.record import Record, tag_of
from edge.originals.records import Records
from edge.origins.base import Ask


class Bodies:
    """`later` runs what nobody waits for."""

    def __init__(
        self,
        records: Records,
        cache: Tiered,
        clock: Callable[[], float],
        later: Callable[[Awaitable[object]], object],
    ) -> None:
        self._records = records
        self._cache = cache
        self._clock = clock
        self._later = later

    def keep(self, record: Record, kept: Kept) -> None:
        """Under the record's key and tag: a purge of the original is one of its bytes."""
        body = kept.open()
        if isinstance(body, FileSlice) and not self._cache.has_disk:
            self._later(self._keep_in_memory(record, body, self._records.generation))
        elif body is not None:
            with closing(self._entry(record, body)) as entry:
                self._cache.put_behind(record.body_key, entry)

    async def _keep_in_memory(self, record: Record, body: FileSlice, generation: int) -> None:
        with closing(body):
            content = await asyncio.to_thread(body.read)
        if await self.holds(record, generation):
            self._cache.put_behind(record.body_key, self._entry(record, content))

    def _entry(self, record: Record, body: bytes | FileSlice) -> Entry:
        return Entry(body, stored_at=self._clock(), tags=(tag_of(record.name),))

    async def holds(self, record: Record, generation: int) -> bool:
        """Has no hard purge forgotten this record since that generation? Most often none came at all. A purge deletes
        records before what was made from them: whoever finds the record here, and then puts at once, is in time."""
        if self._records.generation == generation:
            return True
        known = await self._records.find(record.name)
        return any((one.identity, one.generation) == (record.identity, record.generation) for one in known)

    def forget(self, record: Record) -> None:
        self._later(self._cache.forget(record.body_key))

    async def find(self, record: Record) -> Brought | None:
        hit = await self._cache.get(record.body_key)
        return None if hit is None else Brought(hit.entry.body, hit.tier)

    async def reopen(self, wanted: Wanted, record: Record) -> Brought | None:
        """From where it lies; None when something else is there now."""
        reply = await wanted.origin.fetch(Ask(wanted.key))
        try:
            if reply.headers.get("etag") != record.stored.fields.get("etag") or reply.status != 200:
                return None
            if reply.fd >= 0 and record.length > NEAR:
                return Brought(Live(os.dup(reply.fd), record.length), "disk")
            body = b"".join([chunk async for chunk in reply.body()])
        finally:
            await reply.close()
        return Brought(body, "disk") if await digest_of(body) == record.identity else None
