"""What must hold when many come at once, when parts die, and when files are not what they were."""

import random
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from os import kill
from pathlib import Path

import pytest

from tests import pictures
from tests.running import Answer, Running, WebOrigin, eventually, running, web_origin

YAML = """
imaging: {{workers: 2}}
cache: {{memory: {memory}, disk: {{path: {cache}, size: 200MiB}}}}
origins:
  photos: {{type: files, root: {root}}}
  web: {{type: http, url: "http://127.0.0.1:{port}/", allow_private: true, retries: 0}}
routes:
  - {{prefix: /photos/, origin: photos}}
  - {{prefix: /web/, origin: web, freshness: {{default: 0s, stale_while_revalidate: 0s}}}}
"""
Start = Callable[..., Running]


@pytest.fixture
def web() -> Iterator[WebOrigin]:
    with web_origin({"/photo.jpg": pictures.photo(1600, 1200)}) as origin:
        yield origin


@pytest.fixture
def start(tmp_path: Path, web: WebOrigin) -> Iterator[Start]:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "photo.jpg").write_bytes(pictures.photo(1600, 1200))
    edges: list[Running] = []

    def begin(memory: str = "64MiB") -> Running:
        yaml = YAML.format(memory=memory, cache=tmp_path / "cache", root=photos, port=web.port)
        edges.append(Running(yaml, tmp_path))
        return edges[-1]

    yield begin
    for edge in edges:
        edge.stop()


def together(edge: Running, urls: list[str], threads: int = 50) -> list[Answer]:
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(edge.get, urls))


def test_500_identical_cold_requests_are_one_fetch_and_one_transform(start: Start, web: WebOrigin) -> None:
    edge = start()
    web.delay = 0.3
    answers = together(edge, ["/web/photo.jpg?w=400"] * 500, 250)
    assert {(answer.status, answer.body) for answer in answers} == {(200, answers[0].body)}
    assert edge.total("edge_worker_jobs_total") == 1
    assert len(web.asked) <= 1 + web.counted(304)
    assert web.counted(200) == 1


def test_5000_values_of_a_hint_are_no_more_renditions_than_rungs(start: Start) -> None:
    edge = start()

    def ask(width: int) -> int:
        return edge.get("/photos/photo.jpg?w=auto", Sec_CH_Width=str(width)).status

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(ask, range(5000))) == {200}
    assert edge.total("edge_worker_jobs_total") <= 12


def test_a_restart_finds_on_disk_what_was_made(start: Start) -> None:
    first = start()
    made = first.get("/photos/photo.jpg?w=400")
    web_made = first.get("/web/photo.jpg?w=400")
    assert first.stop() == 0
    second = start()
    again = second.get("/photos/photo.jpg?w=400")
    assert (again.body, again.headers["etag"], "detail=disk" in again.cache) == (made.body, made.headers["etag"], True)
    assert second.get("/web/photo.jpg?w=400").body == web_made.body
    assert "detail=mem" in second.get("/photos/photo.jpg?w=400").cache
    assert second.total("edge_worker_jobs_total") == 0


def test_killed_workers_cost_nobody_an_answer(start: Start) -> None:
    edge = start()
    stop = threading.Event()
    deaths = 0

    def slay() -> None:
        nonlocal deaths
        chance = random.Random(4)
        while not stop.wait(1.0):  # two kills of one job would be two strikes against its picture
            workers = edge.workers()
            if workers:
                kill(chance.choice(workers), signal.SIGKILL)
                deaths += 1

    slayer = threading.Thread(target=slay)
    slayer.start()
    try:
        answers = together(edge, [f"/photos/photo.jpg?w={width}&format=webp" for width in range(300, 500)], 8)
    finally:
        stop.set()
        slayer.join()
    assert deaths >= 2
    assert [answer.status for answer in answers] == [200] * 200
    assert eventually(lambda: len(edge.workers()) == 3)


def test_a_flipped_byte_is_never_served(start: Start, tmp_path: Path) -> None:
    edge = start()
    urls = [f"/photos/photo.jpg?w={width}&format=png" for width in (60, 300, 700)]
    right = [edge.get(url).body for url in urls]
    assert edge.stop() == 0
    chance = random.Random(1)
    for file in [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.stat().st_size]:
        body = bytearray(file.read_bytes())
        for _ in range(3):
            body[chance.randrange(len(body))] ^= 0xFF
        file.write_bytes(body)
    again = start()
    assert [again.get(url).body for url in urls] == right
    assert [again.get(url).body for url in urls] == right


def test_a_changed_body_is_served_changed_and_an_unchanged_one_is_not_made_again(start: Start, web: WebOrigin) -> None:
    edge = start()
    before = edge.get("/web/photo.jpg?w=200&format=png")
    assert edge.get("/web/photo.jpg?w=200&format=png").body == before.body
    assert (web.counted(200), web.counted(304), edge.total("edge_worker_jobs_total")) == (1, 1, 1)
    web.bodies["/photo.jpg"] = pictures.photo(1200, 1600)
    after = edge.get("/web/photo.jpg?w=200&format=png")
    assert after.headers["etag"] != before.headers["etag"]
    assert edge.total("edge_worker_jobs_total") == 2


def test_an_origin_that_is_down_is_covered_by_what_is_stored(start: Start, web: WebOrigin) -> None:
    edge = start()
    before = edge.get("/web/photo.jpg?w=200")
    web.status = 503
    assert edge.get("/web/photo.jpg?w=200").body == before.body
    assert edge.get("/web/photo.jpg?w=300").status == 200
    web.bodies["/other.jpg"] = b""
    assert edge.get("/web/other.jpg?w=200").status == 502


def test_a_worker_that_dies_of_its_picture_is_replaced_and_the_picture_refused(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "large.png").write_bytes(pictures.plain(9000, 9000, (1, 2, 3, 4)))
    (photos / "small.jpg").write_bytes(pictures.photo(300, 200))
    yaml = "imaging: {workers: 1, timeout: 100ms}\ncache: {disk: null}\n"
    yaml += f"origins: {{p: {{type: files, root: {photos}}}}}\nroutes: [{{prefix: /, origin: p}}]\n"
    with running(yaml, tmp_path) as edge:
        slow = edge.get("/large.png?w=4000&format=avif")
        assert (slow.status, b"took longer" in slow.body) == (422, True)
        jobs = edge.total("edge_worker_jobs_total")
        assert edge.get("/large.png?w=3999&format=avif").status == 422
        assert edge.total("edge_worker_jobs_total") == jobs
        assert eventually(lambda: edge.get("/small.jpg?w=30").status == 200)
