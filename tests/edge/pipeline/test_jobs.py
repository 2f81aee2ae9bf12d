"""The spine for jobs with fakes at every seam."""

import asyncio
import base64
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from edge.dialects.imageflow import endpoints
from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.model import IoObject
from edge.dialects.imageflow.results import JobResult, Output
from edge.errors import BadGateway, EdgeError, Unavailable
from edge.exchange import Fields, ImageRequest
from edge.jobs.settling import settle_job
from edge.originals import OriginalChanged
from edge.originals.body import Kept
from edge.pipeline.jobs.replies import Ran, Written, _as_json, form_of, made
from edge.pipeline.jobs.route import JobsRoute
from edge.pipeline.jobs.sent import Sent
from edge.pipeline.jobs.spine import Entry, Jobs
from edge.plan.facts import Facts, Limits
from edge.routing.access import Access
from edge.routing.api_keys import ApiKeys
from edge.routing.prefixes import Placed, RouteMap
from edge.workers.gate import Gate
from tests.edge.pipeline.conftest import PHOTO, Building, House


@dataclass
class Shop:
    house: House
    jobs: Jobs

    async def build(self, job: Mapping[str, Any], sent: Sent | None = None, accept: str = "") -> Any:
        headers = Fields([("accept", accept)] if accept else [])
        entry = self.jobs.enter(ImageRequest("POST", "/jobs/v1/build", headers=headers))
        whole = sent or Sent(json.dumps(job).encode())
        return await self.jobs.respond(entry, whole)


@pytest.fixture
def shop(building: Building) -> Shop:
    house = building.build()
    (route,) = house.pipeline._routes._table["/p"].values()
    places = RouteMap[Placed]([route, JobsRoute("/jobs/", Access())])
    jobs = Jobs(places, house.originals, house.pool, Gate(2, 5.0), Limits(), clock=lambda: house.now[0])
    return Shop(house, jobs)


def job(source: Any = "placeholder") -> dict[str, Any]:
    return {
        "io": [
            {"io_id": 0, "direction": "in", "io": source},
            {"io_id": 1, "direction": "out", "io": "output_base_64"},
        ],
        "framewise": {
            "steps": [
                {"decode": {"io_id": 0}},
                {"constrain": {"mode": "within", "w": 40}},
                {"encode": {"io_id": 1, "preset": {"libpng": {}}}},
            ]
        },
    }


def photo() -> Kept:
    return Kept("d" * 64, len(PHOTO), PHOTO, PHOTO)


