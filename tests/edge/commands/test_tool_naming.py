"""Which pictures --in means for --out-dir, and what the outputs are called."""

import os
from pathlib import Path

import pytest

from edge.commands.tool.naming import Picture, gather, overwritten, twins
from edge.commands.tool.patterns import fixed_part


@pytest.fixture(autouse=True)
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.PNG", "notes.txt", ".hidden.jpg", "2024/a.jpg", "2024/may/c.webp", ".trash/d.jpg"):
        place = tmp_path / "photos" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    return tmp_path / "photos"


def names(*values: str, out: str = "small") -> list[str]:
    return sorted(str(picture.name) for picture in gather(values, Path(out)).pictures)


def pictures(*names: str) -> list[Picture]:
    return [Picture(Path("in", str(at), name), Path(name)) for at, name in enumerate(names)]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["photos/*.jpg"], ["a.jpg"]),
        (["photos/*"], ["a.jpg", "b.PNG", "notes.txt"]),
        (["photos/**/*.jpg"], ["2024/a.jpg", "a.jpg"]),
        (["photos/2024/*/c.webp"], ["may/c.webp"]),
        (["photos/**"], ["2024/a.jpg", "2024/may/c.webp", "a.jpg", "b.PNG", "notes.txt"]),
        (["photos/**/**/*.webp", "photos/**/may/*"], ["2024/may/c.webp"]),
        (["photos/**/a.jpg"], ["2024/a.jpg", "a.jpg"]),
        (["photos/.*"], [".hidden.jpg"]),
        (["photos/[ab].*"], ["a.jpg", "b.PNG"]),
        (["*/a.jpg"], ["photos/a.jpg"]),
        (["photos"], ["2024/a.jpg", "2024/may/c.webp", "a.jpg", "b.PNG"]),
        (["photos/a.jpg"], ["a.jpg"]),
        (["photos/a.jpg", "photos/2024/a.jpg"], ["2024/a.jpg", "a.jpg"]),
        (["photos/2024/a.jpg", "photos/2024/may/c.webp"], ["a.jpg", "may/c.webp"]),
        (["photos/*.jpg", "photos/a*"], ["a.jpg"]),
    ],
)
def test_names_follow_what_the_argument_leaves_open(values: list[str], found: list[str]) -> None:
    assert names(*values) == found


def test_a_shell_that_expands_the_pattern_gives_the_same_names() -> None:
    expanded = ["photos/2024/a.jpg", "photos/a.jpg"]
    assert names(*expanded) == names("photos/**/*.jpg")


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(photos: Path) -> None:
    (photos / "[1].jpg").touch()
    assert names("photos/[1].jpg") == ["[1].jpg"]


def test_outputs_of_an_earlier_run_are_no_inputs(photos: Path) -> None:
    (photos / "small").mkdir()
    (photos / "small" / "a.jpg").touch()
    assert "small/a.jpg" not in names("photos", out="photos/small")
    assert "small/a.jpg" not in names("photos/**/*.jpg", out="photos/small")
    assert "small/a.jpg" in names("photos", out="elsewhere")


def test_what_is_not_there_is_told_with_its_reason(photos: Path) -> None:
    (photos / "empty").mkdir()
    missing = gather(["photos/*.gif", "photos/x.jpg", "photos/empty", "photos/a.jpg"], Path("small")).missing
    assert missing == (
        ("photos/*.gif", "matches no file"),
        ("photos/x.jpg", "is no file"),
        ("photos/empty", "holds no pictures"),
    )


def test_links_to_folders_are_no_maze(photos: Path) -> None:
    for name in ("up", "2024/up", "2024/may/up"):
        (photos / name).symlink_to(photos)
    assert names("photos/**/*.jpg") == names("photos/**/a.jpg") == ["2024/a.jpg", "a.jpg"]
    assert names("photos/up/*.jpg") == ["a.jpg"]


@pytest.mark.parametrize("value", ["photos", "photos/**/*.*", "photos/**/*/**", "photos/**/*/*"])
def test_a_folder_that_cannot_be_read_is_told(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def closed(folder: str) -> object:
        if str(folder).endswith("may"):
            raise PermissionError(13, "Permission denied", folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", closed)
    found = gather([value], Path("small"))
    assert Path("photos/2024/a.jpg") in [picture.source for picture in found.pictures]
    assert found.missing == (("photos/2024/may", "cannot be read: Permission denied"),)


def test_a_name_that_the_system_does_not_take_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "x" * 300
    (told,) = gather([long, "photos/a.jpg"], Path("small")).missing
    assert told == (long, "cannot be read: File name too long")
    (told,) = gather([f"{long}*"], Path("small")).missing
    assert told[0] == f"{long}*"

    def closed(path: object, **options: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "stat", closed)
    assert gather(["photos/a.jpg"], Path("small")).missing == (("photos/a.jpg", "cannot be read: Permission denied"),)


@pytest.mark.parametrize(
    ("pattern", "part"),
    [("a/b/*.jpg", "a/b"), ("*.jpg", "."), ("a/**/c/*.jpg", "a"), ("/x/y?/z", "/x"), ("a/plain.jpg", "a")],
)
def test_the_fixed_part_ends_before_the_first_wildcard(pattern: str, part: str) -> None:
    assert fixed_part(pattern) == Path(part)


@pytest.mark.parametrize(
    ("name", "format", "named"),
    [
        ("a.jpg", "webp", "a.webp"),
        ("a.jpeg", "jpeg", "a.jpeg"),
        ("a.JPG", "jpeg", "a.JPG"),
        ("sub/a.tif", "jpeg", "sub/a.jpg"),
        ("holiday.v2", "png", "holiday.v2.png"),
        ("a.b.png", "avif", "a.b.avif"),
        ("plain", "gif", "plain.gif"),
    ],
)
def test_the_suffix_fits_the_format(name: str, format: str, named: str) -> None:
    assert Picture(Path("x"), Path(name)).named(format) == Path(named)


@pytest.mark.parametrize(
    ("found", "asked", "clash"),
    [
        (["a.jpg", "a.png"], "webp", True),
        (["a.jpg", "a.png"], "keep", False),
        (["a.jpg", "a.png"], None, True),
        (["a.jpg", "a.jpeg"], "jpeg", False),
        (["a.jpg", "a.tif"], "keep", True),
        (["x/a.jpg", "y/a.jpg"], "webp", False),
        (["a.jpg", "a.jpg"], "keep", True),
        (["a", "a.jpg"], "jpeg", True),
    ],
)
def test_two_that_would_get_one_name_are_found_before_the_work(
    found: list[str], asked: str | None, clash: bool
) -> None:
    assert bool(list(twins(pictures(*found), asked))) is clash


def test_twins_are_told_by_their_names() -> None:
    (told,) = twins(pictures("a.jpg", "a.png"), "webp")
    assert told == "in/0/a.jpg and in/1/a.png would both become a.webp"


def test_an_input_is_never_an_output(photos: Path) -> None:
    found = gather(["photos/*.jpg"], photos).pictures
    assert list(overwritten(found, photos, "jpeg")) == [
        f"{photos}/a.jpg is an input; choose another folder for the outputs"
    ]
    assert list(overwritten(found, photos, "webp")) == []


def test_a_link_does_not_disguise_an_input(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    os.link("photos/a.jpg", "out/a.jpg")
    assert len(list(overwritten(gather(["photos/*.jpg"], Path("out")).pictures, Path("out"), "jpeg"))) == 1
