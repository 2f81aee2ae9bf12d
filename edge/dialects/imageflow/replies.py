"""Answers as dicts in upstream's form (JSON_JOBS §5), and as the bytes of their JSON."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.model import File, Io, OutputBase64
from edge.dialects.imageflow.results import Estimate, Input, JobResult, Output

Data = dict[str, Any]
Telling = Callable[[Output], Any]  # where an output's bytes are, as its `bytes` say


def ok(data: Any) -> Data:
    return {"code": 200, "success": True, "message": "OK", "data": data}


def error_reply(error: JobError) -> Data:
    return {"code": error.status, "success": False, "message": error.message, "data": "none"}


def teapot() -> Data:
    """What v1/brew_coffee answers, with status 418. `success` is text there, as upstream has it."""
    return {"code": 418, "success": "false", "message": "This is a teapot, which brews no coffee", "data": "none"}


def dump(reply: Mapping[str, Any]) -> bytes:
    """Pretty-printed JSON. A lone surrogate in a message becomes a question mark."""
    return json.dumps(reply, indent=2, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")


# ------------------------------------------------------------------------------------------------------- bytes


def in_base64(output: Output) -> Data:
    return {"base_64": base64.b64encode(output.data).decode("ascii")}


def in_byte_array(output: Output) -> Data:
    """Takes eight times the room of the bytes, and more as text."""
    return {"byte_array": list(output.data)}


def elsewhere(output: Output) -> str:
    """The bytes are another part of the answer, or the caller's already."""
    return "elsewhere"


def in_file(path: str) -> Telling:
    return lambda output: {"physical_file": path}


def telling(io: Io) -> Telling:
    """How the `io` of a job's output wants its bytes told."""
    if isinstance(io, OutputBase64):
        return in_base64
    return in_file(io.value) if isinstance(io, File) else elsewhere


# -------------------------------------------------------------------------------------------------------- data


def build_data(result: JobResult, tellings: Mapping[int, Telling], key: str = "job_result") -> Data:
    """The data of v1/build, v1/execute and v1/querystring. `tellings` are by io_id; an output without one is elsewhere.
    The command line writes "build_result" for `key`."""
    encodes = [_picture(each) | {"bytes": tellings.get(each.io_id, elsewhere)(each)} for each in result.outputs]
    decodes = [_picture(each) for each in sorted(result.inputs, key=lambda image: image.io_id)]
    return {
        key: {
            "encodes": encodes,
            "decodes": decodes,
            "performance": {"frames": [_performance(result.seconds)]},
        }
    }


def _picture(image: Input | Output) -> Data:
    return {
        "preferred_mime_type": image.media_type,
        "preferred_extension": image.extension,
        "io_id": image.io_id,
        "w": image.width,
        "h": image.height,
    }


def _performance(seconds: Mapping[str, float]) -> Data:
    """The phases of the work, slowest first. All time is told as some phase's."""
    phases = {name: round(1_000_000 * length) for name, length in seconds.items()}
    slowest = sorted(phases.items(), key=lambda phase: (-phase[1], phase[0]))
    return {
        "nodes": [{"wall_microseconds": length, "name": name} for name, length in slowest],
        "wall_microseconds": sum(phases.values()),
        "overhead_microseconds": 0,
    }


def image_info_data(image: Input) -> Data:
    """The data of v1/get_image_info and v1/get_scaled_image_info."""
    return {
        "image_info": {
            "preferred_mime_type": image.media_type,
            "preferred_extension": image.extension,
            "image_width": image.width,
            "image_height": image.height,
            "frame_decodes_into": "bgra_32" if image.alpha else "bgr_32",
            "lossless": image.lossless,
            "multiple_frames": image.frames > 1,
        }
    }


def estimate_data(image: Input | None, estimate: Estimate) -> Data:
    """The data of v1/estimate: upstream's four numbers of the input (0 for a job that has none), and our prediction."""
    width, height = (image.width, image.height) if image else (0, 0)
    buffer = width * height * 4
    return {
        "width": width,
        "height": height,
        "peak_avg_bytes": buffer,
        "peak_max_bytes": buffer,
        "estimate": {
            "cpu_ms": round(estimate.cpu_ms, 3),
            "peak_bytes": estimate.peak_bytes,
            "outputs": [{"io_id": io_id, "w": w, "h": h} for io_id, w, h in estimate.outputs],
        },
    }


def version_data(
    version: str,
    *,
    commit: str = "",
    dirty: bool = False,
    built: str = "",
    tag: str | None = None,
    described: str = "",
) -> Data:
    """The data of v1/get_version_info."""
    return {
        "version_info": {
            "long_version_string": version,
            "last_git_commit": commit,
            "dirty_working_tree": dirty,
            "build_date": built,
            "git_tag": tag,
            "git_describe_always": described,
        }
    }
