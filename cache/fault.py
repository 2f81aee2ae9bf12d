"""What went wrong: the machine, which may recover, or the bytes, which will not."""

import sqlite3
from typing import Final

import diskcache

# Primary result codes that tell of the machine, not of the database: it may work again later.
_OUTAGES: Final = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_AUTH,
    }
)


class Unsound(Exception):
    """A row or file that is not what this tier wrote."""


def is_outage(error: BaseException) -> bool:
    """Whether the disk is full, gone, locked or read-only; otherwise what is stored there is damaged."""
    if isinstance(error, diskcache.Timeout):  # diskcache says so of any failure to begin a transaction
        return error.__context__ is None or is_outage(error.__context__)
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0)
        if code == sqlite3.SQLITE_ERROR and error.__context__ is not None:
            return is_outage(error.__context__)  # a transaction that SQLite had ended itself could not be rolled back
        return code != sqlite3.SQLITE_IOERR_SHORT_READ and code & 0xFF in _OUTAGES
    return isinstance(error, OSError)
