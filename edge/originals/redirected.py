"""What is stored of an answer that redirects led to: it lives no longer than they do. Pure."""

from typing import Final

from edge.exchange import Fields
from edge.freshness.lifetime import is_explicit, lifetime, seconds_left
from edge.freshness.policy import CDN, OURS, SURROGATE, policy_of
from edge.freshness.stored import Stored, Window, receive
from edge.origins.base import OriginReply, Redirected

_RESTRICTIONS: Final = ("no-store", "private", "no-cache", "must-revalidate", "proxy-revalidate")
_PLAIN: Final = Window(default=0.0, min=0.0, max=float(2**31))  # what the origin said, and nothing else


def fields_of(reply: OriginReply, window: Window, now: float) -> Fields:
    """The answer's own fields. Where a redirect on the way to it forbids more, or is stale sooner, Cache-Control says
    what holds for all of them, in place of every field that could say otherwise."""
    hops = [receive(302, hop, asked=now, now=now) for hop in _hops(reply)]
    forbidden = [name for name in _RESTRICTIONS if any(name in policy_of(hop.fields) for hop in hops)]
    lives = [seconds_left(hop, _PLAIN, now) for hop in hops if is_explicit(hop)]
    own = receive(reply.status, reply.headers, asked=now, now=now)
    shorter = bool(lives) and min(lives) < lifetime(own, window) - own.age
    if not forbidden and not shorter:
        return reply.headers
    told = _told(own) + forbidden
    if shorter:
        most = int(max(0.0, min(lives)) + own.age)
        told += [f"{name}={most}" for name in ("max-age", "s-maxage") if name == "max-age" or _says(own, name)]
    return reply.headers.without(OURS, CDN, SURROGATE).having("cache-control", ", ".join(told))


def _hops(reply: OriginReply) -> tuple[Fields, ...]:
    return reply.hops if isinstance(reply, Redirected) else ()


def _told(own: Stored) -> list[str]:
    return [f'{name}="{said}"' if said else name for name, said in policy_of(own.fields).directives.items()]


def _says(own: Stored, name: str) -> bool:
    return name in policy_of(own.fields)
