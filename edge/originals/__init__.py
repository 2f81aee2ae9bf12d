"""Originals: the one component that knows how fresh a picture's source is, and what is passed on."""

from edge.originals.inquiry import RawRoute
from edge.originals.lease import Brought, Fetched, Lease, OriginalChanged, Wanted, source_of
from edge.originals.originals import Originals
from edge.originals.record import Record, key_of
from edge.originals.relay import Relay

__all__ = [
    "Brought",
    "Fetched",
    "Lease",
    "OriginalChanged",
    "Originals",
    "RawRoute",
    "Record",
    "Relay",
    "Wanted",
    "key_of",
    "source_of",
]
