"""What was forgotten and is not yet gone from the disk: keys, tags, or everything."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

MOST: Final = 100_000  # keys and tags; who forgets more on a disk that cannot be written forgets everything


class Outstanding:
    """Each with its turn: what is put later has a later one. The event loop adds and asks, the writing thread settles.
    A later forget of the same outlives the settling of an earlier."""

    def __init__(self) -> None:
        self.everything: int | None = None
        self._keys: dict[str, int] = {}
        self._tags: dict[str, int] = {}
        self._guard = threading.Lock()

    def add(self, turn: int, keys: Iterable[str] = (), tags: Iterable[str] = (), everything: bool = False) -> None:
        with self._guard:
            self._keys.update(dict.fromkeys(keys, turn))
            self._tags.update(dict.fromkeys(tags, turn))
            if everything or len(self) > MOST:
                self.everything = turn

    def hides(self, key: str, tags: Sequence[str] = ()) -> bool:
        """Whether what the disk has under this key, with these tags, must not be found."""
        return self.since(-1, key, tags)

    def since(self, turn: int, key: str, tags: Sequence[str]) -> bool:
        """Whether it was forgotten after this turn."""
        everything = self.everything
        if everything is not None and everything > turn:
            return True
        if not self:
            return False
        return self._keys.get(key, -1) > turn or any(self._tags.get(tag, -1) > turn for tag in tags)

    def keys(self, before: int) -> list[tuple[str, int]]:
        """Those of earlier turns."""
        with self._guard:
            return [(key, turn) for key, turn in self._keys.items() if turn < before]

    def tags(self, before: int) -> dict[str, int]:
        with self._guard:
            return {tag: turn for tag, turn in self._tags.items() if turn < before}

    def done_key(self, key: str, turn: int) -> None:
        with self._guard:
            _drop(self._keys, {key: turn})

    def done_tags(self, tags: Mapping[str, int]) -> None:
        with self._guard:
            _drop(self._tags, tags)

    def done_everything(self, turn: int) -> None:
        with self._guard:
            _drop(self._keys, {key: at for key, at in self._keys.items() if at <= turn})
            _drop(self._tags, {tag: at for tag, at in self._tags.items() if at <= turn})
            if self.everything == turn:
                self.everything = None

    def __len__(self) -> int:
        return len(self._keys) + len(self._tags) + (self.everything is not None)

    def __repr__(self) -> str:
        return f"Outstanding({len(self._keys)} keys, {len(self._tags)} tags, everything: {self.everything is not None})"


def _drop(rows: dict[str, int], done: Mapping[str, int]) -> None:
    for name, turn in done.items():
        if rows.get(name) == turn:
            del rows[name]
