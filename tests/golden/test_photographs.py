"""Real photographs, from the folder that EDGE_TEST_CORPUS names: every one, in every format, upright, in sRGB."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import pyvips

from tests.running import Running, running

FORMATS = ("jpeg", "webp", "avif", "png")
YAML = """
imaging: {{workers: 2}}
cache: {{disk: null}}
origins: {{photos: {{type: files, root: "{root}"}}}}
routes: [{{prefix: /, origin: photos}}]
"""


@pytest.fixture(scope="module")
def edge(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(YAML.format(root=corpus / "pictures"), tmp_path_factory.mktemp("golden")) as process:
        yield process


def made(edge: Running, name: str, query: str) -> pyvips.Image:
    answer = edge.get(f"/{name}?{query}")
    assert answer.status == 200, (name, query, answer.body[:200])
    return pyvips.Image.new_from_buffer(answer.body, "")


def far(one: pyvips.Image, other: pyvips.Image) -> float:
    """Mean difference of two pictures' pixels, 0 to 255."""
    return float((one.flatten() - other.flatten()).abs().avg()) if one.hasalpha() else float((one - other).abs().avg())


def test_every_photograph_answers_in_every_format(edge: Running, corpus: Path) -> None:
    names = sorted(path.name for path in (corpus / "pictures").iterdir() if path.is_file())
    assert len(names) > 10
    for name in names:
        sizes = set()
        for format in FORMATS:
            image = made(edge, name, f"w=400&format={format}")
            sizes.add((image.width, image.height))
            assert image.width <= 400
            assert image.get_typeof("icc-profile-data") == 0
            assert image.get_typeof("orientation") == 0
        assert len(sizes) == 1


def test_all_orientations_show_the_same_upright_picture(edge: Running) -> None:
    right = made(edge, "orientation_1.jpg", "w=200&format=png")
    for orientation in range(2, 9):
        assert far(made(edge, f"orientation_{orientation}.jpg", "w=200&format=png"), right) < 6, orientation


@pytest.mark.parametrize(
    ("name", "near"),
    [("adobe_rgb.jpg", 4), ("p3.png", 4), ("photo_2725x2225.jpg", 4), ("cmyk.jpg", 9)],  # inks: black point compensated
)
def test_colours_are_those_of_srgb(edge: Running, corpus: Path, name: str, near: float) -> None:
    got = made(edge, name, "w=300&format=png&down.colorspace=srgb")
    reference = pyvips.Image.thumbnail(str(corpus / "pictures" / name), got.width, export_profile="srgb")
    assert far(got, reference.flatten() if reference.hasalpha() else reference) < near
