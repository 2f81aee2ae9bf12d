"""Answers in upstream's form."""

import base64
import json
from typing import Any

import pytest

from edge.dialects.imageflow import replies
from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.model import File, Io, OutputBase64, OutputBuffer, Placeholder
from edge.dialects.imageflow.results import Estimate, Input, JobResult, Output
from edge.dialects.imageflow.shapes import (
    BuildData,
    ErrorReply,
    EstimateData,
    ImageInfoData,
    Reply,
    TeapotReply,
    VersionData,
)

JPEG = Output(1, b"\xff\xd8 jpeg", "image/jpeg", "jpg", 40, 30)
WEBP = Output(2, b"webp", "image/webp", "webp", 20, 15, frames=3)
PHOTO = Input(5, "image/png", "png", 4000, 3000, alpha=True, lossless=True)
FILM = Input(0, "image/gif", "gif", 100, 50, frames=9)
RESULT = JobResult((WEBP, JPEG), (PHOTO, FILM), {"decode": 0.002, "transform": 0.5, "encode": 0.0100004})


def written(reply: Any) -> Any:
    return json.loads(replies.dump(reply))


def test_success_and_failure() -> None:
    assert written(replies.ok({})) == {"code": 200, "success": True, "message": "OK", "data": {}}
    error = JobError("SizeLimitExceeded", "Too much", status=413)
    assert written(replies.error_reply(error)) == {
        "code": 413,
        "success": False,
        "message": "ArgumentInvalid: SizeLimitExceeded: Too much",
        "data": "none",
    }
    ErrorReply.model_validate(replies.error_reply(error))


def test_the_teapot_speaks_in_text() -> None:
    assert replies.teapot()["success"] == "false"
    assert replies.teapot()["code"] == 418
    TeapotReply.model_validate(replies.teapot())


def test_json_is_pretty_and_sound_whatever_a_message_holds() -> None:
    assert replies.dump({"a": ["é"]}) == b'{\n  "a": [\n    "\xc3\xa9"\n  ]\n}'
    assert replies.dump({"a": "\ud800"}) == b'{\n  "a": "?"\n}'
    with pytest.raises(ValueError, match="JSON compliant"):
        replies.dump({"a": float("nan")})


def test_a_job_tells_of_outputs_in_its_order_and_of_inputs_by_id() -> None:
    data = replies.build_data(RESULT, {1: replies.in_base64})["job_result"]
    assert written(data)["encodes"] == [
        {
            "preferred_mime_type": "image/webp",
            "preferred_extension": "webp",
            "io_id": 2,
            "w": 20,
            "h": 15,
            "bytes": "elsewhere",
        },
        {
            "preferred_mime_type": "image/jpeg",
            "preferred_extension": "jpg",
            "io_id": 1,
            "w": 40,
            "h": 30,
            "bytes": {"base_64": base64.b64encode(JPEG.data).decode()},
        },
    ]
    assert data["decodes"] == [
        {"preferred_mime_type": "image/gif", "preferred_extension": "gif", "io_id": 0, "w": 100, "h": 50},
        {"preferred_mime_type": "image/png", "preferred_extension": "png", "io_id": 5, "w": 4000, "h": 3000},
    ]
    assert data["performance"]["frames"] == [
        {
            "nodes": [
                {"wall_microseconds": 500_000, "name": "transform"},
                {"wall_microseconds": 10_000, "name": "encode"},
                {"wall_microseconds": 2_000, "name": "decode"},
            ],
            "wall_microseconds": 512_000,
            "overhead_microseconds": 0,
        }
    ]
    Reply[BuildData].model_validate(replies.ok({"job_result": data}))


def test_the_command_line_names_its_result_otherwise() -> None:
    assert list(replies.build_data(RESULT, {}, "build_result")) == ["build_result"]


@pytest.mark.parametrize(
    ("io", "told"),
    [
        (OutputBase64.model_validate("output_base_64"), {"base_64": "d2VicA=="}),
        (File.model_validate({"file": "out/a.webp"}), {"physical_file": "out/a.webp"}),
        (OutputBuffer.model_validate("output_buffer"), "elsewhere"),
        (Placeholder.model_validate("placeholder"), "elsewhere"),
    ],
)
def test_bytes_are_told_as_the_job_asks(io: Io, told: Any) -> None:
    assert replies.telling(io)(WEBP) == told


def test_bytes_may_be_told_one_by_one() -> None:
    told = replies.in_byte_array(WEBP)
    assert told == {"byte_array": [119, 101, 98, 112]}
    assert bytes(told["byte_array"]) == WEBP.data


def test_image_info() -> None:
    assert replies.image_info_data(PHOTO) == {
        "image_info": {
            "preferred_mime_type": "image/png",
            "preferred_extension": "png",
            "image_width": 4000,
            "image_height": 3000,
            "frame_decodes_into": "bgra_32",
            "lossless": True,
            "multiple_frames": False,
        }
    }
    film = replies.image_info_data(FILM)
    assert film["image_info"]["frame_decodes_into"] == "bgr_32"
    assert film["image_info"]["multiple_frames"] is True
    ImageInfoData.model_validate(film)


def test_estimates() -> None:
    data = replies.estimate_data(PHOTO, Estimate(12.34567, 99, ((1, 40, 30),)))
    assert data == {
        "width": 4000,
        "height": 3000,
        "peak_avg_bytes": 48_000_000,
        "peak_max_bytes": 48_000_000,
        "estimate": {"cpu_ms": 12.346, "peak_bytes": 99, "outputs": [{"io_id": 1, "w": 40, "h": 30}]},
    }
    EstimateData.model_validate(data)
    assert replies.estimate_data(None, Estimate(1, 2))["peak_max_bytes"] == 0


def test_versions() -> None:
    assert replies.version_data("edge 1")["version_info"]["git_tag"] is None
    told = replies.version_data("edge 1", commit="abc", dirty=True, built="today", tag="v1", described="v1-abc")
    assert told == {
        "version_info": {
            "long_version_string": "edge 1",
            "last_git_commit": "abc",
            "dirty_working_tree": True,
            "build_date": "today",
            "git_tag": "v1",
            "git_describe_always": "v1-abc",
        }
    }
    VersionData.model_validate(told)
