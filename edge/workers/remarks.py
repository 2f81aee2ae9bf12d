"""What workers write to stderr, made fit for a log: printable, cut, and few. A picture may make a codec talk a lot."""

WINDOW = 60.0  # seconds
LINES = 40  # a window: one crash report of faulthandler is about ten
LENGTH = 300
NOISE = "Fontconfig "  # a system without fonts is said to have none at every start; SVG text is drawn without


class Remarks:
    """Shared by all workers of a pool, so that many that talk are no louder than one."""

    def __init__(self, lines: int = LINES, window: float = WINDOW) -> None:
        self._lines = lines
        self._window = window
        self._until = 0.0
        self._left = lines
        self._dropped = 0

    def heard(self, chunk: bytes, now: float) -> list[str]:
        """The lines of this chunk that may be logged, and how many were not since the last time."""
        said: list[str] = []
        if now >= self._until:
            if self._dropped:
                said.append(f"{self._dropped} lines of workers were not logged")
            self._until, self._left, self._dropped = now + self._window, self._lines, 0
        lines = [
            line
            for line in chunk.decode("utf-8", "replace").splitlines()
            if line.strip() and not line.startswith(NOISE)
        ]
        said += [printable(line) for line in lines[: self._left]]
        self._dropped += max(0, len(lines) - self._left)
        self._left = max(0, self._left - len(lines))
        return said

    def __repr__(self) -> str:
        return f"Remarks({self._left} of {self._lines} left, {self._dropped} dropped)"


def printable(line: str) -> str:
    """One line without control characters, cut."""
    return "".join(char if char.isprintable() else "?" for char in line[:LENGTH])
