"""How an answer came about, told from its leases and its rendition."""

import math

from edge.exchange import Story
from edge.originals import Fetched
from edge.pipeline.rendition import Rendition
from edge.pipeline.route import Draft


def story_of(draft: Draft, rendition: Rendition, now: float) -> Story:
    """A hit is what was answered without asking any origin or worker; else the first origin that was asked tells
    why."""
    found = [lease.found for lease in draft.leases]
    asked = next((one for one in found if one.reason), None)
    hit = rendition.tier if asked is None else ""
    return Story(
        route=draft.route.prefix,
        tier=hit,
        fwd="" if hit else asked.reason if asked else "uri-miss",
        origin_status=asked.asked if asked else rendition.asked,
        stored=not hit and (rendition.made or any(one.stored for one in found)),
        collapsed=not hit and (rendition.collapsed or any(one.collapsed for one in found)),
        ttl=_ttl(draft, now),
        seconds={**_fetching(found, rendition), **rendition.seconds},
        format=rendition.format,
        detail=", ".join(_details(draft, found)),
        predicted=rendition.predicted,
    )


def _ttl(draft: Draft, now: float) -> int | None:
    """Seconds for which it is still fresh, below 0 once it is stale; None when nothing of it is kept."""
    if not draft.storable:
        return None
    return math.floor(min([lease.seconds_left(now) for lease in draft.leases]))


def _fetching(found: list[Fetched], rendition: Rendition) -> dict[str, float]:
    took = rendition.fetching + sum([one.seconds for one in found])
    return {"fetch": took} if took else {}


def _details(draft: Draft, found: list[Fetched]) -> list[str]:
    told = list(dict.fromkeys([one.detail for one in found if one.detail]))
    return [*told, "no-transform"] if draft.reading.untouched else told
