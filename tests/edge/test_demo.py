"""`edge demo`, which `make demo` runs: what a newcomer types, sees and opens."""

import os
import shlex
import socket
import subprocess
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import pyvips

from edge.demo import DemoError, Place, free_ports, pictures, urls
from tests import pictures as samples
from tests.edge.console.started import Demo, command, started
from tests.running import eventually

ODD = 'Ordner # 1, 100% größe: ${HOME} it\'s "so" 😀 {x} [y] $$ & ?'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one picture."""
    place = tmp_path / "mine"
    place.mkdir()
    (place / "a.jpg").write_bytes(samples.photo(64, 48))
    return place


def refused(cwd: Path, *words: str) -> tuple[int, str]:
    """The exit code, and what stood on standard error."""
    ran = subprocess.run(command(*words), cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    return ran.returncode, ran.stderr


def test_without_a_folder_it_paints_pictures_and_keeps_them(tmp_path: Path) -> None:
    photos = tmp_path / ".demo" / "photos"
    with started(tmp_path) as demo:
        assert demo.lines[0].startswith("Painting 6 sample pictures")
        painted = {path.name: path.stat().st_mtime_ns for path in photos.iterdir()}
        assert len(painted) == 6
        assert [demo.get(f"/photos/{name}?w=40").status for name in painted] == [200] * 6
    with started(tmp_path) as demo:
        assert demo.lines[0].startswith("image-edge")
        assert "; hit;" in demo.get("/photos/alps.jpg?w=40").cache
    assert {path.name: path.stat().st_mtime_ns for path in photos.iterdir()} == painted
    for name in painted:
        assert pyvips.Image.new_from_file(str(photos / name)).deviate() > 20, f"{name} is nearly of one colour"
    assert pyvips.Image.new_from_file(str(photos / "lava.gif")).get("n-pages") > 1
    assert pyvips.Image.new_from_file(str(photos / "bubbles.png")).hasalpha()


def _asked(demo: Demo, line: str) -> pyvips.Image:
    """The picture that the printed job is answered with."""
    words = shlex.split(line)
    sent = {"Content-Type": "application/json", "Accept": words[5].removeprefix("Accept: ")}
    with urlopen(Request(words[-1], words[3].encode(), sent), timeout=60) as answer:
        assert answer.headers["content-type"] == "image/webp"
        return pyvips.Image.new_from_buffer(answer.read(), "")


def test_it_prints_five_urls_and_a_page_that_answer_whatever_the_names(tmp_path: Path) -> None:
    place = tmp_path / ODD / "sub folder"
    place.mkdir(parents=True)
    (place / f"{ODD} +=;.JPG").write_bytes(samples.photo(64, 48))
    with started(tmp_path, "--dir", ODD) as demo:
        answers = [demo.get(url) for url in demo.urls]
        assert [answer.status for answer in answers] == [200] * 5
        assert [answer.media_type for answer in answers][1:3] == ["image/webp", "image/avif"]
        assert demo.get(demo.page).headers["accept-ch"]
        assert _asked(demo, next(line for line in demo.lines if "curl" in line)).width == 64 + 18


def test_two_folders_share_no_cache(tmp_path: Path) -> None:
    """Else a picture that came over HTTP would be fresh for a minute in the place of its namesake."""
    places = [Place(1, 2, tmp_path / name, tmp_path) for name in ("mine", "other", "mine")]
    assert places[0].cache == places[2].cache != places[1].cache


def test_sigterm_ends_everything(tmp_path: Path, folder: Path) -> None:
    with started(tmp_path, "--dir", "mine") as demo:
        workers = demo.workers()
        assert workers
        assert demo.stop() == 0
        assert eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_a_folder_without_pictures_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, told = refused(tmp_path, "--dir", "empty")
    assert code == 2
    assert told.startswith("edge: Expected pictures (.jpg, ")
    assert told.endswith("in DIR but found none in empty\n")
    assert not (tmp_path / ".demo").exists()


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    assert refused(tmp_path, "--dir", "gone") == (2, "--dir: the folder gone does not exist\n")


def test_a_folder_whose_name_is_no_text_is_a_sentence(tmp_path: Path) -> None:
    place = tmp_path / os.fsdecode(b"\xff")
    try:
        place.mkdir()
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    (place / "a.jpg").write_bytes(samples.photo(8, 8))
    code, told = refused(tmp_path, "--port", "0", "--admin-port", "0", "--dir", place.name)
    assert code == 2
    assert told.startswith("edge: Expected a folder whose name is UTF-8")


@pytest.mark.parametrize("option", ["--port", "--admin-port"])
def test_a_busy_port_is_a_sentence(option: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        number = busy.getsockname()[1]
        code, told = refused(tmp_path, "--port", "0", "--admin-port", "0", option, str(number))
    variable = option.strip("-").replace("-", "_").upper()
    assert code == 1
    assert told == (f"edge: cannot listen on 127.0.0.1:{number}: address already in use; choose another {variable}\n")


def test_a_home_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / ".demo").write_text("in the way", encoding="utf-8")
    assert refused(tmp_path, "--port", "0", "--admin-port", "0") == (1, "edge: cannot use .demo: file exists\n")


def test_the_two_ports_differ() -> None:
    port, admin_port = free_ports(0, 0)
    assert port != admin_port
    with pytest.raises(DemoError, match="choose another ADMIN_PORT"):
        free_ports(port, port)


def test_photographs_come_first_and_hidden_folders_and_links_never(tmp_path: Path) -> None:
    for name in ("a.gif", "b.txt", "c.JPG", "d/e.png", ".hidden/f.jpg", "back\\slash.jpg", "line\nbreak.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"123")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "c.JPG")
    assert [(found.name, found.length) for found in pictures(tmp_path)] == [("c.JPG", 3), ("d/e.png", 3), ("a.gif", 3)]


def test_a_few_pictures_are_enough(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number:02}.png").touch()
    assert [found.name for found in pictures(tmp_path)] == [f"{number:02}.png" for number in range(6)]


def test_urls_are_encoded() -> None:
    assert urls("a b/ü%.jpg")[0] == "/photos/a%20b/%C3%BC%25.jpg?w=400"
    assert len(set(urls("a.jpg"))) == 5
