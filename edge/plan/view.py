"""What settling knows of a picture on its way, and the concrete plan as it grows.

Three things stay pending until a step needs them done. A turn and a mirror move no pixel that a decoder could not give
the other way round. The padding of a Fit waits, since effects and watermarks on the image act on what is inside it. And
a matte under a picture that keeps its size waits, since an encoder without alpha flattens anyway.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge.plan.boxes import Rect, Size
from edge.plan.colour import is_opaque, visible
from edge.plan.facts import Facts
from edge.plan.plan import Node, Plan
from edge.plan.steps import Crop, Decode, Encode, Light, Mirror, Pad, Resize, Step, Turn


@dataclass(frozen=True, slots=True)
class View:
    """What an earlier node yields: the node that holds its pixels, and what is still to be done to them.

    Every turn and mirror of a rectangle is `quarters` clockwise, then perhaps a left-right mirror; `size` is what one
    sees after both, `pad` the padding to be put around that, `matte` what it is still to be flattened on. `image` is
    where the last Fit's picture lies on its canvas (None = everywhere), `paper` the last background asked for. A `wild`
    picture has been trimmed: its size is an estimate and nothing is decided by it. A `sealed` one began as a canvas
    that holds no transparency, and a `plain` one is what a window shows that misses its picture.
    """

    at: int
    size: Size
    alpha: bool
    quarters: int = 0
    mirrored: bool = False
    pad: Pad | None = None
    matte: tuple[str, Light] | None = None
    image: Rect | None = None
    paper: str | None = None
    wild: bool = False
    sealed: bool = False
    plain: bool = False

    @property
    def canvas(self) -> Size:
        """The size with the padding that is due."""
        return self.size if self.pad is None else Size(self.pad.width, self.pad.height)

    @property
    def is_sealed(self) -> bool:
        """Does it take no transparency from what replaces its pixels? Once transparent, by its padding or corners, it
        does."""
        return self.sealed and not self.alpha


class Settling:
    """The concrete plan as it grows: equal steps on equal nodes are one node, except outputs."""

    def __init__(self, inputs: Sequence[Facts]) -> None:
        self.inputs = inputs
        self._nodes: list[Node] = []
        self._places: dict[Node, int] = {}

    def __repr__(self) -> str:
        return f"Settling({len(self.inputs)} inputs, {len(self._nodes)} nodes)"

    def put(self, step: Step, of: tuple[int, ...] = ()) -> int:
        node = Node(step, of)
        if not isinstance(step, Encode) and node in self._places:
            return self._places[node]
        self._places[node] = len(self._nodes)
        self._nodes.append(node)
        return self._places[node]

    def plan(self) -> Plan:
        """What the outputs need and no more, each node right before its first user. Without outputs, everything."""
        outputs = [at for at, node in enumerate(self._nodes) if isinstance(node.step, Encode)]
        places: dict[int, int] = {}
        for output in outputs or range(len(self._nodes)):
            self._place(output, places)
        nodes = (self._nodes[at] for at in places)
        return Plan(tuple(Node(node.step, tuple(places[of] for of in node.of)) for node in nodes))

    def _place(self, at: int, places: dict[int, int]) -> None:
        """Number a node, once those it works on are numbered."""
        waiting = [at]
        while waiting:
            missing = [of for of in self._nodes[waiting[-1]].of if of not in places]
            if missing:
                waiting.append(missing[0])
            else:
                places.setdefault(waiting.pop(), len(places))

    def pixels(self, view: View) -> int:
        """The node that holds the picture as seen, its pending turn and mirror done."""
        at, quarters = view.at, view.quarters
        if view.mirrored and quarters == 2:  # half a turn and left-right is top-bottom
            return self.put(Mirror("y"), (at,))
        if quarters:
            at = self.put(Turn(quarters), (at,))
        return self.put(Mirror("x"), (at,)) if view.mirrored else at

    def after(self, view: View, step: Step, *others: View) -> View:
        """The view once `step` has really been done to it, perhaps with other pictures."""
        of = tuple(self.pixels(each) for each in (view, *others))
        return replace(view, at=self.put(step, of), quarters=0, mirrored=False)

    def flat(self, view: View) -> View:
        """The view with its pending matte really under it."""
        if view.matte is None:
            return view
        matte, light = view.matte
        return replace(self.after(view, Resize(*view.size, light, matte)), alpha=False, matte=None)

    def padded(self, view: View) -> View:
        """The view with its pending padding really around it."""
        return view if view.pad is None else self.pad(replace(view, pad=None), view.pad)

    def pad(self, view: View, step: Pad) -> View:
        step = replace(step, background=visible(step.background))
        alpha = view.alpha or not is_opaque(step.background)
        return replace(self.after(view, step), size=Size(step.width, step.height), alpha=alpha)


def stored(step: Decode, facts: Facts) -> Size:
    """How large a picture comes out of its file."""
    width, height = facts.upright if step.upright else (facts.width, facts.height)
    return Size(max(1, width), max(1, height))


def needed(pad: Pad, size: Size) -> Pad | None:
    """The padding of a picture of this size, None when it puts nothing around it."""
    return None if (pad.left, pad.top, pad.width, pad.height) == (0, 0, *size) else pad


def cropped(settling: Settling, view: View, step: Crop) -> View:
    """The view cut, if that changes anything."""
    if (step.left, step.top, step.width, step.height) == (0, 0, *view.size):
        return view
    return replace(settling.after(view, step), size=Size(step.width, step.height), image=None)
