"""The spine for pictures, and what it says of them."""

from edge.pipeline.decide import Rules
from edge.pipeline.spine import Draft, Pipeline, Rendition, Route

__all__ = ["Draft", "Pipeline", "Rendition", "Route", "Rules"]
