"""Isolated imaging processes: the pool that keeps them, the wire to them, and who may use them when."""
