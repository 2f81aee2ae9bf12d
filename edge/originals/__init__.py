"""Originals: the one component that knows how fresh a picture's source is."""

from edge.originals.lease import Brought, Fetched, Lease, OriginalChanged, Wanted, source_of
from edge.originals.originals import Originals
from edge.originals.record import Record, key_of

__all__ = [
    "Brought",
    "Fetched",
    "Lease",
    "OriginalChanged",
    "Originals",
    "Record",
    "Wanted",
    "key_of",
    "source_of",
]
