"""What a job leaves open, chosen without a browser: formats, qualities, sizes.

RIAPI's open words mean what they mean in a URL that no header helps, but that a format nobody names is the source's. A
preset's `auto` goes by upstream's order among the formats that it allows (RIAPI §6.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from edge.dialects.book import Compat
from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.recipe import Allowed, Step
from edge.errors import Misfit
from edge.negotiate.accept import Accept
from edge.negotiate.delivery import Delivery
from edge.negotiate.encoding import Encoding, Moment
from edge.negotiate.format import options
from edge.negotiate.hints import NO_HINTS
from edge.negotiate.lossless import wants_lossless
from edge.negotiate.original import Original, Supposed
from edge.negotiate.upstream import upstream
from edge.negotiate.width import Sizing
from edge.plan.colour import is_opaque
from edge.plan.facts import Facts
from edge.plan.formats import FORMATS
from edge.plan.layout import compute, sizes, walk
from edge.plan.plan import Node, Plan
from edge.plan.steps import AUTO, Auto, Canvas, Decode, Encode, Fit, Trim
from edge.plan.steps import Step as AnyStep
from edge.plan.trim import trimmed
from edge.plan.view import View

_FORMATS: Final = ("jxl", "avif", "webp")  # upstream's order; each only where the job vouches for it
_DELIVERIES: Final = MappingProxyType(
    {
        "modern": Delivery(_FORMATS, auto_format=False, hints=None),
        "imageflow": Delivery(
            _FORMATS, auto_format=False, hints=None, compat="imageflow", quality=MappingProxyType({})
        ),
    }
)
_MOMENT: Final = Moment()
_PROFILE_FOR_JPEG: Final = 90.0  # above it upstream prefers WebP to a progressive JPEG
_SHAPES: Final = ((1, 1), (2, 1), (1, 2))  # what a Trim may leave: everything, half as wide, half as high
_MOST_TRIMS: Final = 8  # that are tried so; a job may have thousands


@dataclass(frozen=True, slots=True)
class Means:
    """What one settling goes by: the facts of the inputs, the formats that can be written, and whose ways are kept."""

    inputs: Sequence[Facts]
    savers: frozenset[str]
    compat: Compat = "modern"

    @property
    def delivery(self) -> Delivery:
        return _DELIVERIES[self.compat]


@dataclass(frozen=True, slots=True)
class _Root:
    """What a node began as: facts of an input, or of a canvas as if it were one; the frame wanted of it; and whether
    any animation came in on the way."""

    facts: Facts
    frame: int | None
    moves: bool


def moves(facts: Facts) -> bool:
    """Several frames in time, not the pages of a document."""
    return facts.format in FORMATS and FORMATS[facts.format].animated and facts.frames > 1


def sized(plan: Plan, means: Means) -> Plan:
    """The wish with every size and light that is open made concrete. A width that the edge chooses is at most that of
    the picture before it, where a further one that it chooses counts as that picture's own."""
    before = sizes(plan, means.inputs)
    nodes = list(plan.nodes)
    for at, node in enumerate(plan.nodes):
        if not isinstance(node.step, Fit):
            continue
        fit = node.step
        if isinstance(fit.width, Auto) or isinstance(fit.zoom, Auto):
            source = compute(Fit(window=fit.window), *before[node.of[0]]).crop.width
            fit = Sizing(fit, None, source).resolve(NO_HINTS)[0]
        nodes[at] = Node(replace(fit, light=fit.light or means.delivery.light), node.of)
    return Plan(tuple(nodes))


