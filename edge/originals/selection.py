"""Which originals a purge means. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["name", "prefix", "tag", "all"]


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

    def told(self) -> dict[str, str]:
        """As a message to another process."""
        return {"kind": self.kind, "value": self.value, "within": self.within}


def heard(told: Mapping[str, object]) -> Selection:
    """The selection that `told` gave."""
    kind, value, within = told["kind"], told["value"], told["within"]
    if kind not in ("name", "prefix", "tag", "all") or not isinstance(value, str) or not isinstance(within, str):
        raise ValueError("Expected a selection")
    return Selection(kind, value, within)
