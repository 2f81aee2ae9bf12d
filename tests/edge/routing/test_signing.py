"""Signed URLs, scheme `edge` (specs THREATS T2, S4 to S6)."""

import base64
import hashlib
import hmac
import random
import string
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import BadRequest, EdgeError, Forbidden, Gone, Unauthorized
from edge.routing import signing
from edge.routing.signing import Key, Policy, Verified, carries, message_of, sign, strip, verify

NOW = 1_800_000_000
MAIN = Key("main", b"m" * 32)
OTHER = Key("other", b"o" * 40)
SEED = bytes(range(32))
PRIVATE = Key("pair", private=SEED)
PUBLIC = Key("pair", public=Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw())


def check(url: str, *keys: Key, now: float = NOW) -> Verified:
    path, _, query = url.partition("?")
    return verify(path, query, keys or (MAIN,), now)


def refused(url: str, kind: type[EdgeError], *keys: Key, now: float = NOW) -> bool:
    with pytest.raises(kind) as caught:
        check(url, *keys, now=now)
    assert caught.value.headers.get("Cache-Control") == "no-store" or kind is BadRequest
    return True


def holds(url: str) -> bool:
    try:
        check(url)
    except EdgeError:
        return False
    return True


def test_the_message_is_the_decoded_path_and_the_sorted_query_encoded_one_way() -> None:
    assert message_of("/%7ea/%C3%A9 b", "w=1&crop=1,2&a=x%26w%3d9&sig=zz&a%20b=~") == (
        b"/~a/%C3%A9%20b\na=x%26w%3D9&a%20b=~&crop=1%2C2&w=1"
    )


def test_an_hmac_signature_is_what_anyone_can_compute() -> None:
    octets = hmac.digest(b"m" * 32, b"/photos/a.jpg\nexp=1900000000&w=400", hashlib.sha256)
    text = base64.urlsafe_b64encode(octets).decode().rstrip("=")
    assert sign("/photos/a.jpg?w=400", MAIN, 1_900_000_000) == f"/photos/a.jpg?w=400&exp=1900000000&sig={text}"


def test_an_ed25519_signature_verifies_with_the_public_key() -> None:
    url = sign("/photos/a.jpg?w=400", PRIVATE, kid=True)
    assert check(url, PUBLIC) == check(url, PRIVATE) == Verified(None, "pair")
    assert refused(url.replace("w=400", "w=401"), Forbidden, PUBLIC)
    assert refused(sign("/a", MAIN), Forbidden, PUBLIC)


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("/a", "/a?sig="),
        ("/a?", "/a?sig="),
        ("https://cdn.example", "https://cdn.example/?sig="),
        ("https://cdn.example:8443/a?w=1", "https://cdn.example:8443/a?w=1&sig="),
        ("HTTP://h?w=1", "HTTP://h/?w=1&sig="),
        ('/é b?t=é"b', "/%C3%A9%20b?t=%C3%A9%22b&sig="),
        ("/a?crop=1,2&x=%2f%zz", "/a?crop=1,2&x=%2f%zz&sig="),
        ("/a?w=1&sig=old&exp=5&kid=k", "/a?w=1&sig="),
    ],
)
def test_sign_prints_the_same_kind_of_url_as_little_changed_as_can_be(url: str, signed: str) -> None:
    printed = sign(url, MAIN)
    assert printed.startswith(signed)
    assert check(printed[printed.index("/", 8) if "://" in printed else 0 :]) == Verified(None, "main")


def test_the_key_can_be_named() -> None:
    key = replace(MAIN, name="a b&c")
    url = sign("/a", key, kid=True)
    assert "kid=a%20b%26c" in url
    assert check(url, OTHER, key).kid == "a b&c"


@pytest.mark.parametrize("url", ["", "a.jpg", "/a/../b", "/a?w=1&w=2", "/a?w=1&W=2", "/a?c=#fff", "/a#b", "/%zz"])
def test_a_url_that_could_never_verify_is_not_signed(url: str) -> None:
    with pytest.raises(BadRequest):
        sign(url, MAIN)


def test_a_public_key_cannot_sign() -> None:
    with pytest.raises(ValueError, match="'pair' is a public key"):
        sign("/a", PUBLIC)


BASE = "/photos/caf%C3%A9/a%20b.jpg?w=400&crop=1%2C2&t=a%20b%26c"


