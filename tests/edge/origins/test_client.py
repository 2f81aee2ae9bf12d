"""Retries, redirects, the breaker, and the guard: what stands between an ask and the network (T1)."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from yarl import URL

from edge.errors import BadGateway, TooLarge
from edge.exchange import Fields
from edge.origins import client as module
from edge.origins.base import UNREACHABLE, Ask, Redirected, Refused
from edge.origins.client import Client, Terms
from edge.origins.retry import RetryBudget
from tests.edge.origins.conftest import Reach, Serve, always, answer, by_turn, count_sockets, fetched, to

OK = answer(200, b"picture")
BUSY = answer(503, b"busy")


def redirecting(where: dict[str, str]) -> Any:
    async def script(head: str, writer: asyncio.StreamWriter) -> None:
        location = where.get(head.split(" ")[1])
        writer.write(to(location) if location else OK)

    return script


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "wait_before", lambda *_: 0.0)


# Retries


@pytest.mark.parametrize("trouble", [BUSY, answer(502), answer(504), None])
async def test_a_passing_trouble_is_not_seen(serve: Serve, reach: Reach, trouble: bytes | None) -> None:
    server = await serve(by_turn(trouble, trouble, OK))
    assert await fetched(reach(server.url), "a") == (200, b"picture")
    assert len(server.heads) == 3


async def test_a_lasting_one_is_handed_up_after_the_last_attempt(serve: Serve, reach: Reach) -> None:
    server = await serve(always(BUSY))
    assert await fetched(reach(server.url, retries=1), "a") == (503, b"busy")
    assert len(server.heads) == 2


@pytest.mark.parametrize("reply", [answer(500), answer(404), answer(429), answer(501)])
async def test_other_statuses_are_final(serve: Serve, reach: Reach, reply: bytes) -> None:
    server = await serve(always(reply))
    await fetched(reach(server.url), "a")
    assert len(server.heads) == 1


async def test_without_retries_each_ask_is_one_request_even_on_a_used_connection(serve: Serve, reach: Reach) -> None:
    server = await serve(by_turn(OK, None, OK))
    origin = reach(server.url, retries=0)
    await fetched(origin, "a")
    with pytest.raises(BadGateway):
        await fetched(origin, "a")
    assert len(server.heads) == 2


async def test_what_may_have_had_an_effect_is_not_repeated(serve: Serve, reach: Reach) -> None:
    server = await serve(by_turn(None, OK))
    with pytest.raises(BadGateway):
        await fetched(reach(server.url), Ask("a", method="POST", verbatim=True))
    assert len(server.heads) == 1


async def test_a_body_that_broke_off_is_not_asked_for_again(serve: Serve, reach: Reach) -> None:
    async def script(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(200, b"pict", "Content-Length: 7"))
        writer.close()

    server = await serve(script)
    with pytest.raises(BadGateway, match="broke off"):
        await fetched(reach(server.url), "a")
    assert len(server.heads) == 1


async def test_retries_end_with_their_budget(serve: Serve, reach: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RetryBudget", lambda: RetryBudget(per_second=0.0, most=3.0))
    server = await serve(always(BUSY))
    origin = reach(server.url, retries=2, failures=0)
    for _ in range(8):
        await fetched(origin, "a")
    assert len(server.heads) == 8 + 3


async def test_an_origin_that_wants_more_time_than_we_have_is_not_pressed(serve: Serve, reach: Reach) -> None:
    server = await serve(always(answer(503, b"", "Retry-After: 3600")))
    assert (await fetched(reach(server.url), "a"))[0] == 503
    assert len(server.heads) == 1


async def test_a_short_retry_after_is_kept_to(serve: Serve, reach: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float, *args: Any) -> None:
        slept.append(seconds)
        await real(0)

    server = await serve(by_turn(answer(503, b"", "Retry-After: 1"), OK))
    monkeypatch.setattr(asyncio, "sleep", sleep)
    assert (await fetched(reach(server.url), "a"))[0] == 200
    assert 1.0 in slept


async def test_attempts_end_with_the_time_for_all_of_them(serve: Serve, reach: Reach) -> None:
    now = [0.0]

    async def script(_: str, writer: asyncio.StreamWriter) -> None:
        now[0] += 3.0
        writer.write(BUSY)

    server = await serve(script)
    assert (await fetched(reach(server.url, retries=9, clock=lambda: now[0]), "a"))[0] == 503
    assert len(server.heads) == 2


async def test_a_refused_connection_is_tried_again_and_then_a_bad_gateway(
    reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    attempts = count_sockets(monkeypatch)
    with pytest.raises(BadGateway) as caught:
        await fetched(reach(f"http://127.0.0.1:{port}/"), "a")
    assert (caught.value.sentence, len(attempts)) == (UNREACHABLE, 3)


# Redirects


async def test_redirects_are_followed_and_remembered(serve: Serve, reach: Reach) -> None:
    async def script(head: str, writer: asyncio.StreamWriter) -> None:
        path = head.split(" ")[1]
        writer.write({"/m/a": to("b", 301, "Cache-Control: max-age=5"), "/m/b": to("/c?x=%2F+#f", 307)}.get(path, OK))

    server = await serve(script)
    reply = await reach(server.url + "m/").fetch(Ask("a"))
    assert [head.split(" ")[1] for head in server.heads] == ["/m/a", "/m/b", "/c?x=%2F+"]
    assert isinstance(reply, Redirected)
    assert [hop.get("cache-control") for hop in reply.hops] == ["max-age=5", None]
    await reply.close()


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ({"/a": "/b", "/b": "/a"}, "in a circle"),
        ({"/a": "/a"}, "in a circle"),
        ({"/a": "/b", "/b": "/c", "/c": "/d", "/d": "/e"}, "too often"),
        ({"/a": "ftp://127.0.0.1/"}, UNREACHABLE),
        ({"/a": "file:///etc/passwd"}, UNREACHABLE),
        ({"/a": "http://u:p@127.0.0.1/"}, UNREACHABLE),
        ({"/a": "http://127.0.0.1:99999/"}, "no URL"),
        ({"/a": "http://[::1/"}, "no URL"),
    ],
)
async def test_redirects_that_lead_nowhere_good_are_refused(
    serve: Serve, reach: Reach, where: dict[str, str], sentence: str
) -> None:
    server = await serve(redirecting(where))
    with pytest.raises(Refused, match=sentence):
        await fetched(reach(server.url), "a")


async def test_a_redirect_without_a_place_is_refused(serve: Serve, reach: Reach) -> None:
    server = await serve(always(answer(302)))
    with pytest.raises(Refused, match="without saying where"):
        await fetched(reach(server.url), "a")


async def test_three_redirects_are_few_enough_and_none_may_be_allowed(serve: Serve, reach: Reach) -> None:
    server = await serve(redirecting({"/a": "/b", "/b": "/c", "/c": "/d"}))
    assert (await fetched(reach(server.url), "a"))[0] == 200
    with pytest.raises(Refused, match="too often"):
        await fetched(reach(server.url, redirects=0), "c")


@pytest.mark.parametrize("status", [300, 305, 306])
async def test_not_every_3xx_is_a_redirect(serve: Serve, reach: Reach, status: int) -> None:
    server = await serve(always(to("/b", status)))
    reply = await reach(server.url).fetch(Ask("a", headers=Fields([("if-none-match", '"x"')])))
    await reply.close()
    assert (reply.status, len(server.heads)) == (status, 1)


async def test_secrets_stay_with_the_first_origin(serve: Serve, reach: Reach) -> None:
    there = await serve(always(OK))
    here = await serve(always(to(there.url + "b")))
    origin = reach(here.url, headers={"X-Edge-Key": "secret", "Accept": "image/*"})
    fields = [
        ("Authorization", "secret"),
        ("Cookie", "secret"),
        ("X-Forwarded-Secret", "secret"),
        ("If-None-Match", '"x"'),
    ]
    assert (await fetched(origin, Ask("a", headers=Fields(fields))))[0] == 200
    assert here.heads[0].count(": secret") == 4
    assert "secret" not in there.heads[0]
    assert 'if-none-match: "x"' in there.heads[0].lower()


async def test_secrets_do_not_come_back_with_the_way_back(serve: Serve, reach: Reach) -> None:
    async def script(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(OK if head.startswith("GET /b ") else to(there.url))

    here = await serve(script)
    there = await serve(always(to(here.url + "b")))
    assert (await fetched(reach(here.url, headers={"X-Edge-Key": "secret"}), "a"))[0] == 200
    assert "secret" not in here.heads[1]


async def test_a_redirect_within_the_origin_keeps_its_headers(serve: Serve, reach: Reach) -> None:
    server = await serve(redirecting({"/a": "/b"}))
    await fetched(reach(server.url, headers={"X-Edge-Key": "secret"}), "a")
    assert "secret" in server.heads[1]


async def test_a_redirect_to_a_port_that_is_not_allowed_opens_no_connection(serve: Serve, reach: Reach) -> None:
    there = await serve(always(OK))
    here = await serve(always(to(there.url)))
    with pytest.raises(Refused):
        await fetched(reach(here.url, ports=(80, 443)), "a")
    assert there.connections == 0


async def test_a_further_rule_judges_every_hop(serve: Serve) -> None:
    server = await serve(redirecting({"/a": "/forbidden"}))
    client = Client(Terms(allow_private=True, ports=None), permit=lambda url: "no" if "forbidden" in url.path else None)
    with pytest.raises(Refused):
        await client.fetch(URL(server.url + "a"), Ask(""))
    with pytest.raises(Refused):
        await client.fetch(URL(server.url + "forbidden"), Ask(""))
    assert len(server.heads) == 1
    await client.close()


async def test_a_certificate_that_nobody_vouches_for_is_a_bad_gateway(reach: Reach, tmp_path: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(self_signed(tmp_path))
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(BadGateway, match="certificate"):
            await fetched(reach(f"https://127.0.0.1:{port}/"), "a")


# The breaker


async def test_an_origin_that_keeps_failing_is_left_alone_and_then_tried_once(serve: Serve, reach: Reach) -> None:
    now = [1000.0]
    server = await serve(by_turn(BUSY, BUSY, BUSY, OK))
    origin = reach(server.url, retries=0, failures=2, hold=5.0, clock=lambda: now[0])
    for _ in range(2):
        assert (await fetched(origin, "a"))[0] == 503
    with pytest.raises(BadGateway, match="left alone"):
        await fetched(origin, "a")
    assert len(server.heads) == 2
    now[0] += 10
    assert (await fetched(origin, "a"))[0] == 503
    with pytest.raises(BadGateway, match="left alone"):
        await fetched(origin, "a")
    now[0] += 10
    assert [(await fetched(origin, "a"))[0] for _ in range(2)] == [200, 200]


async def test_failed_connections_open_the_breaker(serve: Serve, reach: Reach) -> None:
    server = await serve(always(b"nonsense\r\n\r\n"))
    origin = reach(server.url, retries=0, failures=2)
    for _ in range(3):
        with pytest.raises(BadGateway):
            await fetched(origin, "a")
    assert len(server.heads) == 2


async def test_an_answer_we_do_not_take_is_no_failure_of_the_origin(serve: Serve, reach: Reach) -> None:
    server = await serve(always(answer(200, b"large")))
    origin = reach(server.url, failures=1, max_bytes=1)
    for _ in range(2):
        with pytest.raises(TooLarge):
            await fetched(origin, "a")


async def test_an_asker_that_leaves_gives_its_trial_back(serve: Serve, reach: Reach) -> None:
    server = await serve(by_turn(BUSY, b"", OK))
    origin = reach(server.url, retries=0, failures=1, hold=0.0)
    await fetched(origin, "a")
    trial = asyncio.ensure_future(fetched(origin, "a"))
    while len(server.heads) < 2:
        await asyncio.sleep(0.005)
    trial.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trial
    assert await fetched(origin, "a") == (200, b"picture")


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    written = folder / "server.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    written.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
    return written
