"""From a request's words and an original's facts to a concrete plan and its key: pure, so that what was decided once
need not be decided again. A hit would otherwise spend most of its time here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from edge.errors import TooLarge, Unprocessable, UnsupportedPicture
from edge.exchange import Fields
from edge.negotiate.choose import Negotiated, negotiate
from edge.negotiate.delivery import Delivery
from edge.originals import key_of
from edge.plan.canonical import print_plan
from edge.plan.cost import check_output, check_source, frames_of
from edge.plan.facts import Facts, Limits
from edge.plan.layout import settle
from edge.plan.plan import Extra, Plan, Wish
from edge.plan.steps import Decode
from edge.plan.work import Capabilities

# Every request field that negotiation reads; no other can change a decision.
CHOOSING = (
    "accept",
    "save-data",
    "sec-ch-dpr",
    "dpr",
    "sec-ch-width",
    "width",
    "sec-ch-viewport-width",
    "viewport-width",
    "sec-ch-ua-mobile",
)
_REMEMBERED = 16_384  # decisions, some 3 KiB each
_WORDY = 512  # characters of query, name and header values; longer ones are not worth remembering


@dataclass(frozen=True, slots=True)
class Input:
    """What of an original can change a rendition's bytes."""

    name: str
    identity: str
    generation: int
    facts: Facts


class Spoken(NamedTuple):
    """A query, and whether a signature vouches for it."""

    query: str
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    wish: Wish
    negotiated: Negotiated
    plan: Plan
    key: str


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """How a route's URLs are read and what may be chosen. Compared by identity: each route has one."""

    parse: Callable[[str, bool], Wish]
    delivery: Delivery

    def read(self, query: str) -> Wish:
        """What a query wants, as far as access cares."""
        return self.parse(query, False)


@contextmanager
def blaming(extra: Extra | None) -> Iterator[None]:
    """What is wrong with a watermark is told of it, not of the picture below; None = of the picture."""
    try:
        yield
    except (Unprocessable, UnsupportedPicture, TooLarge) as error:
        if extra is None:
            raise
        raise type(error)(f"The watermark {extra.name} cannot be used: {error.sentence}") from None


class Decider:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._usual = lru_cache(_REMEMBERED)(self._decide)

    def decide(
        self, rules: Rules, spoken: Spoken, headers: Fields, inputs: tuple[Input, ...], capabilities: Capabilities
    ) -> Decision:
        """Raises Unprocessable for what is over a limit."""
        said = headers.select(CHOOSING)
        words = (spoken.query, *[one.name for one in inputs], *[value for value in said if value])
        return (self._decide if sum(map(len, words)) > _WORDY else self._usual)(
            rules, spoken, said, inputs, capabilities
        )

    def _decide(
        self,
        rules: Rules,
        spoken: Spoken,
        said: tuple[str | None, ...],
        inputs: tuple[Input, ...],
        capabilities: Capabilities,
    ) -> Decision:
        wish, facts = rules.parse(*spoken), [one.facts for one in inputs]
        headers = Fields([(name, value) for name, value in zip(CHOOSING, said, strict=True) if value is not None])
        negotiated = negotiate(wish, headers, rules.delivery, facts[0], capabilities.savers)
        plan = settle(negotiated.plan, facts)
        for number, each in enumerate(facts):
            with blaming(wish.extras[number - 1] if number else None):
                check_source(each, self._limits, frames_of(plan, each, number))
        check_output(plan, facts, self._limits)
        # A mark that is hidden changes nothing.
        used = {0, *(step.input for step in plan.steps() if isinstance(step, Decode))}
        seen = [one for number, one in enumerate(inputs) if number in used]
        parts = [part for one in seen for part in (one.name, one.identity, str(one.generation))]
        return Decision(wish, negotiated, plan, key_of("p", *parts, print_plan(plan), capabilities.pipeline))

    def __repr__(self) -> str:
        return f"Decider({self._usual.cache_info().currsize} remembered)"
