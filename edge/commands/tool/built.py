"""What this edge is made of: `diagnose --show-compilation-info`, and the file of that name beside a capture."""

import platform
import sys

from edge import __version__


def compilation_info() -> str:
    """Versions, and formats that are read and written; a sentence where libvips does not load."""
    lines = [
        f"edge {__version__}",
        f"Python {platform.python_version()} ({sys.implementation.name})",
        platform.platform(),
    ]
    try:
        from edge.imaging.capabilities import capabilities  # noqa: PLC0415 - may be what does not load

        can = capabilities()
    except OSError as error:
        return "\n".join([*lines, f"libvips does not load: {error}"])
    lines += [f"{name} {version}" for name, version in sorted(can.versions.items())]
    lines += [f"reads {', '.join(sorted(can.loaders))}", f"writes {', '.join(sorted(can.savers))}"]
    return "\n".join(lines)
