"""`edge purge` against a listener that stands in for the admin's."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.cli import main
from tests.edge.commands.stub import Asked, Stub, said, standing_in

Captured = pytest.CaptureFixture[str]
PURGED = said(200, b'{"purged": 2}')


@pytest.fixture(autouse=True)
def _no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGE_ADMIN_TOKEN", raising=False)
    monkeypatch.delenv("EDGE_ADMIN_TOKEN_FILE", raising=False)


@pytest.fixture
def admin() -> Iterator[Stub]:
    with standing_in(lambda asked: PURGED) as stub:
        yield stub


def told(stub: Stub) -> list[object]:
    return [json.loads(asked.body) for asked in stub.asked]


@pytest.mark.parametrize(
    ("words", "selection"),
    [
        (["--url", "/photos/a b.jpg?w=4"], {"url": "/photos/a b.jpg?w=4", "soft": False}),
        (["--url", "https://img.example.com/ü.jpg", "--soft"], {"url": "https://img.example.com/ü.jpg", "soft": True}),
        (["--prefix", "/photos/"], {"prefix": "/photos/", "soft": False}),
        (["--tag", "product-7", "--soft"], {"tag": "product-7", "soft": True}),
        (["--all"], {"all": True, "soft": False}),
    ],
)
def test_what_is_named_is_what_is_asked_for(
    words: list[str], selection: dict[str, object], admin: Stub, capsys: Captured
) -> None:
    assert main(["purge", *words, "--admin", admin.url]) == 0
    assert told(admin) == [selection]
    (asked,) = admin.asked
    assert (asked.method, asked.target, asked.headers["content-type"]) == ("POST", "/purge", "application/json")
    assert asked.headers["host"] == admin.url.removeprefix("http://")
    assert capsys.readouterr() == ("purged 2 originals\n", "")


def test_several_urls_are_one_count_over_one_connection(admin: Stub, capsys: Captured) -> None:
    assert main(["purge", "--url", "/a", "--url", "/b", "--url", "/c", "--admin", admin.url]) == 0
    assert told(admin) == [{"url": url, "soft": False} for url in ("/a", "/b", "/c")]
    assert admin.connections == 1
    assert capsys.readouterr().out == "purged 6 originals\n"


def test_one_original_is_one(capsys: Captured) -> None:
    with standing_in(lambda asked: said(200, b'{"purged": 1}')) as stub:
        assert main(["purge", "--url", "/a", "--admin", stub.url]) == 0
    assert capsys.readouterr().out == "purged 1 original\n"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--url", "/a", "--tag", "b"],
        ["--all", "--prefix", "/"],
        ["--url"],
        ["--soft"],
        ["--url", " "],
        ["--prefix", ""],
        ["--url", "/\udcff"],
        ["--all", "--admin", "127.0.0.1"],
        ["--all", "--admin", "ftp://127.0.0.1:1"],
        ["--all", "--admin", "http://a:b@127.0.0.1:1"],
        ["--all", "--admin", "http://127.0.0.1:1/?x"],
        ["--all", "--admin", "http://127.0.0.1:99999"],
        ["--all", "--admin", "http://127.0.0.1:0"],
        ["--all", "--admin", "http://127.0.0.1:1/\n"],
        ["--all", "--token", "a\nb"],
        ["--all", "--config", "gone.yaml"],
    ],
)
def test_wrong_usage_exits_with_2_and_asks_nobody(words: list[str], capsys: Captured) -> None:
    assert main(["purge", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err


def test_nobody_there_is_a_sentence(admin: Stub, capsys: Captured) -> None:
    assert main(["purge", "--all", "--admin", "http://127.0.0.1:1"]) == 1
    assert capsys.readouterr() == ("", "http://127.0.0.1:1 cannot be reached: Connection refused\n")


def test_a_refusal_is_told_in_the_servers_sentence(capsys: Captured) -> None:
    body = json.dumps({"status": 401, "detail": "Expected the admin token\x1b[31m\nand more"}).encode()
    with standing_in(lambda asked: said(401, body)) as stub:
        assert main(["purge", "--tag", "red", "--admin", stub.url]) == 1
    assert capsys.readouterr() == ("", "red: Expected the admin token\ufffd[31m and more\n")


def test_what_was_purged_before_a_refusal_is_told(capsys: Captured) -> None:
    def answer(asked: Asked) -> bytes:
        return said(400, b'{"detail": "No route serves /b"}') if b"/b" in asked.body else PURGED

    with standing_in(answer) as stub:
        assert main(["purge", "--url", "/a", "--url", "/b", "--url", "/c", "--admin", stub.url]) == 1
    assert capsys.readouterr().err == "/b: No route serves /b\n2 originals had been purged before that\n"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"220 mail.example.com ESMTP\r\n", "answers with something that is not HTTP"),
        (b"", "closed the connection without an answer"),
        (said(200, b"<html>"), "answers, but not as an admin listener does"),
        (said(200, b"[" * 60000), "answers, but not as an admin listener does"),
        (said(200, b'{"purged": true}'), "answers, but not as an admin listener does"),
        (said(200, b'{"pur', length=90), "the answer broke off"),
        (said(302, Location="http://127.0.0.1:1/purge"), "status 302"),
        (said(500, b"[" * 60000), "status 500"),
        (said(404, b'{"detail": {}}'), "status 404"),
    ],
)
def test_something_else_there_is_a_sentence(answer: bytes, sentence: str, capsys: Captured) -> None:
    with standing_in(lambda asked: answer) as stub:
        assert main(["purge", "--all", "--admin", stub.url]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith(f"{sentence}\n")
    assert captured.err.count("\n") == 1


def test_an_admin_on_a_unix_socket_is_asked(tmp_path: Path, capsys: Captured) -> None:
    with standing_in(lambda asked: PURGED, tmp_path / "admin.sock") as stub:
        assert main(["purge", "--all", "--admin", stub.url]) == 0
        assert main(["purge", "--all", "--admin", f"unix:{tmp_path}/gone.sock"]) == 1
    assert [asked.headers["host"] for asked in stub.asked] == ["localhost"]
    assert capsys.readouterr().err == f"unix:{tmp_path}/gone.sock cannot be reached: No such file or directory\n"


def test_an_admin_behind_a_path_is_asked_there(admin: Stub) -> None:
    assert main(["purge", "--all", "--admin", f"{admin.url}/edge/"]) == 0
    assert main(["purge", "--all", "--admin", admin.url.removeprefix("http://")]) == 0
    assert [asked.target for asked in admin.asked] == ["/edge/purge", "/purge"]


# The token and the configuration --------------------------------------------------------------------------------------


def bearer(stub: Stub) -> list[str]:
    return [asked.headers.get("authorization", "") for asked in stub.asked]


def test_the_token_comes_from_the_command_the_environment_or_a_file(
    admin: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = ["purge", "--all", "--admin", admin.url]
    (tmp_path / "token").write_text("filed\n", encoding="utf-8")
    assert main(ask) == 0
    monkeypatch.setenv("EDGE_ADMIN_TOKEN_FILE", str(tmp_path / "token"))
    assert main(ask) == 0
    monkeypatch.setenv("EDGE_ADMIN_TOKEN", "ünset")
    assert main(ask) == 0
    assert main([*ask, "--token", "said"]) == 0
    assert bearer(admin) == ["", "Bearer filed", "Bearer ünset".encode().decode("latin-1"), "Bearer said"]


def test_a_file_of_the_token_that_is_gone_is_a_sentence(
    admin: Stub, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("EDGE_ADMIN_TOKEN_FILE", "/gone")
    assert main(["purge", "--all", "--admin", admin.url]) == 2
    assert capsys.readouterr().err == "EDGE_ADMIN_TOKEN_FILE: /gone cannot be read\n"
    assert admin.asked == []


def test_a_configuration_tells_both(admin: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_ADMIN_TOKEN", "of the environment")
    port = admin.url.rpartition(":")[2]
    file = tmp_path / "edge.yaml"
    file.write_text(f"admin: {{listen: '0.0.0.0:{port}', token: configured}}", encoding="utf-8")
    assert main(["purge", "--all", "--config", str(file)]) == 0
    assert main(["purge", "--all", "--config", str(file), "--token", "said", "--admin", admin.url]) == 0
    file.write_text(f"admin: {{listen: '127.0.0.1:{port}'}}", encoding="utf-8")
    assert main(["purge", "--all", "--config", str(file)]) == 0
    assert bearer(admin) == ["Bearer configured", "Bearer said", "Bearer of the environment"]


@pytest.mark.parametrize(
    ("listen", "sentence"),
    [("null", "admin.listen is off, so there is nothing to ask"), ("'127.0.0.1:0'", "name it with --admin")],
)
def test_a_configuration_without_an_admin_listener_is_a_sentence(
    listen: str, sentence: str, tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "edge.yaml"
    file.write_text(f"admin: {{listen: {listen}}}", encoding="utf-8")
    assert main(["purge", "--all", "--config", str(file)]) == 2
    assert capsys.readouterr().err.endswith(f"{sentence}\n")
