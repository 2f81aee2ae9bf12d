"""A mapping of the file as a frozen model, and the world around the file as its validators see it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What lies outside of the text: its folder, what reads its secret files, what ails a folder."""

    base: str = ""
    read: Callable[[str], str] | None = None  # raises OSError, or ValueError for what is no UTF-8 text
    folder_problem: Callable[[str], str | None] | None = None  # "does not exist", "cannot be read", or None
    sizes_problem: Callable[[str], str | None] | None = None  # why a text is no `sizes` list, or None

    def path(self, path: str) -> str:
        """A path of the file, seen from the folder the file lies in."""
        if path.startswith("/") or not self.base:
            return path
        return f"{self.base.rstrip('/')}/{path.removeprefix('./')}"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Stands in for a secret that could not be had, until its field speaks."""

    words: str


class Section(BaseModel):
    """`secrets` names the keys that may be given as `<name>_file: /path` instead."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    secrets: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _opened(cls, tree: object, about: ValidationInfo) -> object:
        if tree is None:  # a key whose children are all commented out
            return {}
        if not isinstance(tree, Mapping):
            return tree
        around = about.context if isinstance(about.context, Surroundings) else Surroundings()
        opened = dict(tree)
        for name in cls.secrets:
            if f"{name}_file" in opened:
                path = opened.pop(f"{name}_file")
                opened[name] = Trouble(f"and {name}_file exclude each other") if name in opened else _read(path, around)
        return opened


def _read(path: object, around: Surroundings) -> str | Trouble:
    if not isinstance(path, str) or not path or around.read is None:
        return Trouble("cannot be read: the path of a file was expected")
    try:
        return around.read(around.path(path)).rstrip("\r\n")
    except OSError as error:
        return Trouble(f"cannot be read from {path!r}: {error.strerror or 'the file cannot be opened'}")
    except ValueError:
        return Trouble(f"cannot be read from {path!r}: it is not UTF-8 text")