def chosen(plan: Plan, steps: Sequence[Step], allowed: Sequence[Allowed | None], means: Means) -> Plan:
    """The wish, whose sizes are concrete, with every Encode made concrete. Misfit, or JobError where what is named or
    allowed cannot be written here."""
    roots, views = _roots(plan, means.inputs), _views(plan, means.inputs)
    nodes = list(plan.nodes)
    outputs = [at for at, node in enumerate(plan.nodes) if isinstance(node.step, Encode)]
    for at, allows in zip(outputs, allowed, strict=True):
        encode = nodes[at].step
        assert isinstance(encode, Encode)
        root, writable = roots[at], means.savers
        if allows is not None and encode.format == AUTO:
            writable &= allows.formats
        original = replace(Original.of(root.facts, root.frame, writable), animated=root.moves)
        result = Supposed(root.facts.alpha or any(each[at].alpha for each in views), _pixels(views[0][at]))
        name = _name(encode, allows, original, result, means.delivery)
        if name not in writable:
            raise _unwritable(steps[at], name if encode.format != AUTO else "auto")
        nodes[at] = Node(Encoding(means.delivery, original).concrete(encode, name, _MOMENT), nodes[at].of)
    return Plan(tuple(nodes))


def _unwritable(whose: Step, name: str) -> JobError:
    what = "None of the formats that are allowed can" if name == "auto" else f"The format {name} cannot"
    return whose.fault(f"{what} be written here", "CodecDisabledError")


def _name(encode: Encode, allows: Allowed | None, original: Original, result: Supposed, delivery: Delivery) -> str:
    if allows is None:
        return options(encode, delivery, original, result).choose(Accept())
    if isinstance(encode.format, str) and encode.format != "keep":
        return encode.format
    if encode.format == "keep" and original.keeps_format:
        return original.format
    return _among(encode, allows, original, result)


def _among(encode: Encode, allows: Allowed, original: Original, result: Supposed) -> str:
    """Upstream's order, and the one thing in it that a URL cannot say: a progressive JPEG may be better than WebP."""
    lossless = wants_lossless(encode, original)
    name = upstream(tuple(sorted(allows.formats)), original, result, lossless)
    exact = lossless or result.alpha or original.animated
    fine = encode.profile is not None and encode.profile > _PROFILE_FOR_JPEG
    prefers_jpeg = name == "webp" and allows.progressive and not exact and not fine
    return "jpeg" if prefers_jpeg and "jpeg" in original.writable else name


def _pixels(view: View) -> int:
    return view.canvas.width * view.canvas.height


def _roots(plan: Plan, inputs: Sequence[Facts]) -> list[_Root]:
    found: list[_Root] = []
    for node in plan.nodes:
        if isinstance(node.step, Decode):
            facts, frame = inputs[node.step.input], node.step.frame
            found.append(_Root(facts, frame, frame is None and moves(facts)))
        elif isinstance(node.step, Canvas):
            clear = node.step.alpha and not is_opaque(node.step.background)
            facts = Facts("png", node.step.width, node.step.height, alpha=clear, lossless=True)
            found.append(_Root(facts, None, False))
        else:
            first = found[node.of[0]]
            found.append(replace(first, moves=first.moves or any(found[of].moves for of in node.of)))
    return found


def _views(plan: Plan, inputs: Sequence[Facts]) -> list[list[View]]:
    """What is known of each node while every output can hold transparency. Behind a Trim it depends on what that
    leaves: a few shapes are tried, and one that fits nowhere would be refused anyway."""
    named = Plan(tuple(Node(_kept(node.step), node.of) for node in plan.nodes))
    views = [walk(named, inputs)[1]]
    trims = [at for at, node in enumerate(plan.nodes) if isinstance(node.step, Trim)]
    for shape in _SHAPES if trims else ():
        try:
            views.append(walk(_cut(named, trims[:_MOST_TRIMS], shape, views[0]), inputs)[1])
        except Misfit:
            continue
    return views


def _kept(step: AnyStep) -> AnyStep:
    return replace(step, format="png", matte=None) if isinstance(step, Encode) else step


def _cut(plan: Plan, trims: Sequence[int], shape: tuple[int, int], views: Sequence[View]) -> Plan:
    """The plan with a cut in each of these Trims' places that leaves such a part of width and height."""
    for at in trims:
        full = views[at].size
        box = (0, 0, max(1, full.width // shape[0]), max(1, full.height // shape[1]))
        plan = trimmed(plan, at, box, full)
    return plan
