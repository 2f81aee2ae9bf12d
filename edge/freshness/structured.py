"""The door to Structured Fields (RFC 9651). A field with an error anywhere is no field at all."""

from collections.abc import Mapping

from http_sf import parse

_LONGEST = 16 << 10  # characters: the field is read in Python, a few microseconds for each member


def dictionary(text: str | None) -> Mapping[str, object] | None:
    """Names to values: True or False, int, str, Decimal, bytes, datetime, a token, or a list of these. Parameters are
    left out. Of a repeated name the last counts. None when it is empty or no Dictionary."""
    found = _parsed(text, "dictionary")
    return {name: _bare(member) for name, member in found.items()} if isinstance(found, dict) and found else None


def strings(text: str | None) -> tuple[str, ...] | None:
    """A List of Strings, without their parameters. None when it is anything else."""
    found = _parsed(text, "list")
    members = [_bare(member) for member in found] if isinstance(found, list) else []
    texts = tuple([member for member in members if isinstance(member, str)])
    return texts if texts and len(texts) == len(members) else None


def _parsed(text: str | None, kind: str) -> object:
    if not text or len(text) > _LONGEST:
        return None
    try:
        return parse(text.strip(" \t").encode("ascii"), tltype=kind)
    except (ValueError, OverflowError):
        return None


def _bare(member: object) -> object:
    return member[0] if isinstance(member, tuple) else member
