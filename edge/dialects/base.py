"""The dialects that routes may name."""

from collections.abc import Callable, Mapping
from typing import Final

from edge.dialects import riapi
from edge.plan.plan import Wish

Parse = Callable[[str], Wish]

DIALECTS: Final[Mapping[str, Parse]] = {"riapi": riapi.parse}
