"""Jobs from a Python program: what goes in, what comes out, what is told when it cannot."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from edge import jobs
from edge.dialects.imageflow.model import Build
from edge.plan.facts import Limits
from tests import pictures
from tests.edge.jobs.given import ENCODE, entry, half, loader, size, two_by_four

PHOTO = pictures.photo(60, 40)
PNG = pictures.photo(60, 40, "png")


def refused(job: Any, inputs: Any = None, **options: Any) -> jobs.JobError:
    with pytest.raises(jobs.JobError) as caught:
        jobs.run(job, inputs, **options)
    return caught.value


# The job --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["dict", "text", "bytes", "path", "named", "build"])
def test_a_job_comes_in_any_form(form: str, tmp_path: Path) -> None:
    job = half(io=[entry(0, "in", "placeholder"), entry(1, "out", "output_buffer")])
    place = tmp_path / "job.json"
    place.write_text(json.dumps(job))
    forms: dict[str, Any] = {
        "dict": job,
        "text": "\n  " + json.dumps(job),
        "bytes": json.dumps(job).encode(),
        "path": place,
        "named": str(place),
        "build": Build.model_validate(job),
    }
    result = jobs.run(forms[form], PHOTO)
    assert size(result.outputs[0].data) == (30, 20)


def test_a_result_tells_what_was_made_of_what() -> None:
    result = jobs.run(half(), PHOTO)
    (output,) = result.outputs
    assert (output.io_id, output.media_type, output.extension, output.width, output.height) == (
        *(1, "image/png", "png"),
        *(30, 20),
    )
    assert result.output(1) is output
    (seen,) = result.inputs
    assert (seen.io_id, seen.media_type, seen.width, seen.height, seen.lossless) == (0, "image/jpeg", 60, 40, False)
    assert result.decodes == {0: 1}
    assert set(result.seconds) <= {"decode", "transform", "encode"}
    assert result.predicted is not None
    assert result.predicted.outputs == ((1, 30, 20),)


def test_two_inputs_become_four_outputs_and_are_decoded_once_each() -> None:
    result = jobs.run(two_by_four(), {0: PHOTO, 1: pictures.with_alpha(50, 50)})
    assert [(each.io_id, each.media_type) for each in result.outputs] == [
        *((10, "image/png"), (11, "image/jpeg")),
        *((12, "image/webp"), (13, "image/png")),
    ]
    assert [size(each.data) for each in result.outputs] == [(40, 27), (20, 13), (10, 10), (40, 27)]
    assert [(each.width, each.height) for each in result.outputs] == [size(each.data) for each in result.outputs]
    assert result.decodes == {0: 1, 1: 1}
    assert [each.io_id for each in result.inputs] == [0, 1]


def test_a_graph_s_nodes_may_have_numbers_for_keys() -> None:
    job = two_by_four()
    graph = job["framewise"]["graph"]
    graph["nodes"] = {int(key): node for key, node in graph["nodes"].items()}
    assert len(jobs.run(job, {0: PHOTO, 1: PNG}).outputs) == 4


@pytest.mark.parametrize("io", ["base_64", "bytes_hex", "byte_array", "file"])
def test_a_job_may_bring_its_own_input(io: str, tmp_path: Path) -> None:
    place = tmp_path / "photo.jpg"
    place.write_bytes(PHOTO)
    held: dict[str, Any] = {
        "base_64": base64.b64encode(PHOTO).decode(),
        "bytes_hex": PHOTO.hex(),
        "byte_array": list(PHOTO),
        "file": str(place),
    }
    job = half(io=[entry(0, "in", {io: held[io]}), entry(1, "out", "output_base_64")])
    assert size(jobs.run(job).outputs[0].data) == (30, 20)
    assert size(jobs.run(job, {0: pictures.photo(60, 60)}).outputs[0].data) == (30, 30)


def test_an_input_that_no_node_reads_is_told_and_not_decoded() -> None:
    io = [entry(0, "in", "placeholder"), entry(7, "in", "placeholder"), entry(1, "out", "output_buffer")]
    result = jobs.run(half(io=io), {0: PHOTO, 7: pictures.gray(8, 4)})
    assert [(each.io_id, each.width) for each in result.inputs] == [(0, 60), (7, 8)]
    assert {io_id: count for io_id, count in result.decodes.items() if count} == {0: 1}


@pytest.mark.parametrize(
    ("job", "inputs", "kind", "sentence"),
    [
        ("{", PHOTO, "InvalidJson", ""),
        (b"[]", PHOTO, "InvalidJson", "an object"),
        ({}, PHOTO, "InvalidJson", "framewise"),
        ({"framewise": {"steps": [{"nonsense": {}}]}}, PHOTO, "InvalidJson", "nonsense"),
        ({"framewise": {"steps": ()}}, PHOTO, "InvalidJson", "a list for framewise.steps but received tuple"),
        ("/nowhere/job.json", PHOTO, "IoError", "/nowhere/job.json"),
        ("zero\0byte", PHOTO, "InvalidArgument", "a path"),
        (3, PHOTO, "InvalidArgument", "an object, JSON or a path for job but received 'int'"),
        (half(), None, "IoIdNotFound", "0"),
        (half(), {0: PHOTO, 1: PHOTO}, "DuplicateIoId", "1"),
        (half(io=[entry(0, "in", "placeholder")]), PHOTO, "IoIdNotFound", "1"),
        (half(io=[]), PHOTO, "IoIdNotFound", "io_ids that the job has (none) for inputs but received '0'"),
        (half(), {0: b"nothing"}, "NoEnabledDecoderFound", "for input 0"),
        (half(), {0: pictures.truncated(PHOTO)}, "ImageDecodingError", ""),
        (half(), {0: pictures.bomb()}, "SizeLimitExceeded", ""),
    ],
)
def test_a_job_that_cannot_be_done_is_told_in_a_sentence(job: Any, inputs: Any, kind: str, sentence: str) -> None:
    error = refused(job, inputs)
    assert error.kind == kind
    assert sentence in error.sentence


def test_any_mapping_is_a_job() -> None:
    assert jobs.run(MappingProxyType(half()), PHOTO).output(1).width == 30


def test_a_query_is_text() -> None:
    with pytest.raises(jobs.JobError, match="Expected text for the query but received 'NoneType'") as caught:
        jobs.querystring(PHOTO, None)  # type: ignore[arg-type]  # what a careless caller does
    assert caught.value.kind == "InvalidArgument"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"inputs": {"0": PHOTO}}, "whole numbers of 32 bits for keys for inputs"),
        ({"inputs": {2**31: PHOTO}}, "whole numbers of 32 bits"),
        ({"inputs": {False: PHOTO}}, "whole numbers of 32 bits for keys for inputs but received 'False'"),
        ({"inputs": PHOTO, "outputs": {1: 3}}, "a path for output 1 but received 'int'"),
        ({"inputs": PHOTO, "outputs": {"1": "a.png"}}, "whole numbers of 32 bits for keys for outputs"),
        ({"inputs": PHOTO, "outputs": "zero\0byte"}, "a path for output 1"),
    ],
)
def test_what_stands_beside_a_job_is_checked_too(options: dict[str, Any], sentence: str) -> None:
    error = refused(half(), **options)
    assert (error.kind, sentence in error.sentence) == ("InvalidArgument", True)


def test_a_job_may_need_no_input() -> None:
    canvas = {"create_canvas": {"format": "bgra_32", "w": 20, "h": 10, "color": "black"}}
    result = jobs.run({"framewise": {"steps": [canvas, ENCODE]}})
    assert (size(result.outputs[0].data), result.inputs, result.decodes) == ((20, 10), (), {})


def test_the_node_at_fault_is_named() -> None:
    crop = {"crop": {"x1": 0, "y1": 0, "x2": 100, "y2": 10}}
    error = refused({"framewise": {"steps": [{"decode": {"io_id": 0}}, crop, ENCODE]}}, PHOTO)
    assert (error.kind, error.node) == ("InvalidNodeParams", 1)


def test_upstream_s_own_ways_may_be_asked_for() -> None:
    assert jobs.run(half(), PHOTO, compat="imageflow").outputs[0].width == 30
    assert jobs.querystring(PHOTO, "w=30", compat="imageflow").width == 30


def test_placeholders_that_nobody_filled_are_named() -> None:
    io = [entry(0, "in", "placeholder"), entry(5, "in", "placeholder"), entry(1, "out", "placeholder")]
    error = refused(half(io=io), {0: PHOTO})
    assert (error.kind, error.status) == ("GraphInvalid", 400)
    assert "placeholder of input 5" in error.sentence
    error = refused(half(io=io), {0: PHOTO, 5: PHOTO})
    assert error.kind == "GraphInvalid"
    assert "placeholder of output 1" in error.sentence


def test_an_address_is_not_fetched() -> None:
    io = [entry(0, "in", {"url": "/a.jpg"}), entry(1, "out", "output_buffer")]
    error = refused(half(io=io))
    assert (error.kind, "url of input 0" in error.sentence) == ("ActionNotSupported", True)
    assert jobs.run(half(io=io), PHOTO).outputs[0].width == 30


def test_inputs_and_outputs_are_not_taken_for_each_other() -> None:
    error = refused(half(io=[entry(0, "in", "output_buffer"), entry(1, "out", "output_buffer")]))
    assert (error.kind, "a source of bytes for input 0" in error.sentence) == ("InvalidArgument", True)
    error = refused(half(io=[entry(0, "in", "placeholder"), entry(1, "out", {"bytes_hex": ""})]), PHOTO)
    assert (error.kind, "a destination for output 1" in error.sentence) == ("InvalidArgument", True)


def test_base_64_that_is_none_is_an_invalid_argument() -> None:
    error = refused(half(io=[entry(0, "in", {"base_64": "?"}), entry(1, "out", "output_buffer")]))
    assert error.kind == "InvalidArgument"


def test_limits_may_be_given_for_a_call() -> None:
    error = refused(half(), PHOTO, limits=Limits(source_pixels=100))
    assert error.kind == "SizeLimitExceeded"
    assert refused(half(), PHOTO, limits=Limits(source_bytes=100)).kind == "SizeLimitExceeded"


def test_a_job_may_lower_the_limits() -> None:
    security = {"max_input_file_bytes": 100}
    error = refused({**half(), "builder_config": {"security": security}}, PHOTO)
    assert error.kind == "SizeLimitExceeded"


# Its outputs ----------------------------------------------------------------------------------------------------------


def test_outputs_become_files(tmp_path: Path) -> None:
    one, two = tmp_path / "one.png", tmp_path / "two.jpg"
    steps = [*half()["framewise"]["steps"][:2]]
    both = {"command_string": {"kind": "ir4", "value": "format=jpg", "encode": 2}}
    nodes = {"0": steps[0], "1": steps[1], "2": half()["framewise"]["steps"][2], "3": both}
    edges = [{"from": start, "to": end, "kind": "input"} for start, end in ((0, 1), (1, 2), (1, 3))]
    io = [entry(0, "in", "placeholder"), entry(1, "out", {"file": str(one)}), entry(2, "out", "output_buffer")]
    job = {"io": io, "framewise": {"graph": {"nodes": nodes, "edges": edges}}}
    result = jobs.run(job, PHOTO)
    assert loader(one.read_bytes()) == "png"
    assert (result.output(1).data, result.output(1).width) == (b"", 30)
    assert loader(result.output(2).data) == "jpeg"
    assert jobs.run(job, PHOTO, outputs={2: two}).output(2).data == b""
    assert loader(two.read_bytes()) == "jpeg"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["one.png", "two.jpg"]


def test_one_path_is_for_the_only_output(tmp_path: Path) -> None:
    place = tmp_path / "small.png"
    jobs.run(half(), PHOTO, outputs=place)
    assert size(place.read_bytes()) == (30, 20)
    jobs.run(half(20), PHOTO, outputs=str(place))
    assert size(place.read_bytes())[0] == 20
    error = refused(two_by_four(), {0: PHOTO, 1: PNG}, outputs=place)
    assert (error.kind, "4 outputs" in error.sentence) == ("InvalidArgument", True)
    assert refused(half(), PHOTO, outputs={3: place}).kind == "IoIdNotFound"


def test_a_picture_may_be_written_over_itself(tmp_path: Path) -> None:
    place = tmp_path / "photo.png"
    place.write_bytes(PNG)
    place.chmod(0o604)
    link = tmp_path / "link.png"
    link.symlink_to(place)
    jobs.run(half(), place, outputs=link)
    assert size(place.read_bytes()) == (30, 20)
    assert link.is_symlink()
    assert place.stat().st_mode & 0o777 == 0o604


def test_when_one_output_cannot_be_written_none_is(tmp_path: Path) -> None:
    kept = tmp_path / "kept.png"
    kept.write_bytes(b"as it was")
    paths = {10: kept, 11: tmp_path / "new.jpg", 12: tmp_path / "nowhere" / "a.webp"}
    error = refused(two_by_four(), {0: PHOTO, 1: PNG}, outputs=paths)
    assert (error.kind, "output 12" in error.sentence) == ("IoError", True)
    assert kept.read_bytes() == b"as it was"
    assert list(tmp_path.iterdir()) == [kept]


def test_a_broken_picture_leaves_no_file(tmp_path: Path) -> None:
    refused(half(), pictures.truncated(PHOTO), outputs=tmp_path / "small.png")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept.png"
    kept.write_bytes(b"as it was")

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    error = refused(half(), PHOTO, outputs=kept)
    assert (error.kind, "No space left" in error.sentence) == ("IoError", True)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("kept.png", b"as it was")]


def test_two_outputs_do_not_share_a_path(tmp_path: Path) -> None:
    place = tmp_path / "same.png"
    (tmp_path / "link.png").symlink_to(place)
    error = refused(two_by_four(), {0: PHOTO, 1: PNG}, outputs={10: place, 13: tmp_path / "link.png"})
    assert (error.kind, "output 13" in error.sentence) == ("InvalidArgument", True)
    assert not place.exists()


def test_a_folder_is_no_place_for_an_output_and_a_device_stays_one(tmp_path: Path) -> None:
    error = refused(half(), PHOTO, outputs=tmp_path)
    assert (error.kind, "a folder" in error.sentence) == ("InvalidArgument", True)
    jobs.run(half(), PHOTO, outputs="/dev/null")
    assert Path("/dev/null").is_char_device()


# Queries, facts and predictions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("w=30&format=webp", ("image/webp", 30, 20)),
        ("width=20&height=20&mode=crop&format=png", ("image/png", 20, 20)),
        ("?w=30", ("image/jpeg", 30, 20)),
        ("", ("image/jpeg", 60, 40)),
    ],
)
def test_a_query_makes_one_picture_of_another(query: str, expected: tuple[str, int, int]) -> None:
    made = jobs.querystring(PHOTO, query)
    assert (made.media_type, made.width, made.height) == expected
    assert size(made.data) == expected[1:]


def test_an_animation_tells_its_frames() -> None:
    made = jobs.querystring(pictures.animated(frames=3), "w=20&format=gif")
    assert (made.frames, made.media_type) == (3, "image/gif")


def test_info_tells_what_the_header_says() -> None:
    found = jobs.info(pictures.corners(60, 40, orientation=6))
    assert (found.width, found.height, found.format, found.extension, found.frames) == (60, 40, "jpeg", "jpg", 1)
    found = jobs.info(pictures.animated(frames=3))
    assert (found.format, found.frames) == ("gif", 3)
    assert jobs.info(pictures.with_alpha(8, 8)).alpha


def test_a_header_that_does_not_tell_is_probed() -> None:
    style = "<style>svg{fill:red}</style>"
    odd = pictures.svg(20, 10).decode().replace("<circle", f"{style}<circle").encode()
    assert (jobs.info(odd).width, jobs.info(odd).height) == (20, 10)


def test_a_prediction_reads_headers_alone(tmp_path: Path) -> None:
    cut = pictures.truncated(pictures.photo(600, 400), 0.5)
    told = jobs.predict(half(300), cut)
    assert told.outputs == ((1, 300, 200),)
    assert told.cpu_ms > 0
    assert told.peak_bytes > 1 << 20
    assert refused(half(300), cut).kind == "ImageDecodingError"
    place = tmp_path / "out.png"
    io = [entry(0, "in", "placeholder"), entry(1, "out", {"file": str(place)})]
    assert jobs.predict(half(30, io), PHOTO).outputs == ((1, 30, 20),)
    assert not place.exists()


def test_a_prediction_asks_for_no_destination() -> None:
    io = [entry(0, "in", "placeholder"), entry(1, "out", "placeholder")]
    assert jobs.predict(half(30, io), PHOTO).outputs == ((1, 30, 20),)


def test_a_larger_picture_is_predicted_to_take_more() -> None:
    small, large = (jobs.predict(half(30), pictures.photo(side, side)) for side in (60, 1200))
    assert large.cpu_ms > small.cpu_ms


def test_what_cannot_be_done_is_predicted_to_fail() -> None:
    with pytest.raises(jobs.JobError) as caught:
        jobs.predict(half(), pictures.bomb())
    assert caught.value.kind == "SizeLimitExceeded"


# The package ----------------------------------------------------------------------------------------------------------


def test_importing_it_loads_neither_libvips_nor_pydantic_nor_asyncio() -> None:
    code = "import sys, edge.jobs; print([n for n in ('pyvips', 'pydantic', 'asyncio', 'aiohttp') if n in sys.modules])"
    ran = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_every_public_name_is_there_and_documented() -> None:
    assert set(jobs.__all__) <= set(dir(jobs))
    for name in jobs.__all__:
        assert getattr(jobs, name) is not None
        assert name == "LIMITS" or getattr(jobs, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = jobs.nothing  # type: ignore[attr-defined]  # there is none, which is the point
