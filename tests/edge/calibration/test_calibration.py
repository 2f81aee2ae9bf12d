"""Fitting, and the file of a calibration."""

import json
import logging
import random
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge import cli, doctor
from edge.calibration import calibrating
from edge.calibration.calibrating import Sample, reckoned
from edge.calibration.fitting import fitted
from edge.calibration.kept import Calibration, keep, load, load_rates, place, processor
from edge.plan.bill import total
from edge.plan.cost import bill
from edge.plan.facts import Facts
from edge.plan.plan import Plan
from edge.plan.rates import SHIPPED
from edge.plan.steps import Decode, Encode, Resize

NOW = datetime.now(UTC).isoformat(timespec="seconds")


def made() -> Calibration:
    return Calibration("1-libvips", processor(), NOW, {"": 2.0, "jpeg.in": 3.0}, 1.5, 5e7, 0.5, 0.1)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "state" / "calibration.json"
    monkeypatch.setenv("EDGE_CALIBRATION", str(file))
    return file


def test_what_is_kept_is_in_use(file: Path) -> None:
    assert load_rates() is SHIPPED
    keep(made(), file)
    assert load() == made()
    assert load_rates("1-libvips") == made().rates()
    assert load_rates().time["jpeg.in.byte"] == 3 * SHIPPED.time["jpeg.in.byte"]
    assert list(file.parent.iterdir()) == [file]


def test_the_file_has_its_place_in_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGE_CALIBRATION", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert place() == tmp_path / ".local" / "state" / "edge" / "calibration.json"
    monkeypatch.setenv("XDG_STATE_HOME", "/var/state")
    assert place() == Path("/var/state/edge/calibration.json")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '"calibration"',
        json.dumps({**asdict(made()), "memory": -1}),
        json.dumps({**asdict(made()), "time": {"jpeg.in": "fast"}}),
        json.dumps({**asdict(made()), "time": []}),
        json.dumps({**asdict(made()), "made": "yesterday"}),
        json.dumps({**asdict(made()), "made": 7}),
        json.dumps({**asdict(made()), "more": 1}),
    ],
)
def test_a_broken_file_is_ignored_with_a_line(file: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    file.parent.mkdir()
    file.write_text(text)
    with caplog.at_level(logging.WARNING):
        assert load_rates() is SHIPPED
    assert "is broken and is ignored" in caplog.text


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (replace(made(), processor="Z80"), "processor"),
        (replace(made(), version=99), "version of the edge"),
        (replace(made(), pipeline="2-libvips"), "version of libvips"),
    ],
)
def test_one_of_another_machine_is_ignored(
    file: Path, other: Calibration, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    keep(other, file)
    with caplog.at_level(logging.WARNING):
        assert load_rates("1-libvips") is SHIPPED
    assert f"is of another {what}" in caplog.text


def test_a_folder_in_its_place_is_ignored(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    file.mkdir(parents=True)
    with caplog.at_level(logging.WARNING):
        assert load() is None
    assert "cannot be read" in caplog.text


def test_the_doctor_tells_of_it(file: Path) -> None:
    def told() -> doctor.Finding:
        (found,) = doctor._calibration()
        return found

    assert "none" in told().sentence
    keep(made(), file)
    assert told() == doctor.Finding("ok", "calibration: in use, made today")
    ago = (datetime.now(UTC) - timedelta(days=9, hours=1)).isoformat()
    keep(replace(made(), made=ago), file)
    assert told().sentence.endswith("made 9 days ago")
    file.write_text("{")
    assert told().level == "warn"


def test_the_numbers_behind_sums_are_found_again() -> None:
    chance = random.Random(1)
    truth = {"a": 3.0, "b": 0.5, "c": 0.0}
    rows = [{name: chance.uniform(1, 9) for name in truth} for _ in range(60)]
    sums = [total(row, truth) for row in rows]
    found = fitted(rows, sums, dict.fromkeys(truth, 1.0), 1e-6)
    assert found == pytest.approx(truth, abs=0.02)


def test_a_few_wild_measurements_change_little() -> None:
    chance = random.Random(2)
    rows = [{"a": chance.uniform(1, 9), "b": chance.uniform(1, 9)} for _ in range(60)]
    sums = [total(row, {"a": 2.0, "b": 1.0}) * (5 if at % 15 == 0 else 1) for at, row in enumerate(rows)]
    assert fitted(rows, sums, {"a": 1.0, "b": 1.0}, 1e-6) == pytest.approx({"a": 2.0, "b": 1.0}, rel=0.1)


def test_nothing_takes_less_than_no_time() -> None:
    assert fitted([{"a": 1.0, "b": 1.0}, {"a": 1.0}], [1.0, 2.0], {"a": 1.0, "b": 1.0}, 0.0)["b"] == 0


def test_what_was_never_measured_stays_as_it_was() -> None:
    assert fitted([{"a": 1.0}], [4.0], {"a": 1.0, "b": 7.0}, 1e-6) == pytest.approx({"a": 4.0, "b": 7.0}, rel=1e-3)


def samples(time: float, memory: float, told: bool = True) -> list[Sample]:
    """As a machine would measure that takes so many times as long, and holds as much."""
    found = []
    for width, name in ((300, "jpeg"), (900, "webp"), (1500, "png"), (700, "avif")):
        for source in ("jpeg", "png", "webp"):
            sums = bill(Plan.chain(Decode(), Resize(width, width), Encode(name, 80)), Facts(source, 2000, 2000))
            peak = max(total(phase, SHIPPED.memory) for phase in sums.phases())
            held = (peak - SHIPPED.memory["base"]) * memory + SHIPPED.memory["base"]
            found.append(Sample(sums, total(sums.time, SHIPPED.time) * time, held * told))
    return found


def test_a_slower_machine_is_recognised() -> None:
    found = reckoned(samples(2.5, 1.2), "libvips")
    assert found.time[""] == pytest.approx(2.5)
    assert all(factor == pytest.approx(2.5, rel=0.05) for factor in found.time.values())
    assert found.memory == pytest.approx(1.2, rel=0.02)
    assert found.base == pytest.approx(SHIPPED.memory["base"], rel=0.02)
    assert found.before == pytest.approx(0.6, abs=0.01)
    assert found.after < 0.05


def test_a_system_that_tells_no_peaks_keeps_the_shipped_ones() -> None:
    found = reckoned(samples(1.0, 3.0, told=False), "libvips")
    assert (found.memory, found.base) == (1.0, SHIPPED.memory["base"])


def test_without_measurements_there_is_no_calibration() -> None:
    with pytest.raises(OSError, match="Nothing could be measured"):
        reckoned([], "libvips")


def test_the_command_measures_and_writes(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With little work and small pictures: what a full round does in a minute."""
    monkeypatch.setattr(calibrating, "_SIZES", ((64, 48), (96, 64)))
    monkeypatch.setattr(calibrating, "_SECONDS", 0.0)
    monkeypatch.setattr(calibrating, "_WORK", calibrating._WORK[:3])
    assert cli.main(["doctor", "--calibrate"]) == 0
    written, progress = capsys.readouterr()
    assert "off by" in written
    assert str(file) in written
    assert "measuring 3 of 3" in progress
    found = load()
    assert found is not None
    assert "libvips" in found.pipeline


def test_a_place_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: object) -> Calibration:
        raise PermissionError("no room")

    monkeypatch.setattr(calibrating, "calibrate", refuse)
    assert cli.main(["doctor", "--calibrate"]) == 1
    assert "could not be calibrated: no room" in capsys.readouterr().err
