"""Where the commands' client goes, and what it makes of who answers there."""

import socket
import threading
from contextlib import closing

import pytest

from edge.commands.client import Address, Broken, Line, Unreachable, printable
from edge.settings import Listen
from tests.edge.commands.stub import Asked, said, standing_in


@pytest.mark.parametrize(
    ("text", "address", "shown"),
    [
        ("http://127.0.0.1:8081", Address("127.0.0.1", 8081), "http://127.0.0.1:8081"),
        ("http://Edge.example/", Address("edge.example"), "http://edge.example"),
        ("https://edge.example", Address("edge.example", 443, tls=True), "https://edge.example"),
        (
            "https://edge.example:80/a/b/",
            Address("edge.example", 80, None, True, "/a/b"),
            "https://edge.example:80/a/b",
        ),
        ("http://[::1]:8081", Address("::1", 8081), "http://[::1]:8081"),
        ("[::1]:8081", Address("::1", 8081), "http://[::1]:8081"),
        ("localhost:80", Address("localhost", 80), "http://localhost"),
        ("unix:/run/edge.sock", Address(path="/run/edge.sock"), "unix:/run/edge.sock"),
    ],
)
def test_an_address_is_read_and_shown(text: str, address: Address, shown: str) -> None:
    assert Address.parse(text) == address
    assert str(address) == shown


@pytest.mark.parametrize(
    "text",
    ["", "edge", "http://", "http://:80", "http://a b/", "http://[::1", "http://a:x", "ws://a", "http://a#b", "unix:"],
)
def test_what_is_no_address_is_told_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"an address such as http://127\.0\.0\.1:8081 or unix:"):
        Address.parse(text)


@pytest.mark.parametrize(
    ("listen", "address"),
    [("0.0.0.0:8081", "http://127.0.0.1:8081"), ("'[::]:8081'", "http://[::1]:8081"), ("unix:/a", "unix:/a")],
)
def test_a_listener_is_reached_from_its_own_machine(listen: str, address: str) -> None:
    assert str(Address.of(Listen.parse(listen.strip("'")))) == address


def asked_once(url: str, patience: float) -> int:
    """The status."""
    with closing(Line(Address.parse(url), patience)) as line, line.ask("GET", "/", {}) as answer:
        return answer.status


def test_tls_that_fails_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak_plainly() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(said(200))

        speaking = threading.Thread(target=speak_plainly)
        speaking.start()
        with pytest.raises(Unreachable, match=r"cannot be reached: TLS failed, \S"):
            asked_once(f"https://127.0.0.1:{server.getsockname()[1]}", 5.0)
        speaking.join()


def test_an_edge_that_is_silent_for_too_long_is_a_sentence() -> None:
    release = threading.Event()

    def answer(asked: Asked) -> bytes:
        release.wait(30)
        return said(200)

    with standing_in(answer) as stub, pytest.raises(Broken, match="did not answer in time"):
        asked_once(stub.url, 0.1)
    release.set()


def test_a_body_that_is_not_read_costs_the_connection() -> None:
    with standing_in(lambda asked: said(200, b"x" * 500_000)) as stub:
        with closing(Line(Address.parse(stub.url), 5.0)) as line:
            for _ in range(2):
                with line.ask("GET", "/", {}) as answer:
                    assert answer.status == 200
        assert stub.connections == 2


@pytest.mark.parametrize(
    ("text", "shown"), [("a\r\n b\t", "a b"), ("\x1b[2J", "\ufffd[2J"), ("x" * 999, "x" * 299 + "…"), ("ü", "ü")]
)
def test_a_sentence_from_elsewhere_is_one_line_without_tricks(text: str, shown: str) -> None:
    assert printable(text) == shown
