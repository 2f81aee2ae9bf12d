"""The table of worked examples, one record a row."""

from pathlib import Path
from typing import NamedTuple

from edge.plan.facts import Facts

Numbers = tuple[int, ...]


class Example(NamedTuple):
    facts: Facts
    query: str
    output: Numbers
    image: Numbers | None
    crop: Numbers | None
    pad: Numbers | None


def read() -> list[Example]:
    lines = Path(__file__).with_name("riapi_examples.txt").read_text(encoding="utf-8").splitlines()
    return [_example(line) for line in lines if not line.startswith("#")]


def _example(line: str) -> Example:
    source, query, output, image, crop, pad = (cell.strip() for cell in line.split(" | "))
    size, _, orientation = source.partition(" EXIF")
    width, height = _numbers(size) or ()
    facts = Facts("png", width, height, orientation=int(orientation or 1))
    return Example(facts, query, _numbers(output) or (), _numbers(image), _numbers(crop), _numbers(pad))


def _numbers(cell: str) -> Numbers | None:
    return None if cell == "-" else tuple(int(number) for number in cell.replace("x", ",").split(","))
