"""RIAPI's resampling filters, and the kernel of libvips that is nearest to each.

Nearest by shape: how high the peak is, how wide the kernel, and how deep its negative lobes are. Cubics are told by
their B and C: Mitchell is (⅓, ⅓), Catmull-Rom (0, ½), which is what libvips calls cubic.
"""

from typing import Final, NamedTuple

from edge.plan.steps import Kernel


class Filter(NamedTuple):
    name: str
    kernel: Kernel
    reason: str


FILTERS: Final = (
    Filter("robidoux", "mitchell", "A cubic of B 0.38 and C 0.31: hardly to be told from Mitchell."),
    Filter("robidoux_fast", "mitchell", "The same curve, computed faster."),
    Filter("robidoux_sharp", "mitchell", "A cubic of B 0.26 and C 0.37, still nearer to Mitchell than to Catmull-Rom."),
    Filter("ginseng", "lanczos3", "A sinc of three lobes under a softer window."),
    Filter("ginseng_sharp", "lanczos3", "The same, a few percent narrower."),
    Filter("lanczos", "lanczos3", "The same kernel."),
    Filter("lanczos_sharp", "lanczos3", "The same, a few percent narrower."),
    Filter("lanczos_2", "lanczos2", "The same kernel."),
    Filter("lanczos_2_sharp", "lanczos2", "The same, a few percent narrower."),
    Filter("cubic", "cubic", "A cubic with negative lobes; Catmull-Rom is the one that libvips has."),
    Filter("cubic_sharp", "cubic", "The same, a few percent narrower."),
    Filter("catmull_rom", "cubic", "The same kernel."),
    Filter("mitchell", "mitchell", "The same kernel."),
    Filter("cubic_b_spline", "mitchell", "The softest cubic (B 1, C 0); Mitchell is the softest that libvips has."),
    Filter("hermite", "linear", "A cubic without lobes, as wide as the triangle."),
    Filter("jinc", "lanczos3", "Three lobes, made for turning circles; along rows and columns Lanczos is its like."),
    Filter("triangle", "linear", "The same kernel."),
    Filter("linear", "linear", "The same kernel."),
    Filter("box", "box", "The mean of the area: the same kernel."),
    Filter("fastest", "nearest", "Speed is all that is asked for."),
    Filter("n_cubic", "cubic", "A cubic with negative lobes; Catmull-Rom is the one that libvips has."),
    Filter("n_cubic_sharp", "cubic", "The same, a few percent narrower."),
)

# Names are written with their underscores or without.
KERNELS: Final[dict[str, Kernel]] = {
    spelling: row.kernel for row in FILTERS for spelling in (row.name, row.name.replace("_", ""))
}
