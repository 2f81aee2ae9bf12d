"""All geometry, by one door: what a sizing wish means (`edge.plan.sizing`), the concrete plan that follows
(`edge.plan.settle`, `edge.plan.trim`), how large everything is (`edge.plan.sizes`) and whether it becomes transparent
(`edge.plan.alpha`)."""

from edge.plan.alpha import gains_alpha
from edge.plan.settle import settle, walk
from edge.plan.sizes import output_size, sizes
from edge.plan.sizing import Layout, compute
from edge.plan.trim import resolve

__all__ = ["Layout", "compute", "gains_alpha", "output_size", "resolve", "settle", "sizes", "walk"]
