"""`edge sign`: the signed URL, with a key that the configuration names."""

import sys
import time
from argparse import Namespace
from urllib.parse import unquote, urlsplit

from edge.commands import FINE, Wrong
from edge.commands.reading import read_settings
from edge.errors import EdgeError, NotFound
from edge.routing.prefixes import RouteMap
from edge.routing.signing import Key, sign
from edge.settings import Settings
from edge.settings.report import listed, nearest
from edge.settings.units import parse_duration


def run(args: Namespace) -> int:
    if args.scheme != "edge":
        raise Wrong(f"edge sign --scheme {args.scheme} is not supported yet")
    settings = read_settings(args.config, folders=False)
    key = _signing_key(settings, args.url, args.key)
    try:
        signed = sign(args.url, key, _expiry(args.expires), kid=args.key is not None)
    except EdgeError as error:
        raise Wrong(error.sentence) from None
    except ValueError as error:
        raise Wrong(str(error)) from None
    sys.stdout.write(f"{signed}\n")
    return FINE


def _expiry(text: str | None) -> float | None:
    try:
        return None if text is None else time.time() + parse_duration(text)
    except ValueError as error:
        raise Wrong(f"Expected {error} for --expires but received {text!r}") from None


def _signing_key(settings: Settings, url: str, name: str | None) -> Key:
    """The named key; else the first of the URL's route; else main; else the only one there is."""
    keys = settings.signing.keys
    if not keys:
        raise Wrong("signing.keys defines no key to sign with")
    name = name or next((known for known in _route_keys(settings, url) if known in keys), None)
    name = name or ("main" if "main" in keys else next(iter(keys)) if len(keys) == 1 else None)
    if name is None:
        raise Wrong(f"Expected --key to name {listed(keys)}")
    if name not in keys:
        raise Wrong(f"--key names {name!r}, which signing.keys does not define{nearest(name, keys)}")
    secret, public, private = keys[name].material
    return Key(name, secret, None if private else public, private, keys[name].not_after)


def _route_keys(settings: Settings, url: str) -> tuple[str, ...]:
    """Names of the keys that the route of this URL tries; none where no route asks for a signature."""
    try:
        parts = urlsplit(url)
        route, _ = RouteMap(settings.routes).match(unquote(parts.path), parts.hostname or "")
    except (NotFound, ValueError):
        return ()
    return route.signature.keys if route.signature.mode != "off" else ()
