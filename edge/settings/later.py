"""Keys of the file whose feature comes later: what they may say until then. One table."""

from collections.abc import Iterator

from edge.settings.document import Tree
from edge.settings.report import Place, Report, dotted

# Where, and the words it may hold; none = only null or empty. `*` is any name or number.
LATER: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("server.tls", ()),
    ("imaging.sandbox", ("auto", "off")),
    ("cache.shared", ()),
    ("origins.*.type", ("files", "http")),
    ("routes.*.rewrite", ()),
    ("routes.*.dialect", ("riapi", "raw", "jobs")),
    ("routes.*.other", ("refuse",)),
    ("routes.*.signature.scheme", ("edge",)),
    ("routes.*.signature.strict", ("true",)),
    ("routes.*.downstream", ("vary", "private")),
    ("routes.*.cors", ()),
    ("routes.*.on_error", ()),
    ("routes.*.imaginary", ()),
    ("log.format", ("json", "text")),
    ("tracing", ()),
)


def refuse_later(tree: Tree, report: Report) -> None:
    """Say so wherever the file asks for something that is not there yet."""
    for where, words in LATER:
        for place, found in _matches(tree, where.split("."), ()):
            if found and found not in words:
                asked = f"{dotted(place)}: {found}" if isinstance(found, str) and words else dotted(place)
                report.say(place, f"{asked} is not supported yet")
    for place, found in _matches(tree, ["routes", "*", "origins"], ()):
        if isinstance(found, list) and len(found) > 1:
            report.say(place, f"{dotted(place)} with more than one name is not supported yet")


def _matches(tree: Tree, steps: list[str], place: Place) -> Iterator[tuple[Place, Tree]]:
    if not steps:
        yield place, tree
        return
    first, rest = steps[0], steps[1:]
    for key, child in _children(tree):
        if first in ("*", key):
            yield from _matches(child, rest, (*place, key))


def _children(tree: Tree) -> Iterator[tuple[str | int, Tree]]:
    if isinstance(tree, dict):
        yield from tree.items()
    elif isinstance(tree, list):
        yield from enumerate(tree)
