"""`edge purge`: tells a running edge to forget. One request for each thing named; the edge does the work."""

import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing

from edge.commands import ADMIN, FINE, Failed, Wrong, counted
from edge.commands.client import Address, Line, printable
from edge.commands.reading import read_settings, secret_text
from edge.settings import Settings

_PATIENCE = 300.0  # seconds; a prefix may hold millions
_KINDS = ("url", "prefix", "tag")


def run(args: Namespace) -> int:
    wanted = list(_selections(args))
    address, token = _admin(args)
    purged = 0
    with closing(Line(address, _PATIENCE)) as line:
        for selection in wanted:
            try:
                purged += _purged(line, {**selection, "soft": args.soft}, token)
            except Failed as failed:
                before = [f"{counted(purged, 'original')} had been purged before that"] if purged else []
                raise Failed(*failed.sentences, *before) from None
    sys.stdout.write(f"purged {counted(purged, 'original')}\n")
    return FINE


def _selections(args: Namespace) -> Iterator[dict[str, object]]:
    if args.all:
        yield {"all": True}
    for kind in _KINDS:
        for text in getattr(args, kind) or ():
            if not text.strip():
                raise Wrong(f"Expected a {kind} for --{kind} but received nothing; --all purges everything")
            yield {kind: _unicode(text, f"--{kind}")}


def _unicode(text: str, option: str) -> str:
    """What the shell handed over may be no text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Wrong(f"Expected UTF-8 text for {option}") from None
    return text


def _purged(line: Line, selection: dict[str, object], token: str) -> int:
    fields = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with line.ask("POST", "/purge", fields, json.dumps(selection).encode()) as answer:
        if answer.status != 200:
            raise Failed(f"{_named(selection)}: {answer.sentence()}")
        count = answer.count("purged")
    if count is None:
        raise Failed(f"{line.address} answers, but not as an admin listener does")
    return count


def _named(selection: dict[str, object]) -> str:
    return next((printable(str(selection[kind])) for kind in _KINDS if kind in selection), "--all")


# Where, and with which token -----------------------------------------------------------------------------------------


def _admin(args: Namespace) -> tuple[Address, str]:
    settings = read_settings(args.config, folders=False) if args.config else None
    token = args.token or _configured(settings) or _from_environment()
    if not _unicode(token, "the admin token").isprintable():
        raise Wrong("Expected an admin token without control characters")
    return _address(args.admin, args.config, settings), token


def _configured(settings: Settings | None) -> str:
    token = settings.admin.token if settings else None
    return token.get_secret_value() if token else ""


def _from_environment() -> str:
    place = os.environ.get("EDGE_ADMIN_TOKEN_FILE")
    if os.environ.get("EDGE_ADMIN_TOKEN") or not place:
        return os.environ.get("EDGE_ADMIN_TOKEN", "")
    try:
        return secret_text(place).rstrip("\r\n")
    except (OSError, ValueError):
        raise Wrong(f"EDGE_ADMIN_TOKEN_FILE: {place} cannot be read") from None


def _address(admin: str | None, config: str | None, settings: Settings | None) -> Address:
    if admin is None and settings is not None:
        listen = settings.admin.listen
        if listen is None:
            raise Wrong(f"{config}: admin.listen is off, so there is nothing to ask")
        if listen.path is None and not listen.port:
            raise Wrong(f"{config}: admin.listen leaves the port to the system; name it with --admin")
        return Address.of(listen)
    try:
        return Address.parse(admin if admin is not None else ADMIN)
    except ValueError as error:
        raise Wrong(f"Expected {error} for --admin but received {admin!r}") from None
