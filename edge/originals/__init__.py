"""Originals: the one component that knows how fresh a picture's source is."""

from edge.originals.originals import Fetched, Lease, OriginalChanged, Originals, Wanted, source_of
from edge.originals.record import Record, key_of

__all__ = ["Fetched", "Lease", "OriginalChanged", "Originals", "Record", "Wanted", "key_of", "source_of"]
