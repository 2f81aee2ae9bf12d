"""`edge warm` and a running edge: what it fetched is found made by those who come later."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.cli import main
from edge.commands import ACCEPT
from tests.pictures import photo
from tests.running import ROOT, Running, running

NAMES = ("a.jpg", "b.jpg", "c.jpg")
Captured = pytest.CaptureFixture[str]

YAML = """
cache: {{memory: 64MiB, disk: null}}
imaging: {{workers: 1}}
signing: {{keys: {{main: {{secret: "0123456789abcdef0123456789abcdef"}}}}}}
origins:
  photos: {{type: files, root: {root}}}
routes:
  - {{prefix: /photos/, origin: photos}}
  - {{prefix: /only/, origin: photos, host: img.example.com}}
  - {{prefix: /private/, origin: photos, signature: {{mode: required}}}}
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("photos")
    for number, name in enumerate(NAMES):
        (root / name).write_bytes(photo(160 + number, 120))
    with running(YAML.format(root=root), tmp_path_factory.mktemp("edge")) as edge:
        yield edge


@pytest.fixture
def edge(served: Running) -> Running:
    """Nothing is made yet."""
    assert served.admin("/purge", "POST", b'{"all": true}').status == 200
    return served


def warm(edge: Running, folder: Path, lines: str, *words: str) -> int:
    """The exit code."""
    place = folder / "urls.txt"
    place.write_text(lines, encoding="utf-8")
    return main(["warm", str(place), "--edge", f"http://127.0.0.1:{edge.port}", *words])


def hit(edge: Running, url: str, accept: str = ACCEPT) -> bool:
    return "; hit;" in edge.get(url, Accept=accept).cache


def summary(capsys: Captured) -> str:
    """Without the bytes, which are the encoder's business."""
    return capsys.readouterr().out.rpartition(", ")[0]


def test_what_was_warmed_is_a_hit(edge: Running, tmp_path: Path, capsys: Captured) -> None:
    assert warm(edge, tmp_path, "# the first page\n\n/photos/a.jpg\n/photos/b.jpg?w=50\n") == 0
    assert summary(capsys) == "2 fetched (0 hits already, 2 made), 0 failed"
    assert [hit(edge, url) for url in ("/photos/a.jpg", "/photos/b.jpg?w=50", "/photos/c.jpg")] == [True, True, False]


def test_warming_again_finds_all_made(edge: Running, tmp_path: Path, capsys: Captured) -> None:
    for told in ("0 hits already, 2 made", "2 hits already, 0 made"):
        assert warm(edge, tmp_path, "/photos/a.jpg\n", "--widths", "40,60") == 0
        assert summary(capsys) == f"2 fetched ({told}), 0 failed"


def test_widths_take_the_place_of_one_that_is_there(edge: Running, tmp_path: Path) -> None:
    assert warm(edge, tmp_path, "/photos/a.jpg?w=99&quality=50\n", "--widths", "40,60") == 0
    urls = [f"/photos/a.jpg?w={width}&quality=50" for width in (40, 60, 99)]
    assert [hit(edge, url) for url in urls] == [True, True, False]


def test_each_kind_of_browser_has_its_own_format(edge: Running, tmp_path: Path) -> None:
    words = ("--accept", "image/webp", "--accept", "image/jpeg")
    assert warm(edge, tmp_path, "/photos/a.jpg?w=40\n", *words) == 0
    assert [edge.get("/photos/a.jpg?w=40", Accept=accept).media_type for accept in words[1::2]] == [
        "image/webp",
        "image/jpeg",
    ]
    kinds = ("image/webp", "image/jpeg", ACCEPT)
    assert [hit(edge, "/photos/a.jpg?w=40", accept) for accept in kinds] == [True, True, False]


def test_an_absolute_url_goes_to_the_route_of_its_host(edge: Running, tmp_path: Path) -> None:
    assert warm(edge, tmp_path, "http://img.example.com/only/a.jpg?w=40\n") == 0
    assert warm(edge, tmp_path, "/only/a.jpg?w=40\n") == 1
    assert "; hit;" in edge.get("/only/a.jpg?w=40", Host="img.example.com", Accept=ACCEPT).cache


def test_what_fails_is_told_and_the_rest_is_made(edge: Running, tmp_path: Path, capsys: Captured) -> None:
    lines = "/photos/none.jpg\nno url\n/private/a.jpg\n/photos/a.jpg?w=40\n"
    assert warm(edge, tmp_path, lines, "--concurrency", "1") == 1
    told = capsys.readouterr()
    assert set(told.err.splitlines()) == {
        "line 2: Expected a path that starts with /, or an absolute URL",
        "/photos/none.jpg: 404, There is no such original",
        "/private/a.jpg: 401, This URL needs a signature",
    }
    assert told.out.startswith("1 fetched (0 hits already, 1 made), 3 failed, ")
    assert hit(edge, "/photos/a.jpg?w=40")


def test_a_list_may_be_piped_into_the_command(edge: Running) -> None:
    command = [sys.executable, "-P", "-m", "edge", "warm", "-", "--edge", f"http://127.0.0.1:{edge.port}"]
    lines = "".join(f"/photos/{name}?w=30\n" for name in NAMES)
    done = subprocess.run(command, input=lines, capture_output=True, text=True, cwd=ROOT, env=os.environ, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3 fetched (0 hits already, 3 made), 0 failed, ")
    assert all(hit(edge, f"/photos/{name}?w=30") for name in NAMES)


def test_after_a_purge_it_makes_them_anew(edge: Running, tmp_path: Path, capsys: Captured) -> None:
    admin = f"http://127.0.0.1:{edge.admin_port}"
    assert warm(edge, tmp_path, "/photos/a.jpg?w=40\n/photos/b.jpg?w=40\n") == 0
    assert main(["purge", "--url", "/photos/a.jpg", "--admin", admin]) == 0
    capsys.readouterr()
    assert warm(edge, tmp_path, "/photos/a.jpg?w=40\n/photos/b.jpg?w=40\n") == 0
    assert summary(capsys) == "2 fetched (1 hit already, 1 made), 0 failed"
