"""What is done to libvips once per process, before it meets a byte from outside.

Requests have nothing to share, so the operation cache could only keep hostile blobs alive; workers are processes,
so threads inside one would only fight over the same processors. libvips marks the loaders it does not fuzz as
untrusted; of those SVG is wanted (librsvg is memory safe and gets neither files nor network), and JPEG XL, JPEG 2000
and PDF where a build has them. Some operations are dangerous without being marked: they run programs, write trees or
parse text. ImageMagick stays out altogether; see edge.imaging.loaders for BMP.
"""

import functools

import pyvips

# Marked untrusted by libvips, let in all the same. A class this build lacks is passed over silently.
WANTED = (
    "VipsForeignLoadSvgBuffer",
    "VipsForeignLoadJxlBuffer",
    "VipsForeignLoadJp2kBuffer",
    "VipsForeignLoadPdfBuffer",
    "VipsForeignSaveJxlBuffer",
)

# Not marked untrusted, kept out all the same. Without the Ultra HDR loader a gain-map JPEG loads as plain JPEG.
UNWANTED = (
    "VipsSystem",
    "VipsForeignSaveDz",
    "VipsForeignLoadCsv",
    "VipsForeignLoadMatrix",
    "VipsForeignLoadRaw",
    "VipsForeignLoadUhdr",
    "VipsForeignLoadVips",
)


@functools.cache
def prepare() -> None:
    """Harden this process's libvips. Every entrance of the room calls it; the second call costs nothing."""
    pyvips.cache_set_max(0)
    pyvips.cache_set_max_mem(0)
    pyvips.cache_set_max_files(0)
    pyvips.concurrency_set(1)
    pyvips.block_untrusted_set(True)
    for name in WANTED:
        pyvips.operation_block_set(name, False)
    for name in UNWANTED:
        pyvips.operation_block_set(name, True)
    _silence()
    clear_errors()


def clear_errors() -> None:
    """Empty libvips' error buffer. It is global, and bytes of one picture left in it spoil every later message."""
    pyvips.vips_lib.vips_error_clear()


def errors() -> bytes:
    """What libvips has complained of since the buffer was emptied. For matching, never for showing: it may quote
    the picture's own bytes."""
    text: bytes = pyvips.ffi.string(pyvips.vips_lib.vips_error_buffer())
    return text


def _silence() -> None:
    """Warnings quote the picture too, and pyvips decodes them as UTF-8 inside a C callback, where an exception can
    only be printed. So its callback is exchanged for one that does nothing: in its place with the compiled binding,
    beside it without. To take it off alone would leave them to GLib, which writes them to standard error."""
    if pyvips.API_mode:
        pyvips.ffi.def_extern(name="_log_handler_callback")(_say_nothing)
        return
    pyvips._remove_log_handler()
    pyvips._log_handler_cb = pyvips.ffi.callback("GLogFunc", _say_nothing)  # C holds no reference
    pyvips._log_handler_id = pyvips.glib_lib.g_log_set_handler(
        b"VIPS", _ALL_LEVELS, pyvips._log_handler_cb, pyvips.ffi.NULL
    )


def _say_nothing(*_: object) -> None:
    """For GLib to call."""


_ALL_LEVELS = 0xFF  # of a GLogLevelFlags, with the flags for recursion and for fatal ones
