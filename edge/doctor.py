"""What this machine can do for the edge: one finding per line. Nothing is changed, libvips is asked in a process of
its own, and a finding that cannot be had is a warning, never a crash."""

import asyncio
import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from edge.errors import EdgeError
from edge.fonts import ADVICE, fonts
from edge.origins.base import Ask, Origin
from edge.settings import Settings

Level = Literal["ok", "warn", "fail"]

# <asm-generic/unistd.h>: landlock_create_ruleset has one number on every processor; flag 1 asks for the ABI version.
_LANDLOCK_CREATE_RULESET, _LANDLOCK_VERSION = 444, 1
_PR_GET_NO_NEW_PRIVS = 39  # <linux/prctl.h>

_NEEDED = ("jpeg", "png", "webp", "gif")
_WANTED = ("avif", "svg", "tiff", "heic")
_NETWORK_FILESYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "fuse.sshfs", "afs")

_ASK = """
import json
from edge.imaging.capabilities import capabilities
can = capabilities()
print(json.dumps({"versions": dict(can.versions), "loaders": sorted(can.loaders), "savers": sorted(can.savers)}))
"""


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    sentence: str

    def __str__(self) -> str:
        return f"{self.level:<4} {self.sentence}"


def examine(settings: Settings | None) -> list[Finding]:
    """All findings; those about the cache and its room only with a configuration."""
    asked: list[Callable[[], Iterator[Finding]]] = [_python, _libvips, _calibration, _fonts, _confinement, _open_files]
    asked.append(lambda: _room(settings or Settings()))
    if settings is not None and settings.cache.disk is not None:
        disk = settings.cache.disk
        asked.append(lambda: cache_folder(Path(disk.path), disk.size))
    return [finding for question in asked for finding in question()]


def _python() -> Iterator[Finding]:
    fine = sys.version_info >= (3, 11)
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("ok" if fine else "fail", f"Python {version}{'' if fine else '; 3.11 or newer is needed'}")


def _libvips() -> Iterator[Finding]:
    try:
        can = _capabilities()
    except (OSError, subprocess.SubprocessError, ValueError):
        yield Finding("fail", "libvips does not load; `pip install --force-reinstall pyvips pyvips-binary` brings it")
        return
    yield Finding("ok", "libvips: " + ", ".join(f"{name} {version}" for name, version in can["versions"].items()))
    for verb, names in (("reads", set(can["loaders"])), ("writes", set(can["savers"]))):
        yield Finding("ok", f"{verb} {', '.join(sorted(names))}")
        lacking = [name for name in _NEEDED if name not in names]
        if lacking:
            yield Finding("fail", f"does not {verb.removesuffix('s')}: {', '.join(lacking)}")
        missed = [name for name in _WANTED if name not in names and (verb == "reads" or name == "avif")]
        if missed:
            yield Finding("warn", f"this libvips {verb} no {', '.join(missed)}")


def _calibration() -> Iterator[Finding]:
    """Whether predictions are for this machine. What is wrong with a file is a warning of its own."""
    from edge.calibration.kept import age, load, place  # noqa: PLC0415 - all that predicts, for this one line

    found = load()
    if found is not None:
        yield Finding("ok", f"calibration: in use, {age(found)}")
    elif place().exists():
        yield Finding("warn", f"calibration: {place()} is broken or of another machine; edge doctor --calibrate")
    else:
        yield Finding("ok", "calibration: none, so work is predicted by the shipped rates; edge doctor --calibrate")


def _capabilities() -> Mapping[str, Any]:
    ran = subprocess.run(  # noqa: S603 - our own Python and our own text
        [sys.executable, "-P", "-c", _ASK], capture_output=True, text=True, timeout=60, check=True
    )
    found: Mapping[str, Any] = json.loads(ran.stdout)
    return found


