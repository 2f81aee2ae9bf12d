"""Secrets: where they come from, what they must be, and that nothing shows them."""

import base64
from datetime import UTC, datetime

import pytest

from edge.settings import Settings, Surroundings, load
from tests.edge.settings.sentences import sentences

SECRET = "0123456789abcdef0123456789abcdef"
FILES = {"/etc/edge/key": SECRET + "\n", "/run/token": "t" * 8}


def read(path: str) -> str:
    if path.endswith("binary"):
        raise UnicodeDecodeError("utf-8", b"", 0, 1, "")
    if path not in FILES:
        raise FileNotFoundError(2, "No such file or directory")
    return FILES[path]


AROUND = Surroundings("/etc/edge", read=read)


def test_a_secret_may_stand_in_a_file() -> None:
    text = "signing: {keys: {main: {secret_file: ./key}}}\nadmin: {token_file: /run/token}"
    settings = load(text, around=AROUND)
    secret, token = settings.signing.keys["main"].secret, settings.admin.token
    assert secret is not None
    assert token is not None
    assert (secret.get_secret_value(), token.get_secret_value()) == (SECRET, "t" * 8)


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("secret_file: gone", "signing.keys.main.secret cannot be read from 'gone': No such file or directory"),
        ("secret_file: binary", "signing.keys.main.secret cannot be read from 'binary': it is not UTF-8 text"),
        ("secret_file: [a]", "signing.keys.main.secret cannot be read: the path of a file was expected"),
        ("secret_file: key, secret: x", "signing.keys.main.secret and secret_file exclude each other"),
        ("{}", "signing.keys.main needs secret (HMAC), or public or private (Ed25519)"),
        (
            "secret: a, public: b",
            (
                "Expected base64 of an Ed25519 key, which is 32 bytes for signing.keys.main.public"
                " but received something else"
            ),
        ),
        ("secret: short", "signing.keys.main.secret has 5 bytes; scheme edge wants at least 32"),
        ("secret: [hunter2]", "Expected text for signing.keys.main.secret but received a list"),
        ("secrt: hunter2", "signing.keys.main.secrt is not a key; did you mean secret?"),
    ],
)
def test_a_key_that_will_not_do_is_a_sentence(key: str, sentence: str) -> None:
    text = f"signing:\n  keys:\n    main:\n      {{{key.removeprefix('{').removesuffix('}')}}}"
    told = sentences(text, around=AROUND)
    assert sentence in [line.split(": ", 1)[1] for line in told]


def test_a_list_of_secrets_may_stand_in_a_file() -> None:
    text = "origins: {a: {type: files, root: a}}\nroutes:\n- prefix: /\n  origin: a\n  api_keys:\n    keys_file: "
    told = sentences(text + "gone", around=AROUND)
    assert told[-1] == "6: routes[0].api_keys.keys cannot be read from 'gone': No such file or directory"
    assert len(sentences(text + "key", around=AROUND)) == 1


def test_a_secret_and_an_ed25519_key_exclude_each_other() -> None:
    public = base64.b64encode(bytes(32)).decode()
    told = sentences(f"signing: {{keys: {{main: {{secret: {SECRET}, public: {public}}}}}}}")
    assert told == ["1: signing.keys.main holds both a secret (HMAC) and an Ed25519 key; one of them is meant"]


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("end", ["", "="])
def test_ed25519_keys_take_either_base64(encode: object, end: str) -> None:
    assert callable(encode)
    key = encode(b"\xff\xfe" * 16).decode().rstrip("=") + end
    assert sentences(f"signing: {{keys: {{p: {{public: '{key}', private: '{key}'}}}}}}") == []


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_ed25519_keys_are_32_bytes(size: int) -> None:
    key = base64.b64encode(bytes(size)).decode()
    assert len(sentences(f"signing: {{keys: {{p: {{public: '{key}'}}}}}}")) == 1


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2027-01-01", datetime(2027, 1, 2, tzinfo=UTC)),
        ("2027-01-01T12:00:00Z", datetime(2027, 1, 1, 12, tzinfo=UTC)),
        ("2027-01-01T12:00:00", datetime(2027, 1, 1, 12, tzinfo=UTC)),
        ("2027-01-01T12:00:00+02:00", datetime(2027, 1, 1, 10, tzinfo=UTC)),
    ],
)
def test_a_key_lives_until_the_end_of_its_last_day(written: str, moment: datetime) -> None:
    settings = load(f"signing: {{keys: {{main: {{secret: {SECRET}, not_after: '{written}'}}}}}}")
    assert settings.signing.keys["main"].not_after == moment.timestamp()


