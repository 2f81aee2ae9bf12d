"""All that one negotiation goes by, and what follows for each output."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edge.negotiate.delivery import Delivery, exact
from edge.negotiate.encoding import Encoding, Moment
from edge.negotiate.format import Options, options
from edge.negotiate.hints import NO_HINTS, Hints
from edge.negotiate.original import Computed, Original, Supposed
from edge.negotiate.width import UNSWAYED, Influence, Sizing, width_before
from edge.plan.facts import Facts
from edge.plan.plan import Node, Plan
from edge.plan.steps import Auto, Decode, Encode, Fit

_NONE: Final[frozenset[int]] = frozenset()
_HUGE: Final = 1 << 62  # pixels


@dataclass(frozen=True, slots=True)
class Table:
    """`inputs` are the facts of the plan's inputs; those of overlays may be missing. `original` is input 0. `sizings`
    and `outputs` are the Fits and Encodes by node; `sizes_sway` is what any request could change of sizes."""

    wish: Plan
    delivery: Delivery
    inputs: Sequence[Facts]
    original: Original
    encoding: Encoding
    sizings: Mapping[int, Sizing]
    outputs: Mapping[int, Encode]
    sizes_sway: Influence

    @classmethod
    def of(cls, wish: Plan, delivery: Delivery, inputs: Sequence[Facts], writable: frozenset[str]) -> "Table":
        outputs: dict[int, Encode] = {}
        fits: dict[int, Fit] = {}
        for at, node in enumerate(wish.nodes):
            if isinstance(node.step, Encode):
                outputs[at] = node.step
            elif isinstance(node.step, Fit):
                fits[at] = node.step
        told, rules = _only_told(wish.nodes, outputs), delivery.hints
        sizings, sway = {}, UNSWAYED
        for at, fit in fits.items():
            sizings[at] = Sizing(fit, None if at in told else rules, width_before(wish, at, inputs[0]))
            sway |= sizings[at].influence()
        original = Original.of(inputs[0], _frame(wish.nodes), writable)
        return cls(wish, delivery, inputs, original, Encoding(delivery, original), sizings, outputs, sway)

    def options(self, at: int, sized: Plan) -> Options:
        """The formats of output `at`, in a plan whose Fits are concrete."""
        return options(self.outputs[at], self.delivery, self.original, Computed(sized, at, self.inputs))

    def reachable(self, at: int, now: Options) -> list[Options]:
        """The formats of output `at`, whatever the request. Where hints choose sizes, anything may come of them; else
        it is what came of them `now`."""
        if self.sizes_sway == UNSWAYED:
            return [now]
        results = supposed(self.original.alpha, self.delivery)
        return [options(self.outputs[at], self.delivery, self.original, result) for result in results]

    def moment(self, at: int, hints: Hints) -> Moment:
        """What a request with these hints means for the settings of output `at`."""
        dpr = self._dpr(at, hints) if isinstance(self.outputs[at].profile_dpr, Auto) else 1.0
        return Moment(hints.save_data, dpr)

    def moments(self, at: int) -> tuple[list[Moment], list[Moment]]:
        """What requests could mean for output `at`, at the same densities: without Save-Data, and with it."""
        rules = self.delivery.hints
        if rules is None:
            return [self.moment(at, NO_HINTS)], []
        if not isinstance(self.outputs[at].profile_dpr, Auto):
            return [Moment(saving=False)], [Moment(saving=True)]
        densities = (None, *map(exact, rules.dpr_steps))
        plain, saving = (
            [self.moment(at, Hints(dpr=dpr, save_data=save)) for dpr in densities] for save in (False, True)
        )
        return plain, saving

    def _dpr(self, at: int, hints: Hints) -> float:
        """The density of the nearest Fit before output `at`."""
        while self.wish.nodes[at].of:
            at = self.wish.nodes[at].of[0]
            if at in self.sizings:
                return self.sizings[at].density(hints)
        return 1.0


def supposed(alpha: bool, delivery: Delivery) -> Iterator[Supposed]:
    """What a result may be: with or without transparency (an original's stays) and, where that counts, of any size."""
    sizes = (1,) if delivery.compat == "modern" else (1, _HUGE)
    for clear in (True,) if alpha else (False, True):
        for pixels in sizes:
            yield Supposed(clear, pixels)


def _only_told(nodes: Sequence[Node], outputs: Mapping[int, Encode]) -> frozenset[int]:
    """Nodes that end up in no picture, but in what is told of one: a request's hints mean pictures."""
    shown = {at for at, encode in outputs.items() if encode.format != "json"}
    if len(shown) == len(outputs):
        return _NONE
    for at in reversed(range(len(nodes))):
        if at in shown:
            shown.update(nodes[at].of)
    return frozenset(range(len(nodes))) - shown


def _frame(nodes: Sequence[Node]) -> int | None:
    """The frame of the original that a plan wants."""
    for node in nodes:
        if isinstance(node.step, Decode) and node.step.input == 0:
            return node.step.frame
    return 0
