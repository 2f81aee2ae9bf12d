"""What no single key can know: names that must exist, prefixes that must differ, secrets long enough, folders there.

These look at the tree rather than at finished models, so that they speak beside the errors of single keys.
"""

from collections.abc import Iterator, Mapping

from edge.settings.document import Tree
from edge.settings.jobs import check_jobs
from edge.settings.models import Admin, Key
from edge.settings.raw import check_raw
from edge.settings.report import Place, Report, dotted, nearest
from edge.settings.section import Surroundings

_WITHOUT_PICTURES = {"raw", "jobs"}
SHORTEST_SECRET = 32  # bytes: as long as what SHA-256 gives, RFC 2104 §3


def cross_check(tree: dict[str, Tree], keys: Mapping[str, Key], around: Surroundings, report: Report) -> None:
    routes = list(_routes(tree))
    _names(tree, routes, report)
    _prefixes(routes, report)
    _spelled_once(tree, report)
    _marks(tree, routes, report)
    _secrets(keys, routes, report)
    _folders(tree, around, report)
    _sizes(routes, around, report)
    _processes(tree, report)
    for place, route in routes:
        check_raw(place, route, report)
        check_jobs(place, route, report)


def admin_problem(admin: Admin) -> str | None:
    """Why this admin listener may not be opened, or None."""
    if admin.listen is None or admin.listen.loopback or admin.token is not None:
        return None
    return f"is required, because {admin.listen} can be reached from other machines"


def mapping_at(tree: Tree, *steps: str) -> dict[str, Tree]:
    """The mapping below these keys; an empty one where the file has something else."""
    for step in steps:
        tree = tree.get(step) if isinstance(tree, dict) else None
    return tree if isinstance(tree, dict) else {}


def _routes(tree: dict[str, Tree]) -> Iterator[tuple[Place, dict[str, Tree]]]:
    routes = tree.get("routes")
    for at, route in enumerate(routes if isinstance(routes, list) else ()):
        if isinstance(route, dict):
            yield ("routes", at), route


def _words(found: Tree, place: Place) -> Iterator[tuple[Place, str]]:
    """The texts of a text or of a list, each with its place."""
    if isinstance(found, str):
        yield place, found
    elif isinstance(found, list):
        for at, word in enumerate(found):
            if isinstance(word, str):
                yield (*place, at), word


def _names(tree: dict[str, Tree], routes: list[tuple[Place, dict[str, Tree]]], report: Report) -> None:
    origins = mapping_at(tree, "origins")
    keys = mapping_at(tree, "signing", "keys")
    for place, route in routes:
        for name in ("origin", "origins"):
            _exist(_words(route.get(name), (*place, name)), origins, "origins", report)
        signature = mapping_at(route, "signature")
        asked = (*place, "signature", "keys")
        _exist(_words(signature.get("keys"), asked), keys, "signing.keys", report)
        if signature.get("mode") not in (None, "off") and "keys" not in signature and "main" not in keys:
            report.say(asked, f"{dotted(asked)} is missing, and signing.keys has no main, which stands in for it")
    for name, origin in origins.items():
        if isinstance(origin, dict) and origin.get("type") == "remote":
            _exist(_words(origin.get("keys"), ("origins", name, "keys")), keys, "signing.keys", report)


def _exist(named: Iterator[tuple[Place, str]], known: Mapping[str, Tree], where: str, report: Report) -> None:
    for place, word in named:
        if word not in known:
            report.say(place, f"{dotted(place)} names {word!r}, which {where} does not define{nearest(word, known)}")


def _prefixes(routes: list[tuple[Place, dict[str, Tree]]], report: Report) -> None:
    seen: dict[tuple[str, str], Place] = {}
    for place, route in routes:
        prefix = route.get("prefix")
        if not isinstance(prefix, str):
            continue
        hosts = [word.lower() for _, word in _words(route.get("host"), ())] or [""]
        for host in hosts:
            first = seen.setdefault((prefix.rstrip("/"), host), place)
            if first != place:
                on = f" on {host}" if host else ""
                asked = (*place, "prefix")
                report.say(asked, f"{dotted(asked)} is {prefix!r}{on}, which {dotted(first)} serves already")


