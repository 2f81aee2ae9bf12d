"""Logs to standard output: JSON for machines, text for people. Secrets in URLs are redacted; writing never blocks."""

import contextlib
import json
import logging
import logging.handlers
import queue
import re
import sys
import time
from urllib.parse import unquote_plus

_PAIR = re.compile(r"((?:^|[?&;\s])([^=&?;\s\"]{1,80})=)[^&\s\"]+")
_SECRETS = frozenset({"sig", "signature", "key", "api_key", "token", "sign"})
_WAITING = 10_000  # lines, 2 KiB each at most
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def redact(text: str) -> str:
    """The same text with the values of secret parameters hidden."""
    return _PAIR.sub(_hidden, text)


def _hidden(pair: re.Match[str]) -> str:
    """Names may be percent-encoded, in any case."""
    name = unquote_plus(pair[2]) if "%" in pair[2] else pair[2]
    return f"{pair[1]}…" if name.lower() in _SECRETS else pair[0]


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        line.update({name: value for name, value in vars(record).items() if name not in _OWN})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class PlainLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        extra = " ".join(f"{name}={value}" for name, value in vars(record).items() if name not in _OWN)
        at = time.strftime("%H:%M:%S", time.localtime(record.created))
        text = f"{at} {record.levelname.lower():7} {redact(record.getMessage())}{' ' + extra if extra else ''}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


FORMATS: dict[str, type[logging.Formatter]] = {"json": JsonLines, "text": PlainLines}


class Log:
    """Installs the root handler; `close()` writes what is left."""

    def __init__(self, style: str, level: str) -> None:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(FORMATS[style]())
        lines: queue.Queue[logging.LogRecord] = queue.Queue(_WAITING)
        self._listener = logging.handlers.QueueListener(lines, handler)
        self._handler = _Hand(lines)
        logging.getLogger().addHandler(self._handler)
        logging.getLogger().setLevel(level.upper())
        logging.getLogger("aiohttp.server").addFilter(_is_fault)
        self._listener.start()

    def close(self, patience: float = 2.0) -> bool:
        """Whether all was written. If not, the reader of standard output has stopped: then end by os._exit, for every
        other end would wait for the thread that is stuck in its write."""
        logging.getLogger().removeHandler(self._handler)
        logging.getLogger("aiohttp.server").removeFilter(_is_fault)
        thread = self._listener._thread
        with contextlib.suppress(queue.Full):
            self._listener.enqueue_sentinel()
        if thread is None:
            return True
        thread.join(patience)
        return not thread.is_alive()


def _is_fault(record: logging.LogRecord) -> bool:
    """A request that is no HTTP is answered with 400; whoever sends many of them shall not fill the log with traces."""
    error = record.exc_info[1] if record.exc_info else None
    return type(error).__module__ != "aiohttp.http_exceptions"


class _Hand(logging.handlers.QueueHandler):
    """Hands records over as they are: formatting belongs to the thread that writes."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record

    def handleError(self, record: logging.LogRecord) -> None:
        """The queue is full: the line is lost. Memory is not."""
