"""`edge tool v1/build` and `v1/querystring`: a job, its inputs and outputs from the command line, its response."""

import json
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge import jobs
from edge.commands.tool.bundle import bundle, debug_package
from edge.commands.tool.larger import limited
from edge.commands.tool.sink import Sink
from edge.commands.tool.slots import Job, filled, paths_of, with_io
from edge.dialects import riapi
from edge.dialects.imageflow.errors import JobError, job_error
from edge.dialects.imageflow.model import Build
from edge.dialects.imageflow.reading import read
from edge.dialects.imageflow.replies import build_data, in_base64, in_file, ok
from edge.dialects.imageflow.tagged import tag_of
from edge.errors import EdgeError, expected

# On a command line the job itself says how large pictures may be, over upstream's defaults (JSON_JOBS §4); these are
# what libvips can address, and what no machine can hold.
LIMITS = replace(jobs.LIMITS, source_side=10_000_000, source_pixels=1 << 40, output_pixels=1 << 40)


def run(args: Namespace) -> int:
    sink = Sink(args.response, args.quiet)
    try:
        remark(args)
        job = described(args) if "json" in args else query_job(args.command)
        job = limited(filled(job, args.inputs, args.outputs), args.exit_if_larger_than)
        if args.bundle_to is not None:
            return bundle(job, Path(args.bundle_to))
        if args.debug_package is not None:
            return debug_package(job, Path(args.debug_package))
        return sink.answer(answered(job))
    except EdgeError as error:
        return sink.refuse(job_error(error))


def remark(args: Namespace) -> None:
    """Tell what of a query is not taken as written: nothing in one is an error, so a slip of the pen is not one."""
    if not args.quiet and "command" in args:
        for notice in riapi.parse(args.command).notices:
            sys.stderr.write(f"--command: {notice.sentence}\n")


def answered(job: Job) -> dict[str, Any]:
    """Do it, write its files, and tell. Files go beside the job, not in it: a path need not be text that JSON holds."""
    inputs, outputs = paths_of(job, "in"), paths_of(job, "out")
    bare = with_io(job, "in", dict.fromkeys(inputs, "placeholder"))
    bare = with_io(bare, "out", dict.fromkeys(outputs, "placeholder"))
    result = jobs.run(bare, inputs, outputs=outputs, limits=LIMITS)
    tellings = {io_id: in_file(path) for io_id, path in outputs.items()}
    tellings |= {slot["io_id"]: in_base64 for slot in job["io"] if tag_of(slot["io"]) == "output_base_64"}
    return ok(build_data(result, tellings, "build_result"))


def described(args: Namespace) -> Job:
    """The job of the file after --json. Raises JobError."""
    try:
        text = Path(args.json).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL
        why = getattr(error, "strerror", None) or str(error)
        raise JobError("IoError", f"{expected('a file that can be read', '--json', args.json)}: {why}") from None
    read(Build, text)
    job: Job = json.loads(text)
    return job


def query_job(query: str) -> Job:
    """What v1/querystring stands for: one node, input 0, output 1."""
    slots = [{"io_id": at, "direction": direction, "io": "placeholder"} for at, direction in enumerate(("in", "out"))]
    node = {"kind": "ir4", "value": query, "decode": 0, "encode": 1}
    return {"io": slots, "framewise": {"steps": [{"command_string": node}]}}
