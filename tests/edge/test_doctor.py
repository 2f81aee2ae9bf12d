"""What a machine can do."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge import doctor
from edge.doctor import Finding, ask_origins, cache_folder, examine, filesystem, memory_limit
from edge.errors import BadGateway
from edge.exchange import NO_FIELDS, Fields
from edge.origins.base import Ask
from edge.settings import Settings, load

MOUNTS = """/dev/a / ext4 rw 0 0
host:/x /mnt/far nfs4 rw 0 0
/dev/b /mnt/far/near xfs rw 0 0
//c /my\\040disk cifs rw 0 0
odd
"""


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/var/cache", "ext4"),
        ("/mnt/far/a", "nfs4"),
        ("/mnt/far/near/a", "xfs"),
        ("/mnt/farther", "ext4"),
        ("/my disk", "cifs"),
    ],
)
def test_the_longest_mount_tells_the_file_system(place: str, kind: str) -> None:
    assert filesystem(Path(place), MOUNTS) == kind


def test_without_mounts_the_file_system_is_not_known() -> None:
    assert filesystem(Path("/"), "") == ""


def test_a_cache_folder_that_can_be_made_is_fine(tmp_path: Path) -> None:
    told = list(cache_folder(tmp_path / "var" / "cache", 1))
    assert [finding.level for finding in told] == ["ok", "ok"]
    assert "will be made" in told[0].sentence


def test_a_cache_larger_than_the_disk_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    told = list(cache_folder(tmp_path, 1 << 60))
    assert [finding.level for finding in told] == ["ok", "warn"]


def test_a_cache_folder_that_is_a_file_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert [finding.level for finding in cache_folder(tmp_path / "file", 1)] == ["fail"]


def test_a_cache_on_a_network_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "filesystem", lambda place, mounts: "nfs4")
    assert "is on nfs4; SQLite locks badly" in list(cache_folder(tmp_path, 1))[-1].sentence


def test_workers_that_need_more_memory_than_there_is_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "memory_limit", lambda: 1 << 30)
    monkeypatch.setattr(doctor, "_libvips", lambda: iter(()))
    told = examine(load("imaging: {workers: 4}\ncache: {disk: null}"))
    assert [finding.level for finding in told if finding.sentence.startswith("memory:")] == ["warn"]


def test_the_memory_of_this_machine_is_known() -> None:
    found = memory_limit()
    assert found is None or found > 1 << 20


def test_libvips_that_does_not_load_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_ASK", "raise SystemExit(3)")
    assert [finding.level for finding in examine(None) if "libvips" in finding.sentence] == ["fail"]


def test_a_format_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    can = {
        "versions": {"libvips": "8.18"},
        "loaders": ["jpeg", "png", "webp"],
        "savers": ["jpeg", "png", "webp", "gif", "avif"],
    }
    monkeypatch.setattr(doctor, "_ASK", f"import json; print(json.dumps({can!r}))")
    told = {finding.sentence: finding.level for finding in examine(None)}
    assert told["does not read: gif"] == "fail"
    assert told["this libvips reads no avif, svg, tiff, heic"] == "warn"


def test_the_command_prints_a_line_per_finding() -> None:
    ran = subprocess.run([sys.executable, "-P", "-m", "edge", "doctor"], capture_output=True, text=True, check=False)
    assert ran.returncode == (1 if "\nfail " in ran.stdout else 0), ran.stderr
    assert all(line.split()[0] in ("ok", "warn", "fail") for line in ran.stdout.splitlines())
    assert "libvips" in ran.stdout


def test_a_finding_prints_its_level_first() -> None:
    assert str(Finding("ok", "fine")) == "ok   fine"


class Answering:
    """An origin that answers every ask with one status, or not at all."""

    def __init__(self, status: int) -> None:
        self.name = "a"
        self.status = status
        self.headers: Fields = NO_FIELDS
        self.fd = -1
        self.length: int | None = 0
        self.closed = 0

    async def fetch(self, ask: Ask) -> "Answering":
        if not self.status:
            raise BadGateway("The origin cannot be reached")
        return self

    async def body(self) -> AsyncIterator[bytes]:
        yield b""

    async def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (200, []),
        (404, []),
        (503, ["origins.a answers with status 503"]),
        (0, ["origins.a does not answer: The origin cannot be reached"]),
    ],
)
def test_an_origin_that_does_not_answer_is_a_sentence(status: int, told: list[str]) -> None:
    origin = Answering(status)
    assert ask_origins({"a": origin}) == told
    assert origin.closed


def test_settings_without_disk_have_no_cache_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_libvips", lambda: iter(()))
    settings: Settings = load("cache: {disk: null}")
    assert not [finding for finding in examine(settings) if finding.sentence.startswith("cache")]
