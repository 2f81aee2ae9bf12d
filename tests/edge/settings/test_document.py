"""YAML as it may come: broken, hostile, or with the environment in it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.settings import load
from tests.edge.settings.sentences import sentences

BILLION = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty; `edge init` prints a configuration to start from"),
        ("# nothing\n", "is empty; `edge init` prints a configuration to start from"),
        ("- a\n", "1: Expected a mapping of keys such as server: and routes: at the top"),
        ("\n\nplain", "3: Expected a mapping of keys such as server: and routes: at the top"),
        ("server:\n\tlisten: x", "2: is indented with a tab; YAML wants spaces"),
        ("log: {}\n---\nlog: {}", "2: Expected one document but a second one begins here"),
        (b"log: {}\nx: \xff", "2: is not UTF-8 text"),
        ("log: \x07", "1: holds a control character, which YAML does not allow"),
        ("log: *none", "1: is not valid YAML: found undefined alias 'none'"),
        ("[" * 1000, "is nested too deeply"),
        ("log: " + "x" * (1 << 20), "is larger than 1 MiB, which no configuration is"),
        ('log: "\\U11111111"', "is not valid YAML"),
        ("?\n%YAML 99999999999.1\n", "is not valid YAML"),
        ("<<: #c\n 0  a-\u2028'#c\n\n", "is not valid YAML"),
        (BILLION, "is too large or too deep once its aliases are written out"),
        ("log: &a {b: *a}", "is too large or too deep once its aliases are written out"),
    ],
)
def test_a_file_that_is_no_configuration_is_one_sentence(text: str | bytes, sentence: str) -> None:
    assert sentences(text) == [sentence]


@pytest.mark.parametrize(
    "text", [r'log: {level: "\ud800"}', r'"\ud800": 1', r'origins: {a: {type: files, root: "\ud800"}}']
)
def test_half_a_character_is_a_sentence(text: str) -> None:
    (sentence,) = sentences(text)
    assert sentence.startswith("1: ")


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert load("\ufefflog: {level: debug}".encode()).log.level == "debug"


def test_a_dollar_brace_inside_a_flow_mapping_says_to_quote_it() -> None:
    (sentence,) = sentences("log: {level: ${LEVEL}}")
    assert sentence.endswith("; put quotes around a ${…} that stands inside { } or [ ]")


def test_a_key_given_twice_names_both_lines() -> None:
    assert sentences("log: {}\nserver: {}\nlog: {}") == ["3: log is given twice; it stands at line 1 already"]


def test_a_tag_has_no_meaning() -> None:
    assert sentences("log:\n  level: !!python/name:os.system info") == [
        "2: log.level has the tag 'tag:yaml.org,2002:python/name:os.system'; tags have no meaning here"
    ]


@pytest.mark.parametrize("key", ["? [a]\n:", '"":', "~:"])
def test_a_key_is_a_plain_word(key: str) -> None:
    told = sentences(f"log:\n  level: info\n  {key} 1".replace("\n:", "\n  :"))
    assert len(told) == 1
    assert told[0].startswith("3: log")


def test_anchors_and_merge_keys_are_written_out() -> None:
    text = """
origins: {a: {type: files, root: a}}
routes:
  - &first {prefix: /a/, origin: a, quality: &q {jpeg: 70}}
  - {<<: *first, prefix: /b/}
  - {<<: [{light: srgb}, *first], prefix: /c/, quality: *q}
"""
    routes = load(text).routes
    assert [route.prefix for route in routes] == ["/a/", "/b/", "/c/"]
    assert [route.quality.jpeg for route in routes] == [70, 70, 70]
    assert routes[2].light == "srgb"


def test_a_merge_of_a_word_is_a_sentence() -> None:
    assert sentences("log:\n  <<: info") == ["2: log.'<<' merges what is not a mapping"]


def test_words_of_yaml_1_1_stay_words() -> None:
    text = "%YAML 1.1\n---\norigins: {no: {type: files, root: off}, 1.10: {type: files, root: 0123}}\n"
    origins = load(text).origins
    assert list(origins) == ["no", "1.10"]
    assert [getattr(origin, "root", "") for origin in origins.values()] == ["off", "0123"]


@given(st.text(st.sampled_from("ab:-{}[]&*!|>'\"%@`#,? \n\t~<${}0"), max_size=40))
@settings(max_examples=150, deadline=None)
def test_no_text_is_a_traceback(text: str) -> None:
    assert isinstance(sentences(text), list)
