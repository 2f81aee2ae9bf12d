"""Two serving processes that behave as one edge: what is told, what survives a death, how all end."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import pictures
from tests.running import ROOT, Running, ended, eventually, running, web_origin

TOKEN = "correct horse"
YAML = """
server: {{listen: "{listen}", processes: {processes}, shutdown_grace: 5s}}
admin: {{listen: "127.0.0.1:0", token: {token}}}
imaging: {{workers: 2}}
cache: {{memory: 32MiB, disk: {{path: {cache}, size: 200MiB}}}}
origins:
  photos: {{type: files, root: {root}}}
  web: {{type: http, url: "http://127.0.0.1:{web}/", allow_private: true, retries: 0}}
routes:
  - {{prefix: /photos/, origin: photos}}
  - {{prefix: /web/, origin: web}}
"""


def yaml_for(folder: Path, listen: str = "127.0.0.1:0", web: int = 1, processes: int = 2) -> str:
    photos = folder / "photos"
    photos.mkdir(exist_ok=True)
    (photos / "photo.jpg").write_bytes(pictures.photo(1200, 800))
    return YAML.format(listen=listen, processes=processes, token=TOKEN, cache=folder / "cache", root=photos, web=web)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of pictures of `edge`."""
    return tmp_path_factory.mktemp("edge") / "photos"


@pytest.fixture(scope="module")
def edge(places: Path) -> Iterator[Running]:
    with running(yaml_for(places.parent), places.parent) as edge:
        yield edge


def ask(edge: Running, path: str, method: str = "GET", body: bytes | None = None) -> Any:
    """What the admin listener says, as JSON."""
    return json.loads(edge.admin(path, method, body, Authorization=f"Bearer {TOKEN}").body)


def number(edge: Running, series: str) -> float:
    lines = edge.admin("/metrics", Authorization=f"Bearer {TOKEN}").body.decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{series} "))


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text("ascii").split()]


def whole(edge: Running) -> bool:
    told = ask(edge, "/readyz")
    return bool(told["ready"]) and not told["degraded"]


@contextmanager
def load(edge: Running, threads: int = 8) -> Iterator[Callable[[], tuple[int, list[int]]]]:
    """Clients who ask again and again, a connection each time. Gives how many were answered well until now, and how
    often each of them was not."""
    stop = threading.Event()
    fine, failed = [0] * threads, [0] * threads

    def client(at: int) -> None:
        while not stop.is_set():
            try:
                fine[at] += edge.get("/photos/photo.jpg?w=60").status == 200
            except (OSError, http.client.HTTPException):
                failed[at] += 1

    clients = [threading.Thread(target=client, args=(at,)) for at in range(threads)]
    for each in clients:
        each.start()
    try:
        yield lambda: (sum(fine), failed)
    finally:
        stop.set()
        for each in clients:
            each.join()


def test_it_greets_as_one_and_is_two(edge: Running) -> None:
    assert len(children(edge.process.pid)) == 2
    assert ask(edge, "/readyz")["processes"] == {"ready": 2, "configured": 2}
    assert ask(edge, "/readyz")["workers"]["alive"] == 4  # two, and one that stands ready for each process


def test_numbers_add_up(edge: Running) -> None:
    before = number(edge, 'edge_requests_total{route="/photos/",status="200"}')
    with load(edge) as told:
        assert eventually(lambda: told()[0] >= 200)
    fine, failed = told()
    assert sum(failed) == 0
    assert number(edge, 'edge_requests_total{route="/photos/",status="200"}') - before == fine
    memory = ask(edge, "/cache")["memory"]
    assert memory["capacity"] == 32 << 20
    assert memory["entries"] == number(edge, 'edge_cache_entries{tier="mem"}')


def test_the_admin_listener_is_one_and_asks_for_its_token(edge: Running) -> None:
    assert edge.admin("/metrics").status == 401
    assert edge.admin("/livez").status == 200
    assert edge.admin("/readyz").status == 200


