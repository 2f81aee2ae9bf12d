"""What `edge warm` asks for: a line of the file, times widths, times Accept headers. Nothing is read as a whole."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import quote, unquote_plus

LONGEST = 64 << 10  # bytes of a line; no edge takes longer URLs

_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_AUTHORITY = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:%\[\]-]{1,260}")
_WIDTHS = ("w", "width")  # RIAPI's two names of one thing


@dataclass(frozen=True, slots=True)
class Target:
    """A request target as it is sent, and the Host it is meant for; empty = the edge's own."""

    target: str
    host: str = ""

    def __str__(self) -> str:
        return f"{self.host}{self.target}"


def lines(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Each line with its length in the file. A line that is too long is cut, its rest is read and dropped."""
    while line := stream.readline(LONGEST + 1):
        length = len(line)
        rest = line
        while len(rest) > LONGEST and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST + 1)
            length += len(rest)
        yield line, length


def read_line(line: bytes) -> Target | None:
    """A path or an absolute URL; None for an empty line and a comment. What URLs may not hold as it is, such as spaces
    and letters beyond ASCII, is percent-encoded; all else stays as written. Raises ValueError with a sentence."""
    text = line.removeprefix(b"\xef\xbb\xbf").strip()
    if not text or text.startswith(b"#"):
        return None
    if len(line) > LONGEST:
        raise ValueError(f"a line is longer than {LONGEST >> 10} KiB")
    plain = quote(text, safe=_PRINTABLE).partition("#")[0]
    scheme, _, rest = plain.partition("://")
    if scheme.lower() in ("http", "https"):
        return _absolute(rest)
    if not plain.startswith("/"):
        raise ValueError("Expected a path that starts with /, or an absolute URL")
    return Target(plain)


def _absolute(rest: str) -> Target:
    host = re.split(r"[/?]", rest, maxsplit=1)[0]
    if not _AUTHORITY.fullmatch(host):
        raise ValueError("Expected an absolute URL with a host name in ASCII")
    path = rest[len(host) :]
    return Target(path if path.startswith("/") else f"/{path}", host)


def with_width(target: str, width: int) -> str:
    """The same with ?w=width: in the place of a width that is there, else at the end."""
    path, _, query = target.partition("?")
    pairs = query.split("&") if query else []
    places = [at for at, pair in enumerate(pairs) if unquote_plus(pair.partition("=")[0]).strip().lower() in _WIDTHS]
    said = f"w={width}"
    if not places:
        return f"{path}?{'&'.join([*pairs, said])}"
    kept = [said if at == places[0] else pair for at, pair in enumerate(pairs) if at not in places[1:]]
    return f"{path}?{'&'.join(kept)}"


def each_width(target: Target, widths: Sequence[int]) -> Iterator[Target]:
    """As it is where no width is asked for."""
    if not widths:
        yield target
    for width in widths:
        yield Target(with_width(target.target, width), target.host)
