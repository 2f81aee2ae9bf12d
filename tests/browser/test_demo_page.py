"""The demo page in a real browser: hints are sent and honoured, and what it tells of each picture is true."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import pictures
from tests.browser.chromium import Tab, chromium
from tests.edge.console.started import Demo, started

pytestmark = pytest.mark.needs("chromium", "chromium")

LADDER = (160, 240, 320, 480, 640, 800, 960, 1280, 1600, 1920, 2560, 3840)

# What stands in each figure: the picture's own pixels (naturalWidth would be divided by srcset's density), the slot in
# device pixels, what was really received, and what the page says about it.
FIGURES = """
Promise.all([...document.querySelectorAll("main .row figure")].map(async (figure) => {
  const image = figure.querySelector("img"), bitmap = await createImageBitmap(image);
  const received = performance.getEntriesByName(image.currentSrc).pop();
  return {url: image.currentSrc, width: bitmap.width, height: bitmap.height, bytes: received.encodedBodySize,
          slot: image.getBoundingClientRect().width * devicePixelRatio, hinted: "hinted" in image.dataset,
          told: figure.querySelector(".told").textContent.replaceAll("\\u00a0", " ")};
}))
"""
TOLD = "[...document.querySelectorAll('main figure:not([hidden]) .told')].every((told) => told.textContent)"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("demo")
    folder = home / "shown"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(pictures.photo(1600, 1200))
    (folder / "b c.png").write_bytes(pictures.with_alpha(1200, 900))
    (folder / "d.webp").write_bytes(pictures.photo(1200, 1600, "webp"))
    with started(home, "--dir", str(folder)) as running:
        yield running


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    async with chromium(tmp_path / "profile") as page:
        yield page


def rung(slot: float) -> int:
    return next(length for length in LADDER if length >= round(slot))


async def test_each_picture_comes_as_told_and_at_the_size_that_fits(demo: Demo, tab: Tab) -> None:
    await tab.open(demo.page, 1280, 900, 2)
    await tab.until(TOLD)
    figures: list[dict[str, Any]] = await tab.run(FIGURES)
    assert len(figures) == 15
    for figure in figures:
        assert figure["width"] > 0, figure
        told = re.search(r"(\d+) × (\d+) · ([\d.]+) kB · (AVIF|WEBP|JPEG) · ", figure["told"])
        assert told, figure
        assert (int(told[1]), int(told[2])) == (figure["width"], figure["height"])
        assert float(told[3]) * 1000 == pytest.approx(figure["bytes"], rel=0.06)
    hinted = [figure for figure in figures if figure["hinted"]]
    assert [figure["width"] for figure in hinted] == [rung(figure["slot"]) for figure in hinted]
    assert len({figure["width"] for figure in hinted}) == 3
    assert "sends hints" in await tab.run("document.querySelector('#verdict').textContent")
    assert tab.problems == []


async def test_the_slider_the_formats_and_the_form_work(demo: Demo, tab: Tab) -> None:
    await tab.open(demo.page, 1280, 900, 1)
    await tab.run("slot.value = 600; slot.dispatchEvent(new Event('change'))")
    await tab.until("document.querySelector('#stage img').dataset.pixels === '640x480'")
    await tab.until("document.querySelectorAll('#formats tbody tr').length === 6")
    rows = await tab.run("[...document.querySelectorAll('#formats tbody tr')].map((row) => row.cells[1].textContent)")
    assert rows == ["PNG", "GIF", "JPEG", "WEBP", "AVIF", "AVIF"]
    await tab.run("document.querySelector('#url').value = '/photos/a.jpg?w=123'; document.querySelector('.go').click()")
    await tab.until("document.querySelector('#said').textContent.endsWith('123 × 92')")
    await tab.open(demo.page, 390, 844, 3)
    assert await tab.run("document.documentElement.scrollWidth - innerWidth") == 0, "a phone scrolls sideways"
    assert tab.problems == []