def test_an_explanation_is_any_process_s_and_so_is_its_refusal(edge: Running) -> None:
    told = ask(edge, "/explain", "POST", b'{"url": "/photos/photo.jpg?w=77"}')
    assert told["chosen"]["width"] == 77
    refused = edge.admin("/explain", "POST", b'{"url": "/photos/none.jpg"}', Authorization=f"Bearer {TOKEN}")
    assert (refused.status, refused.headers["content-type"]) == (404, "application/problem+json")


def test_a_cold_picture_is_fetched_and_made_once_for_all_processes(tmp_path: Path) -> None:
    with (
        web_origin({"/photo.jpg": pictures.photo(600, 400)}) as web,
        running(yaml_for(tmp_path, web=web.port), tmp_path) as edge,
    ):
        web.headers["Cache-Control"] = "max-age=600"
        web.delay = 0.3
        with ThreadPoolExecutor(40) as clients:
            answers = list(clients.map(edge.get, ["/web/photo.jpg?w=200"] * 40))
        assert {(answer.status, answer.body) for answer in answers} == {(200, answers[0].body)}
        assert (web.asked, number(edge, "edge_worker_jobs_total")) == (["200 /photo.jpg"], 1)


def test_a_purge_through_one_is_effective_in_all_when_it_is_answered(edge: Running, places: Path) -> None:
    for at in range(12):
        (places / "photo.png").write_bytes(pictures.plain(40, 30, (at, 1, 2)))
        purged = ask(edge, "/purge", "POST", b'{"url": "/photos/photo.png"}')
        assert purged == {"purged": min(at, 1)}
        bodies = {edge.get("/photos/photo.png?w=20&format=png").body for _ in range(8)}
        assert len(bodies) == 1


def test_a_purge_of_what_only_one_holds_reaches_that_one(edge: Running) -> None:
    edge.get("/photos/photo.jpg?w=91")
    jobs = number(edge, "edge_worker_jobs_total")
    for _ in range(8):
        edge.get("/photos/photo.jpg?w=91")
    assert number(edge, "edge_worker_jobs_total") == jobs
    for _ in range(3):
        assert ask(edge, "/purge", "POST", b'{"all": true}')["purged"] >= 1
        assert edge.get("/photos/photo.jpg?w=91").status == 200
    assert number(edge, "edge_worker_jobs_total") == jobs + 3


def test_a_purge_that_means_nothing_is_refused_as_with_one_process(edge: Running) -> None:
    refused = edge.admin("/purge", "POST", b'{"url": "nonsense"}', Authorization=f"Bearer {TOKEN}")
    assert (refused.status, refused.headers["content-type"]) == (400, "application/problem+json")


def test_a_killed_process_costs_only_what_it_was_answering_and_is_replaced(edge: Running) -> None:
    before = set(children(edge.process.pid))
    counted = number(edge, 'edge_requests_total{route="/photos/",status="200"}')
    with load(edge) as told:
        assert eventually(lambda: told()[0] >= 20)
        os.kill(min(before), signal.SIGKILL)
        assert eventually(lambda: ask(edge, "/readyz")["degraded"])
        assert ask(edge, "/readyz")["ready"]
        assert eventually(lambda: whole(edge))
        done = told()[0]
        assert eventually(lambda: told()[0] >= done + 20)
    assert max(told()[1]) <= 1
    assert len(set(children(edge.process.pid)) - before) == 1
    assert number(edge, 'edge_requests_total{route="/photos/",status="200"}') >= counted
    assert number(edge, "edge_process_replacements_total") >= 1


def test_a_process_that_is_told_to_leave_costs_nobody_an_answer(edge: Running) -> None:
    assert eventually(lambda: whole(edge))
    leaving = min(children(edge.process.pid))
    counted = number(edge, 'edge_requests_total{route="/photos/",status="200"}')
    with load(edge) as told:
        assert eventually(lambda: told()[0] >= 20)
        os.kill(leaving, signal.SIGTERM)
        assert eventually(lambda: leaving not in children(edge.process.pid))
        assert eventually(lambda: whole(edge))
    fine, failed = told()
    assert sum(failed) == 0
    assert number(edge, 'edge_requests_total{route="/photos/",status="200"}') - counted == fine