@pytest.mark.parametrize(
    "same",
    [
        "/photos/caf%C3%A9/a%20b.jpg?t=a%20b%26c&sig=@&crop=1%2C2&w=400",
        "/photos/café/a b.jpg?w=400&crop=1,2&t=a+b%26c&sig=@",
        "/photos/caf%c3%a9/%61%20b.jpg?%77=%34%30%30&crop=1%2c2&t=a%20b%26c&s%69g=@",
        "/photos/caf%C3%A9/a%20b.jpg?&w=400&&crop=1%2C2&t=a%20b%26c&sig=@&",
    ],
)
def test_other_orders_and_encodings_of_the_same_parameters_verify(same: str) -> None:
    signature = sign(BASE, MAIN).partition("sig=")[2]
    assert check(same.replace("@", signature))


def test_a_name_without_a_value_is_a_name_with_an_empty_one() -> None:
    assert check(sign("/a?b", MAIN).replace("?b&", "?b=&"))


@pytest.mark.parametrize(
    ("signed", "sent"),
    [
        ("/a?a=x%26w=9", "/a?a=x&w=9"),
        ("/a?a=x&w=9", "/a?a=x%26w=9"),
        ("/a?a=1%3D2", "/a?a%3D1=2"),
        ("/a?b=%252C", "/a?b=%2C"),
        ("/a%252Fb", "/a%25252Fb"),
        ("/ab?c=d", "/a?bc=d"),
        ("/a%0A?b=c", "/a?b=c"),
        ("/a//b", "/a/b"),
        ("/a/b?w=1", "/a/b/?w=1"),
        ("/a/b?w=1", "/A/b?w=1"),
        ("/a;b?w=1", "/a?b&w=1"),
        ("/a?w=1", "/a?W=1"),
        ("/a?w=1;h=2", "/a?w=1&h=2"),
        ("/a?t=%ff", "/a?t=%EF%BF%BD"),
        ("/a+b", "/a%20b"),
    ],
)
def test_what_means_something_else_does_not_verify(signed: str, sent: str) -> None:
    path, _, query = signed.partition("?")
    message = path.replace("%0A", "\n").encode() if "%0A" in path else message_of(path, query)
    text = base64.urlsafe_b64encode(MAIN.sign(message)).decode().rstrip("=")
    assert refused(f"{sent}{'&' if '?' in sent else '?'}sig={text}", Forbidden)


@pytest.mark.parametrize("more", ["&h=1", "&w=400", "&w=", "&W=1", "&sig=x", "&SIG=x", "&kid=main", "&exp=9999999999"])
def test_nothing_can_be_added(more: str) -> None:
    url = sign("/a?w=400", MAIN)
    with pytest.raises((Forbidden, BadRequest)):
        check(url + more)


@pytest.mark.parametrize("query", ["w=1&w=2", "w=1&%57=2", "w=1&w=1", "k=1&\u212a=2", "c=a%23&d=#"])
def test_a_signed_url_that_is_ambiguous_is_a_bad_request(query: str) -> None:
    assert refused(f"/a?{query}&sig=AAAA", BadRequest)


def test_a_raw_number_sign_is_no_other_way_to_write_its_escape() -> None:
    url = sign("/a?bgcolor=%23fff&w=1", MAIN)
    assert refused(url.replace("%23", "#"), BadRequest)


def test_no_single_byte_of_a_signed_url_can_be_changed() -> None:
    url = sign("/photos/a-b.jpg?crop=10,10&mode=crop&w=400", MAIN, NOW + 60, kid=True)
    rng, letters = random.Random(7), string.ascii_letters + string.digits + "-_./?&=%+;,#"
    for at in range(len(url)):
        for letter in rng.sample(letters, 6):
            changed = url[:at] + letter + url[at + 1 :]
            assert changed == url or not holds(changed), changed


def test_no_single_byte_can_be_added_or_taken_away() -> None:
    url = sign("/photos/a.jpg?w=400&h=300", MAIN)
    start = url.index("?") + 1  # an empty pair more is the same query, in front of every pair and at the end
    harmless = {start, *(at for at in range(start, len(url)) if "&" in url[at - 1 : at + 1]), len(url)}
    for at in range(len(url) + 1):
        assert not holds(url[:at] + url[at + 1 :]) or at == len(url)
        assert not holds(f"{url[:at]}a{url[at:]}")
        assert at in harmless or not holds(f"{url[:at]}&{url[at:]}")


