"""What commands read before they begin: the configuration, secrets in files, addresses on the command line."""

import os
from pathlib import Path

from edge.commands import Wrong
from edge.negotiate.delivery import parse_sizes
from edge.settings import BadSettings, Listen, Settings, Surroundings, load


def read_settings(file: str, folders: bool = True) -> Settings:
    """Settings of a configuration file, its folders looked at unless another machine is meant. Raises Wrong."""
    path = Path(file)
    try:
        with path.open("rb") as stream:
            text = stream.read(2 << 20)  # load refuses what is longer than 1 MiB
        base = str(path.absolute().parent)
    except OSError as error:
        hint = "; `edge init` prints one to start from" if isinstance(error, FileNotFoundError) else ""
        raise Wrong(f"{file}: cannot be read: {error.strerror}{hint}") from None
    around = Surroundings(base, secret_text, folder_problem if folders else None, sizes_problem)
    try:
        return load(text, file, os.environ, around)
    except BadSettings as bad:
        raise Wrong(*bad.sentences) from None


def sizes_problem(text: str) -> str | None:
    """Why hints.sizes cannot be read, or None."""
    try:
        parse_sizes(text)
    except ValueError as error:
        return str(error)
    return None


def secret_text(path: str) -> str:
    """Raises OSError, or ValueError for what is no UTF-8 text."""
    with Path(path).open("rb") as stream:
        return stream.read(64 << 10).decode("utf-8")


def folder_problem(path: str) -> str | None:
    """What keeps this from being a folder of pictures."""
    folder = Path(path)
    if not folder.exists():
        return "does not exist"
    if not folder.is_dir():
        return "is not a folder"
    return None if os.access(folder, os.R_OK | os.X_OK) else "cannot be read"


def folder_settings(folder: str) -> Settings:
    """The defaults over this folder. Raises Wrong."""
    refuse_folder(folder)
    return Settings.for_folder(str(Path(folder).absolute()))


def refuse_folder(folder: str) -> None:
    """Raises Wrong when --dir names no folder of pictures."""
    problem = folder_problem(folder)
    if problem:
        raise Wrong(f"--dir: the folder {folder} {problem}")


def listener(text: str, option: str) -> Listen:
    """Where to listen. Raises Wrong."""
    try:
        return Listen.parse(text)
    except ValueError as error:
        raise Wrong(f"Expected {error} for {option} but received {text!r}") from None
