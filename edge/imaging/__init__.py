"""Pixels: decode, transform, encode. The only room that imports pyvips; synchronous, for use inside a worker.

`run` makes one picture from one plan, `run_all` every one that it asks for, `probe` reads a header, `capabilities` says
what this libvips can do, and `prepare` and `warm` make a process fit for hostile pictures.
"""

from edge.imaging.capabilities import capabilities
from edge.imaging.prepare import prepare
from edge.imaging.probe import probe
from edge.imaging.run import run, run_all
from edge.imaging.warm import warm

__all__ = ["capabilities", "prepare", "probe", "run", "run_all", "warm"]
