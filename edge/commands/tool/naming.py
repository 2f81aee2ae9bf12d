"""Which pictures `--in` means when there is a folder of outputs, and what each output is called.

An input is named relative to what its argument leaves open: of `photos/**/*.jpg` the part after `photos/`, of a folder
the part inside it, of plain files what comes after the folder that all of them share. So sub-folders stay apart, and a
pattern gives about the same names whether the shell expands it or we do.

The suffix fits the format that comes out. Where that is known before the work, so are all names.
"""

import glob
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.commands.tool.patterns import Closed, fixed_part, matching
from edge.plan.formats import FORMATS, WRITABLE

# Suffix, without dot and in small letters → format. What is not here is taken for a part of the name.
SUFFIXES: Final = {
    **{format.extension: name for name, format in FORMATS.items()},
    **WRITABLE,
    "tif": "tiff",
    "tiff": "tiff",
    "heif": "heic",
    "svgz": "svg",
    "j2k": "jp2",
    "apng": "png",
    "dib": "bmp",
}
_NO_PICTURES: Final = ("json", "pdf")  # in a folder these are left alone
_KEPT: Final = frozenset(WRITABLE.values())  # formats that are written as what they were, unless the query says more


@dataclass(frozen=True, slots=True)
class Picture:
    """An input, and its name below the folder of outputs, still with its own suffix."""

    source: Path
    name: Path

    @property
    def bare(self) -> Path:
        """The name without the suffix, if that is one of a picture."""
        return self.name.with_suffix("") if _format(self.name) else self.name

    def named(self, format: str) -> Path:
        """Called as a picture of this format is. A suffix that fits stays as it is spelled."""
        if _format(self.name) == format:
            return self.name
        return self.bare.with_name(f"{self.bare.name}.{FORMATS[format].extension}")


@dataclass(frozen=True, slots=True)
class Gathered:
    """Each picture once, and what was asked for but is not there, with the reason."""

    pictures: tuple[Picture, ...]
    missing: tuple[tuple[str, str], ...]


def gather(values: Sequence[str], out: Path) -> Gathered:
    """The files, and what folders and patterns hold. Outputs of an earlier run, in a folder below one that is searched,
    are not taken for inputs."""
    found: dict[Picture, None] = {}
    missing: list[tuple[str, str]] = []
    plain = [value for value in values if _is_file(value)]
    found.update(dict.fromkeys(_together(plain)))
    for value in values:
        if not _is_file(value):
            closed: list[OSError] = []
            here = list(_search(value, os.path.realpath(out), closed.append))
            found.update(dict.fromkeys(here))
            missing += [(str(error.filename), f"cannot be read: {error.strerror}") for error in closed]
            if not here and not closed:
                missing.append((value, _why(value)))
    return Gathered(tuple(found), tuple(missing))


def _why(value: str) -> str:
    if _is_folder(value):
        return "holds no pictures"
    try:
        Path(value).stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        pass
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return "matches no file" if glob.has_magic(value) else "is no file"


def _is_file(path: str) -> bool:
    """Unlike pathlib's, it never raises: not of what lies in a closed folder, nor of too long a name."""
    return os.path.isfile(path)  # noqa: PTH113


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - as above


def _together(files: Sequence[str]) -> Iterator[Picture]:
    """Files named one by one, as a shell does with a pattern."""
    places = [Path(os.path.abspath(file)) for file in files]  # noqa: PTH100 - links keep their names
    if places:
        shared = os.path.commonpath([place.parent for place in places])
        yield from (Picture(Path(file), place.relative_to(shared)) for file, place in zip(files, places, strict=True))


def _search(value: str, out: str, closed: Closed) -> Iterator[Picture]:
    """`closed` is told of folders that cannot be read."""
    root = Path(value) if _is_folder(value) else fixed_part(value)
    files = _inside(root, closed) if _is_folder(value) else matching(value, closed)
    beneath = f"{out}{os.sep}" if _below(out, os.path.realpath(root)) else None
    for file in sorted(files):
        name = Path(os.path.relpath(file, root))
        kept = beneath is None or not os.path.realpath(file).startswith(beneath)
        if kept and ".." not in name.parts and _is_file(file):
            yield Picture(Path(file), name)


def _inside(folder: Path, closed: Closed) -> Iterator[str]:
    """Files whose suffix is a picture's, in sub-folders too. Hidden folders and links to folders are not entered."""
    for here, folders, names in os.walk(folder, onerror=closed):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and _format(Path(name)) not in (None, *_NO_PICTURES):
                yield os.path.join(here, name)  # noqa: PTH118 - as glob gives them


def _below(place: str, folder: str) -> bool:
    return place != folder and os.path.commonpath([place, folder]) == folder


def _format(name: Path) -> str | None:
    return SUFFIXES.get(name.suffix[1:].lower())


# What would go wrong --------------------------------------------------------------------------------------------------


def expected_format(picture: Picture, asked: str | None) -> str | None:
    """What will come out: the format `asked` for, "keep" for the source's own. None = only the work tells."""
    own = _format(picture.name)
    return (own if own in _KEPT else None) if asked == "keep" else asked


def twins(pictures: Iterable[Picture], asked: str | None) -> Iterator[str]:
    """A sentence for each two inputs whose outputs would get one name."""
    alike: dict[Path, list[Picture]] = defaultdict(list)
    for picture in pictures:
        alike[picture.bare].append(picture)
    for bare, group in alike.items():
        formats = [expected_format(picture, asked) for picture in group]
        taken: dict[Path, Picture] = {}
        for picture, format in zip(group, formats, strict=True):
            name = bare if None in formats or format is None else picture.named(format)
            other = taken.setdefault(name, picture)
            if other is not picture and other.source != picture.source:
                yield f"{other.source} and {picture.source} would both become {name}"


def overwritten(pictures: Sequence[Picture], out: Path, asked: str | None) -> Iterator[str]:
    """A sentence for each output that would replace an input."""
    inputs = identities(pictures)
    for picture in pictures:
        format = expected_format(picture, asked)
        if format is not None and is_one_of(out / picture.named(format), inputs):
            yield f"{out / picture.named(format)} is an input; choose another folder for the outputs"


def identities(pictures: Iterable[Picture]) -> frozenset[tuple[int, int]]:
    """Of the inputs that are still there: device and inode, which links cannot disguise."""
    return frozenset(known for picture in pictures if (known := _identity(picture.source)))


def is_one_of(place: Path, inputs: frozenset[tuple[int, int]]) -> bool:
    return _identity(place) in inputs


def _identity(place: Path) -> tuple[int, int] | None:
    try:
        found = place.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
