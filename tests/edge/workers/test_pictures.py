"""The pool with libvips in its workers."""

import tempfile

import pytest
import pyvips

from edge.errors import EdgeError, Unprocessable
from edge.plan.plan import Plan
from edge.plan.steps import Blur, Decode, Encode, Resize
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


async def test_what_an_encoder_has_no_memory_for_is_no_broken_picture() -> None:
    picture = photo(2400, 1800)
    async with pool_of(1, hooks="off", memory=256 << 20) as pool:
        with pytest.raises(Unprocessable, match="more memory"):
            await pool.run(
                Plan.chain(Decode(), Resize(4800, 3600), Encode("avif", 60)), [Source(data=picture, digest="large")]
            )
        assert (await pool.run(SMALL, [Source(data=picture, digest="large")])).format == "webp"
        assert pool.stats().held == 0


async def test_hundreds_of_small_frames_need_little_memory() -> None:
    """What resamples or blurs one frame holds megabytes: for all of them at once that would be more than there is."""
    plan = Plan.chain(Decode(), Resize(60, 40), Blur(2.0), Encode("webp", 70))
    async with pool_of(1, hooks="off", memory=320 << 20) as pool:
        made = await pool.run(plan, [Source(data=_panning(300, 200, 150), digest="a")])
    assert (made.width, made.frames > 1) == (60, True)


def _panning(width: int, height: int, frames: int) -> bytes:
    """A GIF that moves down over a photo."""
    whole = pyvips.Image.new_from_buffer(photo(width, height + frames), "").copy_memory()
    image = pyvips.Image.arrayjoin([whole.crop(0, at, width, height) for at in range(frames)], across=1).copy()
    image.set_type(pyvips.GValue.gint_type, "page-height", height)
    return bytes(image.gifsave_buffer(effort=1, dither=0))