@pytest.mark.parametrize("size", [0, 1, 2, 16 << 10, (16 << 10) + 1, 192 << 10, (192 << 10) + 1])
@pytest.mark.parametrize("buffer", [True, False])
def test_bytes_are_told_whole_whatever_their_length(size: int, buffer: bool) -> None:
    octets = bytes(range(256)) * (size // 256) + bytes(size % 256)
    said = IoObject.model_validate(
        {"io_id": 1, "direction": "out", "io": "output_buffer" if buffer else "output_base_64"}
    )
    result = JobResult(tuple(Output(io_id, octets, "image/png", "png", 1, 1) for io_id in (1, 1)), ())
    _, pieces = _as_json(result, [said])
    for each in json.loads(b"".join(pieces))["data"]["job_result"]["encodes"]:
        told = each["bytes"]
        assert (bytes(told["byte_array"]) if buffer else base64.b64decode(told["base_64"])) == octets


FORMS = [
    (None, 1, "json"),
    ("", 1, "json"),
    ("*/*", 1, "json"),
    ("*/*;q=0.1, text/html", 1, "json"),
    ("image/*", 1, "picture"),
    ("image/*", 2, "json"),
    ("image/*", 0, "json"),
    ("image/png", 1, "picture"),
    ("IMAGE/WEBP;Q=0.3, */*", 1, "picture"),
    ("image/*;q=0", 1, "json"),
    ("image/*;q=0.5, application/json", 1, "json"),
    ("image/*;q=0.5, application/json;q=0.5", 1, "picture"),
    ("application/*, image/*;q=0.9", 1, "json"),
    ("multipart/mixed", 1, "mixed"),
    ("multipart/mixed", 3, "mixed"),
    ("multipart/*", 0, "mixed"),
    ("multipart/mixed, image/*", 1, "picture"),
    ("multipart/mixed, image/*", 2, "mixed"),
    ("multipart/mixed;q=0.5, application/json", 2, "json"),
    ("image/*" + " " * 600, 1, "json"),
    ("nonsense", 1, "json"),
]


@pytest.mark.parametrize(("accept", "outputs", "form"), FORMS)
def test_what_a_client_would_rather_have(accept: str | None, outputs: int, form: str) -> None:
    assert form_of(accept, outputs) == form


async def test_a_part_is_worked_on_once(shop: Shop) -> None:
    reply = await shop.build({}, Sent(json.dumps(job()).encode(), {0: photo()}))
    assert reply.status == 200
    assert (reply.story.fwd, reply.story.route, "queue" in reply.story.seconds) == ("method", "/jobs/", True)


async def test_an_original_comes_from_the_house_s_own(shop: Shop) -> None:
    await shop.house.get("/p/a.jpg?w=10")
    asked = len(shop.house.observer.answers)
    reply = await shop.build(job({"url": "/p/a.jpg"}))
    assert reply.status == 200
    assert len(shop.house.observer.answers) == asked


async def test_an_original_that_changes_begins_the_job_again_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    async def verify(self: object) -> None:
        tries.append(self)
        if len(tries) in failing:
            raise OriginalChanged("a.jpg")

    monkeypatch.setattr("edge.pipeline.jobs.inputs.Opened.verify", verify)
    failing = {1}
    assert (await shop.build(job({"url": "/p/a.jpg"}))).status == 200
    assert len(tries) == 2
    failing = {3, 4}
    with pytest.raises(BadGateway, match="keeps changing"):
        await shop.build(job({"url": "/p/a.jpg"}))


async def test_a_header_that_cannot_tell_is_probed(shop: Shop) -> None:
    odd = b"\xff\xd8\xff" + bytes(200)
    shop.house.pool.facts = Facts("jpeg", 400, 300)
    reply = await shop.build({}, Sent(json.dumps(job()).encode(), {0: Kept("d" * 64, len(odd), odd, odd)}))
    assert json.loads(reply.body)["data"]["job_result"]["decodes"][0]["w"] == 400


async def test_what_no_worker_could_hold_is_not_tried(building: Building, shop: Shop) -> None:
    shop.jobs._memory = 1
    estimate = shop.jobs.enter(ImageRequest("POST", "/jobs/v1/estimate"))
    reply = await shop.jobs.respond(estimate, Sent(json.dumps(job()).encode(), {0: photo()}))
    assert isinstance(reply.body, bytes)
    told = json.loads(reply.body)
    if told["data"]["estimate"]["peak_bytes"]:
        with pytest.raises(EdgeError, match="of memory"):
            await shop.build({}, Sent(json.dumps(job()).encode(), {0: photo()}))


async def test_without_room_nothing_waits_for_ever(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(cost_ms: float) -> Any:
        raise Unavailable("The edge has more to do than it can do in time", 7)

    monkeypatch.setattr(shop.jobs._gate, "slot", full)
    with pytest.raises(Unavailable) as refused:
        await shop.build({}, Sent(json.dumps(job()).encode(), {0: photo()}))
    assert refused.value.headers == {"Retry-After": "7"}


async def test_what_was_taken_out_of_the_json_is_the_input(shop: Shop) -> None:
    wanted = job({"base_64": "f" * 32})
    reply = await shop.build({}, Sent(json.dumps(wanted).encode(), written={"f" * 32: photo()}))
    assert reply.status == 200
    with pytest.raises(JobError, match="nput 0"):
        await shop.build({}, Sent(json.dumps(wanted).encode(), written={"e" * 32: photo()}))


async def test_an_output_is_no_url(shop: Shop) -> None:
    wanted = job({"url": "/p/a.jpg"})
    wanted["io"][1]["io"] = {"url": "/p/b.jpg"}
    with pytest.raises(JobError, match="The output 1 names a url"):
        await shop.build(wanted)


async def test_what_is_long_is_read_one_after_the_other(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever leaves meanwhile leaves a thread that computes on: until it ends nobody else begins."""
    at_work, most, goes_on = 0, 0, threading.Event()

    def work() -> None:
        nonlocal at_work, most
        at_work, most = at_work + 1, max(most, at_work + 1)
        goes_on.wait(10)
        at_work -= 1

    asked = [asyncio.create_task(shop.jobs._aside(1 << 20, work)) for _ in range(3)]
    await asyncio.sleep(0.05)
    asked[0].cancel()
    await asyncio.sleep(0.05)
    assert at_work == 1
    monkeypatch.setattr("edge.pipeline.jobs.spine._LONGEST_WAIT", 0.01)
    with pytest.raises(Unavailable, match="more jobs to read"):
        await shop.jobs._aside(1 << 20, work)
    goes_on.set()
    await asyncio.gather(*asked[1:])
    assert most == 1


async def test_many_short_nodes_are_settled_beside_the_event_loop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = set()

    def settle(*given: Any) -> Any:
        threads.add(threading.get_ident())
        return settle_job(*given)

    monkeypatch.setattr("edge.pipeline.jobs.spine.settle_job", settle)
    for count, is_beside in ((1, False), (300, True)):
        threads.clear()
        wanted = job()
        wanted["framewise"]["steps"][1:1] = ["flip_h"] * count
        assert (await shop.build({}, Sent(json.dumps(wanted).encode(), {0: photo()}))).status == 200
        assert (threads != {threading.get_ident()}) == is_beside


async def test_a_long_answer_is_written_while_it_is_sent() -> None:
    octets = bytes(1 << 20)
    said = IoObject.model_validate({"io_id": 1, "direction": "out", "io": "output_base_64"})
    ran = Ran(JobResult((Output(1, octets, "image/png", "png", 1, 1),), ()), (), 0.0)
    for accept, length in (("image/*", 1 << 20), ("*/*", None), ("multipart/mixed", None)):
        request = ImageRequest("POST", "/jobs/v1/build", headers=Fields([("accept", accept)]))
        reply = made(ran, [said], Entry(JobsRoute("/jobs/", Access()), endpoints.BUILD, request))
        assert isinstance(reply.body, Written)
        assert reply.body.length == length
        pieces = [piece async for piece in reply.body.chunks()]
        assert max(map(len, pieces)) <= 256 << 10
        whole = b"".join(pieces)
        if accept == "image/*":
            assert whole == octets
        elif accept == "*/*":
            (told,) = json.loads(whole)["data"]["job_result"]["encodes"]
            assert base64.b64decode(told["bytes"]["base_64"]) == octets
        else:
            assert octets in whole


async def test_many_share_one_fetch(shop: Shop) -> None:
    await asyncio.gather(*[shop.build(job({"url": "/p/a.jpg"})) for _ in range(8)])
    assert len(shop.house.observer.answers) == 1


async def test_inputs_have_a_number(shop: Shop) -> None:
    wanted = job()
    wanted["io"] += [{"io_id": at, "direction": "in", "io": {"url": f"/p/{at}.jpg"}} for at in range(2, 80)]
    with pytest.raises(JobError, match="The job has 79 inputs; the limit is 64"):
        await shop.build(wanted)
    assert shop.house.observer.answers == []


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", "/jobs/v1/build"),
        ("w=1", "/jobs/v1/build?w=1"),
        ("w=1&pass=secret&h=2", "/jobs/v1/build?w=1&pass=…&h=2"),
        ("%70ass=secret&pass=secret", "/jobs/v1/build?%70ass=…&pass=…"),
        ("pass", "/jobs/v1/build?pass=…"),
    ],
)
def test_a_key_is_in_no_log(shop: Shop, query: str, shown: str) -> None:
    route = JobsRoute("/jobs/", Access(), ApiKeys(("secret",), query="pass"))
    jobs = Jobs(RouteMap[Placed]([route]), shop.house.originals, shop.house.pool, Gate(2, 5.0), Limits())
    assert jobs.shown(ImageRequest("POST", "/jobs/v1/build", query)) == shown


def test_only_routes_of_jobs_are_served(shop: Shop) -> None:
    assert shop.jobs.serves("", "/jobs/v1/build")
    assert shop.jobs.serves("", "/jobs")
    assert not shop.jobs.serves("", "/p/a.jpg")
    assert not shop.jobs.serves("", "/jobsite/a")
    assert not shop.jobs.serves("", "/jobs/%2e%2e/x")
