"""What the imaging tests share: make a picture from bytes, and look at pixels."""

from collections.abc import Callable

import pytest
import pyvips

from edge.imaging import run
from edge.plan.facts import Limits
from edge.plan.plan import Plan
from edge.plan.steps import Decode, Encode, Step
from edge.plan.work import Made, Source

Make = Callable[..., Made]


@pytest.fixture
def make() -> Make:
    """make(bytes, *steps between Decode and Encode, to="png") → Made."""

    def _make(
        body: bytes, *steps: Step, to: str | Encode = "png", frame: int | None = None, limits: Limits | None = None
    ) -> Made:
        encode = Encode(to) if isinstance(to, str) else to
        plan = Plan.chain(Decode(frame=frame), *steps, encode)
        return run(plan, [Source(body)], limits or Limits())

    return _make


def look(made: Made, **options: object) -> pyvips.Image:
    """The made picture, decoded again by libvips' own judgement."""
    return pyvips.Image.new_from_buffer(made.body, "", **options)


def near(pixel: list[float], colour: tuple[int, ...], within: float = 8) -> bool:
    return all(abs(got - wanted) <= within for got, wanted in zip(pixel, colour, strict=False))


def difference(one: pyvips.Image, other: pyvips.Image) -> float:
    """Mean absolute difference, 0 to 255."""
    return float((one - other).abs().avg())
