"""Least squares by the share that a sum is off, without numbers below 0. Pure."""

from collections.abc import Mapping, Sequence

_SWEEPS, _ROUNDS, _CLOSE = 200, 8, 0.05


def fitted(
    rows: Sequence[Mapping[str, float]], measured: Sequence[float], prior: Mapping[str, float], pull: float
) -> dict[str, float]:
    """Numbers, none below 0, whose sums weighted by each row come nearest to what was measured, by the share they are
    off; single rows that are far off count less. `pull` holds each number near its `prior`, as if so many rows had
    nothing else in them. Coordinate descent."""
    columns: dict[str, list[tuple[int, float]]] = {name: [] for name in prior}
    for at, (row, took) in enumerate(zip(rows, measured, strict=True)):
        for name, quantity in row.items():
            if quantity:
                columns[name].append((at, quantity / took))
    found = dict(prior)
    weights = [1.0] * len(rows)
    for _ in range(_ROUNDS):
        _descend(columns, weights, found, (prior, pull))
        off = _offsets(columns, found, len(rows))
        weights = [1 / max(abs(each), _CLOSE) for each in off]
    return found


def _offsets(columns: Mapping[str, Sequence[tuple[int, float]]], found: Mapping[str, float], count: int) -> list[float]:
    """By which share each row is off."""
    off = [-1.0] * count
    for name, column in columns.items():
        for at, share in column:
            off[at] += share * found[name]
    return off


def _descend(
    columns: Mapping[str, Sequence[tuple[int, float]]],
    weights: Sequence[float],
    found: dict[str, float],
    held: tuple[Mapping[str, float], float],
) -> None:
    """One number after the other takes its best value, until nothing moves."""
    prior, pull = held
    off = _offsets(columns, found, len(weights))
    slopes = {name: sum(weights[at] * share**2 for at, share in column) for name, column in columns.items()}
    strength = {name: pull * max((share**2 for _, share in column), default=1.0) for name, column in columns.items()}
    for _ in range(_SWEEPS):
        moved = 0.0
        for name, column in columns.items():
            slope = slopes[name] + strength[name]
            if not slope:
                continue
            gain = sum([weights[at] * share * off[at] for at, share in column])
            gain += strength[name] * (found[name] - prior[name])
            step = max(-found[name], -gain / slope)
            if step:
                found[name] += step
                moved = max(moved, abs(step) * slope**0.5)
                for at, share in column:
                    off[at] += share * step
        if moved < 1e-4:
            return
