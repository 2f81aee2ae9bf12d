"""A prepared process: what is blocked, what is open, what is known."""

import pytest
import pyvips

from edge.errors import Unprocessable
from edge.imaging import capabilities, prepare, warm
from edge.imaging.failures import BROKEN, CUT, MEMORY, translated
from edge.imaging.prepare import clear_errors, errors
from tests import pictures


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("system", ("true",)),
        ("dzsave", (pyvips.Image.black(8, 8), "nowhere")),
        ("csvload", ("/etc/hostname",)),
        ("matrixload", ("/etc/hostname",)),
        ("rawload", ("/etc/hostname", 1, 1, 1)),
        ("vipsload", ("/etc/hostname",)),
    ],
)
def test_dangerous_operations_are_blocked(operation: str, arguments: tuple[object, ...]) -> None:
    prepare()
    with pytest.raises(pyvips.Error, match="blocked"):
        pyvips.Operation.call(operation, *arguments)


def test_nothing_is_kept_between_pictures() -> None:
    prepare()
    assert (pyvips.cache_get_max(), pyvips.cache_get_max_mem(), pyvips.cache_get_max_files()) == (0, 0, 0)
    assert pyvips.concurrency_get() == 1


def test_warming_leaves_nothing_to_be_found_later() -> None:
    warm()
    asked = capabilities.cache_info().misses
    capabilities()
    assert capabilities.cache_info().misses == asked == 1


def test_capabilities_are_found_by_doing() -> None:
    found = capabilities()
    assert {"jpeg", "png", "webp", "gif", "tiff", "svg"} <= found.loaders
    assert {"jpeg", "png", "webp", "gif"} <= found.savers
    assert "svg" not in found.savers


def test_the_pipeline_names_libvips_and_the_codecs() -> None:
    found = capabilities()
    assert f"libvips{found.versions['libvips']}" in found.pipeline
    assert found.savers <= set(found.versions)
    assert found.pipeline == capabilities.__wrapped__().pipeline


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("out of memory --- size == 6 GB", MEMORY),
        ("VipsJpeg: premature end of JPEG image", CUT),
        ("something else", BROKEN),
    ],
)
def test_errors_of_libvips_become_sentences_of_ours(words: str, sentence: str) -> None:
    with pytest.raises(Unprocessable) as caught, translated():
        raise pyvips.Error("unable", words)
    assert caught.value.sentence == sentence


def test_a_message_that_is_no_text_is_an_error_like_any() -> None:
    with pytest.raises(Unprocessable, match="broken"), translated():
        b"premature\xff".decode()
    with pytest.raises(Unprocessable, match="more memory"), translated():
        raise MemoryError


def test_the_error_buffer_is_emptied() -> None:
    with pytest.raises(Unprocessable), translated():
        pyvips.Image.new_from_buffer(pictures.truncated(pictures.photo(64, 48)), "", fail_on="truncated").avg()
    assert errors() == b""
    clear_errors()


def test_other_exceptions_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), translated():
        _ = 1 / 0