@pytest.mark.parametrize("written", ["soon", "2027-13-01", "2027", "9999-12-31"])
def test_what_is_no_date_is_a_sentence(written: str) -> None:
    (sentence,) = sentences(f"signing: {{keys: {{main: {{secret: {SECRET}, not_after: '{written}'}}}}}}")
    assert sentence.startswith("1: Expected a date such as 2027-01-01")


@pytest.mark.parametrize(
    ("signature", "sentence"),
    [
        ("mode: off", None),
        ("mode: required, keys: [main]", None),
        (
            "mode: required, keys: [man]",
            ("routes[0].signature.keys[0] names 'man', which signing.keys does not define; did you mean main?"),
        ),
        ("keys: [other]", "routes[0].signature.keys[0] names 'other', which signing.keys does not define"),
    ],
)
def test_a_route_names_keys_that_exist(signature: str, sentence: str | None) -> None:
    text = f"""signing: {{keys: {{main: {{secret: {SECRET}}}}}}}
origins: {{a: {{type: files, root: /a}}}}
routes: [{{prefix: /, origin: a, signature: {{{signature}}}}}]"""
    assert sentences(text) == ([f"3: {sentence}"] if sentence else [])


def test_a_signed_route_without_any_key_is_a_sentence() -> None:
    text = "origins: {a: {type: files, root: /a}}\nroutes: [{prefix: /, origin: a, signature: {mode: required}}]"
    assert sentences(text) == [
        "2: routes[0].signature.keys is missing, and signing.keys has no main, which stands in for it"
    ]


@pytest.mark.parametrize("listen", ["0.0.0.0:8081", "'[::]:8081'", "img.example.com:8081"])
@pytest.mark.parametrize("token", ["", ", token: ''", ", token: null"])
def test_an_admin_listener_others_reach_needs_a_token(listen: str, token: str) -> None:
    (sentence,) = sentences(f"admin: {{listen: {listen}{token}}}")
    assert sentence.startswith("1: admin.token is required, because ")


@pytest.mark.parametrize(
    "admin", ["listen: 0.0.0.0:1, token: abc", "listen: null", "listen: unix:/run/a", "listen: '[::1]:1'"]
)
def test_an_admin_listener_with_a_token_or_out_of_reach_is_fine(admin: str) -> None:
    assert sentences(f"admin: {{{admin}}}") == []


def test_nothing_shows_a_secret() -> None:
    text = f"""admin: {{token: {SECRET}}}
signing: {{keys: {{main: {{secret: {SECRET}}}}}}}
origins: {{a: {{type: http, url: 'http://a/', headers: {{Authorization: {SECRET}}}}}}}
"""
    settings = load(text)
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings.model_dump())[: str(settings.model_dump()).index("headers")]


@pytest.mark.parametrize(
    "text",
    [
        "admin: {token: [hunter2]}",
        "admin: {token: {hunter2: x}}",
        "signing: {keys: {main: hunter2}}",
        "signing: {keys: {main: {public: hunter2}}}",
        "signing: {keys: {main: {private: hunter2}}}",
        "origins: {a: {type: http, url: 'http://hunter2@a/'}}",
        "origins: {a: {type: http, url: 'hunter2:x'}}",
        "origins: {a: {type: http, url: 'http://a/', headers: {A: 'hunter2é'}}}",
        "cache: {shared: {redis: [hunter2]}}",
    ],
)
def test_no_sentence_shows_a_secret(text: str) -> None:
    told = sentences(text)
    assert told
    assert "hunter2" not in " ".join(told).replace("token.hunter2", "")


def test_a_key_gives_its_bytes() -> None:
    key = base64.b64encode(b"k" * 32).decode()
    keys = load(
        f"signing: {{keys: {{h: {{secret: {SECRET}}}, e: {{public: '{key}', private: '{key}'}}}}}}"
    ).signing.keys
    assert keys["h"].material == (SECRET.encode(), None, None)
    assert keys["e"].material == (None, b"k" * 32, b"k" * 32)


def test_settings_without_secrets_have_none() -> None:
    assert Settings().admin.token is None
