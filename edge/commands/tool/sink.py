"""Where the response of a job goes: standard output, a file, or nowhere (JSON_JOBS §7)."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.commands import FINE
from edge.commands.tool.files import write_file
from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.replies import dump, error_reply


@dataclass(frozen=True, slots=True)
class Sink:
    """`file`: the path after --response, which is written even where `quiet`."""

    file: str | None
    quiet: bool

    def answer(self, reply: Mapping[str, Any]) -> int:
        """Write it. The exit code. Raises JobError when the file cannot be written."""
        text = dump(reply) + b"\n"
        if self.file is not None:
            write_file(self.file, text)
        elif not self.quiet:
            _print(text.decode(), reply)
        return FINE

    def refuse(self, error: JobError) -> int:
        """The error as a response, and as text on standard error. The exit code as a shell sees it: of 401, 145."""
        sys.stderr.write(f"{error.message}\n")
        try:
            self.answer(error_reply(error))
        except JobError as unwritable:
            if unwritable.message != error.message:  # or it is what was told above
                sys.stderr.write(f"{unwritable.message}\n")
        return error.category.exit & 0xFF


def _print(text: str, reply: Mapping[str, Any]) -> None:
    """In plain ASCII where standard output takes no more. Raises JobError where it takes nothing."""
    if sys.stdout is None:  # closed, or given up
        return
    try:
        try:
            sys.stdout.write(text)
        except UnicodeEncodeError:
            sys.stdout.write(f"{json.dumps(reply, indent=2)}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        sys.stdout = None  # nothing is left to be flushed at the end
        raise JobError("IoError", f"Standard output cannot be written: {error.strerror}") from None
