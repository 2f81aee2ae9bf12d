"""Purge: the generation rises, records are forgotten, bodies and renditions deleted in every tier of every process.

Theory of operation. First every process drops what its memory holds and marks the questions that are under way, so
that no answer from before the purge can be kept. Then one process, the one that was asked, deletes from the disk, in
batches. After each batch every process drops those names once more: it may have read a record from the disk in
between. When `purge` returns, no process answers from what was purged. Doing it again finds nothing, and harms nothing.
"""

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from cache.tier import Index
from cache.tiered import Tiered
from edge.originals.record import tag_of
from edge.originals.records import Records
from edge.originals.selection import Selection, heard

_BATCH: Final = 1000

log = logging.getLogger("edge.purge")


@dataclass(frozen=True, slots=True)
class Order:
    """What an operator wants gone. `value` is a path or an absolute URL, a prefix of one, a tag, or "" for all."""

    kind: Literal["url", "prefix", "tag", "all"]
    value: str = ""
    soft: bool = False


def order_of(told: Mapping[str, object]) -> Order:
    """The order that a message from another process gives."""
    kind, value = told["kind"], told["value"]
    if kind not in ("url", "prefix", "tag", "all") or not isinstance(value, str):
        raise ValueError("Expected an order")
    return Order(kind, value, bool(told["soft"]))


class Peers(Protocol):
    """The other serving processes of this edge."""

    async def tell(self, message: Mapping[str, object]) -> None:
        """Return when each has acted on it, or is no more."""
        ...


class NoPeers:
    async def tell(self, message: Mapping[str, object]) -> None:
        return


class Purger:
    def __init__(self, records: Records, index: Index, cache: Tiered, peers: Peers, clock: Callable[[], float]) -> None:
        self._records = records
        self._index = index
        self._cache = cache
        self._peers = peers
        self._clock = clock

    async def purge(self, selections: Sequence[Selection], *, soft: bool = False) -> int:
        """How many originals that were. Soft: they are stale from now on, and may be served so where that is
        allowed; nothing is deleted."""
        expired = self._clock() if soft else None
        if expired is None:
            self._records.generation = await self._index.generation(rise=True)
        met = await self._begin(selections, expired)
        generation = self._records.generation
        told = [selection.told() for selection in selections]
        await self._peers.tell({"purge": "meet", "selections": told, "expired": expired, "generation": generation})
        count = 0
        for selection in selections:
            count += await self._carry_out(selection, expired, met)
        return count + len(met)

    async def _begin(self, selections: Sequence[Selection], expired: float | None) -> set[str]:
        """Drop what memory holds; records that were put before are written now, so that they cannot come after the
        deletion. The names that memory knew."""
        met = self._records.meet(selections, expired)
        if expired is None:
            if any(selection.kind == "all" for selection in selections):
                self._cache.drop_all()
            else:
                named = {selection.value for selection in selections if selection.kind == "name"}
                self._cache.drop_tags([tag_of(name) for name in named | met])
        await self._index.flush()
        return met

    async def heed(self, message: Mapping[str, object]) -> None:
        """What another process tells. Raises ValueError or KeyError for what is no message of `purge`."""
        expired = message.get("expired")
        at = float(expired) if isinstance(expired, int | float) else None
        match message["purge"], message:
            case "meet", {"selections": list(told), "generation": int(generation)}:
                self._records.generation = max(self._records.generation, generation)
                await self._begin([heard(one) for one in told], at)
            case "drop", {"names": list(names)}:
                self._drop(names, at)
            case "all", _:
                self._records.meet([Selection("all")], at)
                if at is None:
                    self._cache.drop_all()
            case _:
                raise ValueError("Expected a message of a purge")

    async def _carry_out(self, selection: Selection, expired: float | None, met: set[str]) -> int:
        """Delete from the disk; names that are done leave `met`."""
        if selection.kind == "all" and expired is None:
            count = max(await self._index.clear(), len(met))
            met.clear()
            await self._cache.clear()
            self._records.meet([selection], None)
            await self._peers.tell({"purge": "all", "expired": None})
            return count
        if selection.kind == "name":
            return await self._one(selection.value, expired, met)
        count = 0
        async for names in self._named(selection):
            met.difference_update(names)
            count += len(names)
            await self._delete(names, expired)
        held = [name for name in met if selection.covers_name(name)]
        if held and expired is None:  # known to memory alone: what was made from them may be on disk
            await self._delete(held, expired)
        return count

    async def _one(self, name: str, expired: float | None, met: set[str]) -> int:
        """What was made from it goes even when its record has been evicted."""
        there = name in met or bool(await self._index.find(name))
        met.discard(name)
        await self._delete([name], expired)
        return int(there)

    async def _named(self, selection: Selection) -> AsyncIterator[Sequence[str]]:
        after = ""
        prefix = selection.value if selection.kind == "prefix" else selection.within
        tag = selection.value if selection.kind == "tag" else None
        while names := await self._index.names(prefix=prefix, tag=tag, after=after, limit=_BATCH):
            after = names[-1]
            yield names

    async def _delete(self, names: Sequence[str], expired: float | None) -> None:
        if expired is None:
            await self._index.remove(names)
            await self._cache.forget_tags([tag_of(name) for name in names])
        else:
            await self._index.expire(names, expired)
        self._drop(names, expired)
        await self._peers.tell({"purge": "drop", "names": list(names), "expired": expired})

    def _drop(self, names: Sequence[str], expired: float | None) -> None:
        self._records.drop(names, expired)
        if expired is None:
            self._cache.drop_tags([tag_of(name) for name in names])
