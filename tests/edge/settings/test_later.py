"""What comes later says so."""

import pytest

from tests.edge.settings.sentences import sentences

PHOTOS = "origins: {photos: {type: files, root: p}, b: {type: files, root: b}}\n"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("server: {tls: {cert: a, key: b}}", "server.tls"),
        ("imaging: {sandbox: required}", "imaging.sandbox: required"),
        ("cache: {shared: {redis: 'redis://a'}}", "cache.shared"),
        ("origins: {a: {type: s3, bucket: b}}", "origins.a.type: s3"),
        ("origins: {a: {type: azure, account: a, container: c}}", "origins.a.type: azure"),
        ("origins: {a: {type: gcs, bucket: b}}", "origins.a.type: gcs"),
        ("origins: {a: {type: remote}}", "origins.a.type: remote"),
        ("log: {format: apache}", "log.format: apache"),
        ("tracing: {otlp: 'http://a/'}", "tracing"),
    ],
)
def test_a_key_whose_feature_comes_later_says_so(text: str, key: str) -> None:
    assert sentences(text) == [f"1: {key} is not supported yet"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("rewrite: {strip: /a}", "rewrite"),
        ("dialect: imaginary", "dialect: imaginary"),
        ("other: pass", "other: pass"),
        ("signature: {scheme: imageflow}", "signature.scheme: imageflow"),
        ("signature: {strict: false}", "signature.strict: false"),
        ("downstream: redirect", "downstream: redirect"),
        ("cors: {origins: ['*']}", "cors"),
        ("on_error: {image: /a.png, status: 200}", "on_error"),
        ("imaginary: {url_source: true}", "imaginary"),
    ],
)
def test_a_route_that_asks_for_what_comes_later_says_so(text: str, key: str) -> None:
    assert sentences(f"{PHOTOS}routes: [{{prefix: /, origin: photos, {text}}}]") == [
        f"2: routes[0].{key} is not supported yet"
    ]


def test_origins_tried_in_order_come_later() -> None:
    assert sentences(f"{PHOTOS}routes: [{{prefix: /, origins: [photos, b]}}]") == [
        "2: routes[0].origins with more than one name is not supported yet"
    ]


def test_a_key_of_a_later_feature_may_hold_its_default() -> None:
    text = """server: {tls: null}
imaging: {sandbox: off}
cache: {shared: null}
presets: {}
watermarks: {}
log: {format: text}
tracing: null
"""
    ours = """rewrite: null, dialect: riapi, other: refuse, api_keys: null, downstream: private,
    signature: {scheme: edge, strict: true}, cors: null, on_error: null, imaginary: null"""
    assert sentences(f"{text}{PHOTOS}routes: [{{prefix: /, origin: photos, {ours}}}]") == []


def test_a_misspelt_word_is_not_promised_for_later() -> None:
    told = sentences("origins: {a: {type: s4}}")
    assert len(told) == 1
    assert "not supported yet" not in told[0]
