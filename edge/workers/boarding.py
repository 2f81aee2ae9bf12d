"""What a job takes along: which inputs go as descriptors, how many bytes inline, and the limits it is held to."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import fields, replace

from edge.errors import BadRequest, TooLarge, Unprocessable
from edge.plan.facts import Limits
from edge.plan.plan import Plan
from edge.plan.work import Source
from edge.workers.wire import DESCRIPTORS_MAX, LIST_MAX


def inline_most(limits: Limits) -> int:
    """A job has few inputs, and those above 1 MiB usually come as descriptors."""
    return 4 * limits.source_bytes


def lower(own: Limits, asked: Limits | None) -> Limits:
    """Field by field the smaller of both."""
    if asked is None:
        return own
    return Limits(**{slot.name: min(getattr(own, slot.name), getattr(asked, slot.name)) for slot in fields(Limits)})


def refuse_many(plan: Plan) -> None:
    """BadRequest for more outputs than an answer can hold."""
    if len(plan.outputs) > LIST_MAX:
        raise BadRequest(f"Expected at most {LIST_MAX} outputs but received {len(plan.outputs)}")


async def boarded(sources: Sequence[Source], most: int) -> Sequence[Source]:
    """The same sources, no more than DESCRIPTORS_MAX of them descriptors: the smallest of these are read and go inline.
    TooLarge when that is more than `most` bytes, Unprocessable when one is shorter than it was said to be."""
    stored = sorted((at for at, source in enumerate(sources) if source.data is None), key=lambda at: sources[at].length)
    read = frozenset(stored[: max(0, len(stored) - DESCRIPTORS_MAX)])
    if not read:
        return sources
    if sum(sources[at].length for at in read) > most:
        raise TooLarge(f"Expected inputs of at most {most} bytes together")
    return await asyncio.to_thread(_inlined, sources, read)


def _inlined(sources: Sequence[Source], read: frozenset[int]) -> list[Source]:
    return [_read(source) if at in read else source for at, source in enumerate(sources)]


def _read(source: Source) -> Source:
    data = os.pread(source.fd, source.length, source.offset)
    if len(data) < source.length:
        raise Unprocessable("This picture is cut short: its data ends before its last pixel")
    return replace(source, data=data, fd=-1, offset=0, length=0)