def _confinement() -> Iterator[Finding]:
    if sys.platform != "linux":
        yield Finding("warn", f"sandbox: {sys.platform} offers imaging workers limits of memory and files only")
        return
    libc = ctypes.CDLL(None, use_errno=True)
    abi = libc.syscall(_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_LANDLOCK_VERSION))
    if abi > 0:
        yield Finding("ok", f"kernel: Landlock ABI {abi}, which workers do not use yet")
    else:
        yield Finding("warn", "kernel: no Landlock (Linux 5.13 or newer, not disabled)")
    actions = _text("/proc/sys/kernel/seccomp/actions_avail")
    yield (
        Finding("ok", "kernel: seccomp filters, which workers do not use yet")
        if actions
        else Finding("warn", "kernel: no seccomp filters")
    )
    fine = libc.prctl(_PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0
    yield Finding("ok" if fine else "warn", f"sandbox: {'' if fine else 'lacks '}no_new_privs")


def _fonts() -> Iterator[Finding]:
    found = fonts()
    yield Finding("ok", f"fonts: {found}") if found else Finding("warn", f"fonts: none; {ADVICE}")


def _open_files() -> Iterator[Finding]:
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        yield Finding("warn", "limits of this system are not known")
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    shown = "unlimited" if hard == resource.RLIM_INFINITY else str(hard)
    level: Level = "ok" if soft >= 4096 or soft == resource.RLIM_INFINITY else "warn"
    advice = "" if level == "ok" else "; each connection takes one, so raise it (ulimit -n, LimitNOFILE=)"
    yield Finding(level, f"open files: {soft}, at most {shown}{advice}")


def _room(settings: Settings) -> Iterator[Finding]:
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = processors if settings.imaging.workers == "auto" else settings.imaging.workers
    yield Finding("ok", f"processors: {processors}; imaging workers: {workers}")
    memory = memory_limit()
    if memory is None:
        yield Finding("warn", "memory: not known on this system")
        return
    reserves = settings.server.processes  # each serving process has one worker more in readiness
    wanted = (workers + reserves) * settings.imaging.memory + settings.cache.memory
    level: Level = "ok" if wanted <= memory else "warn"
    advice = "" if level == "ok" else "; lower imaging.workers, imaging.memory or cache.memory"
    yield Finding(level, f"memory: {_gib(memory)}; workers and cache may take {_gib(wanted)}{advice}")


def memory_limit() -> int | None:
    """Bytes this process may use: what the machine has, or the control group allows, whichever is less."""
    lines = _text("/proc/meminfo").splitlines()
    limits = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemTotal:")]
    for place in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        told = _text(place).strip()
        if told.isdecimal():
            limits.append(int(told))
    return min(limits, default=None)


def cache_folder(folder: Path, size: int) -> Iterator[Finding]:
    """Is it there or can it be made, can it be written, is there room, is it on this machine?"""
    held = next((place for place in (folder, *folder.absolute().parents) if place.exists()), Path("/"))
    if not held.is_dir() or not os.access(held, os.W_OK | os.X_OK):
        yield Finding("fail", f"cache: {folder} cannot be written, so the cache would be in memory only")
        return
    yield Finding("ok", f"cache: {folder} {'can be written' if held == folder else 'will be made'}")
    free = shutil.disk_usage(held).free + _used(folder)
    level: Level = "ok" if free >= size else "warn"
    advice = "" if level == "ok" else "; lower cache.disk.size"
    yield Finding(level, f"cache: {_gib(free)} free for {_gib(size)}{advice}")
    kind = filesystem(held.resolve(), _text("/proc/self/mounts"))
    if kind in _NETWORK_FILESYSTEMS:
        yield Finding("warn", f"cache: {folder} is on {kind}; SQLite locks badly over a network, use a local disk")


def _used(folder: Path) -> int:
    """Bytes the cache has there now. A file that goes meanwhile counts nothing."""
    used = 0
    for holder, _, names in os.walk(folder):
        for name in names:
            try:
                used += (Path(holder) / name).stat().st_size
            except OSError:
                continue
    return used


def filesystem(place: Path, mounts: str) -> str:
    """Type of the file system that holds this place, by the text of /proc/self/mounts; empty when it does not tell."""
    found: list[tuple[int, str]] = []
    for line in mounts.splitlines():
        _, at, kind, *_ = line.split(" ") if line.count(" ") >= 3 else ("", "", "")
        mount = at.replace("\\040", " ")
        if mount and (place == Path(mount) or Path(mount) in place.parents):
            found.append((len(mount), kind))
    return max(found, default=(0, ""))[1]


def _text(place: str) -> str:
    try:
        return Path(place).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"


# Origins, for `edge check --live` -------------------------------------------------------------------------------------


def silent_origins(settings: Settings) -> list[str]:
    """A sentence for each configured origin that does not answer."""
    from edge.compose import origin_of  # noqa: PLC0415 - the whole edge, for this one question
    from edge.routing.loops import PSEUDONYM  # noqa: PLC0415

    limit = settings.limits.source_bytes
    return ask_origins({name: origin_of(name, said, limit, PSEUDONYM) for name, said in settings.origins.items()})


def ask_origins(origins: Mapping[str, Origin]) -> list[str]:
    """Ask each origin for its own root, all at once. A sentence for each that does not answer as an origin should; a
    404 is an answer: many servers have nothing there."""

    async def ask_all() -> list[str]:
        told = await asyncio.gather(*(_ask_origin(name, origin) for name, origin in origins.items()))
        return [sentence for sentence in told if sentence]

    return asyncio.run(ask_all())


async def _ask_origin(name: str, origin: Origin) -> str:
    try:
        reply = await origin.fetch(Ask(""))
        try:
            return f"origins.{name} answers with status {reply.status}" if reply.status >= 500 else ""
        finally:
            await reply.close()
    except EdgeError as error:
        return f"origins.{name} does not answer: {error.sentence}"
    finally:
        await origin.close()
