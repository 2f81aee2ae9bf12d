"""Routes of jobs, and the keys that they may ask for."""

import pytest

from edge.settings import load
from edge.settings.document import Tree
from edge.settings.jobs import JOBS, check_jobs
from edge.settings.report import Report
from edge.settings.routes import Route
from tests.edge.settings.sentences import sentences

PHOTOS = "origins: {photos: {type: files, root: p}}\n"
SIGNING = f"signing: {{keys: {{main: {{secret: {'k' * 32}}}}}}}\n"
LATER = {"rewrite", "other", "cors", "on_error", "imaginary"}


def jobs(text: str = "") -> str:
    return f"{PHOTOS}routes:\n- {{prefix: /jobs/, dialect: jobs, {text}}}"


def test_a_route_of_jobs_needs_nothing_but_its_prefix() -> None:
    (route,) = load(jobs()).routes
    assert (route.dialect, route.origin_names, route.api_keys) == ("jobs", (), None)


@pytest.mark.parametrize("text", ["origin: photos", "origins: [photos]"])
def test_an_origin_is_refused(text: str) -> None:
    (sentence,) = sentences(jobs(text))
    key = text.partition(":")[0]
    assert sentence.startswith(f"3: routes[0].{key} names an origin, but a job brings its pictures along")


@pytest.mark.parametrize(
    "text", ["formats: [avif]", "hints: {legacy: true}", "presets_only: true", "overrides: w=1", "freshness: {min: 1s}"]
)
def test_what_shapes_what_a_url_names_is_refused(text: str) -> None:
    (sentence,) = sentences(jobs(text))
    assert sentence.startswith(f"3: routes[0].{text.partition(':')[0]} shapes what a URL names")
    assert sentence.endswith("take the key away")


@pytest.mark.parametrize("text", ["hints: off", "formats: []", "overrides: ''", "presets_only: false", "origin: null"])
def test_what_asks_for_nothing_may_stand_there(text: str) -> None:
    assert sentences(jobs(text)) == []


def test_every_key_of_a_route_counts_or_is_refused_or_comes_later() -> None:
    report = Report("edge.yaml")
    tree: dict[str, Tree] = {key: "jobs" if key == "dialect" else "x" for key in Route.model_fields}
    check_jobs((), tree, report)
    refused = {sentence.split()[1] for sentence in report.sentences()}
    assert refused | JOBS | LATER == set(Route.model_fields)
    assert not refused & (JOBS | LATER)


def test_access_and_quirks_count() -> None:
    text = "host: a.example, compat: imageflow, signature: {mode: required}, api_keys: {keys: [abc, def], query: k}"
    (route,) = load(SIGNING + jobs(text)).routes
    assert route.api_keys is not None
    assert (route.api_keys.header, route.api_keys.query) == ("API-Key", "k")
    assert [key.get_secret_value() for key in route.api_keys.keys] == ["abc", "def"]


@pytest.mark.parametrize("text", ["{keys: []}", "{keys: ['']}", "{keys: [abc, '']}"])
def test_a_key_that_anybody_could_show_is_refused(text: str) -> None:
    (sentence,) = sentences(jobs(f"api_keys: {text}"))
    assert "needs at least one key, and none of them empty" in sentence


@pytest.mark.parametrize("name", ["", "a b", "a&b", "é"])
def test_the_name_of_the_parameter_is_one(name: str) -> None:
    (sentence,) = sentences(jobs(f"api_keys: {{keys: [abc], query: '{name}'}}"))
    assert "the name of a parameter, in letters, digits, dots, dashes and underscores" in sentence


@pytest.mark.parametrize("dialect", ["riapi", "raw"])
def test_other_routes_ask_for_no_keys_yet(dialect: str) -> None:
    text = f"{PHOTOS}routes: [{{prefix: /, origin: photos, dialect: {dialect}, api_keys: {{keys: [abc]}}}}]"
    assert sentences(text) == [
        "2: routes[0].api_keys is for routes of jobs only; on others it is not supported yet",
    ]


def test_no_watermark_lies_behind_jobs() -> None:
    text = f"{PHOTOS}watermarks: {{logo: {{path: /jobs/logo.png}}}}\nroutes: [{{prefix: /jobs/, dialect: jobs}}]"
    sentence = "2: watermarks.logo.path is '/jobs/logo.png', which a jobs route serves; it has to be behind a picture's"
    assert sentences(text) == [sentence]
