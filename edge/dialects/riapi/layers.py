"""The route's own query and the presets it names, under and over the request's (IMAGEFLOW_SERVER.md §6, §7)."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from edge.dialects.book import Book, Preset
from edge.dialects.query import pairs
from edge.dialects.riapi.marks import listed
from edge.dialects.riapi.row import Notices
from edge.errors import EdgeError, NotFound

Pair = tuple[str, str]

_CONFIGURED: Final = 1024  # texts of configurations that are remembered as pairs


class Layered(NamedTuple):
    """Pairs, the strongest first, and why they cannot be: an unknown preset."""

    pairs: Sequence[Pair]
    problem: EdgeError | None = None


@lru_cache(_CONFIGURED)
def _configured(text: str) -> tuple[Pair, ...]:
    return tuple(pairs(text))


def layered(own: Sequence[Pair], book: Book, thing: Callable[[str, str], str], notices: Notices) -> Layered:
    """overrides over presets' overrides over the request's own pairs over presets' defaults over defaults.

    What one layer says pushes aside what a lower one says of the same `thing`, in whatever spelling: a request's `w`
    a default `width`. Presets apply left to right: of defaults the first stays, of overrides the last. A preset that
    names presets is not expanded.
    """
    names = _preset_names(_configured(book.overrides), own, _configured(book.defaults))
    if not (names or book.overrides or book.defaults):
        return Layered(own)
    presets = [book.presets[name] for name in dict.fromkeys(names) if name in book.presets]
    last_first = [book.presets[name] for name in dict.fromkeys(reversed(names)) if name in book.presets]
    over = (_configured(book.overrides), *(_of_preset(preset, "overrides", notices) for preset in last_first))
    under = (*(_of_preset(preset, "defaults", notices) for preset in presets), _configured(book.defaults))
    said: set[str] = set()
    found: list[Pair] = []
    for layer in over:
        found += _unsaid(layer, said, thing)
    mine = _unsaid(own, said, thing)
    for key, _ in own if len(mine) < len(own) else ():
        if all(key != kept for kept, _ in mine):
            notices.note("ignored", key, f"{key[:80]} has no effect: the route or a preset decides it")
    found += mine
    for layer in under:
        found += _unsaid(layer, said, thing)
    return Layered(found, _unknown(names, book))


def _preset_names(*layers: Iterable[Pair]) -> tuple[str, ...]:
    """What the highest layer that says `preset` says."""
    return next((listed(text) for layer in layers for key, text in layer if key == "preset"), ())


def _unknown(names: Sequence[str], book: Book) -> EdgeError | None:
    missing = next((name for name in names if name not in book.presets), None)
    return None if missing is None else NotFound(f"There is no preset named {missing[:80]!r}")


def _of_preset(preset: Preset, part: str, notices: Notices) -> list[Pair]:
    said = _configured(preset.overrides if part == "overrides" else preset.defaults)
    if any(key == "preset" for key, _ in said):
        notices.note("ignored", "preset", "preset has no effect in a preset")
    return [pair for pair in said if pair[0] != "preset"]


def _unsaid(layer: Iterable[Pair], said: set[str], thing: Callable[[str, str], str]) -> list[Pair]:
    """The pairs of this layer that no higher one has spoken of; then they are spoken of too."""
    things = [(thing(key, text), (key, text)) for key, text in layer]
    said_here = [pair for what, pair in things if what not in said]
    said.update(what for what, _ in things)
    return said_here