def test_without_a_signature_it_is_unauthorized_and_with_a_wrong_one_forbidden() -> None:
    assert refused("/a?w=1", Unauthorized)
    assert refused("/a?w=1&Sig=abc", Unauthorized)
    assert refused("/a?w=1&sig=", Forbidden)
    assert refused(sign("/a?w=1", OTHER), Forbidden)


def test_a_path_that_cannot_be_decoded_is_a_bad_request() -> None:
    assert refused("/a/%2e%2e/b?sig=abc", BadRequest)
    with pytest.raises(BadRequest, match="not UTF-8"):
        verify("/a", "x=\ud800&sig=y", [MAIN], NOW)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text + "=",
        lambda text: text + "%3D",
        lambda text: text + "%0A",
        lambda text: " " + text,
        lambda text: text[:-1],
        lambda text: text[:22],
        lambda text: text + "A",
        lambda text: text + "AAAA",
        lambda text: text.replace("-", "%2B").replace("_", "%2F"),
        lambda text: text[:-1] + chr(ord(text[-1]) + 1),
        lambda text: text.swapcase(),
        lambda text: text[:9] + "é" + text[10:],
    ],
)
def test_only_the_canonical_spelling_of_a_signature_verifies(spoil: object) -> None:
    url = next(found for n in range(99) if {"-", "_"} <= set((found := sign(f"/{n}", MAIN)).partition("sig=")[2]))
    base, _, text = url.partition("sig=")
    assert callable(spoil)
    assert refused(f"{base}sig={spoil(text)}", Forbidden)


def test_a_url_expires_when_its_time_has_come() -> None:
    url = sign("/a?w=1", MAIN, NOW + 10)
    assert check(url, now=NOW + 9.9) == Verified(NOW + 10, "main")
    assert refused(url, Gone, now=NOW + 10)


def test_whether_a_url_has_expired_is_told_only_to_its_holder() -> None:
    url = sign("/a?w=1", MAIN, NOW - 10)
    assert refused(url, Gone)
    assert refused(url.replace("w=1", "w=2"), Forbidden)
    assert refused(url.replace(f"exp={NOW - 10}", f"exp={NOW + 10}"), Forbidden)


@pytest.mark.parametrize("exp", ["", "soon", "1e12", "-1", "+9999999999", "9999999999.5", "١", "9" * 16])
def test_a_signed_expiry_that_is_no_time_is_a_bad_request(exp: str) -> None:
    text = base64.urlsafe_b64encode(MAIN.sign(message_of("/a", f"exp={exp}"))).decode().rstrip("=")
    assert refused(f"/a?exp={exp}&sig={text}", BadRequest)


def test_every_key_is_tried_when_none_is_named() -> None:
    assert check(sign("/a", OTHER), MAIN, PUBLIC, OTHER) == Verified(None, "other")
    assert check(sign("/a", PRIVATE), MAIN, PUBLIC, OTHER) == Verified(None, "pair")


def test_a_named_key_is_the_only_one() -> None:
    url = sign("/a", MAIN, kid=True)
    assert check(url, OTHER, MAIN).kid == "main"
    assert refused(url, Forbidden, OTHER)
    assert refused(url, Forbidden, replace(MAIN, name="renamed"))
    assert refused(url, Forbidden, replace(OTHER, name="main"), replace(MAIN, name="x"))


def test_a_key_verifies_until_its_last_day() -> None:
    old = replace(MAIN, not_after=NOW)
    assert check(sign("/a", MAIN), old, OTHER, now=NOW).kid == "main"
    assert refused(sign("/a", MAIN), Forbidden, old, OTHER, now=NOW + 1)


