"""Each layer is applied in its stage and says how it went; none that is missing stops the worker."""

import json
import os
import subprocess
import sys

import pytest

from edge.workers.sandbox import LAYERS, Layer, confine, missing
from edge.workers.terms import Terms

TERMS = Terms(fd=0, parent=os.getpid(), memory=1 << 30, body_max=0)
CONFINE = """
import json, os, resource, sys
from edge.workers.sandbox import confine
from edge.workers.terms import Terms
terms = Terms.parse(sys.argv[1])
report = {}
for stage in ("first", "early", "late"):
    report |= confine(terms, stage)
caps = [resource.getrlimit(which)[0] for which in (resource.RLIMIT_AS, resource.RLIMIT_CORE, resource.RLIMIT_FSIZE)]
status = dict(line.split(":", 1) for line in open("/proc/self/status")) if sys.platform == "linux" else {}
print(json.dumps({"report": report, "caps": caps, "new": status.get("NoNewPrivs", "").strip()}))
"""


def fail(_: Terms) -> None:
    raise OSError("not on this system")


def confined(terms: Terms) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", CONFINE, terms.text()], capture_output=True, text=True, check=False)


def test_a_layer_that_the_system_lacks_says_so_and_stops_nothing() -> None:
    done: list[str] = []
    layers = (Layer("a", "early", fail), Layer("b", "early", lambda _: done.append("b")), Layer("c", "late", fail))
    assert confine(TERMS, "early", layers) == {"a": "unavailable: not on this system", "b": "on"}
    assert done == ["b"]


def test_off_leaves_out_the_optional_layers_only() -> None:
    layers = (Layer("a", "early", fail, optional=True), Layer("b", "early", lambda _: None))
    assert confine(Terms(0, 0, 0, 0, sandbox="off"), "early", layers) == {"a": "off", "b": "on"}


def test_what_is_needed_and_missing_is_named_with_its_reason() -> None:
    layers = (Layer("a", "early", fail, needed=True), Layer("b", "early", fail), Layer("c", "late", fail, needed=True))
    assert missing({"a": "on", "c": "unavailable: old kernel"}, layers) == ["c (unavailable: old kernel)"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all layers")
def test_on_linux_every_layer_is_on() -> None:
    told = json.loads(confined(TERMS).stdout)
    assert told["report"] == {layer.name: "on" for layer in LAYERS}
    assert told["caps"] == [1 << 30, 0, 0]
    assert told["new"] == "1"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the end of the socket tells")
def test_a_worker_whose_parent_is_gone_already_does_not_start() -> None:
    ended = confined(Terms(fd=0, parent=1 << 22, memory=1 << 30, body_max=0))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
