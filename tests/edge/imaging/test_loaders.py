"""One format, one loader, chosen by us: whatever a file may also be, no other code sees it."""

import os
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest
import pyvips

from edge.errors import EdgeError
from edge.imaging import loaders, probe, run
from edge.imaging.capabilities import capabilities
from edge.imaging.containers import format_of
from edge.imaging.prepare import prepare
from edge.imaging.specimens import SIDE, SPECIMENS
from edge.plan.facts import Limits
from edge.plan.formats import FORMATS
from edge.plan.plan import Plan
from edge.plan.steps import Decode, Encode, Resize
from edge.plan.work import Source
from tests import pictures
from tests.edge.facts.samples import bmp

CORPUS = Path(os.environ.get("EDGE_TEST_CORPUS", "/nowhere"))

# What ImageMagick and its kin take for programs, drawings or addresses.
SCRIPTS = {
    "mvg": b"push graphic-context\nviewbox 0 0 640 480\nfill 'url(https://127.0.0.1/x.png\"|touch \"/tmp/x)'\npop",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n",
    "msl": b'<?xml version="1.0"?><image><read filename="/etc/passwd"/><write filename="/tmp/x.png"/></image>',
    "mvg behind a BMP's letters": b"BM push graphic-context\nimage over 0,0 0,0 'ephemeral:/x'\npop graphic-context",
    "text": b"text:/etc/passwd" + bytes(40),
    "xpm": b"/* XPM */\nstatic char *x[] = {};" + bytes(40),
    "ico": b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0" + bytes(60),
    "psd": b"8BPS\0\1" + bytes(60),
    "csv": b"1,2,3\n4,5,6\n" * 9,
    "matrix": b"2 2\n1 2\n3 4\n" + bytes(60),
    "ppm": b"P6 2 2 255\n" + bytes(60),
    "fits": b"SIMPLE  =                    T" + bytes(60),
    "exr": b"\x76\x2f\x31\x01" + bytes(60),
    "vips": b"\x08\xf2\xa6\xb6" + bytes(60),
}
# Bitmaps to us, and to ImageMagick, which looks further, something else.
DOUBLE = {
    "DICOM": bmp(9, 9)[:128] + b"DICM" + bytes(2000),
    "Photo CD": bmp(40, 40)[:2048].ljust(2048, b"\0") + b"PCD_" + bytes(6000),
}


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The loaders of libvips that were called."""
    capabilities()
    names: list[str] = []
    plain = pyvips.Operation.call

    def note(name: str, *arguments: object, **options: object) -> object:
        if "load" in name:
            names.append(name)
        return plain(name, *arguments, **options)

    monkeypatch.setattr(pyvips.Operation, "call", staticmethod(note))
    return names


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_loader_sees_what_is_no_picture(name: str, called: list[str]) -> None:
    for body in (SCRIPTS[name], b"\xef\xbb\xbf" + SCRIPTS[name]):
        with pytest.raises(EdgeError):
            run(Plan.chain(Decode(), Encode("png")), [Source(body)], Limits())
    assert called == []


@pytest.mark.parametrize("name", DOUBLE)
def test_what_also_is_a_bitmap_is_nothing_else(name: str, called: list[str]) -> None:
    assert loaders.load("bmp", DOUBLE[name], {}).avg() >= 0
    assert called == []


@pytest.mark.skipif(not CORPUS.is_dir(), reason="set EDGE_TEST_CORPUS to a folder with pictures/ and hostile/")
def test_hostile_scripts_reach_no_loader_or_that_of_svg(called: list[str]) -> None:
    for path in (CORPUS / "hostile" / "imagetragick").iterdir():
        with pytest.raises(EdgeError):
            probe(Source(path.read_bytes()), Limits())
    assert set(called) <= {"svgload_buffer"}


@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "gif", "avif", "tiff"])
def test_each_format_meets_its_own_loader(format: str, called: list[str]) -> None:
    run(Plan.chain(Decode(), Resize(8, 6), Encode("png")), [Source(pictures.photo(64, 48, format))], Limits())
    assert set(called) == {loaders.LOADERS[format]}


@pytest.mark.parametrize("format", SPECIMENS)
def test_specimens_are_red_and_called_what_they_are(format: str) -> None:
    assert format_of(SPECIMENS[format]) == format
    if format not in capabilities().loaders:
        assert format not in ("svg", "avif"), "every build we support reads these"
        pytest.skip(f"this libvips does not read {format}")
    image = loaders.load(format, SPECIMENS[format], {})
    assert (image.width, image.height) == (SIDE, SIDE)
    assert image(8, 8)[:3] == pytest.approx((0, 0, 0) if format == "svg" else (200, 40, 60), abs=4)


def test_bitmaps_are_read_by_ourselves_where_libvips_would_ask_imagemagick(called: list[str]) -> None:
    assert loaders.load("bmp", SPECIMENS["bmp"], {}).bands == 3
    assert called == []


UNTRUSTED = ("magickload", "magickload_buffer", "openslideload", "ppmload", "fitsload", "openexrload")


@pytest.mark.parametrize("name", UNTRUSTED)
def test_the_loaders_nobody_wants_are_blocked(name: str) -> None:
    prepare()
    if pyvips.type_find("VipsForeignLoad", name) == 0:
        pytest.skip(f"this libvips has no {name}")
    with pytest.raises(pyvips.Error, match="blocked"):
        pyvips.Operation.call(name, SPECIMENS["bmp"] if name.endswith("buffer") else "/etc/hostname")


def test_every_loader_reads_a_format_that_has_a_name() -> None:
    assert loaders.LOADERS.keys() <= FORMATS.keys()
    assert loaders.OURS.keys() <= loaders.LOADERS.keys()
    assert not loaders.exists("ico")


def test_options_that_a_libvips_does_not_know_are_left_out() -> None:
    options: Mapping[str, object] = {"access": "sequential", "no_such_option": 1}
    assert loaders.load("png", pictures.photo(8, 8, "png"), options).width == 8


def test_the_fingerprint_sees_what_decoders_make(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another decoder, another pipeline: renditions are made anew."""
    plain, again = capabilities(), capabilities.__wrapped__()
    assert plain.pipeline == again.pipeline
    monkeypatch.setitem(SPECIMENS, "svg", SPECIMENS["svg"].replace(b"<rect", b'<rect fill="red"'))
    assert capabilities.__wrapped__().pipeline != plain.pipeline
    monkeypatch.setitem(SPECIMENS, "svg", zlib.compress(b"no picture"))
    assert "svg" not in capabilities.__wrapped__().loaders
