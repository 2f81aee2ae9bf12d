"""Bytes of a picture, and how they were come by."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cache.entry import FileSlice


@dataclass(frozen=True, slots=True)
class Rendition:
    """Bytes for one plan: from a `tier`, or `made` and kept. `asked` is the status of an origin that was asked for the
    original's bytes once more, which took `fetching` seconds. `predicted`: seconds that a worker was expected to
    take."""

    body: bytes | FileSlice
    format: str
    tier: str = ""
    made: bool = False
    collapsed: bool = False
    asked: int = 0
    fetching: float = 0.0
    seconds: Mapping[str, float] = field(default_factory=dict)
    predicted: float = 0.0
