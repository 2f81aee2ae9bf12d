"""Standard output that several processes write to."""

import logging
import os
import subprocess
import sys
import tempfile
from collections import Counter

import pytest

from edge.processes.lines import WholeLines, number_lines

WRITER = """
import sys
from edge.processes.lines import WholeLines
out = WholeLines(1, int(sys.argv[2]))
for length in range(1, 12000, 40):
    out.write(sys.argv[1] * length + "\\n")
"""


def test_lines_of_several_processes_stay_whole_however_long_they_are() -> None:
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as lock:
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, letter, str(lock.fileno())], stdout=writing, pass_fds=[lock.fileno()]
            )
            for letter in "ab"
        ]
        os.close(writing)
        with os.fdopen(reading) as pipe:
            lines = pipe.read().splitlines()
        assert [writer.wait() for writer in writers] == [0, 0]
    assert {len(set(line)) for line in lines} == {1}
    assert Counter(line[0] for line in lines) == {"a": 300, "b": 300}
    assert sorted(map(len, lines)) == sorted([*range(1, 12000, 40)] * 2)


def test_text_that_is_no_unicode_is_written_escaped() -> None:
    with tempfile.TemporaryFile() as out:
        WholeLines(out.fileno(), out.fileno()).write("ä\udc80\n")
        out.seek(0)
        assert out.read() == "ä\\udc80\n".encode()


def test_a_record_says_which_process_it_is_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "_logRecordFactory", logging.LogRecord)
    number_lines(2)
    record = logging.getLogger("x").makeRecord("x", logging.INFO, "f", 1, "said", (), None)
    assert record.__dict__["process_number"] == 2
