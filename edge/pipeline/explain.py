"""What the spine would do, told instead of done."""

from collections.abc import Mapping
from typing import Final

from edge.exchange import ImageRequest
from edge.pipeline.spine import Pipeline
from edge.plan.canonical import print_plan
from edge.plan.cost import Cost
from edge.plan.layout import output_size
from edge.plan.plan import Notice

_NO_WORK: Final = Cost(0.0, 0)


async def explain(pipeline: Pipeline, request: ImageRequest) -> Mapping[str, object]:
    """The decision for this request, transforming nothing. Raises what answering it would raise before the work."""
    draft = await pipeline.draft(request)
    inputs = [lease.facts for lease in draft.leases]
    facts, chosen = inputs[0], draft.decision.negotiated.chosen
    made = bool(draft.plan.nodes)  # else it is the original as it is
    width, height = output_size(draft.plan, inputs) if made else facts.upright
    cost = draft.predicted(pipeline.rates) if made else _NO_WORK
    return {
        "route": draft.route.prefix,
        "origin": draft.route.origin.name,
        "original": {"path": draft.path, "format": facts.format, "width": facts.upright[0], "height": facts.upright[1]},
        "plan": print_plan(draft.plan),
        "chosen": {
            "width": width,
            "height": height,
            "format": chosen.format,
            "quality": chosen.quality,
            "dpr": chosen.dpr,
        },
        "vary": list(draft.vary),
        "key": draft.key,
        "predicted": {"ms": round(cost.milliseconds, 1), "bytes": cost.memory},
        "warnings": [_told(notice) for notice in draft.decision.wish.notices],
    }


def _told(notice: Notice) -> Mapping[str, str]:
    return {"kind": notice.kind, "key": notice.key, "sentence": notice.sentence}
