"""One real edge for the whole module: a folder, a web server, a signed route."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import pictures
from tests.running import Running, WebOrigin, running, web_origin

SECRET = "0123456789abcdef0123456789abcdef"
YAML = """
cache: {{memory: 64MiB, disk: {{path: {cache}, size: 200MiB}}}}
imaging: {{workers: 1}}
limits: {{source_pixels: 3M, source_bytes: 1MiB, animation_frames: 20}}
signing: {{keys: {{main: {{secret: "{secret}"}}}}}}
origins:
  photos: {{type: files, root: {root}}}
  web: {{type: http, url: "http://127.0.0.1:{port}/", allow_private: true, retries: 0}}
routes:
  - {{prefix: /photos/, origin: photos}}
  - {{prefix: /fast/, origin: photos, light: srgb, defaults: "width=200", overrides: "format=webp"}}
  - {{prefix: /signed/, origin: photos, signature: {{mode: required}}}}
  - {{prefix: /plain/, origin: photos, hints: off, formats: [], queryless: original}}
  - {{prefix: /web/, origin: web, freshness: {{default: 1h, stale_while_revalidate: 0s}}}}
"""


def fill(folder: Path) -> None:
    folder.mkdir()
    samples = {
        "photo.jpg": pictures.photo(1200, 800),
        "photo.png": pictures.photo(600, 400, "png"),
        "photo.webp": pictures.photo(600, 400, "webp"),
        "photo.avif": pictures.photo(600, 400, "avif"),
        "photo.tif": pictures.photo(600, 400, "tiff"),
        "alpha.png": pictures.with_alpha(600, 400),
        "film.gif": pictures.animated(60, 40, frames=5),
        "logo.svg": pictures.svg(600, 400),
        "cmyk.jpg": pictures.cmyk(600, 400),
        "notes.txt": b"only words " * 50,
        "empty.jpg": b"",
        "short.jpg": pictures.photo(1200, 800)[:30000],
        "wide.png": pictures.plain(2200, 2000, (1, 2, 3)),
        "heavy.bmp": bytes(2 << 20),
        "a b%41ü.jpg": pictures.photo(400, 300),
    }
    for name, body in samples.items():
        (folder / name).write_bytes(body)
    for orientation in range(1, 9):
        (folder / f"turned{orientation}.jpg").write_bytes(pictures.corners(600, 400, orientation))


@pytest.fixture(scope="module")
def web() -> Iterator[WebOrigin]:
    with web_origin({"/photo.jpg": pictures.photo(600, 400), "/words": b"words " * 99}) as origin:
        yield origin


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("served") / "photos"
    fill(place)
    return place


@pytest.fixture(scope="module")
def edge(folder: Path, web: WebOrigin) -> Iterator[Running]:
    yaml = YAML.format(cache=folder.parent / "cache", root=folder, port=web.port, secret=SECRET)
    with running(yaml, folder.parent) as process:
        yield process