def test_sigterm_drains_all_and_frees_the_port(tmp_path: Path) -> None:
    with web_origin({"/photo.jpg": pictures.photo(300, 200)}) as web:
        edge = Running(yaml_for(tmp_path, web=web.port), tmp_path)
        pids = children(edge.process.pid)
        pids += [worker for pid in pids for worker in children(pid)]
        web.delay = 0.7
        statuses: list[int] = []
        asking = [
            threading.Thread(target=lambda at=at: statuses.append(edge.get(f"/web/photo.jpg?w={at}").status))
            for at in range(50, 58)
        ]
        for thread in asking:
            thread.start()
        assert eventually(lambda: ask(edge, "/readyz")["ready"])
        assert eventually(lambda: established(edge.port) >= 8)
        assert edge.stop() == 0
        for thread in asking:
            thread.join()
    assert statuses == [200] * 8
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    with socket.create_server(("127.0.0.1", edge.port)):
        pass


def established(port: int) -> int:
    """Connections that a server on this port has."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "01" for line in lines)


def test_a_second_signal_ends_all_at_once(tmp_path: Path) -> None:
    with web_origin({"/photo.jpg": b""}) as web:
        edge = Running(yaml_for(tmp_path, web=web.port), tmp_path)
        pids = children(edge.process.pid)
        web.delay = 4.0
        waiting = socket.create_connection(("127.0.0.1", edge.port))
        waiting.sendall(b"GET /web/photo.jpg?w=5 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert eventually(lambda: web.asked or established(web.port))
        edge.process.send_signal(signal.SIGTERM)
        assert eventually(lambda: signalled(edge) == 1, 3.0)
        waiting.close()
        edge.stop()
    assert eventually(lambda: not [pid for pid in pids if Path(f"/proc/{pid}").exists()], 3.0)


def signalled(edge: Running) -> int | None:
    """The exit code, after one more signal."""
    edge.process.send_signal(signal.SIGTERM)
    return edge.process.poll()


def test_a_killed_supervisor_leaves_nobody_behind(tmp_path: Path) -> None:
    edge = Running(yaml_for(tmp_path), tmp_path)
    pids = children(edge.process.pid)
    pids += [worker for pid in pids for worker in children(pid)]
    edge.stop(signal.SIGKILL)
    assert len(pids) == 6
    assert eventually(lambda: not [pid for pid in pids if running_still(pid)], 3.0)


def running_still(pid: int) -> bool:
    """Not gone, and no zombie that nobody reaps."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def started(yaml: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "edge.yaml").write_text(yaml, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-P", "-m", "edge", "serve", "--config", str(folder / "edge.yaml")],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
    )


@pytest.mark.parametrize("fault", ["workers", "port"])
def test_what_keeps_it_from_starting_is_told_as_with_one_process(fault: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}" if fault == "port" else "127.0.0.1:0"
        told = []
        for processes in (1, 2):
            yaml = yaml_for(tmp_path, listen, processes=processes)
            if fault == "workers":
                yaml = yaml.replace("{workers: 2}", "{workers: 2, memory: 16MiB}")
            told.append(started(yaml, tmp_path))
    assert [each.returncode for each in told] == [1, 1]
    one, two = [re.sub("[0-9]+", "N", each.stderr.splitlines()[-1]) for each in told]
    assert two == one
    assert one.startswith("edge: cannot start: ")
    assert told[1].stderr.count("\n") == told[0].stderr.count("\n")


def test_a_unix_socket_is_served_by_all_and_removed_by_the_last(tmp_path: Path) -> None:
    path = tmp_path / "edge.sock"
    (tmp_path / "edge.yaml").write_text(yaml_for(tmp_path, f"unix:{path}"), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "edge", "serve", "--config", str(tmp_path / "edge.yaml")],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        assert any(b"admin:" in line for line in process.stdout)
        for _ in range(10):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(path))
                client.sendall(b"GET /photos/photo.jpg?w=40 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                assert client.recv(12) == b"HTTP/1.1 200"
    finally:
        code = ended(process)
    assert code == 0
    assert not path.exists()
