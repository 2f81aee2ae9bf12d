"""From what was settled and made to what a job tells: the same for the library, the command line and the server."""

from collections.abc import Sequence

from edge.dialects.imageflow.recipe import Recipe
from edge.dialects.imageflow.results import Estimate, Input, JobResult, Output
from edge.jobs.settling import Settled
from edge.plan.cost import predict
from edge.plan.facts import Facts
from edge.plan.formats import FORMATS
from edge.plan.rates import SHIPPED, Rates
from edge.plan.work import Done, Made


def inputs_of(io_ids: Sequence[int], facts: Sequence[Facts]) -> tuple[Input, ...]:
    """What is told of each input: facts in the order of the io_ids."""
    return tuple(_input(io_id, each) for io_id, each in zip(io_ids, facts, strict=True))


def estimate_of(
    settled: Settled, facts: Sequence[Facts], lengths: Sequence[int] = (), rates: Rates = SHIPPED
) -> Estimate:
    """What the work will take: milliseconds of one processor, bytes at the peak, and each output's size in pixels.
    `lengths` are the inputs' bytes, as far as anybody knows them: they tell how much detail there is to decode."""
    cost = predict(settled.plan, facts, rates, lengths)
    sizes = tuple((each.io_id, each.width, each.height) for each in settled.outputs)
    return Estimate(cost.milliseconds, cost.memory, sizes)


def result_of(recipe: Recipe, settled: Settled, facts: Sequence[Facts], done: Done, predicted: Estimate) -> JobResult:
    """`facts` and `done.decodes` are in the order of the recipe's inputs, `done.outputs` in that of its outputs.
    JobError where an output is larger than it may be, which was not known before."""
    settled.check(done.outputs)
    outputs = tuple(_output(io_id, made) for io_id, made in zip(recipe.outputs, done.outputs, strict=True))
    inputs = inputs_of(recipe.inputs, facts)
    return JobResult(outputs, inputs, done.seconds, dict(zip(recipe.inputs, done.decodes, strict=False)), predicted)


def _input(io_id: int, facts: Facts) -> Input:
    format = FORMATS[facts.format]
    width, height = facts.upright
    return Input(
        io_id=io_id,
        media_type=format.media_type,
        extension=format.extension,
        width=width,
        height=height,
        frames=facts.frames,
        lossless=facts.lossless,
        alpha=facts.alpha,
        format=format.name,
    )


def _output(io_id: int, made: Made) -> Output:
    format = FORMATS[made.format]
    return Output(io_id, made.body, format.media_type, format.extension, made.width, made.height, made.frames)
