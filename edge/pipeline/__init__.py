"""The spine for pictures, and what it says of them."""

from edge.pipeline.decide import Rules
from edge.pipeline.rendition import Rendition
from edge.pipeline.route import Draft, Route
from edge.pipeline.spine import Pipeline

__all__ = ["Draft", "Pipeline", "Rendition", "Route", "Rules"]
