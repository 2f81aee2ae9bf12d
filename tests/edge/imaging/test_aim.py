"""quality=auto: the estimate falls with quality, the search is bounded, and a higher aim is never a lower quality."""

from pathlib import Path

import pytest
import pyvips

from edge.imaging import aim, encode, prepare
from edge.plan.steps import Encode, Resize
from tests import pictures
from tests.edge.imaging.conftest import Make


@pytest.fixture(autouse=True)
def prepared() -> None:
    prepare()


def textured(width: int = 200, height: int = 150) -> pyvips.Image:
    """The photo with grain, so that every quality costs something."""
    grain = pyvips.Image.gaussnoise(width, height, sigma=12, mean=0, seed=3)
    return (pictures.pixels(width, height) + grain).cast("uchar").copy(interpretation="srgb").copy_memory()


def source(image: pyvips.Image) -> bytes:
    body: bytes = image.pngsave_buffer(compression=1)
    return body


def test_no_difference_is_a_hundred_points() -> None:
    image = textured()
    assert aim.points(image, source(image)) > 99.5


@pytest.mark.parametrize("format", ["jpeg", "webp", "avif"])
def test_points_rise_with_quality(format: str) -> None:
    image = textured()
    body = [encode.write(image, Encode(format, quality), image.height) for quality in (10, 30, 50, 70, 90)]
    points = [aim.points(image, each) for each in body]
    assert points == sorted(points)
    assert points[0] < 60
    assert 75 < points[-1] <= 100


def test_a_blur_costs_points() -> None:
    image = textured()
    soft, softer = (image.gaussblur(sigma) for sigma in (0.6, 2))
    assert aim.points(image, source(image)) > aim.points(image, source(soft)) > aim.points(image, source(softer))


@pytest.mark.parametrize("format", ["jpeg", "webp", "avif"])
def test_a_higher_aim_never_gives_a_lower_quality(format: str) -> None:
    image = textured()

    def save(part: pyvips.Image, quality: int) -> bytes:
        return encode.write(part, Encode(format, quality), part.height)

    found = [aim.search(image, aim.SCALES[format], float(target), save)[0] for target in (0, 40, 60, 70, 80, 90, 100)]
    low, high = aim.SCALES[format]
    assert found == sorted(found)
    assert len(set(found)) > 3
    assert found[0] == low
    assert found[-1] == high


@pytest.mark.parametrize("size", [(200, 150), (1500, 1100), (3000, 40), (20, 4000)])
def test_the_search_is_bounded(size: tuple[int, int]) -> None:
    asked: list[tuple[int, int]] = []

    def save(part: pyvips.Image, quality: int) -> bytes:
        asked.append((part.width * part.height, quality))
        return encode.write(part, Encode("jpeg", quality), part.height)

    aim.search(textured(*size), aim.SCALES["jpeg"], 70.0, save)
    assert 0 < len(asked) <= aim.ENCODES
    assert max(pixels for pixels, _ in asked) <= aim.PIXELS
    assert len({quality for _, quality in asked}) == len(asked)


def test_the_target_is_reached_with_little_to_spare() -> None:
    image = textured(300, 300)

    def save(part: pyvips.Image, quality: int) -> bytes:
        return encode.write(part, Encode("jpeg", quality), part.height)

    quality, body = aim.search(image, aim.SCALES["jpeg"], 75.0, save)
    assert aim.points(image, body or save(image, quality)) >= 75
    assert aim.points(image, save(image, quality - 4)) < 75


def test_the_most_detailed_tile_stands_for_a_large_picture() -> None:
    calm = pyvips.Image.black(1600, 1100, bands=3).copy(interpretation="srgb").cast("uchar")
    busy = calm.insert(textured(512, 512), 1080, 580).copy_memory()
    part = aim.tile(busy)
    assert part.width * part.height <= aim.PIXELS
    assert part.deviate() > 20
    assert aim.tile(textured()).width == 200


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (9, 9), (31, 3), (40, 40)])
@pytest.mark.parametrize("kind", ["rgb", "alpha", "grey", "grey alpha"])
def test_every_kind_of_picture_can_be_aimed_at(make: Make, size: tuple[int, int], kind: str) -> None:
    image = textured(*size)
    image = image.colourspace("b-w") if "grey" in kind else image
    if "alpha" in kind:
        image = image.bandjoin(100).copy(interpretation=image.interpretation)
    for format in ("jpeg", "webp", "avif", "png"):
        made = make(source(image), to=Encode(format, aim=70.0))
        assert (made.width, made.height) == size


def test_transparency_counts() -> None:
    image = textured().bandjoin(255).copy(interpretation="srgb")
    hole = image.extract_band(0, n=3).bandjoin((pyvips.Image.xyz(200, 150)[0] > 100).cast("uchar"))
    assert aim.points(image, source(hole.copy(interpretation="srgb"))) < 50


def test_an_aim_decides_the_bytes(make: Make) -> None:
    body = source(textured(400, 300))
    sizes = [len(make(body, Resize(200, 150), to=Encode("webp", aim=target)).body) for target in (40.0, 70.0, 90.0)]
    assert sizes[0] < sizes[1] < sizes[2]


def test_an_animation_is_aimed_by_one_frame(make: Make) -> None:
    made = make(pictures.animated(60, 40, format="webp"), to=Encode("webp", aim=70.0))
    assert made.frames == 4


def test_formats_without_a_scale_pass(make: Make) -> None:
    for format in ("gif", "tiff"):
        assert make(pictures.photo(60, 40), to=Encode(format, aim=70.0)).format == format


def test_a_png_takes_a_palette_only_where_that_is_good_enough(make: Make) -> None:
    body = source(textured())
    assert make(body, to=Encode("png", aim=10.0)).body[25] == 3
    assert make(body, to=Encode("png", aim=99.9)).body[25] == 2


def test_the_estimate_is_near_ssimulacra2(corpus: Path, tmp_path: Path) -> None:
    """Within 5 points in the mean, on photographs it was not only fitted to."""
    ssimulacra2 = pytest.importorskip("ssimulacra2")
    apart: list[float] = []
    for name in ("people.jpg", "smart_crop.jpg", "orientation_1.jpg"):
        image = pyvips.Image.thumbnail(str(corpus / "pictures" / name), 512, height=512, crop="centre").copy_memory()
        image.write_to_file(str(tmp_path / "a.png"), keep="none")
        for quality in (40, 75, 90):
            body = encode.write(image, Encode("jpeg", quality), image.height)
            pyvips.Image.new_from_buffer(body, "").write_to_file(str(tmp_path / "b.png"), keep="none")
            real = ssimulacra2.compute_ssimulacra2(str(tmp_path / "a.png"), str(tmp_path / "b.png"))
            apart.append(abs(aim.points(image, body) - real))
    assert sum(apart) / len(apart) < 5
