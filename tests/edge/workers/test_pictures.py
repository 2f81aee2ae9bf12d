"""The pool with libvips in its workers."""

import tempfile

import pytest

from edge.errors import EdgeError, Unprocessable
from edge.plan.plan import Plan
from edge.plan.steps import Decode, Encode, Resize
from edge.plan.work import Source
from tests.edge.workers.rig import hook, pool_of, recovered
from tests.pictures import photo

SMALL = Plan.chain(Decode(), Resize(40, 30), Encode("webp", 70))


async def test_pictures_are_made_beside_faults_and_refusals() -> None:
    picture = photo(400, 300)
    async with pool_of(1, hooks="on") as pool:
        assert {"jpeg", "webp"} <= pool.capabilities.loaders
        first = await pool.run(SMALL, [Source(data=picture, digest="a")])
        assert (first.format, first.width, first.height) == ("webp", 40, 30)
        assert {"decode", "transform", "encode"} <= set(first.seconds)
        with pytest.raises(Unprocessable, match="ended two"):
            await pool.run(SMALL, hook("segv", digest="poison"))
        with pytest.raises(EdgeError) as refused:
            await pool.run(SMALL, [Source(data=picture[:2000], digest="cut")])
        assert refused.value.status in {415, 422}
        with tempfile.TemporaryFile() as file:
            file.write(b"before" + picture + b"after")
            file.flush()
            stored = Source(fd=file.fileno(), offset=6, length=len(picture))
            assert (await pool.run(SMALL, [stored])).body == first.body
            facts = await pool.probe(stored)
        assert (facts.format, facts.width, facts.height) == ("jpeg", 400, 300)
        await recovered(pool, 1, {"SIGSEGV": 2})