def _spelled_once(tree: dict[str, Tree], report: Report) -> None:
    """URLs name presets and watermarks in any case."""
    for section in ("presets", "watermarks"):
        seen: dict[str, str] = {}
        for name in mapping_at(tree, section):
            first = seen.setdefault(name.lower(), name)
            if first != name:
                report.say((section, name), f"{section}.{name} and {section}.{first} differ in case only")


def _marks(tree: dict[str, Tree], routes: list[tuple[Place, dict[str, Tree]]], report: Report) -> None:
    """A watermark's picture comes from behind a route that serves pictures."""
    for name, mark in mapping_at(tree, "watermarks").items():
        path = mark.get("path") if isinstance(mark, dict) else None
        if not isinstance(path, str):
            continue
        place = ("watermarks", name, "path")
        dialects = _dialects(path, routes)
        if not dialects:
            report.say(place, f"{dotted(place)} is {path!r}, which no route serves")
        elif dialects <= _WITHOUT_PICTURES:
            of = " and a ".join(sorted(dialects, reverse=True))
            report.say(
                place, f"{dotted(place)} is {path!r}, which a {of} route serves; it has to be behind a picture's"
            )


def _dialects(path: str, routes: list[tuple[Place, dict[str, Tree]]]) -> set[str]:
    """What the routes speak that this path leads to: those of the longest prefix, on whichever host."""
    found: dict[int, set[str]] = {}
    for _, route in routes:
        prefix = str(route.get("prefix")).rstrip("/")
        if isinstance(route.get("prefix"), str) and path.startswith(f"{prefix}/"):
            found.setdefault(len(prefix), set()).add(str(route.get("dialect", "riapi")))
    return found[max(found)] if found else set()


def _secrets(keys: Mapping[str, Key], routes: list[tuple[Place, dict[str, Tree]]], report: Report) -> None:
    schemes: dict[str, set[Tree]] = {}
    for _, route in routes:
        signature = mapping_at(route, "signature")
        for _, word in _words(signature.get("keys"), ()):
            scheme = signature.get("scheme") or "edge"
            schemes.setdefault(word, set()).add(scheme if isinstance(scheme, str) else "edge")
    for name, key in keys.items():
        foreign = bool(schemes.get(name)) and "edge" not in schemes[name]
        length = len(key.secret.get_secret_value().encode()) if key.secret else SHORTEST_SECRET
        if length < SHORTEST_SECRET and not foreign:
            place = ("signing", "keys", name, "secret")
            report.say(place, f"{dotted(place)} has {length} bytes; scheme edge wants at least {SHORTEST_SECRET}")


def _folders(tree: dict[str, Tree], around: Surroundings, report: Report) -> None:
    if around.folder_problem is None:
        return
    for name, origin in mapping_at(tree, "origins").items():
        root = origin.get("root") if isinstance(origin, dict) and origin.get("type") == "files" else None
        place = ("origins", name, "root")
        if isinstance(root, str) and root and not report.spoke(place):
            path = around.path(root)
            problem = around.folder_problem(path)
            if problem:
                report.say(place, f"{dotted(place)}: the folder {path} {problem}")


def _sizes(routes: list[tuple[Place, dict[str, Tree]]], around: Surroundings, report: Report) -> None:
    """Their grammar belongs to negotiation, which is asked."""
    for place, route in routes:
        text = mapping_at(route, "hints").get("sizes")
        problem = around.sizes_problem(text) if around.sizes_problem and isinstance(text, str) else None
        if problem:
            report.say((*place, "hints", "sizes"), f"{dotted((*place, 'hints', 'sizes'))}: {problem}")


def _processes(tree: dict[str, Tree], report: Report) -> None:
    """Several processes are one cache only through the disk."""
    count = mapping_at(tree, "server").get("processes")
    several = isinstance(count, str) and count.isascii() and count.isdecimal() and count not in ("0", "1")
    if several and mapping_at(tree, "cache").get("disk", "") is None:
        place = ("server", "processes")
        report.say(
            place, f"{dotted(place)} is {count}, which needs cache.disk: several processes share their cache there"
        )
