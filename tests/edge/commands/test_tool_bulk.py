"""`edge tool v1/querystring --out-dir`: one query for many pictures."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.cli import main
from edge.commands.progress import Progress
from edge.commands.tool.bulk import Made, Work
from edge.commands.tool.naming import Picture
from edge.dialects.imageflow.results import Output
from edge.jobs import info
from tests.pictures import photo

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("photos/sub").mkdir(parents=True)
    Path("photos/a.jpg").write_bytes(photo(60, 40))
    Path("photos/sub/a.jpg").write_bytes(photo(40, 60))
    Path("photos/b.png").write_bytes(photo(60, 40, "png"))
    return tmp_path


def bulk(command: str, *words: str, out: str = "small") -> int:
    return main(["tool", "v1/querystring", "--command", command, "--in", *words, "--out-dir", out])


def made(out: str = "small") -> dict[str, tuple[int, int]]:
    found = {}
    for path in Path(out).rglob("*"):
        if path.is_file():
            told = info(path)
            found[path.relative_to(out).as_posix()] = told.width, told.height
    return found


def test_every_picture_keeps_its_name_and_gets_the_suffix_of_its_format(capsys: Captured) -> None:
    assert bulk("w=30&format=webp", "photos/**/*.jpg", "photos/*.png") == 0
    assert made() == {"a.webp": (30, 20), "sub/a.webp": (30, 45), "b.webp": (30, 20)}
    said = capsys.readouterr()
    assert said.out.startswith("3 made, 0 failed, ")
    assert said.err == ""


def test_without_a_format_each_keeps_its_own() -> None:
    assert bulk("w=30", "photos") == 0
    assert made() == {"a.jpg": (30, 20), "sub/a.jpg": (30, 45), "b.png": (30, 20)}


def test_one_bad_picture_does_not_stop_the_others(capsys: Captured) -> None:
    Path("photos/bad.jpg").write_bytes(b"no picture")
    Path("photos/cut.jpg").write_bytes(photo(300, 200)[:2000])
    assert bulk("w=30", "photos/*.jpg", "photos/none.gif") == 1
    said = capsys.readouterr()
    assert said.out.startswith("1 made, 3 failed, ")
    assert sorted(line.partition(":")[0] for line in said.err.splitlines()) == [
        "photos/bad.jpg",
        "photos/cut.jpg",
        "photos/none.gif",
    ]
    assert list(made()) == ["a.jpg"]


def test_outputs_of_an_earlier_run_are_replaced() -> None:
    assert bulk("w=30", "photos/*.jpg") == 0
    assert bulk("w=20", "photos/*.jpg") == 0
    assert made() == {"a.jpg": (20, 13)}


def test_nothing_found_ends_with_66(capsys: Captured) -> None:
    assert bulk("w=30", "photos/*.gif", "nowhere") == 66
    assert capsys.readouterr() == ("", "--in photos/*.gif: matches no file\n--in nowhere: is no file\n")
    assert not Path("small").exists()


def test_inputs_are_never_overwritten(capsys: Captured) -> None:
    before = Path("photos/a.jpg").read_bytes()
    assert bulk("w=30", "photos/*.jpg", out="photos") == 2
    assert capsys.readouterr().err == "photos/a.jpg is an input; choose another folder for the outputs\n"
    assert Path("photos/a.jpg").read_bytes() == before


def test_new_formats_may_lie_beside_their_inputs() -> None:
    assert bulk("w=30&format=webp", "photos/*.jpg", out="photos") == 0
    assert "a.webp" in made("photos")


def test_twins_are_refused_before_any_work(capsys: Captured) -> None:
    Path("photos/b.jpg").write_bytes(photo(60, 40))
    assert bulk("w=30&format=webp", "photos/*.*") == 2
    assert capsys.readouterr().err == "photos/b.jpg and photos/b.png would both become b.webp\n"
    assert not Path("small").exists()


def test_a_suffix_that_lies_makes_no_twin_overwrite_the_other(capsys: Captured) -> None:
    Path("photos/b.jpg").write_bytes(photo(60, 40, "png"))  # comes out as b.png
    assert bulk("w=30", "photos/b.*") == 1
    assert made() == {"b.png": (30, 20)}
    assert "small/b.png was already made of photos/b." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--response", "r.json"], 2),
        (["--bundle-to", "b"], 2),
        (["--debug-package", "b"], 2),
        (["--exit-if-larger-than", "nonsense"], 64),
        (["--exit-if-larger-than", "20w"], 1),
        (["--exit-if-larger-than", "60w"], 0),
    ],
)
def test_options_of_a_single_job(words: list[str], code: int) -> None:
    assert bulk("w=30", "photos/a.jpg", *words) == code


def test_urls_are_refused() -> None:
    assert bulk("w=30", "https://example.com/a.jpg") == 64


def test_empty_names_are_not_the_folder_one_is_in(capsys: Captured) -> None:
    assert bulk("w=30", "", "photos/a.jpg") == 2
    assert bulk("w=30", "photos/a.jpg", out="") == 2
    assert capsys.readouterr().err == "--in is empty\n--out-dir is empty\n"
    assert not Path("small").exists()
    assert not Path("a.jpg").exists()


def test_quiet_tells_failures_only(capsys: Captured) -> None:
    Path("photos/bad.jpg").write_bytes(b"no picture")
    assert bulk("w=30", "photos/*.jpg", "--quiet") == 1
    said = capsys.readouterr()
    assert (said.out, len(said.err.splitlines())) == ("", 1)


def test_a_shell_may_expand_the_pattern(here: Path) -> None:
    command = f"{sys.executable} -m edge tool v1/querystring --command 'w=30&format=png' --in photos/*.jpg --out-dir o"
    ran = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=here, check=False)
    assert (ran.returncode, ran.stdout.partition(",")[0]) == (0, "1 made")
    assert made("o") == {"a.png": (30, 20)}


def test_ctrl_c_leaves_whole_files_and_says_how_far_it_came(here: Path) -> None:
    Path("many").mkdir()
    Path("big.jpg").write_bytes(photo(1200, 900))
    for number in range(2000):
        os.link("big.jpg", f"many/{number}.jpg")
    command = [sys.executable, "-m", "edge", "tool", "v1/querystring", "--command", "w=900&format=webp"]
    running = subprocess.Popen(
        [*command, "--in", "many/*.jpg", "--out-dir", "out"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    limit = threading.Timer(60, running.kill)
    limit.start()
    while running.poll() is None and len(list(Path("out").glob("*.webp"))) < 3:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate()
    limit.cancel()
    assert (running.returncode, err) == (130, "")
    assert out.startswith("stopped: ")
    assert "0 failed" in out
    assert not list(Path("out").glob(".*"))
    assert set(made("out").values()) == {(900, 675)}


# The work itself -----------------------------------------------------------------------------------------------------


def work(make: Callable[[Path], Output], *names: str) -> Made:
    tally = Made()
    pictures = [Picture(Path("photos", name), Path(name)) for name in names]
    progress = Progress(io.StringIO(), tally, len(pictures), time.monotonic)
    working = Work(pictures, Path("out"), tally, progress)
    working.run(make, 2)
    working.end()
    assert progress.position == len(names)
    return tally


def painted(path: Path) -> Output:
    return Output(1, b"12345", "image/jpeg", "jpg", 1, 1)


def test_each_is_made_once_and_written() -> None:
    tally = work(painted, *(f"{number}.jpg" for number in range(50)))
    assert (tally.made, tally.failed, tally.bytes) == (50, 0, 250)
    assert len(list(Path("out").iterdir())) == 50


def test_even_a_defect_costs_one_picture_only() -> None:
    def make(path: Path) -> Output:
        if path.name == "1.jpg":
            raise ZeroDivisionError("oh")
        return painted(path)

    tally = work(make, "0.jpg", "1.jpg", "2.jpg")
    assert (tally.made, tally.told()) == (2, ["photos/1.jpg: ZeroDivisionError: oh"])


def test_a_name_that_is_taken_by_a_folder_is_a_failure_like_any_other() -> None:
    Path("out/1.jpg").mkdir(parents=True)
    tally = work(painted, "0.jpg", "1.jpg")
    assert (tally.made, tally.failed) == (1, 1)
    assert [path.name for path in Path("out").iterdir() if path.name.startswith(".")] == []


def test_a_disk_that_is_full_is_told_with_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(place: Path, body: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("edge.commands.tool.bulk.replace_file", full)
    assert work(painted, "0.jpg").told() == ["photos/0.jpg: out/0.jpg cannot be written: No space left on device"]
