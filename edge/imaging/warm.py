"""One pass through every codec, so that later no library opens a file, starts a thread or maps code for the first
time: a sandbox that is closed afterwards need not allow any of it. Text in an SVG is what makes fontconfig look."""

import pyvips

from edge.imaging.capabilities import capabilities
from edge.imaging.failures import translated
from edge.imaging.run import run
from edge.plan.facts import Limits
from edge.plan.plan import Plan
from edge.plan.steps import Decode, Encode, Resize
from edge.plan.work import Source

_TEXT = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="32">'
    b'<text x="2" y="20" font-family="sans-serif">Edge</text></svg>'
)


def warm() -> None:
    """Everything used once. What this libvips cannot do is left out in silence; `capabilities` tells it."""
    found = capabilities()
    with translated():
        pyvips.Image.black(8, 8, bands=4).copy(interpretation="cmyk").icc_transform("srgb", input_profile="cmyk").avg()
    if "svg" in found.loaders:
        for format in sorted(found.savers):
            run(Plan.chain(Decode(), Resize(48, 24), Encode(format)), [Source(_TEXT)], Limits())
    # What is drawn at its size is not resampled. This is, with the tables and kernels that most visitors need.
    with translated():
        raster = pyvips.Image.black(64, 48, bands=4).copy(interpretation="srgb").cast("uchar").pngsave_buffer()
    run(Plan.chain(Decode(), Resize(24, 16), Encode("png")), [Source(raster)], Limits())
