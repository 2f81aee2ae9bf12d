"""What a query comes to, part by part."""

from edge.dialects.book import Book, Compat
from edge.dialects.riapi import parse
from edge.plan.canonical import parse_plan, print_plan
from edge.plan.plan import Wish
from edge.plan.steps import EFFECTS, Effect, Encode, Fit

COMPATS: tuple[Compat, ...] = ("modern", "imageflow")


def read(query: str, compat: Compat = "modern") -> Wish:
    wish = parse(query, Book(compat=compat))
    assert parse_plan(print_plan(wish.plan)) == wish.plan
    return wish


def kinds(query: str, compat: Compat = "modern") -> list[tuple[str, str]]:
    return [(notice.kind, notice.key) for notice in read(query, compat).notices]


def fit(query: str, compat: Compat = "modern") -> Fit:
    found = read(query, compat).plan.find(Fit)
    assert found is not None
    return found


def encode(query: str, compat: Compat = "modern") -> Encode:
    return read(query, compat).plan.outputs[0]


def effects(query: str, compat: Compat = "modern") -> list[Effect]:
    return [step for step in read(query, compat).plan.steps() if isinstance(step, EFFECTS)]
