"""Answers that are passed on: the driver of raw routes, beside that of pictures, over the same records and tiers."""

from edge.relay.inquiry import RawRoute
from edge.relay.relay import Relay

__all__ = ["RawRoute", "Relay"]
