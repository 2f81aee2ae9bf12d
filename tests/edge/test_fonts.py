"""Fonts of the system."""

from pathlib import Path

import pytest

from edge import doctor, fonts


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(fonts, "_PLACES", (str(tmp_path / "system"),))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def put(folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"")


def test_fonts_of_the_system_and_of_the_user_count(places: Path) -> None:
    put(places / "system/truetype/a", "One.TTF")
    put(places / "system", "README")
    put(places / "home/.fonts", "two.otf")
    assert fonts.fonts() == 2
    assert fonts.fonts(1) == 1


@pytest.mark.usefixtures("places")
def test_a_system_without_fonts_is_warned_about() -> None:
    (found,) = [one for one in doctor.examine(None) if one.sentence.startswith("fonts")]
    assert (found.level, found.sentence) == ("warn", f"fonts: none; {fonts.ADVICE}")


def test_a_system_with_fonts_is_fine(places: Path) -> None:
    put(places / "system", "a.ttf")
    (found,) = [one for one in doctor.examine(None) if one.sentence.startswith("fonts")]
    assert (found.level, found.sentence) == ("ok", "fonts: 1")
