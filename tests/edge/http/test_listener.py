"""Starting, stopping, and who may ask the admin listener."""

import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from tests import pictures
from tests.running import ROOT, Running, running

SERVED = "imaging: {{workers: 1}}\ncache: {{disk: null}}\norigins: {{p: {{type: files, root: {root}}}}}\n"
ROUTES = "routes: [{prefix: /, origin: p}]\n"


def yaml_for(folder: Path) -> str:
    (folder / "photo.jpg").write_bytes(pictures.photo(3000, 2000))
    return SERVED.format(root=folder) + ROUTES


def test_sigterm_lets_the_work_under_way_end(tmp_path: Path) -> None:
    with running(yaml_for(tmp_path), tmp_path) as edge:
        drain_under_work(edge)


def drain_under_work(edge: Running) -> None:
    answers: list[int] = []
    asking = [
        threading.Thread(
            target=lambda width=width: answers.append(edge.get(f"/photo.jpg?w={width}&format=avif").status)
        )
        for width in (900, 901, 902, 903)
    ]
    for thread in asking:
        thread.start()
    while edge.total("edge_worker_jobs_total") + len(answers) < 1:
        pass
    workers = edge.workers()
    assert edge.stop() == 0
    for thread in asking:
        thread.join()
    assert answers == [200] * 4
    assert all(not Path(f"/proc/{pid}").exists() for pid in workers)


def test_a_killed_edge_leaves_no_worker_behind(tmp_path: Path) -> None:
    with running(yaml_for(tmp_path), tmp_path) as edge:
        workers = edge.workers()
        assert len(workers) == 2
        edge.stop(signal.SIGKILL)
    for pid in workers:
        subprocess.run(["timeout", "5", "tail", "--pid", str(pid), "-f", "/dev/null"], check=True)


def test_a_busy_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yaml = tmp_path / "edge.yaml"
        listen = f'server: {{listen: "127.0.0.1:{taken.getsockname()[1]}"}}\nadmin: {{listen: null}}\n'
        yaml.write_text(listen + yaml_for(tmp_path), encoding="utf-8")
        command = [sys.executable, "-P", "-m", "edge", "serve", "--config", str(yaml)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)
    assert ran.returncode == 1
    assert "cannot start" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_unix_socket_serves_too(tmp_path: Path) -> None:
    place = tmp_path / "edge.sock"
    yaml = tmp_path / "edge.yaml"
    head = f"server: {{listen: 'unix:{place}'}}\nadmin: {{listen: null}}\nlog: {{level: error}}\n"
    yaml.write_text(head + yaml_for(tmp_path), "utf-8")
    command = [sys.executable, "-P", "-m", "edge", "serve", "--config", str(yaml)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as edge:
        assert edge.stdout is not None
        assert b"image-edge" in edge.stdout.readline()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(place))
            client.sendall(b"GET /photo.jpg?w=20 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        edge.terminate()
        assert edge.wait(30) == 0
    assert not place.exists()


def test_the_admin_token_is_asked_for(tmp_path: Path) -> None:
    yaml = 'admin: {listen: "127.0.0.1:0", token: "open sesame"}\n' + yaml_for(tmp_path)
    with running(yaml, tmp_path) as edge:
        assert edge.admin("/livez").status == 200
        assert edge.admin("/readyz").status == 200
        assert edge.admin("/metrics").status == 401
        assert edge.admin("/metrics", Authorization="Bearer wrong").status == 401
        assert edge.admin("/metrics", Authorization="Bearer open sesame").status == 200
