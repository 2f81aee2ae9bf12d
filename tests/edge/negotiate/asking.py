"""One way to ask for a negotiation, for all tests of this room."""

from edge.exchange import Fields
from edge.negotiate.choose import Negotiated, negotiate
from edge.negotiate.delivery import Delivery
from edge.plan.facts import Facts
from edge.plan.plan import Plan, Wish
from edge.plan.steps import Decode, Encode, Fit, Step

JPEG = Facts("jpeg", 3000, 2000)
PNG = Facts("png", 3000, 2000, lossless=True)
CLEAR = Facts("png", 3000, 2000, alpha=True, lossless=True)
GIF = Facts("gif", 300, 200, frames=12, alpha=True)
EVERYTHING = frozenset({"jpeg", "png", "gif", "webp", "avif", "jxl", "tiff"})
MODERN = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
ROUTE = Delivery()
WIDE = Fit(width=200)


def ask(
    encode: Encode,
    facts: Facts = JPEG,
    route: Delivery = ROUTE,
    headers: dict[str, str] | None = None,
    steps: tuple[Step, ...] = (WIDE,),
    writable: frozenset[str] = EVERYTHING,
) -> Negotiated:
    wish = Wish(Plan.chain(Decode(), *steps, encode))
    return negotiate(wish, Fields((headers or {}).items()), route, facts, writable)


def made(encode: Encode, facts: Facts = JPEG, route: Delivery = ROUTE, **others: object) -> Encode:
    """The concrete Encode."""
    return ask(encode, facts, route, **others).plan.outputs[0]  # type: ignore[arg-type]  # passed on as they are
