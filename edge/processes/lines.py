"""Standard output that several processes write to: every line stays whole, and tells whose it is."""

import fcntl
import io
import logging
import os


class WholeLines(io.TextIOBase):
    """A text stream whose every `write` is a whole line or several, for one call of a logging handler each.

    A pipe takes PIPE_BUF bytes (4096) at once and mixes what is longer with what others write meanwhile, so whoever
    writes locks `lock`, any descriptor that the processes share. It is a lock of the process, which ends with it: one
    of the open file (flock) would be held by all who inherited it."""

    def __init__(self, descriptor: int, lock: int) -> None:
        self._descriptor = descriptor
        self._lock = lock

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        rest = memoryview(text.encode("utf-8", "backslashreplace"))
        fcntl.lockf(self._lock, fcntl.LOCK_EX)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        finally:
            fcntl.lockf(self._lock, fcntl.LOCK_UN)
        return len(text)


def number_lines(number: int) -> None:
    """Every log line of this process says that it is from serving process `number`. The name `process` itself is
    taken: logging keeps the process id there."""
    make = logging.getLogRecordFactory()

    def numbered(*args: object, **kwargs: object) -> logging.LogRecord:
        record = make(*args, **kwargs)
        record.process_number = number
        return record

    logging.setLogRecordFactory(numbered)
