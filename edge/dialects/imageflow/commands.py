"""`command_string`: the RIAPI plan of its value, joined to what is before it and what follows."""

from collections.abc import Iterator
from typing import Final

from edge.dialects import riapi
from edge.dialects.imageflow import nodes as job
from edge.dialects.imageflow.draft import At, Draft
from edge.dialects.imageflow.errors import job_error
from edge.dialects.imageflow.geometry import WHOLE
from edge.dialects.imageflow.marks import lies_on_canvas, watermark
from edge.dialects.imageflow.sampling import matte, usual_profile
from edge.errors import expected
from edge.plan.plan import Wish
from edge.plan.steps import EFFECTS, Decode, Encode, Fit, Step

_SIZED: Final = (Fit, *EFFECTS)


def command_string(draft: Draft, node: job.CommandString, at: At) -> int:
    """Exactly one source: an input to decode, or a parent. With `encode` it writes, else the chain goes on."""
    if (node.decode is None) == (at.input < 0):
        received = "neither" if at.input < 0 else "both"
        raise at.whose.fault(f"Expected either decode or an input before it but there are {received}")
    wish = _understood(draft, node, at)
    first, *line, last = wish.plan.steps()
    assert isinstance(first, Decode)
    assert isinstance(last, Encode)
    place = at.input if node.decode is None else draft.read(at.whose, node.decode, first)
    place = _joined(draft, node, At(at.whose, place), line)
    if node.encode is None:
        return draft.put(at.whose, WHOLE, place)
    return draft.write(At(at.whose, place), node.encode, last)


def _understood(draft: Draft, node: job.CommandString, at: At) -> Wish:
    """A job's own words are its author's, so its text needs no signature."""
    wish = riapi.parse(node.value, draft.book, True)
    draft.note(wish.notices)
    if wish.problem is not None:
        raise at.whose.fault(job_error(wish.problem).sentence)
    if wish.extras:
        received = wish.extras[0].name
        raise at.whose.fault(expected("a watermark of the job's own", "watermark", received))
    if any(step.format == "json" for step in wish.plan.outputs):
        raise at.whose.fault(expected("a format of pictures", "format", "json"))
    return wish


def _joined(draft: Draft, node: job.CommandString, at: At, line: list[Step]) -> int:
    """The steps, with the job's watermarks where RIAPI has its own: on the image, on the canvas, before turns."""
    sized = 1 + max(place for place, step in enumerate(line) if isinstance(step, _SIZED))
    place = draft.chain(at.whose, at.input, *line[:sized])
    for mark in _in_order(node):
        place = laid(draft, mark, At(at.whose, place))
    return draft.chain(at.whose, place, *line[sized:])


def _in_order(node: job.CommandString) -> Iterator[job.Mark]:
    marks = node.watermarks or ()
    yield from (mark for mark in marks if not lies_on_canvas(mark))
    yield from (mark for mark in marks if lies_on_canvas(mark))


def laid(draft: Draft, mark: job.Mark, at: At) -> int:
    """The node in which a mark lies on `at.input`; a mark is a still, on its hints' opaque background."""
    picture = draft.read(at.whose, mark.io_id, Decode(frame=0, profile=usual_profile(draft.book.compat)))
    background = matte(mark.hints, at.whose)["background"]
    if background is not None:
        picture = draft.chain(at.whose, picture, Fit(mode="max", background=background, light="srgb"), WHOLE)
    return draft.put(at.whose, watermark(mark), at.input, picture)


def query_node(query: str, decode: int, encode: int) -> job.CommandString:
    """The one node of a job that does what a query says."""
    return job.CommandString.model_validate(
        {"command_string": {"kind": "ir4", "value": query, "decode": decode, "encode": encode}}
    )
