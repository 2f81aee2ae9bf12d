"""${NAME} and ${NAME:-default}."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.settings import load
from edge.settings.environment import interpolate
from tests.edge.settings.sentences import sentences

ENVIRON = {"PORT": "9090", "EMPTY": "", "NESTED": "${PORT}", "YAML": "{a: [1]}", "NULL": "null", "LEVEL": "debug"}


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("127.0.0.1:${PORT}", "127.0.0.1:9090"),
        ("${NONE:-8080}", "8080"),
        ("${EMPTY:-8080}", "8080"),
        ("${EMPTY}", ""),
        ("${NONE:-}", ""),
        ("$${PORT} $PORT $$", "${PORT} $PORT $$"),
        ("${NESTED}", "${PORT}"),
        ("${PORT}${PORT}", "90909090"),
    ],
)
def test_names_are_replaced_once(text: str, outcome: str) -> None:
    assert interpolate(text, ENVIRON) == outcome


@given(st.text().filter(lambda text: "${" not in text))
def test_text_without_a_mark_stays_as_it_is(text: str) -> None:
    assert interpolate(text, {}) == text


def test_a_value_is_typed_after_it_was_read() -> None:
    text = "limits:\n  source_side: ${PORT}\nadmin:\n  listen: ${NULL}\n  token: ${EMPTY}"
    loaded = load(text, environ=ENVIRON)
    assert loaded.limits.source_side == 9090
    assert loaded.admin.listen is None
    assert loaded.admin.token is None


def test_a_value_is_never_structure() -> None:
    assert sentences("log: ${YAML}", ENVIRON) == ["1: Expected a mapping for log but received text"]


def test_an_unset_name_without_default_names_key_and_line() -> None:
    assert sentences("log:\n  level: ${NONE}") == [
        "2: log.level wants the environment variable NONE, which is not set and has no default (${NONE:-…})"
    ]


@pytest.mark.parametrize("text", ["${", "${}", "${1A}", "${A", "${A-b}", "${A:b}", "${a b}"])
def test_a_malformed_mark_is_a_sentence(text: str) -> None:
    (sentence,) = sentences(f"log:\n  level: '{text}'")
    assert sentence.startswith("2: log.level holds a ${ that is neither ${NAME} nor ${NAME:-default}")


def test_a_wrong_value_from_the_environment_is_not_shown() -> None:
    told = sentences('log: {level: "${LEVEL}x"}', ENVIRON)
    assert told == ["1: Expected debug, info, warning or error for log.level but received the value of '${LEVEL}x'"]
