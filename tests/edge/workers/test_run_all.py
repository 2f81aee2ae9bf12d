"""Jobs of many outputs: what goes in, what comes back, and what a fault in one of them costs."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from edge.errors import BadRequest, Misfit, TooLarge, Unprocessable, UnsupportedPicture
from edge.plan.facts import Limits
from edge.plan.plan import Node, Plan
from edge.plan.steps import Decode, Encode, Fit, Overlay, Region, Resize, Trim
from edge.plan.work import Source
from edge.workers import wire
from edge.workers.boarding import boarded, lower
from tests import pictures
from tests.edge.workers.rig import PLAN, hook, inline, pool_of, recovered

LOW = Limits(1, 2, 3, 4, 5, 6)


async def test_every_output_comes_back_in_its_order() -> None:
    async with pool_of(1) as pool:
        done = await pool.run_all(PLAN, [*inline(b"one"), *inline(b"three"), *inline(b"four")])
    assert [made.body for made in done.outputs] == [b"one", b"three", b"four"]
    assert done.decodes == (1, 1, 1)


async def test_real_pictures_are_made_all_in_one_job() -> None:
    nodes = (
        Node(Decode()),
        Node(Decode(1)),
        Node(Resize(64, 48), (0,)),
        Node(Overlay(3, 3), (2, 1)),
        Node(Encode("jpeg"), (0,)),
        Node(Encode("webp"), (2,)),
        Node(Encode("png"), (3,)),
        Node(Encode("json"), (2,)),
    )
    sources = [Source(data=pictures.photo(640, 480)), Source(data=pictures.with_alpha(20, 20))]
    async with pool_of(1, hooks="off") as pool:
        done = await pool.run_all(Plan(nodes), sources)
        assert pool.stats().jobs == 1
    shapes = [(made.format, made.width, made.height) for made in done.outputs]
    assert shapes == [("jpeg", 640, 480), ("webp", 64, 48), ("png", 64, 48), ("json", 64, 48)]
    assert done.decodes == (1, 1)
    assert list(done.seconds) == ["decode", "transform", "encode"]


async def test_a_misfit_behind_a_trim_is_the_clients_error() -> None:
    plan = Plan.chain(Decode(), Trim(20), Fit(), Region(0, 0, 5000, 5000, inside=True), Encode("png"))
    async with pool_of(1, hooks="off") as pool:
        with pytest.raises(BadRequest, match="Expected a rectangle inside the picture"):
            await pool.run_all(plan, [Source(data=pictures.photo(64, 48))])
    assert issubclass(Misfit, BadRequest)


async def test_callers_may_lower_limits_and_never_raise_them() -> None:
    body = [Source(data=pictures.photo(64, 48))]
    async with pool_of(1, hooks="off") as pool:
        with pytest.raises(Unprocessable, match="at most 3000 pixels but received 3072"):
            await pool.run_all(PLAN, body, Limits(source_pixels=3000))
        with pytest.raises(Unprocessable, match="at most 40000000 pixels in the result"):
            await pool.run_all(
                Plan.chain(Decode(), Resize(9000, 9000), Encode("png")), body, Limits(output_pixels=1 << 40)
            )


@pytest.mark.parametrize(
    ("own", "asked", "wanted"),
    [
        (LOW, None, LOW),
        (LOW, Limits(), LOW),
        (Limits(), LOW, LOW),
        (LOW, replace(LOW, source_side=1, output_pixels=99), replace(LOW, source_side=1)),
    ],
)
def test_of_two_limits_the_lower_counts(own: Limits, asked: Limits | None, wanted: Limits) -> None:
    assert lower(own, asked) == wanted


async def test_a_fault_costs_a_worker_and_holds_the_inputs() -> None:
    async with pool_of(1) as pool:
        for _ in range(2):
            with pytest.raises(Unprocessable, match="ended two imaging workers"):
                await pool.run_all(PLAN, [*inline(b"fine"), *hook("segv", "poison")])
        await recovered(pool, 1, {"SIGSEGV": 2})
        with pytest.raises(UnsupportedPicture):
            await pool.run_all(PLAN, hook("refuse"))
        assert (await pool.run_all(PLAN, inline(b"fine"))).outputs[0].body == b"fine"


# ------------------------------------------------------------------------------------------------------------ boarding


@contextmanager
def stored(folder: Path, count: int) -> Iterator[list[Source]]:
    """As many files, the larger the later, each with its number in it."""
    files = []
    try:
        for at in range(count):
            path = folder / str(at)
            path.write_bytes(b"--" + str(at).encode() + b"." * at)
            files.append(path.open("rb"))
        yield [
            Source(fd=file.fileno(), offset=2, length=len(str(at)) + at, digest=str(at))
            for at, file in enumerate(files)
        ]
    finally:
        for file in files:
            file.close()


@pytest.mark.parametrize("count", [1, 32, 33, 40])
async def test_of_many_files_the_smallest_go_inline(tmp_path: Path, count: int) -> None:
    with stored(tmp_path, count) as sources:
        async with pool_of(1) as pool:
            done = await pool.run_all(PLAN, sources)
        assert [made.body for made in done.outputs] == [str(at).encode() + b"." * at for at in range(count)]
        taken = await boarded(sources, 1000)
        assert sum(source.data is None for source in taken) == min(count, wire.DESCRIPTORS_MAX)
        assert [source.data is None for source in taken] == sorted(source.data is None for source in taken)
        assert [source.digest for source in taken] == [source.digest for source in sources]


async def test_more_than_may_go_inline_is_too_large(tmp_path: Path) -> None:
    with stored(tmp_path, 40) as sources:
        with pytest.raises(TooLarge, match="at most 35 bytes together"):
            await boarded(sources, 35)
        assert len(await boarded(sources, 36)) == 40


async def test_more_outputs_than_an_answer_holds_are_the_clients_error() -> None:
    def plan(count: int) -> Plan:
        return Plan((Node(Decode()), Node(Resize(1, 1), (0,)), *[Node(Encode("png"), (1,))] * count))

    async with pool_of(1, hooks="off") as pool:
        assert len((await pool.run_all(plan(256), [Source(data=pictures.photo(8, 8))])).outputs) == 256
        with pytest.raises(BadRequest, match="at most 256 outputs but received 257"):
            await pool.run_all(plan(257), [Source(data=pictures.photo(8, 8))])


async def test_a_file_shorter_than_it_was_said_to_be_is_cut(tmp_path: Path) -> None:
    with stored(tmp_path, 33) as sources, pytest.raises(Unprocessable, match="cut short"):
        await boarded([replace(source, offset=2000) for source in sources], 1000)


async def test_many_jobs_at_once_get_their_own_answers() -> None:
    async with pool_of(2) as pool:
        jobs = [pool.run_all(PLAN, [*inline(b"%d" % at), *inline(b"x")]) for at in range(20)]
        done = await asyncio.gather(*jobs)
    assert [each.outputs[0].body for each in done] == [b"%d" % at for at in range(20)]
