"""What a plan adds up to: how much of each thing that takes time, and of each that takes memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_Sums = dict[str, float]


@dataclass(slots=True)
class Bill:
    """Quantities by the name of their rate (edge.plan.rates). Of memory: what is there all along (`kept`), what while
    pixels are made (`making`), and what while an output is written: what stays of the making (`staying`) and each
    output's own (`written`)."""

    time: _Sums = field(default_factory=dict)
    kept: _Sums = field(default_factory=dict)
    making: _Sums = field(default_factory=dict)
    staying: _Sums = field(default_factory=dict)
    written: list[_Sums] = field(default_factory=list)

    def pay(self, name: str, quantity: float) -> None:
        self.time[name] = self.time.get(name, 0.0) + quantity

    def keep(self, name: str, quantity: float) -> None:
        self.kept[name] = self.kept.get(name, 0.0) + quantity

    def hold(self, name: str, quantity: float) -> None:
        """One after the other: the largest counts."""
        self.making[name] = max(self.making.get(name, 0.0), quantity)

    def stay(self, name: str, quantity: float) -> None:
        name += ".after"
        self.staying[name] = self.staying.get(name, 0.0) + quantity

    def phases(self) -> list[_Sums]:
        """Everything that is held at once, at each time that may be the peak."""
        return [{**self.kept, **self.making}, *({**self.kept, **self.staying, **each} for each in self.written)]


def total(quantities: Mapping[str, float], rates: Mapping[str, float]) -> float:
    """Names without a rate are free."""
    return sum([quantity * rates.get(name, 0.0) for name, quantity in quantities.items()])
