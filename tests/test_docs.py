"""What the documentation lists is what there is, and what it shows works."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from edge.cli import main, parser
from edge.dialects.kernels import FILTERS
from edge.dialects.riapi import EXTENSIONS, KEYS
from edge.exchange import Fields, Story
from edge.freshness.policy import policy_of
from edge.freshness.tags import tags_of
from edge.observe.status import TIERS, cache_status
from edge.settings import load
from edge.settings.origins import HttpOrigin
from edge.settings.routes import Freshness, Route
from edge.settings.watermarks import Filter

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
RIAPI, CACHING, PURGE = (
    (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("riapi", "caching", "purge")
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFORMANCE = ROOT / "config" / "conformance.yaml"


def fenced(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def table(text: str, heading: str) -> dict[str, str]:
    """First and second cell of each row below the heading, of the first table there."""
    rows = re.search(r"(?:^\|.*\n)+", text.partition(f"{heading}\n")[2], re.MULTILINE)
    assert rows
    cells = [[cell.strip() for cell in row.split("|")[1:3]] for row in rows[0].splitlines()[2:]]
    return {first: second for first, second in cells}


def commands() -> Iterator[list[str]]:
    """Each `edge …` that the pages and the README show, without the program and what stands around it."""
    for place in (*PAGES, ROOT / "README.md"):
        for block in fenced(place.read_text(encoding="utf-8"), "sh"):
            for line in block.replace("\\\n", " ").splitlines():
                found = re.search(r"(?:^|\| |\$\()(?:\S*/)?edge ((?:[^|)>]|\([^)]*\))*)", line)
                if found:
                    yield shlex.split(found[1], comments=True)


# RIAPI ---------------------------------------------------------------------------------------------------------------


def test_every_parameter_is_documented() -> None:
    named = set(re.findall(r"`([a-z0-9_.]+)(?:=[^`]*)?`", RIAPI))
    patterns = ("avif.", "jxl.", "watermark.")
    missing = {key for key in (*KEYS, *EXTENSIONS) if key not in named and not key.startswith(patterns)}
    assert missing == set()


def test_the_table_of_filters_is_the_code_s() -> None:
    told = RIAPI.partition("<!-- filters -->\n")[2].partition("<!-- /filters -->")[0]
    rows = [f"| `{row.name}` | {row.kernel} | {row.reason} |" for row in FILTERS]
    assert told.splitlines()[2:] == rows


def test_watermarks_know_the_same_filters() -> None:
    assert set(get_args(Filter)) == {row.name for row in FILTERS}


# Every page ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_each_command_that_is_shown_is_understood(words: list[str]) -> None:
    assert parser().parse_args(words).run


def test_the_commands_of_every_page_are_found() -> None:
    shown = [words[0] for words in commands()]
    assert {"serve", "check", "sign", "nginx", "purge", "warm"} <= set(shown)
    assert shown.count("purge") >= PURGE.count("edge purge -")
    assert shown.count("warm") >= PURGE.count("edge warm ")


@pytest.mark.parametrize("text", [*fenced(CACHING, "yaml"), *fenced(PURGE, "yaml")])
def test_each_configuration_that_is_shown_is_accepted(text: str) -> None:
    assert load(text).routes


@pytest.mark.parametrize("place", PAGES, ids=lambda place: place.name)
def test_its_links_lead_somewhere(place: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", place.read_text(encoding="utf-8"))
    assert [link for link in links if not (place.parent / link).exists()] == []


# Caching -------------------------------------------------------------------------------------------------------------


def test_every_key_of_the_window_is_shown_with_its_default() -> None:
    shown = load(fenced(CACHING, "yaml")[0]).routes[0].freshness
    assert shown == Freshness()
    assert shown.model_fields_set == set(Freshness.model_fields)


def test_the_targeted_fields_win_in_the_order_of_the_table() -> None:
    names = [name for cell in table(CACHING, "## What an origin can say") for name in re.findall(r"`([^`]+)`", cell)]
    order = names[: names.index("Cache-Control") + 1]
    assert len(order) == 4
    fields = [(name.lower(), f"max-age={at}") for at, name in enumerate(order, 1)]
    for at in range(len(fields)):
        assert policy_of(Fields(fields[at:])).seconds("max-age") == at + 1


def test_each_value_of_client_cache_control_is_documented() -> None:
    told = {name.strip("`") for name in table(CACHING, "`client_cache_control` of a route chooses:")}
    assert told == set(get_args(Route.model_fields["client_cache_control"].annotation))


def test_each_value_of_set_cookie_is_documented() -> None:
    told = table(CACHING, "    set_cookie: bypass\n```")["`set_cookie`"]
    assert set(re.findall(r"`([a-z]+)`", told)) == set(get_args(Route.model_fields["set_cookie"].annotation))


@pytest.mark.parametrize("page", [CACHING, README], ids=["caching.md", "README.md"])
def test_each_cache_status_that_is_shown_whole_is_written_so(page: str) -> None:
    whole = re.findall(r"^\| `((?:hit|fwd=)[^`…]*)` \|", page, re.MULTILINE)
    assert len(whole) > 2
    assert [cache_status(story_of(row)) for row in whole] == [f"edge; {row}" for row in whole]


def story_of(row: str) -> Story:
    """What would be told so."""
    told = dict(word.partition("=")[::2] for word in row.split("; "))
    detail = told.get("detail", "")
    return Story(
        tier="" if "fwd" in told else detail if detail in TIERS else "validator",
        fwd=told.get("fwd", ""),
        origin_status=int(told.get("fwd-status", 0)),
        ttl=int(told["ttl"]) if "ttl" in told else None,
        stored="stored" in told,
        collapsed="collapsed" in told,
        detail="" if detail in TIERS else detail,
    )


# Purging -------------------------------------------------------------------------------------------------------------


def test_each_field_of_tags_is_read_as_it_is_written_there() -> None:
    for name, written in table(PURGE, "## Tags").items():
        example = written.partition("`")[2].partition("`")[0] or "product-4711 shop"
        assert tags_of(Fields([(name.strip("`").lower(), example)]), groups=True) == ("product-4711", "shop")


def test_each_body_that_is_sent_to_purge_names_one_thing() -> None:
    bodies = [json.loads(body) for body in re.findall(r"-d '([^']+)'", PURGE)]
    kinds = [set(body) - {"soft"} for body in bodies]
    assert kinds == [{"url"}, {"prefix"}, {"tag"}, {"all"}]


# The conformance profile ---------------------------------------------------------------------------------------------


def test_the_conformance_profile_is_one_raw_route_without_an_operator_s_wishes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check", str(CONFORMANCE)]) == 0
    assert capsys.readouterr().out == f"{CONFORMANCE}: fine, 1 route, 1 origin\n"
    settings = load(CONFORMANCE.read_text(encoding="utf-8"))
    (origin,), (route,) = settings.origins.values(), settings.routes
    assert isinstance(origin, HttpOrigin)
    assert (origin.url, origin.allow_private) == ("http://127.0.0.1:8000/", True)
    assert (origin.retries, origin.breaker, origin.redirects) == (0, None, 0)
    assert (route.prefix, route.dialect, route.set_cookie) == ("/", "raw", "store")
    window = route.freshness
    assert (window.default, window.min, window.negative, window.stale_while_revalidate) == (0, 0, 0, 0)
    assert window.stale_if_error == 86400