@pytest.mark.parametrize("query", ["w=1&sig=x", "w=1&kid=none&sig=x", "w=1&kid=b&sig=", "w=1&sig=" + "A" * 43, ""])
def test_as_many_macs_are_made_whatever_is_sent(query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []
    digest = hmac.digest

    def counted(key: bytes, message: bytes, kind: str) -> bytes:
        made.append(message)
        return digest(key, message, kind)

    monkeypatch.setattr("hmac.digest", counted)
    keys = [Key(name, name.encode() * 32) for name in "abc"]
    url = f"/a?{query}" if query else sign("/a?w=1", keys[0])
    made.clear()
    try:
        check(url, *keys)
    except Forbidden:
        assert query
    assert len(made) == 3


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"secret": b"x" * 31},
        {"secret": b""},
        {"public": b"x" * 31},
        {"private": b"x" * 64},
        {"secret": b"x" * 32, "public": b"x" * 32},
        {"public": b"x" * 32, "private": SEED},
    ],
)
def test_a_key_that_is_weak_or_of_two_kinds_is_refused(parts: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="'k'") as caught:
        Key("k", **parts)  # type: ignore[arg-type]  # each case names its fields
    assert "xxx" not in str(caught.value)


def test_a_matching_pair_signs_and_verifies() -> None:
    pair = replace(PUBLIC, private=SEED)
    assert check(sign("/a", pair), pair).kid == "pair"


def test_no_key_shows_its_secret() -> None:
    assert repr(MAIN) == "Key(name='main', not_after=None)"
    assert repr(PRIVATE) == "Key(name='pair', not_after=None)"


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("w=1&exp=2&kid=a&sig=b", "w=1"),
        ("sig=b&W=%31+&&x", "W=%31+&&x"),
        ("", ""),
        ("s%69g=1&Sig=2&sigh=3", "Sig=2&sigh=3"),
    ],
)
def test_strip_leaves_the_rest_byte_for_byte(query: str, left: str) -> None:
    assert strip(query) == left


def test_carries_tells_whether_there_is_a_signature() -> None:
    assert carries("a=1&s%69g=")
    assert not carries("a=sig&SIG=1")


@settings(max_examples=100)
@given(
    st.dictionaries(st.text("abcé&=%+ ~", min_size=1, max_size=4), st.text("xyz&=#%+ /", max_size=5), max_size=4),
    st.randoms(use_true_random=False),
)
def test_any_parameters_verify_in_any_order(pairs: dict[str, str], rng: random.Random) -> None:
    written = [f"{escaped(name)}={escaped(value)}" for name, value in pairs.items()]
    signed = sign("/a?" + "&".join(written), MAIN)
    parts = signed.partition("?")[2].split("&")
    rng.shuffle(parts)
    assert check("/a?" + "&".join(parts)) == Verified(None, "main")


def escaped(text: str) -> str:
    return "".join(f"%{octet:02x}" for octet in text.encode())


SIGNED, PLAIN = sign("/a?w=1", MAIN, NOW + 5), "/a?w=1"
FORGED = SIGNED.replace("w=1", "w=2")


@pytest.mark.parametrize(
    ("mode", "url", "processing", "outcome"),
    [
        ("off", FORGED, True, None),
        ("optional", PLAIN, True, None),
        ("optional", SIGNED, True, Verified(NOW + 5, "main")),
        ("optional", FORGED, True, Forbidden),
        ("required", PLAIN, False, Unauthorized),
        ("required", SIGNED, True, Verified(NOW + 5, "main")),
        ("processed", PLAIN, False, None),
        ("processed", PLAIN, True, Unauthorized),
        ("processed", FORGED, False, Forbidden),
        ("processed", SIGNED, True, Verified(NOW + 5, "main")),
    ],
)
def test_a_policy_demands_what_its_mode_says(mode: signing.Mode, url: str, processing: bool, outcome: object) -> None:
    path, _, query = url.partition("?")
    policy = Policy(mode, keys=(MAIN,))
    if isinstance(outcome, type):
        with pytest.raises(outcome):
            policy.authorise(path, query, NOW, processing)
    else:
        assert policy.authorise(path, query, NOW, processing) == outcome


def test_where_nothing_is_signed_a_parameter_sig_is_someone_elses() -> None:
    query = "w=1&sig=x"
    assert Policy().strip(query) == query
    assert Policy("optional", keys=(MAIN,)).strip(query) == "w=1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "required", "scheme": "imageflow", "keys": (MAIN,)},
        {"mode": "required"},
        {"mode": "optional", "keys": (MAIN, replace(OTHER, name="main"))},
    ],
)
def test_a_policy_that_could_never_be_met_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"^Expected .* for signature\."):
        Policy(**wrong)  # type: ignore[arg-type]  # each case names its fields
