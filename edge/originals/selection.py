"""Which originals a purge means. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["name", "prefix", "tag", "all"]


class Tagged(Protocol):
    @property
    def tags(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Selection:
    """One original by its name, all whose name begins with `value`, all that carry the tag `value`, or all. `within`
    narrows a tag to names that begin so: the groups of one origin are none of another's (RFC 9875)."""

    kind: Kind
    value: str = ""
    within: str = ""

    def covers_name(self, name: str) -> bool:
        """Does it mean this name, whatever its tags?"""
        match self.kind:
            case "name":
                return name == self.value
            case "prefix":
                return name.startswith(self.value)
            case "tag":
                return False
        return True

    def covers(self, name: str, tags: tuple[str, ...] | None) -> bool:
        """Does it mean an original of this name and these tags? None = nobody knows them yet, so they may be any."""
        if self.kind != "tag":
            return self.covers_name(name)
        return name.startswith(self.within) and (tags is None or self.value in tags)

    def among(self, held: Mapping[str, Sequence[Tagged]]) -> list[str]:
        """Of these, all variants by name, the names that it means. Plain loops: there may be tens of thousands, and
        nobody is served meanwhile."""
        match self.kind:
            case "name":
                return [self.value] if self.value in held else []
            case "prefix":
                return [name for name in held if name.startswith(self.value)]
            case "tag":
                carriers = {name: None for name, variants in held.items() for one in variants if self.value in one.tags}
                return [name for name in carriers if name.startswith(self.within)]
        return list(held)

    def told(self) -> dict[str, str]:
        """As a message to another process."""
        return {"kind": self.kind, "value": self.value, "within": self.within}


def heard(told: Mapping[str, object]) -> Selection:
    """The selection that `told` gave."""
    kind, value, within = told["kind"], told["value"], told["within"]
    if kind not in ("name", "prefix", "tag", "all") or not isinstance(value, str) or not isinstance(within, str):
        raise ValueError("Expected a selection")
    return Selection(kind, value, within)
