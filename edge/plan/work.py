"""What an imaging worker is given and gives back. Plain records, so that both sides can be tested without the other."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of one input: inline (`data`), or an open descriptor of a regular file and the stretch of it."""

    data: bytes | None = None
    fd: int = -1
    offset: int = 0
    length: int = 0
    digest: str = ""  # identity of the original; names it in quarantine and crash reports


@dataclass(frozen=True, slots=True)
class Made:
    """One encoded picture. `format` is a name of edge.plan.formats; `seconds` per phase: decode, transform, encode."""

    body: bytes
    format: str
    width: int
    height: int
    frames: int = 1
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """All outputs of a plan, in the plan's order; their `seconds` are empty. `seconds` per phase are of the whole work;
    `decodes` says how often each input was decoded: once where the plan reads it at all, but for an animation that is
    trimmed and a look at where attention falls."""

    outputs: tuple[Made, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)
    decodes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the libvips in the workers can do. `pipeline` names our, libvips' and the codecs' versions: it is in every
    rendition's key, so a new encoder never meets an old body."""

    pipeline: str
    loaders: frozenset[str]
    savers: frozenset[str]
    versions: Mapping[str, str] = field(default_factory=dict, hash=False)
